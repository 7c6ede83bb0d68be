use std::{
    fmt,
    future::Future,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::{Duration, SystemTime},
};

use hallpass_core::{Error, ErrorKind, Response, Result, http::header};

use self::waits::{Attempts, LONGEST_OUTAGE_WAIT, Outage};

mod waits;

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
/// Between two refreshes whose callers went away. Short: whoever hangs up time after time must not
/// keep an old document alive either.
const REFRESH_COOL_DOWN: Duration = Duration::from_secs(2);

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
    /// How many times all was forgotten: what a fetch of before brings is not kept.
    generation: u64,
    /// How many fetches failed for every client alike, and what the last one failed with.
    failed: u64,
    failure: Option<Error>,
    /// What failed while there was no document to go on with.
    outage: Outage,
    /// Refreshes of a document that is old.
    refreshes: Attempts,
    /// Renewals of one that lacks something, for a token of our own request.
    renewals: Attempts,
    /// The same, for what anybody may have sent.
    strangers: Attempts,
}

impl<T> Kept<T> {
    fn is_fresh(&self, now: SystemTime) -> bool {
        // A clock that was put back does not make it fresh for longer.
        let is_soon = self.fresh_until <= now + LONGEST_FRESHNESS;
        is_soon && now < self.fresh_until && now < self.usable_until
    }
}

/// Whose word it is that a document lacks something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// Whoever can send us a request.
    Anybody,
    /// The provider, in an answer to our own.
    Provider,
}

impl Sender {
    fn attempts<T>(self, kept: &mut Kept<T>) -> &mut Attempts {
        match self {
            Self::Anybody => &mut kept.strangers,
            Self::Provider => &mut kept.renewals,
        }
    }
}

enum Look<T> {
    Fresh(Arc<T>),
    Stale(Arc<T>),
    Nothing { failed: u64 },
}

impl<T> Slot<T> {
    pub(crate) fn new() -> Self {
        let long_ago = SystemTime::UNIX_EPOCH;
        let kept = Kept {
            value: None,
            fresh_until: long_ago,
            usable_until: long_ago,
            generation: 0,
            failed: 0,
            failure: None,
            outage: Outage::new(),
            refreshes: Attempts::new(),
            renewals: Attempts::new(),
            strangers: Attempts::new(),
        };
        Self { kept: RwLock::new(kept), turn: tokio::sync::Mutex::new(()) }
    }

    /// The document. Where there is none, callers wait for one fetch together, and share its
    /// failure, as do those that come soon after it failed again; where there is an old one, one
    /// caller looks for a newer one and the others get the old one, which also serves when the look
    /// fails.
    ///
    /// `clock` is read again where a caller waited, for its turn or for the fetch.
    pub(crate) async fn get<F>(
        &self,
        clock: impl Fn() -> SystemTime,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>>
    where
        F: Future<Output = Result<(T, Duration)>>,
    {
        match self.look(clock()) {
            Look::Fresh(value) => Ok(value),
            // In boxes, since a fetch is rare: what every caller carries stays small. Of an ID
            // token with RS256, malloc had 4,000 instructions before, and 1,500 after.
            Look::Stale(old) => {
                let newer = Box::pin(self.refresh(&old, clock(), fetch)).await;
                // check: 58 => newer
                Ok(newer.unwrap_or(old))
            }
            Look::Nothing { failed } => Box::pin(self.fetch_first(failed, clock, fetch)).await,
        }
    }

    /// The old one while another caller looks, or it is too soon.
    async fn refresh<F>(
        &self,
        old: &Arc<T>,
        now: SystemTime,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>>
    where
        F: Future<Output = Result<(T, Duration)>>,
    {
        let Ok(_turn) = self.turn.try_lock() else { return Ok(Arc::clone(old)) };
        if let Look::Fresh(value) = self.look(now) {
            return Ok(value);
        }
        // check: 58
        if !self.write().refreshes.begin(now, REFRESH_COOL_DOWN) {
            return Ok(Arc::clone(old));
        }
        let generation = self.read().generation;
        let interrupted = Interrupted(self, |kept| &mut kept.refreshes);
        let fetched = fetch().await;
        std::mem::forget(interrupted);
        self.settle(now, generation, fetched)
    }

    /// `failed`: as it was when the caller began to wait.
    async fn fetch_first<F>(
        &self,
        failed: u64,
        clock: impl Fn() -> SystemTime,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>>
    where
        F: Future<Output = Result<(T, Duration)>>,
    {
        // check: 58 => let _turn = ();
        let _turn = self.turn.lock().await;
        let now = clock();
        match self.look(now) {
            Look::Fresh(value) | Look::Stale(value) => return Ok(value),
            // The fetch that this caller waited for.
            Look::Nothing { failed: later } if later != failed => {
                if let Some(failure) = self.read().failure.clone() {
                    return Err(failure);
                }
            }
            Look::Nothing { .. } => {}
        }
        // check: 58
        if let Some(failure) = self.outage(now) {
            return Err(failure);
        }
        let generation = self.read().generation;
        let given_up = GivenUp { slot: self, clock: &clock, generation };
        let fetched = fetch().await;
        std::mem::forget(given_up);
        if fetched.as_ref().is_err_and(is_of_source) {
            self.add_outage(generation, clock(), LONGEST_OUTAGE_WAIT);
        }
        self.settle(now, generation, fetched)
    }

    /// What the last fetch failed with, while it is too soon for the next one.
    fn outage(&self, now: SystemTime) -> Option<Error> {
        let kept = self.read();
        let given_up = || Error::transport("the fetch was given up: too soon for another");
        let failure = || kept.failure.clone().unwrap_or_else(given_up);
        kept.outage.is_waiting(now).then(failure)
    }

    fn add_outage(&self, generation: u64, end: SystemTime, longest: Duration) {
        let mut kept = self.write();
        if kept.generation == generation {
            kept.outage.add(end, longest);
        }
    }

    /// As if nothing had ever been fetched, but for the cool-downs: those are about what strangers
    /// may make us do. What is on its way goes to its caller, and is not kept.
    pub(crate) fn clear(&self) {
        let mut kept = self.write();
        kept.generation += 1;
        kept.value = None;
        kept.fresh_until = SystemTime::UNIX_EPOCH;
        kept.usable_until = SystemTime::UNIX_EPOCH;
        kept.failure = None;
        kept.outage = Outage::new();
    }

    /// A newer document than `seen`, which lacked something: at once, but not twice within the
    /// cool-down, so that whoever sends us tokens cannot drive our fetches. `None`: not now, or the
    /// fetch failed. What anybody may have sent has a cool-down of its own, so that no stranger
    /// uses up the renewal that a login needs.
    pub(crate) async fn renew<F>(
        &self,
        seen: &Arc<T>,
        now: SystemTime,
        sender: Sender,
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
        if !sender.attempts(&mut self.write()).begin(now, COOL_DOWN) {
            return None;
        }
        let attempts: fn(&mut Kept<T>) -> &mut Attempts = match sender {
            Sender::Anybody => |kept| Sender::Anybody.attempts(kept),
            Sender::Provider => |kept| Sender::Provider.attempts(kept),
        };
        let generation = self.read().generation;
        let interrupted = Interrupted(self, attempts);
        let fetched = fetch().await;
        std::mem::forget(interrupted);
        self.settle(now, generation, fetched).ok()
    }

    fn settle(
        &self,
        now: SystemTime,
        generation: u64,
        fetched: Result<(T, Duration)>,
    ) -> Result<Arc<T>> {
        let mut kept = self.write();
        if kept.generation != generation {
            return fetched.map(|(value, _)| Arc::new(value));
        }
        match fetched {
            Ok((value, fresh)) => {
                let value = Arc::new(value);
                kept.value = Some(Arc::clone(&value));
                kept.fresh_until = now + fresh;
                kept.usable_until = now + fresh + LONGEST_STALENESS;
                kept.failure = None;
                kept.outage = Outage::new();
                Ok(value)
            }
            Err(failure) => {
                kept.fresh_until = kept.fresh_until.max(now + RETRY_AFTER_FAILURE);
                if is_of_source(&failure) {
                    kept.failed += 1;
                    kept.failure = Some(failure.clone());
                }
                Err(failure)
            }
        }
    }

    fn look(&self, now: SystemTime) -> Look<T> {
        let kept = self.read();
        match &kept.value {
            Some(value) if kept.is_fresh(now) => Look::Fresh(Arc::clone(value)),
            Some(value) if now < kept.usable_until => Look::Stale(Arc::clone(value)),
            _ => Look::Nothing { failed: kept.failed },
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

/// Whether it failed for every client alike. What one client's configuration or transport refuses
/// (`plain_http`, `private_address` …) is nothing to the others; a document that is wrong is.
fn is_of_source(failure: &Error) -> bool {
    match failure.kind() {
        ErrorKind::Transport | ErrorKind::Malformed => true,
        // Asked for by each login, it would be fetched for whoever begins one.
        // check: 58 => false
        ErrorKind::Security => matches!(failure.reason(), Some("issuer" | "duplicate")),
        _ => false,
    }
}

/// Counts a first fetch that its caller gave up. Its wait is short: whoever hangs up time after
/// time must not keep everybody out.
struct GivenUp<'a, T, C: Fn() -> SystemTime> {
    slot: &'a Slot<T>,
    clock: &'a C,
    generation: u64,
}

impl<T, C: Fn() -> SystemTime> Drop for GivenUp<'_, T, C> {
    fn drop(&mut self) {
        // check: 58
        self.slot.add_outage(self.generation, (self.clock)(), REFRESH_COOL_DOWN);
    }
}

/// Lets the next caller fetch in place of one that went away.
struct Interrupted<'a, T>(&'a Slot<T>, fn(&mut Kept<T>) -> &mut Attempts);

impl<T> Drop for Interrupted<'_, T> {
    fn drop(&mut self) {
        let mut kept = self.0.write();
        self.1(&mut kept).interrupt();
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
