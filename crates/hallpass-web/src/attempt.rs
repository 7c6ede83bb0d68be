//! One login on its way: in a cookie of the browser that began it.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use cookie::{Cookie, SameSite, time::Duration};
use hallpass_core::{Callback, Error, PendingAuthorization, Result, Secret};
use hallpass_seal::SealingKeys;
use serde::{Deserialize, Serialize};

use crate::{BaseUrl, LocalRedirect};

/// Longer than a pending authorization is good, so that who is late is told that, and not that
/// nobody knows them.
const LIFETIME: Duration = Duration::hours(1);
/// Of one cookie, name and value: browsers take 4096, attributes included, and drop what is larger.
const MOST_BYTES: usize = 3_800;
/// Of all attempts together: servers take 8 kB of a request's headers, and there are others.
const MOST_BYTES_TOGETHER: usize = 5_000;
/// More than anybody has tabs for, and little enough for a server's limit on headers.
const MOST: usize = 5;
/// What else the same keys seal is bound to other words.
const PURPOSE: &str = "hallpass login attempt";

/// Keeps what a login needs until the browser is back, in that browser.
///
/// Each attempt has a cookie of its own, so that several tabs do not disturb each other; of those
/// that were abandoned the oldest go when there are more than five, or they are too large together. A
/// cookie is sealed, and opens
/// for its provider, redirect URI and application alone; it is `HttpOnly`, `SameSite=Lax` (`None` for
/// a provider that posts a form) and, but on loopback, `Secure` with the prefix `__Host-` ([RFC 6265bis, section
/// 4.1.3](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3)), and
/// lasts an hour; the attempt in it is good for ten minutes.
///
/// Pure: cookies of a request come in as text, those to set come out.
///
/// # Security
///
/// A callback is good in the browser that began the login, and in no other: without its cookie
/// there is no `state` to compare. Both cookie and pending authorization are used up by
/// [`take`](Self::take), whatever comes of the login then; the browser that keeps a copy of the
/// cookie finds its code spent at the provider.
#[derive(Clone)]
pub struct Attempts {
    base: BaseUrl,
    keys: SealingKeys,
    is_framed: bool,
}

/// What the cookie holds.
#[derive(Serialize, Deserialize)]
struct Sealed {
    pending: String,
    return_to: String,
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
}

impl Attempts {
    /// For the application at `base`, with cookies sealed by `keys`.
    #[must_use]
    pub fn new(base: BaseUrl, keys: SealingKeys) -> Self {
        Self { base, keys, is_framed: false }
    }

    /// For an application that is shown inside another site's page, as Hugging Face shows Spaces:
    /// the cookies are `SameSite=None` and `Partitioned`, of this site within that one ([CHIPS, section
    /// 2](https://datatracker.ietf.org/doc/html/draft-cutler-httpbis-partitioned-cookies)).
    #[must_use]
    pub fn framed(mut self) -> Self {
        self.is_framed = true;
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
    /// parameters and the application's own data, fits in no cookie. A way back that is too long for
    /// one is left out.
    pub fn begin(
        &self,
        pending: PendingAuthorization,
        redirect_uri: &str,
        return_to: &LocalRedirect,
        cookies: &str,
        now: SystemTime,
    ) -> Result<Vec<Cookie<'static>>> {
        let same_site = self.same_site(&pending);
        let provider = pending.provider().to_owned();
        let name = self.name(now);
        let context = self.context(&name, &provider, redirect_uri);
        let pending = pending.expose_for_session();
        let mut value = self.sealed(&pending, return_to, &context)?;
        if name.len() + value.expose().len() > MOST_BYTES {
            value = self.sealed(&pending, &LocalRedirect::home(&self.base), &context)?;
        }
        let bytes = name.len() + value.expose().len();
        if bytes > MOST_BYTES {
            let message = "the login carries more than fits in a cookie";
            return Err(Error::config(message).with_reason("too_long"));
        }
        let mut set = self.crowded_out(cookies, bytes);
        set.push(self.cookie(name, value.expose().to_owned(), same_site, LIFETIME));
        Ok(set)
    }

    fn sealed(
        &self,
        pending: &Secret,
        return_to: &LocalRedirect,
        context: &[String; 5],
    ) -> Result<Secret> {
        let sealed = Sealed {
            pending: pending.expose().to_owned(),
            return_to: return_to.as_str().to_owned(),
        };
        // Two texts: serde_json cannot fail on it.
        let sealed = Secret::new(serde_json::to_string(&sealed).unwrap_or_default());
        self.keys.seal(&sealed, &context.each_ref().map(String::as_str))
    }

    /// The oldest, until the rest and one more of so many bytes are few and small enough.
    fn crowded_out(&self, cookies: &str, mut bytes: usize) -> Vec<Cookie<'static>> {
        let mut others = self.begun(cookies);
        others.sort_unstable_by(|one, other| other.cmp(one));
        let is_one_too_many = |(count, (_, name, size)): (usize, (u64, String, usize))| {
            bytes += size;
            (count + 1 >= MOST || bytes > MOST_BYTES_TOGETHER).then(|| self.removal(name))
        };
        others.into_iter().enumerate().filter_map(is_one_too_many).collect()
    }

    /// Finds the login that `callback` answers among the cookies of the request, and uses it up.
    ///
    /// A cookie that does not open is no login: of another provider, of a lost key, or made up.
    #[must_use]
    pub fn take(
        &self,
        provider: &str,
        redirect_uri: &str,
        callback: &Callback,
        cookies: &str,
    ) -> Taken {
        for (name, value) in self.own(cookies) {
            let context = self.context(name, provider, redirect_uri);
            let opened = self.keys.open(value, &context.each_ref().map(String::as_str));
            let Some(attempt) = opened.ok().and_then(|text| attempt(&text, &self.base)) else {
                continue;
            };
            if attempt.pending.provider() == provider && callback.belongs_to(&attempt.pending) {
                let cookies = vec![self.removal(name.to_owned())];
                return Taken { attempt: Some(attempt), cookies };
            }
        }
        Taken { attempt: None, cookies: Vec::new() }
    }

    /// By its name and form; the time that the name says is the browser's word.
    fn own<'a>(&self, cookies: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let prefix = self.prefix();
        cookies.split(';').filter_map(move |pair| {
            let (name, value) = pair.trim().split_once('=')?;
            name.starts_with(prefix).then_some((name, value))
        })
    }

    /// When each began, its name, and how large it is.
    fn begun(&self, cookies: &str) -> Vec<(u64, String, usize)> {
        let time = |name: &str| {
            let rest = name.strip_prefix(self.prefix())?;
            rest.split_once('.')?.0.parse().ok()
        };
        let begun = |(name, value): (&str, &str)| {
            (time(name).unwrap_or(0), name.to_owned(), name.len() + value.len())
        };
        self.own(cookies).map(begun).collect()
    }

    fn prefix(&self) -> &'static str {
        if self.base.is_secure() { "__Host-hallpass.login." } else { "hallpass.login." }
    }

    /// With the time, so that the oldest can go, and a number by chance.
    fn name(&self, now: SystemTime) -> String {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        format!("{}{seconds}.{:08x}", self.prefix(), rand::random::<u32>())
    }

    fn context(&self, name: &str, provider: &str, redirect_uri: &str) -> [String; 5] {
        [PURPOSE, self.base.as_str(), name, provider, redirect_uri].map(str::to_owned)
    }

    /// A form that the provider's page posts is a request of another site, with which a browser
    /// sends no `Lax` cookie.
    fn same_site(&self, pending: &PendingAuthorization) -> SameSite {
        let is_framed = self.is_framed && self.base.is_secure();
        if is_framed || pending.is_form_post() { SameSite::None } else { SameSite::Lax }
    }

    fn removal(&self, name: String) -> Cookie<'static> {
        let is_framed = self.is_framed && self.base.is_secure();
        let same_site = if is_framed { SameSite::None } else { SameSite::Lax };
        self.cookie(name, String::new(), same_site, Duration::ZERO)
    }

    fn cookie(
        &self,
        name: String,
        value: String,
        same_site: SameSite,
        max_age: Duration,
    ) -> Cookie<'static> {
        // No browser takes `None` without `Secure`, which they take on loopback too.
        let is_secure = self.base.is_secure() || same_site == SameSite::None;
        let cookie = Cookie::build((name, value)).path("/").http_only(true);
        let cookie = cookie.secure(is_secure).same_site(same_site).max_age(max_age);
        cookie.partitioned(self.base.is_secure() && self.is_framed).build()
    }
}

fn attempt(text: &Secret, base: &BaseUrl) -> Option<Attempt> {
    let Sealed { pending, return_to } = serde_json::from_str(text.expose()).ok()?;
    let pending = PendingAuthorization::from_session(&Secret::new(pending)).ok()?;
    let return_to = LocalRedirect::parse(&return_to, base).ok()?;
    Some(Attempt { pending, return_to })
}

/// No key.
impl fmt::Debug for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempts")
            .field("base", &self.base.as_str())
            .field("is_framed", &self.is_framed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
