use std::{
    array,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{sync::Mutex, time::timeout};
use tower_sessions::{SessionStore, session::Id, session_store};

use crate::{
    marks,
    sessions::{Take, over},
};

/// Longer than a request is under way: one that comes later finds no session.
const REMEMBERED: Duration = Duration::from_secs(3_600);

/// For those before in a lane: a store of the application's may take as long as it likes.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many sessions can be told of at once.
const LANES: usize = 64;

/// Decides who tells of the end of a session: the first to leave a mark in the store, which all
/// processes have. Within one process it is decided one after another, whatever the store can do.
#[derive(Clone)]
pub(crate) struct Tellers {
    lanes: Arc<[Mutex<()>; LANES]>,
    taking: Option<Arc<dyn Take>>,
}

impl Default for Tellers {
    fn default() -> Self {
        Self { lanes: Arc::new(array::from_fn(|_| Mutex::default())), taking: None }
    }
}

impl Tellers {
    /// For a store that has another way to say who was first.
    pub(crate) fn set_taking(&mut self, taking: Option<Arc<dyn Take>>) {
        self.taking = taking;
    }

    /// Whether a session that is there is the caller's to end, as far as the store can tell.
    pub(super) async fn take(
        &self,
        store: &dyn SessionStore,
        id: Id,
        now: SystemTime,
    ) -> session_store::Result<bool> {
        let Some(taking) = &self.taking else { return Ok(true) };
        // A request that is under way brings nothing back. Also without it: who signs out is signed
        // out as well as can be.
        if let Err(error) = over::mark(store, &id, now).await {
            tracing::warn!(%error, "a session ends of which nobody can say so");
        }
        taking.take(&id).await
    }

    /// Whether nobody was here before with this session. An error also where nobody knows, since
    /// those before it are still at it.
    pub(super) async fn is_first(
        &self,
        store: &dyn SessionStore,
        id: Id,
        now: SystemTime,
    ) -> session_store::Result<bool> {
        // By chance, as ids are.
        let lane = id.0.unsigned_abs() % LANES as u128;
        let lane = self.lanes[usize::try_from(lane).unwrap_or_default()].lock();
        let busy = |_| session_store::Error::Backend("did not answer others in 10 s".to_owned());
        let _alone = timeout(PATIENCE, lane).await.map_err(busy)?;
        marks::claim(store, &["told", &id.to_string()], now, REMEMBERED).await
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{HashMap, HashSet},
        sync::PoisonError,
    };

    use async_trait::async_trait;
    use hallpass_core::{Clock, SystemClock};
    use tokio::task::{JoinSet, yield_now};
    use tower_sessions::session::Record;

    use super::*;
    use crate::Sessions;

    /// Looks, waits, and then writes over what is there meanwhile.
    #[derive(Debug, Clone, Default)]
    struct Careless(Arc<std::sync::Mutex<HashMap<Id, Record>>>);

    impl Careless {
        fn has(&self, id: &Id) -> bool {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
        }
    }

    #[async_trait]
    impl SessionStore for Careless {
        async fn create(&self, record: &mut Record) -> session_store::Result<()> {
            while self.has(&record.id) {
                record.id = Id::default();
            }
            yield_now().await;
            self.save(record).await
        }

        async fn save(&self, record: &Record) -> session_store::Result<()> {
            self.0.lock().unwrap().insert(record.id, record.clone());
            Ok(())
        }

        async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
            yield_now().await;
            Ok(self.0.lock().unwrap().get(id).cloned())
        }

        async fn delete(&self, id: &Id) -> session_store::Result<()> {
            self.0.lock().unwrap().remove(id);
            Ok(())
        }
    }

    #[tokio::test]
    async fn of_however_many_who_end_a_session_at_once_one_tells() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        for sessions in [Sessions::memory(), Careless::default().into()] {
            let (store, tellers) = (sessions.store(&clock), Tellers::default());
            let mut asking = JoinSet::new();
            for at in 0..400_i128 {
                let (store, tellers) = (Arc::clone(&store), tellers.clone());
                asking.spawn(async move {
                    let id = Id(at % 20);
                    (id, tellers.is_first(&*store, id, SystemTime::now()).await.unwrap())
                });
            }
            let told: Vec<_> =
                asking.join_all().await.into_iter().filter(|(_, first)| *first).collect();
            let sessions: HashSet<_> = told.iter().map(|(id, _)| id.0).collect();
            assert_eq!((told.len(), sessions.len()), (20, 20));
        }
    }

    /// Takes what is marked, and finds nothing else.
    struct Late(Arc<dyn SessionStore>);

    #[async_trait]
    impl Take for Late {
        async fn take(&self, id: &Id) -> session_store::Result<bool> {
            over::is_over(&*self.0, id).await
        }
    }

    #[tokio::test]
    async fn a_session_is_said_to_be_over_before_it_is_taken() {
        let store = Sessions::memory().store(&(Arc::new(SystemClock) as Arc<dyn Clock>));
        let mut tellers = Tellers::default();
        tellers.set_taking(Some(Arc::new(Late(Arc::clone(&store)))));
        assert!(!over::is_over(&*store, &Id(7)).await.unwrap());
        assert!(tellers.take(&*store, Id(7), SystemTime::now()).await.unwrap());
    }

    #[tokio::test]
    async fn two_processes_over_one_store_tell_once() {
        let store = Sessions::memory().store(&(Arc::new(SystemClock) as Arc<dyn Clock>));
        let (one, other, now) = (Tellers::default(), Tellers::default(), SystemTime::now());
        let first = one.is_first(&*store, Id(7), now);
        let second = other.is_first(&*store, Id(7), now);
        let (first, second) = tokio::join!(first, second);
        assert!(first.unwrap() != second.unwrap());
        assert!(other.is_first(&*store, Id(8), now).await.unwrap());
    }
}
