//! What a store is still to be told that did not answer.

use std::{future::Future, time::Duration};

use hallpass_core::Result;
use tokio::time::{Instant, sleep};

/// Between two tries: so long at first, and at most.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Gives back a lease in a task of its own, again and again until the store takes it, or the lease
/// of this `length` is over by itself. Meanwhile everybody else would wait for nothing.
///
/// # Panics
///
/// Outside a tokio runtime.
pub(crate) fn give_back_later<F>(length: Duration, give_back: impl Fn() -> F + Send + 'static)
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let began = Instant::now();
    tokio::spawn(async move {
        let mut pause = SHORTEST_PAUSE;
        while began.elapsed() < length {
            sleep(pause).await;
            if give_back().await.is_ok() {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        tracing::debug!("a lease was not given back before its end");
    });
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use hallpass_core::Error;

    use super::*;

    /// How often it is tried within five minutes of a lease of one, if it fails so often.
    async fn tried(failures: u32) -> u32 {
        let tried = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&tried);
        give_back_later(Duration::from_secs(60), move || {
            let nth = count.fetch_add(1, Ordering::SeqCst);
            let answer = if nth < failures { Err(Error::transport("away")) } else { Ok(()) };
            async { answer }
        });
        sleep(Duration::from_secs(300)).await;
        tried.load(Ordering::SeqCst)
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_tried_until_the_store_takes_it_or_the_lease_is_over() {
        assert_eq!(tried(0).await, 1);
        assert_eq!(tried(3).await, 4);
        // 3.1 s for the first five, then each 2 s.
        assert_eq!(tried(u32::MAX).await, 34);
    }
}
