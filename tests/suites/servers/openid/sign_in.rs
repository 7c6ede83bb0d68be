//! Logins with every check, and refreshes that go on where they began.

use hallpass_core::{Callback, Descriptor, EmailVerification, OAuth2Token};
use hallpass_openid::{ClaimsRequest, OpenIdOAuth2, OpenIdParams};
use hallpass_tests::{server::RealServer, user::User};
use serde_json::{Value, json};

use super::{
    BASIC, begin, changed, check_refused, client, client_of, form, op, query, sent_with, sign_in,
    try_sign_in, visit_as,
};
use crate::op::callback;
use crate::raw::jwt;
use crate::shared::{CANAILLE, OP};

#[tokio::test]
async fn a_login_ends_with_verified_claims_and_an_email_address() {
    for (server, verification) in
        [(&*OP, EmailVerification::Verified), (&*CANAILLE, EmailVerification::Unknown)]
    {
        let client = client(server, BASIC);
        let login = begin(&client).await;
        let asked = query(login.url.as_str());
        let landing = visit_as(&User::new(), server, login.url.as_str()).await;
        let signed_in = client.sign_in(callback(&landing), login.pending).await.unwrap();

        let claims = signed_in.token.claims().unwrap();
        assert_eq!((claims.subject(), claims.issuer()), ("alice", Some(server.issuer())));
        assert!(asked["nonce"].as_str().is_some_and(|nonce| nonce.len() == 43), "{asked}");
        assert_eq!(claims.get("nonce"), Some(&asked["nonce"]));
        let is_array = server.name() == "canaille";
        let aud = if is_array { json!([BASIC]) } else { json!(BASIC) };
        assert_eq!(claims.get("aud"), Some(&aud), "{}", server.name());
        assert_eq!(claims.get("at_hash").is_some(), server.name() == "canaille");
        let [_, unverified] = jwt(signed_in.token.id_token().unwrap().expose());
        assert_eq!(unverified.as_object(), Some(claims.as_map()), "nothing is added");

        let profile = signed_in.profile;
        assert_eq!((profile.id(), profile.issuer()), ("alice", Some(server.issuer())));
        assert_eq!(profile.email(), Some("alice@example.test"), "{}", server.name());
        assert_eq!(profile.email_verification(), verification, "{}", server.name());
        let stored = OAuth2Token::from_storage(&signed_in.token.expose_for_storage()).unwrap();
        assert_eq!(stored.claims().unwrap().subject(), "alice");
    }
}

#[tokio::test]
async fn an_email_address_that_is_not_verified_is_said_to_be_so() {
    let client = client(&OP, BASIC);
    let user = User::named("unverified");
    let profile = super::sign_in_as(&user, &OP, &client).await.unwrap().profile;
    assert_eq!(profile.email(), Some("unverified@example.test"));
    assert_eq!(profile.email_verification(), EmailVerification::Unverified);
    assert_eq!(profile.verified_email(), None);
}

#[tokio::test]
async fn an_id_token_with_another_nonce_is_refused() {
    for server in [&*OP, &*CANAILLE] {
        let client = client(server, BASIC);
        let login = begin(&client).await;
        let landing = visit_as(&User::new(), server, login.url.as_str()).await;
        let pending = changed(login.pending, "nonce", "of another login".into());
        let error = client.get_access_token(callback(&landing), pending).await.unwrap_err();
        check_refused(&error, "nonce");
    }
}

#[tokio::test]
async fn an_audience_that_nobody_named_is_refused() {
    let id = "client-two-audiences";
    let error = try_sign_in(&CANAILLE, &client(&CANAILLE, id)).await.unwrap_err();
    check_refused(&error, "aud");
    // Named, and still nobody knows which of the two asked for it.
    let client = client_of(op(&CANAILLE).with_audiences([BASIC]), &CANAILLE, id);
    check_refused(&try_sign_in(&CANAILLE, &client).await.unwrap_err(), "azp");
}

#[tokio::test]
async fn a_refresh_goes_on_where_the_login_began() {
    // oidc-provider sends a new ID token with the refresh, canaille none.
    for (server, is_sent) in [(&*OP, true), (&*CANAILLE, false)] {
        // Of two signatures with ECDSA, no two are the same.
        let client = client(server, "client-id-token-es256");
        let first = sign_in(server, &client).await.token;
        let second = client.refresh_token(&first).await.unwrap();
        assert!(!second.access_token().matches(first.access_token().expose()));
        let id_token = |token: &OAuth2Token| token.id_token().unwrap().expose().to_owned();
        assert_eq!(id_token(&first) != id_token(&second), is_sent, "{}", server.name());
        let (old, new) = (first.claims().unwrap(), second.claims().unwrap());
        for claim in ["iss", "sub", "aud", "nonce"] {
            assert_eq!(old.get(claim), new.get(claim), "{} {claim}", server.name());
        }
        assert_eq!(client.get_profile(&second).await.unwrap().id(), "alice");
        check_other_claims(&second, server, &client).await;
    }
}

/// The token of a login with the claims of somebody else's.
async fn check_other_claims(token: &OAuth2Token, server: &RealServer, client: &OpenIdOAuth2) {
    let mut stored: Value = serde_json::from_str(token.expose_for_storage().expose()).unwrap();
    stored["claims"]["sub"] = "bob".into();
    let token = OAuth2Token::from_storage(&stored.to_string().into()).unwrap();
    // What canaille sends with a refresh says nothing of whom it is about.
    if server.name() == "oidc-provider" {
        check_refused(&client.refresh_token(&token).await.unwrap_err(), "subject");
    }
    check_refused(&client.get_profile(&token).await.unwrap_err(), "subject");
}

#[tokio::test]
async fn claims_that_are_asked_for_by_name_come() {
    let client = client(&OP, BASIC);
    let claims = ClaimsRequest::new().essential_id_token("email").userinfo("nickname");
    let params = OpenIdParams::new().with_claims(claims);
    let login = client.authorize().scopes(["openid"]).params(&params).start().await.unwrap();
    let landing = visit_as(&User::new(), &OP, login.url.as_str()).await;
    let signed_in = client.sign_in(callback(&landing), login.pending).await.unwrap();
    let claims = signed_in.token.claims().unwrap();
    assert_eq!(claims.get("email"), Some(&json!("alice@example.test")));
    assert_eq!(signed_in.profile.raw()["nickname"], "alice");
    assert!(signed_in.profile.raw()["name"].is_null(), "not asked for");
}

#[tokio::test]
async fn a_callback_may_be_a_form() {
    let op = op(&OP).with_descriptor(Descriptor::with_form_post);
    let client = client_of(op, &OP, BASIC);
    let login = begin(&client).await;
    assert_eq!(query(login.url.as_str())["response_mode"], "form_post");
    assert!(login.pending.is_form_post());
    let landing = visit_as(&User::new(), &OP, login.url.as_str()).await;
    assert_eq!(landing.json["method"], "POST");
    assert!(!landing.url.contains('?'), "{}", landing.url);
    let posted = Callback::from_form(landing.response.as_bytes()).unwrap();
    let signed_in = client.sign_in(posted, login.pending).await.unwrap();
    assert_eq!(signed_in.profile.id(), "alice");
}

#[tokio::test]
async fn a_code_is_sent_once_with_its_verifier_and_its_redirect_uri() {
    let client = client(&OP, BASIC);
    let login = begin(&client).await;
    let landing = visit_as(&User::new(), &OP, login.url.as_str()).await;
    client.sign_in(callback(&landing), login.pending).await.unwrap();
    let sent = sent_with(&OP, "/token", &landing.params["code"]).await;
    assert_eq!(sent.len(), 1);
    let form = form(&sent[0]);
    let names = super::names(&form);
    assert_eq!(names, ["code", "code_verifier", "grant_type", "redirect_uri"], "{form}");
}
