//! What Google refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::ClientAuth;
use hallpass_google::{
    ClientConfig, ErrorKind, FIXTURES, Google, OAuth2Client, OAuth2Token, Provider, Result,
};
use hallpass_testkit::{LocalProvider, User};

async fn local() -> LocalProvider {
    LocalProvider::emulating(Google::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config("https://app.test/callback").unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<Google> {
    OAuth2Client::new(Google::new(), config).unwrap().with_http_client(local.http_client())
}

async fn token(local: &LocalProvider, client: &OAuth2Client<Google>) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

#[tokio::test]
async fn scopes_joined_by_commas_and_plain_pkce_are_refused() {
    let local = local().await;
    let honest = client(&local, config(&local));
    for (from, to, want) in [
        ("", "", None),
        ("email+profile", "email%2Cprofile", Some("error=invalid_scope")),
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
async fn another_way_of_authentication_is_refused() {
    let local = local().await;
    assert!(token(&local, &client(&local, config(&local))).await.is_ok());
    let redirect_uri = "https://app.test/callback";
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(redirect_uri).unwrap();
    for config in [public, config(&local).with_client_auth(ClientAuth::Basic)] {
        let error = token(&local, &client(&local, config)).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
    }
}
