//! What ties a code to the login: PKCE, or a verified nonce, and no caller can choose less.

use super::*;
use crate::support::Signer;

#[tokio::test]
async fn a_provider_without_pkce_keeps_its_nonce_whatever_the_caller_asks_for() {
    for weaken in
        [|d: Descriptor| d.with_pkce_refused("page"), |d: Descriptor| d.with_pkce_ignored("page")]
    {
        let provider = || openid(&Arc::default()).but(weaken);
        let world = World::of(provider());
        assert_eq!(world.client.descriptor().code_binding(), CodeBinding::Nonce);
        let login = world.client.authorize().start().await.unwrap();
        assert!(param(login.url.as_str(), "nonce").is_some());

        let got = world.client.authorize().scopes(["profile"]).start().await;
        refused(got, ErrorKind::Config, Some("code_binding"));
        let got = OAuth2Client::new(provider(), config().with_scopes(["profile"]));
        refused(got, ErrorKind::Config, Some("code_binding"));
        // An empty list still asks for `openid`.
        let login = world.client.authorize().scopes([""; 0]).start().await.unwrap();
        assert!(param(login.url.as_str(), "nonce").is_some());
    }
}

#[tokio::test]
async fn a_provider_that_offers_neither_says_so_and_names_its_source() {
    let world = World::of(acme().but(|d| d.with_pkce_refused("https://acme.test/docs")));
    let descriptor = world.client.descriptor();
    assert_eq!(descriptor.code_binding(), CodeBinding::StateOnly);
    assert_eq!(descriptor.code_binding_source(), Some("https://acme.test/docs"));
    let login = world.client.authorize().start().await.unwrap();
    assert!(param(login.url.as_str(), "state").is_some());
}

#[tokio::test]
async fn with_pkce_any_scope_will_do() {
    let world = World::of(openid(&Arc::default()));
    assert_eq!(world.client.descriptor().code_binding(), CodeBinding::Pkce);
    let login = world.client.authorize().scopes(["profile"]).start().await.unwrap();
    assert!(param(login.url.as_str(), "code_challenge").is_some());
}

#[tokio::test]
async fn a_signer_binds_the_request_to_its_key() {
    let world = World::of(acme());
    let client = world.client.clone().with_request_signer(Arc::new(Signer::default()));
    let login = client.authorize().start().await.unwrap();
    assert_eq!(param(login.url.as_str(), "dpop_jkt").as_deref(), Some("thumbprint"));
    assert!(param(login.url.as_str(), "code_challenge").is_some(), "besides PKCE");
}
