//! An answer that another site's page posts: a browser sends no `Lax` cookie with it, so it waits
//! in a cookie of its own for the GET to which the browser is sent.

use std::time::SystemTime;

use cookie::{Cookie, time::Duration};
use hallpass_core::{Callback, Error, Result};

use super::{
    Attempt, Attempts,
    cookies::Kind,
    record::{Answer, Place, Record},
    unix_seconds,
};

/// A redirect takes no longer.
const WAIT: Duration = Duration::seconds(60);

/// An answer on its way from the POST to the GET.
#[derive(Debug)]
#[non_exhaustive]
pub struct Posted {
    /// For [`Attempts::take_posted`]: it goes into the URL, and opens nothing without the cookie.
    pub marker: String,
    /// The cookie to set.
    pub cookie: Cookie<'static>,
}

/// What [`Attempts::take_posted`] found. The cookies are to be set, whatever becomes of the rest.
#[derive(Debug)]
#[non_exhaustive]
pub struct TakenPosted {
    /// The answer, and the login that it belongs to; `None` if this browser has none of that name,
    /// it was used, or it waited for more than a minute.
    pub found: Option<(Callback, Attempt)>,
    /// Removals, for the answer.
    pub cookies: Vec<Cookie<'static>>,
}

impl Attempts {
    /// Keeps a form that answers `attempt`, which [`take`](Self::take) has found, for a minute and
    /// one use, in this browser. Send it with 303 to a GET that knows the marker: with that it
    /// sends its session along, and code and state are in no URL.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `too_long`: form and login together
    /// fit in no cookie, as nothing does that a provider sends.
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind): it is no UTF-8. [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason
    /// `attempt_store`: the store does not answer.
    pub async fn post(
        &self,
        attempt: Attempt,
        form: &[u8],
        redirect_uri: &str,
        now: SystemTime,
    ) -> Result<Posted> {
        let form = std::str::from_utf8(form)
            .map_err(|_| Error::malformed("a callback that is no UTF-8"))?;
        let until = unix_seconds(now) + WAIT.whole_seconds().unsigned_abs();
        let answer = Answer { form: form.to_owned(), until };
        let provider = attempt.pending.provider().to_owned();
        let name = self.name(Kind::Posted, now);
        let at = Place { kind: Kind::Posted, name: &name, provider: &provider, redirect_uri };
        let value = self.keep(&at, Record::of(attempt, Some(answer)), WAIT).await;
        let value = value.map_err(|error| match error.reason() {
            // Whoever posted it, and not the application.
            Some("too_long") => Error::security("too_long", "the posted answer is too long"),
            _ => error,
        })?;
        let marker = name.strip_prefix(&self.prefix(Kind::Posted)).unwrap_or_default().to_owned();
        let cookie = self.cookie(name, value.expose().to_owned(), self.own_same_site(), WAIT);
        Ok(Posted { marker, cookie })
    }

    /// Finds the answer that was posted a moment ago, and uses it up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason
    /// `attempt_store`: the store does not answer.
    pub async fn take_posted(
        &self,
        provider: &str,
        redirect_uri: &str,
        marker: &str,
        cookies: &str,
        now: SystemTime,
    ) -> Result<TakenPosted> {
        let wanted = format!("{}{marker}", self.prefix(Kind::Posted));
        for (name, value) in self.own(Kind::Posted, cookies).filter(|(name, _)| *name == wanted) {
            let at = Place { kind: Kind::Posted, name, provider, redirect_uri };
            let Some(found) = self.open(&at, value).await? else { continue };
            let cookies = vec![self.removal(name.to_owned())];
            let is_first = self.use_up(found.handle.as_ref()).await?;
            let answer = found.record.answer.as_ref();
            let answer = answer.filter(|answer| is_first && unix_seconds(now) <= answer.until);
            let callback = answer.and_then(|it| Callback::from_form(it.form.as_bytes()).ok());
            let found = callback.zip(found.record.attempt(&self.base));
            return Ok(TakenPosted { found, cookies });
        }
        Ok(TakenPosted { found: None, cookies: Vec::new() })
    }
}
