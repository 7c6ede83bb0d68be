use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use hallpass_core::{BaseOAuth2, ErrorKind, OAuth2Token, OAuthError, Result};
use hallpass_session::{Renewal, Session, TokenReason};
use hallpass_testkit::Fault;
use tokio::task::JoinSet;

use crate::support::World;

/// So many times, each with other waits.
const ROUNDS: usize = 50;

/// Ten thousand who ask at once.
async fn all_ask(session: &Session) -> Vec<Result<Arc<OAuth2Token>>> {
    let mut tasks = JoinSet::new();
    for _ in 0..10_000 {
        let session = session.clone();
        tasks.spawn(async move { session.token().await });
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_tasks_with_one_expired_token_make_one_refresh_request() {
    let world = World::new().await;
    let session = world.jittery().sign_in("ada", world.login().await).await.unwrap();
    for round in 1..=ROUNDS {
        let old = session.token().await.unwrap();
        world.clock.forward(4_000);
        let mut tokens = all_ask(&session).await.into_iter().map(Result::unwrap);
        let new = tokens.next().unwrap();
        assert!(!new.access_token().matches(old.access_token().expose()));
        assert!(tokens.all(|token| Arc::ptr_eq(&token, &new)), "all have the same");
        assert_eq!(world.refreshes(), round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_shared_too() {
    let world = World::new().await;
    let manager = world.jittery();
    let session = manager.sign_in("ada", world.login().await).await.unwrap();
    for round in 1..=ROUNDS {
        world.clock.forward(4_000);
        let (status, code) = if round % 2 == 0 { (400, "invalid_grant") } else { (503, "busy") };
        let body = format!("{{\"error\":\"{code}\"}}");
        let refusal = Fault::on("token").status(status).body("application/json", body);
        // The next login's requests are none of these.
        world.local.fault(refusal.retry_after(Duration::from_secs(60)));
        let mut errors = all_ask(&session).await.into_iter().map(Result::unwrap_err);
        let first = errors.next().unwrap();
        assert_eq!(first.oauth().map(OAuthError::code), Some(code));
        assert!(
            errors.all(|error| error.to_string() == first.to_string()),
            "all are told the same"
        );
        assert_eq!(world.refreshes(), round, "and it is not tried again");
        let kind = if status == 400 { ErrorKind::Denied } else { ErrorKind::Transport };
        assert_eq!(first.kind(), kind);
        manager.sign_in("ada", world.login().await).await.unwrap();
    }
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
