use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use hallpass_core::{
    BaseOAuth2, Error, ErrorKind, OAuth2Token, OAuthError, Result, http::StatusCode,
};
use hallpass_session::{Renewal, TokenStore};
use hallpass_testkit::Fault;

use crate::support::World;

#[tokio::test]
async fn an_answer_that_was_lost_is_told_from_a_grant_that_was_withdrawn() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    // The provider rotates, and nobody reads its answer.
    world.local.fault(Fault::on("token").carried_out().cut_before_headers());
    let error = session.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    world.clock.forward(2);
    let error = session.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(error.reason(), Some("refresh_interrupted"));
    assert_eq!(world.refreshes(), 2, "the stored token was tried once");
    session.token().await.unwrap_err();
    assert_eq!(world.refreshes(), 2);
}

#[tokio::test]
async fn a_process_that_died_over_the_renewal_holds_nobody_up_for_ever() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let session = world.elsewhere().session("ada");
    // Another process took the lease, and was never heard of again.
    let lease = world.store.lease(session.key(), Duration::from_millis(200)).await.unwrap();
    assert!(lease.is_some());
    session.token().await.unwrap();
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn after_a_crash_a_refusal_says_what_happened() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let session = world.elsewhere().session("ada");
    world.store.lease(session.key(), Duration::from_millis(50)).await.unwrap();
    // What it did before it died: the refresh token is spent.
    let entry = world.store.load(session.key()).await.unwrap().unwrap();
    let token = OAuth2Token::from_storage(&entry.token).unwrap();
    world.client.refresh_token(&token).await.unwrap();
    let error = session.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(error.reason(), Some("refresh_interrupted"));
    // A third process is told the same, and who signs in is rid of it.
    let third = world.elsewhere().session("ada");
    assert_eq!(third.token().await.unwrap_err().reason(), Some("refresh_interrupted"));
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    third.token().await.unwrap();
    let lease = world.store.lease(session.key(), Duration::from_secs(60)).await.unwrap();
    assert!(!lease.unwrap().was_interrupted());
}

/// A renewal that ends so, and may have spent what it had.
#[derive(Debug)]
struct Ends(Error, bool);

#[async_trait]
impl Renewal for Ends {
    async fn renew(&self, _: &dyn BaseOAuth2, _: Option<&OAuth2Token>) -> Result<OAuth2Token> {
        Err(self.0.clone())
    }

    fn spends_old(&self) -> bool {
        self.1
    }
}

#[tokio::test]
async fn whether_a_failed_renewal_leaves_a_doubt_depends_on_what_is_known_of_it() {
    let said = |error: Error| error.with_oauth(OAuthError::new("invalid_request"));
    let with = |error: Error, status: u16| error.with_status(StatusCode::from_u16(status).unwrap());
    for (error, is_in_doubt) in [
        (with(said(Error::config("the provider said what is wrong")), 400), false),
        (with(said(Error::denied("so it says, with a 200")), 200), false),
        (with(Error::transport("too many"), 429), false),
        (Error::transport("nobody there").with_reason("connect"), false),
        (Error::config("refused on this side"), false),
        (Error::unsupported("not sent at all"), false),
        (with(said(Error::transport("a proxy says so")), 502), true),
        (with(Error::config("refused by whom?"), 401), true),
        (Error::transport("no answer").with_reason("timeout"), true),
        (Error::malformed("an answer that is none"), true),
        (Error::security("id_token", "an answer that is not to be had"), true),
    ] {
        let world = World::new().await;
        world.manager.sign_in("ada", OAuth2Token::from_refresh_token("r")).await.unwrap();
        // One that spends nothing loses nothing.
        for spends in [false, true] {
            let renewal = Arc::new(Ends(error.clone(), spends));
            let session = world.elsewhere().with_renewal(renewal).session("ada");
            session.token().await.unwrap_err();
            let lease = world.store.lease(session.key(), Duration::from_secs(60)).await.unwrap();
            let lease = lease.unwrap();
            assert_eq!(lease.was_interrupted(), spends && is_in_doubt, "{error} {spends}");
            world.store.release(lease, false).await.unwrap();
        }
    }
}

/// A renewal without end.
#[derive(Debug)]
struct Hangs;

#[async_trait]
impl Renewal for Hangs {
    async fn renew(&self, _: &dyn BaseOAuth2, _: Option<&OAuth2Token>) -> Result<OAuth2Token> {
        std::future::pending().await
    }

    fn spends_old(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_renewal_does_not_outlive_its_lease() {
    let world = World::new().await;
    world.manager.sign_in("ada", OAuth2Token::from_refresh_token("r")).await.unwrap();
    let manager = world.elsewhere().with_renewal(Arc::new(Hangs));
    let session = manager.with_lease(Duration::from_secs(60)).session("ada");
    // Nothing is left to wait for but the end of the lease.
    tokio::time::pause();
    let error = session.token().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("lease")));
    let lease = world.store.lease(session.key(), Duration::from_secs(60)).await.unwrap();
    assert!(lease.unwrap().was_interrupted(), "nobody knows whether it was sent");
}

#[tokio::test]
async fn a_refusal_after_a_request_that_was_never_sent_is_a_refusal() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    let token = session.token().await.unwrap();
    world.clock.forward(4_000);
    // Withdrawn at the provider, and nothing was lost on the way.
    world.client.revoke_token(&token, hallpass_core::Revoke::Grant).await.unwrap();
    let error = session.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!((error.reason(), error.oauth().unwrap().code()), (None, "invalid_grant"));
}
