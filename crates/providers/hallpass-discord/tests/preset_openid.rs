//! What Discord refuses by OpenID Connect, its stand-in on this machine refuses too; everybody
//! else signs in.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hallpass_core::{ClientAuth, HttpClient, Request, Response, http::header};
use hallpass_discord::{Discord, OPENID_FIXTURES, Result};
use hallpass_testkit::{StandIn, User};

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

async fn discord() -> StandIn<Discord> {
    StandIn::start(Discord::openid, OPENID_FIXTURES).await
}

#[tokio::test]
async fn each_user_of_the_fixtures_signs_in_and_is_who_the_id_token_says() {
    discord().await.check_users().await;
}

#[tokio::test]
async fn a_user_stays_the_same_over_a_refresh() {
    let discord = discord().await;
    let client = discord.honest();
    for case in ["accepted", "no_address", "unverified"] {
        let token = discord.token(&client, User::named(case)).await.unwrap();
        let refreshed = client.refresh_token(&token).await.unwrap();
        let [before, after] = [&token, &refreshed].map(|token| token.claims().unwrap().subject());
        assert_eq!(before, after, "{case}");
    }
}

#[tokio::test]
async fn the_keys_are_fetched_from_discord_and_nothing_is_discovered() {
    let discord = discord().await;
    let inner = discord.local().http_client();
    let noted = Arc::new(Noted { inner, urls: Mutex::default() });
    let client = discord.honest().with_http_client(Arc::clone(&noted) as _);
    let token = discord.token(&client, User::first()).await.unwrap();
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
    let discord = discord().await;
    let wrong = discord.config().with_secret("wrong");
    let post = discord.config().with_client_auth(ClientAuth::Post);
    for config in [wrong, discord.public_config(), post] {
        discord.check_client(config, 401, Some("invalid_client")).await;
    }
}

#[tokio::test]
async fn a_request_without_a_user_agent_is_blocked() {
    let discord = discord().await;
    let client = discord.honest();
    let token = discord.token(&client, User::first()).await.unwrap();
    client.get_profile(&token).await.unwrap();
    for operation in ["token", "api"] {
        let answer = discord.again(operation, |request| {
            request.headers.remove(header::USER_AGENT);
        });
        assert_eq!(answer.await.status.as_u16(), 403, "{operation}");
    }
}

#[tokio::test]
async fn a_spent_code_is_refused_and_ends_what_it_gave() {
    discord().await.check_spent_code(400, "invalid_grant").await;
}
