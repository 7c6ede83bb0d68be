//! What [`ReqwestClient::public_only`] connects to, with a resolver that the test writes. Loopback
//! stands for the Internet where a connection must succeed: the guard is told to allow it.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use reqwest::dns::{Name, Resolve as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{address::is_public, guard::Lookup, *};
use crate::{ErrorKind, Purpose};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Loopback too, so that a guard which lets it through connects to nobody outside.
const ELSEWHERE: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// Gives these answers, one after the other, and then none.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    fn new(answers: &[&[IpAddr]]) -> Arc<Self> {
        let answers = answers.iter().map(|addresses| addresses.to_vec()).collect();
        Arc::new(Self { answers: Mutex::new(answers), ..Self::default() })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Lookup for Script {
    async fn lookup(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        self.asked.lock().unwrap().push(name.to_owned());
        let answer = self.answers.lock().unwrap().pop_front();
        let answer = answer.ok_or_else(|| io::Error::other("no such name"))?;
        Ok(answer.into_iter().map(|address| SocketAddr::new(address, 0)).collect())
    }
}

/// As in production, but for who is asked.
fn strict(script: &Arc<Script>) -> ReqwestClient {
    guarded(Guard { lookup: Arc::clone(script) as _, scheme: "http", ..Guard::new() })
}

/// As [`strict`], on an Internet whose only host is this one.
fn allowing_here(script: &Arc<Script>) -> ReqwestClient {
    let is_allowed = |address| address == HERE;
    guarded(Guard { lookup: Arc::clone(script) as _, is_allowed, scheme: "http" })
}

fn guarded(guard: Guard) -> ReqwestClient {
    ReqwestClient { reach: Reach::Public(guard), ..ReqwestClient::default() }
}

async fn get(client: &ReqwestClient, url: &str) -> Result<Response> {
    client.send(Request::new(Method::GET, Url::parse(url).unwrap(), Purpose::Metadata)).await
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((HERE, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Serves each connection one answer.
fn serve(listener: TcpListener) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            while !heard.ends_with(b"\r\n\r\n") {
                heard.push(stream.read_u8().await.unwrap());
            }
            let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(answer).await.unwrap();
        }
    });
}

/// The kernel completes a connection before anybody accepts it, so there is no need to wait.
#[track_caller]
fn assert_untouched(listener: &TcpListener) {
    let error = listener.accept().expect_err("somebody connected");
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
}

#[track_caller]
fn assert_private(got: Result<Response>) {
    let error = got.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("private_address")));
    let text = format!("{error} {error:?}");
    assert!(!text.contains("127.0.0.1") && !text.contains("::1"), "{text}");
}

#[tokio::test]
async fn a_name_at_a_private_address_is_refused_without_a_connection() {
    let (listener, port) = listener();
    let url = format!("http://issuer.test:{port}/");
    for addresses in [&[HERE][..], &[ELSEWHERE, HERE], &["::ffff:127.0.0.1".parse().unwrap()]] {
        let script = Script::new(&[addresses]);
        assert_private(get(&strict(&script), &url).await);
        assert_eq!(script.asked(), ["issuer.test"]);
    }
    assert_untouched(&listener);
}

#[tokio::test]
async fn one_private_address_among_public_ones_refuses_them_all() {
    let (listener, port) = listener();
    let url = format!("http://issuer.test:{port}/");
    for addresses in [[HERE, ELSEWHERE], [ELSEWHERE, HERE]] {
        assert_private(get(&allowing_here(&Script::new(&[&addresses])), &url).await);
    }
    assert_untouched(&listener);
}

#[tokio::test]
async fn a_connection_goes_to_the_addresses_that_were_judged() {
    let (listener, port) = listener();
    serve(listener);
    let script = Script::new(&[&[HERE], &[ELSEWHERE]]);
    let client = allowing_here(&script);
    let url = format!("http://issuer.test:{port}/");
    // The name exists in the script alone, so the script's address is what was connected to.
    assert_eq!(get(&client, &url).await.unwrap().body, b"{}");
    assert_eq!(script.asked(), ["issuer.test"], "looked up once");
    // The second connection is judged like the first: the name has changed its mind.
    assert_private(get(&client, &url).await);
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn an_address_in_a_url_is_judged_by_the_same_rule() {
    let (listener, port) = listener();
    let script = Script::new(&[]);
    assert_private(get(&strict(&script), &format!("http://127.0.0.1:{port}/")).await);
    assert_untouched(&listener);
    serve(listener);
    let client = allowing_here(&script);
    get(&client, &format!("http://2130706433:{port}/")).await.unwrap();
    assert_private(get(&client, &format!("http://[::1]:{port}/")).await);
    assert!(script.asked().is_empty());
}

#[tokio::test]
async fn localhost_is_refused_before_anybody_is_asked() {
    let script = Script::new(&[&[HERE], &[HERE], &[HERE], &[HERE]]);
    for host in ["localhost", "LOCALHOST", "localhost.", "a.localhost", "a.localhost."] {
        assert_private(get(&allowing_here(&script), &format!("http://{host}/")).await);
    }
    assert!(script.asked().is_empty());
}

#[tokio::test]
async fn a_name_that_is_nowhere_is_no_connection() {
    for script in [Script::new(&[]), Script::new(&[&[]])] {
        let error = get(&strict(&script), "http://issuer.test/").await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("connect")));
        assert_eq!(script.asked(), ["issuer.test"]);
    }
}

#[tokio::test]
async fn the_systems_resolver_is_asked_and_judged() {
    let localhost = || "localhost".parse::<Name>().unwrap();
    let everybody = Guard { is_allowed: |_| true, ..Guard::new() };
    let found: Vec<_> = everybody.resolve(localhost()).await.unwrap().collect();
    assert!(!found.is_empty() && found.iter().all(|address| address.ip().is_loopback()));
    let refusal = Guard::new().resolve(localhost()).await.err().unwrap();
    assert!(refusal.is::<NotPublic>(), "{refusal:?}");
}

/// TLS is a layer around the resolver: its errors are wrapped once more.
#[cfg(feature = "__tls")]
#[tokio::test]
async fn the_same_holds_under_tls() {
    let (listener, port) = listener();
    let url = format!("https://issuer.test:{port}/");
    let script = Script::new(&[&[HERE], &[HERE]]);
    let lookup = || Arc::clone(&script) as Arc<dyn Lookup>;
    assert_private(get(&guarded(Guard { lookup: lookup(), ..Guard::new() }), &url).await);
    assert_untouched(&listener);

    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let heard = tokio::spawn(async move { listener.accept().await.unwrap().0.read_u8().await });
    let is_allowed = |address| address == HERE;
    let client = guarded(Guard { lookup: lookup(), is_allowed, ..Guard::new() });
    assert_eq!(get(&client, &url).await.unwrap_err().kind(), ErrorKind::Transport);
    // RFC 8446 section 5.1: a record of type handshake.
    assert_eq!(heard.await.unwrap().unwrap(), 0x16);
    assert_eq!(script.asked(), ["issuer.test", "issuer.test"]);
}

#[test]
fn in_production_the_guard_is_strict() {
    let client = ReqwestClient::public_only();
    let Reach::Public(guard) = &client.reach else { panic!("{client:?}") };
    assert_eq!(guard.scheme, "https");
    for address in ["127.0.0.1", "169.254.169.254", "8.8.8.8", "::1", "2606:4700::1111"] {
        let address = address.parse().unwrap();
        assert_eq!((guard.is_allowed)(address), is_public(address), "{address}");
    }
}

/// A proxy would look the name up by itself. Its own name comes from the environment, which is
/// another process's here: this one's cannot be changed while other threads read it.
#[test]
fn no_proxy_of_the_environment_is_used() {
    let (proxy, port) = listener();
    let test = "transport::tests::a_connection_goes_to_the_addresses_that_were_judged";
    let proxy_url = format!("http://127.0.0.1:{port}");
    let variables = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact"])
        .envs(variables.map(|variable| (variable, &proxy_url)))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
    assert_untouched(&proxy);
}
