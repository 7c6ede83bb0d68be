//! What Naver refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::ClientAuth;
use hallpass_naver::{
    ClientConfig, ErrorKind, FIXTURES, Naver, OAuth2Client, OAuth2Token, PendingAuthorization,
    Provider, Result, Revoke,
};
use hallpass_testkit::{LocalProvider, User};

const REDIRECT_URI: &str = "https://app.test/callback";

async fn local() -> LocalProvider {
    LocalProvider::emulating(Naver::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config(REDIRECT_URI).unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<Naver> {
    OAuth2Client::new(Naver::new(), config).unwrap().with_http_client(local.http_client())
}

async fn token(local: &LocalProvider, client: &OAuth2Client<Naver>) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

#[tokio::test]
async fn a_user_signs_in_refreshes_and_leaves() {
    let local = local().await;
    let client = client(&local, config(&local));
    let old = token(&local, &client).await.unwrap();
    let who = client.get_id_email(&old).await.unwrap();
    let new = client.refresh_token(&old).await.unwrap();
    assert_eq!(client.get_id_email(&new).await.unwrap(), who);
    assert!(new.refresh_token().is_some(), "the old one is kept");
    client.revoke_token(&new, Revoke::RefreshToken).await.unwrap();
    let error = client.get_id_email(&new).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
}

#[tokio::test]
async fn a_spent_code_is_refused_in_navers_own_words() {
    let local = local().await;
    let client = client(&local, config(&local));
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let stored = login.pending.expose_for_session();
    let pending = || PendingAuthorization::from_session(&stored).unwrap();
    client.get_access_token(landing.callback().unwrap(), pending()).await.unwrap();
    let error = client.get_access_token(landing.callback().unwrap(), pending()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert_eq!(error.oauth().unwrap().code(), "invalid_request");
}

#[tokio::test]
async fn another_way_of_authentication_is_refused() {
    let local = local().await;
    assert!(token(&local, &client(&local, config(&local))).await.is_ok());
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(REDIRECT_URI).unwrap();
    for config in [public, config(&local).with_client_auth(ClientAuth::Basic)] {
        assert!(token(&local, &client(&local, config)).await.is_err());
    }
}
