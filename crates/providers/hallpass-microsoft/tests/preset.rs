//! What Microsoft refuses, its stand-in on this machine refuses too; everybody else signs in.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_microsoft::{ErrorKind, FIXTURES, Microsoft, OAuth2Token};
use hallpass_testkit::{StandIn, User};

async fn microsoft() -> StandIn<Microsoft> {
    StandIn::start(Microsoft::new, FIXTURES).await
}

#[tokio::test]
async fn each_user_of_the_fixtures_signs_in_and_is_who_the_id_token_says() {
    microsoft().await.check_users().await;
}

#[tokio::test]
async fn scopes_joined_by_commas_are_refused() {
    let microsoft = microsoft().await;
    microsoft.check_page("openid+profile", "openid%2Cprofile", Some("invalid_scope")).await;
}

#[tokio::test]
async fn a_request_without_the_headers_of_the_fixtures_is_refused() {
    microsoft().await.check_headers().await;
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let microsoft = microsoft().await;
    for config in [microsoft.config().with_secret("wrong"), microsoft.public_config()] {
        microsoft.check_client(config, 401, Some("invalid_client")).await;
    }
}

#[tokio::test]
async fn a_spent_code_is_refused_in_the_providers_words() {
    microsoft().await.check_spent_code(400, "invalid_grant").await;
}

#[tokio::test]
async fn a_dead_token_is_refused_in_the_words_of_graph() {
    let microsoft = microsoft().await;
    let client = microsoft.honest();
    let alive = microsoft.token(&client, User::first()).await.unwrap();
    let alive = client.refresh_token(&alive).await.unwrap();
    assert!(client.provider().me(client.api(&alive)).await.is_ok());
    let dead = OAuth2Token::from_access_token("dead");
    let error = client.provider().me(client.api(&dead)).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert_eq!(error.oauth().unwrap().code(), "InvalidAuthenticationToken");
}

#[tokio::test]
async fn a_refresh_token_lives_on_beside_the_one_that_came_of_it() {
    let microsoft = microsoft().await;
    let client = microsoft.honest();
    let old = microsoft.token(&client, User::first()).await.unwrap();
    let new = client.refresh_token(&old).await.unwrap();
    let [before, after] = [&old, &new].map(|token| token.refresh_token().unwrap().expose());
    assert_ne!(before, after);
    for token in [&old, &new, &old] {
        let token = client.refresh_token(token).await.unwrap();
        assert!(client.get_profile(&token).await.is_ok());
    }
    let error = client.refresh_token(&OAuth2Token::from_refresh_token("dead")).await.unwrap_err();
    assert_eq!((error.kind(), error.oauth().unwrap().code()), (ErrorKind::Denied, "invalid_grant"));
}
