//! What is sealed, for which place, and where it lies: in the cookie, or in a store.

use cookie::time::Duration;
use hallpass_core::{Error, PendingAuthorization, Result, Secret};
use serde::{Deserialize, Serialize};

use super::{Attempt, Attempts, MOST_BYTES, cookies::Kind, too_long};
use crate::{BaseUrl, LocalRedirect};

/// What a cookie stands for.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    pending: String,
    return_to: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    /// The answer, where it was posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<Answer>,
}

/// A form that a provider's page has posted.
#[derive(Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) form: String,
    /// In seconds since 1970.
    pub(super) until: u64,
}

impl Record {
    pub(super) fn of(attempt: Attempt, answer: Option<Answer>) -> Self {
        let Attempt { pending, return_to, host } = attempt;
        let pending = pending.expose_for_session().expose().to_owned();
        Self { pending, return_to: return_to.as_str().to_owned(), host, answer }
    }

    fn text(&self) -> Secret {
        // Texts and a number: serde_json cannot fail on it.
        Secret::new(serde_json::to_string(self).unwrap_or_default())
    }

    pub(super) fn attempt(&self, base: &BaseUrl) -> Option<Attempt> {
        let pending = Secret::new(self.pending.as_str());
        let pending = PendingAuthorization::from_session(&pending).ok()?;
        let return_to = LocalRedirect::parse(&self.return_to, base).ok()?;
        Some(Attempt { pending, return_to, host: self.host.clone() })
    }
}

/// Whose cookie it is: it opens nowhere else.
pub(super) struct Place<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) provider: &'a str,
    pub(super) redirect_uri: &'a str,
}

/// A record that was opened.
pub(super) struct Found {
    pub(super) record: Record,
    /// What the store knows it by, if it is there.
    pub(super) handle: Option<Secret>,
}

impl Attempts {
    /// The value of a cookie that stands for `record`: the record, or the handle by which the store
    /// has it.
    pub(super) async fn keep(
        &self,
        at: &Place<'_>,
        mut record: Record,
        lasting: Duration,
    ) -> Result<Secret> {
        let Some(store) = &self.store else {
            let mut sealed = self.sealed(at, &record)?;
            if at.name.len() + sealed.expose().len() > MOST_BYTES {
                // The user can do without it.
                LocalRedirect::home(&self.base).as_str().clone_into(&mut record.return_to);
                sealed = self.sealed(at, &record)?;
            }
            let is_small = at.name.len() + sealed.expose().len() <= MOST_BYTES;
            return if is_small { Ok(sealed) } else { Err(too_long()) };
        };
        let handle = Secret::new(format!("{:032x}", rand::random::<u128>()));
        let sealed = self.sealed(at, &record)?;
        store.put(handle.expose(), &sealed, lasting.unsigned_abs()).await.map_err(of_store)?;
        self.keys.seal(&handle, &self.context(at, purpose(at.kind, true)))
    }

    fn sealed(&self, at: &Place<'_>, record: &Record) -> Result<Secret> {
        self.keys.seal(&record.text(), &self.context(at, purpose(at.kind, false)))
    }

    /// What the cookie stands for; `None` if it is not one of ours for this place, or the store has
    /// it no more.
    pub(super) async fn open(&self, at: &Place<'_>, value: &str) -> Result<Option<Found>> {
        let context = self.context(at, purpose(at.kind, false));
        let read = |text: &Secret| serde_json::from_str::<Record>(text.expose()).ok();
        let Some(store) = &self.store else {
            let record = self.keys.open(value, &context).ok().as_ref().and_then(read);
            return Ok(record.map(|record| Found { record, handle: None }));
        };
        let Ok(handle) = self.keys.open(value, &self.context(at, purpose(at.kind, true))) else {
            return Ok(None);
        };
        let Some(sealed) = store.find(handle.expose()).await.map_err(of_store)? else {
            return Ok(None);
        };
        let record = self.keys.open(sealed.expose(), &context).ok().as_ref().and_then(read);
        Ok(record.map(|record| Found { record, handle: Some(handle) }))
    }

    /// Whether it was there to be used: of two who come at once, for one.
    pub(super) async fn use_up(&self, handle: Option<&Secret>) -> Result<bool> {
        match (&self.store, handle) {
            (Some(store), Some(handle)) => {
                let taken = store.take(handle.expose()).await.map_err(of_store)?;
                Ok(taken.is_some())
            }
            _ => Ok(true),
        }
    }

    fn context<'a>(&'a self, at: &Place<'a>, purpose: &'static str) -> [&'a str; 5] {
        [purpose, self.base.as_str(), at.name, at.provider, at.redirect_uri]
    }
}

/// It is ours that does not answer, and no provider.
fn of_store(error: Error) -> Error {
    match error.reason() {
        Some("too_long") => error,
        _ => error.with_reason("attempt_store"),
    }
}

/// What else the same keys seal is bound to other words.
fn purpose(kind: Kind, is_handle: bool) -> &'static str {
    match (kind, is_handle) {
        (Kind::Login, false) => "hallpass login attempt",
        (Kind::Login, true) => "hallpass login attempt kept elsewhere",
        (Kind::Posted, false) => "hallpass posted answer",
        (Kind::Posted, true) => "hallpass posted answer kept elsewhere",
    }
}
