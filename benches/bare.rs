//! The limits: the same work by hand, with nothing in it that could be left out.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::Rng as _;
use reqwest::{
    Method, Request,
    header::{self, HeaderValue},
};
use sha2::{Digest as _, Sha256};
use url::{Url, form_urlencoded};

use crate::{
    CLIENT_ID, CLIENT_SECRET, CODE, REDIRECT_URI, VERIFIER,
    replies::{Bare, BareUser},
};

/// One prefix, randomness from a generator that is seeded once, one hash, one string.
#[must_use]
pub fn bare_url() -> String {
    const PREFIX: &str = "https://plain.test/oauth/authorize?response_type=code&client_id=client-id\
        &redirect_uri=https%3A%2F%2Fapp.test%2Fcallback&scope=openid-connect+email+profile&state=";
    let mut bytes = [0; 64];
    rand::rng().fill_bytes(&mut bytes);
    begun(PREFIX, &bytes[..32], &bytes[32..])
}

/// The same for OpenID Connect: `openid` among the scopes, and a nonce.
#[must_use]
pub fn bare_openid_url() -> String {
    const PREFIX: &str = "https://plain.test/oauth/authorize?response_type=code&client_id=client-id\
        &redirect_uri=https%3A%2F%2Fapp.test%2Fcallback&scope=openid+email+profile&state=";
    let mut bytes = [0; 96];
    rand::rng().fill_bytes(&mut bytes);
    let mut url = begun(PREFIX, &bytes[..32], &bytes[32..64]);
    url.push_str("&nonce=");
    URL_SAFE_NO_PAD.encode_string(&bytes[64..], &mut url);
    url
}

fn begun(prefix: &str, state: &[u8], verifier: &[u8]) -> String {
    let verifier = URL_SAFE_NO_PAD.encode(verifier);
    let mut url = String::with_capacity(prefix.len() + 210);
    url.push_str(prefix);
    URL_SAFE_NO_PAD.encode_string(state, &mut url);
    url.push_str("&code_challenge=");
    URL_SAFE_NO_PAD.encode_string(Sha256::digest(verifier), &mut url);
    url.push_str("&code_challenge_method=S256");
    url
}

/// The code of a callback that answers `state` and comes from `issuer`.
#[must_use]
pub fn bare_callback(query: &str, state: &str, issuer: &str) -> Option<String> {
    let (mut got_state, mut code, mut iss, mut error) = (None, None, None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "state" => got_state = Some(value),
            "code" => code = Some(value),
            "iss" => iss = Some(value),
            "error" => error = Some(value),
            _ => {}
        }
    }
    verify_slices_are_equal(got_state?.as_bytes(), state.as_bytes()).ok()?;
    if iss? != issuer || error.is_some() {
        return None;
    }
    code.map(Into::into)
}

/// reqwest's client as the limits use it: no redirects, no proxy, no retries. It trusts the
/// certificate alone, where there is one, and else what the system trusts.
///
/// # Panics
///
/// If reqwest makes no client.
#[must_use]
pub fn bare_http(certificate: Option<&[u8]>) -> reqwest::Client {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let never = reqwest::retry::never().max_retries_per_request(0);
    trusting(http.no_proxy().retry(never), certificate)
}

/// A client of reqwest's own that trusts the certificate alone, where there is one.
///
/// # Panics
///
/// If reqwest makes no client.
#[must_use]
pub(crate) fn trusting(
    http: reqwest::ClientBuilder,
    certificate: Option<&[u8]>,
) -> reqwest::Client {
    // With TLS compiled in no client is made without one, though plain HTTP needs none. An error
    // says that there is one already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let certificate =
        certificate.map(|der| reqwest::Certificate::from_der(der).expect("a certificate"));
    match certificate {
        Some(certificate) => http.tls_certs_only([certificate]),
        None => http,
    }
    .build()
    .expect("a client")
}

/// The exchange by reqwest alone: the URL parsed once, a timeout, a bounded body.
#[derive(Debug)]
pub struct BareExchange {
    http: reqwest::Client,
    token_endpoint: Url,
}

impl BareExchange {
    /// One client, kept: see [`bare_http`].
    ///
    /// # Panics
    ///
    /// If the endpoint is no URL.
    #[must_use]
    pub fn new(http: reqwest::Client, token_endpoint: &str) -> Self {
        Self { http, token_endpoint: token_endpoint.parse().expect("a URL") }
    }

    /// Posts the form and returns the access token.
    ///
    /// # Panics
    ///
    /// If there is no answer, or no token in it.
    pub async fn run(&self) -> String {
        let mut request = Request::new(Method::POST, self.token_endpoint.clone());
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(header::CONTENT_TYPE, form);
        *request.body_mut() = Some(bare_form().into());
        let body = bounded(&self.http, request).await;
        let reply: Bare<'_> = serde_json::from_slice(&body).expect("a token reply");
        reply.access_token.to_owned()
    }
}

/// Userinfo by reqwest alone, as [`BareExchange`].
#[derive(Debug)]
pub struct BareUserinfo {
    http: reqwest::Client,
    endpoint: Url,
}

impl BareUserinfo {
    /// One client, kept: see [`bare_http`].
    ///
    /// # Panics
    ///
    /// If the endpoint is no URL.
    #[must_use]
    pub fn new(http: reqwest::Client, endpoint: &str) -> Self {
        Self { http, endpoint: endpoint.parse().expect("a URL") }
    }

    /// Gets id, address, and whether the provider says that the address is proven.
    ///
    /// # Panics
    ///
    /// If there is no answer, or no user in it.
    pub async fn run(&self, access_token: &str) -> (String, Option<String>, Option<bool>) {
        let mut request = Request::new(Method::GET, self.endpoint.clone());
        let mut bearer =
            HeaderValue::try_from(format!("Bearer {access_token}")).expect("a header's value");
        bearer.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        let body = bounded(&self.http, request).await;
        let user: BareUser<'_> = serde_json::from_slice(&body).expect("userinfo");
        (user.sub.to_owned(), user.email.map(str::to_owned), user.email_verified)
    }
}

/// Without reqwest's builder, as hallpass does it: the builder copies headers one by one.
async fn bounded(http: &reqwest::Client, mut request: Request) -> Vec<u8> {
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static("bare"));
    *request.timeout_mut() = Some(Duration::from_secs(10));
    let mut answer = http.execute(request).await.expect("an answer");
    assert!(answer.status().is_success());
    let mut body = Vec::with_capacity(1024);
    while let Some(chunk) = answer.chunk().await.expect("a chunk") {
        assert!(body.len() + chunk.len() <= 1 << 20);
        body.extend_from_slice(&chunk);
    }
    body
}

fn bare_form() -> String {
    let mut form = form_urlencoded::Serializer::new(String::with_capacity(256));
    form.append_pair("grant_type", "authorization_code").append_pair("code", CODE);
    form.append_pair("redirect_uri", REDIRECT_URI).append_pair("code_verifier", VERIFIER);
    form.append_pair("client_id", CLIENT_ID).append_pair("client_secret", CLIENT_SECRET);
    form.finish()
}
