//! What Okta refuses, its stand-in on this machine refuses too; everybody else signs in.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::ClientAuth;
use hallpass_okta::{ErrorKind, FIXTURES, Okta, Revoke};
use hallpass_testkit::{StandIn, User};

async fn okta() -> StandIn<Okta> {
    StandIn::start(|| Okta::new(&"login.oak.test".parse().unwrap()), FIXTURES).await
}

#[tokio::test]
async fn each_user_of_the_fixtures_signs_in_and_is_who_the_id_token_says() {
    okta().await.check_users().await;
}

#[tokio::test]
async fn scopes_joined_by_commas_and_plain_pkce_are_refused() {
    let okta = okta().await;
    okta.check_page("openid+email", "openid%2Cemail", Some("invalid_scope")).await;
    okta.check_page("method=S256", "method=plain", Some("invalid_request")).await;
}

#[tokio::test]
async fn a_request_without_the_headers_of_the_fixtures_is_refused() {
    okta().await.check_headers().await;
}

#[tokio::test]
async fn a_wrong_secret_another_way_and_two_ways_of_authentication_are_refused() {
    let okta = okta().await;
    let post = okta.config().with_client_auth(ClientAuth::Post);
    for config in [okta.config().with_secret("wrong"), okta.public_config(), post] {
        okta.check_client(config, 401, Some("invalid_client")).await;
    }
    okta.token(&okta.honest(), User::first()).await.unwrap();
    let both = okta.again("token", |request| {
        request.body.extend_from_slice(b"&client_id=id&client_secret=secret");
    });
    assert_eq!(both.await.status.as_u16(), 401);
}

#[tokio::test]
async fn a_spent_code_is_refused_in_the_providers_words() {
    okta().await.check_spent_code(400, "invalid_grant").await;
}

#[tokio::test]
async fn a_refresh_token_stays_and_takes_all_with_it_when_it_is_revoked() {
    let okta = okta().await;
    let client = okta.honest();
    let old = okta.token(&client, User::first()).await.unwrap();
    let new = client.refresh_token(&old).await.unwrap();
    let [kept, said] = [&new, &old].map(|token| token.refresh_token().unwrap().expose());
    assert_eq!(kept, said, "it is persistent");
    client.revoke_token(&old, Revoke::AccessToken).await.unwrap();
    assert_eq!(client.get_profile(&old).await.unwrap_err().reason(), Some("invalid_token"));
    assert!(client.refresh_token(&old).await.is_ok(), "not the other way round");
    client.revoke_token(&new, Revoke::RefreshToken).await.unwrap();
    let error = client.get_profile(&new).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    let error = client.refresh_token(&new).await.unwrap_err();
    assert_eq!(error.oauth().unwrap().code(), "invalid_grant");
}
