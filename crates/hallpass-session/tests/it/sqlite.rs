use std::{error::Error as _, fs, path::PathBuf, sync::Arc, time::Duration};

use hallpass_core::{Error, ErrorKind, Secret};
use hallpass_session::{AtRest, SealingKeys, SqliteStore, TokenKey, TokenStore, contract};
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

mod opening;

/// A folder with a file that is not there yet.
struct World {
    folder: TempDir,
    key: Secret,
}

impl World {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), key: SealingKeys::generate_key() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("tokens.db")
    }

    fn at_rest(&self) -> AtRest {
        AtRest::sealed(SealingKeys::new(self.key.clone()).unwrap())
    }

    async fn store(&self) -> SqliteStore {
        self.store_with(self.at_rest()).await
    }

    async fn store_with(&self, at_rest: AtRest) -> SqliteStore {
        SqliteStore::open(self.path(), at_rest).await.unwrap()
    }

    /// To look behind the scenes.
    async fn pool(&self) -> SqlitePool {
        SqlitePool::connect_with(SqliteConnectOptions::new().filename(self.path())).await.unwrap()
    }

    async fn rows(&self) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM hallpass_tokens");
        count.fetch_one(&self.pool().await).await.unwrap()
    }

    async fn run(&self, sql: &str) {
        sqlx::query(sql).execute(&self.pool().await).await.unwrap();
    }
}

fn ada() -> TokenKey {
    TokenKey::new("ada", "github")
}

async fn loaded(store: &SqliteStore, key: &TokenKey) -> Option<String> {
    store.load(key).await.unwrap().map(|entry| entry.token.expose().to_owned())
}

async fn written(store: &SqliteStore, key: &TokenKey, token: &str) {
    let version = store.load(key).await.unwrap().map(|entry| entry.version);
    store.compare_and_swap(key, version, &token.into()).await.unwrap().unwrap();
}

#[track_caller]
fn check_error(error: &Error, kind: ErrorKind, reason: &str) {
    assert_eq!((error.kind(), error.reason()), (kind, Some(reason)), "{error}");
    assert!(!format!("{error:?}").contains("planted"), "{error:?}");
}

#[tokio::test]
async fn a_file_keeps_the_contract() {
    let world = World::new();
    contract::check(Arc::new(world.store().await)).await;
    assert_eq!(world.rows().await, 0, "no row is left");
}

#[tokio::test]
async fn a_plain_file_keeps_the_contract() {
    let world = World::new();
    contract::check(Arc::new(world.store_with(AtRest::dangerously_plain()).await)).await;
}

#[tokio::test]
async fn two_that_opened_one_file_share_it() {
    let world = World::new();
    let [first, second] = [world.store().await, world.store().await];
    contract::check_shared(Arc::new(first), Arc::new(second)).await;
    assert_eq!(world.rows().await, 0);
}

#[tokio::test]
async fn what_was_written_is_there_for_the_next_process() {
    let world = World::new();
    let store = world.store().await;
    written(&store, &ada(), "token").await;
    let lease = store.lease(&ada(), Duration::from_millis(1)).await.unwrap().unwrap();
    drop(store);
    let store = world.store().await;
    assert_eq!(loaded(&store, &ada()).await.as_deref(), Some("token"));
    let next = loop {
        if let Some(next) = store.lease(&ada(), Duration::from_secs(60)).await.unwrap() {
            break next;
        }
    };
    assert!(next.was_interrupted());
    store.release(lease, false).await.unwrap();
    assert!(store.lease(&ada(), Duration::from_secs(60)).await.unwrap().is_none());
}

#[tokio::test]
async fn no_token_is_in_the_file_but_where_the_application_says_so() {
    let bytes = |world: &World| {
        let files = fs::read_dir(world.folder.path()).unwrap();
        files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect::<Vec<_>>()
    };
    let has_it = |bytes: &[u8]| bytes.windows(7).any(|window| window == b"planted");
    let sealed = World::new();
    let store = sealed.store().await;
    written(&store, &ada(), "planted").await;
    assert!(!has_it(&bytes(&sealed)));
    let plain = World::new();
    let store = plain.store_with(AtRest::dangerously_plain()).await;
    written(&store, &ada(), "planted").await;
    assert!(has_it(&bytes(&plain)), "or this would find nothing ever");
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_alone_and_an_old_one_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let store = world.store().await;
    written(&store, &ada(), "token").await;
    for file in fs::read_dir(world.folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", file.path());
    }
    drop(store);
    fs::set_permissions(world.path(), fs::Permissions::from_mode(0o640)).unwrap();
    world.store().await;
    assert_eq!(fs::metadata(world.path()).unwrap().permissions().mode() & 0o777, 0o640);
}

#[tokio::test]
async fn another_key_opens_nothing_and_loses_nothing() {
    let world = World::new();
    written(&world.store().await, &ada(), "token").await;
    let other = world.store_with(AtRest::sealed(SealingKeys::generate())).await;
    check_error(&other.load(&ada()).await.unwrap_err(), ErrorKind::Security, "unknown_key");
    let plain = world.store_with(AtRest::dangerously_plain()).await;
    check_error(&plain.load(&ada()).await.unwrap_err(), ErrorKind::Config, "sealed");
    assert_eq!(loaded(&world.store().await, &ada()).await.as_deref(), Some("token"));
}

#[tokio::test]
async fn a_token_that_was_moved_or_changed_is_refused_and_stays() {
    let world = World::new();
    let store = world.store().await;
    let bob = TokenKey::new("bob", "github");
    written(&store, &ada(), "ada's").await;
    written(&store, &bob, "bob's").await;
    world
        .run(
            "UPDATE hallpass_tokens SET token = (SELECT token FROM hallpass_tokens WHERE user_id = \
             'ada') WHERE user_id = 'bob'",
        )
        .await;
    check_error(&store.load(&bob).await.unwrap_err(), ErrorKind::Security, "broken_seal");
    assert_eq!(loaded(&store, &ada()).await.as_deref(), Some("ada's"));
    world.run("UPDATE hallpass_tokens SET token = substr(token, 1, 60)").await;
    let error = store.load(&ada()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Security, "{error}");
    assert_eq!(world.rows().await, 2);
    store.delete(&bob).await.unwrap();
    assert_eq!(loaded(&store, &bob).await, None, "a row that does not open can be deleted");
}

#[tokio::test]
async fn a_token_that_somebody_planted_is_refused_unless_plain_ones_are_taken() {
    let world = World::new();
    written(&world.store_with(AtRest::dangerously_plain()).await, &ada(), "planted").await;
    let sealed = world.store().await;
    check_error(&sealed.load(&ada()).await.unwrap_err(), ErrorKind::Security, "not_sealed");
    let migrating = world.store_with(world.at_rest().dangerously_take_plain()).await;
    assert_eq!(loaded(&migrating, &ada()).await.as_deref(), Some("planted"));
    written(&migrating, &ada(), "new").await;
    assert_eq!(loaded(&sealed, &ada()).await.as_deref(), Some("new"), "it is sealed now");
}

#[tokio::test]
async fn after_a_rotation_old_tokens_open_and_new_ones_are_sealed_anew() {
    let world = World::new();
    let old = world.store().await;
    written(&old, &ada(), "old").await;
    let new_key = SealingKeys::generate_key();
    let new_keys = || SealingKeys::new(new_key.clone()).unwrap();
    let rotated = new_keys().with_old(world.key.clone()).unwrap();
    let rotated = world.store_with(AtRest::sealed(rotated)).await;
    assert_eq!(loaded(&rotated, &ada()).await.as_deref(), Some("old"));
    written(&rotated, &ada(), "new").await;
    let only_new = world.store_with(AtRest::sealed(new_keys())).await;
    assert_eq!(loaded(&only_new, &ada()).await.as_deref(), Some("new"));
    check_error(&old.load(&ada()).await.unwrap_err(), ErrorKind::Security, "unknown_key");
}

#[tokio::test]
async fn a_row_that_says_nothing_is_gone() {
    let world = World::new();
    let store = world.store().await;
    let lease = async || store.lease(&ada(), Duration::from_secs(60)).await.unwrap().unwrap();
    written(&store, &ada(), "token").await;
    store.delete(&ada()).await.unwrap();
    assert_eq!(world.rows().await, 0, "neither token nor lease");
    let held = lease().await;
    store.delete(&ada()).await.unwrap();
    assert_eq!(world.rows().await, 1, "somebody holds it");
    store.release(held, true).await.unwrap();
    store.delete(&ada()).await.unwrap();
    assert_eq!(world.rows().await, 1, "there is a doubt");
    store.release(lease().await, false).await.unwrap();
    assert_eq!(world.rows().await, 0, "there is none any more");
}

#[tokio::test]
async fn tables_of_one_database_are_apart() {
    let world = World::new();
    let of = async |table| {
        let options = SqliteConnectOptions::new().filename(world.path()).create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        SqliteStore::from_pool(pool, table, world.at_rest()).await
    };
    let [first, second] = [of("first").await.unwrap(), of("select").await.unwrap()];
    written(&first, &ada(), "token").await;
    assert_eq!(loaded(&second, &ada()).await, None);
    for wrong in ["", "1a", "A", "a-b", "a\"b", "a b", "ä", &"a".repeat(64)] {
        check_error(&of(wrong).await.unwrap_err(), ErrorKind::Config, "store");
    }
}

#[tokio::test]
async fn what_is_no_database_is_an_error_with_its_cause() {
    let world = World::new();
    let folder = world.folder.path();
    let error = SqliteStore::open(folder, world.at_rest()).await.unwrap_err();
    check_error(&error, ErrorKind::Config, "store");
    fs::write(world.path(), "planted, and longer than a database's own first line".repeat(99))
        .unwrap();
    let error = SqliteStore::open(world.path(), world.at_rest()).await.unwrap_err();
    check_error(&error, ErrorKind::Transport, "store");
    assert!(error.source().unwrap().to_string().contains("not a database"), "{error:?}");
}

#[tokio::test]
async fn a_table_that_is_gone_is_an_error_without_what_was_to_be_written() {
    let world = World::new();
    let store = world.store_with(AtRest::dangerously_plain()).await;
    world.run("DROP TABLE hallpass_tokens").await;
    let error = store.compare_and_swap(&ada(), None, &"planted".into()).await.unwrap_err();
    check_error(&error, ErrorKind::Transport, "store");
    check_error(&store.load(&ada()).await.unwrap_err(), ErrorKind::Transport, "store");
    check_error(&store.delete(&ada()).await.unwrap_err(), ErrorKind::Transport, "store");
    let error = store.lease(&ada(), Duration::from_secs(1)).await.unwrap_err();
    check_error(&error, ErrorKind::Transport, "store");
}

/// A row's lease as a clock that has been `forward` seconds ahead since left it.
async fn after_a_clock_set_back(forward: u32) -> Option<bool> {
    let world = World::new();
    let store = world.store().await;
    let lease = async || store.lease(&ada(), Duration::from_secs(60)).await.unwrap();
    lease().await.unwrap();
    let moved = format!(
        "UPDATE hallpass_tokens SET lease_from = lease_from + 1000 * {forward}, \
         lease_until = lease_until + 1000 * {forward}"
    );
    world.run(&moved).await;
    let taken = lease().await.map(|lease| lease.was_interrupted());
    let bob = TokenKey::new("bob", "github");
    assert!(store.lease(&bob, Duration::from_secs(60)).await.unwrap().is_some());
    taken
}

#[tokio::test]
async fn a_clock_that_was_set_back_holds_no_lease_for_as_long() {
    assert_eq!(after_a_clock_set_back(7_200).await, Some(true), "and whoever had it may come back");
    assert_eq!(after_a_clock_set_back(20).await, Some(true));
    assert_eq!(after_a_clock_set_back(5).await, None, "but for a few seconds");
    assert_eq!(after_a_clock_set_back(0).await, None);
}

#[tokio::test]
async fn a_write_after_a_clock_was_set_back_ends_the_doubt() {
    let world = World::new();
    let store = world.store().await;
    store.lease(&ada(), Duration::from_secs(60)).await.unwrap().unwrap();
    world.run("UPDATE hallpass_tokens SET lease_from = lease_from + 7200000").await;
    written(&store, &ada(), "token").await;
    let next = store.lease(&ada(), Duration::from_secs(60)).await.unwrap().unwrap();
    assert!(!next.was_interrupted());
}

/// A disk that is full says so as late as this table does: when all is done, and is to stay.
#[tokio::test]
async fn what_the_file_does_not_take_is_not_reported_as_taken() {
    let world = World::new();
    drop(world.store().await);
    world.run("DROP TABLE hallpass_tokens").await;
    world.run("CREATE TABLE users (id TEXT PRIMARY KEY)").await;
    world
        .run(
            "CREATE TABLE hallpass_tokens (
                user_id TEXT NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
                provider TEXT NOT NULL, token TEXT, version BIGINT, holder BIGINT,
                lease_from BIGINT, lease_until BIGINT,
                in_doubt BOOLEAN NOT NULL DEFAULT FALSE,
                was_interrupted BOOLEAN NOT NULL DEFAULT FALSE,
                PRIMARY KEY (user_id, provider))",
        )
        .await;
    let store = world.store_with(AtRest::dangerously_plain()).await;
    let lease = async || store.lease(&ada(), Duration::from_secs(60)).await;
    check_error(&lease().await.unwrap_err(), ErrorKind::Transport, "store");
    let error = store.compare_and_swap(&ada(), None, &"planted".into()).await.unwrap_err();
    check_error(&error, ErrorKind::Transport, "store");
    assert_eq!(world.rows().await, 0);
    world.run("INSERT INTO users VALUES ('ada')").await;
    assert!(lease().await.unwrap().is_some());
    written(&store, &ada(), "planted").await;
}

#[tokio::test]
async fn debug_shows_neither_place_nor_key() {
    let world = World::new();
    let store = world.store().await;
    let want = "SqliteStore { table: \"hallpass_tokens\", at_rest: AtRest(sealed), .. }";
    assert_eq!(format!("{store:?}"), want);
}

#[tokio::test]
async fn a_key_that_is_lost_keeps_nobody_from_signing_in_or_out() {
    let world = World::new();
    let provider = crate::support::World::new().await;
    let manager =
        |store| crate::support::manager(&provider.client, Arc::new(store), &provider.clock);
    let before = manager(world.store().await);
    for user in ["ada", "ben"] {
        before.sign_in(user, provider.login().await).await.unwrap();
    }
    let lost = AtRest::sealed(SealingKeys::generate());
    let after = manager(world.store_with(lost).await);
    for user in ["ada", "ben"] {
        let error = after.session(user).token().await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("unknown_key")));
    }
    let session = after.sign_in("ada", provider.login().await).await.unwrap();
    session.token().await.unwrap();
    after.sign_out("ben", None).await.unwrap();
    let error = after.session("ben").token().await.unwrap_err();
    assert_eq!(error.reason(), Some("signed_out"));
}
