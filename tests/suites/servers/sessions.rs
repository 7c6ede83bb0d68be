//! Sessions of web sign-in, on the servers that they are for.

use std::{
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use hallpass_axum::{
    RedisAttempts, Sessions, SignIn,
    tower_sessions::Session,
    web::{AttemptStore as _, SealingKeys},
};
use hallpass_core::{Error, ErrorKind, Secret};
use hallpass_tests::{http, server::RealServer};
use sqlx::PgPool;
use tokio::{net::TcpListener, task::JoinSet, time::timeout};

use crate::{
    shared::{PATIENCE, POSTGRES, REDIS},
    stores::silent::Way,
};

#[path = "../../../crates/hallpass-axum/tests/it/contract.rs"]
mod contract;

#[track_caller]
fn check_config(error: &Error) {
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("sessions")), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
}

#[tokio::test]
async fn what_holds_of_sessions_holds_in_redis() {
    let first = Sessions::redis(REDIS.url()).await.unwrap();
    assert_eq!(format!("{first:?}"), "Sessions(in Redis)");
    contract::check(first, Sessions::from_url(REDIS.url()).await.unwrap()).await;
}

#[tokio::test]
async fn what_holds_of_sessions_holds_in_postgresql() {
    let first = Sessions::postgres(POSTGRES.url()).await.unwrap();
    assert_eq!(format!("{first:?}"), "Sessions(in PostgreSQL)");
    contract::check(first, Sessions::from_url(POSTGRES.url()).await.unwrap()).await;
}

#[tokio::test]
async fn redis_itself_ends_what_is_over() {
    let server = RealServer::start("redis", &[]).unwrap();
    let sessions = Sessions::redis(server.url()).await.unwrap();
    contract::check(sessions.clone(), sessions).await;
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    assert!(keys.iter().all(|key| key.starts_with("hallpass:session:")), "{keys:?}");
    let (mut marks, mut sessions) = (0, 0);
    for key in keys {
        let left: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut connection).await.unwrap();
        match left {
            3_500_000..=3_600_000 => marks += 1,
            1_209_500_000..=1_209_600_000 => sessions += 1,
            left => panic!("{left} ms are left"),
        }
    }
    assert!(marks > 0 && sessions > 0, "{marks} marks, {sessions} sessions");
}

#[tokio::test]
async fn what_is_wrong_with_the_url_of_redis_is_a_fault_of_the_configuration() {
    let locked = RealServer::start("redis", &["--password", "right"]).unwrap();
    assert!(Sessions::redis(locked.url()).await.is_ok());
    let wrong_password = locked.url().replace("right", "planted");
    let no_password = locked.url().replace(":right@", "");
    let tls = REDIS.url().replacen("redis:", "rediss:", 1);
    for wrong in [&*wrong_password, &*no_password, &*tls, "redis://[planted"] {
        check_config(&Sessions::from_url(wrong).await.unwrap_err());
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_url_of_postgresql_is_a_fault_of_the_configuration() {
    let good = POSTGRES.url();
    let wrong_password = good.replacen("tests:", "tests:planted", 1);
    let wrong_database = format!("{good}-missing");
    for wrong in [&*wrong_password, &*wrong_database, "postgres://planted:planted@["] {
        check_config(&Sessions::from_url(wrong).await.unwrap_err());
    }
}

#[tokio::test]
async fn many_that_make_the_table_of_sessions_at_once_all_succeed() {
    let admin = PgPool::connect(POSTGRES.url()).await.unwrap();
    let mut url = url::Url::parse(POSTGRES.url()).unwrap();
    for database in ["many_1", "many_2", "many_3"] {
        sqlx::raw_sql(&format!("CREATE DATABASE {database}")).execute(&admin).await.unwrap();
        url.set_path(database);
        let mut makers = JoinSet::new();
        for _ in 0..8 {
            let url = url.to_string();
            makers.spawn(async move { Sessions::postgres(&url).await.map(drop) });
        }
        let made: Result<(), Error> = makers.join_all().await.into_iter().collect();
        made.unwrap();
    }
}

#[tokio::test]
async fn what_is_over_is_deleted_from_postgresql() {
    drop(Sessions::postgres(POSTGRES.url()).await.unwrap());
    let pool = PgPool::connect(POSTGRES.url()).await.unwrap();
    for (id, end) in [("over", "2001-01-01"), ("lasting", "2901-01-01")] {
        let put = format!("INSERT INTO hallpass.sessions VALUES ('{id}', '', '{end}')");
        sqlx::raw_sql(&put).execute(&pool).await.unwrap();
    }
    let _sessions = Sessions::postgres(POSTGRES.url()).await.unwrap();
    let gone = timeout(PATIENCE, async {
        let left = "SELECT id FROM hallpass.sessions WHERE id IN ('over', 'lasting')";
        while sqlx::query_scalar::<_, String>(left).fetch_all(&pool).await.unwrap() != ["lasting"] {
            tokio::task::yield_now().await;
        }
    });
    gone.await.unwrap();
}

/// An application whose one page writes a session: its URL.
async fn writing(sessions: Sessions) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let write = |session: Session| async move { session.insert("a", 1).await.unwrap() };
    let sign_in = SignIn::new(&base, SealingKeys::generate()).unwrap();
    let app = sign_in.attach_with(Router::new().route("/", get(write)), sessions);
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

async fn status(url: &str) -> u16 {
    http::get(url).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_redis_that_went_silent_holds_up_one_request_and_is_asked_over_a_new_connection() {
    let way = Way::to(REDIS.url());
    let page = writing(Sessions::redis(&way.url(REDIS.url())).await.unwrap()).await;
    assert_eq!(status(&page).await, 200);
    way.silence();
    let start = Instant::now();
    assert_eq!(status(&page).await, 500);
    // Five seconds by itself; the machine may be busy.
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert_eq!(status(&page).await, 200);
}

#[tokio::test]
async fn a_postgresql_that_went_silent_holds_up_no_request_for_long() {
    let way = Way::to(POSTGRES.url());
    let page = writing(Sessions::postgres(&way.url(POSTGRES.url())).await.unwrap()).await;
    // More than there are connections: none is lost for ever.
    for _ in 0..7 {
        assert_eq!(status(&page).await, 200);
        way.rest().await;
        way.silence();
    }
    assert_eq!(status(&page).await, 200);
}

#[tokio::test]
async fn a_login_kept_in_redis_is_taken_once_by_all_processes() {
    let server = RealServer::start("redis", &[]).unwrap();
    let open = || RedisAttempts::connect(server.url());
    let stores = [Arc::new(open().await.unwrap()), Arc::new(open().await.unwrap())];
    let (sealed, hour) = (Secret::new("hps1.sealed"), Duration::from_secs(3_600));
    for at in 0..20 {
        let id = format!("{at:032x}");
        stores[0].put(&id, &sealed, hour).await.unwrap();
        let found = stores[1].find(&id).await.unwrap();
        assert_eq!(found.unwrap().expose(), "hps1.sealed");
        let mut takers = JoinSet::new();
        for at in 0..8 {
            let (store, id) = (Arc::clone(&stores[at % 2]), id.clone());
            takers.spawn(async move { store.take(&id).await.unwrap().is_some() });
        }
        let taken = takers.join_all().await.into_iter().filter(|taken| *taken).count();
        assert_eq!(taken, 1);
        assert!(stores[0].find(&id).await.unwrap().is_none());
    }
    // It ends by itself, and nothing else is left.
    stores[0].put("late", &sealed, hour).await.unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    assert_eq!(keys, ["hallpass:attempt:late"]);
    let left: i64 = redis::cmd("PTTL").arg(&keys[0]).query_async(&mut connection).await.unwrap();
    assert!((3_500_000..=3_600_000).contains(&left), "{left} ms are left");

    drop(server);
    // Redis ends when it hears that its first process has, which may take its time.
    let gone = timeout(PATIENCE, async {
        loop {
            if let Err(error) = stores[0].find("late").await {
                return error;
            }
        }
    });
    let error = gone.await.expect("the server was not killed");
    assert_eq!(error.kind(), ErrorKind::Transport);
}
