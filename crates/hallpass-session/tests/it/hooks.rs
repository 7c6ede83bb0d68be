//! The application's hooks at a renewal.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hallpass_core::{
    Error, ErrorKind, Hooks, OAuth2Client, OAuth2Token, Request, Result, Revoke, TokenForm,
    TokenReply, http::StatusCode,
};
use hallpass_session::{ApiClient, MemoryStore, Session};

use crate::support::{World, manager};

/// Refuses once, before or after a refresh, or before a call.
#[derive(Debug, Default)]
struct Refuses {
    before: Mutex<Option<Error>>,
    after: Mutex<Option<Error>>,
    call: Mutex<Option<Error>>,
}

fn once(error: &Mutex<Option<Error>>) -> Result<()> {
    error.lock().unwrap().take().map_or(Ok(()), Err)
}

#[async_trait]
impl Hooks for Refuses {
    async fn before_refresh(&self, _: &mut TokenForm<'_>, _: &OAuth2Token) -> Result<()> {
        once(&self.before)
    }

    async fn after_refresh(&self, _: &mut TokenReply<'_>, _: &OAuth2Token) -> Result<()> {
        once(&self.after)
    }

    async fn before_protected_request(&self, _: &mut Request, _: &OAuth2Token) -> Result<()> {
        once(&self.call)
    }
}

/// A session whose token is over, at a client with these hooks.
async fn expired(world: &World, hooks: Refuses) -> Session {
    let client = OAuth2Client::clone(&world.client).with_hooks(Arc::new(hooks));
    let store = Arc::<MemoryStore>::clone(&world.store);
    let tokens = manager(&Arc::new(client), store, &world.clock);
    let session = tokens.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    session
}

fn frozen() -> Mutex<Option<Error>> {
    Mutex::new(Some(Error::denied("not today").with_reason("frozen")))
}

#[tokio::test]
async fn a_renewal_that_a_hook_refuses_is_not_sent_and_may_be_made_later() {
    let world = World::new().await;
    let session = expired(&world, Refuses { before: frozen(), ..Refuses::default() }).await;
    let error = session.token().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("frozen")));
    assert_eq!(world.refreshes(), 0);
    world.clock.forward(10);
    session.token().await.unwrap();
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn a_hook_that_refuses_the_new_token_does_not_make_the_old_one_good_again() {
    let world = World::new().await;
    let session = expired(&world, Refuses { after: frozen(), ..Refuses::default() }).await;
    let error = session.token().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("frozen")));
    assert_eq!((error.status(), world.refreshes()), (Some(StatusCode::OK), 1));
    world.clock.forward(10);
    // The refresh token was spent, and nobody signed the user out.
    let error = session.token().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("refresh_interrupted")));
}

#[tokio::test]
async fn what_another_server_said_to_a_hook_is_not_what_the_provider_said() {
    let of_another = || {
        let error = Error::denied("the vault is sealed").with_status(StatusCode::FORBIDDEN);
        Mutex::new(Some(error.with_oauth(hallpass_core::OAuthError::new("invalid_grant"))))
    };
    let world = World::new().await;
    let session = expired(&world, Refuses { before: of_another(), ..Refuses::default() }).await;
    let error = session.token().await.unwrap_err();
    assert_eq!((error.kind(), error.oauth(), error.status()), (ErrorKind::Denied, None, None));
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.downcast_ref::<Error>().unwrap().oauth().is_some(), "and it is not lost");
    world.clock.forward(10);
    session.token().await.unwrap();

    let world = World::new().await;
    let session = expired(&world, Refuses { after: of_another(), ..Refuses::default() }).await;
    let error = session.token().await.unwrap_err();
    assert_eq!((error.oauth(), error.status()), (None, Some(StatusCode::OK)));
    world.clock.forward(10);
    let error = session.token().await.unwrap_err();
    assert_eq!(error.reason(), Some("refresh_interrupted"), "the refresh token is spent");
}

#[tokio::test]
async fn what_failed_before_a_refresh_leaves_no_doubt_of_it() {
    let away = Error::transport("the vault is away").with_status(StatusCode::BAD_GATEWAY);
    let before = Mutex::new(Some(away));
    let world = World::new().await;
    let session = expired(&world, Refuses { before, ..Refuses::default() }).await;
    let error = session.token().await.unwrap_err();
    assert!(error.is_unsent() && error.kind() == ErrorKind::Transport, "{error}");
    world.clock.forward(10);
    // Withdrawn, and nothing was lost: the provider's own words.
    let token = world.stored().await.unwrap();
    world.client.revoke_token(&token, Revoke::Grant).await.unwrap();
    let error = session.token().await.unwrap_err();
    assert_eq!((error.reason(), error.oauth().unwrap().code()), (None, "invalid_grant"));
}

#[tokio::test]
async fn what_a_hook_failed_with_is_not_the_api_s_refusal_of_the_token() {
    let of_another = Error::denied("the vault wants another token").with_reason("invalid_token");
    let call = Mutex::new(Some(of_another.with_status(StatusCode::UNAUTHORIZED)));
    let world = World::new().await;
    let session = expired(&world, Refuses { call, ..Refuses::default() }).await;
    let api = ApiClient::new(session, world.local.base_url()).unwrap();
    let error = api.get("userinfo").send().await.unwrap_err();
    assert!(error.is_unsent(), "{error}");
    assert_eq!((world.refreshes(), world.local.count("api")), (1, 0), "one for its end, none more");
    api.get("userinfo").send().await.unwrap();
}
