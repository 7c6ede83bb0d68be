//! What the provider says of a token.

use std::time::{Duration, UNIX_EPOCH};

use hallpass_core::{ErrorKind, Result, Secret};
use hallpass_openid::{Introspection, introspect};
use hallpass_testkit::SigningKey;
use serde_json::{Value, json};

use crate::support::{
    CLIENT, DISCOVERY, INTROSPECTION, ISSUER, SECRET, World, object, refused, response,
};

async fn ask(world: &World) -> Result<Introspection> {
    introspect(&world.client, &Secret::new("a-token")).await
}

async fn answered(answer: Value) -> Result<Introspection> {
    let world = World::new();
    world.script.answer(INTROSPECTION, &answer);
    ask(&world).await
}

#[tokio::test]
async fn a_token_that_is_good_is_described() {
    let world = World::new();
    world.script.answer(
        INTROSPECTION,
        &json!({
            "active": true, "scope": "read  write", "client_id": "c", "sub": "42",
            "exp": 1_800_000_300, "more": [1],
        }),
    );
    let got = ask(&world).await.unwrap();
    assert!(got.is_active());
    assert_eq!(got.scopes().collect::<Vec<_>>(), ["read", "write"]);
    assert_eq!((got.client_id(), got.subject()), (Some("c"), Some("42")));
    assert_eq!(got.expires_at(), Some(UNIX_EPOCH + Duration::from_secs(1_800_000_300)));
    assert_eq!(got.get("more"), Some(&json!([1])));
    let sent = world.script.sent();
    let sent = sent.last().unwrap();
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("POST", INTROSPECTION));
    assert_eq!(sent.param("token").as_deref(), Some("a-token"));
    assert_eq!(sent.header("accept"), Some("application/json"));
    assert!(sent.header("authorization").unwrap().starts_with("Basic "));
}

#[tokio::test]
async fn nothing_is_known_of_a_token_that_is_not_good() {
    let got = answered(json!({ "active": false, "sub": "42", "scope": "a", "exp": 1 })).await;
    let got = got.unwrap();
    assert!(!got.is_active());
    assert_eq!((got.subject(), got.client_id(), got.expires_at()), (None, None, None));
    assert_eq!(got.scopes().count(), 0);
    assert_eq!(got.get("sub"), None);
}

#[tokio::test]
async fn an_answer_that_does_not_say_is_none() {
    for answer in [
        json!({}),
        json!({ "active": "true" }),
        json!({ "active": 1 }),
        json!({ "active": null }),
        json!([]),
        json!(true),
    ] {
        refused(answered(answer).await, ErrorKind::Malformed, None);
    }
    for expires in [json!("soon"), json!(1e300), json!(-1), json!(null)] {
        let got = answered(json!({ "active": true, "exp": expires })).await.unwrap();
        assert_eq!(got.expires_at(), None, "{expires}");
    }
}

#[tokio::test]
async fn an_answer_that_says_both_is_refused() {
    let world = World::new();
    for body in [r#"{"active":true,"active":false}"#, r#"{"active":true,"sub":"42","sub":"43"}"#] {
        world.script.answer_with(INTROSPECTION, |_| response(200, "application/json", body));
        refused(ask(&world).await, ErrorKind::Security, Some("duplicate"));
    }
}

#[tokio::test]
async fn a_provider_that_does_not_offer_it_is_not_asked() {
    let world = World::new();
    world.announce(&json!({ "introspection_endpoint": null }));
    refused(ask(&world).await, ErrorKind::Unsupported, None);
    assert_eq!(world.script.places(), [DISCOVERY]);
}

#[tokio::test]
async fn the_client_proves_itself_as_this_endpoint_wants_it() {
    let world = World::new();
    world.announce(&json!({
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_post"],
    }));
    world.script.answer(INTROSPECTION, &json!({ "active": true }));
    ask(&world).await.unwrap();
    let sent = world.script.sent();
    let sent = sent.last().unwrap();
    assert_eq!(sent.header("authorization"), None);
    assert_eq!(sent.param("client_secret").as_deref(), Some(SECRET));
}

#[tokio::test]
async fn a_failure_is_no_answer() {
    let world = World::new();
    world.script.fail(INTROSPECTION, 503);
    refused(ask(&world).await, ErrorKind::Transport, None);
}

/// What becomes of an answer that `key` signed.
async fn signed(
    typ: Option<&str>,
    changes: Value,
    key: Option<&SigningKey>,
) -> Result<Introspection> {
    let world = World::new();
    let mut claims = object(&json!({
        "iss": ISSUER, "aud": CLIENT, "iat": world.clock.seconds(),
        "token_introspection": { "active": true, "sub": "42" },
    }));
    claims.extend(object(&changes));
    claims.retain(|_, value| !value.is_null());
    let key = key.unwrap_or(&world.key);
    let mut header = key.header();
    if let Some(typ) = typ {
        header.insert("typ".to_owned(), json!(typ));
    }
    let jwt = key.sign(&header, &claims);
    let media_type = "application/token-introspection+jwt";
    world.script.answer_with(INTROSPECTION, move |_| response(200, media_type, &jwt));
    ask(&world).await
}

#[tokio::test]
async fn an_answer_that_is_a_jwt_is_verified() {
    let own = Some("token-introspection+jwt");
    let got = signed(own, json!({}), None).await.unwrap();
    assert_eq!((got.is_active(), got.subject()), (true, Some("42")));
    for (changes, reason) in [
        (json!({ "iss": "https://evil.test" }), "iss"),
        (json!({ "aud": "other" }), "aud"),
        (json!({ "iat": null }), "iat"),
        (json!({ "exp": 1 }), "exp"),
    ] {
        refused(signed(own, changes, None).await, ErrorKind::Security, Some(reason));
    }
    let inside = json!({ "token_introspection": null, "active": true });
    refused(signed(own, inside, None).await, ErrorKind::Malformed, None);
    let stranger = SigningKey::es256().with_key_id("first");
    let got = signed(own, json!({}), Some(&stranger)).await;
    refused(got, ErrorKind::Security, Some("signature"));
    for typ in [None, Some("JWT"), Some("at+jwt")] {
        refused(signed(typ, json!({}), None).await, ErrorKind::Security, Some("typ"));
    }
}
