//! What Kakao refuses, its stand-in on this machine refuses too: by OAuth 2.0.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{ClientAuth, HttpClient, Purpose, Request, Response, http::HeaderValue};
use hallpass_kakao::{
    ClientConfig, Error, ErrorKind, FIXTURES, Kakao, OAuth2Client, OAuth2Token, Provider, Result,
    Revoke,
};
use hallpass_testkit::{LocalProvider, User};

/// Spoils what Kakao's client sends.
#[derive(Debug)]
struct Spoiled {
    inner: Arc<dyn HttpClient>,
    spoil: fn(&mut Request),
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Spoiled {
    async fn send(&self, mut request: Request) -> Result<Response> {
        (self.spoil)(&mut request);
        self.inner.send(request).await
    }
}

async fn local() -> LocalProvider {
    LocalProvider::emulating(Kakao::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config("https://app.test/callback").unwrap()
}

fn client(
    local: &LocalProvider,
    config: ClientConfig,
    spoil: fn(&mut Request),
) -> OAuth2Client<Kakao> {
    let http = Spoiled { inner: local.http_client(), spoil };
    OAuth2Client::new(Kakao::new(), config).unwrap().with_http_client(Arc::new(http))
}

async fn token(local: &LocalProvider, client: &OAuth2Client<Kakao>) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

#[tokio::test]
async fn logout_wants_the_bearer_token_and_a_token_that_logged_out_is_dead() {
    let local = local().await;
    let client = client(&local, config(&local), |_| {});
    let dead = OAuth2Token::from_access_token("dead");
    for what in [Revoke::AccessToken, Revoke::RefreshToken] {
        let alive = token(&local, &client).await.unwrap();
        assert!(client.get_profile(&alive).await.is_ok());
        client.revoke_token(&alive, what).await.unwrap();
        check_dead(client.get_profile(&alive).await.err());
        check_dead(client.revoke_token(&dead, what).await.err());
    }
}

#[tokio::test]
async fn unlinking_wants_the_bearer_token_and_ends_every_token_of_the_user() {
    let local = local().await;
    let client = client(&local, config(&local), |_| {});
    let (one, two) = (token(&local, &client).await.unwrap(), token(&local, &client).await.unwrap());
    let dead = OAuth2Token::from_access_token("dead");
    check_dead(client.provider().unlink(client.api(&dead)).await.err());
    client.provider().unlink(client.api(&one)).await.unwrap();
    for token in [&one, &two] {
        check_dead(client.get_profile(token).await.err());
        let error = client.refresh_token(token).await.unwrap_err();
        assert_eq!(error.oauth().unwrap().code(), "invalid_grant");
    }
}

#[track_caller]
fn check_dead(error: Option<Error>) {
    let error = error.unwrap();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert_eq!(error.oauth().unwrap().code(), "-401");
}

#[tokio::test]
async fn a_token_request_that_is_no_form_is_refused() {
    let local = local().await;
    let json = client(&local, config(&local), |request| {
        if request.purpose() == Purpose::Token {
            let json = HeaderValue::from_static("application/json");
            request.headers.insert("content-type", json);
        }
    });
    let error = token(&local, &json).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 400));
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let local = local().await;
    assert!(token(&local, &client(&local, config(&local), |_| {})).await.is_ok());
    let redirect_uri = "https://app.test/callback";
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(redirect_uri).unwrap();
    let basic = config(&local).with_client_auth(ClientAuth::Basic);
    for config in [public, basic, config(&local).with_secret("wrong")] {
        let error = token(&local, &client(&local, config, |_| {})).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
        assert_eq!(error.oauth().unwrap().code(), "invalid_client");
    }
}
