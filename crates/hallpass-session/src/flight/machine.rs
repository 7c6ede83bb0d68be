//! The state machine, and nothing of tokens. Whatever threads meet at is `super::sync`'s: there is
//! another one of it, under which a test walks all schedules.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, PoisonError},
};

use super::sync::{Mutex, Notify, OnceLock, spawn};

/// One piece of work at a time, whose result all get who asked while it was under way.
///
/// The work runs in a task of its own: those who wait may go away, and it still comes to its end.
pub(crate) struct Flight<T> {
    /// Of the last one, which may have ended.
    last: Mutex<Option<Arc<Landing<T>>>>,
}

/// Where the result of one piece of work arrives.
struct Landing<T> {
    /// `None` in it: there is none.
    result: OnceLock<Option<T>>,
    arrived: Notify,
}

impl<T: Clone> Landing<T> {
    async fn result(&self) -> Option<T> {
        let mut arrived = pin!(self.arrived.notified());
        // Before the look: what arrives after it is then not missed.
        arrived.as_mut().enable();
        if let Some(result) = self.result.get() {
            return result.clone();
        }
        arrived.await;
        self.result.get().cloned().flatten()
    }
}

/// Sends no result if nobody did before it.
struct Sender<T>(Arc<Landing<T>>);

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let _ = self.0.result.set(None);
        self.0.arrived.notify_waiters();
    }
}

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    pub(crate) fn new() -> Self {
        Self { last: Mutex::new(None) }
    }

    /// Waits for what is under way, or begins `work`. `None` if it ended without a result: its
    /// runtime was shut down.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub(crate) async fn join<F>(&self, work: impl FnOnce() -> F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let landing = self.under_way(work);
        landing.result().await
    }

    fn under_way<F>(&self, work: impl FnOnce() -> F) -> Arc<Landing<T>>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(landing) = last.as_ref().filter(|landing| landing.result.get().is_none()) {
            return Arc::clone(landing);
        }
        let landing = Arc::new(Landing { result: OnceLock::new(), arrived: Notify::new() });
        let sender = Sender(Arc::clone(&landing));
        let work = work();
        spawn(async move {
            let _ = sender.0.result.set(Some(work.await));
        });
        *last = Some(Arc::clone(&landing));
        landing
    }
}
