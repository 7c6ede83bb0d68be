//! What all stores have in common that somebody else answers for.

use std::{future::Future, time::Duration};

use hallpass_core::{Error, ErrorKind, Result};
use tokio::time;

use crate::{owed, store::lease_length};

/// A store that is gone does not hold up those who ask it for longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A lease may begin this much later than a server's clock says, and is held nevertheless: who waited
/// for another one's statement has the time of before, and clocks are put right by seconds.
pub(super) const CLOCK_LEEWAY: Duration = PATIENCE;

/// To give back a lease that nobody heard of.
const UNHEARD_PATIENCE: Duration = Duration::from_secs(2);

/// What comes in time.
pub(super) async fn in_time<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    match time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(away("did not answer in 10 s")),
    }
}

/// The length of a lease as databases count it.
pub(super) fn millis(length: Duration) -> i64 {
    i64::try_from(lease_length(length).as_millis()).unwrap_or(i64::MAX)
}

/// After an `error` that does not say whether a lease of this `length` was taken: nobody knows of it
/// but who asked, so that it is theirs to `give_back`, now or later.
pub(super) async fn unheard<F>(
    error: &Error,
    length: Duration,
    give_back: impl Fn() -> F + Send + 'static,
) where
    F: Future<Output = Result<()>> + Send + 'static,
{
    if error.kind() != ErrorKind::Transport {
        return;
    }
    if !matches!(time::timeout(UNHEARD_PATIENCE, give_back()).await, Ok(Ok(()))) {
        owed::give_back_later(lease_length(length), give_back);
    }
}

/// It may answer later. `why` is what is known of it, without a word of what was asked.
pub(super) fn away(why: impl Into<String>) -> Error {
    Error::transport("the token store does not answer").with_reason("store").with_source(why.into())
}

/// It never will.
pub(super) fn refused(why: impl Into<String>) -> Error {
    let message = "the token store cannot be used as it is set up";
    Error::config(message).with_reason("store").with_source(why.into())
}
