//! Thousands of runs by chance: calls that begin, are polled when they are woken, go away, and a
//! source that answers, fails, or takes its time.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    task::Wake,
};

use proptest::prelude::*;

use super::*;

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    Get,
    /// Of the newest document that somebody has, or of an older one.
    Renew(bool, prop::sample::Index),
    /// One of those that were woken goes on.
    Poll(prop::sample::Index),
    Drop(prop::sample::Index),
    /// The fetch that is under way ends: well or not.
    End(bool),
    Forward(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Get),
        3 => (any::<bool>(), any::<prop::sample::Index>()).prop_map(|(own, at)| Step::Renew(own, at)),
        6 => any::<prop::sample::Index>().prop_map(Step::Poll),
        1 => any::<prop::sample::Index>().prop_map(Step::Drop),
        4 => prop::bool::weighted(0.6).prop_map(Step::End),
        2 => prop_oneof![0..3_u64, 20..40_u64, 50..70_u64, 3_590..3_610_u64, Just(700_000)]
            .prop_map(Step::Forward),
    ]
}

/// Why a fetch was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// There was nothing.
    First,
    Refresh,
    Login,
    Stranger,
}

#[derive(Default)]
struct Source {
    begun: u32,
    /// The fetch that is under way, how it ended, and who waits for it.
    running: Option<(u32, Option<bool>, Option<Waker>)>,
    /// The fetches that ended well, and when they were asked for.
    good: BTreeMap<u32, SystemTime>,
    /// When fetches were begun, and whether their callers went away.
    log: Vec<(Why, SystemTime, bool)>,
}

/// One fetch; dropped before its end, it was interrupted.
struct Fetch(Rc<RefCell<Source>>, usize);

impl Fetch {
    fn begin(source: &Rc<RefCell<Source>>, why: Why, now: SystemTime) -> Self {
        let mut inner = source.borrow_mut();
        assert!(inner.running.is_none(), "two fetches at a time");
        inner.begun += 1;
        let number = inner.begun;
        inner.running = Some((number, None, None));
        inner.log.push((why, now, true));
        Self(Rc::clone(source), inner.log.len() - 1)
    }

    async fn end(self, now: SystemTime) -> Result<(u32, Duration)> {
        let (number, is_good) = std::future::poll_fn(|context| {
            let mut source = self.0.borrow_mut();
            let running = source.running.as_mut().unwrap();
            running.2 = Some(context.waker().clone());
            running.1.map_or(Poll::Pending, |is_good| Poll::Ready((running.0, is_good)))
        })
        .await;
        let mut source = self.0.borrow_mut();
        source.log[self.1].2 = false;
        if !is_good {
            return Err(Error::transport("down"));
        }
        source.good.insert(number, now);
        Ok((number, HOUR))
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.0.borrow_mut().running = None;
    }
}

/// A call that is polled only when it was woken.
struct Call<'a> {
    future: Pending<'a, ()>,
    woken: Arc<Woken>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

impl Call<'_> {
    /// Whether it is over.
    fn poll(&mut self) -> bool {
        if !self.woken.0.swap(false, SeqCst) {
            return false;
        }
        let waker = Waker::from(Arc::clone(&self.woken));
        self.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
    }
}

struct Run {
    slot: Slot<u32>,
    source: Rc<RefCell<Source>>,
    /// What callers were given.
    given: RefCell<Vec<Arc<u32>>>,
}

impl Run {
    fn new() -> Self {
        Self { slot: Slot::new(), source: Rc::default(), given: RefCell::default() }
    }

    /// Nobody is given what was never fetched.
    fn give(&self, value: Arc<u32>) {
        assert!(self.source.borrow().good.contains_key(&value), "{value} was never fetched");
        self.given.borrow_mut().push(value);
    }

    async fn get(&self, now: SystemTime) {
        let fetch = || {
            let has_one = self.slot.read().value.is_some() && now < self.slot.read().usable_until;
            let why = if has_one { Why::Refresh } else { Why::First };
            Fetch::begin(&self.source, why, now).end(now)
        };
        match self.slot.get(|| now, fetch).await {
            Ok(value) => {
                let of = self.source.borrow().good[&value];
                assert!(now < of + HOUR + LONGEST_STALENESS, "older than a week");
                self.give(value);
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Transport);
                let kept = self.slot.read();
                assert!(kept.value.is_none() || now >= kept.usable_until, "there was one");
            }
        }
    }

    async fn renew(&self, seen: Arc<u32>, sender: Sender, now: SystemTime) {
        let why = if sender == Sender::Provider { Why::Login } else { Why::Stranger };
        let fetch = || Fetch::begin(&self.source, why, now).end(now);
        if let Some(value) = self.slot.renew(&seen, now, sender, fetch).await {
            assert_ne!(*value, *seen, "no newer one");
            self.give(value);
        }
    }

    fn end(&self, is_good: bool) {
        if let Some((_, end @ None, waker)) = &mut self.source.borrow_mut().running {
            *end = Some(is_good);
            waker.take().into_iter().for_each(Waker::wake);
        }
    }

    /// One in a cool-down, and one more where somebody went away.
    fn check_cool_downs(&self) {
        let log = &self.source.borrow().log;
        for (why, length) in
            [(Why::Refresh, REFRESH_COOL_DOWN), (Why::Login, COOL_DOWN), (Why::Stranger, COOL_DOWN)]
        {
            let of_it: Vec<_> = log.iter().filter(|(it, ..)| *it == why).collect();
            for (at, (_, begun, is_interrupted)) in of_it.iter().enumerate() {
                let within = of_it[at..].iter().filter(|(_, it, _)| *it < *begun + length).count();
                let most = if *is_interrupted { 2 } else { 1 };
                // The second one, begun in place of the first, has none in its own.
                let is_second = at > 0 && of_it[at - 1].1 + length > *begun;
                assert!(within <= if is_second { 1 } else { most }, "{why:?} within {length:?}");
            }
        }
    }
}

fn begin<'a>(future: impl Future<Output = ()> + 'a, calls: &mut Vec<Call<'a>>) {
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let mut call = Call { future: Box::pin(future), woken };
    // At once, so that callers come in the order of their clocks.
    if !call.poll() {
        calls.push(call);
    }
}

fn walk(steps: Vec<Step>) {
    let run = Run::new();
    let mut calls = Vec::new();
    let mut now = start();
    for step in steps {
        match step {
            Step::Get => begin(run.get(now), &mut calls),
            Step::Renew(is_own, at) => {
                let given = run.given.borrow();
                if given.is_empty() {
                    continue;
                }
                let seen = Arc::clone(&given[at.index(given.len())]);
                drop(given);
                let sender = if is_own { Sender::Provider } else { Sender::Anybody };
                begin(run.renew(seen, sender, now), &mut calls);
            }
            Step::Poll(_) | Step::Drop(_) if calls.is_empty() => {}
            Step::Poll(at) => {
                let at = at.index(calls.len());
                if calls[at].poll() {
                    drop(calls.swap_remove(at));
                }
            }
            Step::Drop(at) => drop(calls.swap_remove(at.index(calls.len()))),
            Step::End(is_good) => run.end(is_good),
            Step::Forward(seconds) => now += Duration::from_secs(seconds),
        }
    }
    // Whoever is left comes to an end without being asked to go on.
    for _ in 0..calls.len() * 3 + 1 {
        run.end(true);
        calls.retain_mut(|call| !call.poll());
    }
    assert!(calls.is_empty(), "{} wait for nobody", calls.len());
    run.check_cool_downs();
    // Whatever happened, the next is served, and in time by a new one.
    now += LONGEST_FRESHNESS;
    let before = run.source.borrow().begun;
    begin(run.get(now), &mut calls);
    run.end(true);
    calls.retain_mut(|call| !call.poll());
    assert!(calls.is_empty() && run.source.borrow().begun == before + 1, "nothing new is fetched");
    assert_eq!(run.given.borrow().last().map(|value| **value), Some(before + 1));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn whatever_comes_one_fetches_at_a_time_and_nobody_is_given_what_was_never_fetched(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        walk(steps);
    }
}
