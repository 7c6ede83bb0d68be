//! What Apple refuses, its stand-in on this machine refuses too; and who signed in is known from
//! the login alone.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_apple::{
    Apple, ClientConfig, ErrorKind, FIXTURES, OAuth2Client, OAuth2Token, Result, Revoke,
};
use hallpass_core::ClientAuth;
use hallpass_testkit::{SigningKey, StandIn, User};

async fn apple() -> StandIn<Apple> {
    StandIn::start(Apple::new, FIXTURES).await
}

/// A client with the credential that Apple wants.
fn client(apple: &StandIn<Apple>) -> OAuth2Client<Apple> {
    let p8 = SigningKey::es256().private_key_pem().unwrap();
    let secret = Apple::client_secret("TEAM123456", "KEY1234567", p8).unwrap();
    apple.client(apple.public_config().with_assertion(secret))
}

async fn token(apple: &StandIn<Apple>, client: &OAuth2Client<Apple>) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = apple.local().browser().sign_in(&login.url, User::first()).await.unwrap();
    assert!(landing.is_form_post(), "the callback is posted");
    assert!(login.pending.is_form_post(), "the application is told so, for its cookie");
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

#[tokio::test]
async fn a_login_ends_with_who_signed_in_and_no_further_request() {
    let apple = apple().await;
    let client = client(&apple);
    let token = token(&apple, &client).await.unwrap();
    apple.local().clear_requests();
    let profile = client.get_profile(&token).await.unwrap();
    let who = client.get_id_email(&token).await.unwrap();
    assert_eq!(profile.id(), "000104.4be1f0a3c2d94d7e8a6f5b1c0e9d8a77.1203");
    assert_eq!(profile.verified_email(), Some("robin@oak.test"));
    assert_eq!(profile.issuer(), Some("https://appleid.apple.com"));
    assert_eq!((who.id.as_str(), who.verified_email()), (profile.id(), profile.verified_email()));
    assert!(apple.local().requests().is_empty());
}

#[tokio::test]
async fn a_token_of_no_login_is_told_to_sign_in_and_nothing_is_sent() {
    let apple = apple().await;
    let client = client(&apple);
    let token = OAuth2Token::from_access_token("a");
    let errors = [
        client.get_profile(&token).await.map(drop).unwrap_err(),
        client.get_id_email(&token).await.map(drop).unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("no_id_token")));
    }
    assert!(apple.local().requests().is_empty());
}

#[tokio::test]
async fn identity_survives_a_refresh_and_the_name_does_not() {
    let apple = apple().await;
    let client = client(&apple);
    let named = serde_json::json!({ "name": { "firstName": "Robin" } });
    let token = token(&apple, &client).await.unwrap().with_extra("user", named);
    assert_eq!(client.get_profile(&token).await.unwrap().name(), Some("Robin"));
    let next = client.refresh_token(&token).await.unwrap();
    let (before, after) = (client.get_profile(&token).await, client.get_profile(&next).await);
    assert_eq!(before.unwrap().id(), after.as_ref().unwrap().id());
    assert_eq!(after.unwrap().name(), None);
    assert_eq!(Apple::name(&next), None);
}

#[tokio::test]
async fn the_secret_is_signed_and_the_same_for_the_next_request() {
    let apple = apple().await;
    let client = client(&apple);
    let token = token(&apple, &client).await.unwrap();
    client.refresh_token(&token).await.unwrap();
    client.revoke_token(&token, Revoke::RefreshToken).await.unwrap();
    let requests = apple.local().requests();
    let secrets = requests.iter().filter_map(|request| request.param("client_secret"));
    let secrets: Vec<_> = secrets.collect();
    assert_eq!(secrets.len(), 3, "code, refresh, revocation");
    assert!(secrets.iter().all(|secret| *secret == secrets[0] && secret.split('.').count() == 3));
    assert!(requests.iter().all(|request| request.header("authorization").is_none()));
}

#[tokio::test]
async fn another_way_of_authentication_is_refused() {
    let apple = apple().await;
    let bare = || apple.public_config();
    let basic = bare().with_secret("s").with_client_auth(ClientAuth::Basic);
    for config in [bare().with_client_auth(ClientAuth::None), basic] {
        apple.check_client(config, 401, Some("invalid_client")).await;
    }
}

#[test]
fn a_plain_secret_is_a_fault_of_the_program() {
    let config = ClientConfig::new("com.example.web").with_secret("s");
    let error = OAuth2Client::new(Apple::new(), config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn scopes_joined_by_commas_are_refused() {
    let apple = apple().await;
    let client = client(&apple);
    for (to, want) in [("name+email", None), ("name%2Cemail", Some(ErrorKind::Config))] {
        let login = client.authorize().start().await.unwrap();
        assert!(login.url.as_str().contains("name+email"));
        let url = login.url.as_str().replacen("name+email", to, 1);
        let landing = apple.local().browser().sign_in(url, User::first()).await.unwrap();
        let got = client.get_access_token(landing.callback().unwrap(), login.pending).await;
        assert_eq!(got.err().map(|error| error.kind()), want, "{to}");
    }
}

#[tokio::test]
async fn a_login_without_openid_has_no_nonce_to_bind_it_and_is_not_begun() {
    let apple = apple().await;
    let client = client(&apple);
    let error = client.authorize().scopes(["name", "email"]).start().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("code_binding")));
}
