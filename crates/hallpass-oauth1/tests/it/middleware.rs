//! On a client that is somebody else's; what it would send is caught at the end of the chain.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hallpass_core::{
    Error, ErrorKind,
    http::{self, Extensions, header},
};
use hallpass_oauth1::{
    ClientCredentials, Placement, Signer, SigningMiddleware, TokenCredentials, WithoutSignature,
};
use reqwest_middleware::{
    ClientBuilder, ClientWithMiddleware, Middleware, Next,
    reqwest::{self, Body, Request, Response, ResponseBuilderExt as _, Url},
};

mod redirects;

const FORM: &str = "application/x-www-form-urlencoded";

/// Answers in the network's place, from the URL asked or from another.
#[derive(Default)]
struct Net {
    sent: Mutex<Vec<Request>>,
    from: Option<Url>,
}

struct Answering(Arc<Net>);

#[async_trait]
impl Middleware for Answering {
    async fn handle(
        &self,
        request: Request,
        _: &mut Extensions,
        _: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let url = self.0.from.clone().unwrap_or_else(|| request.url().clone());
        self.0.sent.lock().unwrap().push(request);
        Ok(http::Response::builder().url(url).body(Body::default()).unwrap().into())
    }
}

impl Net {
    #[track_caller]
    fn only(&self) -> Request {
        let mut sent = self.sent.lock().unwrap();
        assert_eq!(sent.len(), 1, "one request and no other");
        sent.remove(0)
    }
}

fn signing(placement: Placement) -> SigningMiddleware {
    let signer = Signer::new(ClientCredentials::new("key", "secret")).with_placement(placement);
    let signing = SigningMiddleware::new(signer, "https://api.test").unwrap();
    signing.with_token(TokenCredentials::new("TOKEN", "TOKENSECRET"))
}

fn client(signing: SigningMiddleware, net: &Arc<Net>) -> ClientWithMiddleware {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().redirect(signing.redirect_policy());
    let http = http.build().unwrap();
    ClientBuilder::new(http).with(signing).with(Answering(Arc::clone(net))).build()
}

/// Ours, out of what reqwest-middleware wraps it in.
#[track_caller]
fn ours(result: reqwest_middleware::Result<Response>) -> Error {
    match result.unwrap_err() {
        reqwest_middleware::Error::Middleware(error) => error.downcast::<Error>().unwrap(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_request_is_signed_where_the_signature_belongs_and_its_body_goes_along() {
    for placement in [Placement::Header, Placement::Query, Placement::Form] {
        let net = Arc::new(Net::default());
        let http = client(signing(placement), &net);
        let post = http.post("https://api.test/x?q=1").header(header::CONTENT_TYPE, FORM);
        post.body("a=1+2").send().await.unwrap();
        let sent = net.only();
        let body = std::str::from_utf8(sent.body().unwrap().as_bytes().unwrap()).unwrap();
        assert!(body.starts_with("a=1+2"));
        assert_eq!(body.contains("&oauth_signature="), placement == Placement::Form);
        let query = sent.url().query().unwrap();
        assert_eq!(query.contains("&oauth_signature="), placement == Placement::Query);
        let value = sent.headers().get(header::AUTHORIZATION);
        assert_eq!(value.is_some(), placement == Placement::Header);
        assert!(value.is_none_or(http::HeaderValue::is_sensitive));
    }
}

#[tokio::test]
async fn a_json_body_goes_as_it_is() {
    let net = Arc::new(Net::default());
    let http = client(signing(Placement::Header), &net);
    let post = http.post("https://api.test/x").header(header::CONTENT_TYPE, "application/json");
    post.body(r#"{"a":1}"#).send().await.unwrap();
    assert_eq!(net.only().body().unwrap().as_bytes().unwrap(), br#"{"a":1}"#);
}

#[tokio::test]
async fn each_try_has_a_nonce_of_its_own() {
    let net = Arc::new(Net::default());
    let http = client(signing(Placement::Header), &net);
    http.get("https://api.test/x").send().await.unwrap();
    http.get("https://api.test/x").send().await.unwrap();
    let sent = net.sent.lock().unwrap();
    assert_ne!(sent[0].headers()[header::AUTHORIZATION], sent[1].headers()[header::AUTHORIZATION]);
}

#[tokio::test]
async fn what_is_not_to_be_signed_is_refused_unless_it_is_marked() {
    let net = Arc::new(Net::default());
    let http = client(signing(Placement::Header).allow_origin("https://b.test").unwrap(), &net);
    for url in ["https://other.test/", "http://api.test/", "https://api.test:444/"] {
        let error = ours(http.get(url).send().await);
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("origin")), "{url}");
        http.get(url).with_extension(WithoutSignature).send().await.unwrap();
        assert!(net.only().headers().get(header::AUTHORIZATION).is_none());
    }
    let error = ours(http.get("https://api.test/").header(header::AUTHORIZATION, "x").send().await);
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("reserved")));
    assert!(net.sent.lock().unwrap().is_empty());
    http.get("https://b.test/").send().await.unwrap();
    assert!(net.only().headers().get(header::AUTHORIZATION).is_some());
}

#[tokio::test]
async fn a_request_for_another_host_than_its_urls_is_refused() {
    let net = Arc::new(Net::default());
    let http = client(signing(Placement::Header), &net);
    for host in ["evil.test", "api.test:444", "", "api.test.evil.test"] {
        let error = ours(http.get("https://api.test/x").header(header::HOST, host).send().await);
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("reserved")), "{host}");
        let marked = http.get("https://api.test/x").header(header::HOST, "api.test");
        let error = ours(marked.header(header::HOST, host).send().await);
        assert_eq!(error.reason(), Some("reserved"), "the second of two: {host}");
    }
    assert!(net.sent.lock().unwrap().is_empty());
    for host in ["API.test", "api.test:443"] {
        http.get("https://api.test/x").header(header::HOST, host).send().await.unwrap();
        assert!(net.only().headers().get(header::AUTHORIZATION).is_some());
    }
}

#[tokio::test]
async fn a_json_body_does_not_become_a_form() {
    let net = Arc::new(Net::default());
    let http = client(signing(Placement::Form), &net);
    let post = http.post("https://api.test/x").header(header::CONTENT_TYPE, "application/json");
    assert_eq!(ours(post.body("{}").send().await).kind(), ErrorKind::Config);
    assert!(net.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_from_elsewhere_is_found_out() {
    let from = Some(Url::parse("https://evil.test/").unwrap());
    let net = Arc::new(Net { from, ..Net::default() });
    let http = client(signing(Placement::Header), &net);
    let error = ours(http.get("https://api.test/x").send().await);
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("redirect")));
}

#[test]
fn origins_are_https_or_loopback() {
    let new = |url: &str| {
        SigningMiddleware::new(Signer::new(ClientCredentials::new("key", "secret")), url)
    };
    for url in ["https://api.test/v1", "http://127.0.0.1:1/", "http://[::1]/", "http://localhost/"]
    {
        assert!(new(url).is_ok(), "{url}");
    }
    for url in ["http://api.test", "ftp://api.test", "nothing", "https://u:p@api.test"] {
        assert_eq!(new(url).unwrap_err().kind(), ErrorKind::Config, "{url}");
        assert!(signing(Placement::Header).allow_origin(url).is_err(), "{url}");
    }
}
