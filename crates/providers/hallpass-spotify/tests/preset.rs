//! What Spotify refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::ClientAuth;
use hallpass_spotify::{
    ClientConfig, ErrorKind, FIXTURES, OAuth2Client, OAuth2Token, Provider, Result, Revoke, Spotify,
};
use hallpass_testkit::{LocalProvider, User};

const REDIRECT_URI: &str = "https://app.test/callback";

async fn local() -> LocalProvider {
    LocalProvider::emulating(Spotify::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config(REDIRECT_URI).unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<Spotify> {
    OAuth2Client::new(Spotify::new(), config).unwrap().with_http_client(local.http_client())
}

async fn token(local: &LocalProvider, client: &OAuth2Client<Spotify>) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

#[tokio::test]
async fn a_user_signs_in_and_refreshes_and_no_token_can_be_revoked() {
    let local = local().await;
    let client = client(&local, config(&local));
    let old = token(&local, &client).await.unwrap();
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
    let local = local().await;
    let honest = client(&local, config(&local));
    for (from, to, want) in [
        ("", "", None),
        ("email+user", "email%2Cuser", Some("error=invalid_scope")),
        (
            "code_challenge_method=S256",
            "code_challenge_method=plain",
            Some("error=invalid_request"),
        ),
    ] {
        let login = honest.authorize().start().await.unwrap();
        assert!(login.url.as_str().contains(from), "{from}");
        let url = login.url.as_str().replacen(from, to, 1);
        let landing = local.browser().sign_in(url, User::first()).await.unwrap();
        let query = landing.url().split('?').next_back().unwrap().to_owned();
        assert_eq!(query.starts_with("code="), want.is_none(), "{query}");
        assert!(want.is_none_or(|want| query.starts_with(want)), "{query}");
    }
}

#[tokio::test]
async fn a_client_without_its_secret_or_with_it_in_the_body_is_refused() {
    let local = local().await;
    assert!(token(&local, &client(&local, config(&local))).await.is_ok());
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(REDIRECT_URI).unwrap();
    for config in [public, config(&local).with_client_auth(ClientAuth::Post)] {
        let error = token(&local, &client(&local, config)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
}
