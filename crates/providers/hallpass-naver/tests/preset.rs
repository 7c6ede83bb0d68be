//! What Naver refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::ClientAuth;
use hallpass_naver::{ErrorKind, FIXTURES, Naver, Revoke};
use hallpass_testkit::{StandIn, User};

async fn naver() -> StandIn<Naver> {
    StandIn::start(Naver::new, FIXTURES).await
}

#[tokio::test]
async fn a_user_signs_in_refreshes_and_leaves() {
    let naver = naver().await;
    let client = naver.honest();
    let old = naver.token(&client, User::first()).await.unwrap();
    let who = client.get_id_email(&old).await.unwrap();
    let new = client.refresh_token(&old).await.unwrap();
    assert_eq!(client.get_id_email(&new).await.unwrap(), who);
    assert!(new.refresh_token().is_some(), "the old one is kept");
    client.revoke_token(&new, Revoke::RefreshToken).await.unwrap();
    let error = client.get_id_email(&new).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
}

#[tokio::test]
async fn a_spent_code_is_refused_in_navers_own_words() {
    naver().await.check_spent_code(200, "invalid_request").await;
}

#[tokio::test]
async fn another_way_of_authentication_is_refused() {
    let naver = naver().await;
    let basic = naver.config().with_client_auth(ClientAuth::Basic);
    for config in [naver.public_config(), basic] {
        naver.check_client(config, 401, Some("invalid_client")).await;
    }
}
