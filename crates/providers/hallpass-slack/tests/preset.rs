//! What Slack refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_slack::{
    ErrorKind, FIXTURES, OAuth2Client, OAuth2Token, Result, Revoke, Slack, SlackParams,
};
use hallpass_testkit::{StandIn, User};

async fn slack() -> StandIn<Slack> {
    StandIn::start(Slack::new, FIXTURES).await
}

/// A login with parameters of Slack's own.
async fn token(slack: &StandIn<Slack>, client: &OAuth2Client<Slack>) -> OAuth2Token {
    let params = SlackParams::new().team("T0AK1QZ5");
    let login = client.authorize().params(&params).start().await.unwrap();
    slack.finish(client, login, User::first()).await.unwrap()
}

#[tokio::test]
async fn everybody_signs_in_and_a_refresh_rotates() {
    let slack = slack().await;
    let client = slack.honest();
    for user in ["accepted", "unverified", "unflagged", "no_email"] {
        let token = slack.token(&client, User::named(user)).await.unwrap();
        let profile = client.get_profile(&token).await.unwrap();
        assert_eq!(profile.id(), "T0AK1QZ5-U0RB7W2K9");
        assert_eq!(profile.verified_email().is_some(), user == "accepted", "{user}");
    }
    let first = token(&slack, &client).await;
    let second = client.refresh_token(&first).await.unwrap();
    let (old, new) = (first.refresh_token().unwrap(), second.refresh_token().unwrap());
    assert_ne!(old.expose(), new.expose());
    let error = client.refresh_token(&first).await.unwrap_err();
    let said = (error.kind(), error.oauth().unwrap().code());
    assert_eq!(said, (ErrorKind::Denied, "invalid_refresh_token"));
}

#[tokio::test]
async fn a_dead_token_is_refused_with_status_200() {
    let slack = slack().await;
    let client = slack.honest();
    let token = token(&slack, &client).await;
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
    let slack = slack().await;
    let client = slack.honest();
    let token = token(&slack, &client).await;
    for what in [Revoke::Grant, Revoke::RefreshToken] {
        let error = client.revoke_token(&token, what).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unsupported, None), "{what:?}");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_in_slacks_own_words_and_none_is_refused_too() {
    let slack = slack().await;
    slack.check_client(slack.config().with_secret("wrong"), 200, Some("bad_client_secret")).await;
    slack.check_client(slack.public_config(), 401, Some("invalid_client")).await;
}

#[tokio::test]
async fn a_code_that_was_spent_is_refused_in_slacks_own_words() {
    slack().await.check_spent_code(200, "invalid_code").await;
}
