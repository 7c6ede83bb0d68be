use std::{
    fmt,
    future::Future,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::{Duration, SystemTime},
};

use hallpass_core::{Error, Response, Result, http::header};

/// How long a document is good where its sender does not say.
const USUAL_FRESHNESS: Duration = Duration::from_secs(3600);
/// A sender's word counts within these: nobody makes us ask at every login, or never again.
const SHORTEST_FRESHNESS: Duration = Duration::from_secs(300);
const LONGEST_FRESHNESS: Duration = Duration::from_secs(24 * 3600);
/// After a refresh that failed, the old document serves for so long before the next try.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(60);
/// For how long an old document serves at most while every refresh fails.
const LONGEST_STALENESS: Duration = Duration::from_secs(7 * 24 * 3600);
/// Between two renewals that somebody's token asks for.
pub(crate) const COOL_DOWN: Duration = Duration::from_secs(30);

/// How long an answer may be kept: `max-age` of Cache-Control, between 5 minutes and 24 hours
/// ([RFC 9111, section 5.2.2](https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2)).
pub(crate) fn freshness(response: &Response) -> Duration {
    let values = response.headers.get_all(header::CACHE_CONTROL);
    let directives = values.iter().filter_map(|value| value.to_str().ok());
    let directives = directives.flat_map(|value| value.split(',')).map(str::trim);
    let mut fresh = USUAL_FRESHNESS;
    for directive in directives {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        // check: 59
        if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
            return SHORTEST_FRESHNESS;
        }
        if name.eq_ignore_ascii_case("max-age") {
            let seconds = value.trim().trim_matches('"').parse();
            fresh = seconds.map_or(USUAL_FRESHNESS, Duration::from_secs);
        }
    }
    // check: 59 => fresh
    fresh.clamp(SHORTEST_FRESHNESS, LONGEST_FRESHNESS)
}

/// A document and when to look for a newer one.
///
/// One caller fetches at a time. Nothing is spawned: who fetches is a caller, and if it goes away,
/// the next one does.
pub(crate) struct Slot<T> {
    kept: RwLock<Kept<T>>,
    turn: tokio::sync::Mutex<()>,
}

struct Kept<T> {
    value: Option<Arc<T>>,
    /// Past it, the first caller looks for a newer one.
    fresh_until: SystemTime,
    /// Past it, an old one is of no use.
    usable_until: SystemTime,
    /// How many fetches came to an end, and what the last one failed with.
    ended: u64,
    failure: Option<Error>,
    cool_until: SystemTime,
    /// A renewal was begun and dropped; one more may be, in the same cool-down.
    interruption: Interruption,
}

impl<T> Kept<T> {
    fn is_fresh(&self, now: SystemTime) -> bool {
        // A clock that was put back does not make it fresh for longer.
        let is_soon = self.fresh_until <= now + LONGEST_FRESHNESS;
        is_soon && now < self.fresh_until && now < self.usable_until
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Interruption {
    None,
    Open,
    Used,
}

enum Look<T> {
    Fresh(Arc<T>),
    Stale(Arc<T>),
    Nothing { ended: u64 },
}

impl<T> Slot<T> {
    pub(crate) fn new() -> Self {
        let long_ago = SystemTime::UNIX_EPOCH;
        let kept = Kept {
            value: None,
            fresh_until: long_ago,
            usable_until: long_ago,
            ended: 0,
            failure: None,
            cool_until: long_ago,
            interruption: Interruption::None,
        };
        Self { kept: RwLock::new(kept), turn: tokio::sync::Mutex::new(()) }
    }

    /// The document. Where there is none, callers wait for one fetch together, and share its
    /// failure; where there is an old one, one caller looks for a newer one and the others get the
    /// old one, which also serves when the look fails.
    pub(crate) async fn get<F>(&self, now: SystemTime, fetch: impl FnOnce() -> F) -> Result<Arc<T>>
    where
        F: Future<Output = Result<(T, Duration)>>,
    {
        let ended = match self.look(now) {
            Look::Fresh(value) => return Ok(value),
            Look::Stale(old) => {
                let Ok(_turn) = self.turn.try_lock() else { return Ok(old) };
                if let Look::Fresh(value) = self.look(now) {
                    return Ok(value);
                }
                let fetched = fetch().await;
                // check: 58 => return self.settle(now, fetched);
                return Ok(self.settle(now, fetched).unwrap_or(old));
            }
            Look::Nothing { ended } => ended,
        };
        // check: 58 => let _turn = ();
        let _turn = self.turn.lock().await;
        match self.look(now) {
            Look::Fresh(value) | Look::Stale(value) => return Ok(value),
            // The fetch that this caller waited for.
            Look::Nothing { ended: later } if later != ended => {
                if let Some(failure) = self.read().failure.clone() {
                    return Err(failure);
                }
            }
            Look::Nothing { .. } => {}
        }
        let fetched = fetch().await;
        self.settle(now, fetched)
    }

    /// A newer document than `seen`, which lacked something: at once, but not twice within the
    /// cool-down, so that whoever sends us tokens cannot drive our fetches. `None`: not now, or the
    /// fetch failed.
    pub(crate) async fn renew<F>(
        &self,
        seen: &Arc<T>,
        now: SystemTime,
        fetch: impl FnOnce() -> F,
    ) -> Option<Arc<T>>
    where
        F: Future<Output = Result<(T, Duration)>>,
    {
        let _turn = self.turn.lock().await;
        let current = self.read().value.clone();
        if let Some(current) = current.filter(|current| !Arc::ptr_eq(current, seen)) {
            return Some(current);
        }
        // check: 58
        if !self.begin_renewal(now) {
            return None;
        }
        let interrupted = Interrupted(self);
        let fetched = fetch().await;
        std::mem::forget(interrupted);
        self.settle(now, fetched).ok()
    }

    /// Whether a renewal may be sent; if so, the cool-down begins, before anything is sent.
    fn begin_renewal(&self, now: SystemTime) -> bool {
        let mut kept = self.write();
        // A clock that was put back does not make the wait longer.
        let is_cooling = now < kept.cool_until && kept.cool_until <= now + COOL_DOWN;
        if !is_cooling {
            (kept.cool_until, kept.interruption) = (now + COOL_DOWN, Interruption::None);
            return true;
        }
        let is_open = kept.interruption == Interruption::Open;
        if is_open {
            kept.interruption = Interruption::Used;
        }
        is_open
    }

    fn settle(&self, now: SystemTime, fetched: Result<(T, Duration)>) -> Result<Arc<T>> {
        let mut kept = self.write();
        kept.ended += 1;
        match fetched {
            Ok((value, fresh)) => {
                let value = Arc::new(value);
                kept.value = Some(Arc::clone(&value));
                kept.fresh_until = now + fresh;
                kept.usable_until = now + fresh + LONGEST_STALENESS;
                kept.failure = None;
                Ok(value)
            }
            Err(failure) => {
                kept.fresh_until = kept.fresh_until.max(now + RETRY_AFTER_FAILURE);
                kept.failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    fn look(&self, now: SystemTime) -> Look<T> {
        let kept = self.read();
        match &kept.value {
            Some(value) if kept.is_fresh(now) => Look::Fresh(Arc::clone(value)),
            Some(value) if now < kept.usable_until => Look::Stale(Arc::clone(value)),
            _ => Look::Nothing { ended: kept.ended },
        }
    }

    /// Nothing panics while it holds the lock, and if it did, each field is whole in itself.
    fn read(&self) -> RwLockReadGuard<'_, Kept<T>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept<T>> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the next caller renew in place of one that went away.
struct Interrupted<'a, T>(&'a Slot<T>);

impl<T> Drop for Interrupted<'_, T> {
    fn drop(&mut self) {
        let mut kept = self.0.write();
        if kept.interruption == Interruption::None {
            kept.interruption = Interruption::Open;
        }
    }
}

/// Whether there is one; not what is in it.
impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("is_filled", &self.read().value.is_some()).finish()
    }
}

#[cfg(test)]
mod tests;
