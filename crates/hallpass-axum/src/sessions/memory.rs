use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use hallpass_core::{Clock, SystemClock};
use serde_json::Value;
use tower_sessions::{
    SessionStore,
    cookie::time::OffsetDateTime,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// How many of those that are over one write takes away at most: more than it adds.
const SWEPT_AT_ONCE: usize = 16;

/// What a map has of its own for an entry, and a record for itself, about.
const ENTRY_BYTES: usize = 64;

/// Ours in place of that of tower-sessions, which keeps what is over until the process ends.
#[derive(Clone)]
pub(super) struct MemoryStore {
    kept: Arc<Mutex<Kept>>,
    limits: Limits,
    clock: Arc<dyn Clock>,
}

/// How much there may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) records: usize,
    /// Of all together.
    pub(super) bytes: usize,
    /// Of each.
    pub(super) bytes_of_one: usize,
}

#[derive(Default)]
struct Kept {
    records: HashMap<Id, Weighed>,
    /// All of them, by their end.
    ends: BTreeSet<(OffsetDateTime, i128)>,
    /// Of all of them.
    bytes: usize,
}

struct Weighed {
    record: Record,
    bytes: usize,
}

impl Kept {
    fn put(&mut self, record: Record, bytes: usize) {
        self.remove(&record.id);
        self.ends.insert((record.expiry_date, record.id.0));
        self.bytes += bytes;
        self.records.insert(record.id, Weighed { record, bytes });
    }

    fn remove(&mut self, id: &Id) {
        if let Some(Weighed { record, bytes }) = self.records.remove(id) {
            self.ends.remove(&(record.expiry_date, id.0));
            self.bytes -= bytes;
        }
    }

    /// Takes away some of those that are over, and then as many as it takes for a record of so many
    /// bytes, those first that would be over first.
    fn make_room(&mut self, now: OffsetDateTime, bytes: usize, limits: Limits) {
        let mut swept = 0;
        while let Some((end, id)) = self.ends.first().copied() {
            let is_full = self.records.len() >= limits.records || self.bytes + bytes > limits.bytes;
            let is_swept = end <= now && swept < SWEPT_AT_ONCE;
            if !is_full && !is_swept {
                return;
            }
            swept += 1;
            self.remove(&Id(id));
        }
    }
}

impl MemoryStore {
    pub(super) fn new(limits: Limits) -> Self {
        Self { kept: Arc::default(), limits, clock: Arc::new(SystemClock) }
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

    fn weighed(&self, record: &Record) -> Result<usize> {
        let bytes = weight(record);
        if bytes > self.limits.bytes_of_one {
            let most = self.limits.bytes_of_one >> 10;
            return Err(Error::Encode(format!("a session of more than {most} KiB in memory")));
        }
        Ok(bytes)
    }
}

/// What a record takes in memory, about.
fn weight(record: &Record) -> usize {
    let members = record.data.iter().map(|(name, value)| ENTRY_BYTES + name.len() + of(value));
    ENTRY_BYTES + members.sum::<usize>()
}

fn of(value: &Value) -> usize {
    let inner = match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(of).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| ENTRY_BYTES + name.len() + of(value)).sum()
        }
        _ => 0,
    };
    size_of::<Value>() + inner
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let bytes = self.weighed(record)?;
        let mut kept = self.kept();
        kept.make_room(self.now(), bytes, self.limits);
        while kept.records.contains_key(&record.id) {
            record.id = Id::default();
        }
        kept.put(record.clone(), bytes);
        Ok(())
    }

    /// What was deleted in between stays deleted.
    async fn save(&self, record: &Record) -> Result<()> {
        let bytes = self.weighed(record)?;
        let mut kept = self.kept();
        if kept.records.contains_key(&record.id) {
            // It makes no room by itself.
            kept.remove(&record.id);
            kept.make_room(self.now(), bytes, self.limits);
            kept.put(record.clone(), bytes);
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.now();
        let kept = self.kept();
        let found = kept.records.get(id).map(|weighed| &weighed.record);
        Ok(found.filter(|record| record.expiry_date > now).cloned())
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.kept().remove(id);
        Ok(())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("limits", &self.limits).finish_non_exhaustive()
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

    fn store(records: usize) -> MemoryStore {
        MemoryStore::new(Limits { records, bytes: 1 << 30, bytes_of_one: 1 << 20 })
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
        let store = store(1_000).with_clock(Arc::<Hands>::clone(&clock));
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
        let store = store(3).with_clock(clock);
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

    /// A record that weighs so much.
    fn heavy(bytes: usize, end: u64) -> Record {
        let value = Value::from("x".repeat(bytes - 2 * ENTRY_BYTES - size_of::<Value>() - 1));
        let data = HashMap::from([("a".to_owned(), value)]);
        let record = Record { id: Id::default(), data, expiry_date: at(end) };
        assert_eq!(weight(&record), bytes);
        record
    }

    fn weighing(bytes: usize) -> MemoryStore {
        let limits = Limits { records: 100, bytes, bytes_of_one: 8 << 10 };
        MemoryStore::new(limits).with_clock(Arc::new(Hands::default()))
    }

    #[tokio::test]
    async fn sessions_that_are_too_large_together_make_room_as_those_that_are_too_many() {
        let store = weighing(10_000);
        let mut all = [heavy(4_000, 20), heavy(4_000, 10), heavy(2_000, 30)];
        for record in &mut all {
            store.create(record).await.unwrap();
        }
        assert_eq!(store.kept().bytes, 10_000);
        store.create(&mut heavy(1_000, 40)).await.unwrap();
        assert!(store.load(&all[1].id).await.unwrap().is_none(), "the one that is over first");
        assert_eq!((len(&store), store.kept().bytes), ((3, 3), 7_000));
        // One that grows makes others go, and stays itself.
        let grown = Record { id: all[0].id, ..heavy(8_000, 5) };
        store.save(&grown).await.unwrap();
        assert_eq!((len(&store), store.kept().bytes), ((2, 2), 9_000));
        assert!(store.load(&all[0].id).await.unwrap().is_some());
        store.delete(&all[0].id).await.unwrap();
        assert_eq!(store.kept().bytes, 1_000);
    }

    #[tokio::test]
    async fn a_session_that_is_too_large_alone_is_refused_and_the_one_of_before_stays() {
        let store = weighing(1 << 20);
        let mut record = heavy(8 << 10, 10);
        store.create(&mut record).await.unwrap();
        let grown = Record { id: record.id, ..heavy((8 << 10) + 1, 10) };
        for result in [store.save(&grown).await, store.create(&mut grown.clone()).await] {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Encode(_)), "{error}");
            assert!(error.to_string().contains("8 KiB"), "{error}");
        }
        assert_eq!(store.load(&record.id).await.unwrap(), Some(record));
        assert_eq!(store.kept().bytes, 8 << 10);
    }

    #[test]
    fn a_value_weighs_what_it_takes_in_memory_and_not_as_text() {
        let of_text = |text: &str| of(&serde_json::from_str(text).unwrap());
        let one = size_of::<Value>();
        assert_eq!(of_text("[0,0,0]"), 4 * one);
        assert_eq!(of_text(r#"{"a":null}"#), 2 * one + ENTRY_BYTES + 1);
        assert_eq!(of_text(r#""abc""#), one + 3);
    }
}
