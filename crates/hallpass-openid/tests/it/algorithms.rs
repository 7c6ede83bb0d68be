//! In which ways a JWT may be signed, and what it may look like.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hallpass_core::{ClientConfig, ErrorKind, Json};
use hallpass_openid::{Algorithm, OpenId};
use hallpass_testkit::{SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::support::{CLIENT, ISSUER, JWKS, SECRET, World, jwks, object, refused, rsa_key};

fn op() -> OpenId {
    OpenId::new("op", ISSUER)
}

/// A client of `provider`, whose keys are `key` and an RSA key, and who lists these algorithms.
fn world(provider: OpenId, key: &SigningKey, listed: &Json) -> World {
    let world = World::of(provider);
    world.announce(&json!({ "id_token_signing_alg_values_supported": listed }));
    let rsa = rsa_key().with_key_id("decoy");
    let all = match key.public_jwk() {
        Json::Null => jwks(&[&rsa]),
        _ => jwks(&[key, &rsa]),
    };
    world.script.answer(JWKS, &all);
    world
}

async fn check_accepted(provider: OpenId, key: &SigningKey, listed: &Json) {
    let got = world(provider, key, listed).verify_by(key).await;
    assert_eq!(got.unwrap().subject(), "42", "{key:?}");
}

async fn check_refused(provider: OpenId, key: &SigningKey, listed: &Json, reason: &str) {
    let got = world(provider, key, listed).verify_by(key).await;
    refused(got, ErrorKind::Security, Some(reason));
}

#[tokio::test]
async fn every_algorithm_that_the_provider_lists_is_verified() {
    let mut keys = vec![
        rsa_key(),
        rsa_key().with_rsa_algorithm(SigningAlgorithm::Ps256),
        SigningKey::es256(),
        SigningKey::es384(),
        SigningKey::ed_dsa(),
    ];
    if cfg!(feature = "aws-lc") {
        keys.push(SigningKey::es512());
    }
    for key in &keys {
        check_accepted(op(), key, &json!([key.algorithm().as_str()])).await;
    }
}

#[tokio::test]
async fn an_algorithm_that_the_provider_does_not_list_is_refused() {
    check_refused(op(), &SigningKey::es256(), &json!(["RS256"]), "alg").await;
    check_refused(op(), &rsa_key(), &json!(["ES256", "PS256"]), "alg").await;
    check_refused(op(), &rsa_key(), &json!([]), "alg").await;
}

#[tokio::test]
async fn a_provider_that_lists_nothing_signs_with_rs256() {
    check_accepted(op(), &rsa_key(), &json!(null)).await;
    check_refused(op(), &SigningKey::es256(), &json!(null), "alg").await;
    check_refused(op(), &SigningKey::hs256(SECRET), &json!(null), "alg").await;
}

#[tokio::test]
async fn what_the_client_is_registered_for_wins_over_the_list() {
    let own = || op().with_algorithms([Algorithm::Es256]);
    check_accepted(own(), &SigningKey::es256(), &json!(["RS256"])).await;
    check_refused(own(), &rsa_key(), &json!(["RS256"]), "alg").await;
}

#[tokio::test]
async fn a_key_is_good_for_its_own_algorithm_alone() {
    let pss = rsa_key().with_rsa_algorithm(SigningAlgorithm::Ps256);
    let world = world(op(), &rsa_key(), &json!(["RS256", "PS256"]));
    let mut header = pss.header();
    header.insert("alg".to_owned(), json!("RS256"));
    let jwt = pss.sign(&header, &world.claims(&json!({})));
    refused(world.verify(&jwt).await, ErrorKind::Security, Some("signature"));
    let mut jwk = rsa_key().public_jwk();
    jwk["alg"] = json!("PS256");
    world.script.answer(JWKS, &crate::support::keys([jwk]));
    world.clock.advance(3600);
    refused(world.verify_by(&rsa_key()).await, ErrorKind::Security, Some("key"));
    world.verify_by(&pss).await.unwrap();
}

#[tokio::test]
async fn no_token_is_good_without_a_signature() {
    let all = json!(["none", "None", "RS256"]);
    check_refused(op(), &SigningKey::none(), &all, "alg").await;
    let world = world(op(), &rsa_key(), &all);
    for alg in ["none", "None", "NONE", "nOnE", "", "rs256", "RS256 "] {
        let header = object(&json!({ "alg": alg, "kid": "rsa" }));
        for key in [SigningKey::none(), rsa_key()] {
            let jwt = key.sign(&header, &world.claims(&json!({})));
            refused(world.verify(&jwt).await, ErrorKind::Security, Some("alg"));
        }
    }
}

#[tokio::test]
async fn a_mac_is_taken_where_the_client_asked_for_it_and_has_a_secret() {
    let mac = SigningKey::hs256(SECRET);
    let asked = || op().with_algorithms([Algorithm::Hs256]);
    check_accepted(asked(), &mac, &json!(["RS256"])).await;
    check_refused(op(), &mac, &json!(["HS256", "RS256"]), "alg").await;
    check_refused(asked(), &SigningKey::hs256("another secret"), &json!(null), "signature").await;
    check_refused(asked(), &SigningKey::hs256(""), &json!(null), "signature").await;
    let public = ClientConfig::new(CLIENT).with_redirect_uri("https://app.test/callback").unwrap();
    let world = World::with(asked(), public);
    for key in [mac, SigningKey::hs256("")] {
        refused(world.verify_by(&key).await, ErrorKind::Security, Some("alg"));
    }
}

/// A public key of 2048 bits as PEM: what a library reads it from, and a stranger keys a MAC with.
fn pem(jwk: &Json) -> String {
    // SubjectPublicKeyInfo of RFC 5280 with the RSAPublicKey of RFC 8017, up to the modulus.
    const BEFORE: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA";
    let before = STANDARD.decode(BEFORE).unwrap();
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    assert_eq!((modulus.len(), jwk["e"].as_str()), (256, Some("AQAB")));
    let der = STANDARD.encode([&before[..], &modulus, &[2, 3, 1, 0, 1]].concat());
    let lines: Vec<_> = der.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let rsa = rsa_key();
    let jwk = rsa.public_jwk();
    let secrets = [
        pem(&jwk),
        pem(&jwk).trim_end().to_owned(),
        jwk.to_string(),
        jwk["n"].as_str().unwrap().to_owned(),
    ];
    for secret in secrets {
        let mac = SigningKey::hs256(secret).with_key_id("rsa");
        for (provider, reason) in [
            (op(), "alg"),
            (op().with_algorithms([Algorithm::Rs256]), "alg"),
            (op().with_algorithms([Algorithm::Rs256, Algorithm::Hs256]), "signature"),
        ] {
            let world = world(provider, &rsa, &json!(["RS256", "HS256"]));
            refused(world.verify_by(&mac).await, ErrorKind::Security, Some(reason));
        }
    }
}

#[tokio::test]
async fn what_is_critical_and_not_understood_is_refused() {
    let world = World::new();
    for (extra, want) in [
        (json!({ "x": 1 }), None),
        (json!({ "x": 1, "crit": ["x"] }), Some("crit")),
        (json!({ "crit": [] }), Some("crit")),
        (json!({ "b64": false, "crit": ["b64"] }), Some("crit")),
        (json!({ "b64": true }), Some("crit")),
        (json!({ "typ": "JWT" }), None),
        (json!({ "typ": "at+jwt" }), Some("typ")),
        (json!({ "typ": "logout+jwt" }), Some("typ")),
    ] {
        let mut header = world.key.header();
        header.extend(object(&extra));
        let got = world.verify(&world.key.sign(&header, &world.claims(&json!({})))).await;
        match want {
            Some(reason) => refused(got, ErrorKind::Security, Some(reason)),
            None => assert!(got.is_ok(), "{extra}"),
        }
    }
}

/// Signs a payload as it stands.
fn signed(key: &SigningKey, payload: &str) -> String {
    let header = Json::Object(key.header()).to_string();
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(key.signature(input.as_bytes()));
    format!("{input}.{signature}")
}

#[tokio::test]
async fn claims_that_come_twice_are_refused() {
    let world = World::new();
    let claims = Json::Object(world.claims(&json!({}))).to_string();
    world.verify(&signed(&world.key, &claims)).await.unwrap();
    let twice = claims.replacen('{', r#"{"sub":"admin","#, 1);
    let got = world.verify(&signed(&world.key, &twice)).await;
    refused(got, ErrorKind::Security, Some("duplicate"));
    for payload in ["[]", "text", "", "null"] {
        let got = world.verify(&signed(&world.key, payload)).await;
        refused(got, ErrorKind::Malformed, Some("jwt"));
    }
}

#[tokio::test]
async fn what_is_no_jwt_is_refused_before_anything_is_fetched() {
    let world = World::new();
    let good = world.jwt(&json!({}));
    for jwt in ["", ".", "..", "a.b", "a.b.c.d", "a.b.c", "{}", &"a".repeat(200_000)] {
        refused(world.verify(jwt).await, ErrorKind::Malformed, Some("jwt"));
    }
    for jwt in [format!("{}=", good.expose()), format!(" {}", good.expose())] {
        refused(world.verify(&jwt).await, ErrorKind::Malformed, Some("jwt"));
    }
    assert_eq!(world.script.places(), [""; 0]);
    world.verify(good.expose()).await.unwrap();
}
