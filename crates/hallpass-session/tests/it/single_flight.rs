use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use hallpass_core::{BaseOAuth2, ErrorKind, OAuth2Token, Result};
use hallpass_session::{Renewal, TokenReason};
use hallpass_testkit::Fault;
use tokio::task::JoinSet;

use crate::support::{Jitter, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_tasks_with_one_expired_token_make_one_refresh_request() {
    let world = World::new().await;
    let session = world.over(Jitter).sign_in("ada", world.login().await).await.unwrap();
    for round in 1..=50 {
        let old = session.token().await.unwrap();
        world.clock.forward(4_000);
        let mut tasks = JoinSet::new();
        for _ in 0..10_000 {
            let session = session.clone();
            tasks.spawn(async move { session.token().await });
        }
        let mut tokens = tasks.join_all().await.into_iter().map(Result::unwrap);
        let new = tokens.next().unwrap();
        assert!(!new.access_token().matches(old.access_token().expose()));
        assert!(tokens.all(|token| Arc::ptr_eq(&token, &new)), "all have the same");
        assert_eq!(world.refreshes(), round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_shared_too() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    world.local.fault(
        Fault::on("token").status(400).body("application/json", r#"{"error":"invalid_grant"}"#),
    );
    let mut tasks = JoinSet::new();
    for _ in 0..1_000 {
        let session = session.clone();
        tasks.spawn(async move { session.token().await });
    }
    for result in tasks.join_all().await {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Denied);
    }
    assert_eq!(world.refreshes(), 1, "and a refused token is not tried again");
}

#[tokio::test]
async fn whoever_gives_up_waiting_stops_nobody() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    world.local.fault(Fault::on("token").delay(Duration::from_millis(50)));
    let waited = tokio::time::timeout(Duration::from_millis(5), session.token()).await;
    assert!(waited.is_err(), "the provider is slow");
    let token = session.token().await.unwrap();
    assert!(!token.is_expired_at(hallpass_core::Clock::now(&*world.clock), Duration::ZERO));
    assert_eq!(world.refreshes(), 1);
    assert_eq!(world.heard.all(), [(TokenReason::SignedIn, false), (TokenReason::Expiring, true)]);
}

#[tokio::test]
async fn two_processes_make_one_refresh_request() {
    let world = World::new().await;
    let here = world.manager.sign_in("ada", world.login().await).await.unwrap();
    let there = world.elsewhere().session("ada");
    there.token().await.unwrap();
    world.clock.forward(4_000);
    let (one, other) = tokio::join!(here.token(), there.token());
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.access_token().matches(other.access_token().expose()));
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn a_token_that_the_api_refused_is_renewed_once() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    let refused = session.token().await.unwrap();
    let (one, other) =
        tokio::join!(session.token_instead_of(&refused), session.token_instead_of(&refused));
    assert!(Arc::ptr_eq(&one.unwrap(), &other.unwrap()));
    assert_eq!(world.refreshes(), 1);
    // Who comes late with the old one is given the new one.
    session.token_instead_of(&refused).await.unwrap();
    assert_eq!(world.refreshes(), 1);
    assert_eq!(world.heard.all().last(), Some(&(TokenReason::Refused, true)));
}

#[tokio::test]
async fn a_refused_token_is_refused_in_whatever_write_of_it() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    let refused = session.token().await.unwrap();
    // Another process stores the same once more.
    let same = OAuth2Token::from_storage(&refused.expose_for_storage()).unwrap();
    world.elsewhere().sign_in("ada", same).await.unwrap();
    let other = session.token_instead_of(&refused).await.unwrap();
    assert!(!other.access_token().matches(refused.access_token().expose()));
    assert_eq!(world.refreshes(), 1);
}

/// A renewal that always brings the same token.
#[derive(Debug)]
struct Same;

#[async_trait]
impl Renewal for Same {
    async fn renew(&self, _: &dyn BaseOAuth2, _: Option<&OAuth2Token>) -> Result<OAuth2Token> {
        Ok(OAuth2Token::from_access_token("same"))
    }
}

#[tokio::test]
async fn a_provider_that_gives_the_refused_token_again_is_not_asked_for_ever() {
    let world = World::new().await;
    let session = world.elsewhere().with_renewal(Arc::new(Same)).session("");
    let token = session.token().await.unwrap();
    let error = session.token_instead_of(&token).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
}
