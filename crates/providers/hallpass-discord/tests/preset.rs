//! What Discord refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{
    ClientAuth, Purpose,
    http::{HeaderValue, header},
    url::form_urlencoded,
};
use hallpass_discord::{Discord, ErrorKind, FIXTURES};
use hallpass_testkit::{StandIn, User};

async fn discord() -> StandIn<Discord> {
    StandIn::start(Discord::new, FIXTURES).await
}

#[tokio::test]
async fn a_request_without_a_user_agent_is_blocked() {
    let discord = discord().await;
    let honest = discord.honest();
    let alive = discord.token(&honest, User::first()).await.unwrap();
    assert!(honest.get_profile(&alive).await.is_ok());
    let nobody = discord.spoiling(|request| {
        request.headers.remove(header::USER_AGENT);
    });
    let error = nobody.get_profile(&alive).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 403, "{error}");
    let error = discord.token(&nobody, User::first()).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 403, "the token endpoint too: {error}");
}

#[tokio::test]
async fn a_token_request_in_json_is_refused() {
    let discord = discord().await;
    let json = discord.spoiling(|request| {
        if request.purpose() == Purpose::Token {
            let json = HeaderValue::from_static("application/json");
            request.headers.insert(header::CONTENT_TYPE, json);
            let pairs: serde_json::Map<_, _> = form_urlencoded::parse(&request.body)
                .map(|(name, value)| (name.into_owned(), value.into()))
                .collect();
            request.body = serde_json::to_vec(&pairs).unwrap();
        }
    });
    let error = discord.token(&json, User::first()).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 400));
    assert!(error.to_string().contains("content-type"), "{error}");
}

#[tokio::test]
async fn a_client_without_its_secret_or_with_it_in_the_body_is_refused() {
    let discord = discord().await;
    let post = discord.config().with_client_auth(ClientAuth::Post);
    for config in [discord.public_config(), post] {
        discord.check_client(config, 401, Some("invalid_client")).await;
    }
}

#[tokio::test]
async fn scopes_joined_by_commas_and_plain_pkce_are_refused() {
    let discord = discord().await;
    discord.check_page("identify+email", "identify%2Cemail", Some("invalid_scope")).await;
    discord.check_page("method=S256", "method=plain", Some("invalid_request")).await;
}
