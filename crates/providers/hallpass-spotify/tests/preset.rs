//! What Spotify refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::ClientAuth;
use hallpass_spotify::{ErrorKind, FIXTURES, Revoke, Spotify};
use hallpass_testkit::{StandIn, User};

async fn spotify() -> StandIn<Spotify> {
    StandIn::start(Spotify::new, FIXTURES).await
}

#[tokio::test]
async fn a_user_signs_in_and_refreshes_and_no_token_can_be_revoked() {
    let spotify = spotify().await;
    let client = spotify.honest();
    let old = spotify.token(&client, User::first()).await.unwrap();
    let who = client.get_id_email(&old).await.unwrap();
    let new = client.refresh_token(&old).await.unwrap();
    assert_eq!(client.get_id_email(&new).await.unwrap(), who);
    assert!(new.refresh_token().is_some(), "a new one, or the old one is kept");
    let error = client.revoke_token(&new, Revoke::RefreshToken).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(client.get_id_email(&new).await.is_ok());
}

#[tokio::test]
async fn scopes_joined_by_commas_and_plain_pkce_are_refused() {
    let spotify = spotify().await;
    spotify.check_page("email+user", "email%2Cuser", Some("invalid_scope")).await;
    spotify.check_page("method=S256", "method=plain", Some("invalid_request")).await;
}

#[tokio::test]
async fn a_client_without_its_secret_or_with_it_in_the_body_is_refused() {
    let spotify = spotify().await;
    let post = spotify.config().with_client_auth(ClientAuth::Post);
    for config in [spotify.public_config(), post] {
        spotify.check_client(config, 401, Some("invalid_client")).await;
    }
}
