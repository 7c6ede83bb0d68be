//! Which key a signature is verified with, and when keys are fetched again.

use hallpass_core::{ErrorKind, Json, Secret};
use hallpass_testkit::SigningKey;
use serde_json::json;

use crate::support::{DISCOVERY, JWKS, World, jwks, keys, object, refused, rsa_key, together};

/// A client that knows the keys, and asked for them a moment ago.
async fn knowing() -> World {
    let world = World::new();
    world.verify_by(&world.key).await.unwrap();
    world.script.sent();
    world
}

fn another(key_id: &str) -> SigningKey {
    SigningKey::es256().with_key_id(key_id)
}

#[tokio::test]
async fn a_new_key_is_found_at_once() {
    let world = knowing().await;
    let new = another("second");
    world.script.answer(JWKS, &jwks(&[&world.key, &new]));
    world.verify_by(&new).await.unwrap();
    world.verify_by(&world.key).await.unwrap();
    assert_eq!(world.script.places(), [JWKS]);
}

#[tokio::test]
async fn a_key_that_was_taken_back_is_good_no_longer() {
    let world = knowing().await;
    let new = another("second");
    world.script.answer(JWKS, &jwks(&[&new]));
    world.verify_by(&new).await.unwrap();
    refused(world.verify_by(&world.key).await, ErrorKind::Security, Some("key"));
}

#[tokio::test]
async fn many_tokens_of_a_new_key_fetch_it_once() {
    let world = knowing().await;
    let new = another("second");
    world.script.answer(JWKS, &jwks(&[&new]));
    let jwt = Secret::new(new.jwt(&world.claims(&json!({}))));
    let verified = together(&world.script, |_| {
        let (client, jwt) = (world.client.clone(), jwt.clone());
        async move { client.verify_jwt(&jwt, hallpass_core::JwtKind::IdToken).await.map(|_| ()) }
    });
    assert!(verified.await.into_iter().all(|verified| verified.is_ok()));
    assert_eq!(world.script.places(), [JWKS]);
}

#[tokio::test]
async fn strangers_do_not_drive_our_fetches() {
    let world = knowing().await;
    refused(world.verify_by(&another("a")).await, ErrorKind::Security, Some("key"));
    assert_eq!(world.script.places(), [JWKS]);
    for key_id in ["a", "b", "first"] {
        assert!(world.verify_by(&another(key_id)).await.is_err());
        world.clock.advance(9);
    }
    assert_eq!(world.script.places(), [""; 0]);
    world.clock.advance(3);
    assert!(world.verify_by(&another("c")).await.is_err());
    assert_eq!(world.script.places(), [JWKS]);
    assert!(world.verify_by(&world.key).await.is_ok());
}

#[tokio::test]
async fn a_key_that_was_replaced_under_its_name_is_found() {
    let world = knowing().await;
    let replaced = another("first");
    world.script.answer(JWKS, &jwks(&[&replaced]));
    world.verify_by(&replaced).await.unwrap();
    assert_eq!(world.script.places(), [JWKS]);
    refused(world.verify_by(&world.key).await, ErrorKind::Security, Some("signature"));
    assert_eq!(world.script.places(), [""; 0]);
}

#[tokio::test]
async fn a_signature_that_is_wrong_is_refused_after_one_look() {
    let world = knowing().await;
    let jwt = world.jwt(&json!({}));
    let (input, signature) = jwt.expose().rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let changed = format!("{input}.{first}{}", &signature[1..]);
    refused(world.verify(&changed).await, ErrorKind::Security, Some("signature"));
    assert_eq!(world.script.places(), [JWKS]);
    for jwt in [
        format!("{input}."),
        format!("{input}.{}", &signature[..20]),
        format!("{input}.{signature}AAAA"),
        another("first").jwt(&world.claims(&json!({}))),
    ] {
        refused(world.verify(&jwt).await, ErrorKind::Security, Some("signature"));
    }
    let swapped = another("first").jwt(&world.claims(&json!({ "sub": "43" })));
    let (payload, _) = swapped.rsplit_once('.').unwrap();
    refused(
        world.verify(&format!("{payload}.{signature}")).await,
        ErrorKind::Security,
        Some("signature"),
    );
}

#[tokio::test]
async fn a_token_that_names_no_key_is_of_the_one_that_fits() {
    let world = World::new();
    let rsa = rsa_key();
    world.script.answer(JWKS, &jwks(&[&rsa, &world.key, &SigningKey::es384()]));
    let nameless = world.key.clone().without_key_id();
    world.verify_by(&nameless).await.unwrap();
    assert_eq!(world.script.places(), [DISCOVERY, JWKS]);
}

#[tokio::test]
async fn a_token_that_names_no_key_where_several_fit_is_refused_without_a_fetch() {
    let world = World::new();
    world.script.answer(JWKS, &jwks(&[&another("second"), &world.key]));
    world.verify_by(&world.key).await.unwrap();
    world.script.sent();
    let nameless = world.key.clone().without_key_id();
    refused(world.verify_by(&nameless).await, ErrorKind::Security, Some("key"));
    assert_eq!(world.script.places(), [""; 0]);
    let twice = [world.key.public_jwk(), another("first").public_jwk()];
    let world = World::new();
    world.script.answer(JWKS, &keys(twice));
    let named = another("first");
    refused(world.verify_by(&named).await, ErrorKind::Security, Some("key"));
}

#[tokio::test]
async fn keys_that_are_of_no_use_are_left_out() {
    let world = World::new();
    let good = world.key.public_jwk();
    let with = |name: &str, value: Json| {
        let mut jwk = good.clone();
        jwk[name] = value;
        jwk
    };
    let decoys = vec![
        json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "first", "alg": "HS256" }),
        json!({ "kty": "XYZ", "kid": "first" }),
        json!("text"),
        json!({}),
        with("use", json!("enc")),
        with("key_ops", json!(["encrypt"])),
        with("alg", json!("ES384")),
        with("crv", json!("P-999")),
        with("x", json!("AAAA")),
        with("y", with("x", json!(""))["x"].clone()),
    ];
    for decoy in &decoys {
        let world = World::new();
        world.script.answer(JWKS, &keys([decoy.clone()]));
        let jwt = world.verify_by(&world.key);
        refused(jwt.await, ErrorKind::Security, Some("key"));
    }
    let mut all = decoys;
    all.push(good);
    world.script.answer(JWKS, &keys(all));
    world.verify_by(&world.key).await.unwrap();
}

#[tokio::test]
async fn a_key_set_that_is_none_is_refused() {
    for (set, kind, reason) in [
        (json!([]), ErrorKind::Malformed, "jwt"),
        (json!({ "keys": {} }), ErrorKind::Malformed, "jwt"),
        (json!({ "keys": [], "x": "x".repeat(512 << 10) }), ErrorKind::Malformed, "body_limit"),
    ] {
        let world = World::new();
        world.script.answer(JWKS, &set);
        refused(world.verify_by(&world.key).await, kind, Some(reason));
    }
    let world = World::new();
    world.script.fail(JWKS, 500);
    refused(world.verify_by(&world.key).await, ErrorKind::Transport, None);
    world.script.answer(JWKS, &jwks(&[]));
    refused(world.verify_by(&world.key).await, ErrorKind::Security, Some("key"));
}

#[tokio::test]
async fn a_fetch_that_fails_keeps_the_keys() {
    let world = knowing().await;
    world.script.answer(JWKS, &json!("broken"));
    refused(world.verify_by(&another("second")).await, ErrorKind::Security, Some("key"));
    world.verify_by(&world.key).await.unwrap();
    assert_eq!(world.script.places(), [JWKS]);
}

#[tokio::test]
async fn keys_in_the_token_itself_are_ignored() {
    let world = World::new();
    let evil = another("evil");
    let claims = world.claims(&json!({}));
    for (name, value) in [
        ("jwk", evil.public_jwk()),
        ("jku", json!("https://evil.test/jwks")),
        ("x5u", json!("https://evil.test/chain")),
        ("x5c", json!(["MIIB"])),
    ] {
        let with = |key: &SigningKey| {
            let mut header = key.header();
            header.extend(object(&json!({ name: value })));
            key.sign(&header, &claims)
        };
        refused(world.verify(&with(&evil)).await, ErrorKind::Security, Some("key"));
        let nameless = evil.clone().without_key_id();
        refused(world.verify(&with(&nameless)).await, ErrorKind::Security, Some("signature"));
        world.verify(&with(&world.key)).await.unwrap();
    }
    let places = world.script.places();
    assert!(places.iter().all(|place| place.starts_with("https://op.test/")), "{places:?}");
}

#[tokio::test]
async fn a_key_that_cannot_be_fetched_is_told_from_a_refresh_that_was_not_answered() {
    for status in [429, 503] {
        let token = World::new().login(&json!({})).await.unwrap();
        // Another process, which has no keys yet.
        let world = World::new();
        world.grant(Some(world.jwt(&json!({})).expose()));
        world.script.fail(JWKS, status);
        let error = world.client.refresh_token(&token).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
        // The provider did answer, and the refresh token may be spent.
        assert_eq!(error.status().map(|status| status.as_u16()), Some(200), "{error}");
        let source = std::error::Error::source(&error).unwrap();
        let source = source.downcast_ref::<hallpass_core::Error>().unwrap();
        assert_eq!(source.status().map(|status| status.as_u16()), Some(status));
    }
}
