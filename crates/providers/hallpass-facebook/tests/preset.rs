//! What Facebook refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::ClientAuth;
use hallpass_facebook::{ErrorKind, FIXTURES, Facebook, OAuth2Token};
use hallpass_testkit::{StandIn, User};

async fn facebook() -> StandIn<Facebook> {
    StandIn::start(Facebook::new, FIXTURES).await
}

#[tokio::test]
async fn a_call_without_the_proof_is_refused_and_no_url_has_the_token() {
    let facebook = facebook().await;
    let honest = facebook.spoiling(|request| {
        assert!(!request.url.as_str().contains("access_token="), "{}", request.url);
    });
    let alive = facebook.token(&honest, User::first()).await.unwrap();
    assert!(honest.get_profile(&alive).await.is_ok());
    let bare = facebook.spoiling(|request| {
        let others: Vec<_> = request.url.query_pairs().into_owned().collect();
        let others = others.into_iter().filter(|(name, _)| name != "appsecret_proof");
        let others: Vec<_> = others.collect();
        request.url.query_pairs_mut().clear().extend_pairs(others);
    });
    let error = bare.get_profile(&alive).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert!(error.to_string().contains("appsecret_proof"), "{error}");
    let error = bare.provider().deauthorize(bare.api(&alive)).await.unwrap_err();
    assert!(error.to_string().contains("appsecret_proof"), "any path: {error}");
    assert!(honest.get_profile(&alive).await.is_ok(), "it was not carried out");
}

#[tokio::test]
async fn a_dead_token_is_refused_in_facebooks_words() {
    let facebook = facebook().await;
    let client = facebook.honest();
    let dead = OAuth2Token::from_access_token("dead");
    let error = client.get_profile(&dead).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert_eq!(error.oauth().unwrap().code(), "190");
}

#[tokio::test]
async fn the_proof_of_another_token_is_refused() {
    let facebook = facebook().await;
    let honest = facebook.honest();
    let alive = facebook.token(&honest, User::first()).await.unwrap();
    let crossed = facebook.client(facebook.config().with_secret("another"));
    let error = crossed.get_profile(&alive).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert!(error.to_string().contains("appsecret_proof"), "{error}");
}

#[tokio::test]
async fn a_deauthorization_ends_every_token_of_the_user_and_a_permission_less_none() {
    let facebook = facebook().await;
    let client = facebook.honest();
    let one = facebook.token(&client, User::first()).await.unwrap();
    let two = facebook.token(&client, User::first()).await.unwrap();
    client.provider().revoke_permission(client.api(&one), "email").await.unwrap();
    assert!(client.get_profile(&one).await.is_ok());
    client.provider().deauthorize(client.api(&one)).await.unwrap();
    for dead in [&one, &two, &OAuth2Token::from_access_token("dead")] {
        let error = client.get_profile(dead).await.unwrap_err();
        assert_eq!(error.reason(), Some("invalid_token"), "{error}");
        let error = client.provider().deauthorize(client.api(dead)).await.unwrap_err();
        assert_eq!(error.reason(), Some("invalid_token"), "{error}");
    }
}

#[tokio::test]
async fn a_long_lived_token_is_given_for_one_that_lives() {
    let facebook = facebook().await;
    let client = facebook.honest();
    let short = facebook.token(&client, User::first()).await.unwrap();
    let long = client.request_token(Facebook::long_lived(&short)).await.unwrap();
    assert_ne!(long.access_token().expose(), short.access_token().expose());
    let profiles = (client.get_profile(&long).await, client.get_profile(&short).await);
    assert_eq!(profiles.0.unwrap().id(), profiles.1.unwrap().id());
    let dead = OAuth2Token::from_access_token("dead");
    let error = client.request_token(Facebook::long_lived(&dead)).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert_eq!(error.oauth().unwrap().code(), "190");
}

#[tokio::test]
async fn tokens_are_looked_at_with_the_applications_own() {
    let facebook = facebook().await;
    let honest = facebook.honest();
    let alive = facebook.token(&honest, User::first()).await.unwrap();
    let own = honest.request_token(Facebook::app_token()).await.unwrap();
    let found = honest.provider().debug_token(honest.api(&own), &alive).await.unwrap();
    assert!(found.is_for(facebook.local().client_id()));
    let dead = OAuth2Token::from_access_token("dead");
    let error = honest.provider().debug_token(honest.api(&dead), &alive).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    let stranger = facebook.client(facebook.config().with_secret("wrong"));
    let error = stranger.request_token(Facebook::app_token()).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("client_auth")));
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let facebook = facebook().await;
    facebook.check_client(facebook.config().with_secret("wrong"), 400, Some("1")).await;
    let basic = facebook.config().with_client_auth(ClientAuth::Basic);
    for config in [facebook.public_config(), basic] {
        facebook.check_client(config, 401, Some("invalid_client")).await;
    }
}

#[tokio::test]
async fn a_code_is_good_once() {
    facebook().await.check_spent_code(400, "100").await;
}
