//! What Twitch refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{ClientAuth, HttpClient, Request, Response, http::HeaderValue};
use hallpass_testkit::{LocalProvider, User};
use hallpass_twitch::{
    ClientConfig, Error, ErrorKind, FIXTURES, OAuth2Client, OAuth2Token, Provider, Result, Revoke,
    Twitch, TwitchClaim, TwitchParams,
};

const CALLBACK: &str = "https://app.test/callback";

/// Spoils what Twitch's client sends.
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
    LocalProvider::emulating(Twitch::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config(CALLBACK).unwrap()
}

fn client(
    local: &LocalProvider,
    config: ClientConfig,
    spoil: fn(&mut Request),
) -> OAuth2Client<Twitch> {
    let http = Spoiled { inner: local.http_client(), spoil };
    OAuth2Client::new(Twitch::new(), config).unwrap().with_http_client(Arc::new(http))
}

async fn token(local: &LocalProvider, client: &OAuth2Client<Twitch>) -> Result<OAuth2Token> {
    let params = TwitchParams::new().claim(TwitchClaim::Email);
    let login = client.authorize().params(&params).start().await?;
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

fn code(error: &Error) -> &str {
    error.oauth().unwrap().code()
}

#[tokio::test]
async fn everybody_signs_in_and_a_refresh_rotates() {
    let local = local().await;
    let client = client(&local, config(&local), |_| {});
    for user in ["accepted", "no_email"] {
        let login = client.authorize().start().await.unwrap();
        let landing = local.browser().sign_in(&login.url, User::named(user)).await.unwrap();
        let signed_in = client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
        assert_eq!(signed_in.profile.id(), "404170042");
        assert_eq!(signed_in.profile.verified_email().is_some(), user == "accepted", "{user}");
    }
    let first = token(&local, &client).await.unwrap();
    assert!(client.refresh_token(&first).await.is_ok());
    let error = client.refresh_token(&first).await.unwrap_err();
    assert_eq!((error.kind(), code(&error)), (ErrorKind::Denied, "invalid_grant"));
}

#[tokio::test]
async fn the_api_wants_the_client_id_that_the_token_was_given_to() {
    let local = local().await;
    let honest = client(&local, config(&local), |_| {});
    let token = token(&local, &honest).await.unwrap();
    assert!(honest.get_profile(&token).await.is_ok());
    let spoils: [fn(&mut Request); 2] = [
        |request| drop(request.headers.remove("client-id")),
        |request| {
            request.headers.insert("client-id", HeaderValue::from_static("k7another7app"));
        },
    ];
    for spoil in spoils {
        let error = client(&local, config(&local), spoil).get_profile(&token).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
        assert_eq!(error.status().unwrap().as_u16(), 401);
    }
}

#[tokio::test]
async fn a_dead_token_is_refused_everywhere() {
    let local = local().await;
    let client = client(&local, config(&local), |_| {});
    let token = token(&local, &client).await.unwrap();
    let found = client.provider().validate(client.api(&token)).await.unwrap();
    assert!(found.is_for(client.client_id()));
    assert!(!format!("{found:?}").contains(found.user_id()));
    let dead = OAuth2Token::from_access_token("dead");
    let calls = [
        client.get_profile(&dead).await.map(drop),
        client.provider().validate(client.api(&dead)).await.map(drop),
        client.revoke_token(&dead, Revoke::AccessToken).await,
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
async fn a_wrong_secret_is_refused_in_twitchs_own_words_and_none_is_refused_too() {
    let local = local().await;
    let wrong = config(&local).with_secret("wrong");
    let error = token(&local, &client(&local, wrong, |_| {})).await.unwrap_err();
    assert_eq!((error.kind(), code(&error)), (ErrorKind::Config, "invalid_client"));
    assert_eq!(error.status().unwrap().as_u16(), 403);
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(CALLBACK).unwrap();
    let basic = config(&local).with_client_auth(ClientAuth::Basic);
    for config in [public, basic] {
        let error = token(&local, &client(&local, config, |_| {})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}
