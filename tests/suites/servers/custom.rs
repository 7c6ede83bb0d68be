//! A provider without a crate, against a server that nobody here wrote.

use hallpass_core::{
    ClientAuth, ClientConfig, CustomProvider, Descriptor, OAuth2Client, Revocation,
};
use hallpass_tests::user;

use crate::shared::OP;

#[tokio::test]
async fn a_descriptor_and_three_pointers_sign_a_user_in() {
    let at = |path: &str| format!("{}{path}", OP.issuer());
    let descriptor = Descriptor::new("corp", at("/auth"), at("/token"))
        .with_client_auth(ClientAuth::Basic)
        .with_issuer(OP.issuer().to_owned())
        .with_endpoint(hallpass_core::Endpoint::Revocation, at("/token/revocation"))
        .with_revocation(Revocation::Rfc7009(ClientAuth::Basic));
    let provider = CustomProvider::new(descriptor, at("/me"), "/sub").unwrap();
    let provider = provider.with_email("/email", Some("/email_verified")).unwrap();
    let registered = OP.client("client-basic").unwrap();
    let redirect_uri = registered.redirect_uri().unwrap();
    let config = ClientConfig::new("client-basic").with_secret(registered.secret().unwrap());
    let corp =
        OAuth2Client::new(provider, config.with_redirect_uri(redirect_uri).unwrap()).unwrap();

    let login = corp.authorize().scopes(["openid", "email"]).start().await.unwrap();
    let landing = user::sign_in(login.url.as_str(), redirect_uri).await.unwrap();
    let callback = hallpass_core::Callback::from_url(&landing.url).unwrap();
    let signed_in = corp.sign_in(callback, login.pending).await.unwrap();
    assert_eq!(signed_in.profile.id(), "alice");
    assert!(signed_in.profile.email().is_some());
}
