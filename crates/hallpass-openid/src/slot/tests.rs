use std::{
    cell::Cell,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use hallpass_core::{
    ErrorKind,
    http::{HeaderMap, HeaderValue, StatusCode},
};
use tokio::sync::Semaphore;

use super::*;

mod outage;
mod runs;

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// A slot, and a source whose answers wait until they are let go.
struct World {
    slot: Slot<u32>,
    gate: Semaphore,
    fetches: Cell<u32>,
    is_down: Cell<bool>,
}

type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

impl World {
    fn new() -> Self {
        Self {
            slot: Slot::new(),
            gate: Semaphore::new(0),
            fetches: Cell::new(0),
            is_down: Cell::new(false),
        }
    }

    /// One that holds 1, fresh until an hour after the start.
    fn filled() -> Self {
        let world = Self::new();
        assert_eq!(world.now_get(start()), Ok(1));
        world
    }

    /// The number of the fetch, good for an hour.
    async fn fetch(&self) -> Result<(u32, Duration)> {
        self.fetches.set(self.fetches.get() + 1);
        let number = self.fetches.get();
        self.gate.acquire().await.unwrap().forget();
        if self.is_down.get() { Err(Error::transport("down")) } else { Ok((number, HOUR)) }
    }

    fn get(&self, now: SystemTime) -> Pending<'_, Result<Arc<u32>>> {
        Box::pin(self.slot.get(move || now, || self.fetch()))
    }

    fn renew<'a>(&'a self, seen: &'a Arc<u32>, now: SystemTime) -> Pending<'a, Option<Arc<u32>>> {
        Box::pin(self.slot.renew(seen, now, Sender::Provider, || self.fetch()))
    }

    /// A call whose fetch, if it makes one, is answered at once.
    fn now_get(&self, now: SystemTime) -> Result<u32, ErrorKind> {
        let before = self.fetches.get();
        self.gate.add_permits(1);
        let got = ended(&mut self.get(now));
        if self.fetches.get() == before {
            self.gate.forget_permits(1);
        }
        got.map(|value| *value).map_err(|error| error.kind())
    }

    fn now_renew(&self, seen: &Arc<u32>, now: SystemTime) -> Option<u32> {
        let before = self.fetches.get();
        self.gate.add_permits(1);
        let got = ended(&mut self.renew(seen, now));
        if self.fetches.get() == before {
            self.gate.forget_permits(1);
        }
        got.map(|value| *value)
    }

    fn held(&self) -> Arc<u32> {
        self.slot.read().value.clone().unwrap()
    }
}

fn poll<T>(call: &mut Pending<'_, T>) -> Poll<T> {
    call.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

#[track_caller]
fn ended<T>(call: &mut Pending<'_, T>) -> T {
    match poll(call) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the call still waits"),
    }
}

#[track_caller]
fn waits<T>(call: &mut Pending<'_, T>) {
    assert!(poll(call).is_pending(), "the call waits for nothing");
}

#[test]
fn callers_at_the_same_time_make_one_fetch() {
    let world = World::new();
    let mut calls: Vec<_> = (0..64).map(|_| world.get(start())).collect();
    calls.iter_mut().for_each(waits);
    assert_eq!(world.fetches.get(), 1);
    world.gate.add_permits(64);
    for call in &mut calls {
        assert_eq!(*ended(call).unwrap(), 1);
    }
    assert_eq!(world.fetches.get(), 1);
}

#[test]
fn callers_at_the_same_time_share_one_failure_and_the_next_one_tries_again() {
    let world = World::new();
    world.is_down.set(true);
    let mut calls: Vec<_> = (0..64).map(|_| world.get(start())).collect();
    calls.iter_mut().for_each(waits);
    world.gate.add_permits(1);
    for call in &mut calls {
        assert_eq!(ended(call).unwrap_err().kind(), ErrorKind::Transport);
    }
    assert_eq!(world.fetches.get(), 1);
    world.is_down.set(false);
    assert_eq!(world.now_get(start()), Ok(2));
}

#[test]
fn a_caller_that_goes_away_leaves_its_turn_to_the_next() {
    let world = World::new();
    let mut first = world.get(start());
    let mut second = world.get(start());
    let mut third = world.get(start());
    waits(&mut first);
    waits(&mut second);
    waits(&mut third);
    drop(first);
    waits(&mut second);
    assert_eq!(world.fetches.get(), 2);
    world.gate.add_permits(1);
    assert_eq!(*ended(&mut second).unwrap(), 2);
    assert_eq!(*ended(&mut third).unwrap(), 2);
}

#[test]
fn past_the_end_of_freshness_one_fetches_and_the_others_get_the_old_one() {
    let world = World::filled();
    assert_eq!(world.now_get(start() + HOUR - SECOND), Ok(1));
    assert_eq!(world.fetches.get(), 1);
    let later = start() + HOUR;
    let mut first = world.get(later);
    waits(&mut first);
    for _ in 0..63 {
        assert_eq!(*ended(&mut world.get(later)).unwrap(), 1);
    }
    assert_eq!(world.fetches.get(), 2);
    world.gate.add_permits(1);
    assert_eq!(*ended(&mut first).unwrap(), 2);
    assert_eq!(world.now_get(later + HOUR - SECOND), Ok(2));
}

#[test]
fn a_refresh_that_goes_away_is_begun_again_by_the_next_caller() {
    let world = World::filled();
    let mut first = world.get(start() + HOUR);
    waits(&mut first);
    drop(first);
    assert_eq!(world.now_get(start() + HOUR), Ok(3));
}

#[test]
fn a_refresh_that_fails_keeps_the_old_one_and_is_not_tried_again_for_a_minute() {
    let world = World::filled();
    world.is_down.set(true);
    let later = start() + HOUR;
    assert_eq!(world.now_get(later), Ok(1));
    assert_eq!(world.fetches.get(), 2);
    assert_eq!(world.now_get(later + 59 * SECOND), Ok(1));
    assert_eq!(world.fetches.get(), 2);
    assert_eq!(world.now_get(later + 60 * SECOND), Ok(1));
    assert_eq!(world.fetches.get(), 3);
    world.is_down.set(false);
    assert_eq!(world.now_get(later + 120 * SECOND), Ok(4));
}

#[test]
fn an_old_one_serves_for_a_week_at_most() {
    let world = World::filled();
    world.is_down.set(true);
    let week = 7 * 24 * HOUR;
    assert_eq!(world.now_get(start() + HOUR + week - SECOND), Ok(1));
    assert_eq!(world.now_get(start() + HOUR + week), Err(ErrorKind::Transport));
    world.is_down.set(false);
    assert!(world.now_get(start() + HOUR + week).is_ok());
}

#[test]
fn a_clock_that_was_put_back_does_not_make_a_document_fresh_for_years() {
    let world = World::filled();
    let before = start() - 365 * 24 * HOUR;
    assert_eq!(world.now_get(before), Ok(2));
    assert_eq!(world.now_get(before + HOUR - SECOND), Ok(2));
    assert_eq!(world.now_get(before + HOUR), Ok(3));
}

#[test]
fn many_who_saw_the_same_document_renew_it_once() {
    let world = World::filled();
    let seen = world.held();
    let mut calls: Vec<_> = (0..64).map(|_| world.renew(&seen, start())).collect();
    calls.iter_mut().for_each(waits);
    assert_eq!(world.fetches.get(), 2);
    world.gate.add_permits(64);
    for call in &mut calls {
        assert_eq!(ended(call).as_deref(), Some(&2));
    }
    assert_eq!(world.fetches.get(), 2);
}

#[test]
fn a_second_renewal_waits_for_the_end_of_the_cool_down() {
    let world = World::filled();
    assert_eq!(world.now_renew(&world.held(), start()), Some(2));
    assert_eq!(world.now_renew(&world.held(), start() + COOL_DOWN - SECOND), None);
    assert_eq!(world.fetches.get(), 2);
    assert_eq!(world.now_renew(&world.held(), start() + COOL_DOWN), Some(3));
}

#[test]
fn a_renewal_that_fails_keeps_the_old_one_and_is_cooled_down_too() {
    let world = World::filled();
    world.is_down.set(true);
    assert_eq!(world.now_renew(&world.held(), start()), None);
    assert_eq!(world.now_renew(&world.held(), start()), None);
    assert_eq!(world.fetches.get(), 2);
    assert_eq!(world.now_get(start()), Ok(1));
}

#[test]
fn a_renewal_that_goes_away_lets_exactly_one_more_through() {
    let world = World::filled();
    let seen = world.held();
    for fetches in [2, 3] {
        let mut dropped = world.renew(&seen, start());
        waits(&mut dropped);
        assert_eq!(world.fetches.get(), fetches);
    }
    assert_eq!(world.now_renew(&seen, start()), None);
    assert_eq!(world.fetches.get(), 3);
    assert_eq!(world.now_renew(&seen, start() + COOL_DOWN), Some(4));
}

#[test]
fn the_renewal_after_one_that_went_away_begins_the_cool_down_anew() {
    let world = World::filled();
    let seen = world.held();
    for at in [start(), start() + COOL_DOWN - SECOND] {
        waits(&mut world.renew(&seen, at));
    }
    assert_eq!(world.now_renew(&seen, start() + COOL_DOWN), None);
    assert_eq!(world.now_renew(&seen, start() + COOL_DOWN * 2 - SECOND), Some(4));
}

#[test]
fn a_clock_that_was_put_back_does_not_make_the_cool_down_longer() {
    let world = World::filled();
    assert_eq!(world.now_renew(&world.held(), start()), Some(2));
    assert_eq!(world.now_renew(&world.held(), start() - SECOND), Some(3));
    assert_eq!(world.now_renew(&world.held(), start() - SECOND), None);
}

#[test]
fn what_is_kept_does_not_show() {
    let shown = format!("{:?} {:?}", World::new().slot, World::filled().slot);
    assert_eq!(shown, "Slot { is_filled: false } Slot { is_filled: true }");
}

#[test]
fn a_sender_says_how_long_within_bounds() {
    check_freshness(&[], 3600);
    check_freshness(&["max-age=7200"], 7200);
    check_freshness(&["Max-Age=7200, public"], 7200);
    check_freshness(&["public, max-age=\"7200\", must-revalidate"], 7200);
    check_freshness(&["max-age=0"], 300);
    check_freshness(&["max-age=299"], 300);
    check_freshness(&["max-age=86401"], 86_400);
    check_freshness(&["max-age=18446744073709551615"], 86_400);
    check_freshness(&["no-store"], 300);
    check_freshness(&["No-Cache"], 300);
    check_freshness(&["max-age=7200, no-store"], 300);
    check_freshness(&["no-store, max-age=7200"], 300);
    check_freshness(&["public", "max-age=7200"], 7200);
    check_freshness(&["max-age=7200", "no-cache"], 300);
}

#[test]
fn a_sender_that_says_nothing_we_understand_has_said_nothing() {
    check_freshness(&[""], 3600);
    check_freshness(&["max-age"], 3600);
    check_freshness(&["max-age="], 3600);
    check_freshness(&["max-age=-1"], 3600);
    check_freshness(&["max-age=1e9"], 3600);
    check_freshness(&["s-maxage=7200, ,="], 3600);
    check_freshness(&["\u{e9}"], 3600);
}

#[track_caller]
fn check_freshness(values: &[&str], want_seconds: u64) {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(header::CACHE_CONTROL, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let response = Response::new(StatusCode::OK, headers, Vec::new());
    assert_eq!(freshness(&response), Duration::from_secs(want_seconds), "{values:?}");
}

#[test]
fn what_a_stranger_sends_does_not_use_up_the_renewal_of_a_login() {
    let world = World::filled();
    let of_stranger = || {
        let seen = world.held();
        world.gate.add_permits(1);
        let renewal = world.slot.renew(&seen, start(), Sender::Anybody, || world.fetch());
        let mut renewal: Pending<'_, _> = Box::pin(renewal);
        ended(&mut renewal).map(|value| *value)
    };
    assert_eq!(of_stranger(), Some(2));
    assert_eq!(of_stranger(), None, "strangers wait");
    world.gate.forget_permits(1);
    assert_eq!(world.now_renew(&world.held(), start()), Some(3), "a login does not");
}

#[test]
fn callers_that_go_away_do_not_drive_refreshes() {
    let world = World::filled();
    let later = start() + HOUR;
    for _ in 0..100 {
        let _ = poll(&mut world.get(later));
    }
    assert_eq!(world.fetches.get(), 3);
    assert_eq!(world.now_get(later + SECOND), Ok(1));
    assert_eq!(world.now_get(later + 2 * SECOND), Ok(4));
}

#[test]
fn a_source_that_is_down_is_asked_twice_and_then_more_and_more_rarely() {
    let world = World::new();
    world.is_down.set(true);
    let (mut now, mut asked) = (start(), Vec::new());
    for second in 0..120_u64 {
        now = start() + Duration::from_secs(second);
        let before = world.fetches.get();
        // Many logins in each second; all are told what the last fetch failed with.
        for _ in 0..3 {
            assert_eq!(world.now_get(now), Err(ErrorKind::Transport));
        }
        asked.extend((before..world.fetches.get()).map(|_| second));
    }
    assert_eq!(asked, [0, 0, 1, 3, 7, 15, 31, 61, 91]);
    world.is_down.set(false);
    assert_eq!(world.now_get(now), Err(ErrorKind::Transport), "not yet");
    assert_eq!(world.now_get(now + SECOND * 2), Ok(10));
    // What was fetched once ends it: the next outage begins at the beginning.
    world.slot.clear();
    world.is_down.set(true);
    assert_eq!(world.now_get(now), Err(ErrorKind::Transport));
    world.is_down.set(false);
    assert_eq!(world.now_get(now), Ok(12));
}
