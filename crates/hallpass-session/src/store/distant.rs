//! What all stores have in common that somebody else answers for.

use std::{error::Error as _, fmt, future::Future, time::Duration};

use hallpass_core::{Error, ErrorKind, Result};
use tokio::time;

use crate::{owed::Owed, store::lease_length};

/// A store that is gone does not hold up those who ask it for longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A lease may begin this much later than a server's clock says, and is held nevertheless: who
/// waited for another one's statement has the time of before, and clocks are put right by seconds.
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

/// After an `error` that does not say whether a lease of this `length` was taken: nobody knows of
/// it but who asked, so that it is theirs to `give_back`, now or later. A server that said no gave
/// none.
pub(super) async fn unheard<F>(
    owed: &Owed,
    error: &Error,
    length: Duration,
    give_back: impl Fn() -> F + Send + Sync + 'static,
) where
    F: Future<Output = Result<()>> + Send + 'static,
{
    if error.kind() != ErrorKind::Transport || says_no(error) {
        return;
    }
    if !matches!(time::timeout(UNHEARD_PATIENCE, give_back()).await, Ok(Ok(()))) {
        owed.give_back_later(lease_length(length), give_back);
    }
}

/// It may answer later. `why` is what is known of it, without a word of what was asked.
pub(super) fn away(why: impl Into<String>) -> Error {
    Error::transport("the token store does not answer").with_reason("store").with_source(why.into())
}

/// As [`away`], of a server that did nothing of what it was asked, and said so.
pub(super) fn said_no(why: impl Into<String>) -> Error {
    let message = "the token store does not answer";
    Error::transport(message).with_reason("store").with_source(SaidNo(why.into()))
}

fn says_no(error: &Error) -> bool {
    matches!(error.source(), Some(source) if source.is::<SaidNo>())
}

/// What it said.
#[derive(Debug)]
struct SaidNo(String);

impl fmt::Display for SaidNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SaidNo {}

/// It never will.
pub(super) fn refused(why: impl Into<String>) -> Error {
    let message = "the token store cannot be used as it is set up";
    Error::config(message).with_reason("store").with_source(why.into())
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;

    /// Asserts that a lease that failed so is in doubt, or is not.
    #[track_caller]
    pub(in crate::store) fn check_doubt(error: &Error, is_in_doubt: bool) {
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("store")));
        assert_eq!(!says_no(error), is_in_doubt, "{error:?}");
    }

    /// How often a lease that failed so is given back, to a store that fails the first time.
    async fn given_back(error: &Error) -> u32 {
        let tried = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&tried);
        let give_back = move || {
            let is_first = count.fetch_add(1, Ordering::SeqCst) == 0;
            async move { if is_first { Err(away("still")) } else { Ok(()) } }
        };
        unheard(&Owed::default(), error, Duration::from_secs(60), give_back).await;
        time::sleep(Duration::from_secs(300)).await;
        tried.load(Ordering::SeqCst)
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_given_back_where_nobody_knows_whether_it_was_taken() {
        assert_eq!(given_back(&away("no answer")).await, 2);
        let late = in_time(std::future::pending::<Result<()>>()).await;
        assert_eq!(given_back(&late.unwrap_err()).await, 2);
        assert_eq!(given_back(&said_no("read only")).await, 0);
        assert_eq!(given_back(&refused("no such user")).await, 0);
    }
}
