//! What is around a door: a provider that answers what it is told to, keys, a clock that stands.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, OnceLock},
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use hallpass::{
    BaseOAuth2, ClientConfig, OAuth2Client, Provider, Result,
    core::{
        Clock, HttpClient, Json, Purpose, Random, Request, Response,
        http::{HeaderMap, HeaderValue, StatusCode, header},
        url::Url,
    },
};
use hallpass_testkit::SigningKey;
use serde_json::{Map, json};

/// What must be in no error and in no `Debug`. Long enough to be nobody's word.
pub(crate) const SECRET: &str = "planted-client-secret";
pub(crate) const CODE: &str = "planted-code";
pub(crate) const TOKEN: &str = "planted-access-token";
pub(crate) const REFRESH: &str = "planted-refresh-token";

pub(crate) const CLIENT_ID: &str = "ID";
pub(crate) const REDIRECT_URI: &str = "https://app.test/cb";
/// 2026-01-01T00:00:00Z, as in the fixtures.
pub(crate) const NOW: u64 = 1_767_225_600;

/// A provider that answers with these bodies in turn, and with the last one from then on.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bodies: Vec<Vec<u8>>,
    /// Whether whoever asks for metadata is given those of a provider with the keys of [`keys`].
    pub(crate) has_keys: bool,
    asked: Mutex<Vec<Url>>,
}

impl Answers {
    pub(crate) fn new(status: u8, label: u8, bodies: Vec<Vec<u8>>) -> Self {
        let status = StatusCode::from_u16(pick(&STATUSES, status)).unwrap();
        let mut headers = HeaderMap::new();
        let label = pick(&LABELS, label);
        if !label.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(label));
        }
        Self { status, headers, bodies, has_keys: true, asked: Mutex::default() }
    }

    /// Status 200, labelled as JSON.
    pub(crate) fn json(bodies: Vec<Vec<u8>>) -> Self {
        Self::new(0, 0, bodies)
    }

    /// What was asked for so far, but for keys.
    pub(crate) fn asked(&self) -> Vec<Url> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn without_keys(mut self) -> Self {
        self.has_keys = false;
        self
    }
}

pub(crate) const STATUSES: [u16; 10] = [200, 201, 204, 302, 400, 401, 403, 404, 429, 503];

pub(crate) const LABELS: [&str; 6] = [
    "application/json",
    "",
    "application/x-www-form-urlencoded",
    "text/html; charset=utf-8",
    "application/jwt",
    "text/javascript",
];

/// Any byte chooses one of them.
pub(crate) fn pick<T: Copy>(from: &[T], byte: u8) -> T {
    from[usize::from(byte) % from.len()]
}

#[async_trait]
impl HttpClient for Answers {
    async fn send(&self, request: Request) -> Result<Response> {
        if self.has_keys && request.purpose() == Purpose::Metadata {
            let is_keys = !request.url.path().contains("/.well-known/");
            let body = if is_keys { jwks().clone() } else { document(&request.url) };
            let body = body.to_string().into_bytes();
            return Ok(Response::new(StatusCode::OK, HeaderMap::new(), body));
        }
        let mut asked = self.asked.lock().unwrap();
        let body = self.bodies.get(asked.len()).or(self.bodies.last());
        asked.push(request.url);
        let body = body.cloned().unwrap_or_default();
        Ok(Response::new(self.status, self.headers.clone(), body))
    }
}

/// What the provider at `url` says of itself.
fn document(url: &Url) -> Json {
    let issuer = url.origin().ascii_serialization();
    let at = |path: &str| format!("{issuer}/{path}");
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "jwks_uri": at("keys"),
        "userinfo_endpoint": at("userinfo"),
        "revocation_endpoint": at("revoke"),
        "id_token_signing_alg_values_supported": ["RS256"],
    })
}

/// The keys of this process: RSA, P-256, Ed25519, and the client secret.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) rsa: SigningKey,
    pub(crate) ec: SigningKey,
    pub(crate) ed: SigningKey,
    pub(crate) mac: SigningKey,
}

pub(crate) fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| Keys {
        rsa: SigningKey::rs256().with_key_id("rsa"),
        ec: SigningKey::es256().with_key_id("ec"),
        ed: SigningKey::ed_dsa().with_key_id("ed"),
        mac: SigningKey::hs256(SECRET),
    })
}

/// The public ones of [`keys`].
pub(crate) fn jwks() -> &'static Json {
    static JWKS: OnceLock<Json> = OnceLock::new();
    let public = |keys: &Keys| [&keys.rsa, &keys.ec, &keys.ed].map(SigningKey::public_jwk);
    JWKS.get_or_init(|| json!({ "keys": public(keys()) }))
}

/// `text` with a signed JWT in the place of each `ID_TOKEN{…}` or `ID_TOKEN_ES256{…}`, which is
/// how the fixtures write one. A claim that is left out gets the value that is right.
pub(crate) fn with_id_tokens(text: &str, nonce: Option<&str>) -> String {
    const WORD: &str = "ID_TOKEN";
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(WORD) {
        let (before, after) = (&rest[..at], &rest[at + WORD.len()..]);
        let name = after.find('{').map_or("", |end| &after[..end]);
        let mut claims = serde_json::Deserializer::from_str(&after[name.len()..]).into_iter();
        out.push_str(before);
        if let Some(Ok(Json::Object(object))) = claims.next() {
            out.push_str(&format!("{:?}", signed(name, object, nonce)));
            rest = &after[name.len() + claims.byte_offset()..];
        } else {
            out.push_str(WORD);
            rest = after;
        }
    }
    out + rest
}

fn signed(name: &str, mut claims: Map<String, Json>, nonce: Option<&str>) -> String {
    if claims.get("nonce").is_some_and(|nonce| nonce == "NONCE") {
        claims.insert("nonce".to_owned(), nonce.into());
    }
    for (name, value) in
        [("aud", CLIENT_ID.into()), ("iat", NOW.into()), ("exp", Json::from(NOW + 3600))]
    {
        claims.entry(name).or_insert(value);
    }
    claims.retain(|_, value| !value.is_null());
    match name {
        "_ES256" => keys().ec.jwt(&claims),
        "_EdDSA" => keys().ed.jwt(&claims),
        "_HS256" => keys().mac.jwt(&claims),
        _ => keys().rsa.jwt(&claims),
    }
}

/// A client of the tests: an id, a secret, a redirect URI, and whatever answers.
pub(crate) fn client<P: Provider>(
    provider: P,
    config: ClientConfig,
    http: Arc<dyn HttpClient>,
) -> Arc<dyn BaseOAuth2> {
    let client = OAuth2Client::new(provider, config).unwrap();
    let client = client.with_http_client(http).with_clock(Arc::new(Still));
    Arc::new(client.with_random(Arc::new(Counted)))
}

pub(crate) fn config() -> ClientConfig {
    let config = ClientConfig::new(CLIENT_ID).with_secret(SECRET);
    config.with_redirect_uri(REDIRECT_URI).unwrap()
}

/// The time is always [`NOW`].
#[derive(Debug)]
pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
    }
}

/// State, verifier and nonce are the same each time, and differ from each other.
#[derive(Debug)]
pub(crate) struct Counted;

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for (part, number) in bytes.chunks_mut(32).zip(1..) {
            part.fill(number);
        }
    }
}

/// Nothing here waits for anything.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("whoever answers here answers at once"),
    }
}
