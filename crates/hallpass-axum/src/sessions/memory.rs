use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use hallpass_core::{Clock, SystemClock};
use tower_sessions::{
    SessionStore,
    cookie::time::OffsetDateTime,
    session::{Id, Record},
    session_store::Result,
};

/// How many of those that are over one write takes away at most: more than it adds.
const SWEPT_AT_ONCE: usize = 16;

/// Ours in place of that of tower-sessions, which keeps what is over until the process ends.
#[derive(Clone)]
pub(super) struct MemoryStore {
    kept: Arc<Mutex<Kept>>,
    most: usize,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Kept {
    records: HashMap<Id, Record>,
    /// All of them, by their end.
    ends: BTreeSet<(OffsetDateTime, i128)>,
}

impl Kept {
    fn put(&mut self, record: Record) {
        let (id, end) = (record.id, record.expiry_date);
        if let Some(before) = self.records.insert(id, record) {
            self.ends.remove(&(before.expiry_date, id.0));
        }
        self.ends.insert((end, id.0));
    }

    fn remove(&mut self, id: &Id) {
        if let Some(record) = self.records.remove(id) {
            self.ends.remove(&(record.expiry_date, id.0));
        }
    }

    /// Makes room by those that are over, and then by those that will be first.
    fn make_room(&mut self, now: OffsetDateTime, most: usize) {
        for _ in 0..SWEPT_AT_ONCE {
            match self.ends.first() {
                Some((end, _)) if *end <= now || self.records.len() >= most => {}
                _ => return,
            }
            if let Some((_, id)) = self.ends.pop_first() {
                self.records.remove(&Id(id));
            }
        }
    }
}

impl MemoryStore {
    pub(super) fn new(most: usize) -> Self {
        Self { kept: Arc::default(), most, clock: Arc::new(SystemClock) }
    }

    pub(super) fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    fn now(&self) -> OffsetDateTime {
        self.clock.now().into()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing is awaited, and no panic is in between two of its halves.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let mut kept = self.kept();
        kept.make_room(self.now(), self.most);
        while kept.records.contains_key(&record.id) {
            record.id = Id::default();
        }
        kept.put(record.clone());
        Ok(())
    }

    /// What was deleted in between stays deleted.
    async fn save(&self, record: &Record) -> Result<()> {
        let mut kept = self.kept();
        if kept.records.contains_key(&record.id) {
            kept.put(record.clone());
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.now();
        let kept = self.kept();
        Ok(kept.records.get(id).filter(|record| record.expiry_date > now).cloned())
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.kept().remove(id);
        Ok(())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("most", &self.most).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[derive(Debug, Default)]
    struct Hands(Mutex<Duration>);

    impl Clock for Hands {
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH + *self.0.lock().unwrap()
        }
    }

    fn at(seconds: u64) -> OffsetDateTime {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).into()
    }

    async fn created(store: &MemoryStore, end: u64) -> Id {
        let mut record = Record { id: Id::default(), data: HashMap::new(), expiry_date: at(end) };
        store.create(&mut record).await.unwrap();
        record.id
    }

    fn len(store: &MemoryStore) -> (usize, usize) {
        let kept = store.kept();
        (kept.records.len(), kept.ends.len())
    }

    #[tokio::test]
    async fn what_is_over_is_swept_as_sessions_are_begun() {
        let clock = Arc::new(Hands::default());
        let store = MemoryStore::new(1_000).with_clock(Arc::<Hands>::clone(&clock));
        for _ in 0..20 {
            created(&store, 10).await;
        }
        let lasting = created(&store, 1_000).await;
        *clock.0.lock().unwrap() = Duration::from_secs(10);
        created(&store, 1_000).await;
        assert_eq!(len(&store), (6, 6), "16 at once");
        created(&store, 1_000).await;
        assert_eq!(len(&store), (3, 3));
        assert!(store.load(&lasting).await.unwrap().is_some());
        *clock.0.lock().unwrap() = Duration::from_secs(1_000);
        assert!(store.load(&lasting).await.unwrap().is_none(), "over, though not swept");
    }

    #[tokio::test]
    async fn where_there_is_no_room_the_one_that_is_over_first_goes_first() {
        let clock = Arc::new(Hands::default());
        let store = MemoryStore::new(3).with_clock(clock);
        let (late, early, middle) =
            (created(&store, 30).await, created(&store, 10).await, created(&store, 20).await);
        created(&store, 5).await;
        assert_eq!(len(&store), (3, 3));
        assert!(store.load(&early).await.unwrap().is_none());
        // One that is used again is the last to go.
        let mut used = store.load(&middle).await.unwrap().unwrap();
        used.expiry_date = at(40);
        store.save(&used).await.unwrap();
        created(&store, 50).await;
        created(&store, 50).await;
        assert!(store.load(&late).await.unwrap().is_none());
        assert!(store.load(&middle).await.unwrap().is_some());
        assert_eq!(len(&store), (3, 3));
    }
}
