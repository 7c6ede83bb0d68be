use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hallpass_core::{
    Callback, ClientConfig, ErrorKind, HttpClient, Json, JwtKind, OAuth2Client, OAuth2Token,
    Result, Secret, VerifiedClaims,
    url::{Url, form_urlencoded},
};
use hallpass_openid::{OpenId, OpenIdOAuth2};
use hallpass_testkit::SigningKey;
use serde_json::{Map, json};
use tokio::task::JoinSet;

use super::Script;

pub(crate) const ISSUER: &str = "https://op.test";
pub(crate) const DISCOVERY: &str = "https://op.test/.well-known/openid-configuration";
pub(crate) const JWKS: &str = "https://op.test/jwks";
pub(crate) const TOKEN: &str = "https://op.test/token";
pub(crate) const USERINFO: &str = "https://op.test/userinfo";
pub(crate) const INTROSPECTION: &str = "https://op.test/introspect";
pub(crate) const CLIENT: &str = "client";
pub(crate) const SECRET: &str = "secret-of-the-client-0123456789ab";
pub(crate) const ACCESS_TOKEN: &str = "access-token-of-the-user";

/// What the provider says of itself.
pub(crate) fn document() -> Json {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://op.test/authorize",
        "token_endpoint": TOKEN,
        "userinfo_endpoint": USERINFO,
        "introspection_endpoint": INTROSPECTION,
        "end_session_endpoint": "https://op.test/logout?lang=en",
        "jwks_uri": JWKS,
        "id_token_signing_alg_values_supported":
            ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "HS256", "none"],
    })
}

/// A confidential client.
pub(crate) fn config() -> ClientConfig {
    let config = ClientConfig::new(CLIENT).with_secret(SECRET);
    config.with_redirect_uri("https://app.test/callback").unwrap()
}

/// A client, and what it stands on.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) client: OpenIdOAuth2,
    pub(crate) script: Arc<Script>,
    pub(crate) clock: Arc<Clock>,
    /// The provider's key.
    pub(crate) key: SigningKey,
}

impl World {
    /// A client that discovers everything from the issuer.
    pub(crate) fn new() -> Self {
        Self::of(OpenId::new("op", ISSUER))
    }

    pub(crate) fn of(provider: OpenId) -> Self {
        Self::with(provider, config())
    }

    pub(crate) fn with(provider: OpenId, config: ClientConfig) -> Self {
        let (script, clock) = (Arc::new(Script::new()), Arc::new(Clock::default()));
        let key = SigningKey::es256().with_key_id("first");
        script.answer(DISCOVERY, &document());
        script.answer(JWKS, &jwks(&[&key]));
        let client = OAuth2Client::new(provider, config).unwrap();
        let client = client
            .with_http_client(Arc::clone(&script) as Arc<dyn HttpClient>)
            .with_clock(Arc::clone(&clock) as Arc<dyn hallpass_core::Clock>);
        Self { client, script, clock, key }
    }

    /// The document with these members instead.
    pub(crate) fn announce(&self, changes: &Json) {
        let mut all = document();
        for (name, value) in changes.as_object().unwrap() {
            all[name] = value.clone();
        }
        self.script.answer(DISCOVERY, &all);
    }

    /// The claims of an ID token with which nothing is wrong, but some of them replaced.
    pub(crate) fn claims(&self, changes: &Json) -> Map<String, Json> {
        let now = self.clock.seconds();
        let claims = json!({
            "iss": ISSUER, "aud": CLIENT, "sub": "42", "iat": now, "exp": now + 300,
        });
        let mut claims = object(&claims);
        claims.extend(object(changes));
        claims
    }

    pub(crate) fn jwt(&self, changes: &Json) -> Secret {
        Secret::new(self.key.jwt(&self.claims(changes)))
    }

    /// Verifies an ID token that `key` signed.
    pub(crate) async fn verify_by(&self, key: &SigningKey) -> Result<VerifiedClaims> {
        self.verify(&key.jwt(&self.claims(&json!({})))).await
    }

    pub(crate) async fn verify(&self, jwt: &str) -> Result<VerifiedClaims> {
        self.client.verify_jwt(&Secret::new(jwt), JwtKind::IdToken).await
    }

    /// A whole login whose ID token has these claims beside the usual ones.
    pub(crate) async fn login(&self, changes: &Json) -> Result<OAuth2Token> {
        self.login_with(|claims| {
            claims.extend(object(changes));
            self.key.jwt(claims)
        })
        .await
    }

    /// A whole login whose ID token is made by `sign`.
    pub(crate) async fn login_with(
        &self,
        sign: impl FnOnce(&mut Map<String, Json>) -> String,
    ) -> Result<OAuth2Token> {
        let login = self.client.authorize().start().await?;
        let nonce = param(login.url.as_str(), "nonce").unwrap();
        let state = param(login.url.as_str(), "state").unwrap();
        let mut claims = self.claims(&json!({ "nonce": nonce }));
        self.grant(Some(&sign(&mut claims)));
        let callback = Callback::from_query(&format!("code=the-code&state={state}")).unwrap();
        self.client.get_access_token(callback, login.pending).await
    }

    /// What the token endpoint answers from now on.
    pub(crate) fn grant(&self, id_token: Option<&str>) {
        let mut reply = json!({
            "access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 300,
            "refresh_token": "refresh-token-of-the-user",
        });
        if let Some(id_token) = id_token {
            reply["id_token"] = json!(id_token);
        }
        self.script.answer(TOKEN, &reply);
    }
}

pub(crate) fn object(json: &Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

/// The set of these keys.
pub(crate) fn jwks(keys: &[&SigningKey]) -> Json {
    self::keys(keys.iter().map(|key| key.public_jwk()))
}

/// The set of these JWKs.
pub(crate) fn keys(jwks: impl IntoIterator<Item = Json>) -> Json {
    json!({ "keys": jwks.into_iter().collect::<Vec<_>>() })
}

/// The same RSA key each time: they are slow to make.
pub(crate) fn rsa_key() -> SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::rs256().with_key_id("rsa")).clone()
}

/// A clock that stands until it is turned.
#[derive(Debug)]
pub(crate) struct Clock(AtomicU64);

impl Default for Clock {
    fn default() -> Self {
        Self(AtomicU64::new(1_800_000_000))
    }
}

impl Clock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl hallpass_core::Clock for Clock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.seconds())
    }
}

/// One parameter of a URL's query, which must not be there twice.
#[track_caller]
pub(crate) fn param(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    let query = url.query().unwrap_or_default().as_bytes();
    let mut found = form_urlencoded::parse(query).filter(|(known, _)| known == name);
    let value = found.next().map(|(_, value)| value.into_owned());
    assert!(found.next().is_none(), "{name} twice in {url}");
    value
}

/// Asserts how a call was refused.
#[track_caller]
pub(crate) fn refused<T>(result: Result<T>, kind: ErrorKind, reason: Option<&str>) {
    let Err(error) = result else { panic!("it is not refused as {kind:?} {reason:?}") };
    assert_eq!((error.kind(), error.reason()), (kind, reason), "{error:?}");
}

/// 64 calls at the same time: all are under way before the provider answers the first.
pub(crate) async fn together<T, F>(script: &Script, call: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    script.close();
    let arrived = Arc::new(AtomicUsize::new(0));
    let mut calls = JoinSet::new();
    for index in 0..64 {
        let (arrived, call) = (Arc::clone(&arrived), call(index));
        calls.spawn(async move {
            arrived.fetch_add(1, Ordering::Relaxed);
            call.await
        });
    }
    while arrived.load(Ordering::Relaxed) < 64 {
        tokio::task::yield_now().await;
    }
    script.open();
    calls.join_all().await
}
