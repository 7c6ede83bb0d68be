//! Where there is no document: the source was never there, or what it gave was forgotten.

use super::*;

#[test]
fn a_clock_that_was_put_back_does_not_make_an_outage_longer() {
    let world = World::new();
    world.is_down.set(true);
    for _ in 0..3 {
        assert!(world.now_get(start()).is_err());
    }
    assert_eq!(world.fetches.get(), 2);
    assert!(world.now_get(start() - LONGEST_OUTAGE_WAIT).is_err());
    assert_eq!(world.fetches.get(), 3);
}

#[test]
fn what_was_forgotten_is_fetched_again_and_not_served() {
    let world = World::filled();
    world.slot.clear();
    assert_eq!(world.now_get(start()), Ok(2));
    world.slot.clear();
    world.is_down.set(true);
    assert_eq!(world.now_get(start()), Err(ErrorKind::Transport));
}

#[test]
fn a_first_fetch_of_what_was_forgotten_goes_to_its_caller_and_is_not_kept() {
    let world = World::new();
    let mut call = world.get(start());
    let mut waiting = world.get(start());
    waits(&mut call);
    waits(&mut waiting);
    world.slot.clear();
    world.gate.add_permits(1);
    assert_eq!(*ended(&mut call).unwrap(), 1);
    waits(&mut waiting);
    world.gate.add_permits(1);
    assert_eq!(*ended(&mut waiting).unwrap(), 2);
    assert_eq!(world.now_get(start()), Ok(2));
}

#[test]
fn a_newer_one_of_what_was_forgotten_goes_to_its_caller_and_is_not_kept() {
    let world = World::filled();
    let mut refresh = world.get(start() + HOUR);
    waits(&mut refresh);
    world.slot.clear();
    world.gate.add_permits(1);
    assert_eq!(*ended(&mut refresh).unwrap(), 2);
    assert_eq!(world.now_get(start() + HOUR), Ok(3));
    let seen = world.held();
    let mut renewal = world.renew(&seen, start() + HOUR);
    waits(&mut renewal);
    world.slot.clear();
    world.gate.add_permits(1);
    assert_eq!(ended(&mut renewal).as_deref(), Some(&4));
    assert_eq!(world.now_get(start() + HOUR), Ok(5));
}

#[test]
fn a_fetch_that_failed_after_all_was_forgotten_is_no_outage() {
    let world = World::new();
    world.is_down.set(true);
    assert_eq!(world.now_get(start()), Err(ErrorKind::Transport));
    let mut call = world.get(start());
    waits(&mut call);
    world.slot.clear();
    world.gate.add_permits(1);
    assert!(ended(&mut call).is_err());
    let mut dropped = world.get(start());
    waits(&mut dropped);
    world.slot.clear();
    drop(dropped);
    // Two more, as of a source that was never asked.
    for fetches in [4, 5, 5] {
        assert_eq!(world.now_get(start()), Err(ErrorKind::Transport));
        assert_eq!(world.fetches.get(), fetches);
    }
}

#[test]
fn the_wait_begins_when_the_fetch_ends() {
    let world = World::new();
    world.is_down.set(true);
    assert!(world.now_get(start()).is_err());
    let clock = Cell::new(start());
    let mut slow: Pending<'_, _> = Box::pin(world.slot.get(|| clock.get(), || world.fetch()));
    waits(&mut slow);
    let end = start() + 10 * SECOND;
    clock.set(end);
    world.gate.add_permits(1);
    assert!(ended(&mut slow).is_err());
    assert!(world.now_get(end).is_err());
    assert_eq!(world.fetches.get(), 2);
    assert!(world.now_get(end + SECOND).is_err());
    assert_eq!(world.fetches.get(), 3);
}

#[test]
fn who_waited_for_a_turn_counts_from_its_end() {
    let world = World::new();
    world.is_down.set(true);
    let mut first = world.get(start());
    waits(&mut first);
    let clock = Cell::new(start());
    let mut second: Pending<'_, _> = Box::pin(world.slot.get(|| clock.get(), || world.fetch()));
    waits(&mut second);
    drop(first);
    clock.set(start() + 10 * SECOND);
    waits(&mut second);
    world.is_down.set(false);
    world.gate.add_permits(1);
    assert_eq!(*ended(&mut second).unwrap(), 2);
    assert_eq!(world.now_get(start() + HOUR + 9 * SECOND), Ok(2));
    assert_eq!(world.now_get(start() + HOUR + 10 * SECOND), Ok(3));
}

#[test]
fn callers_that_go_away_do_not_drive_first_fetches() {
    let world = World::new();
    for _ in 0..100 {
        let _ = poll(&mut world.get(start()));
    }
    assert_eq!(world.fetches.get(), 2);
    let error = ended(&mut world.get(start())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.to_string().contains("given up"), "{error}");
    // However often: 2 s at most.
    for fetches in 3..10 {
        waits(&mut world.get(start() + 2 * SECOND * fetches));
        assert_eq!(world.fetches.get(), fetches);
    }
    assert_eq!(world.now_get(start() + 20 * SECOND), Ok(10));
}

#[test]
fn what_is_wrong_with_the_source_is_everybodys() {
    for failure in [
        Error::transport("down"),
        Error::malformed("no document"),
        Error::security("issuer", "another's"),
        Error::security("duplicate", "twice"),
    ] {
        check_failures(&failure, 2);
    }
}

#[test]
fn what_one_client_refuses_is_nothing_to_the_others() {
    for failure in [
        Error::config("no issuer"),
        Error::security("plain_http", "not over TLS"),
        Error::security("private_address", "in the own network"),
    ] {
        check_failures(&failure, 20);
    }
}

/// Of 20 calls that fail so, `fetches` ask; where not all did, another client must wait too.
#[track_caller]
fn check_failures(failure: &Error, fetches: u32) {
    let slot = Slot::<u32>::new();
    let asked = Cell::new(0);
    let call = |end: Result<(u32, Duration)>| {
        let fetch = || {
            asked.set(asked.get() + 1);
            std::future::ready(end)
        };
        let mut call: Pending<'_, _> = Box::pin(slot.get(start, fetch));
        ended(&mut call)
    };
    for _ in 0..20 {
        let got = call(Err(failure.clone())).unwrap_err();
        assert_eq!((got.kind(), got.reason()), (failure.kind(), failure.reason()));
    }
    assert_eq!(asked.get(), fetches, "{failure}");
    assert_eq!(call(Ok((1, HOUR))).is_ok(), fetches == 20, "{failure}");
}

#[test]
fn who_waits_for_a_fetch_that_its_client_refused_makes_its_own() {
    let world = World::new();
    let refused = || async {
        world.gate.acquire().await.unwrap().forget();
        Err(Error::config("no issuer"))
    };
    let mut first: Pending<'_, _> = Box::pin(world.slot.get(start, refused));
    let mut second = world.get(start());
    waits(&mut first);
    waits(&mut second);
    world.gate.add_permits(2);
    assert_eq!(ended(&mut first).unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(*ended(&mut second).unwrap(), 1);
}
