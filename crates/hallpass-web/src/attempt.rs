//! One login on its way: in a cookie of the browser that began it.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use cookie::{Cookie, time::Duration};
use hallpass_core::{Callback, Error, PendingAuthorization, Result, Secret};
use hallpass_seal::SealingKeys;

use crate::{BaseUrl, LocalRedirect};

mod cookies;
mod memory;
mod posted;
mod record;
mod store;

use self::{
    cookies::Kind,
    record::{Place, Record},
};
pub use self::{
    memory::MemoryAttempts,
    posted::{Posted, TakenPosted},
    store::AttemptStore,
};

/// Longer than a pending authorization is good, so that who is late is told that, and not that
/// nobody knows them.
const LIFETIME: Duration = Duration::hours(1);
/// Of one cookie, name and value: browsers take 4096, attributes included, and drop what is larger.
const MOST_BYTES: usize = 3_800;

/// Of one request: more than are ever set.
const MOST_READ: usize = 16;

/// Keeps what a login needs until the browser is back, in that browser.
///
/// Each attempt has a cookie of its own, so that several tabs do not disturb each other; of those
/// that were abandoned the oldest go when there are more than five, or they are too large together.
/// A cookie is sealed, and opens
/// for its provider, redirect URI and application alone; it is `HttpOnly`, `SameSite=Lax` (`None`
/// for a provider that posts a form) and, but on loopback, `Secure` with the prefix `__Host-` ([RFC
/// 6265bis, section
/// 4.1.3](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3)), and
/// lasts an hour; the attempt in it is good for ten minutes.
///
/// Cookies of a request come in as text, those to set come out. Nothing is awaited but the
/// [`AttemptStore`], if there is one.
///
/// # Security
///
/// A callback is good in the browser that began the login, and in no other: without its cookie
/// there is no `state` to compare. Both cookie and pending authorization are used up by
/// [`take`](Self::take), whatever comes of the login then; the browser that keeps a copy of the
/// cookie finds its code spent at the provider, or, with an [`AttemptStore`], its attempt here.
#[derive(Clone)]
pub struct Attempts {
    base: BaseUrl,
    keys: SealingKeys,
    is_framed: bool,
    store: Option<Arc<dyn AttemptStore>>,
}

/// What [`Attempts::take`] found. The cookies are to be set, whatever becomes of the rest.
#[derive(Debug)]
#[non_exhaustive]
pub struct Taken {
    /// The login that the callback answers; `None` if this browser has begun no such one, or the
    /// callback was there before.
    pub attempt: Option<Attempt>,
    /// Removals, for the answer.
    pub cookies: Vec<Cookie<'static>>,
}

/// A login that this browser has begun.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// What the callback is compared with.
    pub pending: PendingAuthorization,
    /// Where the user wanted to go.
    pub return_to: LocalRedirect,
    /// The host that it was begun at, of a provider that is at many.
    pub host: Option<String>,
}

impl Attempt {
    /// A login of which the answer is outstanding.
    #[must_use]
    pub fn new(pending: PendingAuthorization, return_to: LocalRedirect) -> Self {
        Self { pending, return_to, host: None }
    }

    /// Of a provider that is at many hosts: the one that the user named.
    #[must_use]
    pub fn at_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }
}

impl Attempts {
    /// For the application at `base`, with cookies sealed by `keys`.
    #[must_use]
    pub fn new(base: BaseUrl, keys: SealingKeys) -> Self {
        Self { base, keys, is_framed: false, store: None }
    }

    /// For an application that is shown inside another site's page, as Hugging Face shows Spaces:
    /// the cookies are `SameSite=None` and `Partitioned`, of this site within that one ([CHIPS,
    /// section 2](https://datatracker.ietf.org/doc/html/draft-cutler-httpbis-partitioned-cookies)).
    #[must_use]
    pub fn framed(mut self) -> Self {
        self.is_framed = true;
        self
    }

    /// Whether it is shown inside another site's page.
    #[must_use]
    pub fn is_framed(&self) -> bool {
        self.is_framed
    }

    /// Keeps the attempts on the server: the cookie, which is still required, holds a sealed handle
    /// alone. So an attempt is used once by all processes together, whoever kept a copy of its
    /// cookie, and cookies stay small however much a login carries.
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn AttemptStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// The application's base URL.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// The cookies to set when the browser is sent to the provider. `cookies` is the request's
    /// `Cookie` header.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `too_long`: what the login carries, its
    /// parameters and the application's own data, fits in no cookie, or is more than the
    /// [`AttemptStore`] keeps of one. A way back that is too long for a cookie is left out. [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason
    /// `attempt_store`: the store does not answer.
    pub async fn begin(
        &self,
        attempt: Attempt,
        redirect_uri: &str,
        cookies: &str,
        now: SystemTime,
    ) -> Result<Vec<Cookie<'static>>> {
        let same_site = self.same_site(&attempt.pending);
        let provider = attempt.pending.provider().to_owned();
        let name = self.name(Kind::Login, now);
        let at = Place { kind: Kind::Login, name: &name, provider: &provider, redirect_uri };
        let value = self.keep(&at, Record::of(attempt, None), LIFETIME).await?;
        let mut set = self.crowded_out(cookies, name.len() + value.expose().len());
        set.push(self.cookie(name, value.expose().to_owned(), same_site, LIFETIME));
        Ok(set)
    }

    /// Finds the login that `callback` answers among the cookies of the request, and uses it up.
    ///
    /// A cookie that does not open is no login: of another provider, of a lost key, or made up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason
    /// `attempt_store`: the store does not answer.
    pub async fn take(
        &self,
        provider: &str,
        redirect_uri: &str,
        callback: &Callback,
        cookies: &str,
    ) -> Result<Taken> {
        let is_answered =
            |pending: &PendingAuthorization| callback.belongs_to(pending).then_some(());
        let found = self.find(provider, redirect_uri, cookies, is_answered).await?;
        let Some((name, handle, attempt, ())) = found else {
            return Ok(Taken { attempt: None, cookies: Vec::new() });
        };
        let cookies = vec![self.removal(name)];
        let is_first = self.use_up(handle.as_ref()).await?;
        Ok(Taken { attempt: is_first.then_some(attempt), cookies })
    }

    /// Whether [`take`](Self::take) would find a login; it stays where it is.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub async fn has(
        &self,
        provider: &str,
        redirect_uri: &str,
        callback: &Callback,
        cookies: &str,
    ) -> Result<bool> {
        let is_answered =
            |pending: &PendingAuthorization| callback.belongs_to(pending).then_some(());
        Ok(self.find(provider, redirect_uri, cookies, is_answered).await?.is_some())
    }

    /// The refusal of a login that this browser has begun, where the provider does not say of
    /// which: [`Callback::nameless_refusal`]. For a callback that [`take`](Self::take) found no
    /// login for.
    ///
    /// Nothing is used up: another site can send a browser here with the same words, and every
    /// attempt goes on.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub async fn nameless_refusal(
        &self,
        provider: &str,
        redirect_uri: &str,
        callback: &Callback,
        cookies: &str,
    ) -> Result<Option<Error>> {
        let refusal = |pending: &PendingAuthorization| callback.nameless_refusal(pending);
        let found = self.find(provider, redirect_uri, cookies, refusal).await?;
        Ok(found.map(|(.., refusal)| refusal))
    }

    /// The first that `read` makes something of, and what that is.
    async fn find<T>(
        &self,
        provider: &str,
        redirect_uri: &str,
        cookies: &str,
        read: impl Fn(&PendingAuthorization) -> Option<T>,
    ) -> Result<Option<(String, Option<Secret>, Attempt, T)>> {
        // No browser of ours has more, and each may be a look into the store.
        for (name, value) in self.own(Kind::Login, cookies).take(MOST_READ) {
            let at = Place { kind: Kind::Login, name, provider, redirect_uri };
            let Some(found) = self.open(&at, value).await? else { continue };
            let Some(attempt) = found.record.attempt(&self.base) else { continue };
            if attempt.pending.provider() != provider {
                continue;
            }
            if let Some(what) = read(&attempt.pending) {
                return Ok(Some((name.to_owned(), found.handle, attempt, what)));
            }
        }
        Ok(None)
    }
}

fn too_long() -> Error {
    Error::config("the login carries more than fits in a cookie").with_reason("too_long")
}

fn unix_seconds(now: SystemTime) -> u64 {
    now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// No key.
impl fmt::Debug for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempts")
            .field("base", &self.base.as_str())
            .field("is_framed", &self.is_framed)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
