//! Time is put forward while nothing happens.

use std::{
    future::pending,
    sync::atomic::{AtomicU32, Ordering},
};

use hallpass_core::Error;
use tokio::runtime::Handle;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
struct Count(Arc<AtomicU32>);

impl Count {
    fn add(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// How often it is tried within ten minutes, if it ends in `error` so often.
async fn tried(length: Duration, failures: u32, error: Error) -> u32 {
    let (owed, tried) = (Owed::default(), Count::default());
    let count = tried.clone();
    owed.give_back_later(length, move || {
        let answer = if count.add() < failures { Err(error.clone()) } else { Ok(()) };
        async { answer }
    });
    sleep(MINUTE * 10).await;
    assert_eq!(tasks(), 0);
    tried.get()
}

#[tokio::test(start_paused = true)]
async fn it_is_tried_until_the_store_takes_it_or_the_lease_is_over() {
    let away = || Error::transport("away");
    assert_eq!(tried(MINUTE, 0, away()).await, 1);
    assert_eq!(tried(MINUTE, 3, away()).await, 4);
    // At most each second but for the first ones, at least each third.
    let times = tried(MINUTE, u32::MAX, away()).await;
    assert!((20..=65).contains(&times), "{times}");
}

#[tokio::test(start_paused = true)]
async fn a_lease_without_end_is_not_tried_without_end() {
    let times = tried(Duration::MAX, u32::MAX, Error::transport("away")).await;
    assert!((100..=305).contains(&times), "{times}");
}

#[tokio::test(start_paused = true)]
async fn what_the_store_refuses_for_good_is_not_tried_again() {
    assert_eq!(tried(MINUTE, u32::MAX, Error::config("no such table")).await, 1);
    assert_eq!(tried(MINUTE, u32::MAX, Error::security("store", "tampered with")).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_keeps_no_task_beyond_the_end_of_the_lease() {
    let (owed, taken) = (Owed::default(), Count::default());
    owed.give_back_later(MINUTE, pending);
    let count = taken.clone();
    owed.give_back_later(MINUTE, move || {
        count.add();
        async { Ok(()) }
    });
    sleep(MINUTE / 2).await;
    assert_eq!((tasks(), taken.get()), (1, 1), "another one is not held up for as long");
    sleep(MINUTE / 2 + Duration::from_millis(1)).await;
    assert_eq!(tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn many_leases_of_one_store_make_one_task() {
    let (owed, is_away, taken) = (Owed::default(), Count::default(), Count::default());
    for _ in 0..100 {
        let (is_away, taken) = (is_away.clone(), taken.clone());
        owed.clone().give_back_later(MINUTE, move || {
            let is_away = is_away.get() == 0;
            if !is_away {
                taken.add();
            }
            async move { if is_away { Err(Error::transport("away")) } else { Ok(()) } }
        });
        sleep(Duration::from_millis(100)).await;
        assert_eq!(tasks(), 1);
    }
    is_away.add();
    // At the next try that succeeds all are given back.
    sleep(LONGEST_PAUSE * 2).await;
    assert_eq!((tasks(), taken.get()), (0, 100));
}

#[tokio::test(start_paused = true)]
async fn what_is_owed_has_a_bound_and_those_that_came_first_stay() {
    let (owed, taken) = (Owed::default(), Count::default());
    for _ in 0..MOST_OWED * 3 {
        let taken = taken.clone();
        owed.give_back_later(MINUTE, move || {
            taken.add();
            async { Ok(()) }
        });
    }
    sleep(MINUTE).await;
    // The first of all is the task's own by then.
    assert_eq!((tasks(), taken.get() as usize), (0, MOST_OWED + 1));
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_all_was_given_back_is_given_back_too() {
    let (owed, taken) = (Owed::default(), Count::default());
    for so_far in 1..=3 {
        let count = taken.clone();
        owed.give_back_later(MINUTE, move || {
            count.add();
            async { Ok(()) }
        });
        sleep(MINUTE).await;
        assert_eq!((tasks(), taken.get()), (0, so_far));
    }
}

#[test]
fn a_task_that_went_with_its_runtime_keeps_nothing_from_the_next() {
    let (owed, taken) = (Owed::default(), Count::default());
    let runtime =
        || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let first = runtime().unwrap();
    first.block_on(async { owed.give_back_later(MINUTE, pending) });
    drop(first);
    runtime().unwrap().block_on(async {
        let count = taken.clone();
        owed.give_back_later(MINUTE, move || {
            count.add();
            async { Ok(()) }
        });
        sleep(MINUTE).await;
    });
    assert_eq!(taken.get(), 1);
}
