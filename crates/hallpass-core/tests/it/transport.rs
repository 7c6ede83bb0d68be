//! The default transport against real sockets on loopback.

use std::{sync::Arc, time::Duration};

use hallpass_core::{
    Descriptor, Endpoint, ErrorKind, HttpClient, OAuth2Client, OAuth2Token, Purpose, Request,
    ReqwestClient, Response, Result, Revocation, Revoke,
    http::{Method, StatusCode},
    url::Url,
};

use crate::{
    support::{Acme, config, refused},
    transport::server::{Nobody, Server, Then, Untouched},
};

mod limits;
mod public;
pub(crate) mod redirects;
pub(crate) mod server;

/// A provider all of whose endpoints are on one port of this machine.
pub(crate) fn acme_at(server: &Server) -> Acme {
    let at = |path: &str| server.url(path);
    Acme::of(
        Descriptor::new("acme", at("/authorize"), at("/token"))
            .with_api(at("/"))
            .with_endpoint(Endpoint::Revocation, at("/revoke"))
            .with_revocation(Revocation::Rfc7009(hallpass_core::ClientAuth::Basic)),
    )
    .with_me(at("/me"))
}

fn client_at(server: &Server) -> OAuth2Client<Acme> {
    OAuth2Client::new(acme_at(server), config()).unwrap()
}

async fn exchange(client: &OAuth2Client<Acme>) -> Result<OAuth2Token> {
    client.dangerously_exchange_code("c".into(), "https://app.test/callback", None).await
}

/// One GET by the transport alone.
async fn get(url: &str, limit: usize, timeout: Duration) -> Result<Response> {
    let mut request = Request::new(Method::GET, Url::parse(url).unwrap(), Purpose::Api);
    request.body_limit_bytes = limit;
    request.timeout = timeout;
    ReqwestClient::new().send(request).await
}

/// Fails instead of hanging where nobody keeps the time.
async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, work).await.expect("it waits for ever")
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_token_comes_over_a_real_socket() {
    let body = r#"{"access_token":"T"}"#;
    let server = Server::start(&Server::ok(body), Then::Close).await;
    let token = exchange(&client_at(&server)).await.unwrap();
    assert_eq!(token.access_token().expose(), "T");
    let heard = server.heard();
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /token HTTP/1.1\r\n"), "{head}");
    let header = |name: &str| {
        let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.to_owned());
        assert!(values.next().is_none(), "{name} twice");
        value
    };
    assert_eq!(header("content-length"), Some(body.len().to_string()));
    assert_eq!(header("transfer-encoding"), None);
    assert!(header("user-agent").unwrap().starts_with("hallpass/"));
    assert_eq!(header("host"), Some(server.host()));
    for absent in ["referer", "cookie", "accept-encoding", "authorization", "origin"] {
        assert_eq!(header(absent), None, "{absent}");
    }
    assert!(body.starts_with("grant_type=authorization_code&code=c&"), "{body}");
}

#[tokio::test]
async fn a_post_without_a_body_says_that_it_has_none() {
    let server = Server::start(&Server::ok("{}"), Then::Close).await;
    let client = client_at(&server);
    let token = OAuth2Token::from_access_token("T");
    client.api(&token).post(&server.url("/me")).send().await.unwrap();
    let heard = server.heard().to_ascii_lowercase();
    assert!(heard.contains("\r\ncontent-length: 0\r\n"), "{heard}");
}

#[tokio::test]
async fn any_status_is_an_answer() {
    for status in [200, 204, 304, 404, 418, 500, 599] {
        let text = format!("HTTP/1.1 {status} X\r\nx-a: b\r\nconnection: close\r\n\r\n");
        let server = Server::start(&text, Then::Close).await;
        let answer = get(&server.url("/"), 10, LONG).await.unwrap();
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(answer.headers["x-a"], "b");
    }
}

#[tokio::test]
async fn a_fragment_stays_here_and_is_no_redirect() {
    let server = Server::start(&Server::ok("{}"), Then::Close).await;
    let url = server.url("/me?a=%20b#part");
    get(&url, 10, LONG).await.unwrap();
    assert!(server.heard().starts_with("GET /me?a=%20b HTTP/1.1\r\n"));
}

/// A proxy would read what goes to loopback in the clear. Its name comes from the environment,
/// which is another process's here: this one's cannot be changed while other threads read it.
#[test]
fn no_proxy_sees_what_goes_to_loopback() {
    let proxy = Untouched::bind();
    let name = "transport::a_token_comes_over_a_real_socket";
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(variable, format!("http://{}", proxy.host()));
    }
    let child = child.env_remove("NO_PROXY").env_remove("no_proxy").args(["--exact", name]);
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    proxy.assert_untouched();
}

#[tokio::test]
async fn nobody_there_is_no_connection() {
    let nobody = Nobody::bind();
    let error = refused(get(&nobody.url(), 10, LONG).await, ErrorKind::Transport, Some("connect"));
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_interrupted() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access_token\":";
    let chunk = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    for text in [half, chunk, "HTTP/1.1 200 OK\r\nconte", "", "SSH-2.0-OpenSSH\r\n", "\0\u{1}"] {
        for then in [Then::Close, Then::Reset] {
            let server = Server::start(text, then).await;
            let got = get(&server.url("/"), 1_000, LONG).await;
            refused(got, ErrorKind::Transport, Some("interrupted"));
        }
    }
}

#[tokio::test]
async fn what_is_no_http_does_no_harm() {
    for text in [
        "HTTP/1.1 999999 X\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let server = Server::start(text, Then::Close).await;
        let got = get(&server.url("/"), 1_000, LONG).await;
        assert_eq!(got.err().map(|error| error.kind()), Some(ErrorKind::Transport), "{text}");
    }
}

#[tokio::test]
async fn a_failure_shows_neither_query_nor_body() {
    let nobody = Nobody::bind();
    let server = Server::start("no http", Then::Close).await;
    let silent = Server::start("", Then::Hold).await;
    let bases = [nobody.url(), server.url("/"), silent.url("/")];
    for base in bases {
        let url = format!("{base}?access_token=planted-query");
        let mut request = Request::new(Method::POST, Url::parse(&url).unwrap(), Purpose::Api);
        request.body = b"planted-body".to_vec();
        request.headers.insert("authorization", "planted-header".parse().unwrap());
        request.timeout = SHORT;
        let error = in_time(ReqwestClient::new().send(request)).await.err().unwrap();
        let mut text = format!("{error} {error:?} {error:#?}");
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            text += &format!("{inner} {inner:?}");
            source = inner.source();
        }
        assert!(!text.contains("planted"), "{text}");
        assert!(text.len() > 20);
    }
}

#[cfg(not(feature = "__tls"))]
#[tokio::test]
async fn https_without_tls_is_a_fault_of_the_program() {
    let listener = Untouched::bind();
    let got = get(&format!("https://{}/", listener.host()), 10, LONG).await;
    refused(got, ErrorKind::Config, Some("no_tls"));
    listener.assert_untouched();
}

/// Runs another test in a process of its own, whose environment names a proxy that is not there.
#[test]
fn what_goes_to_this_machine_goes_through_no_proxy() {
    let test = "transport::a_token_comes_over_a_real_socket";
    let nobody = "http://127.0.0.1:1";
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact"])
        .envs([("HTTP_PROXY", nobody), ("http_proxy", nobody), ("ALL_PROXY", nobody)])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && printed.contains("1 passed"), "{printed}");
}
