//! Single flight: the state machine, and nothing of tokens.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio::sync::Notify;

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
        tokio::spawn(async move {
            let _ = sender.0.result.set(Some(work.await));
        });
        *last = Some(Arc::clone(&landing));
        landing
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use tokio::{sync::Notify, task::JoinSet};

    use super::Flight;

    /// Work that counts itself, and waits to be told to end.
    #[derive(Default)]
    struct Work {
        begun: AtomicU32,
        end: Notify,
    }

    impl Work {
        async fn run(self: Arc<Self>) -> u32 {
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            self.end.notified().await;
            number
        }
    }

    #[tokio::test]
    async fn all_who_ask_while_it_is_under_way_have_one_result_and_the_next_a_new_one() {
        let (flight, work) = (Arc::new(Flight::new()), Arc::new(Work::default()));
        for number in 1..=3 {
            let mut asking = JoinSet::new();
            for _ in 0..100 {
                let (flight, work) = (Arc::clone(&flight), Arc::clone(&work));
                asking.spawn(async move { flight.join(|| work.run()).await });
            }
            while work.begun.load(Ordering::SeqCst) < number {
                tokio::task::yield_now().await;
            }
            work.end.notify_one();
            let results = asking.join_all().await;
            assert!(results.iter().all(|result| *result == Some(number)), "{results:?}");
        }
    }

    #[tokio::test]
    async fn work_goes_on_when_all_who_asked_went_away() {
        let (flight, work) = (Flight::new(), Arc::new(Work::default()));
        {
            let asking = flight.join(|| Arc::clone(&work).run());
            let mut asking = std::pin::pin!(asking);
            let polled = std::future::poll_fn(|context| {
                std::task::Poll::Ready(asking.as_mut().poll(context).is_pending())
            });
            assert!(polled.await);
        }
        work.end.notify_one();
        assert_eq!(flight.join(|| Arc::clone(&work).run()).await, Some(1));
    }

    #[tokio::test]
    async fn work_that_panics_has_no_result_and_does_not_stand_in_the_way() {
        let flight = Flight::new();
        let panics = || async { panic!("planted") };
        assert_eq!(flight.join(panics).await, None::<u32>);
        assert_eq!(flight.join(|| async { 1 }).await, Some(1));
    }
}
