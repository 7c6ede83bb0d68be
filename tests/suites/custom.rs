//! A provider without a crate, from a configuration alone, logs a user in.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use hallpass_core::{
    Callback, CustomConfig, CustomProvider, EmailVerification, ErrorKind, OAuth2Client, Revoke,
};
use hallpass_testkit::{LocalProvider, User};
use serde_json::json;

async fn client(local: &LocalProvider, id: &str) -> OAuth2Client<CustomProvider> {
    let at = |path: &str| format!("{}{path}", local.base_url());
    let config: CustomConfig = serde_json::from_value(json!({
        "name": "corp",
        "authorization_url": at("/authorize"),
        "token_url": at("/token"),
        "profile_url": at("/userinfo"),
        "revocation_url": at("/revoke"),
        "client_auth": "basic",
        "scopes": ["profile", "email"],
        "id": id,
        "email": "/email",
        "email_verified": "/email_verified",
        "full_name": "/name",
        "username": "/preferred_username",
    }))
    .unwrap();
    let provider = CustomProvider::try_from(config).unwrap();
    OAuth2Client::new(provider, local.client_config("http://127.0.0.1/cb").unwrap()).unwrap()
}

#[tokio::test]
async fn a_configuration_alone_signs_every_user_in() {
    let local = LocalProvider::start().await.unwrap();
    let corp = client(&local, "/sub").await;
    for (name, verification) in [
        ("ada", EmailVerification::Verified),
        ("ben", EmailVerification::Unverified),
        ("cleo", EmailVerification::Unknown),
    ] {
        let login = corp.authorize().start().await.unwrap();
        let landing = local.browser().sign_in(&login.url, User::named(name)).await.unwrap();
        let signed_in = corp.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
        assert_eq!(signed_in.profile.username(), Some(name));
        assert_eq!(signed_in.profile.email_verification(), verification, "{name}");
        assert_eq!(signed_in.profile.provider(), "corp");

        let token = corp.refresh_token(&signed_in.token).await.unwrap();
        assert_eq!(corp.get_id_email(&token).await.unwrap().id, signed_in.profile.id());
        corp.revoke_token(&token, Revoke::Grant).await.unwrap();
        let error = corp.get_profile(&token).await.unwrap_err();
        assert_eq!(error.reason(), Some("invalid_token"), "{name}");
    }
}

#[tokio::test]
async fn a_pointer_to_nothing_makes_no_identity() {
    let local = LocalProvider::start().await.unwrap();
    let corp = client(&local, "/user/id").await;
    let login = corp.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let callback = Callback::from_url(landing.url()).unwrap();
    let error = corp.sign_in(callback, login.pending).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
}
