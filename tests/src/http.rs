//! Plain HTTP to a server on loopback, for what no client of ours sends.

use std::time::Duration;

use ::http::{HeaderValue, Uri, header};
pub use ::http::{Method, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Failure;

/// Asks for `url`; otherwise as [`send`].
///
/// # Errors
///
/// As [`send`].
pub async fn get(url: &str) -> Result<Response<String>, Failure> {
    send(Request::get(url).body(String::new()).map_err(Failure::of(url))?).await
}

/// Sends one request to an `http` URL. Follows no redirect, waits at most 60 s, and reads at
/// most 16 MiB.
///
/// # Errors
///
/// If there is no answer, or one whose body is not UTF-8. Any status is an answer.
pub async fn send(request: Request<String>) -> Result<Response<String>, Failure> {
    send_within(request, TIME_LIMIT).await
}

/// As [`send`], for an answer that may take longer.
///
/// # Errors
///
/// As [`send`].
pub async fn send_within(
    request: Request<String>,
    limit: Duration,
) -> Result<Response<String>, Failure> {
    let what = format!("{} {}", request.method(), request.uri());
    let answer = tokio::time::timeout(limit, exchange(request));
    answer.await.map_err(Failure::of(&what))?.map_err(Failure::of(&what))
}

const TIME_LIMIT: Duration = Duration::from_secs(60);
const BODY_LIMIT_BYTES: usize = 16 << 20;

async fn exchange(request: Request<String>) -> Result<Response<String>, Failure> {
    let (mut head, body) = request.into_parts();
    let authority = head.uri.authority().ok_or_else(|| Failure::new("the URL has no host"))?;
    if head.uri.scheme_str() != Some("http") {
        return Err(Failure::new("the URL is not http"));
    }
    let address = (authority.host().to_owned(), authority.port_u16().unwrap_or(80));
    let host = HeaderValue::from_str(authority.as_str()).map_err(Failure::of("host"))?;
    head.headers.insert(header::HOST, host);
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = path.parse::<Uri>().map_err(Failure::of("path"))?;

    let stream = TcpStream::connect(address).await.map_err(Failure::of("cannot connect"))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(Failure::of("no connection"))?;
    // It ends with the sender; what goes wrong is an error of the request too.
    tokio::spawn(connection);
    let request = Request::from_parts(head, Full::new(Bytes::from(body)));
    let response = sender.send_request(request).await.map_err(Failure::of("no answer"))?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, BODY_LIMIT_BYTES).collect().await;
    let body = body.map_err(Failure::of("half an answer"))?.to_bytes();
    let body = String::from_utf8(body.into()).map_err(Failure::of("the answer"))?;
    Ok(Response::from_parts(head, body))
}
