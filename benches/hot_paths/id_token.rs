//! An ID token verified by keys that are there already. Keys, tokens and the time are written down:
//! were they made anew, each run would count other instructions, and those of making RSA keys.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use hallpass_core::{
    Clock, HttpClient, Json, JwtKind, OAuth2Client, Request, Response, Result, Secret,
};
use hallpass_openid::{OpenId, OpenIdOAuth2};
use serde_json::json;

use super::{Call, finish, json_response, ready};
use crate::config;

/// Public keys, and one token of each. The private keys are gone.
const SIGNED: &str = include_str!("id_tokens.json");
const ISSUER: &str = "https://op.test";
/// When the tokens were a minute old, in seconds of 1970.
const NOW: u64 = 1_767_225_660;

pub(super) fn verification(algorithm: &str) -> Call {
    let mut signed: Json = serde_json::from_str(SIGNED).expect("the file");
    let jwt = signed["id_tokens"][algorithm].as_str().map(Secret::new).expect("a token");
    let http = Arc::new(Op { metadata: metadata(), jwks: signed["jwks"].take() });
    let client: OpenIdOAuth2 =
        OAuth2Client::new(OpenId::new("op", ISSUER), config()).expect("a client");
    let client = client.with_http_client(http).with_clock(Arc::new(Stopped));
    let call = move || finish(ready(client.verify_jwt(&jwt, JwtKind::IdToken)).expect("claims"));
    // The keys are fetched now.
    call();
    Box::new(call)
}

fn metadata() -> Json {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://op.test/authorize",
        "token_endpoint": "https://op.test/token",
        "jwks_uri": "https://op.test/keys",
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
    })
}

/// Its documents, from memory.
#[derive(Debug)]
struct Op {
    metadata: Json,
    jwks: Json,
}

#[async_trait]
impl HttpClient for Op {
    async fn send(&self, request: Request) -> Result<Response> {
        let document = if request.url.path() == "/keys" { &self.jwks } else { &self.metadata };
        Ok(json_response(&document.to_string()))
    }
}

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW)
    }
}
