//! What the single flight stands on in the model: loom's mutex, and by their documentation, a cell
//! that is written once, tokio's notification of all who wait, and a task.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

pub(super) use loom::sync::Mutex;
use loom::{
    future::block_on,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// Whoever sees the value sees all that came before it.
pub(super) struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    is_set: AtomicBool,
}

impl<T> OnceLock<T> {
    pub(super) fn new() -> Self {
        Self { value: std::sync::OnceLock::new(), is_set: AtomicBool::new(false) }
    }

    pub(super) fn get(&self) -> Option<&T> {
        self.value.get().filter(|_| self.is_set.load(Ordering::Acquire))
    }

    pub(super) fn set(&self, value: T) -> Result<(), T> {
        self.value.set(value)?;
        self.is_set.store(true, Ordering::Release);
        Ok(())
    }
}

/// Less than tokio promises: who waits is told from `enable` on, there from `notified` on.
pub(super) struct Notify(Mutex<Vec<Waiting>>);

#[derive(Default)]
struct Waiting {
    is_told: bool,
    waker: Option<Waker>,
}

impl Notify {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(super) fn notified(&self) -> Notified<'_> {
        Notified { notify: self, place: None }
    }

    pub(super) fn notify_waiters(&self) {
        for waiting in self.0.lock().unwrap().iter_mut() {
            waiting.is_told = true;
            if let Some(waker) = waiting.waker.take() {
                waker.wake();
            }
        }
    }
}

pub(super) struct Notified<'a> {
    notify: &'a Notify,
    place: Option<usize>,
}

impl Notified<'_> {
    pub(super) fn enable(mut self: Pin<&mut Self>) -> bool {
        let mut all = self.notify.0.lock().unwrap();
        let place = self.place.unwrap_or_else(|| {
            all.push(Waiting::default());
            all.len() - 1
        });
        let is_told = all[place].is_told;
        drop(all);
        self.place = Some(place);
        is_told
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.as_mut().enable();
        let mut all = self.notify.0.lock().unwrap();
        let waiting = &mut all[self.place.unwrap()];
        if waiting.is_told {
            return Poll::Ready(());
        }
        waiting.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// A thread for a task.
pub(super) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    let is_shut_down = super::IS_SHUT_DOWN.get();
    thread::spawn(move || if is_shut_down { drop(task) } else { block_on(task) });
}
