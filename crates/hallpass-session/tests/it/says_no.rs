//! A database that answers, and takes nothing.

use std::time::{Duration, Instant};

use hallpass_core::ErrorKind;
use hallpass_session::{AtRest, SqliteStore, TokenKey, TokenStore};
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use tokio::{runtime::Handle, task, time};

#[tokio::test]
async fn a_lease_that_a_database_refused_leaves_no_task_behind() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = SqliteConnectOptions::new().filename(folder.path().join("tokens.db"));
    let at_rest = AtRest::dangerously_plain;
    let pool = SqlitePool::connect_with(file.clone().create_if_missing(true)).await.unwrap();
    SqliteStore::from_pool(pool, SqliteStore::TABLE, at_rest()).await.unwrap();

    let pool = SqlitePool::connect_with(file.pragma("query_only", "1")).await.unwrap();
    let store = SqliteStore::from_pool(pool, SqliteStore::TABLE, at_rest()).await.unwrap();
    let key = TokenKey::new("ada", "github");
    store.load(&key).await.unwrap();
    let before = fewest().await;
    for _ in 0..20 {
        let error = store.lease(&key, Duration::from_secs(60)).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("store")));
    }
    let at_rest = async {
        while tasks() > before {
            task::yield_now().await;
        }
    };
    assert!(time::timeout(Duration::from_secs(20), at_rest).await.is_ok(), "{}", tasks());
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// Those that stay: the pool has some that come and go.
async fn fewest() -> usize {
    let (began, mut fewest) = (Instant::now(), tasks());
    while began.elapsed() < Duration::from_millis(100) {
        task::yield_now().await;
        fewest = fewest.min(tasks());
    }
    fewest
}
