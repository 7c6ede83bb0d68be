//! A browser that is a socket.

use std::{net::Ipv4Addr, time::Duration};

use hallpass_core::url::Url;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

pub(crate) async fn connect(port: u16) -> TcpStream {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap()
}

/// They are accepted in this order.
pub(crate) async fn connect_many(port: u16, count: usize) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..count {
        streams.push(connect(port).await);
    }
    streams
}

/// Whether the server has left, without a word. Where it never accepted: whether it has stopped to
/// listen. Needs a paused clock.
pub(crate) async fn is_hung_up(mut stream: TcpStream) -> bool {
    let read = timeout(Duration::from_secs(1), stream.read_u8()).await;
    matches!(read, Ok(Err(_)))
}

/// Sends these bytes, and reads until the server hangs up.
pub(crate) async fn exchange(port: u16, request: &str) -> String {
    let mut stream = connect(port).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    answer(&mut stream).await
}

pub(crate) async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

pub(crate) fn get(port: u16, target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")
}

pub(crate) fn post(port: u16, media_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /callback HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {media_type}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

pub(crate) fn port(redirect_uri: &str) -> u16 {
    Url::parse(redirect_uri).unwrap().port().unwrap()
}

#[track_caller]
pub(crate) fn assert_status(answer: &str, want: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {want} ")), "{want} wanted: {answer}");
}
