//! A store that does not answer, or answers late.

use std::{sync::Arc, time::Duration};

use hallpass_core::ErrorKind;
use hallpass_session::{Lease, TokenStore};
use hallpass_testkit::Fault;

use crate::support::{Away, Slow, World};

#[tokio::test]
async fn a_token_that_could_not_be_stored_is_neither_used_nor_lost() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let manager = world.over(Away::before("compare_and_swap", 0..3));
    // Nobody keeps the session meanwhile.
    let error = manager.session("ada").token().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("store")));
    assert_eq!(world.refreshes(), 1);
    world.clock.forward(2);
    let session = manager.session("ada");
    let token = tokio::time::timeout(Duration::from_secs(30), session.token()).await;
    let token = token.expect("its own lease is not waited for").unwrap();
    assert_eq!(world.refreshes(), 1, "the one that was not stored");
    let stored = world.stored().await.unwrap();
    assert!(stored.access_token().matches(token.access_token().expose()));
}

#[tokio::test]
async fn a_token_near_its_end_serves_while_the_store_is_away() {
    for away in [
        // The first is that of the token itself.
        Away::before("load", 1..2),
        Away::before("load", 2..3),
        Away::before("lease", 0..1),
        Away::before("compare_and_swap", 0..3),
    ] {
        let world = World::new().await;
        world.manager.sign_in("ada", world.login().await).await.unwrap();
        let what = format!("{away:?}");
        let session = world.over(away).session("ada");
        let old = session.token().await.unwrap();
        world.clock.forward(3_550);
        let same = session.token().await.unwrap();
        assert!(Arc::ptr_eq(&old, &same), "{what}");
        world.clock.forward(2);
        let new = session.token().await.unwrap();
        assert!(!new.access_token().matches(old.access_token().expose()), "{what}");
        assert_eq!(world.refreshes(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_token_near_its_end_serves_while_another_process_renews_it() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    let old = session.token().await.unwrap();
    world.clock.forward(3_550);
    let lease = world.store.lease(session.key(), Duration::from_secs(60)).await.unwrap().unwrap();
    let same = tokio::time::timeout(Duration::from_secs(30), session.token()).await.unwrap();
    assert!(Arc::ptr_eq(&old, &same.unwrap()));
    assert_eq!(world.refreshes(), 0);
    world.store.release(lease, false).await.unwrap();
    world.clock.forward(2);
    session.token().await.unwrap();
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn a_write_whose_answer_got_lost_is_a_write() {
    let world = World::new().await;
    let manager = world.over(Away::after("compare_and_swap", 0..2));
    let manager = manager.with_listener(world.heard.clone());
    let session = manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let token = session.token().await.unwrap();
    assert_eq!(world.refreshes(), 1);
    assert_eq!(world.heard.all().len(), 2, "the login and the renewal were told of");
    let stored = world.stored().await.unwrap();
    assert!(stored.access_token().matches(token.access_token().expose()));
    let lease = world.store.lease(session.key(), Duration::from_secs(60)).await.unwrap();
    assert!(!lease.unwrap().was_interrupted());
}

#[tokio::test]
async fn a_lease_that_could_not_be_given_back_is_given_back_once_the_store_answers() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let session = world.over(Away::before("release", 0..2)).session("ada");
    session.token().await.unwrap();
    assert!(!late(&world).await.was_interrupted(), "without a doubt");
}

#[tokio::test]
async fn a_lease_that_is_given_back_late_keeps_its_doubt() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    // The provider rotates, and nobody reads its answer.
    world.local.fault(Fault::on("token").carried_out().cut_before_headers());
    let session = world.over(Away::before("release", 0..2)).session("ada");
    session.token().await.unwrap_err();
    assert!(late(&world).await.was_interrupted());
}

/// The lease, once it was given back: not at once, and long before its end.
async fn late(world: &World) -> Lease {
    let key = world.manager.key("ada");
    let taken = || world.store.lease(&key, Duration::from_secs(60));
    assert!(taken().await.unwrap().is_none(), "nobody gave it back yet");
    let free = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            if let Some(lease) = taken().await.unwrap() {
                return lease;
            }
            tokio::task::yield_now().await;
        }
    });
    free.await.unwrap()
}

#[tokio::test]
async fn a_refusal_is_told_though_the_store_went_away_after_it() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    world.local.fault(
        Fault::on("token").status(400).body("application/json", r#"{"error":"invalid_grant"}"#),
    );
    let session = world.over(Away::before("load", 2..3)).session("ada");
    let error = session.token().await.unwrap_err();
    assert_eq!((error.kind(), error.oauth().unwrap().code()), (ErrorKind::Denied, "invalid_grant"));
}

#[tokio::test]
async fn a_store_that_eats_up_the_lease_leaves_no_time_for_a_renewal() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let manager = world.over(Slow("load", Duration::from_millis(150)));
    let session = manager.with_lease(Duration::from_millis(250)).session("ada");
    let error = session.token().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("lease")));
    assert_eq!(world.refreshes(), 0, "nothing was sent");
    let lease = world.store.lease(session.key(), Duration::from_secs(60)).await.unwrap();
    assert!(!lease.unwrap().was_interrupted(), "it was given back as it was");
}
