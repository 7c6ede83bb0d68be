//! What a store is still to be told that did not answer.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hallpass_core::{ErrorKind, Result};
use tokio::{
    sync::mpsc::{self, Receiver, Sender, error::TrySendError},
    time::{Instant, sleep, timeout_at},
};

/// Between two tries: so long at first, and at most; half as long or half as long again by chance,
/// so that the processes of one store do not come back together.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// For one try. Our own stores give up before; one of the application's may not.
const LONGEST_TRY: Duration = Duration::from_secs(15);
/// However long a lease is: who waits for one has long given up.
const LONGEST_DEBT: Duration = Duration::from_secs(300);
/// Those that wait, and as many again that were tried. What is beyond ends by itself: those that
/// came first are the ones that the store may have heard of before it went away.
const MOST_OWED: usize = 512;

type GiveBack = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send + Sync>;

/// The leases that a store is still to be given back, by one task for all of them. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Owed(Arc<Mutex<Option<Sender<Debt>>>>);

impl Owed {
    /// Gives back a lease of this `length` in the store's task, again and again until the store
    /// takes it or says that it never will, or the lease is over by itself. Meanwhile everybody
    /// else would wait for nothing.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub(crate) fn give_back_later<F>(
        &self,
        length: Duration,
        give_back: impl Fn() -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let give_back: GiveBack = Box::new(move || Box::pin(give_back()));
        let debt = Debt { until: Instant::now() + length.min(LONGEST_DEBT), give_back };
        let mut worker = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = match &*worker {
            Some(worker) => worker.try_send(debt),
            None => Err(TrySendError::Closed(debt)),
        };
        match sent {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                tracing::debug!("too many leases are to be given back: one ends by itself");
            }
            // There is none, or it has come to its end, if only with its runtime.
            Err(TrySendError::Closed(debt)) => {
                let (sender, further) = mpsc::channel(MOST_OWED);
                *worker = Some(sender);
                tokio::spawn(work_off(debt, further));
            }
        }
    }
}

/// The task of a store: until there is nothing more.
async fn work_off(first: Debt, mut further: Receiver<Debt>) {
    let mut debts = VecDeque::from([first]);
    let mut pause = SHORTEST_PAUSE;
    sleep(pause.mul_f64(jitter())).await;
    loop {
        while debts.len() < MOST_OWED {
            let Ok(debt) = further.try_recv() else { break };
            debts.push_back(debt);
        }
        let Some(debt) = debts.pop_front() else {
            // Whoever comes now begins another task; who came just before is heard.
            further.close();
            let Some(debt) = further.recv().await else { return };
            debts.push_back(debt);
            continue;
        };
        if debt.is_settled().await {
            pause = SHORTEST_PAUSE;
        } else {
            debts.push_back(debt);
            sleep(pause.mul_f64(jitter())).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

struct Debt {
    until: Instant,
    give_back: GiveBack,
}

impl Debt {
    /// Tries once. Whether there is nothing more to do.
    async fn is_settled(&self) -> bool {
        let now = Instant::now();
        if now < self.until {
            let end = self.until.min(now + LONGEST_TRY);
            match timeout_at(end, (self.give_back)()).await {
                Ok(Ok(())) => return true,
                Ok(Err(error)) if error.kind() != ErrorKind::Transport => {
                    tracing::warn!(%error, "a lease is not given back: it ends by itself");
                    return true;
                }
                Ok(Err(_)) | Err(_) if Instant::now() < self.until => return false,
                Ok(Err(_)) | Err(_) => {}
            }
        }
        tracing::debug!("a lease was not given back before its end");
        true
    }
}

fn jitter() -> f64 {
    rand::random_range(0.5..1.5)
}

#[cfg(test)]
mod tests;
