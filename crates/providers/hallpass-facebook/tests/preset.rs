//! What Facebook refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{ClientAuth, HttpClient, Request, Response};
use hallpass_facebook::{
    ClientConfig, ErrorKind, FIXTURES, Facebook, OAuth2Client, OAuth2Token, PendingAuthorization,
    Provider, Result,
};
use hallpass_testkit::{LocalProvider, User};

/// Spoils what Facebook's client sends.
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
    LocalProvider::emulating(Facebook::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config("https://app.test/callback").unwrap()
}

fn client(
    local: &LocalProvider,
    config: ClientConfig,
    spoil: fn(&mut Request),
) -> OAuth2Client<Facebook> {
    let http = Spoiled { inner: local.http_client(), spoil };
    OAuth2Client::new(Facebook::new(), config).unwrap().with_http_client(Arc::new(http))
}

async fn token(local: &LocalProvider, client: &OAuth2Client<Facebook>) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

#[tokio::test]
async fn a_call_without_the_proof_is_refused_and_no_url_has_the_token() {
    let local = local().await;
    let honest = client(&local, config(&local), |request| {
        assert!(!request.url.as_str().contains("access_token="), "{}", request.url);
    });
    let alive = token(&local, &honest).await.unwrap();
    assert!(honest.get_profile(&alive).await.is_ok());
    let bare = client(&local, config(&local), |request| {
        let others: Vec<_> = request.url.query_pairs().into_owned().collect();
        let others = others.into_iter().filter(|(name, _)| name != "appsecret_proof");
        let others: Vec<_> = others.collect();
        request.url.query_pairs_mut().clear().extend_pairs(others);
    });
    let error = bare.get_profile(&alive).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert!(error.to_string().contains("appsecret_proof"), "{error}");
    let error = bare.provider().deauthorize(bare.api(&alive)).await.unwrap_err();
    assert!(error.to_string().contains("appsecret_proof"), "any path: {error}");
    assert!(honest.get_profile(&alive).await.is_ok(), "it was not carried out");
}

#[tokio::test]
async fn a_dead_token_is_refused_in_facebooks_words() {
    let local = local().await;
    let client = client(&local, config(&local), |_| {});
    let dead = OAuth2Token::from_access_token("dead");
    let error = client.get_profile(&dead).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert_eq!(error.oauth().unwrap().code(), "190");
}

#[tokio::test]
async fn the_proof_of_another_token_is_refused() {
    let local = local().await;
    let honest = client(&local, config(&local), |_| {});
    let alive = token(&local, &honest).await.unwrap();
    let crossed = client(&local, config(&local).with_secret("another"), |_| {});
    let error = crossed.get_profile(&alive).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert!(error.to_string().contains("appsecret_proof"), "{error}");
}

#[tokio::test]
async fn a_deauthorization_ends_every_token_of_the_user_and_a_permission_less_none() {
    let local = local().await;
    let client = client(&local, config(&local), |_| {});
    let (one, two) = (token(&local, &client).await.unwrap(), token(&local, &client).await.unwrap());
    client.provider().revoke_permission(client.api(&one), "email").await.unwrap();
    assert!(client.get_profile(&one).await.is_ok());
    client.provider().deauthorize(client.api(&one)).await.unwrap();
    for dead in [&one, &two, &OAuth2Token::from_access_token("dead")] {
        let error = client.get_profile(dead).await.unwrap_err();
        assert_eq!(error.reason(), Some("invalid_token"), "{error}");
        let error = client.provider().deauthorize(client.api(dead)).await.unwrap_err();
        assert_eq!(error.reason(), Some("invalid_token"), "{error}");
    }
}

#[tokio::test]
async fn a_long_lived_token_is_given_for_one_that_lives() {
    let local = local().await;
    let client = client(&local, config(&local), |_| {});
    let short = token(&local, &client).await.unwrap();
    let long = client.request_token(Facebook::long_lived(&short)).await.unwrap();
    assert_ne!(long.access_token().expose(), short.access_token().expose());
    let profiles = (client.get_profile(&long).await, client.get_profile(&short).await);
    assert_eq!(profiles.0.unwrap().id(), profiles.1.unwrap().id());
    let dead = OAuth2Token::from_access_token("dead");
    let error = client.request_token(Facebook::long_lived(&dead)).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert_eq!(error.oauth().unwrap().code(), "190");
}

#[tokio::test]
async fn tokens_are_looked_at_with_the_applications_own() {
    let local = local().await;
    let honest = client(&local, config(&local), |_| {});
    let alive = token(&local, &honest).await.unwrap();
    let own = honest.request_token(Facebook::app_token()).await.unwrap();
    let found = honest.provider().debug_token(honest.api(&own), &alive).await.unwrap();
    assert!(found.is_for(local.client_id()));
    let dead = OAuth2Token::from_access_token("dead");
    let error = honest.provider().debug_token(honest.api(&dead), &alive).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    let stranger = client(&local, config(&local).with_secret("wrong"), |_| {});
    let error = stranger.request_token(Facebook::app_token()).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("client_auth")));
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let local = local().await;
    let wrong = config(&local).with_secret("wrong");
    let error = token(&local, &client(&local, wrong, |_| {})).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("client_auth")));
    let redirect_uri = "https://app.test/callback";
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(redirect_uri).unwrap();
    for config in [public, config(&local).with_client_auth(ClientAuth::Basic)] {
        let error = token(&local, &client(&local, config, |_| {})).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
    }
}

#[tokio::test]
async fn a_code_is_good_once() {
    let local = local().await;
    let client = client(&local, config(&local), |_| {});
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let stored = login.pending.expose_for_session();
    let pending = || PendingAuthorization::from_session(&stored).unwrap();
    assert!(client.get_access_token(landing.callback().unwrap(), pending()).await.is_ok());
    let error = client.get_access_token(landing.callback().unwrap(), pending()).await.unwrap_err();
    assert_eq!((error.kind(), error.oauth().unwrap().code()), (ErrorKind::Denied, "100"));
}
