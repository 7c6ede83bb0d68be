use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use hallpass_core::{
    Authorization, Callback, ClientAssertion, ClientConfig, Clock, Error, ErrorKind, HttpClient,
    Json, OAuth2Client, OAuth2Token, PendingAuthorization, Random, Result, Secret,
    url::{Url, form_urlencoded},
};

use super::{Acme, Wire};

pub(crate) const SECRET: &str = "secret-of-the-client";
pub(crate) const CODE: &str = "code-of-the-login";

/// When everything happens, unless a test turns the clock.
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// A confidential client.
pub(crate) fn config() -> ClientConfig {
    public().with_secret(SECRET)
}

/// A public client.
pub(crate) fn public() -> ClientConfig {
    ClientConfig::new("client").with_redirect_uri("https://app.test/callback").unwrap()
}

/// A client, and what it stands on.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) client: OAuth2Client<Acme>,
    pub(crate) wire: Arc<Wire>,
    pub(crate) clock: Arc<FixedClock>,
}

impl World {
    /// The provider's client with a secret.
    pub(crate) fn of(provider: Acme) -> Self {
        Self::with(provider, config())
    }

    pub(crate) fn with(provider: Acme, config: ClientConfig) -> Self {
        let wire = Arc::new(Wire::default());
        let clock = Arc::new(FixedClock::default());
        let client = OAuth2Client::new(provider, config).unwrap();
        let client = client
            .with_http_client(Arc::clone(&wire) as Arc<dyn HttpClient>)
            .with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
        Self { client, wire, clock }
    }

    /// Begins a login with everything at its default.
    pub(crate) async fn begin(&self) -> (String, PendingAuthorization) {
        let Authorization { url, pending, .. } = self.client.authorize().start().await.unwrap();
        (param(url.as_str(), "state").unwrap(), pending)
    }

    /// A whole login: the browser comes back with the code.
    pub(crate) async fn login(&self) -> Result<OAuth2Token> {
        let (state, pending) = self.begin().await;
        self.client.get_access_token(callback(&state), pending).await
    }

    /// A whole login to which the token endpoint answers this.
    pub(crate) async fn login_answered(&self, status: u16, body: &Json) -> Result<OAuth2Token> {
        self.wire.answer(status, body);
        self.login().await
    }
}

/// What a browser brings back when all is well.
pub(crate) fn callback(state: &str) -> Callback {
    Callback::from_query(&format!("code={CODE}&state={state}")).unwrap()
}

/// The pairs of a URL's query.
pub(crate) fn pairs(url: &str) -> Vec<(String, String)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// One parameter of a URL's query, which must not be there twice.
#[track_caller]
pub(crate) fn param(url: &str, name: &str) -> Option<String> {
    assert!(Url::parse(url).is_ok(), "{url}");
    let mut found = pairs(url).into_iter().filter(|(known, _)| known == name);
    let value = found.next().map(|(_, value)| value);
    assert!(found.next().is_none(), "{name} twice in {url}");
    value
}

/// Asserts how a call was refused, and gives the error for more.
#[track_caller]
pub(crate) fn refused<T>(result: Result<T>, kind: ErrorKind, reason: Option<&str>) -> Error {
    let Err(error) = result else { panic!("it is not refused as {kind:?} {reason:?}") };
    assert_eq!((error.kind(), error.reason()), (kind, reason), "{error:?}");
    error
}

pub(crate) fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

/// A key that signs nothing: what it was asked to sign, and the how manieth time it was.
#[derive(Debug, Default)]
pub(crate) struct Key(AtomicU8);

#[async_trait]
impl ClientAssertion for Key {
    async fn sign(&self, client_id: &str, audience: &str, at: SystemTime) -> Result<Secret> {
        assert_eq!(at, now());
        let jti = self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Secret::new(format!("{client_id} for {audience} #{jti}")))
    }
}

/// A clock that stands until it is turned.
#[derive(Debug, Default)]
pub(crate) struct FixedClock(AtomicU64);

impl FixedClock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> SystemTime {
        now() + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// Bytes that count up: as far from random as can be.
#[derive(Debug, Default)]
pub(crate) struct CountingRandom(AtomicU8);

impl Random for CountingRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
