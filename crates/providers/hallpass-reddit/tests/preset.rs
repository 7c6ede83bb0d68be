//! What Reddit refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{ClientAuth, Request, http::header};
use hallpass_reddit::{ErrorKind, FIXTURES, Reddit, Revoke};
use hallpass_testkit::{StandIn, User};

async fn reddit() -> StandIn<Reddit> {
    let new = || Reddit::new("linux:test.hallpass:v1 (by /u/robin_oak)".parse().unwrap());
    StandIn::start(new, FIXTURES).await
}

#[tokio::test]
async fn a_user_signs_in_refreshes_and_leaves() {
    let reddit = reddit().await;
    let client = reddit.honest();
    let old = reddit.token(&client, User::first()).await.unwrap();
    let who = client.get_id_email(&old).await.unwrap();
    let new = client.refresh_token(&old).await.unwrap();
    assert_eq!(client.get_id_email(&new).await.unwrap(), who);
    client.revoke_token(&new, Revoke::RefreshToken).await.unwrap();
    let error = client.get_id_email(&new).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
}

#[tokio::test]
async fn a_request_without_a_user_agent_is_limited() {
    let reddit = reddit().await;
    let alive = reddit.token(&reddit.honest(), User::first()).await.unwrap();
    let without_user_agent = |request: &mut Request| {
        request.headers.remove(header::USER_AGENT);
    };
    let nobody = reddit.spoiling(without_user_agent);
    let error = nobody.get_profile(&alive).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("rate_limited")));
    assert!(reddit.token(&nobody, User::first()).await.is_err(), "at the token endpoint too");
}

#[tokio::test]
async fn credentials_elsewhere_than_in_the_header_are_refused() {
    let reddit = reddit().await;
    let post = reddit.config().with_client_auth(ClientAuth::Post);
    for config in [reddit.public_config(), post] {
        reddit.check_client(config, 401, Some("invalid_client")).await;
    }
}
