//! What LINE refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::ClientAuth;
use hallpass_line::{
    ErrorKind, FIXTURES, Line, LineBotPrompt, LineParams, OAuth2Client, OAuth2Token, Result, Revoke,
};
use hallpass_testkit::{StandIn, User};

async fn line() -> StandIn<Line> {
    StandIn::start(Line::new, FIXTURES).await
}

/// A login with parameters of LINE's own.
async fn token(line: &StandIn<Line>, client: &OAuth2Client<Line>) -> OAuth2Token {
    let params = LineParams::new().bot_prompt(LineBotPrompt::Normal);
    let login = client.authorize().params(&params).start().await.unwrap();
    line.finish(client, login, User::first()).await.unwrap()
}

#[tokio::test]
async fn the_address_is_that_of_the_id_token_and_stays_over_a_refresh() {
    let line = line().await;
    let client = line.honest();
    let token = token(&line, &client).await;
    for token in [client.refresh_token(&token).await.unwrap(), token] {
        let who = client.get_id_email(&token).await.unwrap();
        assert_eq!(who.email.as_deref(), Some("robin@oak.test"));
        assert_eq!(who.verified_email(), None, "nobody says that it was proven");
    }
    let bare =
        OAuth2Token::from_access_token(self::token(&line, &client).await.access_token().expose());
    assert_eq!(client.get_id_email(&bare).await.unwrap().email, None);
}

#[tokio::test]
async fn a_token_that_was_revoked_is_dead_everywhere() {
    let line = line().await;
    let client = line.honest();
    let token = token(&line, &client).await;
    assert!(client.provider().verify(client.api(&token)).await.unwrap().is_for(client.client_id()));
    client.revoke_token(&token, Revoke::AccessToken).await.unwrap();
    let calls = [
        client.get_profile(&token).await.map(drop),
        client.provider().verify(client.api(&token)).await.map(drop),
        client.revoke_token(&token, Revoke::AccessToken).await,
    ];
    for error in calls.map(Result::unwrap_err) {
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    }
    for what in [Revoke::Grant, Revoke::RefreshToken] {
        let error = client.revoke_token(&token, what).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unsupported, None), "{what:?}");
    }
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let line = line().await;
    line.check_client(line.config().with_secret("wrong"), 400, Some("invalid_client")).await;
    let basic = line.config().with_client_auth(ClientAuth::Basic);
    for config in [line.public_config(), basic] {
        line.check_client(config, 401, Some("invalid_client")).await;
    }
}

#[tokio::test]
async fn plain_pkce_and_scopes_joined_by_commas_are_refused() {
    let line = line().await;
    line.check_page("profile+openid", "profile%2Copenid", Some("invalid_scope")).await;
    line.check_page("method=S256", "method=plain", Some("invalid_request")).await;
}

#[tokio::test]
async fn a_code_that_was_spent_is_refused() {
    line().await.check_spent_code(400, "invalid_grant").await;
}
