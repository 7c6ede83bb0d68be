//! Their names, their attributes, and how many there may be.

use std::time::SystemTime;

use cookie::{Cookie, SameSite, time::Duration};
use hallpass_core::PendingAuthorization;

use super::{Attempts, unix_seconds};

/// Of all attempts together: servers take 8 kB of a request's headers, and there are others.
pub(super) const MOST_BYTES_TOGETHER: usize = 5_000;
/// More than anybody has tabs for, and little enough for a server's limit on headers.
pub(super) const MOST: usize = 5;

/// What a cookie is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A login on its way.
    Login,
    /// Its answer, which came from another site.
    Posted,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Posted => "posted",
        }
    }
}

impl Attempts {
    /// The oldest, until the rest and one more of so many bytes are few and small enough.
    pub(super) fn crowded_out(&self, cookies: &str, mut bytes: usize) -> Vec<Cookie<'static>> {
        let mut others = self.begun(cookies);
        others.sort_unstable_by(|one, other| other.cmp(one));
        let is_one_too_many = |(count, (_, name, size)): (usize, (u64, String, usize))| {
            bytes += size;
            (count + 1 >= MOST || bytes > MOST_BYTES_TOGETHER).then(|| self.removal(name))
        };
        others.into_iter().enumerate().filter_map(is_one_too_many).collect()
    }

    /// By its name and form; the time that the name says is the browser's word.
    pub(super) fn own<'a>(
        &self,
        kind: Kind,
        cookies: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + Send + use<'a> {
        let prefix = self.prefix(kind);
        // A name goes back into a header when its cookie is removed: what could break out of that
        // is none of ours.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        cookies.split(';').filter_map(move |pair| {
            let (name, value) = pair.trim().split_once('=')?;
            let is_own = name.starts_with(&prefix) && name.bytes().all(is_plain);
            is_own.then_some((name, value))
        })
    }

    /// When each began, its name, and how large it is.
    pub(super) fn begun(&self, cookies: &str) -> Vec<(u64, String, usize)> {
        let prefix = self.prefix(Kind::Login);
        let time = |name: &str| {
            let rest = name.strip_prefix(&prefix)?;
            rest.split_once('.')?.0.parse().ok()
        };
        let begun = |(name, value): (&str, &str)| {
            (time(name).unwrap_or(0), name.to_owned(), name.len() + value.len())
        };
        self.own(Kind::Login, cookies).map(begun).collect()
    }

    /// With the dot that none of the parts before it has: no application's is the beginning of
    /// another's.
    pub(super) fn prefix(&self, kind: Kind) -> String {
        format!("{}.", self.base.cookie_name(kind.word()))
    }

    /// With the time, so that the oldest can go, and a number by chance.
    pub(super) fn name(&self, kind: Kind, now: SystemTime) -> String {
        let seconds = unix_seconds(now);
        format!("{}{seconds}.{:08x}", self.prefix(kind), rand::random::<u32>())
    }

    /// A form that the provider's page posts is a request of another site, with which a browser
    /// sends no `Lax` cookie.
    pub(super) fn same_site(&self, pending: &PendingAuthorization) -> SameSite {
        if pending.is_form_post() { SameSite::None } else { self.own_same_site() }
    }

    /// Of a cookie that no other site's request has to bring.
    pub(super) fn own_same_site(&self) -> SameSite {
        let is_framed = self.is_framed && self.base.is_secure();
        if is_framed { SameSite::None } else { SameSite::Lax }
    }

    pub(super) fn removal(&self, name: String) -> Cookie<'static> {
        self.cookie(name, String::new(), self.own_same_site(), Duration::ZERO)
    }

    pub(super) fn cookie(
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
