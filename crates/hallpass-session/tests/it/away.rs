//! A database that takes a connection and says nothing.

use std::net::TcpListener;

use hallpass_core::{Error, ErrorKind};
use hallpass_session::{AtRest, PostgresStore, RedisStore, SealingKeys};

const PASSWORD: &str = "planted";

/// Time is put forward while nothing happens, so that ten seconds are none.
#[tokio::test(start_paused = true)]
async fn a_database_that_says_nothing_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let at_rest = || AtRest::sealed(SealingKeys::generate());
    let url = format!("postgres://ada:{PASSWORD}@{address}/tokens");
    check(&PostgresStore::connect(&url, at_rest()).await.unwrap_err());
    let url = format!("redis://ada:{PASSWORD}@{address}/0");
    check(&RedisStore::connect(&url, at_rest()).await.unwrap_err());
}

#[track_caller]
fn check(error: &Error) {
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("store")), "{error:?}");
    assert!(!format!("{error:?}").contains(PASSWORD), "{error:?}");
}
