//! What Kakao refuses, its stand-in on this machine refuses too: by OAuth 2.0.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{ClientAuth, Purpose, http::HeaderValue};
use hallpass_kakao::{Error, ErrorKind, FIXTURES, Kakao, OAuth2Token, Revoke};
use hallpass_testkit::{StandIn, User};

async fn kakao() -> StandIn<Kakao> {
    StandIn::start(Kakao::new, FIXTURES).await
}

#[tokio::test]
async fn logout_wants_the_bearer_token_and_a_token_that_logged_out_is_dead() {
    let kakao = kakao().await;
    let client = kakao.honest();
    let dead = OAuth2Token::from_access_token("dead");
    for what in [Revoke::AccessToken, Revoke::RefreshToken] {
        let alive = kakao.token(&client, User::first()).await.unwrap();
        assert!(client.get_profile(&alive).await.is_ok());
        client.revoke_token(&alive, what).await.unwrap();
        check_dead(client.get_profile(&alive).await.err());
        check_dead(client.revoke_token(&dead, what).await.err());
    }
}

#[tokio::test]
async fn unlinking_wants_the_bearer_token_and_ends_every_token_of_the_user() {
    let kakao = kakao().await;
    let client = kakao.honest();
    let one = kakao.token(&client, User::first()).await.unwrap();
    let two = kakao.token(&client, User::first()).await.unwrap();
    let dead = OAuth2Token::from_access_token("dead");
    check_dead(client.provider().unlink(client.api(&dead)).await.err());
    client.provider().unlink(client.api(&one)).await.unwrap();
    for token in [&one, &two] {
        check_dead(client.get_profile(token).await.err());
        let error = client.refresh_token(token).await.unwrap_err();
        assert_eq!(error.oauth().unwrap().code(), "invalid_grant");
    }
}

#[track_caller]
fn check_dead(error: Option<Error>) {
    let error = error.unwrap();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert_eq!(error.oauth().unwrap().code(), "-401");
}

#[tokio::test]
async fn a_token_request_that_is_no_form_is_refused() {
    let kakao = kakao().await;
    let json = kakao.spoiling(|request| {
        if request.purpose() == Purpose::Token {
            let json = HeaderValue::from_static("application/json");
            request.headers.insert("content-type", json);
        }
    });
    let error = kakao.token(&json, User::first()).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 400));
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let kakao = kakao().await;
    let basic = kakao.config().with_client_auth(ClientAuth::Basic);
    for config in [kakao.public_config(), basic, kakao.config().with_secret("wrong")] {
        kakao.check_client(config, 401, Some("invalid_client")).await;
    }
}
