//! What LINE refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::ClientAuth;
use hallpass_line::{
    ClientConfig, Error, ErrorKind, FIXTURES, Line, LineBotPrompt, LineParams, OAuth2Client,
    OAuth2Token, PendingAuthorization, Provider, Result, Revoke,
};
use hallpass_testkit::{LocalProvider, User};

const CALLBACK: &str = "https://app.test/callback";

async fn local() -> LocalProvider {
    LocalProvider::emulating(Line::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config(CALLBACK).unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<Line> {
    OAuth2Client::new(Line::new(), config).unwrap().with_http_client(local.http_client())
}

async fn token(local: &LocalProvider, client: &OAuth2Client<Line>) -> Result<OAuth2Token> {
    let params = LineParams::new().bot_prompt(LineBotPrompt::Normal);
    let login = client.authorize().params(&params).start().await?;
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

fn code(error: &Error) -> &str {
    error.oauth().unwrap().code()
}

#[tokio::test]
async fn the_address_is_that_of_the_id_token_and_stays_over_a_refresh() {
    let local = local().await;
    let client = client(&local, config(&local));
    let token = token(&local, &client).await.unwrap();
    for token in [client.refresh_token(&token).await.unwrap(), token] {
        let who = client.get_id_email(&token).await.unwrap();
        assert_eq!(who.email.as_deref(), Some("robin@oak.test"));
        assert_eq!(who.verified_email(), None, "nobody says that it was proven");
    }
    let bare = OAuth2Token::from_access_token(
        self::token(&local, &client).await.unwrap().access_token().expose(),
    );
    assert_eq!(client.get_id_email(&bare).await.unwrap().email, None);
}

#[tokio::test]
async fn a_token_that_was_revoked_is_dead_everywhere() {
    let local = local().await;
    let client = client(&local, config(&local));
    let token = token(&local, &client).await.unwrap();
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
    let local = local().await;
    let client = |config| client(&local, config);
    let error = token(&local, &client(config(&local).with_secret("wrong"))).await.unwrap_err();
    assert_eq!((error.kind(), code(&error)), (ErrorKind::Config, "invalid_client"));
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(CALLBACK).unwrap();
    for config in [public, config(&local).with_client_auth(ClientAuth::Basic)] {
        let error = token(&local, &client(config)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}

#[tokio::test]
async fn plain_pkce_and_scopes_joined_by_commas_are_refused() {
    let local = local().await;
    let client = client(&local, config(&local));
    for (from, to, want) in [
        ("", "", "code="),
        ("profile+openid", "profile%2Copenid", "error=invalid_scope"),
        ("challenge_method=S256", "challenge_method=plain", "error=invalid_request"),
    ] {
        let login = client.authorize().start().await.unwrap();
        assert!(login.url.as_str().contains(from), "{from}");
        let url = login.url.as_str().replacen(from, to, 1);
        let landing = local.browser().sign_in(url, User::first()).await.unwrap();
        let query = landing.url().split('?').next_back().unwrap();
        assert!(query.starts_with(want), "{query}");
    }
}

#[tokio::test]
async fn a_code_that_was_spent_is_refused() {
    let local = local().await;
    let client = client(&local, config(&local));
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let kept = login.pending.expose_for_session();
    let pending = || PendingAuthorization::from_session(&kept).unwrap();
    assert!(client.get_access_token(landing.callback().unwrap(), pending()).await.is_ok());
    let again = client.get_access_token(landing.callback().unwrap(), pending()).await;
    let error = again.unwrap_err();
    assert_eq!((error.kind(), code(&error)), (ErrorKind::Denied, "invalid_grant"));
}
