//! The limits: the same work by hand, with nothing in it that could be left out.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::Rng as _;
use sha2::{Digest as _, Sha256};
use url::{Url, form_urlencoded};

use crate::{CLIENT_ID, CLIENT_SECRET, CODE, REDIRECT_URI, VERIFIER, replies::Bare};

/// One prefix, randomness from a generator that is seeded once, one hash, one string.
#[must_use]
pub fn bare_url() -> String {
    const PREFIX: &str = "https://plain.test/oauth/authorize?response_type=code&client_id=client-id\
        &redirect_uri=https%3A%2F%2Fapp.test%2Fcallback&scope=openid-connect+email+profile&state=";
    let mut bytes = [0; 64];
    rand::rng().fill_bytes(&mut bytes);
    let verifier = URL_SAFE_NO_PAD.encode(&bytes[32..]);
    let mut url = String::with_capacity(PREFIX.len() + 160);
    url.push_str(PREFIX);
    URL_SAFE_NO_PAD.encode_string(&bytes[..32], &mut url);
    url.push_str("&code_challenge=");
    URL_SAFE_NO_PAD.encode_string(Sha256::digest(verifier), &mut url);
    url.push_str("&code_challenge_method=S256");
    url
}

/// The exchange by reqwest alone: the URL parsed once, no redirects, a timeout, a bounded body.
#[derive(Debug)]
pub struct BareExchange {
    http: reqwest::Client,
    token_endpoint: Url,
}

impl BareExchange {
    /// One client, kept.
    ///
    /// # Panics
    ///
    /// If reqwest makes no client, or the endpoint is no URL.
    #[must_use]
    pub fn new(token_endpoint: &str) -> Self {
        // Plain HTTP needs none, but with TLS compiled in no client is made without one. An error
        // says that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let http = http.no_proxy().build().expect("a client");
        Self { http, token_endpoint: token_endpoint.parse().expect("a URL") }
    }

    /// Posts the form and returns the access token.
    ///
    /// # Panics
    ///
    /// If there is no answer, or no token in it.
    pub async fn run(&self) -> String {
        let request = self
            .http
            .post(self.token_endpoint.clone())
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("user-agent", "bare")
            .timeout(Duration::from_secs(10))
            .body(bare_form());
        let mut answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success());
        let mut body = Vec::with_capacity(1024);
        while let Some(chunk) = answer.chunk().await.expect("a chunk") {
            assert!(body.len() + chunk.len() <= 1 << 20);
            body.extend_from_slice(&chunk);
        }
        let reply: Bare<'_> = serde_json::from_slice(&body).expect("a token reply");
        reply.access_token.to_owned()
    }
}

fn bare_form() -> String {
    let mut form = form_urlencoded::Serializer::new(String::with_capacity(256));
    form.append_pair("grant_type", "authorization_code").append_pair("code", CODE);
    form.append_pair("redirect_uri", REDIRECT_URI).append_pair("code_verifier", VERIFIER);
    form.append_pair("client_id", CLIENT_ID).append_pair("client_secret", CLIENT_SECRET);
    form.finish()
}
