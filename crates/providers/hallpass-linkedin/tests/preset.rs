//! What LinkedIn refuses, its stand-in on this machine refuses too; everybody else signs in.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{ClientAuth, OAuthError, url::Url};
use hallpass_linkedin::{ErrorKind, FIXTURES, LinkedIn};
use hallpass_testkit::{StandIn, User};

async fn linkedin() -> StandIn<LinkedIn> {
    StandIn::start(LinkedIn::new, FIXTURES).await
}

#[tokio::test]
async fn each_user_of_the_fixtures_signs_in_and_is_who_the_id_token_says() {
    linkedin().await.check_users().await;
}

#[tokio::test]
async fn scopes_joined_by_commas_and_any_challenge_are_refused() {
    let linkedin = linkedin().await;
    linkedin.check_page("openid+profile", "openid%2Cprofile", Some("invalid_scope")).await;
    linkedin.check_page("&state=", "&code_challenge=c&state=", Some("invalid_request")).await;
}

#[tokio::test]
async fn a_request_without_the_headers_of_the_fixtures_is_refused() {
    linkedin().await.check_headers().await;
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let linkedin = linkedin().await;
    let wrong = linkedin.config().with_secret("wrong");
    let basic = linkedin.config().with_client_auth(ClientAuth::Basic);
    for config in [wrong, linkedin.public_config(), basic] {
        linkedin.check_client(config, 401, Some("invalid_client")).await;
    }
}

#[tokio::test]
async fn a_spent_code_is_refused_in_the_providers_words() {
    linkedin().await.check_spent_code(400, "invalid_request").await;
}

#[tokio::test]
async fn a_verifier_besides_the_secret_is_refused() {
    let linkedin = linkedin().await;
    let client = linkedin.honest();
    for (verifier, is_good) in [(Some("x".repeat(43).into()), false), (None, true)] {
        let login = client.authorize().start().await.unwrap();
        let landing = linkedin.local().browser().sign_in(&login.url, User::first()).await.unwrap();
        let url = Url::parse(landing.url()).unwrap();
        let code = url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let redirect_uri = "https://app.test/callback";
        let got = client.dangerously_exchange_code(code.into(), redirect_uri, verifier).await;
        let said = got.as_ref().err().and_then(|error| error.oauth()).map(OAuthError::code);
        assert_eq!(said, (!is_good).then_some("invalid_request"));
    }
}

#[tokio::test]
async fn a_token_is_looked_at_for_its_client_alone() {
    let linkedin = linkedin().await;
    let honest = linkedin.honest();
    let alive = linkedin.token(&honest, User::first()).await.unwrap();
    let found = honest.provider().introspect(honest.api(&alive)).await.unwrap();
    assert!(found.is_active() && found.is_for(honest.client_id()));
    let stranger = linkedin.client(linkedin.config().with_secret("wrong"));
    let error = stranger.provider().introspect(stranger.api(&alive)).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
}
