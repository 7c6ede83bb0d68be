//! The hooks at work.

use hallpass_core::{
    EmailVerification, ErrorKind, OAuthError, Purpose, Revoke,
    http::{Method, header},
};
use serde_json::json;

use crate::{
    granted,
    support::{CODE, Careless, SECRET, World, callback, hmac_hex, param, refused},
};

#[tokio::test]
async fn a_login_takes_every_hook() {
    let world = World::of(Careless::default());
    let (url, pending) = world.begin().await;
    assert_eq!(param(url.as_str(), "scope").as_deref(), Some("orders,staff"));
    world.wire.answer(200, &granted());
    let token = world.client.get_access_token(callback(&url, &[]), pending).await.unwrap();
    let sent = world.wire.only();
    assert_eq!((sent.purpose, sent.url.as_str()), (Purpose::Token, "https://shop.test/token"));
    assert_eq!(sent.form("state"), param(url.as_str(), "state"));
    assert_eq!(sent.form("token_kind").as_deref(), Some("staff"));
    assert_eq!(sent.form("client_key").as_deref(), Some("client"));
    assert_eq!(sent.form("client_proof"), Some(hmac_hex("client")));
    assert!(sent.form("code_verifier").is_some());
    assert_eq!(sent.header("x-shop-version"), Some("2026-01"));
    assert!(!sent.body.contains(SECRET));
    assert_eq!(token.access_token().expose(), "TOKEN");
    assert_eq!(token.extra("shop").unwrap(), "7");

    let who = json!({ "id": 42, "name": "Ada", "email": "ada@shop.test", "email_verified": true });
    world.wire.answer(200, &who);
    let profile = world.client.get_profile(&token).await.unwrap();
    assert_eq!((profile.provider(), profile.id(), profile.name()), ("hooked", "42", Some("Ada")));
    assert_eq!(profile.issuer(), Some("https://shop.test"));
    assert_eq!(profile.verified_email(), Some("ada@shop.test"));
    let sent = world.wire.only();
    assert_eq!(sent.url.path(), "/staff/me");
    assert_eq!(param(sent.url.as_str(), "proof"), Some(hmac_hex("TOKEN")));
    assert_eq!(sent.header("x-shop-access-token"), Some("TOKEN"));
    assert!(!sent.headers.contains_key(header::AUTHORIZATION));

    world.wire.answer(200, &json!({ "id": 42, "email": "ada@shop.test" }));
    let who = world.client.get_id_email(&token).await.unwrap();
    assert_eq!((who.id.as_str(), who.email_verification), ("42", EmailVerification::Unknown));
    assert_eq!(world.wire.only().url.path(), "/staff/me/id");

    world.wire.answer(200, &json!({ "ok": true }));
    world.client.revoke_token(&token, Revoke::Grant).await.unwrap();
    let sent = world.wire.only();
    assert_eq!((sent.method, sent.url.path()), (Method::DELETE, "/installation"));
}

#[tokio::test]
async fn a_refresh_takes_them_too_and_has_no_state_to_send() {
    let world = World::of(Careless::default());
    let token = world.login(200, &granted()).await.unwrap();
    world.wire.sent();
    world.wire.answer(200, &json!({ "ok": true, "data": { "access_token": "NEXT" } }));
    let token = world.client.refresh_token(&token).await.unwrap();
    assert_eq!(token.access_token().expose(), "NEXT");
    let sent = world.wire.only();
    assert_eq!((sent.form("state"), sent.form("token_kind")), (None, None));
    assert_eq!(sent.form("client_proof"), Some(hmac_hex("client")));
}

#[tokio::test]
async fn a_refusal_in_a_success_is_typed() {
    let world = World::of(Careless::default());
    let reply = json!({ "ok": false, "why": "code_spent", "data": { "access_token": "TOKEN" } });
    let error = refused(world.login(200, &reply).await, ErrorKind::Denied, None);
    assert_eq!(error.oauth().map(OAuthError::code), Some("code_spent"));
}

/// The capability, not the value: what is lent to a hook prints none, and gives no credential.
#[tokio::test]
async fn what_a_hook_is_lent_shows_no_secret() {
    let shown = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let (in_callback, in_form, in_auth) = (shown.clone(), shown.clone(), shown.clone());
    let world = World::of(Careless {
        callback: Some(Box::new(move |callback| {
            for name in ["code", "state", "id_token", "access_token"] {
                assert_eq!(callback.get(name), None, "{name}");
            }
            *in_callback.lock().unwrap() += &format!("{callback:?}");
            Ok(())
        })),
        form: Some(Box::new(move |form| {
            *in_form.lock().unwrap() += &format!("{form:?}");
            Ok(())
        })),
        auth: Some(Box::new(move |client| {
            *in_auth.lock().unwrap() += &format!("{client:?} {:?}", client.keys());
            Ok(())
        })),
        ..Careless::default()
    });
    world.login(200, &granted()).await.unwrap();
    let sent = world.wire.only();
    let shown = shown.lock().unwrap();
    for name in ["hmac", "code_verifier", "ClientKeys"] {
        assert!(shown.contains(name), "{name} is not in {shown}");
    }
    let sent = ["state", "code_verifier", "client_proof"].map(|name| sent.form(name).unwrap());
    for secret in sent.iter().map(String::as_str).chain([CODE, SECRET]) {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
}
