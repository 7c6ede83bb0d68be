//! Real processes that share an SQLite file and one expired token. The same against Redis and
//! PostgreSQL is among the tests against real servers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod checks;

use tempfile::TempDir;

/// In memory where that can be: nothing loses its power here, and six processes that wait for one
/// busy disk together would outlast a lease.
fn store() -> (TempDir, String) {
    let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
    let path = folder.path().join("tokens.sqlite");
    let store = format!("sqlite:{}", path.display());
    (folder, store)
}

#[tokio::test]
async fn processes_with_one_expired_token_make_one_request() {
    let (_folder, store) = store();
    checks::together(&store).await;
}

#[tokio::test]
async fn a_process_that_is_killed_anywhere_leaves_the_next_one_able_to_go_on() {
    let (_folder, store) = store();
    checks::killed_anywhere(&store).await;
}
