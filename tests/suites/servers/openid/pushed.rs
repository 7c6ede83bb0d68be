//! Pushed authorization requests: the browser carries a reference and nothing else.

use hallpass_core::ErrorKind;
use hallpass_openid::OpenIdParams;
use hallpass_tests::{server::RealServer, user::User};
use serde_json::json;

use super::{BASIC, check_oauth, client, form, names, query, sent_with, visit_as};
use crate::op::callback;
use crate::shared::{CANAILLE, OP};

#[tokio::test]
async fn the_browser_of_a_pushed_request_carries_the_client_and_a_reference() {
    let client = client(&OP, BASIC);
    let login = client.authorize().scopes(["openid", "email"]).pushed().start().await.unwrap();
    let asked = query(login.url.as_str());
    assert_eq!(names(&asked), ["client_id", "request_uri"], "{asked}");
    let landing = visit_as(&User::new(), &OP, login.url.as_str()).await;
    let signed_in = client.sign_in(callback(&landing), login.pending).await.unwrap();
    assert_eq!(signed_in.profile.email(), Some("alice@example.test"));

    // As the server saw it.
    let reference = asked["request_uri"].as_str().unwrap();
    let reference = reference.rsplit(':').next().unwrap();
    let opened = sent_with(&OP, "/auth", reference).await;
    let url = format!("{}{}", OP.issuer(), opened[0]["url"].as_str().unwrap());
    assert_eq!(query(&url), asked);
    let pushed = sent_with(&OP, "/request", &landing.params["state"]).await;
    assert_eq!((pushed.len(), pushed[0]["method"].as_str()), (1, Some("POST")));
    let said = form(&pushed[0]);
    let want = [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
    ];
    assert_eq!(names(&said), want);
    assert!(pushed[0]["headers"]["authorization"].as_str().unwrap().starts_with("Basic "));
}

#[tokio::test]
async fn a_request_is_pushed_with_the_proof_of_its_client() {
    for (id, proof) in [
        ("client-public", "client_id"),
        ("client-post", "client_secret"),
        ("client-private-key-jwt-es256", "client_assertion"),
        ("client-secret-jwt-hs256", "client_assertion"),
    ] {
        let client = client(&OP, id);
        let mark = format!("pushed-by-{id}");
        let params = OpenIdParams::new().with_login_hint(mark.clone());
        let login = client.authorize().params(&params).pushed().start().await;
        let login = login.unwrap_or_else(|error| panic!("{id}: {error}\n{}", OP.stderr()));
        assert!(!login.url.as_str().contains(&mark), "{id}");
        let pushed = sent_with(&OP, "/request", &mark).await;
        assert_eq!(pushed.len(), 1, "{id}");
        let said = form(&pushed[0]);
        assert!(said[proof].is_string(), "{id}: {said}");
        assert_eq!((&said["client_id"], &said["login_hint"]), (&json!(id), &json!(mark)));
    }
}

#[tokio::test]
async fn a_client_that_must_push_is_refused_until_it_does() {
    let client = client(&OP, "client-par-required");
    let login = client.authorize().start().await.unwrap();
    let landing = visit_as(&User::new(), &OP, login.url.as_str()).await;
    let error = client.get_access_token(callback(&landing), login.pending).await.unwrap_err();
    check_oauth(&error, ErrorKind::Config, "invalid_request");
    let login = client.authorize().pushed().start().await.unwrap();
    let landing = visit_as(&User::new(), &OP, login.url.as_str()).await;
    client.get_access_token(callback(&landing), login.pending).await.unwrap();
}

#[tokio::test]
async fn a_request_is_pushed_without_being_asked_where_metadata_requires_it() {
    let server = RealServer::start("oidc-provider", &["--require-par"]).unwrap();
    let client = client(&server, BASIC);
    assert!(client.endpoints().await.unwrap().is_par_required());
    let login = client.authorize().start().await.unwrap();
    assert_eq!(names(&query(login.url.as_str())), ["client_id", "request_uri"]);
    assert_eq!(server.requests("/request").await.unwrap().len(), 1);
    let landing = visit_as(&User::new(), &server, login.url.as_str()).await;
    client.get_access_token(callback(&landing), login.pending).await.unwrap();
}

#[tokio::test]
async fn where_nothing_can_be_pushed_nothing_is_sent() {
    let client = client(&CANAILLE, BASIC);
    let error = client.authorize().pushed().start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}
