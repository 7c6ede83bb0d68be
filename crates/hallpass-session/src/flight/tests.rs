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
