//! The durable token stores, on the servers that they are for.

mod postgres;
mod redis;
pub(crate) mod silent;

use std::{sync::Arc, time::Duration};

use hallpass_core::{Error, ErrorKind, Secret};
use hallpass_session::{
    AtRest, Entry, Lease, SealingKeys, TokenKey, TokenStore, Version, contract,
};
use hallpass_tests::server::{RealServer, free_ports};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::shared::PATIENCE;

/// For a call whose answer never comes: 10 s are promised, and 2 s to give back what it may have
/// taken.
const UNHEARD: Duration = Duration::from_secs(30);

/// A key that no other test has.
fn fresh() -> TokenKey {
    TokenKey::new(&format!("user {:x}", Version::random().get()), "github")
}

fn sealed() -> AtRest {
    AtRest::sealed(SealingKeys::generate())
}

fn keys(key: &Secret) -> SealingKeys {
    SealingKeys::new(key.clone()).unwrap()
}

async fn written(store: &dyn TokenStore, key: &TokenKey, token: &str) {
    let version = store.load(key).await.unwrap().map(|entry| entry.version);
    store.compare_and_swap(key, version, &token.into()).await.unwrap().unwrap();
}

async fn loaded(store: &dyn TokenStore, key: &TokenKey) -> Option<String> {
    store.load(key).await.unwrap().map(|entry| entry.token.expose().to_owned())
}

#[track_caller]
fn check_error(error: &Error, kind: ErrorKind, reason: &str) {
    assert_eq!((error.kind(), error.reason()), (kind, Some(reason)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
}

/// Two handles that were connected each for itself.
async fn check_contract(first: impl TokenStore + 'static, second: impl TokenStore + 'static) {
    let (first, second): (Arc<dyn TokenStore>, Arc<dyn TokenStore>) =
        (Arc::new(first), Arc::new(second));
    contract::check(Arc::clone(&first)).await;
    contract::check_shared(first, second).await;
}

/// With one key, with a newer one before it, and with the newer one alone.
async fn check_rotation<S: TokenStore>(connected: impl AsyncFn(AtRest) -> S) {
    let [old, new] = [SealingKeys::generate_key(), SealingKeys::generate_key()];
    let both = keys(&new).with_old(old.clone()).unwrap();
    let before = connected(AtRest::sealed(keys(&old))).await;
    let rotated = connected(AtRest::sealed(both)).await;
    let after = connected(AtRest::sealed(keys(&new))).await;
    let [kept, renewed] = [fresh(), fresh()];
    written(&before, &kept, "old").await;
    written(&before, &renewed, "old").await;
    assert_eq!(loaded(&rotated, &kept).await.as_deref(), Some("old"));
    written(&rotated, &renewed, "new").await;
    assert_eq!(loaded(&after, &renewed).await.as_deref(), Some("new"));
    check_error(&after.load(&kept).await.unwrap_err(), ErrorKind::Security, "unknown_key");
    check_error(&before.load(&renewed).await.unwrap_err(), ErrorKind::Security, "unknown_key");
    assert_eq!(loaded(&rotated, &kept).await.as_deref(), Some("old"), "and nothing is lost");
}

async fn there(store: &dyn TokenStore, key: &TokenKey) -> Entry {
    loop {
        match store.load(key).await {
            Ok(entry) => return entry.unwrap(),
            Err(error) => check_error(&error, ErrorKind::Transport, "store"),
        }
    }
}

/// The lease, as soon as it was given back: at once, or a little later if that was not heard.
async fn taken(store: &dyn TokenStore, key: &TokenKey, length: Duration) -> Lease {
    let taken = timeout(PATIENCE, async {
        loop {
            if let Some(lease) = store.lease(key, length).await.unwrap() {
                return lease;
            }
        }
    });
    taken.await.expect("it was not given back")
}

/// `far` takes a lease, whose answer never comes: what it sent was carried out. `near` has another
/// way to the same server. `silence` ends all answers to the connections of `far`.
async fn check_unheard(far: &dyn TokenStore, near: &dyn TokenStore, silence: impl AsyncFn()) {
    let long = Duration::from_secs(600);
    let [clean, doubtful] = [fresh(), fresh()];
    written(far, &clean, "token").await;
    let held = far.lease(&doubtful, long).await.unwrap().unwrap();
    far.release(held, true).await.unwrap();
    silence().await;
    let unheard = timeout(UNHEARD, far.lease(&clean, long)).await.expect("it waits for long");
    check_error(&unheard.unwrap_err(), ErrorKind::Transport, "store");
    let next = taken(near, &clean, long).await;
    assert!(!next.was_interrupted(), "without a doubt that there was not before");
    near.release(next, false).await.unwrap();
    assert_eq!(loaded(far, &clean).await.as_deref(), Some("token"), "over a new connection");
    silence().await;
    far.lease(&doubtful, long).await.unwrap_err();
    let next = taken(near, &doubtful, long).await;
    assert!(next.was_interrupted(), "with the doubt that there was before");
}

/// A token and a lease that were there before the server was killed are there when it is back, at
/// the same port.
async fn check_killed<S: TokenStore>(name: &str, connected: impl AsyncFnOnce(&str) -> S) {
    // The user of PostgreSQL must come in, and TMPDIR may be where root alone does.
    let folder = TempDir::new_in("/tmp").or_else(|_| TempDir::new()).unwrap();
    let data = folder.path().to_str().unwrap();
    let [port] = free_ports().unwrap().map(|port| port.to_string());
    let options = ["--data", data, "--port", &port];
    let server = RealServer::start(name, &options).unwrap();
    let store = &connected(server.url()).await;
    let long = Duration::from_secs(600);
    let key = fresh();
    written(store, &key, "planted").await;
    let lease = store.lease(&key, long).await.unwrap().unwrap();
    drop(server);
    // The signal may take its time.
    let gone = timeout(PATIENCE, async { while store.load(&key).await.is_ok() {} });
    gone.await.expect("the server was not killed");
    check_error(&store.load(&key).await.unwrap_err(), ErrorKind::Transport, "store");
    let error = store.compare_and_swap(&key, None, &"planted".into()).await.unwrap_err();
    check_error(&error, ErrorKind::Transport, "store");
    let _server = RealServer::start(name, &options).unwrap();
    // And a connection, too, until it is made anew.
    let back = timeout(PATIENCE, there(store, &key)).await;
    let entry = back.expect("the connection was not made anew");
    assert!(entry.token.matches("planted"));
    assert!(store.lease(&key, long).await.unwrap().is_none(), "the lease is still held");
    store.release(lease, true).await.unwrap();
    assert!(store.lease(&key, long).await.unwrap().unwrap().was_interrupted());
    let newer = store.compare_and_swap(&key, Some(entry.version), &"newer".into()).await.unwrap();
    assert!(newer.is_some());
}

/// A lease that seems to come from the future, since the server's clock was set back, ends a little
/// later than it should, and not when the clock has caught up. `advance` moves one by seconds.
async fn check_set_back(store: &dyn TokenStore, advance: impl AsyncFn(&TokenKey, i32)) {
    let long = Duration::from_secs(60);
    for (ahead, is_taken) in [(0, false), (5, false), (20, true), (7_200, true)] {
        let key = fresh();
        store.lease(&key, long).await.unwrap().unwrap();
        advance(&key, ahead).await;
        let taken = store.lease(&key, long).await.unwrap();
        let was_interrupted = taken.map(|lease| lease.was_interrupted());
        assert_eq!(was_interrupted, is_taken.then_some(true), "{ahead} s");
    }
}
