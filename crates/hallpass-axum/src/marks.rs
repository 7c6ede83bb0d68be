//! What is remembered beside the sessions, in their store: that one is over, or all of somebody's.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// A record with this word is no session.
const WHEN: &str = "hallpass.mark";

/// Puts a mark under some words, for `lasting`: it was set at `now`.
pub(crate) async fn put(
    store: &dyn SessionStore,
    words: &[&str],
    now: SystemTime,
    lasting: Duration,
) -> Result<()> {
    let mut record = record(words, now, lasting);
    let name = record.id;
    // Not saved at once: there are stores that save what is there, and nothing else.
    let is_there = match store.load(&name).await {
        Err(Error::Decode(_)) => true,
        found => found?.is_some(),
    };
    if is_there {
        return store.save(&record).await;
    }
    store.create(&mut record).await?;
    if record.id == name {
        return Ok(());
    }
    // Somebody was faster, or one that is over is still there: it was made under an id of no use.
    store.delete(&record.id).await?;
    record.id = name;
    store.save(&record).await
}

/// Puts a mark that is not there yet: whether it is the caller's. Of two at once one is told so, if
/// the store tells a record that is there from one that is not in one step.
pub(crate) async fn claim(
    store: &dyn SessionStore,
    words: &[&str],
    now: SystemTime,
    lasting: Duration,
) -> Result<bool> {
    if find(store, words).await?.is_some() {
        return Ok(false);
    }
    let mut record = record(words, now, lasting);
    let name = record.id;
    store.create(&mut record).await?;
    if record.id == name {
        return Ok(true);
    }
    // Somebody was faster, and this one was made under an id of no use.
    store.delete(&record.id).await?;
    Ok(false)
}

fn record(words: &[&str], now: SystemTime, lasting: Duration) -> Record {
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let data = HashMap::from([(WHEN.to_owned(), Value::from(seconds))]);
    Record { id: id(words), data, expiry_date: (now + lasting).into() }
}

/// When the mark under these words was set last, if it is there, in seconds since 1970. One that
/// cannot be read is an error, and not none, which would let somebody in.
pub(crate) async fn find(store: &dyn SessionStore, words: &[&str]) -> Result<Option<u64>> {
    let Some(record) = store.load(&id(words)).await? else { return Ok(None) };
    let unreadable = || Error::Decode("a mark is not as it was written".to_owned());
    // check: 79 => Ok(when(&record))
    when(&record).map(Some).ok_or_else(unreadable)
}

/// Whether a record is a mark, which nobody may have for a session.
pub(crate) fn is_mark(record: &Record) -> bool {
    record.data.contains_key(WHEN)
}

fn when(record: &Record) -> Option<u64> {
    record.data.get(WHEN)?.as_u64()
}

/// Each word with its length before it: no two lists of words are one.
fn id(words: &[&str]) -> Id {
    let mut hash = Sha256::new();
    for word in words {
        hash.update((word.len() as u64).to_be_bytes());
        hash.update(word.as_bytes());
    }
    let mut first = [0; 16];
    first.copy_from_slice(&hash.finalize()[..16]);
    Id(i128::from_be_bytes(first))
}
