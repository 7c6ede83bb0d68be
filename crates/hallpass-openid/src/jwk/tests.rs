#![cfg(any(feature = "aws-lc", feature = "ring"))]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{ErrorKind, Json};
use proptest::prelude::{any, proptest};
use serde_json::json;

use super::{Jwk, KeySet, NoKey, thumbprint};
use crate::{
    algorithm::Algorithm::{self, *},
    jws::{Jws, vectors},
};

fn jwk(text: &str) -> Json {
    text.parse().unwrap()
}

/// The key with these members more, or other ones.
fn with(jwk: &str, members: Json) -> Json {
    let (mut jwk, Json::Object(members)) = (self::jwk(jwk), members) else { unreachable!() };
    for (name, value) in members {
        jwk[name] = value;
    }
    jwk
}

fn set(keys: impl Into<Json>) -> KeySet {
    KeySet::parse(json!({ "keys": keys.into() }).to_string().as_bytes()).unwrap()
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Json {
    let [n, e] = [modulus, exponent].map(|number| URL_SAFE_NO_PAD.encode(number));
    json!({ "kty": "RSA", "n": n, "e": e })
}

/// What belongs to nobody's signatures, each under the name of the good key.
fn decoys() -> Vec<Json> {
    let own = json!({ "kid": "good" });
    let ec = |members: Json| with(&with(vectors::A3_JWK, own.clone()).to_string(), members);
    let other = |members: Json| with(&with(vectors::A2_JWK, own.clone()).to_string(), members);
    vec![
        ec(json!({ "crv": "secp256k1" })),
        ec(json!({ "crv": "P-384" })),
        ec(json!({ "x": "AA" })),
        json!({ "kty": "OKP", "crv": "X25519", "x": jwk(vectors::ED_JWK)["x"], "kid": "good" }),
        json!({ "kty": "OKP", "crv": "Ed448", "x": jwk(vectors::ED_JWK)["x"], "kid": "good" }),
        json!({ "kty": "oct", "k": vectors::A1_K, "kid": "good", "alg": "RS256" }),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA", "kid": "good" }),
        json!({ "kid": "good" }),
        with(&rsa(&[0xff; 128], &[1, 0, 1]).to_string(), own.clone()),
        with(&rsa(&[0xff; 1025], &[1, 0, 1]).to_string(), own.clone()),
        other(json!({ "use": "enc" })),
        other(json!({ "use": 1 })),
        other(json!({ "key_ops": ["sign", "encrypt"] })),
        other(json!({ "key_ops": "verify" })),
        other(json!({ "alg": "RSA-OAEP" })),
        other(json!({ "alg": "ES256" })),
        other(json!({ "alg": "none" })),
        other(json!({ "alg": 1 })),
        other(json!({ "kid": 1 })),
        other(json!({ "n": "not/base64" })),
        other(json!({ "n": "AQAB=" })),
        other(json!({ "n": 1 })),
        other(json!({ "n": "" })),
        other(json!({ "e": "" })),
        other(json!({ "e": "AQAA" })),
        other(json!({ "kty": "rsa" })),
        Json::Null,
        json!("RSA"),
        json!([]),
    ]
}

#[test]
fn decoys_do_not_hide_the_good_key() {
    let mut keys = decoys();
    keys.insert(keys.len() / 2, with(vectors::OIDC_JWK, json!({ "kid": "good", "use": "sig" })));
    let keys = set(keys);
    assert_eq!(keys.0.len(), 1, "nothing but the good key is kept");
    let jws = Jws::parse(vectors::OIDC_A2).unwrap();
    for kid in [Some("good"), None] {
        let key = keys.select(Rs256, kid).unwrap();
        assert!(key.verify(Rs256, jws.signing_input(), jws.signature()));
    }
}

#[test]
fn each_decoy_is_no_key_by_itself() {
    for decoy in decoys() {
        let error = Jwk::from_json(&decoy).unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Malformed, Some("jwt")));
        assert!(!format!("{error} {error:?}").contains("good"));
    }
}

/// ring finds out when it verifies.
#[cfg(feature = "aws-lc")]
#[test]
fn a_point_off_the_curve_is_no_key() {
    let x = jwk(vectors::A3_JWK)["x"].clone();
    assert!(Jwk::from_json(&with(vectors::A3_JWK, json!({ "y": x }))).is_err());
}

#[test]
fn members_that_allow_it_change_nothing() {
    for members in [
        json!({ "use": "sig" }),
        json!({ "key_ops": ["verify"] }),
        json!({ "key_ops": ["sign", "verify"], "use": "sig", "alg": "RS256", "kid": "" }),
        json!({ "x5c": ["broken"], "x5u": 7, "ext": true, "d": 1, "oth": [] }),
    ] {
        assert!(Jwk::from_json(&with(vectors::A2_JWK, members.clone())).is_ok(), "{members}");
    }
}

#[test]
fn rsa_keys_have_2048_to_8192_bits_and_an_odd_exponent() {
    let number = |first: u8, length: usize| {
        let mut number = vec![0xff; length];
        number[0] = first;
        number
    };
    let check = |modulus: &[u8], exponent: &[u8], want: bool| {
        let got = super::material(&rsa(modulus, exponent)).is_some();
        assert_eq!(got, want, "{} bytes from {}, {exponent:?}", modulus.len(), modulus[0]);
    };
    check(&number(0x80, 256), &[1, 0, 1], true);
    check(&number(0x7f, 256), &[1, 0, 1], false);
    check(&number(0xff, 1024), &[1, 0, 1], true);
    check(&number(0x01, 1025), &[1, 0, 1], false);
    check(&[&[0, 0], &number(0x80, 256)[..]].concat(), &[0, 1, 0, 1], true);
    check(&[&[0, 0], &number(0x80, 254)[..]].concat(), &[1, 0, 1], false);
    for (exponent, want) in [
        (&[3][..], true),
        (&[1], false),
        (&[2], false),
        (&[0], false),
        (&[1, 0, 0], false),
        (&[1, 0xff, 0xff, 0xff, 0xff], true),
        (&[2, 0, 0, 0, 1], false),
        (&[1, 0, 0, 0, 0, 0, 0, 0, 3], false),
    ] {
        check(&number(0x80, 256), exponent, want);
    }
}

#[test]
fn a_key_id_selects_among_keys_that_fit() {
    let keys = set(vec![
        with(vectors::A2_JWK, json!({ "kid": "a" })),
        with(vectors::OIDC_JWK, json!({ "kid": "b" })),
        with(vectors::A3_JWK, json!({ "kid": "a" })),
        with(vectors::ED_JWK, json!({})),
    ]);
    let kid = |alg, kid| keys.select(alg, kid).map(|key| key.kid.as_deref());
    assert_eq!(kid(Rs256, Some("a")), Ok(Some("a")));
    assert_eq!(kid(Ps512, Some("b")), Ok(Some("b")));
    assert_eq!(kid(Es256, Some("a")), Ok(Some("a")));
    assert_eq!(kid(Es256, Some("b")), Err(NoKey::Unknown));
    assert_eq!(kid(Rs256, Some("c")), Err(NoKey::Unknown));
    assert_eq!(kid(Rs256, Some("A")), Err(NoKey::Unknown));
    assert_eq!(kid(EdDsa, Some("a")), Err(NoKey::Unknown), "a key without a kid has none");
    assert_eq!(kid(EdDsa, None), Ok(None));
    assert_eq!(kid(Es256, None), Ok(Some("a")));
    assert_eq!(kid(Es384, None), Err(NoKey::Unknown));
    assert_eq!(kid(Rs256, None), Err(NoKey::Ambiguous));
    assert_eq!(kid(Hs256, None), Err(NoKey::Unknown));
}

#[test]
fn two_keys_of_one_name_are_ambiguous_but_not_one_key_listed_twice() {
    let keys = set(vec![
        with(vectors::A2_JWK, json!({ "kid": "a" })),
        with(vectors::OIDC_JWK, json!({ "kid": "a" })),
    ]);
    assert_eq!(keys.select(Rs256, Some("a")).unwrap_err(), NoKey::Ambiguous);
    let keys = set(vec![jwk(vectors::OIDC_JWK), jwk(vectors::OIDC_JWK)]);
    assert!(keys.select(Rs256, None).is_ok());
}

#[test]
fn a_key_with_an_algorithm_of_its_own_fits_that_one_alone() {
    let keys = set(vec![with(vectors::OIDC_JWK, json!({ "alg": "PS256" }))]);
    assert!(keys.select(Ps256, None).is_ok());
    for other in [Rs256, Rs384, Ps384] {
        assert_eq!(keys.select(other, Some("1e9gdk7")).unwrap_err(), NoKey::Unknown);
    }
    let jws = Jws::parse(vectors::OIDC_A2).unwrap();
    let key = keys.select(Ps256, None).unwrap();
    assert!(!key.verify(Rs256, jws.signing_input(), jws.signature()));
    assert!(!key.verify(Ps256, jws.signing_input(), jws.signature()));

    for name in ["EdDSA", "Ed25519"] {
        let key = Jwk::from_json(&with(vectors::ED_JWK, json!({ "alg": name }))).unwrap();
        let jws = Jws::parse(vectors::ED_JWS).unwrap();
        assert!(key.verify(EdDsa, jws.signing_input(), jws.signature()), "{name}");
    }
}

#[test]
fn another_algorithm_than_the_signers_does_not_verify() {
    let key = Jwk::from_json(&jwk(vectors::OIDC_JWK)).unwrap();
    let jws = Jws::parse(vectors::OIDC_A2).unwrap();
    for alg in [Rs384, Rs512, Ps256, Ps384, Ps512, Es256, EdDsa, Hs256] {
        assert!(!key.verify(alg, jws.signing_input(), jws.signature()), "{alg:?}");
    }
    assert!(key.verify(Rs256, jws.signing_input(), jws.signature()));
}

#[test]
fn a_key_is_parsed_once_for_each_algorithm() {
    let key = Jwk::from_json(&jwk(vectors::OIDC_JWK)).unwrap();
    for alg in [Rs256, Ps256] {
        assert!(std::ptr::eq(key.parsed(alg).unwrap(), key.parsed(alg).unwrap()));
    }
    assert_eq!(key.parsed.iter().filter(|parsed| parsed.get().is_some()).count(), 2);
}

#[test]
fn a_key_set_is_an_object_with_a_list_of_keys() {
    for (body, reason) in [
        ("", "jwt"),
        ("[]", "jwt"),
        ("{}", "jwt"),
        (r#"{"keys":{}}"#, "jwt"),
        (r#"{"keys":null}"#, "jwt"),
        (r#"{"keys":[]"#, "jwt"),
        (r#"{"keys":[],"keys":[]}"#, "duplicate"),
        (r#"{"keys":[{"kty":"RSA","kty":"EC"}]}"#, "duplicate"),
    ] {
        assert_eq!(KeySet::parse(body.as_bytes()).unwrap_err().reason(), Some(reason), "{body}");
    }
    assert!(KeySet::parse(br#"{"keys":[],"more":1}"#).is_ok());
}

#[test]
fn a_key_set_has_at_most_256_keys() {
    let body = |count| json!({ "keys": vec![json!({}); count] }).to_string();
    assert!(KeySet::parse(body(256).as_bytes()).is_ok());
    assert_eq!(KeySet::parse(body(257).as_bytes()).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn debug_shows_no_key() {
    let keys = set(vec![jwk(vectors::OIDC_JWK)]);
    let shown = format!("{keys:?} {:?}", keys.select(Rs256, None).unwrap());
    assert_eq!(shown, "KeySet(1 keys) Jwk(..)");
}

#[test]
fn thumbprints_are_those_of_the_standards() {
    let rfc7638 = jwk(vectors::THUMB_JWK);
    assert_eq!(thumbprint(&rfc7638).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    // RFC 8037 appendix A.3, and the private key of A.1.
    let rfc8037 = jwk(vectors::ED_JWK);
    assert_eq!(thumbprint(&rfc8037).unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn a_thumbprint_is_of_the_required_members_alone() {
    let members = |jwk: &str| super::members_of(&self::jwk(jwk)).unwrap();
    assert_eq!(
        members(r#"{"kty":"EC","y":"b","x":"a","crv":"P-256","d":"c"}"#),
        r#"{"crv":"P-256","kty":"EC","x":"a","y":"b"}"#
    );
    assert_eq!(members(r#"{"k":"a","kty":"oct","alg":"x"}"#), r#"{"k":"a","kty":"oct"}"#);
    for jwk in [
        json!({ "kty": "RSA", "n": "a" }),
        json!({ "kty": "RSA", "n": "a", "e": 1 }),
        json!({ "kty": "RSA", "n": "a\"", "e": "b" }),
        json!({ "kty": "RSA", "n": "", "e": "b" }),
        json!({ "kty": "other" }),
        json!({}),
        json!(null),
    ] {
        let error = thumbprint(&jwk).unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Malformed, Some("jwt")), "{jwk}");
    }
}

fn any_key_verifies(keys: &KeySet, alg: Algorithm) -> bool {
    keys.0.iter().any(|key| key.verify(alg, b"message", b"signature"))
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in any::<Vec<u8>>()) {
        assert!(KeySet::parse(&bytes).is_err());
    }

    #[test]
    fn arbitrary_members_never_panic(
        kty in "(RSA|EC|OKP|oct)",
        crv in "(P-256|P-384|P-521|Ed25519|X25519)",
        numbers in any::<[Vec<u8>; 4]>(),
        text in any::<String>(),
    ) {
        let [n, e, x, y] = numbers.map(|number| URL_SAFE_NO_PAD.encode(number));
        let key = json!({ "kty": kty, "crv": crv, "n": n, "e": e, "x": x, "y": y });
        let keys = set(vec![key.clone(), with(&key.to_string(), json!({ "x": text, "n": text }))]);
        for alg in [Rs256, Ps256, Es256, EdDsa] {
            assert!(!any_key_verifies(&keys, alg));
        }
        let _ = thumbprint(&key);
    }

    #[test]
    fn a_point_of_the_right_length_never_panics(x in any::<[u8; 32]>(), y in any::<[u8; 32]>()) {
        let [x, y] = [x, y].map(|number| URL_SAFE_NO_PAD.encode(number));
        let ec = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        let ed = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
        let keys = set(vec![ec, ed]);
        assert!(!any_key_verifies(&keys, Es256) && !any_key_verifies(&keys, EdDsa));
    }
}
