//! The whole flow, for a client of each authentication method.

use hallpass_core::{ClientAuth, EmailVerification, OAuthError, PendingAuthorization, Revoke};
use hallpass_tests::server::RealServer;
use serde_json::{Value, json};

use crate::op::{OpClient, begin, callback, client, client_with, visit};

const ENCODED: &str = "client:basic special/+%";

#[tokio::test]
async fn every_way_of_client_authentication_signs_in_refreshes_and_revokes() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    server.set(&json!({ "rotate": "always" })).await.unwrap();
    for (id, auth) in [
        ("client-basic", ClientAuth::Basic),
        (ENCODED, ClientAuth::Basic),
        ("client-basic", ClientAuth::BasicRaw),
        ("client-post", ClientAuth::Post),
        ("client-public", ClientAuth::None),
        ("client-public", ClientAuth::Custom),
        ("client-secret-jwt-hs256", ClientAuth::Assertion),
    ] {
        whole_flow(&server, id, &client(&server, id, auth)).await;
    }
}

async fn whole_flow(server: &RealServer, id: &str, client: &OpClient) {
    let login = begin(client).await;
    let landing = visit(server, id, &login).await;
    // As an application does it: the pending authorization spends the visit in a session.
    let pending = PendingAuthorization::from_session(&login.pending.expose_for_session()).unwrap();
    let signed_in = client.sign_in(callback(&landing), pending).await;
    let signed_in = signed_in.unwrap_or_else(|error| panic!("{id}: {error}\n{}", server.stderr()));
    assert_eq!(signed_in.profile.id(), "alice", "{id}");
    assert_eq!(signed_in.profile.issuer(), Some(server.issuer()), "{id}");
    assert!(signed_in.profile.email().is_some(), "{id}");
    assert_ne!(signed_in.profile.email_verification(), EmailVerification::Unknown, "{id}");
    assert!(signed_in.token.expires_at().is_some(), "{id}");
    assert!(signed_in.token.claims().is_none(), "no verifier: the ID token is dropped unread");

    let first = signed_in.token;
    let second = client.refresh_token(&first).await.unwrap();
    let refresh = |token: &hallpass_core::OAuth2Token| token.refresh_token().unwrap().clone();
    assert!(!refresh(&second).matches(refresh(&first).expose()), "{id}: rotated");
    assert!(!second.access_token().matches(first.access_token().expose()), "{id}");
    assert_eq!(client.get_id_email(&second).await.unwrap().id, "alice", "{id}");

    client.revoke_token(&second, Revoke::AccessToken).await.unwrap();
    let error = client.get_profile(&second).await.unwrap_err();
    assert_eq!(error.reason(), Some("invalid_token"), "{id}: {error}");
    client.revoke_token(&second, Revoke::RefreshToken).await.unwrap();
    let error = client.refresh_token(&second).await.unwrap_err();
    assert_eq!(error.oauth().map(OAuthError::code), Some("invalid_grant"), "{id}");
}

#[tokio::test]
async fn what_leaves_is_what_the_standards_say() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let client = client(&server, "client-post", ClientAuth::Post);
    let login = begin(&client).await;
    let landing = visit(&server, "client-post", &login).await;
    client.get_access_token(callback(&landing), login.pending).await.unwrap();

    let sent: Vec<Value> = server.requests("/token").await.unwrap();
    assert_eq!(sent.len(), 1, "the code is sent once");
    let header = |name: &str| sent[0]["headers"][name].as_str();
    assert_eq!(header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(header("accept"), Some("application/json"));
    let length = sent[0]["body"].as_str().unwrap().len().to_string();
    assert_eq!(header("content-length"), Some(length.as_str()), "not chunked");
    assert!(header("user-agent").unwrap().starts_with("hallpass/"));
    assert_eq!(header("authorization"), None);
    assert_eq!(header("referer"), None);
}

#[tokio::test]
async fn revocation_authenticates_in_its_own_way() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let client = client_with(&server, "client-basic", ClientAuth::Basic, ClientAuth::Post);
    let login = begin(&client).await;
    let landing = visit(&server, "client-basic", &login).await;
    let token = client.get_access_token(callback(&landing), login.pending).await.unwrap();
    client.revoke_token(&token, Revoke::AccessToken).await.unwrap();
    let sent = server.requests("/token").await.unwrap();
    assert!(sent[0]["headers"]["authorization"].as_str().unwrap().starts_with("Basic "));
    assert!(!sent[0]["body"].as_str().unwrap().contains("client_secret="));
    let sent = server.requests("/token/revocation").await.unwrap();
    assert_eq!(sent[0]["headers"]["authorization"], Value::Null);
    assert!(sent[0]["body"].as_str().unwrap().contains("client_secret="));
}
