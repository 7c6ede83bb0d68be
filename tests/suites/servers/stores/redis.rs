use std::time::Duration;

use hallpass_core::ErrorKind;
use hallpass_session::{AtRest, RedisStore, TokenKey, TokenStore};
use hallpass_tests::server::RealServer;
use redis::{Client, Cmd, FromRedisValue, ToRedisArgs};

use super::{
    check_contract, check_error, check_killed, check_rotation, check_set_back, check_unheard,
};
use super::{fresh, loaded, sealed, silent::Way, written};
use crate::shared::REDIS;

async fn connected(at_rest: AtRest) -> RedisStore {
    RedisStore::connect(REDIS.url(), at_rest).await.unwrap()
}

/// To look behind the scenes.
async fn ask<T: FromRedisValue>(command: impl ToRedisArgs) -> T {
    let client = Client::open(REDIS.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut cmd = Cmd::new();
    cmd.arg(command);
    cmd.query_async(&mut connection).await.unwrap()
}

fn name(key: &TokenKey) -> String {
    format!("hallpass:{}:{}:github", key.user().len(), key.user())
}

#[tokio::test]
async fn redis_keeps_the_contract_whoever_is_connected() {
    let at_rest = sealed();
    check_contract(connected(at_rest.clone()).await, connected(at_rest).await).await;
}

#[tokio::test]
async fn keys_rotate_in_redis() {
    check_rotation(connected).await;
}

#[tokio::test]
async fn a_hash_of_another_user_does_not_open() {
    let store = connected(sealed()).await;
    let [ada, bob] = [fresh(), fresh()];
    written(&store, &ada, "planted").await;
    let [version, token]: [String; 2] = ask(&["HMGET", &name(&ada), "version", "token"]).await;
    let _: i64 = ask(&["HSET", &name(&bob), "version", &version, "token", &token]).await;
    check_error(&store.load(&bob).await.unwrap_err(), ErrorKind::Security, "broken_seal");
    assert_eq!(loaded(&store, &ada).await.as_deref(), Some("planted"));
}

#[tokio::test]
async fn a_hash_that_says_nothing_is_gone_and_none_goes_by_itself() {
    let (store, key) = (connected(sealed()).await, fresh());
    let there = async || ask::<bool>(&["EXISTS", &name(&key)]).await;
    let held = store.lease(&key, Duration::from_millis(1)).await.unwrap().unwrap();
    written(&store, &fresh(), "token").await;
    assert!(there().await);
    assert_eq!(
        ask::<i64>(&["TTL", &name(&key)]).await,
        -1,
        "an interruption has no end of its own"
    );
    store.release(held, false).await.unwrap();
    assert!(!there().await);
    written(&store, &key, "token").await;
    assert_eq!(ask::<i64>(&["TTL", &name(&key)]).await, -1);
    store.delete(&key).await.unwrap();
    assert!(!there().await);
}

#[tokio::test]
async fn prefixes_are_apart() {
    let (store, key) = (connected(AtRest::dangerously_plain()).await, fresh());
    let other = connected(AtRest::dangerously_plain()).await.with_prefix("other").unwrap();
    written(&store, &key, "token").await;
    assert_eq!(loaded(&other, &key).await, None);
    for wrong in ["", "a:b", "a b", "é", "a\0"] {
        let error = store.clone().with_prefix(wrong).unwrap_err();
        check_error(&error, ErrorKind::Config, "store");
    }
}

#[tokio::test]
async fn a_server_that_forgot_the_scripts_is_told_again() {
    let (store, key) = (connected(sealed()).await, fresh());
    written(&store, &key, "token").await;
    let _: String = ask(&["SCRIPT", "FLUSH"]).await;
    written(&store, &key, "newer").await;
    assert_eq!(loaded(&store, &key).await.as_deref(), Some("newer"));
}

#[tokio::test]
async fn what_is_wrong_with_a_url_is_a_fault_of_the_configuration() {
    let locked = RealServer::start("redis", &["--password", "right"]).unwrap();
    assert!(RedisStore::connect(locked.url(), sealed()).await.is_ok());
    let wrong_password = locked.url().replace("right", "planted");
    let no_password = locked.url().replace(":right@", "");
    let tls = REDIS.url().replacen("redis:", "rediss:", 1);
    for wrong in [&wrong_password, &tls, "http://planted@127.0.0.1", ""] {
        let error = RedisStore::connect(wrong, sealed()).await.unwrap_err();
        check_error(&error, ErrorKind::Config, "store");
    }
    // A server that wants a password says so at the first command.
    let error = match RedisStore::connect(&no_password, sealed()).await {
        Ok(store) => store.load(&fresh()).await.unwrap_err(),
        Err(error) => error,
    };
    check_error(&error, ErrorKind::Config, "store");
}

#[tokio::test]
async fn what_is_no_hash_is_an_error_without_what_it_is() {
    let (store, key) = (connected(AtRest::dangerously_plain()).await, fresh());
    let _: String = ask(&["SET", &name(&key), "planted"]).await;
    check_error(&store.load(&key).await.unwrap_err(), ErrorKind::Config, "store");
    let error = store.compare_and_swap(&key, None, &"planted".into()).await.unwrap_err();
    // Before Redis 7, an error in a script has lost its code.
    check_error(&error, error.kind(), "store");
    assert!(matches!(error.kind(), ErrorKind::Config | ErrorKind::Transport), "{error:?}");
    let odd = fresh();
    let _: i64 = ask(&["HSET", &name(&odd), "token", "planted", "version", "planted"]).await;
    check_error(&store.load(&odd).await.unwrap_err(), ErrorKind::Transport, "store");
}

#[tokio::test]
async fn a_killed_redis_has_all_when_it_is_back() {
    let connected = async |url: &str| RedisStore::connect(url, sealed()).await.unwrap();
    check_killed("redis", connected).await;
}

#[tokio::test]
async fn a_redis_that_went_silent_is_asked_over_a_new_connection() {
    let way = Way::to(REDIS.url());
    let far = RedisStore::connect(&way.url(REDIS.url()), sealed()).await.unwrap();
    check_unheard(&far, &connected(sealed()).await, async || way.silence()).await;
    let made = way.made();
    assert!((3..10).contains(&made), "one for each time that it went silent, or a few: {made}");
}

#[tokio::test]
async fn a_clock_of_redis_that_was_set_back_holds_no_lease_for_as_long() {
    let advance = async |key: &TokenKey, seconds: i32| {
        for field in ["from", "until"] {
            let by = (1_000 * seconds).to_string();
            let _: i64 = ask(&["HINCRBY", &name(key), field, &by]).await;
        }
    };
    check_set_back(&connected(sealed()).await, advance).await;
}

#[tokio::test]
async fn debug_shows_no_password_of_redis() {
    let store = connected(sealed()).await;
    let want = "RedisStore { prefix: \"hallpass\", at_rest: AtRest(sealed), .. }";
    assert_eq!(format!("{store:?}"), want);
}
