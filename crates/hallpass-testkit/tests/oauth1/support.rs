use std::{
    sync::Mutex,
    time::{Duration, SystemTime},
};

use hallpass_core::{
    Clock, HttpClient as _, Purpose, Request, ReqwestClient, Response, Result,
    http::{HeaderValue, Method, header},
    url::{Url, form_urlencoded},
};
use hallpass_oauth1::{
    ClientCredentials, OAuth1Client, RequestParts, Signed, Signer, TokenCredentials,
};
use hallpass_testkit::{LocalOAuth1, User};

/// Where the application is, as far as the server knows.
pub(crate) const CALLBACK: &str = "https://app.test/callback";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A clock that stands still until it is turned.
#[derive(Debug)]
pub(crate) struct TestClock(Mutex<SystemTime>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)))
    }

    pub(crate) fn turn(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

pub(crate) fn client(local: &LocalOAuth1) -> OAuth1Client {
    let config = local.client_config(CALLBACK).unwrap();
    OAuth1Client::new(local.provider(), config).unwrap()
}

pub(crate) fn signer(local: &LocalOAuth1) -> Signer {
    Signer::new(local.client_credentials())
}

pub(crate) fn stranger(local: &LocalOAuth1) -> Signer {
    Signer::new(ClientCredentials::new("nobody", local.consumer_secret()))
}

/// The credentials of a user who allowed it.
pub(crate) async fn token(local: &LocalOAuth1) -> TokenCredentials {
    let (token, verifier) = allowed(local).await;
    let answer = trade(local, &signer(local), &token, &verifier).await;
    credentials(&answer)
}

/// Temporary credentials that a user allowed, and the verifier.
pub(crate) async fn allowed(local: &LocalOAuth1) -> (TokenCredentials, String) {
    let token = credentials(&initiate(local, &signer(local), CALLBACK).await);
    let page = format!("{}/authorize?oauth_token={}", local.base_url(), token.token().expose());
    let landing = local.browser().sign_in(page, User::first()).await.unwrap();
    let verifier = param(landing.url(), "oauth_verifier").unwrap();
    (token, verifier)
}

pub(crate) async fn initiate(local: &LocalOAuth1, signer: &Signer, callback: &str) -> Response {
    let request = request(local, Method::POST, "/initiate");
    sent(signed_with(signer, request, None, Brings::Callback(callback))).await
}

pub(crate) async fn trade(
    local: &LocalOAuth1,
    signer: &Signer,
    token: &TokenCredentials,
    verifier: &str,
) -> Response {
    let request = request(local, Method::POST, "/token");
    sent(signed_with(signer, request, Some(token), Brings::Verifier(verifier))).await
}

pub(crate) fn request(local: &LocalOAuth1, method: Method, path: &str) -> Request {
    let url = Url::parse(&format!("{}{path}", local.base_url())).unwrap();
    Request::new(method, url, Purpose::Api)
}

pub(crate) fn with_body(mut request: Request, media_type: &'static str, body: &str) -> Request {
    request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    request.body = body.as_bytes().to_vec();
    request
}

pub(crate) fn signed(
    signer: &Signer,
    request: Request,
    token: Option<&TokenCredentials>,
) -> Request {
    signed_with(signer, request, token, Brings::Nothing)
}

/// What a step of the login has besides.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Brings<'a> {
    Nothing,
    Callback(&'a str),
    Verifier(&'a str),
}

pub(crate) fn signed_with(
    signer: &Signer,
    mut request: Request,
    token: Option<&TokenCredentials>,
    brings: Brings<'_>,
) -> Request {
    let (method, url) = (request.method.clone(), request.url.clone());
    let (headers, body) = (request.headers.clone(), request.body.clone());
    let parts = RequestParts::new(&method, &url).with_headers(&headers, &body);
    let parts = match brings {
        Brings::Nothing => parts,
        Brings::Callback(callback) => parts.with_callback(callback),
        Brings::Verifier(verifier) => parts.with_verifier(verifier),
    };
    match signer.sign(&parts, token).unwrap() {
        Signed::Header(value) => drop(request.headers.insert(header::AUTHORIZATION, value)),
        Signed::Query(added) => {
            let own = url.query().map_or(String::new(), |query| format!("{query}&"));
            request.url.set_query(Some(&format!("{own}{}", added.expose())));
        }
        Signed::Form(added) => {
            let separator = if request.body.is_empty() { "" } else { "&" };
            request.body.extend(format!("{separator}{}", added.expose()).bytes());
            request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
        }
        other => panic!("unknown: {other:?}"),
    }
    request
}

/// The same once more.
pub(crate) fn copy(request: &Request) -> Request {
    let mut copy = Request::new(request.method.clone(), request.url.clone(), Purpose::Api);
    copy.headers = request.headers.clone();
    copy.body = request.body.clone();
    copy
}

pub(crate) async fn sent(request: Request) -> Response {
    answer_to(request).await.unwrap()
}

pub(crate) async fn answer_to(request: Request) -> Result<Response> {
    ReqwestClient::new().send(request).await
}

pub(crate) fn credentials(answer: &Response) -> TokenCredentials {
    let field = |name| field(answer, name).unwrap_or_else(|| panic!("no {name}"));
    TokenCredentials::new(field("oauth_token"), field("oauth_token_secret"))
}

/// A parameter of an answer that is a form.
pub(crate) fn field(answer: &Response, name: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(&answer.body);
    fields.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

pub(crate) fn param(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    let found = url.query_pairs().find(|(known, _)| known == name);
    found.map(|(_, value)| value.into_owned())
}

/// What a request comes to that is signed and sent: the status, and the problem.
#[track_caller]
pub(crate) fn check_problem(answer: &Response, status: u16, problem: &str) {
    let got = (answer.status.as_u16(), field(answer, "oauth_problem"));
    assert_eq!(
        got,
        (status, Some(problem.to_owned())),
        "{:?}",
        field(answer, "oauth_problem_advice")
    );
    let challenge = answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
    assert!(challenge.contains(&format!("oauth_problem=\"{problem}\"")), "{challenge}");
}
