use std::time::Duration;

use hallpass_core::{ErrorKind, Result};
use hallpass_session::{AtRest, PostgresStore, TokenKey, TokenStore, Version};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{task::JoinSet, time::timeout};

use super::{
    check_contract, check_error, check_killed, check_rotation, check_set_back, check_unheard,
};
use super::{fresh, loaded, sealed, silent::Way, written};
use crate::shared::{PATIENCE, POSTGRES};

async fn connected(at_rest: AtRest) -> PostgresStore {
    PostgresStore::connect(POSTGRES.url(), at_rest).await.unwrap()
}

async fn pool() -> PgPool {
    PgPool::connect(POSTGRES.url()).await.unwrap()
}

async fn rows(pool: &PgPool, table: &str, key: &TokenKey) -> i64 {
    let count = format!("SELECT count(*) FROM {table} WHERE user_id = $1");
    sqlx::query_scalar(&count).bind(key.user()).fetch_one(pool).await.unwrap()
}

/// Of a table, or anything else, that no other test has.
fn name(what: &str) -> String {
    format!("{what}_{:x}", Version::random().get())
}

#[tokio::test]
async fn postgres_keeps_the_contract_whoever_is_connected() {
    let at_rest = sealed();
    check_contract(connected(at_rest.clone()).await, connected(at_rest).await).await;
}

#[tokio::test]
async fn many_that_make_one_table_at_once_all_succeed() {
    for _ in 0..5 {
        let table = name("many");
        let mut makers = JoinSet::new();
        for _ in 0..8 {
            let table = table.clone();
            makers.spawn(async move {
                PostgresStore::from_pool(pool().await, &table, sealed()).await.map(drop)
            });
        }
        let made: Result<()> = makers.join_all().await.into_iter().collect();
        made.unwrap();
    }
}

#[tokio::test]
async fn a_user_who_may_make_no_table_uses_one_that_is_there() {
    let [user, table, database] = [name("reader"), name("granted"), name("locked")];
    sqlx::raw_sql(&format!("CREATE DATABASE {database}")).execute(&pool().await).await.unwrap();
    let mut url = url::Url::parse(POSTGRES.url()).unwrap();
    url.set_path(&database);
    let admin = PgPool::connect(url.as_str()).await.unwrap();
    // The default from PostgreSQL 15 on.
    let revoke = "REVOKE CREATE ON SCHEMA public FROM PUBLIC";
    sqlx::raw_sql(revoke).execute(&admin).await.unwrap();
    let made = PostgresStore::from_pool(admin.clone(), &table, AtRest::dangerously_plain()).await;
    made.unwrap();
    let user_sql = format!(
        "CREATE USER {user} PASSWORD 'p'; GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {user}"
    );
    sqlx::raw_sql(&user_sql).execute(&admin).await.unwrap();
    url.set_username(&user).unwrap();
    url.set_password(Some("p")).unwrap();
    let theirs = PgPool::connect(url.as_str()).await.unwrap();
    let plain = AtRest::dangerously_plain;
    let store = PostgresStore::from_pool(theirs.clone(), &table, plain()).await.unwrap();
    written(&store, &fresh(), "token").await;
    let error = PostgresStore::from_pool(theirs, &name("missing"), plain()).await.unwrap_err();
    check_error(&error, ErrorKind::Config, "store");
}

#[tokio::test]
async fn what_is_wrong_with_a_url_is_a_fault_of_the_configuration() {
    let good = POSTGRES.url();
    let wrong_password = good.replacen("tests:", "tests:planted", 1);
    let wrong_database = format!("{good}-missing");
    let tls = format!("{good}?sslmode=require");
    for wrong in [&wrong_password, &wrong_database, &tls, "postgres://planted:planted@[", ""] {
        let error = PostgresStore::connect(wrong, sealed()).await.unwrap_err();
        check_error(&error, ErrorKind::Config, "store");
    }
    for table in ["", "Tokens", "a b", "a\"b", "1a"] {
        let error = PostgresStore::from_pool(pool().await, table, sealed()).await.unwrap_err();
        check_error(&error, ErrorKind::Config, "store");
    }
}

#[tokio::test]
async fn keys_rotate_in_postgres() {
    check_rotation(connected).await;
}

#[tokio::test]
async fn a_row_of_another_user_does_not_open_in_postgres() {
    let (admin, store) = (pool().await, connected(sealed()).await);
    let [ada, bob] = [fresh(), fresh()];
    written(&store, &ada, "planted").await;
    written(&store, &bob, "planted").await;
    let moved = "UPDATE hallpass_tokens SET token = (SELECT token FROM hallpass_tokens WHERE \
                 user_id = $1) WHERE user_id = $2";
    sqlx::query(moved).bind(ada.user()).bind(bob.user()).execute(&admin).await.unwrap();
    check_error(&store.load(&bob).await.unwrap_err(), ErrorKind::Security, "broken_seal");
    assert_eq!(loaded(&store, &ada).await.as_deref(), Some("planted"));
}

#[tokio::test]
async fn what_the_database_says_of_a_row_is_not_repeated() {
    let (admin, table) = (pool().await, name("checked"));
    let plain = AtRest::dangerously_plain();
    let store = PostgresStore::from_pool(admin.clone(), &table, plain).await.unwrap();
    // Its complaint has the whole row in its details.
    let check = format!("ALTER TABLE {table} ADD CHECK (length(token) < 3)");
    sqlx::query(&check).execute(&admin).await.unwrap();
    let error = store.compare_and_swap(&fresh(), None, &"planted".into()).await.unwrap_err();
    check_error(&error, ErrorKind::Transport, "store");
    assert!(format!("{error:?}").contains("check constraint"), "{error:?}");
}

#[tokio::test]
async fn a_row_that_says_nothing_is_gone_from_postgres() {
    let (admin, store, key) = (pool().await, connected(sealed()).await, fresh());
    let rows = async || rows(&admin, PostgresStore::TABLE, &key).await;
    written(&store, &key, "token").await;
    let held = store.lease(&key, Duration::from_secs(60)).await.unwrap().unwrap();
    store.delete(&key).await.unwrap();
    assert_eq!(rows().await, 1, "somebody holds the lease");
    store.release(held, false).await.unwrap();
    assert_eq!(rows().await, 0);
    written(&store, &key, "token").await;
    store.delete(&key).await.unwrap();
    assert_eq!(rows().await, 0);
}

#[tokio::test]
async fn a_killed_postgres_has_all_when_it_is_back() {
    let impatient = async |url: &str| {
        // While the server is away, each call lasts as long as this.
        let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(3));
        let pool = pool.connect_lazy(url).unwrap();
        // So does a connection that takes longer to be made, when it is there.
        let made = timeout(PATIENCE, async {
            loop {
                match PostgresStore::from_pool(pool.clone(), "tokens", sealed()).await {
                    Ok(store) => return store,
                    Err(error) => check_error(&error, ErrorKind::Transport, "store"),
                }
            }
        });
        made.await.expect("no connection was made")
    };
    check_killed("postgres", impatient).await;
}

/// Until the connection is back from the call before.
async fn idle(pool: &PgPool) {
    let back = timeout(PATIENCE, async {
        while pool.num_idle() == 0 {
            tokio::task::yield_now().await;
        }
    });
    back.await.expect("no connection came back");
}

#[tokio::test]
async fn a_postgres_that_went_silent_is_asked_over_a_new_connection() {
    let way = Way::to(POSTGRES.url());
    // One, and none is tried out before it is used: a connection that is lost is all there is.
    let pool = PgPoolOptions::new().max_connections(1).test_before_acquire(false);
    let pool = pool.connect(&way.url(POSTGRES.url())).await.unwrap();
    let far = PostgresStore::from_pool(pool.clone(), PostgresStore::TABLE, sealed()).await.unwrap();
    let silence = async || {
        idle(&pool).await;
        way.silence();
    };
    check_unheard(&far, &connected(sealed()).await, silence).await;
    let made = way.made();
    assert!((3..10).contains(&made), "one for each time that it went silent, or a few: {made}");
}

#[tokio::test]
async fn idle_connections_to_postgres_that_went_silent_hold_up_no_call_for_long() {
    let way = Way::to(POSTGRES.url());
    let store = PostgresStore::connect(&way.url(POSTGRES.url()), sealed()).await.unwrap();
    let key = fresh();
    written(&store, &key, "token").await;
    way.silence();
    let token = timeout(PATIENCE, loaded(&store, &key)).await;
    assert_eq!(token.expect("in time").as_deref(), Some("token"));
}

#[tokio::test]
async fn a_clock_of_postgres_that_was_set_back_holds_no_lease_for_as_long() {
    let (admin, store) = (pool().await, connected(sealed()).await);
    let advance = async |key: &TokenKey, seconds: i32| {
        let moved = "UPDATE hallpass_tokens SET lease_from = lease_from + 1000 * $1, \
                     lease_until = lease_until + 1000 * $1 WHERE user_id = $2";
        sqlx::query(moved).bind(seconds).bind(key.user()).execute(&admin).await.unwrap();
    };
    check_set_back(&store, advance).await;
}

#[tokio::test]
async fn debug_shows_no_password_of_postgres() {
    let store = connected(sealed()).await;
    let want = "PostgresStore { table: \"hallpass_tokens\", at_rest: AtRest(sealed), .. }";
    assert_eq!(format!("{store:?}"), want);
}
