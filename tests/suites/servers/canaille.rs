//! The same flow at a server that has nothing in common with the other: users with passwords,
//! JWTs as access tokens, an `aud` that is always an array.

use hallpass_core::{
    ClientAuth, ClientConfig, EmailVerification, ErrorKind, OAuth2Client, OAuthError,
    PendingAuthorization, Revoke,
};
use hallpass_tests::user::Outcome;

use crate::op::{Op, begin, callback, client, client_with, visit};
use crate::shared::CANAILLE;

const ID: &str = "client-basic";

#[tokio::test]
async fn every_way_of_client_authentication_signs_in_refreshes_and_revokes() {
    for (id, auth) in [
        (ID, ClientAuth::Basic),
        ("client-post", ClientAuth::Post),
        ("client-public", ClientAuth::None),
    ] {
        whole_flow(id, auth).await;
    }
}

async fn whole_flow(id: &str, auth: ClientAuth) {
    // Whatever the token endpoint takes, revocation takes Basic only, and says so.
    let revocation = if auth == ClientAuth::None { auth } else { ClientAuth::Basic };
    let client = client_with(&CANAILLE, id, auth, revocation);
    let login = begin(&client).await;
    let landing = visit(&CANAILLE, id, &login).await;
    let signed_in = client.sign_in(callback(&landing), login.pending).await;
    let signed_in =
        signed_in.unwrap_or_else(|error| panic!("{id}: {error}\n{}", CANAILLE.stderr()));
    assert_eq!(signed_in.profile.id(), "alice", "{id}");
    assert_eq!(signed_in.profile.email(), Some("alice@example.test"), "{id}");
    assert_eq!(signed_in.profile.email_verification(), EmailVerification::Unknown, "{id}");

    let first = signed_in.token;
    let second = client.refresh_token(&first).await.unwrap();
    assert!(!second.access_token().matches(first.access_token().expose()), "{id}");
    let error = client.refresh_token(&first).await.unwrap_err();
    assert_eq!(error.oauth().map(OAuthError::code), Some("invalid_grant"), "{id}: rotated");
    assert_eq!(client.get_id_email(&second).await.unwrap().id, "alice", "{id}");

    let revoked = client.revoke_token(&second, Revoke::AccessToken).await;
    if auth == ClientAuth::None {
        let error = revoked.unwrap_err();
        assert_eq!(error.oauth().map(OAuthError::code), Some("invalid_client"), "{id}");
        return;
    }
    revoked.unwrap();
    let error = client.get_profile(&second).await.unwrap_err();
    assert_eq!(error.reason(), Some("invalid_token"), "{id}: {error}");
}

#[tokio::test]
async fn a_code_is_good_once() {
    let client = client(&CANAILLE, ID, ClientAuth::Basic);
    let login = begin(&client).await;
    let landing = visit(&CANAILLE, ID, &login).await;
    let stored = login.pending.expose_for_session();
    let again = || PendingAuthorization::from_session(&stored).unwrap();
    client.get_access_token(callback(&landing), again()).await.unwrap();
    let error = client.get_access_token(callback(&landing), again()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert_eq!(error.oauth().map(OAuthError::code), Some("invalid_grant"));
}

#[tokio::test]
async fn a_wrong_secret_is_for_the_programmer() {
    let login = begin(&client(&CANAILLE, ID, ClientAuth::Basic)).await;
    let landing = visit(&CANAILLE, ID, &login).await;
    let redirect_uri = CANAILLE.client(ID).unwrap().redirect_uri().unwrap();
    let config =
        ClientConfig::new(ID).with_secret("wrong").with_redirect_uri(redirect_uri).unwrap();
    let op = Op::new(&CANAILLE, ClientAuth::Basic, ClientAuth::Basic);
    let wrong = OAuth2Client::new(op, config).unwrap();
    let error = wrong.get_access_token(callback(&landing), login.pending).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert_eq!(error.oauth().map(OAuthError::code), Some("invalid_client"));
}

#[tokio::test]
async fn a_user_who_says_no_is_a_denial() {
    let client = client(&CANAILLE, ID, ClientAuth::Basic);
    let login = begin(&client).await;
    let redirect_uri = CANAILLE.client(ID).unwrap().redirect_uri().unwrap();
    // Somebody else, since what was consented to is not asked again.
    let bob = CANAILLE.user("bob").unwrap().deny();
    let landing = bob.sign_in(login.url.as_str(), redirect_uri).await.unwrap();
    assert_eq!(landing.outcome, Outcome::Redirect);
    let error = client.get_access_token(callback(&landing), login.pending).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert_eq!(error.oauth().map(OAuthError::code), Some("access_denied"));
}

#[tokio::test]
async fn a_wrong_password_gets_no_code() {
    let client = client(&CANAILLE, ID, ClientAuth::Basic);
    let login = begin(&client).await;
    let redirect_uri = CANAILLE.client(ID).unwrap().redirect_uri().unwrap();
    let bob = CANAILLE.user("bob").unwrap().password("guessed");
    let failure = bob.sign_in(login.url.as_str(), redirect_uri).await.unwrap_err();
    assert!(failure.to_string().contains("stuck"), "{failure}");
}

#[test]
fn it_has_no_control_url_and_knows_its_users() {
    assert!(CANAILLE.user("carol").unwrap_err().to_string().contains("carol"));
    assert!(CANAILLE.ready()["control"].is_null());
}
