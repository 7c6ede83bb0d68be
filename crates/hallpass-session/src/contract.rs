//! A test of a [`TokenStore`], line by line of its contract: for the stores here, and for yours.
//!
//! ```
//! # use std::sync::Arc;
//! # use hallpass_session::{MemoryStore, contract};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! contract::check(Arc::new(MemoryStore::new())).await;
//! # }
//! ```

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::{collections::HashSet, sync::Arc, time::Duration};

use hallpass_core::Secret;
use tokio::{task::JoinSet, time::sleep};

use crate::{Lease, TokenKey, TokenStore, Version};

/// Long enough for a store on another machine to answer several times.
const LONG: Duration = Duration::from_secs(60);
/// Short enough to wait for: the least that a store which counts in whole seconds can keep.
const SHORT: Duration = Duration::from_secs(1);
/// When it is over for a store that rounds up, too.
const AFTER_SHORT: Duration = Duration::from_millis(2_200);

/// Holds `store` to its contract, by keys of its own that are new each time. Takes a little more
/// than two seconds.
///
/// # Panics
///
/// With the line that the store does not keep.
pub async fn check(store: Arc<dyn TokenStore>) {
    writes_are_compared(&*store).await;
    keys_are_kept_apart(&*store).await;
    any_text_comes_back(&*store).await;
    versions_are_never_given_twice(&*store).await;
    one_of_many_writers_wins(&[Arc::clone(&store)]).await;
    one_of_many_holds_the_lease(&[Arc::clone(&store)]).await;
    an_interruption_is_remembered(&*store).await;
    a_write_without_a_lease_ends_the_doubt(&*store).await;
    a_lease_and_its_doubt_outlive_the_token(&*store).await;
    a_lease_of_any_length_is_one(&*store).await;
    leases_end_by_themselves(&*store).await;
}

/// Holds two handles of one store to its contract, each with connections of its own, as two
/// processes have them. For a store that several processes share; [`check`] comes first.
///
/// # Panics
///
/// With the line that the store does not keep.
pub async fn check_shared(first: Arc<dyn TokenStore>, second: Arc<dyn TokenStore>) {
    what_one_writes_the_other_reads(&*first, &*second).await;
    what_one_leases_the_other_waits_for(&*first, &*second).await;
    let both = [first, second];
    one_of_many_writers_wins(&both).await;
    one_of_many_holds_the_lease(&both).await;
}

/// A key that no run before had.
fn fresh() -> TokenKey {
    TokenKey::new(&format!("user {:x}", Version::random().get()), "contract")
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

async fn loaded(store: &dyn TokenStore, key: &TokenKey) -> Option<(String, Version)> {
    let entry = store.load(key).await.expect("load answers")?;
    Some((entry.token.expose().to_owned(), entry.version))
}

async fn swap(
    store: &dyn TokenStore,
    key: &TokenKey,
    expected: Option<Version>,
    token: &str,
) -> Option<Version> {
    let swapped = store.compare_and_swap(key, expected, &secret(token)).await;
    swapped.expect("compare_and_swap answers")
}

async fn lease(store: &dyn TokenStore, key: &TokenKey, length: Duration) -> Option<Lease> {
    store.lease(key, length).await.expect("lease answers")
}

async fn release(store: &dyn TokenStore, lease: Lease, is_in_doubt: bool) {
    store.release(lease, is_in_doubt).await.expect("release answers");
}

async fn writes_are_compared(store: &dyn TokenStore) {
    let key = fresh();
    assert!(loaded(store, &key).await.is_none(), "a new key has no token");
    let no = swap(store, &key, Some(Version::random()), "a").await;
    assert!(no.is_none(), "a version is expected, and there is none");
    let first =
        swap(store, &key, None, "a").await.expect("nothing is expected, and nothing is there");
    assert_eq!(loaded(store, &key).await, Some(("a".into(), first)), "what was written is read");
    assert!(swap(store, &key, None, "b").await.is_none(), "nothing is expected, and there is one");
    let second = swap(store, &key, Some(first), "b").await.expect("the version is as expected");
    assert!(swap(store, &key, Some(first), "c").await.is_none(), "the version is an old one");
    assert_eq!(loaded(store, &key).await, Some(("b".into(), second)), "a refused write is none");
    store.delete(&key).await.expect("delete answers");
    assert!(loaded(store, &key).await.is_none(), "what was deleted is gone");
    assert!(
        swap(store, &key, Some(second), "d").await.is_none(),
        "a deleted version is an old one"
    );
    store.delete(&key).await.expect("deleting nothing is no error");
}

async fn keys_are_kept_apart(store: &dyn TokenStore) {
    let unique = format!("{:x}", Version::random().get());
    let keys = [
        // Joined with any separator, two of these would be one.
        ("a", "b:c"),
        ("a:b", "c"),
        ("a", "b/c"),
        ("a/b", "c"),
        ("", "a b c"),
        ("é'", "\""),
        // And to a collation that knows people's names, these are one.
        ("Ada", "x"),
        ("ada", "x"),
        ("ada ", "x"),
    ];
    let keys = keys.map(|(user, provider)| TokenKey::new(user, &format!("{provider}{unique}")));
    for (index, key) in keys.iter().enumerate() {
        swap(store, key, None, &index.to_string()).await.expect("a key of its own");
    }
    for (index, key) in keys.iter().enumerate() {
        let token = loaded(store, key).await.map(|(token, _)| token);
        assert_eq!(token, Some(index.to_string()), "{key:?} has its own token");
        store.delete(key).await.expect("delete answers");
    }
}

async fn any_text_comes_back(store: &dyn TokenStore) {
    let long = "x".repeat(100_000);
    for text in ["{\"a\":\"é\\u0000'\\\"\"}", "\u{1f511}\n\t", "", &long] {
        let key = fresh();
        swap(store, &key, None, text).await.expect("a write");
        let token = loaded(store, &key).await.map(|(token, _)| token);
        assert_eq!(token.as_deref(), Some(text), "a token comes back as it was written");
        store.delete(&key).await.expect("delete answers");
    }
}

async fn versions_are_never_given_twice(store: &dyn TokenStore) {
    let key = fresh();
    let mut seen = HashSet::new();
    for _ in 0..20 {
        let first = swap(store, &key, None, "same").await.expect("a write");
        let second = swap(store, &key, Some(first), "same").await.expect("a write");
        store.delete(&key).await.expect("delete answers");
        assert!(seen.insert(first) && seen.insert(second), "a version came twice");
    }
}

async fn one_of_many_writers_wins(handles: &[Arc<dyn TokenStore>]) {
    let store = &handles[0];
    let key = fresh();
    let mut expected = None;
    for _ in 0..5 {
        let mut writers = JoinSet::new();
        for (writer, store) in (0..16).zip(handles.iter().cycle()) {
            let (store, key) = (Arc::clone(store), key.clone());
            writers.spawn(async move {
                swap(&*store, &key, expected, &writer.to_string()).await.map(|it| (writer, it))
            });
        }
        let written = writers.join_all().await;
        let winners: Vec<_> = written.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "of many writers that expect the same, one wins");
        let (writer, version) = winners[0];
        assert_eq!(loaded(&**store, &key).await, Some((writer.to_string(), version)));
        expected = Some(version);
    }
    store.delete(&key).await.expect("delete answers");
}

async fn one_of_many_holds_the_lease(handles: &[Arc<dyn TokenStore>]) {
    let store = &handles[0];
    let key = fresh();
    let mut takers = JoinSet::new();
    for (_, store) in (0..16).zip(handles.iter().cycle()) {
        let (store, key) = (Arc::clone(store), key.clone());
        takers.spawn(async move { lease(&*store, &key, LONG).await });
    }
    let mut held: Vec<_> = takers.join_all().await.into_iter().flatten().collect();
    assert_eq!(held.len(), 1, "one holds the lease");
    let held = held.pop().expect("one");
    assert_eq!(held.key(), &key, "it is on what was asked for");
    assert!(!held.was_interrupted(), "nobody was there before");
    assert!(lease(&**store, &key, LONG).await.is_none(), "it is still held");
    let other = lease(&**store, &fresh(), LONG).await.expect("another key has its own");
    release(&**store, other, false).await;
    release(&**store, held, false).await;
    let next = lease(&**store, &key, LONG).await.expect("it was given back");
    assert!(!next.was_interrupted(), "it was given back without a doubt");
    release(&**store, next, false).await;
}

/// All that is to be waited for, at once.
async fn leases_end_by_themselves(store: &dyn TokenStore) {
    let [key, long_key, written_key, late_key, no_key] = [(); 5].map(|()| fresh());
    let late = lease(store, &key, SHORT).await.expect("a lease");
    let long = lease(store, &long_key, LONG).await.expect("a lease");
    let silent = lease(store, &written_key, SHORT).await.expect("a lease");
    let [late_alone, none] =
        [lease(store, &late_key, SHORT).await, lease(store, &no_key, Duration::ZERO).await];
    sleep(AFTER_SHORT).await;

    let next = lease(store, &key, LONG).await.expect("the old one ran out");
    assert!(next.was_interrupted(), "the old one was not given back");
    release(store, late, false).await;
    assert!(lease(store, &key, LONG).await.is_none(), "who comes late gives nothing back");
    release(store, next, true).await;
    let last = lease(store, &key, LONG).await.expect("a lease");
    assert!(last.was_interrupted(), "and ends no doubt of those who came after");
    release(store, last, false).await;

    release(store, late_alone.expect("a lease"), false).await;
    let next = lease(store, &late_key, LONG).await.expect("a lease");
    assert!(!next.was_interrupted(), "who comes late, and before any other, gives it back");
    release(store, next, false).await;

    let none = none.expect("no length at all is a short one");
    let next = lease(store, &no_key, LONG).await.expect("which ran out");
    assert!(next.was_interrupted(), "and was not given back");
    release(store, none, false).await;
    release(store, next, false).await;

    assert!(lease(store, &long_key, LONG).await.is_none(), "a long lease is long");
    release(store, long, false).await;

    swap(store, &written_key, None, "a").await.expect("a write");
    let next = lease(store, &written_key, LONG).await.expect("the old one ran out");
    assert!(!next.was_interrupted(), "a write after the end of a lease ends the doubt");
    release(store, silent, true).await;
    release(store, next, false).await;
    let last = lease(store, &written_key, LONG).await.expect("a lease");
    assert!(!last.was_interrupted(), "who comes late casts no doubt");
    release(store, last, false).await;
    store.delete(&written_key).await.expect("delete answers");
}

async fn an_interruption_is_remembered(store: &dyn TokenStore) {
    let key = fresh();
    let first = lease(store, &key, LONG).await.expect("a lease");
    release(store, first, true).await;
    let second = lease(store, &key, LONG).await.expect("a lease");
    assert!(second.was_interrupted(), "it was given back in doubt");
    release(store, second, true).await;
    let third = lease(store, &key, LONG).await.expect("a lease");
    assert!(third.was_interrupted(), "and in doubt again");
    release(store, third, false).await;
    let fourth = lease(store, &key, LONG).await.expect("a lease");
    assert!(!fourth.was_interrupted(), "the doubt is over");
    release(store, fourth, false).await;
}

async fn a_write_without_a_lease_ends_the_doubt(store: &dyn TokenStore) {
    let key = fresh();
    let first = swap(store, &key, None, "a").await.expect("a write");
    let held = lease(store, &key, LONG).await.expect("a lease");
    let second = swap(store, &key, Some(first), "b").await.expect("a write");
    release(store, held, true).await;
    let held = lease(store, &key, LONG).await.expect("a lease");
    assert!(held.was_interrupted(), "a write under a lease does not end it");
    release(store, held, true).await;
    assert!(swap(store, &key, Some(first), "c").await.is_none(), "the version is an old one");
    let held = lease(store, &key, LONG).await.expect("a lease");
    assert!(held.was_interrupted(), "a refused write does not end it either");
    release(store, held, true).await;
    swap(store, &key, Some(second), "c").await.expect("a write");
    let held = lease(store, &key, LONG).await.expect("a lease");
    assert!(!held.was_interrupted(), "a login does");
    release(store, held, false).await;
    store.delete(&key).await.expect("delete answers");
}

async fn a_lease_of_any_length_is_one(store: &dyn TokenStore) {
    let key = fresh();
    let held = lease(store, &key, Duration::MAX).await.expect("a lease for ever is one");
    assert!(lease(store, &key, Duration::MAX).await.is_none(), "it is held");
    release(store, held, false).await;
    let next = lease(store, &key, LONG).await.expect("it was given back");
    release(store, next, false).await;
}

async fn a_lease_and_its_doubt_outlive_the_token(store: &dyn TokenStore) {
    let key = fresh();
    swap(store, &key, None, "a").await.expect("a write");
    let held = lease(store, &key, LONG).await.expect("a lease");
    store.delete(&key).await.expect("delete answers");
    assert!(lease(store, &key, LONG).await.is_none(), "a deletion ends no lease");
    swap(store, &key, None, "b").await.expect("a write");
    assert!(lease(store, &key, LONG).await.is_none(), "a write ends no lease");
    release(store, held, true).await;
    store.delete(&key).await.expect("delete answers");
    let held = lease(store, &key, LONG).await.expect("a lease");
    assert!(held.was_interrupted(), "a deletion ends no doubt");
    release(store, held, false).await;
}

async fn what_one_writes_the_other_reads(first: &dyn TokenStore, second: &dyn TokenStore) {
    let key = fresh();
    let one = swap(first, &key, None, "a").await.expect("a write");
    assert_eq!(loaded(second, &key).await, Some(("a".into(), one)), "the other reads it");
    assert!(swap(second, &key, None, "b").await.is_none(), "and knows that there is one");
    let two = swap(second, &key, Some(one), "b").await.expect("it replaces what the other wrote");
    assert!(swap(first, &key, Some(one), "c").await.is_none(), "which is now an old one");
    assert_eq!(loaded(first, &key).await, Some(("b".into(), two)), "the first reads the new one");
    second.delete(&key).await.expect("delete answers");
    assert!(loaded(first, &key).await.is_none(), "what the other deleted is gone");
}

async fn what_one_leases_the_other_waits_for(first: &dyn TokenStore, second: &dyn TokenStore) {
    let key = fresh();
    let held = lease(first, &key, LONG).await.expect("a lease");
    assert!(lease(second, &key, LONG).await.is_none(), "the other has it");
    release(first, held, true).await;
    let held = lease(second, &key, LONG).await.expect("the other gave it back");
    assert!(held.was_interrupted(), "in doubt");
    assert!(lease(first, &key, LONG).await.is_none(), "now the other one has it");
    release(second, held, true).await;
    swap(first, &key, None, "a").await.expect("a write");
    let held = lease(second, &key, LONG).await.expect("a lease");
    assert!(!held.was_interrupted(), "the other's write ended the doubt");
    release(second, held, false).await;
    second.delete(&key).await.expect("delete answers");
}
