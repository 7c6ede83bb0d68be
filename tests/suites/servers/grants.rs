//! Tokens that no browser comes back with, and tokens that stay alive, at a server that nobody here
//! wrote.

use std::sync::Arc;

use hallpass_core::{ClientConfig, ErrorKind, OAuth2Client};
use hallpass_openid::{OpenIdOAuth2, introspect};
use hallpass_session::{
    ApiClient, ClientCredentials, DeviceAuthorization, DeviceLogin, MemoryStore, TokenManager,
};
use hallpass_tests::{
    server::RealServer,
    user::{Outcome, User},
};
use tokio::task::JoinSet;

use crate::openid::{BASIC, client, op, sign_in};
use crate::shared::OP;

/// Clients without a redirect URI, one public and one with a secret.
fn without_redirect(server: &RealServer, id: &'static str) -> OpenIdOAuth2 {
    let registered = server.client(id).unwrap();
    let config = ClientConfig::new(id);
    let config = match registered.token_endpoint_auth_method().unwrap() {
        "none" => config,
        _ => config.with_secret(registered.secret().unwrap()),
    };
    OAuth2Client::new(op(server), config).unwrap()
}

async fn enter_code(login: &DeviceAuthorization, user: User) {
    let user = user.user_code(login.user_code());
    let landing = user.open(login.verification_uri()).await.unwrap();
    assert_eq!(landing.outcome, Outcome::Page, "{}", landing.text);
}

#[tokio::test]
async fn a_device_signs_its_user_in() {
    let client = Arc::new(without_redirect(&OP, "client-device"));
    let login = DeviceLogin::new(Arc::<OpenIdOAuth2>::clone(&client)).scopes(["openid", "email"]);
    let mut login = login.start().await.unwrap();
    assert!(login.verification_uri().starts_with(OP.issuer()));
    assert!(login.verification_uri_complete().unwrap().contains(login.user_code()));
    assert!(login.poll().await.unwrap().is_none());
    enter_code(&login, User::new()).await;
    let token = login.poll().await.unwrap().expect("the user has decided");
    // The ID token of a login without a nonce, verified all the same.
    assert_eq!(token.claims().unwrap().subject(), "alice");
    let profile = client.get_profile(&token).await.unwrap();
    assert_eq!(profile.id(), "alice");
    assert_eq!(login.poll().await.unwrap_err().kind(), ErrorKind::Denied, "a code is good once");
}

#[tokio::test]
async fn a_device_whose_user_says_no_is_told() {
    let client = without_redirect(&OP, "client-device");
    let mut login = DeviceLogin::new(Arc::new(client)).scopes(["openid"]).start().await.unwrap();
    enter_code(&login, User::new().deny()).await;
    let error = login.poll().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(error.oauth().unwrap().code(), "access_denied");
}

#[tokio::test]
async fn a_client_that_may_not_is_not_given_a_code() {
    let client = without_redirect(&OP, "client-service");
    let error = DeviceLogin::new(Arc::new(client)).start().await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_service_has_one_token_for_all_its_tasks() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let client = Arc::new(without_redirect(&server, "client-service"));
    let manager =
        TokenManager::new(Arc::<OpenIdOAuth2>::clone(&client), Arc::new(MemoryStore::new()));
    let session = manager.with_renewal(Arc::new(ClientCredentials::new())).session("");
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let session = session.clone();
        tasks.spawn(async move { session.token().await.unwrap().access_token().clone() });
    }
    let tokens = tasks.join_all().await;
    assert!(tokens.iter().all(|token| token.matches(tokens[0].expose())));
    assert_eq!(server.requests("/token").await.unwrap().len(), 1);
    let found = introspect(&*client, &tokens[0]).await.unwrap();
    assert!(found.is_active());
    assert_eq!((found.client_id(), found.subject()), (Some("client-service"), None));
}

#[tokio::test]
async fn a_client_that_is_for_users_has_no_token_of_its_own() {
    let client = without_redirect(&OP, "client-device");
    let error = ClientCredentials::new().request(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_rotated_refresh_token_is_not_lost_among_many_tasks() {
    let server = RealServer::start("oidc-provider", &["--always-refresh"]).unwrap();
    let client = Arc::new(client(&server, BASIC));
    let token = sign_in(&server, &client).await.token;
    let dynamic = Arc::<OpenIdOAuth2>::clone(&client);
    let manager = TokenManager::new(dynamic, Arc::new(MemoryStore::new()));
    let session = manager.sign_in("alice", token).await.unwrap();
    let before = server.requests("/token").await.unwrap().len();
    for round in 1..=5 {
        let old = session.token().await.unwrap();
        let mut tasks = JoinSet::new();
        for _ in 0..50 {
            let (session, old) = (session.clone(), Arc::clone(&old));
            tasks.spawn(async move { session.token_instead_of(&old).await.unwrap() });
        }
        let tokens = tasks.join_all().await;
        assert!(tokens.iter().all(|token| Arc::ptr_eq(token, &tokens[0])));
        assert!(!tokens[0].access_token().matches(old.access_token().expose()));
        assert_eq!(server.requests("/token").await.unwrap().len(), before + round);
    }
    let api = ApiClient::new(session, server.issuer()).unwrap();
    assert_eq!(api.get("me").read().await.unwrap()["sub"], "alice");
}
