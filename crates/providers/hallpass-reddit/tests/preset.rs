//! What Reddit refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{ClientAuth, HttpClient, Request, Response, http::header};
use hallpass_reddit::{
    ClientConfig, ErrorKind, FIXTURES, OAuth2Client, OAuth2Token, Provider, Reddit, RedditOAuth2,
    RedditUserAgent, Result, Revoke,
};
use hallpass_testkit::{LocalProvider, User};

const REDIRECT_URI: &str = "https://app.test/callback";
const USER_AGENT: &str = "linux:test.hallpass:v1 (by /u/robin_oak)";

type Spoil = fn(&mut Request);

/// Spoils what Reddit's client sends.
#[derive(Debug)]
struct Spoiled {
    inner: Arc<dyn HttpClient>,
    spoil: Spoil,
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Spoiled {
    async fn send(&self, mut request: Request) -> Result<Response> {
        (self.spoil)(&mut request);
        self.inner.send(request).await
    }
}

fn reddit() -> Reddit {
    Reddit::new(USER_AGENT.parse::<RedditUserAgent>().unwrap())
}

async fn local() -> LocalProvider {
    LocalProvider::emulating(reddit().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config(REDIRECT_URI).unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig, spoil: Spoil) -> RedditOAuth2 {
    let http = Spoiled { inner: local.http_client(), spoil };
    OAuth2Client::new(reddit(), config).unwrap().with_http_client(Arc::new(http))
}

async fn token(local: &LocalProvider, client: &RedditOAuth2) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

#[tokio::test]
async fn a_user_signs_in_refreshes_and_leaves() {
    let local = local().await;
    let client = client(&local, config(&local), |_| {});
    let old = token(&local, &client).await.unwrap();
    let who = client.get_id_email(&old).await.unwrap();
    let new = client.refresh_token(&old).await.unwrap();
    assert_eq!(client.get_id_email(&new).await.unwrap(), who);
    client.revoke_token(&new, Revoke::RefreshToken).await.unwrap();
    let error = client.get_id_email(&new).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
}

#[tokio::test]
async fn a_request_without_a_user_agent_is_limited() {
    let local = local().await;
    let alive = token(&local, &client(&local, config(&local), |_| {})).await.unwrap();
    let nobody = client(&local, config(&local), |request| {
        request.headers.remove(header::USER_AGENT);
    });
    let error = nobody.get_profile(&alive).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("rate_limited")));
    assert!(token(&local, &nobody).await.is_err(), "at the token endpoint too");
}

#[tokio::test]
async fn credentials_elsewhere_than_in_the_header_are_refused() {
    let local = local().await;
    assert!(token(&local, &client(&local, config(&local), |_| {})).await.is_ok());
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(REDIRECT_URI).unwrap();
    for config in [public, config(&local).with_client_auth(ClientAuth::Post)] {
        let error = token(&local, &client(&local, config, |_| {})).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
    }
}
