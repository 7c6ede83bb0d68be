//! The default transport speaks TLS where a feature compiles it in. What a handshake is worth is
//! rustls's to test; that one is begun, and what comes of a peer that speaks no TLS, is ours.

#![cfg(feature = "__tls")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::SocketAddr, time::Duration};

use hallpass_core::{
    Error, ErrorKind, HttpClient, Purpose, Request, ReqwestClient, http::Method, url::Url,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
    time::timeout,
};

const LONG: Duration = Duration::from_secs(60);

/// One connection, at whatever address the host has here: what it begins with, after which it is
/// answered so and closed.
async fn peer(host: &str, answer: &'static [u8]) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind((host, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = timeout(LONG, listener.accept()).await.unwrap().unwrap();
        let mut first = vec![0; 6];
        stream.read_exact(&mut first).await.unwrap();
        stream.write_all(answer).await.unwrap();
        // What is left unread when a socket closes resets the connection, and the answer is lost
        // with it: the other side ends it, in whatever way.
        let _ = stream.shutdown().await;
        let _ = timeout(LONG, tokio::io::copy(&mut stream, &mut tokio::io::sink())).await;
        first
    });
    (address, heard)
}

async fn refusal(client: &ReqwestClient, host: &str, port: u16) -> Error {
    let url = Url::parse(&format!("https://{host}:{port}/?key=planted")).unwrap();
    let mut request = Request::new(Method::GET, url, Purpose::Api);
    request.timeout = Duration::from_secs(30);
    client.send(request).await.unwrap_err()
}

#[tokio::test]
async fn https_begins_with_a_client_hello_and_never_with_the_request() {
    for host in ["localhost", "127.0.0.1"] {
        let (address, heard) = peer(host, b"").await;
        let error = refusal(&ReqwestClient::new(), host, address.port()).await;
        assert_eq!(error.kind(), ErrorKind::Transport, "{error:?}");
        let first = heard.await.unwrap();
        // RFC 8446 section 5.1: a record of type handshake; section 4: a client hello in it.
        assert_eq!((first[0], first[1], first[5]), (0x16, 0x03, 0x01), "{first:x?}");
    }
}

#[tokio::test]
async fn a_peer_that_speaks_no_tls_is_no_connection() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"[..],
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"\x16\x03\x03\xff\xff",
        b"\x00",
        b"SSH-2.0-OpenSSH_9.9\r\n",
    ] {
        let (address, heard) = peer("localhost", answer).await;
        let error = refusal(&ReqwestClient::new(), "localhost", address.port()).await;
        assert_eq!(error.kind(), ErrorKind::Transport, "{error:?}");
        assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
        heard.await.unwrap();
    }
}

#[tokio::test]
async fn two_clients_of_a_process_share_its_tls() {
    let (one, two) = (ReqwestClient::new(), ReqwestClient::new());
    for client in [&one, &two, &one] {
        let (address, heard) = peer("localhost", b"").await;
        let error = refusal(client, "localhost", address.port()).await;
        assert_eq!(error.kind(), ErrorKind::Transport, "{error:?}");
        heard.await.unwrap();
    }
}

#[tokio::test]
async fn plain_http_to_loopback_needs_no_tls() {
    assert_plain_http_is_served().await;
}

async fn assert_plain_http_is_served() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let (address, heard) = peer("127.0.0.1", answer).await;
    let url = Url::parse(&format!("http://{address}/")).unwrap();
    let request = Request::new(Method::GET, url, Purpose::Api);
    let answer = ReqwestClient::new().send(request).await.unwrap();
    assert_eq!(answer.body, b"{}");
    assert_eq!(heard.await.unwrap(), b"GET / ");
}

/// Where certificates are files, the environment says in which. It is another process's here: this
/// one's cannot be changed while other threads read it.
#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
#[tokio::test]
async fn without_the_systems_certificates_plain_http_to_loopback_alone_is_served() {
    const NOWHERE: &str = "/no/such/certificates.pem";
    if std::env::var_os("SSL_CERT_FILE").is_none_or(|file| file != NOWHERE) {
        let name = "without_the_systems_certificates_plain_http_to_loopback_alone_is_served";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let child = child.args([name, "--exact"]).env("SSL_CERT_FILE", NOWHERE);
        let output = child.env_remove("SSL_CERT_DIR").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    for client in [ReqwestClient::new(), ReqwestClient::public_only()] {
        let error = refusal(&client, "issuer.test", 443).await;
        assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
        assert!(error.to_string().contains("system certificates"), "{error}");
    }
    assert_plain_http_is_served().await;
    let (address, heard) = peer("127.0.0.1", b"").await;
    let error = refusal(&ReqwestClient::new(), "127.0.0.1", address.port()).await;
    assert_eq!(error.kind(), ErrorKind::Transport, "{error:?}");
    assert_eq!(heard.await.unwrap()[0], 0x16, "it would speak TLS, if it trusted anybody");
}
