//! What Auth0 refuses, its stand-in on this machine refuses too; everybody else signs in.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_auth0::{Auth0, ErrorKind, FIXTURES, Revoke};
use hallpass_core::ClientAuth;
use hallpass_testkit::{StandIn, User};

async fn auth0() -> StandIn<Auth0> {
    StandIn::start(|| Auth0::new(&"login.oak.test".parse().unwrap()), FIXTURES).await
}

#[tokio::test]
async fn each_user_of_the_fixtures_signs_in_and_is_who_the_id_token_says() {
    auth0().await.check_users().await;
}

#[tokio::test]
async fn scopes_joined_by_commas_are_refused() {
    let auth0 = auth0().await;
    auth0.check_page("openid+profile", "openid%2Cprofile", Some("invalid_scope")).await;
}

#[tokio::test]
async fn a_request_without_the_headers_of_the_fixtures_is_refused() {
    auth0().await.check_headers().await;
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let auth0 = auth0().await;
    auth0.check_client(auth0.config().with_secret("wrong"), 401, Some("access_denied")).await;
    let basic = auth0.config().with_client_auth(ClientAuth::Basic);
    for config in [auth0.public_config(), basic] {
        auth0.check_client(config, 401, Some("invalid_client")).await;
    }
}

#[tokio::test]
async fn a_spent_code_is_refused_in_the_providers_words() {
    auth0().await.check_spent_code(403, "invalid_grant").await;
}

#[tokio::test]
async fn a_revoked_refresh_token_is_refused_and_needed_its_own_client() {
    let auth0 = auth0().await;
    let honest = auth0.honest();
    let alive = auth0.token(&honest, User::first()).await.unwrap();
    let stranger = auth0.client(auth0.config().with_secret("wrong"));
    let error = stranger.revoke_token(&alive, Revoke::RefreshToken).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
    let alive = honest.refresh_token(&alive).await.unwrap();
    honest.revoke_token(&alive, Revoke::RefreshToken).await.unwrap();
    let error = honest.refresh_token(&alive).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Denied, 403));
    assert_eq!(error.oauth().unwrap().code(), "invalid_grant");
}
