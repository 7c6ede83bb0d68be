//! A session that is over stays over.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use hallpass_core::Clock;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::marks;

/// Longer than a request is under way.
const REMEMBERED: Duration = Duration::from_secs(3_600);

/// Around every store, also one that is not ours: what was deleted is not brought back by a request
/// that was under way meanwhile and writes its session late, and a mark is nobody's session.
#[derive(Clone)]
pub(crate) struct OverStaysOver {
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
}

impl OverStaysOver {
    pub(crate) fn new(store: Arc<dyn SessionStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

#[async_trait]
impl SessionStore for OverStaysOver {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let created = self.store.create(record).await;
        #[cfg(hallpass_watch_secrets)]
        watched(&record.id);
        created
    }

    /// Writes, and looks afterwards; deletion is the other way round, the mark before all else. So
    /// of a write and a deletion at the same time, either the write comes first, and the deletion
    /// takes it away, or the mark is there when the writer looks. Looking first would leave a gap.
    ///
    /// And it looks whether there is one before it writes, since a mark is remembered for an hour
    /// and a request may take longer. In a task of its own: a browser that goes away leaves no
    /// write without its look.
    async fn save(&self, record: &Record) -> Result<()> {
        let (store, record) = (Arc::clone(&self.store), record.clone());
        let task = tokio::spawn(async move {
            if store.load(&record.id).await?.is_none() {
                return Ok(());
            }
            store.save(&record).await?;
            // check: 79
            if is_over(&*store, &record.id).await? {
                tracing::debug!("a session was written after its end, and is deleted once more");
                store.delete(&record.id).await?;
            }
            Ok(())
        });
        let ended = task.await;
        ended.unwrap_or_else(|_| Err(Error::Backend("a write ended without a result".to_owned())))
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        #[cfg(hallpass_watch_secrets)]
        watched(id);
        match self.store.load(id).await {
            // For ever, unlike a store that is down: nobody is signed in by it, and may sign in.
            // Not what is wrong with it, which may repeat what is there.
            Err(Error::Decode(_)) => {
                tracing::warn!("what a store keeps of a session cannot be read");
                Ok(None)
            }
            found => Ok(found?.filter(|record| !marks::is_mark(record))),
        }
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let marked = mark(&*self.store, id, self.clock.now()).await;
        // Also where there is no mark: who signs out is signed out as well as can be.
        self.store.delete(id).await.and(marked)
    }
}

/// Says that a session is over: whoever deletes it does so first, as [`OverStaysOver`] says.
pub(crate) async fn mark(store: &dyn SessionStore, id: &Id, now: SystemTime) -> Result<()> {
    marks::put(store, &["over", &id.to_string()], now, REMEMBERED).await
}

/// Whether somebody has ended this session, an hour ago at most: nobody else writes there, so that
/// what cannot be read says the same.
pub(crate) async fn is_over(store: &dyn SessionStore, id: &Id) -> Result<bool> {
    match marks::find(store, &["over", &id.to_string()]).await {
        Err(Error::Decode(_)) => Ok(true),
        found => Ok(found?.is_some()),
    }
}

/// `cargo xtask secrets` looks for it as a cookie has it, and as its `Debug` does.
#[cfg(hallpass_watch_secrets)]
fn watched(id: &Id) {
    for form in [id.to_string(), id.0.to_string()] {
        drop(hallpass_core::Secret::new(form));
    }
}

impl fmt::Debug for OverStaysOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OverStaysOver")
    }
}
