//! An application that a server calls: where back-channel logout tokens arrive.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use ::http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::Failure;

/// Answers every request with the same status, and keeps it for the test.
///
/// It lives as long as the runtime it was started on.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    requests: mpsc::UnboundedReceiver<Request<String>>,
}

impl Receiver {
    /// Listens on a free port of loopback, and answers with `status`.
    ///
    /// # Errors
    ///
    /// If there is no free port.
    pub async fn start(status: StatusCode) -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.map_err(Failure::of("cannot listen"))?;
        let address = listener.local_addr().map_err(Failure::of("cannot listen"))?;
        let (sender, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sender = sender.clone();
                let service = service_fn(move |request| answer(request, sender.clone(), status));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Ok(Self { address, requests })
    }

    /// The address of a path of it (`/logout`).
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next request; waits for it, 60 s at most.
    ///
    /// # Errors
    ///
    /// If none comes.
    pub async fn next(&mut self) -> Result<Request<String>, Failure> {
        let next = tokio::time::timeout(TIME_LIMIT, self.requests.recv()).await;
        next.ok().flatten().ok_or_else(|| Failure::new("no request came"))
    }

    /// A request that has come already.
    pub fn take(&mut self) -> Option<Request<String>> {
        self.requests.try_recv().ok()
    }
}

const TIME_LIMIT: Duration = Duration::from_secs(60);
const BODY_LIMIT_BYTES: usize = 1 << 20;

/// The test has the request before the server has the answer.
async fn answer(
    request: Request<Incoming>,
    sender: mpsc::UnboundedSender<Request<String>>,
    status: StatusCode,
) -> Result<Response<String>, Infallible> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, BODY_LIMIT_BYTES).collect().await {
        Ok(body) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        // The sender went away, or sends too much: it is a request that did not come.
        Err(_) => return Ok(response(StatusCode::BAD_REQUEST)),
    };
    // The test may be over.
    let _ = sender.send(Request::from_parts(head, body));
    Ok(response(status))
}

fn response(status: StatusCode) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http;

    #[tokio::test]
    async fn a_request_is_answered_and_kept() {
        let mut receiver = Receiver::start(StatusCode::ACCEPTED).await.unwrap();
        let request = Request::post(receiver.url("/logout?a=1")).body("token=T".to_owned());
        let answer = http::send(request.unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        let request = receiver.next().await.unwrap();
        assert_eq!(request.uri(), "/logout?a=1");
        assert_eq!(request.body(), "token=T");
        assert!(receiver.take().is_none(), "it came once");
    }
}
