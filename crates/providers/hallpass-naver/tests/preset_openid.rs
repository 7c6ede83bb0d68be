//! What Naver refuses by OpenID Connect, its stand-in on this machine refuses too; everybody else
//! signs in.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::ClientAuth;
use hallpass_naver::{ErrorKind, Naver, OPENID_FIXTURES, Revoke};
use hallpass_testkit::{StandIn, User};

async fn naver() -> StandIn<Naver> {
    StandIn::start(Naver::openid, OPENID_FIXTURES).await
}

#[tokio::test]
async fn each_user_of_the_fixtures_signs_in_and_is_who_the_id_token_says() {
    naver().await.check_users().await;
}

#[tokio::test]
async fn plain_pkce_is_refused() {
    let naver = naver().await;
    naver.check_page("method=S256", "method=plain", Some("invalid_request")).await;
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let naver = naver().await;
    let wrong = naver.config().with_secret("wrong");
    let basic = naver.config().with_client_auth(ClientAuth::Basic);
    for config in [wrong, naver.public_config(), basic] {
        naver.check_client(config, 401, Some("invalid_client")).await;
    }
}

#[tokio::test]
async fn a_request_without_the_headers_of_the_fixtures_is_refused() {
    naver().await.check_headers().await;
}

#[tokio::test]
async fn a_spent_code_is_refused_in_the_providers_words() {
    naver().await.check_spent_code(200, "invalid_request").await;
}

#[tokio::test]
async fn a_revoked_token_takes_its_pair_with_it() {
    let naver = naver().await;
    let client = naver.honest();
    let alive = naver.token(&client, User::first()).await.unwrap();
    let alive = client.refresh_token(&alive).await.unwrap();
    client.revoke_token(&alive, Revoke::RefreshToken).await.unwrap();
    let error = client.get_profile(&alive).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert_eq!(client.refresh_token(&alive).await.unwrap_err().kind(), ErrorKind::Denied);
}
