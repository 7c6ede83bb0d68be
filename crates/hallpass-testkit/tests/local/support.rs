use std::{
    sync::Mutex,
    time::{Duration, SystemTime},
};

use hallpass_core::{
    Clock, HttpClient as _, Json, OAuth2Client, OAuth2Token, Purpose, Request, ReqwestClient,
    Response,
    http::{Method, StatusCode},
    url::{Url, form_urlencoded},
};
use hallpass_testkit::{Browser, Landing, Local, LocalProvider, User};

/// Where the application is, as far as the provider knows.
pub(crate) const CALLBACK: &str = "https://app.test/callback";

/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

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

pub(crate) fn client(local: &LocalProvider) -> OAuth2Client<Local> {
    let config = local.client_config(CALLBACK).unwrap();
    OAuth2Client::new(local.provider(), config).unwrap()
}

pub(crate) async fn sign_in(local: &LocalProvider, client: &OAuth2Client<Local>) -> OAuth2Token {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await.unwrap()
}

pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// What a good authorization request says, for a test to spoil.
pub(crate) fn wish(client_id: &str) -> Vec<(&str, &str)> {
    vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("state", "a state"),
        ("scope", "profile email"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

/// A request without a client that would refuse to send it.
pub(crate) async fn ask(
    local: &LocalProvider,
    wish: &[(&str, &str)],
) -> hallpass_core::Result<Landing> {
    let url = format!("{}/authorize?{}", local.base_url(), encoded(wish));
    Browser::new().sign_in(url, User::first()).await
}

/// A code for the provider's own client.
pub(crate) async fn code(local: &LocalProvider) -> String {
    let landing = ask(local, &wish(local.client_id())).await.unwrap();
    param(landing.url(), "code").unwrap()
}

pub(crate) fn param(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    let found = url.query_pairs().find(|(known, _)| known == name);
    found.map(|(_, value)| value.into_owned())
}

/// What a good token request for a code says, for a test to spoil.
pub(crate) fn proof<'a>(client: (&'a str, &'a str), code: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", client.0),
        ("client_secret", client.1),
    ]
}

/// The same pairs but for one.
pub(crate) fn with<'a>(
    mut pairs: Vec<(&'a str, &'a str)>,
    name: &str,
    value: &'a str,
) -> Vec<(&'a str, &'a str)> {
    for pair in &mut pairs {
        if pair.0 == name {
            pair.1 = value;
        }
    }
    pairs
}

/// Status and JSON of the answer to a form.
pub(crate) async fn post(
    local: &LocalProvider,
    path: &str,
    form: &[(&str, &str)],
    headers: &[(&'static str, &str)],
) -> (StatusCode, Json, Response) {
    let url = format!("{}{path}", local.base_url());
    let form = encoded(form).into_bytes();
    post_body(&url, "application/x-www-form-urlencoded", form, headers).await
}

pub(crate) async fn post_body(
    url: &str,
    media_type: &str,
    body: Vec<u8>,
    headers: &[(&'static str, &str)],
) -> (StatusCode, Json, Response) {
    let mut request = Request::new(Method::POST, Url::parse(url).unwrap(), Purpose::Token);
    request.headers.insert("content-type", media_type.parse().unwrap());
    for (name, value) in headers {
        request.headers.insert(*name, value.parse().unwrap());
    }
    request.body = body;
    let response = ReqwestClient::new().send(request).await.unwrap();
    (response.status, response.json().unwrap_or_default(), response)
}

pub(crate) async fn get(url: &str, headers: &[(&'static str, &str)]) -> Response {
    let mut request = Request::new(Method::GET, Url::parse(url).unwrap(), Purpose::Api);
    for (name, value) in headers {
        request.headers.insert(*name, value.parse().unwrap());
    }
    ReqwestClient::new().send(request).await.unwrap()
}
