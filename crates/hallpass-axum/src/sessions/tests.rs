use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use hallpass_core::{ErrorKind, SystemClock};
use tower_sessions::{
    Session,
    session::{Id, Record},
    session_store,
};

use super::*;
use crate::marks;

/// Writes whatever it is given, as stores of databases do.
#[derive(Debug, Clone, Default)]
struct Plain(Arc<Mutex<HashMap<Id, Record>>>);

#[async_trait]
impl SessionStore for Plain {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        while self.0.lock().unwrap().contains_key(&record.id) {
            record.id = Id::default();
        }
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        self.0.lock().unwrap().insert(record.id, record.clone());
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        Ok(self.0.lock().unwrap().get(id).cloned())
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.0.lock().unwrap().remove(id);
        Ok(())
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn around(sessions: Sessions) -> Arc<OverStaysOver> {
    Arc::new(OverStaysOver::new(sessions.store(&clock()), clock()))
}

fn record() -> Record {
    let expiry_date = (SystemTime::now() + Duration::from_secs(60)).into();
    Record { id: Id::default(), data: HashMap::new(), expiry_date }
}

#[tokio::test]
async fn a_session_that_is_over_is_not_brought_back_by_a_late_write() {
    let plain = Plain::default();
    let (mut first, mut second) = (record(), record());
    let store = around(plain.clone().into());
    store.create(&mut first).await.unwrap();
    store.create(&mut second).await.unwrap();
    store.delete(&first.id).await.unwrap();
    store.save(&first).await.unwrap();
    store.save(&second).await.unwrap();
    assert_eq!(store.load(&first.id).await.unwrap(), None);
    assert_eq!(plain.load(&first.id).await.unwrap(), None, "it is not kept either");
    assert!(store.load(&second.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_mark_is_nobodys_session() {
    let plain = Plain::default();
    let store = around(plain.clone().into());
    store.delete(&Id::default()).await.unwrap();
    let kept: Vec<_> = plain.0.lock().unwrap().values().cloned().collect();
    assert_eq!(kept.len(), 1);
    assert!(marks::is_mark(&kept[0]));
    assert_eq!(store.load(&kept[0].id).await.unwrap(), None);
}

#[tokio::test]
async fn a_mark_is_set_and_set_again_whatever_the_store_does_with_what_is_not_there() {
    let minute = Duration::from_secs(60);
    for sessions in [Sessions::memory(), Plain::default().into()] {
        let store = sessions.store(&clock());
        assert_eq!(marks::find(&*store, &["over", "a"]).await.unwrap(), None);
        let now = SystemTime::now();
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        for later in [0, 5] {
            let now = now + Duration::from_secs(later);
            marks::put(&*store, &["over", "a"], now, minute).await.unwrap();
            let found = marks::find(&*store, &["over", "a"]).await.unwrap();
            assert_eq!(found, Some(seconds + later));
        }
        assert_eq!(marks::find(&*store, &["over", "b"]).await.unwrap(), None);
        assert_eq!(marks::find(&*store, &["ove", "ra"]).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_session_gets_another_id_and_ends_as_tower_sessions_has_it() {
    for sessions in [Sessions::memory(), Plain::default().into()] {
        let store = around(sessions);
        let open = |id| Session::new(id, Arc::clone(&store), None);
        let session = open(None);
        session.insert("a", 1).await.unwrap();
        session.save().await.unwrap();
        let before = session.id();
        session.cycle_id().await.unwrap();
        session.save().await.unwrap();
        assert_ne!(session.id(), before);
        assert_eq!(open(before).get::<i32>("a").await.unwrap(), None);
        assert_eq!(open(session.id()).get::<i32>("a").await.unwrap(), Some(1));
        let id = session.id();
        session.flush().await.unwrap();
        assert_eq!(open(id).get::<i32>("a").await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_a_url_says_is_where_sessions_live() {
    assert_eq!(
        format!("{:?}", Sessions::from_url("memory:").await.unwrap()),
        "Sessions(in memory)"
    );
    let wrong = ["", "memory:a", "mysql://planted@host/a", "http://planted", "Redis://a"];
    let only_a_path = ["sqlite:", "sqlite://", "sqlite::memory:", "sqlite:a.db?mode=rwc"];
    for url in wrong.into_iter().chain(only_a_path) {
        let error = Sessions::from_url(url).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("sessions")), "{url}");
        assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
    }
}

#[cfg(not(any(feature = "postgres", feature = "redis", feature = "sqlite")))]
#[tokio::test]
async fn a_place_that_is_not_built_in_is_an_error_that_names_its_feature() {
    let urls = [("redis://h", "redis"), ("sqlite:a", "sqlite"), ("postgres://h/d", "postgres")];
    for (url, feature) in urls {
        let error = Sessions::from_url(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(&format!("the feature {feature} of")), "{error}");
    }
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn a_redis_that_is_not_there_is_an_error_in_time_that_repeats_no_password() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let error = Sessions::from_url(&format!("redis://:planted@{address}")).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("sessions")));
    assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
    let error = Sessions::from_url("redis://[planted").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[test]
fn a_store_of_the_applications_is_a_place_and_shows_nothing_of_itself() {
    let sessions: Sessions = Plain(Arc::new(Mutex::new(HashMap::from([(Id(7), record())])))).into();
    assert_eq!(format!("{sessions:?}"), "Sessions(of the application)");
}

#[tokio::test]
async fn a_mark_that_cannot_be_read_is_not_none() {
    let plain = Plain::default();
    let now = SystemTime::now();
    marks::put(&plain, &["over", "a"], now, Duration::from_secs(60)).await.unwrap();
    assert!(marks::find(&plain, &["over", "a"]).await.unwrap().is_some());
    for value in [Some(serde_json::json!("planted")), Some(serde_json::json!(-1)), None] {
        for record in plain.0.lock().unwrap().values_mut() {
            record.data.clear();
            record.data.extend(value.clone().map(|value| ("hallpass.mark".to_owned(), value)));
        }
        let found = marks::find(&plain, &["over", "a"]).await;
        assert!(matches!(found, Err(session_store::Error::Decode(_))), "{value:?}: {found:?}");
        let claimed = marks::claim(&plain, &["over", "a"], now, Duration::from_secs(60)).await;
        assert!(claimed.is_err(), "{value:?}");
    }
    // What is over stays over.
    let late = record();
    over::mark(&plain, &late.id, now).await.unwrap();
    for record in plain.0.lock().unwrap().values_mut() {
        record.data.insert("hallpass.mark".to_owned(), serde_json::json!("planted"));
    }
    plain.save(&late).await.unwrap();
    around(plain.clone().into()).save(&late).await.unwrap();
    assert!(plain.load(&late.id).await.unwrap().is_none());
    // It can be set anew.
    marks::put(&plain, &["over", "a"], now, Duration::from_secs(60)).await.unwrap();
    assert!(marks::find(&plain, &["over", "a"]).await.unwrap().is_some());
}
