use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use hallpass_core::{Result, Secret};

use crate::{Entry, Lease, TokenKey, TokenStore, Version, store::lease_length};

/// Tokens of this process alone, gone with it.
#[derive(Default)]
pub struct MemoryStore {
    kept: Mutex<HashMap<TokenKey, Kept>>,
}

#[derive(Default)]
struct Kept {
    entry: Option<Entry>,
    /// Who holds the lease, and until when.
    lease: Option<(i64, Instant)>,
    is_in_doubt: bool,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<TokenKey, Kept>> {
        // Nothing in a critical section panics half way.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many, not whose.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens = self.kept().values().filter(|kept| kept.entry.is_some()).count();
        f.debug_struct("MemoryStore").field("tokens", &tokens).finish()
    }
}

#[async_trait]
impl TokenStore for MemoryStore {
    async fn load(&self, key: &TokenKey) -> Result<Option<Entry>> {
        Ok(self.kept().get(key).and_then(|kept| kept.entry.clone()))
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<Version>,
        token: &Secret,
    ) -> Result<Option<Version>> {
        let mut all = self.kept();
        let found = all.get(key).and_then(|kept| kept.entry.as_ref());
        if found.map(|entry| entry.version) != expected {
            return Ok(None);
        }
        let kept = all.entry(key.clone()).or_default();
        let version = Version::random();
        kept.entry = Some(Entry::new(token.clone(), version));
        if kept.lease.is_none_or(|(_, until)| until <= Instant::now()) {
            (kept.lease, kept.is_in_doubt) = (None, false);
        }
        Ok(Some(version))
    }

    async fn delete(&self, key: &TokenKey) -> Result<()> {
        let mut all = self.kept();
        if let Some(kept) = all.get_mut(key) {
            kept.entry = None;
            if kept.lease.is_none() && !kept.is_in_doubt {
                all.remove(key);
            }
        }
        Ok(())
    }

    async fn lease(&self, key: &TokenKey, length: Duration) -> Result<Option<Lease>> {
        let now = Instant::now();
        let mut all = self.kept();
        let kept = all.entry(key.clone()).or_default();
        // check: 37
        if kept.lease.is_some_and(|(_, until)| now < until) {
            return Ok(None);
        }
        let holder = Version::random().get();
        let was_interrupted = kept.is_in_doubt || kept.lease.is_some();
        kept.lease = Some((holder, now + lease_length(length)));
        // Until the holder says otherwise.
        kept.is_in_doubt = true;
        Ok(Some(Lease::new(key.clone(), holder, was_interrupted)))
    }

    async fn release(&self, lease: Lease, is_in_doubt: bool) -> Result<()> {
        let mut all = self.kept();
        let Some(kept) = all.get_mut(lease.key()) else { return Ok(()) };
        if kept.lease.is_some_and(|(holder, _)| holder == lease.holder()) {
            kept.lease = None;
            kept.is_in_doubt = is_in_doubt;
            if kept.entry.is_none() && !is_in_doubt {
                all.remove(lease.key());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, MemoryStore, TokenKey, TokenStore, Version};

    #[tokio::test]
    async fn what_says_nothing_is_not_kept() {
        let (store, ada) = (MemoryStore::new(), TokenKey::new("ada", "github"));
        let refused = store.compare_and_swap(&ada, Some(Version::random()), &"a".into()).await;
        assert!(matches!(refused, Ok(None)));
        assert!(store.kept().is_empty(), "a refused write");
        let Ok(Some(lease)) = store.lease(&ada, Duration::MAX).await else { panic!("a lease") };
        assert_eq!(store.kept().len(), 1);
        assert!(store.release(lease, false).await.is_ok());
        assert!(store.kept().is_empty(), "a lease that was given back");
    }
}
