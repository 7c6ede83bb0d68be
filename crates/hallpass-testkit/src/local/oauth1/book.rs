//! What was given out, and what was seen. Pure: the time comes in.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, SystemTime},
};

use hallpass_core::Secret;

use super::super::grants::unguessable;

/// Where the browser goes with the verifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    Callback(String),
    /// `oob`: nowhere, it is shown.
    Shown,
}

/// Temporary credentials (RFC 5849 section 2.1).
#[derive(Debug, Clone)]
pub(super) struct Temporary {
    pub(super) client: String,
    pub(super) secret: Secret,
    pub(super) way: Way,
    until: SystemTime,
    /// Who allowed it, and what proves that the browser came from there.
    granted: Option<(usize, Secret)>,
}

/// Token credentials (RFC 5849 section 2.3).
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) client: String,
    pub(super) secret: Secret,
    pub(super) user: usize,
}

/// A request that must be the only one of its kind (RFC 5849 section 3.3).
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Once {
    pub(super) timestamp: u64,
    pub(super) nonce: String,
    pub(super) client: String,
    pub(super) token: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Book {
    temporary: HashMap<String, Temporary>,
    /// The words of open pages, and the temporary credentials that each is about.
    pages: HashMap<String, String>,
    tokens: HashMap<String, Token>,
    seen: HashSet<Once>,
}

impl Book {
    /// Whether it is the first such request.
    pub(super) fn is_first(&mut self, once: Once) -> bool {
        self.seen.insert(once)
    }

    /// New temporary credentials: identifier and secret.
    pub(super) fn open(&mut self, client: &str, way: Way, until: SystemTime) -> (String, Secret) {
        let (name, secret) = (unguessable(), Secret::new(unguessable()));
        let (client, granted) = (client.to_owned(), None);
        let temporary = Temporary { client, secret: secret.clone(), way, until, granted };
        self.temporary.insert(name.clone(), temporary);
        (name, secret)
    }

    /// Temporary credentials that are not too old.
    pub(super) fn temporary(&self, name: &str, now: SystemTime) -> Option<&Temporary> {
        self.temporary.get(name).filter(|temporary| now < temporary.until)
    }

    /// The word that makes one answer to the page good; `None` if there was an answer before.
    pub(super) fn open_page(&mut self, name: &str, now: SystemTime) -> Option<String> {
        self.temporary(name, now).filter(|temporary| temporary.granted.is_none())?;
        let word = unguessable();
        self.pages.insert(word.clone(), name.to_owned());
        Some(word)
    }

    /// The temporary credentials that a page was about, once.
    pub(super) fn close_page(
        &mut self,
        word: &str,
        now: SystemTime,
    ) -> Option<(String, Temporary)> {
        let name = self.pages.remove(word)?;
        let temporary = self.temporary(&name, now).filter(|it| it.granted.is_none())?.clone();
        Some((name, temporary))
    }

    /// The user said yes: the verifier.
    pub(super) fn grant(&mut self, name: &str, user: usize) -> String {
        let verifier = unguessable();
        if let Some(temporary) = self.temporary.get_mut(name) {
            temporary.granted = Some((user, Secret::new(verifier.as_str())));
        }
        verifier
    }

    /// The user said no, or the credentials are spent.
    pub(super) fn close(&mut self, name: &str) -> Option<Temporary> {
        self.temporary.remove(name)
    }

    /// Trades temporary credentials for a token; right or wrong, they are spent.
    pub(super) fn trade(&mut self, name: &str, verifier: &str) -> Option<(String, Secret, usize)> {
        let temporary = self.close(name)?;
        let (user, right) = temporary.granted?;
        if !right.matches(verifier) {
            return None;
        }
        let (token, secret) = (unguessable(), Secret::new(unguessable()));
        let client = temporary.client;
        self.tokens.insert(token.clone(), Token { client, secret: secret.clone(), user });
        Some((token, secret, user))
    }

    pub(super) fn token(&self, name: &str) -> Option<&Token> {
        self.tokens.get(name)
    }

    /// The users take back what they allowed.
    pub(super) fn forget_tokens(&mut self) {
        self.tokens.clear();
    }
}

/// How far a timestamp may be from the server's clock: RFC 5849 section 3.3 leaves it to the
/// server.
const TIMESTAMP_LEEWAY: Duration = Duration::from_secs(300);

/// Whether a timestamp is of about now.
pub(super) fn is_recent(timestamp: u64, now: SystemTime) -> bool {
    let Some(at) = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(timestamp)) else {
        return false;
    };
    let distance = now.duration_since(at).or_else(|_| at.duration_since(now));
    distance.is_ok_and(|distance| distance <= TIMESTAMP_LEEWAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_timestamp_is_of_about_now() {
        let check = |timestamp, want| assert_eq!(is_recent(timestamp, at(1_000)), want);
        check(1_000, true);
        check(700, true);
        check(699, false);
        check(1_300, true);
        check(1_301, false);
        check(u64::MAX, false);
    }

    #[test]
    fn temporary_credentials_are_good_once_and_for_a_time() {
        let mut book = Book::default();
        let (name, _) = book.open("c", Way::Shown, at(10));
        assert!(book.open_page(&name, at(10)).is_none(), "too old");
        let word = book.open_page(&name, at(9)).unwrap();
        assert!(book.close_page(&word, at(9)).is_some());
        assert!(book.close_page(&word, at(9)).is_none(), "answered");
        let verifier = book.grant(&name, 0);
        assert!(book.open_page(&name, at(9)).is_none(), "allowed before");
        assert!(book.trade(&name, &verifier).is_some());
        assert!(book.trade(&name, &verifier).is_none(), "spent");
    }

    #[test]
    fn a_wrong_verifier_spends_them() {
        let mut book = Book::default();
        let (name, _) = book.open("c", Way::Shown, at(10));
        let verifier = book.grant(&name, 0);
        assert!(book.trade(&name, "guessed").is_none());
        assert!(book.trade(&name, &verifier).is_none());
    }
}
