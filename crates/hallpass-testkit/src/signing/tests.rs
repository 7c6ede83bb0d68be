use super::*;

fn claims() -> Map<String, Json> {
    Map::from_iter([("sub".to_owned(), json!("42"))])
}

/// Message and signature of a JWT.
fn parts(token: &str) -> (&str, Vec<u8>) {
    let (message, signature) = token.rsplit_once('.').unwrap();
    (message, URL_SAFE_NO_PAD.decode(signature).unwrap())
}

fn keys() -> Vec<SigningKey> {
    vec![
        SigningKey::rs256(),
        SigningKey::rs256_of(0).with_rsa_algorithm(SigningAlgorithm::Ps256),
        SigningKey::es256(),
        SigningKey::es384(),
        SigningKey::es512(),
        SigningKey::ed_dsa(),
        SigningKey::hs256("secret"),
    ]
}

#[test]
fn what_a_key_signs_it_verifies_and_no_other_does() {
    let (keys, others) = (keys(), keys());
    let other_secret = SigningKey::hs256("another secret");
    for (key, other) in keys.iter().zip(&others) {
        let is_shared = key.algorithm() == SigningAlgorithm::Ps256;
        let other = match key.algorithm() {
            SigningAlgorithm::Hs256 => &other_secret,
            _ => other,
        };
        let token = key.jwt(&claims());
        let (message, mut signature) = parts(&token);
        let algorithm = key.algorithm();
        assert!(key.verifies(message.as_bytes(), &signature), "{algorithm}");
        assert_eq!(other.verifies(message.as_bytes(), &signature), is_shared, "{algorithm}");
        signature[0] ^= 1;
        assert!(!key.verifies(message.as_bytes(), &signature), "{algorithm}");
    }
    let (unsigned, none) = (SigningKey::none().jwt(&claims()), SigningKey::none());
    let (message, signature) = parts(&unsigned);
    assert!(signature.is_empty() && !none.verifies(message.as_bytes(), &signature));
}

#[test]
fn a_public_key_verifies_its_own_algorithm_alone() {
    let keys = keys();
    for key in &keys {
        let token = key.jwt(&claims());
        let (message, signature) = parts(&token);
        for other in &keys {
            let is_own = key.key_id() == other.key_id() && key.key_id().is_some();
            let verified =
                verifies(&key.public_jwk(), other.algorithm(), message.as_bytes(), &signature);
            assert_eq!(verified, is_own, "{key:?} as {other:?}");
        }
    }
}

#[test]
fn a_jwk_has_its_numbers_in_full_and_nothing_private() {
    for key in keys() {
        let jwk = key.public_jwk();
        let lengths = |name: &str| {
            let text = jwk[name].as_str()?;
            Some(URL_SAFE_NO_PAD.decode(text).unwrap().len())
        };
        let (kty, want) = match key.algorithm() {
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => ("RSA", ("n", 256)),
            SigningAlgorithm::Es256 => ("EC", ("y", 32)),
            SigningAlgorithm::Es384 => ("EC", ("y", 48)),
            SigningAlgorithm::Es512 => ("EC", ("y", 66)),
            SigningAlgorithm::EdDsa => ("OKP", ("x", 32)),
            _ => {
                assert!(jwk.is_null() && key.private_key_pem().is_none());
                continue;
            }
        };
        assert_eq!((jwk["kty"].as_str(), lengths(want.0)), (Some(kty), Some(want.1)));
        assert_eq!(jwk["kid"].as_str(), key.key_id());
        assert!(jwk.get("d").is_none() && jwk.get("alg").is_none());
        assert!(key.clone().without_key_id().public_jwk().get("kid").is_none());
        let pem = key.private_key_pem().unwrap();
        assert!(pem.expose().starts_with("-----BEGIN PRIVATE KEY-----\nM"));
    }
}

#[test]
fn a_private_key_comes_back_from_its_pem() {
    let key = SigningKey::es256();
    let pem = key.private_key_pem().unwrap();
    let base64: String = pem.expose().lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(base64).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap();
    assert_eq!(ec_jwk("P-256", pair.public_key().as_ref())["x"], key.public_jwk()["x"]);
}

#[test]
fn a_header_is_signed_as_it_is_given() {
    let header = Map::from_iter([("alg".to_owned(), json!("none")), ("x".to_owned(), json!(1))]);
    let token = SigningKey::es256().sign(&header, &claims());
    let first = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    assert_eq!(first, br#"{"alg":"none","x":1}"#);
}

/// The value of at_hash is that of OpenID Connect Core, appendix A.3.
#[test]
fn half_a_digest_is_that_of_the_algorithm() {
    let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    assert_eq!(SigningAlgorithm::Rs256.half_hash(token), "77QmUPtjPfzWtF2AnpK9RQ");
    assert_eq!(SigningAlgorithm::Es384.half_hash(token).len(), 32);
    assert_eq!(SigningAlgorithm::Es512.half_hash(token).len(), 43);
    assert_eq!(SigningAlgorithm::EdDsa.half_hash(token), SigningAlgorithm::Es512.half_hash(token));
}

#[test]
fn a_name_is_known_as_it_is_written() {
    for key in keys() {
        assert_eq!(SigningAlgorithm::from_name(key.algorithm().as_str()), Some(key.algorithm()));
    }
    assert_eq!(SigningAlgorithm::from_name("rs256"), None);
}

#[test]
fn decoys_are_keys_by_their_shape() {
    for (decoy, kty, curve) in [
        (Decoy::Rsa, "RSA", None),
        (Decoy::P256, "EC", Some("P-256")),
        (Decoy::Secp256k1, "EC", Some("secp256k1")),
        (Decoy::X25519, "OKP", Some("X25519")),
    ] {
        let jwk = decoy.jwk("enc");
        assert_eq!((jwk["kty"].as_str(), jwk["crv"].as_str()), (Some(kty), curve));
        assert_eq!(jwk["use"], "enc");
        assert!(jwk["kid"].is_string() && jwk.get("alg").is_none());
    }
}

#[test]
fn nothing_secret_is_shown() {
    let key = SigningKey::hs256("planted-secret");
    assert_eq!(format!("{key:?}"), "SigningKey(HS256, no key id)");
}
