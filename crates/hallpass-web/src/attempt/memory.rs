use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use hallpass_core::{Clock, Result, Secret, SystemClock};

use super::AttemptStore;

/// About 200 MB of them.
const MOST: usize = 100_000;

/// Logins on their way, in the memory of this process: 100,000 at most. When there are more, those
/// go whose time is over, and then those that would end first. Anybody can begin logins, so that a
/// limit on how often one address may belongs in front of `/login/{provider}`.
pub struct MemoryAttempts {
    kept: Mutex<HashMap<String, (SystemTime, Secret)>>,
    clock: Arc<dyn Clock>,
    most: usize,
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
        Self { kept: Mutex::default(), clock: Arc::new(SystemClock), most: MOST }
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, (SystemTime, Secret)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room for one more; a tenth at a time, so that it is not done for each.
    fn sweep(&self, kept: &mut HashMap<String, (SystemTime, Secret)>, now: SystemTime) {
        if kept.len() < self.most {
            return;
        }
        kept.retain(|_, (until, _)| *until > now);
        if kept.len() < self.most {
            return;
        }
        let mut ends: Vec<_> = kept.values().map(|(until, _)| *until).collect();
        ends.sort_unstable();
        let last = ends[self.most / 10];
        kept.retain(|_, (until, _)| *until > last);
    }
}

#[async_trait]
impl AttemptStore for MemoryAttempts {
    async fn put(&self, id: &str, sealed: &Secret, lasting: Duration) -> Result<()> {
        let now = self.clock.now();
        let mut kept = self.kept();
        self.sweep(&mut kept, now);
        kept.insert(id.to_owned(), (now + lasting, sealed.clone()));
        Ok(())
    }

    async fn find(&self, id: &str) -> Result<Option<Secret>> {
        let now = self.clock.now();
        let kept = self.kept();
        let found = kept.get(id).filter(|(until, _)| *until > now);
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
        f.debug_struct("MemoryAttempts").field("kept", &self.kept().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        time::UNIX_EPOCH,
    };

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
        let kept = store.kept().len();
        assert!(kept <= 10 && !has(&store, "0").await, "{kept}");
        assert!(has(&store, "9").await && has(&store, "10").await);
        // What is over goes first, all at once.
        clock.0.store(3_608, Ordering::SeqCst);
        for at in 11..=20 {
            put(&store, &at.to_string()).await;
        }
        assert!(has(&store, "20").await && store.kept().len() <= 10);
    }
}
