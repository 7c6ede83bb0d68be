use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use hallpass_core::{Clock, Error, Result, Secret, SystemClock};

use super::AttemptStore;

/// With their ids and what is around them.
const MOST: usize = 100_000;
const MOST_BYTES: usize = 256 << 20;
/// Of one: as much as a callback that is posted may have, and the login with it.
const MOST_BYTES_OF_ONE: usize = 256 << 10;
/// What the map has of its own for each, about.
const ENTRY_BYTES: usize = 128;

/// Logins on their way, in the memory of this process: 100,000 at most, and 256 MiB of them. When
/// there are more, those go whose time is over, and then those that would end first. One of more
/// than 256 KiB is refused. Anybody can begin logins, so that a limit on how often one address may
/// belongs in front of `/login/{provider}`.
pub struct MemoryAttempts {
    kept: Mutex<Kept>,
    clock: Arc<dyn Clock>,
    most: usize,
    most_bytes: usize,
}

#[derive(Default)]
struct Kept {
    attempts: HashMap<String, (SystemTime, Secret)>,
    /// Of all of them.
    bytes: usize,
}

fn weight(id: &str, sealed: &Secret) -> usize {
    ENTRY_BYTES + id.len() + sealed.expose().len()
}

impl Kept {
    fn insert(&mut self, id: &str, until: SystemTime, sealed: &Secret) {
        self.bytes += weight(id, sealed);
        self.attempts.insert(id.to_owned(), (until, sealed.clone()));
    }

    fn remove(&mut self, id: &str) -> Option<(SystemTime, Secret)> {
        let (until, sealed) = self.attempts.remove(id)?;
        self.bytes -= weight(id, &sealed);
        Some((until, sealed))
    }

    fn keep_those_after(&mut self, last: SystemTime) {
        self.attempts.retain(|_, (until, _)| *until > last);
        self.bytes = self.attempts.iter().map(|(id, (_, sealed))| weight(id, sealed)).sum();
    }
}

impl Default for MemoryAttempts {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryAttempts {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        let clock = Arc::new(SystemClock);
        Self { kept: Mutex::default(), clock, most: MOST, most_bytes: MOST_BYTES }
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_full(&self, kept: &Kept, bytes: usize) -> bool {
        kept.attempts.len() >= self.most || kept.bytes + bytes > self.most_bytes
    }

    /// Makes room for one more; a tenth at a time, so that it is not done for each.
    fn sweep(&self, kept: &mut Kept, bytes: usize, now: SystemTime) {
        if self.is_full(kept, bytes) {
            kept.keep_those_after(now);
        }
        while self.is_full(kept, bytes) && !kept.attempts.is_empty() {
            let mut ends: Vec<_> = kept.attempts.values().map(|(until, _)| *until).collect();
            ends.sort_unstable();
            kept.keep_those_after(ends[ends.len() / 10]);
        }
    }
}

#[async_trait]
impl AttemptStore for MemoryAttempts {
    async fn put(&self, id: &str, sealed: &Secret, lasting: Duration) -> Result<()> {
        let (now, bytes) = (self.clock.now(), weight(id, sealed));
        if bytes > MOST_BYTES_OF_ONE {
            let message = "the login carries more than is kept of one in memory";
            return Err(Error::config(message).with_reason("too_long"));
        }
        let mut kept = self.kept();
        kept.remove(id);
        self.sweep(&mut kept, bytes, now);
        kept.insert(id, now + lasting, sealed);
        Ok(())
    }

    async fn find(&self, id: &str) -> Result<Option<Secret>> {
        let now = self.clock.now();
        let kept = self.kept();
        let found = kept.attempts.get(id).filter(|(until, _)| *until > now);
        Ok(found.map(|(_, sealed)| sealed.clone()))
    }

    async fn take(&self, id: &str) -> Result<Option<Secret>> {
        let now = self.clock.now();
        let taken = self.kept().remove(id);
        Ok(taken.filter(|(until, _)| *until > now).map(|(_, sealed)| sealed))
    }
}

impl fmt::Debug for MemoryAttempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryAttempts")
            .field("kept", &self.kept().attempts.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        time::UNIX_EPOCH,
    };

    use hallpass_core::ErrorKind;

    use super::*;

    #[derive(Debug, Default)]
    struct Hand(AtomicU64);

    impl Clock for Hand {
        fn now(&self) -> SystemTime {
            UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::SeqCst))
        }
    }

    const HOUR: Duration = Duration::from_secs(3_600);

    async fn put(store: &MemoryAttempts, id: &str) {
        store.put(id, &Secret::new(format!("planted {id}")), HOUR).await.unwrap();
    }

    async fn has(store: &MemoryAttempts, id: &str) -> bool {
        store.find(id).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn an_attempt_is_found_until_one_takes_it() {
        let store = MemoryAttempts::new();
        put(&store, "a").await;
        assert!(has(&store, "a").await && has(&store, "a").await && !has(&store, "b").await);
        assert!(store.take("a").await.unwrap().is_some_and(|it| it.expose() == "planted a"));
        assert!(store.take("a").await.unwrap().is_none() && !has(&store, "a").await);
        put(&store, "c").await;
        assert!(!format!("{store:?}").contains("planted"));
    }

    #[tokio::test]
    async fn an_attempt_that_is_over_is_none() {
        let clock = Arc::new(Hand::default());
        let store = MemoryAttempts::new().with_clock(Arc::<Hand>::clone(&clock));
        put(&store, "a").await;
        put(&store, "b").await;
        clock.0.store(3_600, Ordering::SeqCst);
        assert!(!has(&store, "a").await);
        assert!(store.take("b").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn there_is_an_end_to_them() {
        let clock = Arc::new(Hand::default());
        let mut store = MemoryAttempts::new().with_clock(Arc::<Hand>::clone(&clock));
        store.most = 10;
        for at in 0..10 {
            clock.0.store(at, Ordering::SeqCst);
            put(&store, &at.to_string()).await;
        }
        put(&store, "10").await;
        let kept = store.kept().attempts.len();
        assert!(kept <= 10 && !has(&store, "0").await, "{kept}");
        assert!(has(&store, "9").await && has(&store, "10").await);
        // What is over goes first, all at once.
        clock.0.store(3_608, Ordering::SeqCst);
        for at in 11..=20 {
            put(&store, &at.to_string()).await;
        }
        assert!(has(&store, "20").await && store.kept().attempts.len() <= 10);
    }

    #[tokio::test]
    async fn those_that_are_too_large_together_make_room_as_those_that_are_too_many() {
        let clock = Arc::new(Hand::default());
        let mut store = MemoryAttempts::new().with_clock(Arc::<Hand>::clone(&clock));
        store.most_bytes = 10_000;
        let large = Secret::new("x".repeat(1_000 - ENTRY_BYTES - 1));
        for (at, id) in (0_u64..).zip("abcdefghij".chars()) {
            clock.0.store(at, Ordering::SeqCst);
            store.put(&id.to_string(), &large, HOUR).await.unwrap();
            // The same id once more takes no more room.
            store.put(&id.to_string(), &large, HOUR).await.unwrap();
        }
        assert_eq!(store.kept().bytes, 10_000);
        store.put("k", &large, HOUR).await.unwrap();
        assert!(!has(&store, "a").await && has(&store, "j").await && has(&store, "k").await);
        assert!(store.kept().bytes <= 10_000);
        for id in "bcdefghijk".chars() {
            store.take(&id.to_string()).await.unwrap();
        }
        assert_eq!(store.kept().bytes, 0);
    }

    #[tokio::test]
    async fn one_that_is_too_large_alone_is_refused() {
        let store = MemoryAttempts::new();
        let error = store.put("a", &Secret::new("x".repeat(MOST_BYTES_OF_ONE)), HOUR).await;
        let error = error.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("too_long")));
        assert_eq!(store.kept().bytes, 0);
    }
}
