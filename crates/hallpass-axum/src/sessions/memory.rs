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

use crate::marks;

/// How many of those that are over one write takes away at most: more than it adds.
const SWEPT_AT_ONCE: usize = 16;

/// What a map has of its own for an entry, and a record for itself, about.
const ENTRY_BYTES: usize = 64;

/// What a node of an object's tree takes, which has room for eleven members, however few are in it.
const NODE_BYTES: usize = 640;

/// How many are in a node, of those that came in order: each that is full leaves half behind.
const MEMBERS_OF_NODE: usize = 6;

/// Ours in place of that of tower-sessions, which keeps what is over until the process ends.
#[derive(Clone)]
pub(super) struct MemoryStore {
    kept: Arc<Mutex<Kept>>,
    limits: Limits,
    of_marks: Limits,
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

/// Marks last for months, and there are as many as logouts and logins: on a shelf with the sessions
/// they would be the last to go, and push out who is signed in.
#[derive(Default)]
struct Kept {
    sessions: Shelf,
    marks: Shelf,
}

#[derive(Default)]
struct Shelf {
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
    fn shelf(&mut self, record: &Record) -> &mut Shelf {
        if marks::is_mark(record) { &mut self.marks } else { &mut self.sessions }
    }

    fn find(&self, id: &Id) -> Option<&Record> {
        let found = self.sessions.records.get(id).or_else(|| self.marks.records.get(id));
        found.map(|weighed| &weighed.record)
    }
}

impl Shelf {
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
    pub(super) fn new(limits: Limits, of_marks: Limits) -> Self {
        Self { kept: Arc::default(), limits, of_marks, clock: Arc::new(SystemClock) }
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

    /// What it weighs, and the limits of its shelf.
    fn weighed(&self, record: &Record) -> Result<(usize, Limits)> {
        let limits = if marks::is_mark(record) { self.of_marks } else { self.limits };
        let bytes = weight(record);
        if bytes > limits.bytes_of_one {
            let most = limits.bytes_of_one >> 10;
            return Err(Error::Encode(format!("a session of more than {most} KiB in memory")));
        }
        Ok((bytes, limits))
    }
}

/// What a record takes in memory, about.
fn weight(record: &Record) -> usize {
    let members = record.data.iter().map(|(name, value)| ENTRY_BYTES + name.len() + of(value));
    ENTRY_BYTES + members.sum::<usize>()
}

fn of(value: &Value) -> usize {
    size_of::<Value>() + inner(value)
}

/// What is elsewhere of a value, which is itself in its array or in the node of its object.
fn inner(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(of).sum(),
        Value::Object(members) => {
            let rest = members.iter().map(|(name, value)| name.len() + inner(value));
            members.len().div_ceil(MEMBERS_OF_NODE) * NODE_BYTES + rest.sum::<usize>()
        }
        _ => 0,
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let (bytes, limits) = self.weighed(record)?;
        let mut kept = self.kept();
        kept.shelf(record).make_room(self.now(), bytes, limits);
        while kept.find(&record.id).is_some() {
            record.id = Id::default();
        }
        kept.shelf(record).put(record.clone(), bytes);
        Ok(())
    }

    /// What was deleted in between stays deleted.
    async fn save(&self, record: &Record) -> Result<()> {
        let (bytes, limits) = self.weighed(record)?;
        let mut kept = self.kept();
        let shelf = kept.shelf(record);
        if shelf.records.contains_key(&record.id) {
            // It makes no room by itself.
            shelf.remove(&record.id);
            shelf.make_room(self.now(), bytes, limits);
            shelf.put(record.clone(), bytes);
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.now();
        let kept = self.kept();
        Ok(kept.find(id).filter(|record| record.expiry_date > now).cloned())
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut kept = self.kept();
        kept.sessions.remove(id);
        kept.marks.remove(id);
        Ok(())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("limits", &self.limits)
            .field("of_marks", &self.of_marks)
            .finish_non_exhaustive()
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
        of_limits(Limits { records, bytes: 1 << 30, bytes_of_one: 1 << 20 })
    }

    /// With room for two marks.
    fn of_limits(limits: Limits) -> MemoryStore {
        MemoryStore::new(limits, Limits { records: 2, ..limits })
    }

    async fn created(store: &MemoryStore, end: u64) -> Id {
        let mut record = Record { id: Id::default(), data: HashMap::new(), expiry_date: at(end) };
        store.create(&mut record).await.unwrap();
        record.id
    }

    fn len(store: &MemoryStore) -> (usize, usize) {
        let kept = store.kept();
        (kept.sessions.records.len(), kept.sessions.ends.len())
    }

    fn bytes(store: &MemoryStore) -> usize {
        store.kept().sessions.bytes
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

    #[tokio::test]
    async fn marks_however_many_and_long_push_out_no_session() {
        let store = store(3).with_clock(Arc::new(Hands::default()));
        let sessions =
            [created(&store, 10).await, created(&store, 10).await, created(&store, 10).await];
        let mark = async |word: &str, seconds: u64| {
            let lasting = Duration::from_secs(seconds);
            marks::put(&store, &[word], SystemTime::UNIX_EPOCH, lasting).await.unwrap();
        };
        for (word, seconds) in [("a", 100), ("b", 300), ("c", 200), ("d", 400)] {
            mark(word, seconds).await;
        }
        for id in &sessions {
            assert!(store.load(id).await.unwrap().is_some());
        }
        // Of marks, too, those go first that are over first.
        let mut found = Vec::new();
        for word in ["a", "b", "c", "d"] {
            found.push(marks::find(&store, &[word]).await.unwrap().is_some());
        }
        assert_eq!(found, [false, true, false, true]);
        // And no session pushes out a mark.
        created(&store, 500).await;
        assert_eq!((len(&store).0, store.kept().marks.records.len()), (3, 2));
        mark("b", 50).await;
        assert_eq!(store.kept().marks.records.len(), 2, "it was there");
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
        of_limits(limits).with_clock(Arc::new(Hands::default()))
    }

    #[tokio::test]
    async fn sessions_that_are_too_large_together_make_room_as_those_that_are_too_many() {
        let store = weighing(10_000);
        let mut all = [heavy(4_000, 20), heavy(4_000, 10), heavy(2_000, 30)];
        for record in &mut all {
            store.create(record).await.unwrap();
        }
        assert_eq!(bytes(&store), 10_000);
        store.create(&mut heavy(1_000, 40)).await.unwrap();
        assert!(store.load(&all[1].id).await.unwrap().is_none(), "the one that is over first");
        assert_eq!((len(&store), bytes(&store)), ((3, 3), 7_000));
        // One that grows makes others go, and stays itself.
        let grown = Record { id: all[0].id, ..heavy(8_000, 5) };
        store.save(&grown).await.unwrap();
        assert_eq!((len(&store), bytes(&store)), ((2, 2), 9_000));
        assert!(store.load(&all[0].id).await.unwrap().is_some());
        store.delete(&all[0].id).await.unwrap();
        assert_eq!(bytes(&store), 1_000);
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
        assert_eq!(bytes(&store), 8 << 10);
    }

    #[test]
    fn a_value_weighs_what_it_takes_in_memory_and_not_as_text() {
        let of_text = |text: &str| of(&serde_json::from_str(text).unwrap());
        let one = size_of::<Value>();
        assert_eq!(of_text("[0,0,0]"), 4 * one);
        assert_eq!(of_text(r#"{"a":null}"#), one + NODE_BYTES + 1);
        let six = r#""a":[0],"b":0,"c":"cc","d":0,"e":0,"f":0"#;
        assert_eq!(of_text(&format!("{{{six}}}")), one + NODE_BYTES + 6 + one + 2);
        assert_eq!(of_text(&format!(r#"{{{six},"g":{{}}}}"#)), one + 2 * NODE_BYTES + 7 + one + 2);
        // A tree of small objects, of which each takes a node.
        let nested = r#"{"a":{"a":{"a":0}}}"#;
        assert_eq!(of_text(nested), one + 3 * (NODE_BYTES + 1));
        assert_eq!(of_text(r#""abc""#), one + 3);
    }
}
