//! What Slack refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_slack::{
    ClientConfig, Error, ErrorKind, FIXTURES, OAuth2Client, OAuth2Token, PendingAuthorization,
    Provider, Result, Revoke, Slack, SlackParams,
};
use hallpass_testkit::{LocalProvider, User};

const CALLBACK: &str = "https://app.test/callback";

async fn local() -> LocalProvider {
    LocalProvider::emulating(Slack::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config(CALLBACK).unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<Slack> {
    OAuth2Client::new(Slack::new(), config).unwrap().with_http_client(local.http_client())
}

async fn token(local: &LocalProvider, client: &OAuth2Client<Slack>) -> Result<OAuth2Token> {
    let login = client.authorize().params(&SlackParams::new().team("T0AK1QZ5")).start().await?;
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

fn code(error: &Error) -> &str {
    error.oauth().unwrap().code()
}

#[tokio::test]
async fn everybody_signs_in_and_a_refresh_rotates() {
    let local = local().await;
    let client = client(&local, config(&local));
    for user in ["accepted", "unverified", "unflagged", "no_email"] {
        let login = client.authorize().start().await.unwrap();
        let landing = local.browser().sign_in(&login.url, User::named(user)).await.unwrap();
        let signed_in = client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
        assert_eq!(signed_in.profile.id(), "T0AK1QZ5-U0RB7W2K9");
        assert_eq!(signed_in.profile.verified_email().is_some(), user == "accepted", "{user}");
    }
    let first = token(&local, &client).await.unwrap();
    let second = client.refresh_token(&first).await.unwrap();
    let (old, new) = (first.refresh_token().unwrap(), second.refresh_token().unwrap());
    assert_ne!(old.expose(), new.expose());
    let error = client.refresh_token(&first).await.unwrap_err();
    assert_eq!((error.kind(), code(&error)), (ErrorKind::Denied, "invalid_refresh_token"));
}

#[tokio::test]
async fn a_dead_token_is_refused_with_status_200() {
    let local = local().await;
    let client = client(&local, config(&local));
    let token = token(&local, &client).await.unwrap();
    assert!(client.get_profile(&token).await.is_ok());
    client.revoke_token(&token, Revoke::AccessToken).await.unwrap();
    let calls = [
        client.get_profile(&token).await.map(drop),
        client.get_id_email(&token).await.map(drop),
        client.revoke_token(&token, Revoke::AccessToken).await,
    ];
    for error in calls.map(Result::unwrap_err) {
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
        assert_eq!(error.status().unwrap().as_u16(), 200, "{error}");
    }
}

#[tokio::test]
async fn what_slack_cannot_revoke_is_unsupported_without_a_request() {
    let local = local().await;
    let client = client(&local, config(&local));
    let token = token(&local, &client).await.unwrap();
    for what in [Revoke::Grant, Revoke::RefreshToken] {
        let error = client.revoke_token(&token, what).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unsupported, None), "{what:?}");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_in_slacks_own_words_and_none_is_refused_too() {
    let local = local().await;
    assert!(token(&local, &client(&local, config(&local))).await.is_ok());
    let wrong = config(&local).with_secret("wrong");
    let error = token(&local, &client(&local, wrong)).await.unwrap_err();
    assert_eq!((error.kind(), code(&error)), (ErrorKind::Config, "bad_client_secret"));
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(CALLBACK).unwrap();
    let error = token(&local, &client(&local, public)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_code_that_was_spent_is_refused_in_slacks_own_words() {
    let local = local().await;
    let client = client(&local, config(&local));
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let kept = login.pending.expose_for_session();
    let pending = || PendingAuthorization::from_session(&kept).unwrap();
    assert!(client.get_access_token(landing.callback().unwrap(), pending()).await.is_ok());
    let again = client.get_access_token(landing.callback().unwrap(), pending()).await;
    let error = again.unwrap_err();
    assert_eq!((error.kind(), code(&error)), (ErrorKind::Denied, "invalid_code"));
}
