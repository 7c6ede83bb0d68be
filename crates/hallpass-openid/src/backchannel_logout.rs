use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{
    BaseOAuth2, Clock, Error, Json, JwtKind, Result, Secret, SystemClock, VerifiedClaims,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use sha2::{Digest as _, Sha256};

use crate::{
    form::Form,
    jws::Jws,
    rules::{LEEWAY, OLDEST},
};

/// Takes the provider's word that a user signed out ([Back-Channel Logout
/// 1.0](https://openid.net/specs/openid-connect-backchannel-1_0.html)): what the application's
/// `backchannel_logout_uri` does with the body of each POST.
///
/// ```
/// use hallpass_core::BaseOAuth2;
/// use hallpass_openid::{BackchannelLogout, LoggedOut};
///
/// # async fn handler(client: &dyn BaseOAuth2, logout: &BackchannelLogout, body: &[u8]) {
/// let received = logout.receive(client, body).await;
/// if let Ok(logged_out) = &received {
///     // end the sessions of logged_out.session(), or all of logged_out.subject()
/// }
/// let (status, headers) = BackchannelLogout::answer(&received);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BackchannelLogout {
    replays: Arc<dyn ReplayStore>,
}

impl BackchannelLogout {
    /// Remembers the tokens that came in `replays`; instances of an application share one.
    #[must_use]
    pub fn new(replays: Arc<dyn ReplayStore>) -> Self {
        Self { replays }
    }

    /// Reads and verifies a logout token: signature, type, issuer, audience, times, event, id, user
    /// or session, no nonce (section 2.6), and that it did not come before.
    ///
    /// The token is then spent: if the application goes on in a request that may be dropped, it
    /// ends the sessions in a task of its own, or the provider's next try is a replay.
    ///
    /// Not for clients that have one name and many hosts, as those of a registry's `at_host`: they
    /// have one part of the store together, and whoever runs a host can fill it for all. There,
    /// [`verify`](Self::verify).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind): no logout token of this provider for this
    /// client, or an old one (reason `replay`); log it, and end nobody's session.
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind): the body holds none; or, reason
    /// `encrypted`, an encrypted one, which anybody can post: if it is the provider's, register the
    /// client without encryption.
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind): the provider's keys or the store were not
    /// to be had; the provider may send it again.
    pub async fn receive(&self, client: &dyn BaseOAuth2, body: &[u8]) -> Result<LoggedOut> {
        let logged_out = self.verify(client, body).await?;
        // check: 81
        if !self.replays.is_first(&logged_out.id, logged_out.until).await? {
            return Err(Error::security("replay", "the logout token came before"));
        }
        Ok(logged_out)
    }

    /// Whose issuer the token says it is of: for an application at many providers, to find the
    /// client that verifies it. `None` where the body holds no such token.
    ///
    /// It is the text of the token: of a provider with aliases
    /// ([`IssuerRule::OneOf`](crate::IssuerRule::OneOf)) any of them, where
    /// [`LoggedOut::issuer`] is the first. List them all.
    ///
    /// # Security
    ///
    /// Nobody has verified it: whoever can reach the application writes what they like. Take it for
    /// a key into a list of issuers that the application knows, and ask nothing of an address in
    /// it.
    #[must_use]
    pub fn claimed_issuer(body: &[u8]) -> Option<String> {
        let form = Form::parse(body).ok()?;
        let claims = Jws::parse(form.get("logout_token")?).ok()?.claims().ok()?;
        claims.get("iss").and_then(Json::as_str).map(str::to_owned)
    }

    /// All of [`receive`](Self::receive) but that the token did not come before, which the standard
    /// leaves open: for an application that ends what began before
    /// [`issued_at`](LoggedOut::issued_at) and nothing else, so that a second time changes nothing,
    /// and that has providers who would fill one store for all others.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive), without `replay`.
    pub async fn verify(&self, client: &dyn BaseOAuth2, body: &[u8]) -> Result<LoggedOut> {
        let form = Form::parse(body)?;
        let jwt = form.get("logout_token").map(Secret::new).ok_or_else(|| {
            Error::malformed("the request has no logout_token").with_reason("logout_token")
        })?;
        let claims = client.verify_jwt(&jwt, JwtKind::LogoutToken).await?;
        LoggedOut::new(claims, client.descriptor().name())
    }

    /// Lets the provider send it again, because the application could not end the sessions. Answer
    /// with [`failed`](Self::failed).
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn give_back(&self, logged_out: &LoggedOut) -> Result<()> {
        self.replays.forget(&logged_out.id).await
    }

    /// What to answer (section 2.8): 200, or 400; never to be cached.
    #[must_use]
    pub fn answer(received: &Result<LoggedOut>) -> (StatusCode, [(HeaderName, HeaderValue); 1]) {
        let status = if received.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        (status, [NO_STORE])
    }

    /// What to answer where the token was good and the sessions could not be ended.
    #[must_use]
    pub fn failed() -> (StatusCode, [(HeaderName, HeaderValue); 1]) {
        (StatusCode::BAD_REQUEST, [NO_STORE])
    }
}

const NO_STORE: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// Who signed out. `Debug` shows the issuer alone.
#[derive(Clone)]
pub struct LoggedOut {
    claims: VerifiedClaims,
    id: String,
    at: SystemTime,
    until: SystemTime,
}

impl LoggedOut {
    fn new(claims: VerifiedClaims, client: &str) -> Result<Self> {
        let time = |name: &str| {
            let seconds = claims.get(name).and_then(Json::as_f64).unwrap_or_default();
            UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
        };
        let over = time("exp").and_then(|exp| exp.checked_add(LEEWAY));
        let at = time("iat");
        let old = at.and_then(|at| at.checked_add(OLDEST + LEEWAY));
        let (Some(over), Some(at), Some(old)) = (over, at, old) else {
            return Err(Error::security("exp", "the token has no usable end"));
        };
        let jti = claims.get("jti").and_then(Json::as_str).unwrap_or_default();
        let id = id(client, claims.issuer().unwrap_or_default(), jti);
        // check: 81 => let until = over;
        let until = over.min(old);
        Ok(Self { claims, id, at, until })
    }

    /// Whose issuer says so.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.claims.issuer().unwrap_or_default()
    }

    /// Whose sessions end; all of them where [`session`](Self::session) is `None`.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        Some(self.claims.subject()).filter(|subject| !subject.is_empty())
    }

    /// The session that ends: the claim `sid` of the ID token that began it.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        self.claims.get("sid").and_then(Json::as_str).filter(|session| !session.is_empty())
    }

    /// When the provider said so, by its own clock: the claim `iat`. A session whose ID token is
    /// younger began after that.
    #[must_use]
    pub fn issued_at(&self) -> SystemTime {
        self.at
    }

    /// Whether it is about the session that began with this ID token.
    #[must_use]
    pub fn ends(&self, id_token: &VerifiedClaims) -> bool {
        let is_issuers = id_token.issuer() == self.claims.issuer();
        let is_users = self.subject().is_none_or(|subject| subject == id_token.subject());
        let sid = id_token.get("sid").and_then(Json::as_str);
        let is_session = self.session().is_none_or(|session| sid == Some(session));
        is_issuers && is_users && is_session
    }
}

/// Hashes: what a provider writes there may be long, and the store is everybody's. The first is the
/// client's alone, so that a store can count what each provider has it remember.
fn id(client: &str, issuer: &str, jti: &str) -> String {
    let whose = Sha256::digest(client);
    let mut id = URL_SAFE_NO_PAD.encode(whose.get(..16).unwrap_or_default());
    let token = Sha256::digest(format!("{} {issuer} {jti}", issuer.len()));
    // check: 81 => id.push_str(jti);
    URL_SAFE_NO_PAD.encode_string(token, &mut id);
    id
}

/// The letters of an [`id`] that are the client's.
const OF_CLIENT: usize = 22;

impl fmt::Debug for LoggedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedOut").field("issuer", &self.issuer()).finish_non_exhaustive()
    }
}

/// Remembers which logout tokens came: shared by all instances of an application, or each would
/// take the same token once.
///
/// # Contract
///
/// [`is_first`](Self::is_first) is atomic over all instances: of two calls with one id, one gets
/// `true`.
#[async_trait]
pub trait ReplayStore: fmt::Debug + Send + Sync {
    /// Whether `id`, 65 letters of base64url, was not there; keeps it until then, a day and two
    /// minutes at most. The first 22 letters are those of the client's name: a store with a limit
    /// counts by them, so that a provider which signs without end fills its own part. Clients of
    /// one name at many hosts share a part: they do with [`BackchannelLogout::verify`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind): the store did not answer, so that nobody
    /// knows.
    async fn is_first(&self, id: &str, until: SystemTime) -> Result<bool>;

    /// Forgets `id`.
    ///
    /// # Errors
    ///
    /// As [`is_first`](Self::is_first).
    async fn forget(&self, id: &str) -> Result<()>;
}

/// A [`ReplayStore`] for an application of one process. It keeps 100,000 tokens of each client (by
/// name), and then takes no more of that one until some are over: some 12 MB for each at most. What
/// is over goes when more comes of its client, or the first of another.
pub struct MemoryReplayStore {
    /// By client, then by token.
    seen: Mutex<HashMap<String, Seen>>,
    clock: Arc<dyn Clock>,
}

type Seen = HashMap<String, SystemTime>;

/// More than that at once is no provider's doing: the store refuses rather than forgets.
const MOST_KEPT: usize = 100_000;

impl MemoryReplayStore {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self { seen: Mutex::default(), clock: Arc::new(SystemClock) }
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryReplayStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl ReplayStore for MemoryReplayStore {
    async fn is_first(&self, id: &str, until: SystemTime) -> Result<bool> {
        let now = self.clock.now();
        let (client, token) = parts(id);
        let mut all = self.seen();
        if !all.contains_key(client) {
            // Those that are empty too.
            all.retain(|_, seen| seen.values().any(|until| *until > now));
        }
        let seen = all.entry(client.to_owned()).or_default();
        // Only when there is much to look through: each call would look through all otherwise.
        if seen.len().is_power_of_two() || seen.len() >= MOST_KEPT {
            seen.retain(|_, until| *until > now);
        }
        if seen.get(token).is_some_and(|until| *until > now) {
            return Ok(false);
        }
        // check: 81
        if seen.len() >= MOST_KEPT {
            return Err(Error::transport("more logout tokens came than can be remembered"));
        }
        seen.insert(token.to_owned(), until);
        Ok(true)
    }

    async fn forget(&self, id: &str) -> Result<()> {
        let (client, token) = parts(id);
        if let Some(seen) = self.seen().get_mut(client) {
            seen.remove(token);
        }
        Ok(())
    }
}

impl fmt::Debug for MemoryReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept: usize = self.seen().values().map(HashMap::len).sum();
        f.debug_struct("MemoryReplayStore").field("kept", &kept).finish()
    }
}

/// Client and token.
fn parts(id: &str) -> (&str, &str) {
    id.split_at_checked(OF_CLIENT).unwrap_or(("", id))
}
