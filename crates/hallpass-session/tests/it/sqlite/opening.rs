//! A file that others have open, or open at the same time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hallpass_session::TokenKey;
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use tokio::task::JoinSet;

use super::{World, ada, written};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_that_open_a_new_file_at_once_all_come_to_write() {
    for _ in 0..5 {
        let world = Arc::new(World::new());
        let mut openers = JoinSet::new();
        for user in 0..12 {
            let world = Arc::clone(&world);
            openers.spawn(async move {
                let key = TokenKey::new(&user.to_string(), "github");
                written(&world.store().await, &key, "token").await;
            });
        }
        openers.join_all().await;
        assert_eq!(world.rows().await, 12);
    }
}

/// Another process has begun `sql` in a file without a write-ahead log yet. To begin with one takes
/// the file for oneself.
async fn check_waits_while_another_process_has_begun(sql: &str) {
    let world = Arc::new(World::new());
    let options = SqliteConnectOptions::new().filename(world.path()).create_if_missing(true);
    let other = SqlitePool::connect_with(options).await.unwrap();
    let mut theirs = other.acquire().await.unwrap();
    sqlx::raw_sql("CREATE TABLE theirs (a)").execute(&mut *theirs).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut *theirs).await.unwrap();
    let opening = tokio::spawn({
        let world = Arc::clone(&world);
        async move { world.store().await }
    });
    let begun = Instant::now();
    for _ in 0..1_000 {
        sqlx::query("SELECT a FROM theirs").execute(&mut *theirs).await.unwrap();
        // It waits for 8 s, and this machine may be slow.
        if begun.elapsed() > Duration::from_secs(1) {
            break;
        }
    }
    assert!(!opening.is_finished(), "it waits");
    sqlx::query("COMMIT").execute(&mut *theirs).await.unwrap();
    let store = opening.await.unwrap();
    written(&store, &ada(), "token").await;
}

#[tokio::test]
async fn a_file_that_another_process_is_reading_is_waited_for() {
    check_waits_while_another_process_has_begun("BEGIN; SELECT a FROM theirs").await;
}

#[tokio::test]
async fn a_file_that_another_process_is_writing_is_waited_for() {
    check_waits_while_another_process_has_begun("BEGIN IMMEDIATE").await;
}
