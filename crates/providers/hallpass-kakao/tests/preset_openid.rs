//! What Kakao refuses by OpenID Connect, its stand-in on this machine refuses too; everybody else
//! signs in.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::ClientAuth;
use hallpass_kakao::{ErrorKind, Kakao, OPENID_FIXTURES};
use hallpass_testkit::{StandIn, User};

async fn kakao() -> StandIn<Kakao> {
    StandIn::start(Kakao::openid, OPENID_FIXTURES).await
}

#[tokio::test]
async fn each_user_of_the_fixtures_signs_in_and_is_who_the_id_token_says() {
    kakao().await.check_users().await;
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let kakao = kakao().await;
    let wrong = kakao.config().with_secret("wrong");
    let basic = kakao.config().with_client_auth(ClientAuth::Basic);
    for config in [wrong, kakao.public_config(), basic] {
        kakao.check_client(config, 401, Some("invalid_client")).await;
    }
}

#[tokio::test]
async fn a_request_without_the_headers_of_the_fixtures_is_refused() {
    kakao().await.check_headers().await;
}

#[tokio::test]
async fn a_spent_code_is_refused_in_the_providers_words() {
    kakao().await.check_spent_code(400, "invalid_grant").await;
}

#[tokio::test]
async fn unlinking_ends_every_token_of_the_user() {
    let kakao = kakao().await;
    let client = kakao.honest();
    let alive = kakao.token(&client, User::first()).await.unwrap();
    let alive = client.refresh_token(&alive).await.unwrap();
    let other = kakao.token(&client, User::first()).await.unwrap();
    client.provider().unlink(client.api(&alive)).await.unwrap();
    for token in [&alive, &other] {
        let error = client.get_profile(token).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
        assert_eq!(client.refresh_token(token).await.unwrap_err().kind(), ErrorKind::Denied);
    }
}
