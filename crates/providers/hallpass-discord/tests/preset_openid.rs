//! What Discord refuses by OpenID Connect, its stand-in on this machine refuses too; everybody
//! else signs in.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hallpass_core::{ClientAuth, HttpClient, Request, Response, http::header};
use hallpass_discord::{
    ClientConfig, Discord, ErrorKind, OAuth2Client, OAuth2Token, OPENID_FIXTURES,
    PendingAuthorization, Provider, Result,
};
use hallpass_testkit::{Fixture, LocalProvider, User};

const REDIRECT_URI: &str = "https://app.test/callback";

/// Writes down where Discord's client sends what.
#[derive(Debug)]
struct Noted {
    inner: Arc<dyn HttpClient>,
    urls: Mutex<Vec<String>>,
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Noted {
    async fn send(&self, request: Request) -> Result<Response> {
        self.urls.lock().unwrap().push(request.url.to_string());
        self.inner.send(request).await
    }
}

async fn local() -> LocalProvider {
    LocalProvider::emulating(Discord::openid().descriptor(), OPENID_FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config(REDIRECT_URI).unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<Discord> {
    OAuth2Client::new(Discord::openid(), config).unwrap().with_http_client(local.http_client())
}

async fn token(
    local: &LocalProvider,
    client: &OAuth2Client<Discord>,
    user: User,
) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, user).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

#[tokio::test]
async fn each_user_of_the_fixtures_signs_in_and_is_who_the_id_token_says() {
    let local = local().await;
    let client = client(&local, config(&local));
    let fixtures = OPENID_FIXTURES.iter().map(|(name, text)| Fixture::parse(name, text).unwrap());
    let users = fixtures.filter(|one| one.operation() == "id_email" && !one.outcome().is_refusal());
    let mut count = 0;
    for user in users {
        let token = token(&local, &client, User::named(user.case())).await.unwrap();
        let who = client.get_id_email(&token).await.unwrap();
        assert_eq!(token.claims().unwrap().subject(), who.id);
        let field = |name| user.outcome().fields().get(name).and_then(|value| value.as_str());
        assert_eq!((Some(&*who.id), who.email.as_deref()), (field("id"), field("email")));
        let refreshed = client.refresh_token(&token).await.unwrap();
        assert_eq!(refreshed.claims().unwrap().subject(), who.id, "the user stays");
        count += 1;
    }
    assert_eq!(count, 3);
}

#[tokio::test]
async fn the_keys_are_fetched_from_discord_and_nothing_is_discovered() {
    let local = local().await;
    let noted = Arc::new(Noted { inner: local.http_client(), urls: Mutex::default() });
    let client = client(&local, config(&local)).with_http_client(Arc::clone(&noted) as _);
    let token = token(&local, &client, User::first()).await.unwrap();
    client.api(&token).userinfo().await.unwrap();
    let urls = noted.urls.lock().unwrap().clone();
    let want = [
        "https://discord.com/api/v10/oauth2/token",
        "https://discord.com/api/oauth2/keys",
        "https://discord.com/api/v10/oauth2/userinfo",
    ];
    assert_eq!(urls, want);
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let local = local().await;
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(REDIRECT_URI).unwrap();
    let wrong = config(&local).with_secret("wrong");
    for config in [wrong, public, config(&local).with_client_auth(ClientAuth::Post)] {
        let error = token(&local, &client(&local, config), User::first()).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
    }
}

#[tokio::test]
async fn a_request_without_a_user_agent_is_blocked() {
    let local = local().await;
    let client = client(&local, config(&local));
    let token = token(&local, &client, User::first()).await.unwrap();
    client.get_profile(&token).await.unwrap();
    for operation in ["token", "api"] {
        let all = local.requests();
        let sent = all.iter().rfind(|sent| sent.operation() == operation).unwrap();
        let mut request = sent.to_request();
        request.headers.remove(header::USER_AGENT);
        let answer = local.http_client().send(request).await.unwrap();
        assert_eq!(answer.status.as_u16(), 403, "{operation}");
    }
}

#[tokio::test]
async fn a_spent_code_is_refused_and_ends_what_it_gave() {
    let local = local().await;
    let client = client(&local, config(&local));
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let stored = login.pending.expose_for_session();
    let pending = || PendingAuthorization::from_session(&stored).unwrap();
    let token = client.get_access_token(landing.callback().unwrap(), pending()).await.unwrap();
    let error = client.get_access_token(landing.callback().unwrap(), pending()).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Denied, 400));
    assert_eq!(error.oauth().unwrap().code(), "invalid_grant");
    let error = client.get_profile(&token).await.unwrap_err();
    assert_eq!(error.reason(), Some("invalid_token"), "its tokens end with the second use");
}
