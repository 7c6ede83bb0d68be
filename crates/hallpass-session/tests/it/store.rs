use std::sync::Arc;

use hallpass_session::{MemoryStore, TokenKey, TokenStore, Version, contract};

#[tokio::test]
async fn the_memory_store_keeps_the_contract() {
    contract::check(Arc::new(MemoryStore::new())).await;
}

#[tokio::test]
async fn debug_shows_neither_users_nor_tokens() {
    let store = MemoryStore::new();
    let key = TokenKey::new("ada", "github");
    store.compare_and_swap(&key, None, &"planted".into()).await.unwrap();
    assert_eq!(format!("{store:?}"), "MemoryStore { tokens: 1 }");
}

#[test]
fn a_version_is_never_negative() {
    for _ in 0..1_000 {
        let version = Version::random();
        assert!(version.get() >= 0);
        assert_eq!(Version::from_stored(version.get()), version);
    }
}
