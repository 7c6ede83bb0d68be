//! The single flight under all schedules of its threads, not some: loom runs each of them, and says
//! so if one never ends.

use std::{
    cell::Cell,
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    task::Poll,
};

use loom::{future::block_on, model::Builder, sync::atomic, thread};

use self::machine::Flight;

/// The very machine that programs run, on the synchronisation that loom schedules.
#[allow(clippy::duplicate_mod, reason = "it stands on another `sync` here")]
#[path = "machine.rs"]
mod machine;
#[path = "model_sync.rs"]
mod sync;

thread_local! {
    /// Whether the runtime is shut down: what is spawned is dropped unrun. All threads of a model
    /// are of one real thread.
    static IS_SHUT_DOWN: Cell<bool> = const { Cell::new(false) };
}

/// Work that gives its number, and sees whether it is alone.
#[derive(Default)]
struct World {
    flight: Flight<u32>,
    begun: AtomicU32,
    /// Loom's own, as the next: what no two threads touch, it does not schedule.
    running: atomic::AtomicU32,
    /// The highest number that somebody has.
    known: atomic::AtomicU32,
}

impl Default for Flight<u32> {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    async fn work(self: Arc<Self>) -> u32 {
        assert_eq!(self.running.fetch_add(1, SeqCst), 0, "two at a time");
        let number = self.begun.fetch_add(1, SeqCst) + 1;
        self.running.fetch_sub(1, SeqCst);
        number
    }

    /// Asks, and is given no result that somebody had before.
    fn ask(self: &Arc<Self>) {
        let known = self.known.load(SeqCst);
        let work = || Arc::clone(self).work();
        let number = block_on(self.flight.join(work)).unwrap();
        assert!(number > known, "an old result");
        self.known.fetch_max(number, SeqCst);
    }

    /// Asks, and goes away unless the answer is there at once.
    fn ask_and_leave(self: &Arc<Self>) {
        block_on(async {
            let mut asking = pin!(self.flight.join(|| Arc::clone(self).work()));
            poll_fn(|context| {
                let _ = asking.as_mut().poll(context);
                Poll::Ready(())
            })
            .await;
        });
    }
}

/// Runs it under each schedule that takes the processor from a thread that could go on so often at
/// most. Almost all faults of concurrency need two; without a bound the schedules are too many.
fn in_every_schedule(preemptions: usize, run: impl Fn(&Arc<World>) + Send + Sync + 'static) {
    let schedules = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&schedules);
    let mut model = Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(move || {
        counted.fetch_add(1, SeqCst);
        IS_SHUT_DOWN.set(false);
        let world = Arc::new(World::default());
        run(&world);
    });
    println!("{} schedules", schedules.load(SeqCst));
    assert!(schedules.load(SeqCst) > 100, "nothing was scheduled");
}

fn beside(world: &Arc<World>, run: fn(&Arc<World>)) -> thread::JoinHandle<()> {
    let world = Arc::clone(world);
    thread::spawn(move || run(&world))
}

#[test]
fn whoever_asks_is_answered_by_work_that_was_not_over_and_runs_alone() {
    in_every_schedule(2, |world| {
        let other = beside(world, World::ask);
        world.ask();
        other.join().unwrap();
        assert!(world.begun.load(SeqCst) <= 2);
    });
}

#[test]
fn whoever_asks_again_is_given_a_new_result() {
    in_every_schedule(1, |world| {
        let other = beside(world, World::ask);
        world.ask();
        world.ask();
        other.join().unwrap();
        assert!(world.begun.load(SeqCst) >= 2);
    });
}

#[test]
fn whoever_goes_away_takes_nothing_from_the_others() {
    in_every_schedule(2, |world| {
        let other = beside(world, World::ask_and_leave);
        world.ask();
        other.join().unwrap();
    });
    in_every_schedule(2, |world| {
        let other = beside(world, World::ask);
        world.ask_and_leave();
        other.join().unwrap();
        world.ask();
    });
}

#[test]
fn work_that_is_dropped_leaves_nobody_waiting_and_no_lock() {
    in_every_schedule(2, |world| {
        IS_SHUT_DOWN.set(true);
        let ask = |world: &Arc<World>| {
            let work = || Arc::clone(world).work();
            assert_eq!(block_on(world.flight.join(work)), None);
        };
        let other = beside(world, ask);
        ask(world);
        other.join().unwrap();
        IS_SHUT_DOWN.set(false);
        world.ask();
    });
}
