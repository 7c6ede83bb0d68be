//! What LinkedIn refuses is known without asking it: nothing is sent.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{CodeBinding, HttpClient, Pkce, Request, Response};
use hallpass_linkedin::{
    ClientConfig, ErrorKind, LinkedIn, OAuth2Client, OAuth2Token, Provider, Result, Revoke,
};

/// Answers nothing.
#[derive(Debug)]
struct Nobody;

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Nobody {
    async fn send(&self, request: Request) -> Result<Response> {
        panic!("nothing is to be sent, least of all {request:?}")
    }
}

fn client() -> OAuth2Client<LinkedIn> {
    let config = ClientConfig::new("ID").with_secret("SECRET");
    let config = config.with_redirect_uri("https://app.test/cb").unwrap();
    OAuth2Client::new(LinkedIn::new(), config).unwrap().with_http_client(Arc::new(Nobody))
}

#[tokio::test]
async fn nothing_can_be_revoked() {
    let token = OAuth2Token::from_access_token("TOKEN");
    for what in [Revoke::AccessToken, Revoke::RefreshToken, Revoke::Grant] {
        let error = client().revoke_token(&token, what).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{what:?}");
    }
}

#[tokio::test]
async fn no_challenge_is_sent_and_the_weak_binding_names_its_page() {
    let login = client().authorize().start().await.unwrap();
    assert!(!login.url.as_str().contains("code_challenge"), "{}", login.url.as_str());
    let linkedin = LinkedIn::new();
    let descriptor = linkedin.descriptor();
    assert_eq!((descriptor.pkce(), descriptor.echoes_nonce()), (Pkce::Refused, false));
    assert_eq!(descriptor.code_binding(), CodeBinding::StateOnly);
    assert!(descriptor.code_binding_source().unwrap().starts_with("https://"));
}
