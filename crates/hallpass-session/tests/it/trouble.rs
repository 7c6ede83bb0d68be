use std::{sync::Arc, time::Duration};

use hallpass_core::{ErrorKind, OAuth2Token, Revoke};
use hallpass_session::TokenStore;
use hallpass_testkit::Fault;

use crate::support::World;

#[tokio::test]
async fn a_token_near_its_end_serves_while_the_provider_is_away() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    let old = session.token().await.unwrap();
    world.clock.forward(3_550);
    world.local.fault(Fault::on("token").status(503).times(9));
    let same = session.token().await.unwrap();
    assert!(Arc::ptr_eq(&old, &same));
    assert_eq!(world.refreshes(), 1);
    session.token().await.unwrap();
    assert_eq!(world.refreshes(), 1, "not tried again at once");
    world.clock.forward(2);
    session.token().await.unwrap();
    assert_eq!(world.refreshes(), 2, "but after a while");
    world.clock.forward(100);
    let error = session.token().await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Transport, 503));
    world.local.clear_faults();
    world.clock.forward(2);
    session.token().await.unwrap();
}

#[tokio::test]
async fn the_provider_says_how_long_it_wants_to_be_left_alone() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let busy = Fault::on("token").status(429).retry_after(Duration::from_secs(30));
    world.local.fault(busy);
    let error = session.token().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    world.clock.forward(29);
    assert_eq!(session.token().await.unwrap_err().kind(), ErrorKind::Transport);
    assert_eq!(world.refreshes(), 1);
    world.clock.forward(2);
    session.token().await.unwrap();
    assert_eq!(world.refreshes(), 2);
}

#[tokio::test]
async fn a_provider_that_wants_an_hour_is_asked_again_after_five_minutes() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    world.local.fault(Fault::on("token").status(429).retry_after(Duration::from_secs(3_600)));
    let error = session.token().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3_600)), "as it was said");
    world.clock.forward(299);
    session.token().await.unwrap_err();
    assert_eq!(world.refreshes(), 1);
    world.clock.forward(2);
    session.token().await.unwrap();
    assert_eq!(world.refreshes(), 2);
}

#[tokio::test]
async fn a_clock_that_was_put_back_does_not_prolong_a_failure() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(90_000);
    world.local.fault(Fault::on("token").status(503));
    session.token().await.unwrap_err();
    session.token().await.unwrap_err();
    assert_eq!(world.refreshes(), 1, "not at once");
    world.clock.back(80_000);
    session.token().await.unwrap();
    assert_eq!(world.refreshes(), 2);
}

#[tokio::test]
async fn a_refusal_is_remembered_though_nobody_keeps_the_session() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let refusal = (r#"{"error":"invalid_grant"}"#, "application/json");
    world.local.fault(Fault::on("token").status(400).body(refusal.1, refusal.0).times(2));
    for _ in 0..2 {
        let error = world.manager.session("ada").token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
    }
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn without_a_token_or_a_way_to_a_new_one_the_user_signs_in() {
    let world = World::new().await;
    let nobody = world.manager.session("nobody").token().await.unwrap_err();
    assert_eq!((nobody.kind(), nobody.reason()), (ErrorKind::Denied, Some("signed_out")));
    let bare = OAuth2Token::from_access_token("bare");
    let session = world.manager.sign_in("bob", bare).await.unwrap();
    let token = session.token().await.unwrap();
    let error = session.token_instead_of(&token).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("no_refresh_token")));
    session.token().await.unwrap();
    assert_eq!(world.refreshes(), 0);
}

#[tokio::test]
async fn a_new_login_ends_all_trouble() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let refusal = (r#"{"error":"invalid_grant"}"#, "application/json");
    world.local.fault(Fault::on("token").status(400).body(refusal.1, refusal.0));
    assert_eq!(session.token().await.unwrap_err().kind(), ErrorKind::Denied);
    // In another process.
    world.elsewhere().sign_in("ada", world.login().await).await.unwrap();
    session.token().await.unwrap();
}

#[tokio::test]
async fn signed_out_is_signed_out() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.manager.sign_out("ada", Some(Revoke::Grant)).await.unwrap();
    assert_eq!(world.local.count("revoke"), 1);
    let error = session.token().await.unwrap_err();
    assert_eq!(error.reason(), Some("signed_out"));
    world.manager.sign_out("ada", Some(Revoke::Grant)).await.unwrap();
    assert_eq!(world.local.count("revoke"), 1, "nothing is left to revoke");
}

#[tokio::test]
async fn a_logout_during_a_renewal_is_not_undone() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    world.local.fault(Fault::on("token").delay(Duration::from_millis(60)));
    let renewing = tokio::spawn({
        let session = session.clone();
        async move { session.token().await }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    world.manager.sign_out("ada", None).await.unwrap();
    assert_eq!(renewing.await.unwrap().unwrap_err().reason(), Some("signed_out"));
    assert_eq!(world.refreshes(), 1);
    assert_eq!(session.token().await.unwrap_err().reason(), Some("signed_out"));
    assert!(world.store.load(session.key()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_login_during_a_renewal_wins() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let login = world.login().await;
    let new = login.access_token().clone();
    world.local.fault(Fault::on("token").delay(Duration::from_millis(60)));
    let renewing = tokio::spawn({
        let session = session.clone();
        async move { session.token().await }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    world.manager.sign_in("ada", login).await.unwrap();
    let token = renewing.await.unwrap().unwrap();
    assert_eq!(world.refreshes(), 1, "there was a renewal");
    assert!(token.access_token().matches(new.expose()));
    let token = session.token().await.unwrap();
    assert!(token.access_token().matches(new.expose()));
}

#[tokio::test]
async fn a_token_that_ends_at_once_is_handed_out_all_the_same() {
    let world = World::with(|provider| provider.with_access_token_lifetime(Duration::ZERO)).await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    for renewals in 1..=3 {
        session.token().await.unwrap();
        assert_eq!(world.refreshes(), renewals);
    }
}
