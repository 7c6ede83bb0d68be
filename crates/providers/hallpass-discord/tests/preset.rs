//! What Discord refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{
    ClientAuth, HttpClient, Purpose, Request, Response,
    http::{HeaderValue, header},
};
use hallpass_discord::{
    ClientConfig, Discord, ErrorKind, FIXTURES, OAuth2Client, OAuth2Token, Provider, Result,
};
use hallpass_testkit::{LocalProvider, User};

/// Spoils what Discord's client sends.
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
    LocalProvider::emulating(Discord::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config("https://app.test/callback").unwrap()
}

fn client(
    local: &LocalProvider,
    config: ClientConfig,
    spoil: fn(&mut Request),
) -> OAuth2Client<Discord> {
    let http = Spoiled { inner: local.http_client(), spoil };
    OAuth2Client::new(Discord::new(), config).unwrap().with_http_client(Arc::new(http))
}

async fn token(local: &LocalProvider, client: &OAuth2Client<Discord>) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

#[tokio::test]
async fn a_request_without_a_user_agent_is_blocked() {
    let local = local().await;
    let honest = client(&local, config(&local), |_| {});
    let alive = token(&local, &honest).await.unwrap();
    assert!(honest.get_profile(&alive).await.is_ok());
    let nobody = client(&local, config(&local), |request| {
        request.headers.remove(header::USER_AGENT);
    });
    let error = nobody.get_profile(&alive).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 403, "{error}");
    let error = token(&local, &nobody).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 403, "the token endpoint too: {error}");
}

#[tokio::test]
async fn a_token_request_in_json_is_refused() {
    let local = local().await;
    let json = client(&local, config(&local), |request| {
        if request.purpose() == Purpose::Token {
            let json = HeaderValue::from_static("application/json");
            request.headers.insert(header::CONTENT_TYPE, json);
            let pairs: serde_json::Map<_, _> =
                hallpass_core::url::form_urlencoded::parse(&request.body)
                    .map(|(name, value)| (name.into_owned(), value.into()))
                    .collect();
            request.body = serde_json::to_vec(&pairs).unwrap();
        }
    });
    let error = token(&local, &json).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 400));
    assert!(error.to_string().contains("content-type"), "{error}");
}

#[tokio::test]
async fn a_client_without_its_secret_or_with_it_in_the_body_is_refused() {
    let local = local().await;
    let redirect_uri = "https://app.test/callback";
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(redirect_uri).unwrap();
    for config in [public, config(&local).with_client_auth(ClientAuth::Post)] {
        let error = token(&local, &client(&local, config, |_| {})).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
    }
}

#[tokio::test]
async fn scopes_joined_by_commas_and_plain_pkce_are_refused() {
    let local = local().await;
    let honest = client(&local, config(&local), |_| {});
    for (from, to, want) in [
        ("", "", None),
        ("identify+email", "identify%2Cemail", Some("error=invalid_scope")),
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
