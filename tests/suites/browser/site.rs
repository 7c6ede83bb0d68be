//! A web site of the test's own.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

const BODY_LIMIT_BYTES: usize = 1 << 20;

/// Listens on a free port of loopback for as long as the runtime lives.
pub(crate) struct Listener {
    listener: TcpListener,
    port: u16,
}

impl Listener {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port }
    }

    /// Its address by another name of loopback: another site to a browser.
    pub(crate) fn base_url(&self, host: &str) -> String {
        format!("http://{host}:{}", self.port)
    }

    /// Answers every request so.
    pub(crate) fn serve<F, A>(self, answer: F)
    where
        F: Fn(Request<String>) -> A + Send + Sync + 'static,
        A: Future<Output = Response<String>> + Send + 'static,
    {
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = self.listener.accept().await {
                let answer = Arc::clone(&answer);
                let service = service_fn(move |request: Request<Incoming>| {
                    let answer = Arc::clone(&answer);
                    async move { Ok::<_, Infallible>(answer(whole(request).await).await) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
    }
}

async fn whole(request: Request<Incoming>) -> Request<String> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, BODY_LIMIT_BYTES).collect().await.unwrap().to_bytes();
    Request::from_parts(head, String::from_utf8(body.into()).unwrap())
}

/// The address of a site whose one page, at every path, has this in its `main`.
pub(crate) async fn page(main: &str) -> String {
    let title = "<title>A page</title>";
    let width = r#"<meta name="viewport" content="width=device-width">"#;
    let head = format!(r#"<!doctype html><html lang="en"><head>{title}{width}</head>"#);
    document(&format!("{head}<body><main><h1>A page</h1>{main}</main></body></html>"), &[]).await
}

/// The address of a site with this document at every path.
pub(crate) async fn document(html: &str, headers: &[(&'static str, &str)]) -> String {
    let mut response = Response::builder().header("content-type", "text/html; charset=utf-8");
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let response = response.body(html.to_owned()).unwrap();
    let listener = Listener::new().await;
    let base_url = listener.base_url("127.0.0.1");
    listener.serve(move |_| std::future::ready(response.clone()));
    base_url
}
