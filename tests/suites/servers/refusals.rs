//! What the server refuses, and what hallpass makes of it.

use hallpass_core::{
    Callback, ClientAuth, ClientConfig, Error, ErrorKind, OAuth2Client, OAuthError, Revoke, Secret,
};
use hallpass_tests::{server::RealServer, user::User};

use crate::op::{Op, OpClient, begin, callback, client, visit};
use crate::shared::OP;

const ID: &str = "client-basic";

fn basic(server: &RealServer) -> OpClient {
    client(server, ID, ClientAuth::Basic)
}

#[track_caller]
fn check(error: &Error, kind: ErrorKind, code: &str) {
    assert_eq!((error.kind(), error.oauth().map(OAuthError::code)), (kind, Some(code)), "{error}");
}

#[tokio::test]
async fn a_code_is_good_once() {
    let client = basic(&OP);
    let login = begin(&client).await;
    let landing = visit(&OP, ID, &login).await;
    let stored = login.pending.expose_for_session();
    let again = || hallpass_core::PendingAuthorization::from_session(&stored).unwrap();
    client.get_access_token(callback(&landing), again()).await.unwrap();
    let error = client.get_access_token(callback(&landing), again()).await.unwrap_err();
    check(&error, ErrorKind::Denied, "invalid_grant");
}

#[tokio::test]
async fn a_code_wants_its_verifier_and_its_redirect_uri() {
    let client = basic(&OP);
    let redirect_uri = OP.client(ID).unwrap().redirect_uri().unwrap().to_owned();
    let other = "http://127.0.0.1/callback";
    assert_ne!(redirect_uri, other);
    for (redirect_uri, verifier) in [
        (redirect_uri.as_str(), Some("x".repeat(43))),
        (redirect_uri.as_str(), None),
        (other, None),
    ] {
        let login = begin(&client).await;
        let landing = visit(&OP, ID, &login).await;
        let code = Secret::new(landing.params["code"].as_str());
        let verifier = verifier.map(Secret::new);
        let error =
            client.dangerously_exchange_code(code, redirect_uri, verifier).await.unwrap_err();
        check(&error, ErrorKind::Denied, "invalid_grant");
    }
}

#[tokio::test]
async fn a_dead_refresh_token_starts_the_login_again() {
    let client = basic(&OP);
    let login = begin(&client).await;
    let landing = visit(&OP, ID, &login).await;
    let token = client.get_access_token(callback(&landing), login.pending).await.unwrap();
    client.revoke_token(&token, Revoke::RefreshToken).await.unwrap();
    let error = client.refresh_token(&token).await.unwrap_err();
    check(&error, ErrorKind::Denied, "invalid_grant");
}

#[tokio::test]
async fn a_wrong_secret_is_for_the_programmer() {
    let login = begin(&basic(&OP)).await;
    let landing = visit(&OP, ID, &login).await;
    let redirect_uri = OP.client(ID).unwrap().redirect_uri().unwrap();
    let config =
        ClientConfig::new(ID).with_secret("wrong").with_redirect_uri(redirect_uri).unwrap();
    let op = Op::new(&OP, ClientAuth::Basic, ClientAuth::Basic);
    let wrong = OAuth2Client::new(op, config).unwrap();
    let error = wrong.get_access_token(callback(&landing), login.pending).await.unwrap_err();
    check(&error, ErrorKind::Config, "invalid_client");
}

#[tokio::test]
async fn a_user_who_says_no_is_a_denial_whose_state_and_issuer_were_checked() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let client = basic(&server);
    let login = begin(&client).await;
    let redirect_uri = server.client(ID).unwrap().redirect_uri().unwrap().to_owned();
    let landing = User::new().deny().sign_in(login.url.as_str(), &redirect_uri).await.unwrap();
    let other = begin(&client).await;
    let error = client.get_access_token(callback(&landing), other.pending).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("state")));
    let error = client.get_access_token(callback(&landing), login.pending).await.unwrap_err();
    check(&error, ErrorKind::Denied, "access_denied");
    assert!(server.requests("/token").await.unwrap().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn another_issuer_in_the_callback_is_refused_before_anything_is_sent() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let client = basic(&server);
    for (from, to) in [("&iss=", "&iss=x"), ("&iss=", "&was_iss=")] {
        let login = begin(&client).await;
        let landing = visit(&server, ID, &login).await;
        assert!(landing.url.contains(from), "the server promises iss and sends it");
        let forged = Callback::from_url(&landing.url.replace(from, to)).unwrap();
        let error = client.get_access_token(forged, login.pending).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("issuer")));
    }
    assert!(server.requests("/token").await.unwrap().is_empty());
}
