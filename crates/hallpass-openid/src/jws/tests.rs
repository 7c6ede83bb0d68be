use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::ErrorKind;
use proptest::prelude::{any, proptest};

use super::{Jws, LONGEST_HEADER, LONGEST_JWT, LONGEST_SIGNATURE, posted, vectors};
use crate::{
    algorithm::Algorithm::{self, *},
    jwk::Jwk,
    signer::der,
};

#[test]
fn rfc_7515_examples_verify() {
    check_hmac(vectors::A1_JWS, vectors::A1_K);
    check(vectors::A2_JWS, vectors::A2_JWK, Rs256);
    check(vectors::A3_JWS, vectors::A3_JWK, Es256);
    check(vectors::A4_JWS, vectors::A4_JWK, Es512);
}

#[test]
fn rfc_7520_examples_verify() {
    check(vectors::C41_JWS, vectors::C33_JWK, Rs256);
    check(vectors::C42_JWS, vectors::C33_JWK, Ps384);
    check(vectors::C43_JWS, vectors::C31_JWK, Es512);
    check_hmac(vectors::C44_JWS, vectors::C35_K);
}

#[test]
fn the_rfc_8037_example_verifies() {
    check(vectors::ED_JWS, vectors::ED_JWK, EdDsa);
}

/// No standard has a JWS with ES384, but one has a signature.
#[test]
fn the_rfc_6979_example_on_p_384_verifies() {
    if !Es384.is_supported() {
        return;
    }
    let key = Jwk::from_json(&vectors::P384_JWK.parse().unwrap()).unwrap();
    let mut signature = URL_SAFE_NO_PAD.decode(vectors::P384_SAMPLE).unwrap();
    assert!(key.verify(Es384, b"sample", &signature));
    assert!(!key.verify(Es384, b"samplf", &signature));
    signature[17] ^= 4;
    assert!(!key.verify(Es384, b"sample", &signature));
}

#[test]
fn openid_connect_core_examples_verify() {
    for jwt in [vectors::OIDC_A2, vectors::OIDC_A3, vectors::OIDC_A4] {
        check(jwt, vectors::OIDC_JWK, Rs256);
        let jws = Jws::parse(jwt).unwrap();
        let claims = jws.claims().unwrap();
        assert_eq!(claims["iss"], "https://server.example.com");
        assert_eq!(claims["exp"], 1_311_281_970);
        assert_eq!((jws.kid(), jws.typ()), (Some("1e9gdk7"), None));
    }
}

/// The example verifies, and with any one bit flipped does not. Where the build lacks the
/// algorithm, no key is made.
#[track_caller]
fn check(jwt: &str, jwk: &str, want: Algorithm) {
    let jws = Jws::parse(jwt).unwrap();
    assert_eq!(jws.algorithm(), Some(want));
    let jwk = Jwk::from_json(&jwk.parse().unwrap());
    if !want.is_supported() {
        assert_eq!(jwk.unwrap_err().kind(), ErrorKind::Malformed);
        return;
    }
    let jwk = jwk.unwrap();
    assert!(jwk.verify(want, jws.signing_input(), jws.signature()));
    assert_others_fail(&jws, |message, signature| jwk.verify(want, message, signature));
}

#[track_caller]
fn check_hmac(jwt: &str, key: &str) {
    let jws = Jws::parse(jwt).unwrap();
    assert_eq!(jws.algorithm(), Some(Hs256));
    let key = URL_SAFE_NO_PAD.decode(key).unwrap();
    let verify = |message: &[u8], signature: &[u8]| {
        jws.algorithm().unwrap().hmac(&key, message).unwrap() == signature
    };
    assert!(verify(jws.signing_input(), jws.signature()));
    assert_others_fail(&jws, verify);
}

#[track_caller]
fn assert_others_fail(jws: &Jws<'_>, verify: impl Fn(&[u8], &[u8]) -> bool) {
    let (message, signature) = (jws.signing_input(), jws.signature());
    for place in 0..signature.len() {
        let mut other = signature.to_vec();
        other[place] ^= 1 << (place % 8);
        assert!(!verify(message, &other), "byte {place} of the signature");
    }
    for place in (0..message.len()).step_by(7) {
        let mut other = message.to_vec();
        other[place] ^= 1 << (place % 7);
        assert!(!verify(&other, signature), "byte {place} of what is signed");
    }
    assert!(!verify(message, &signature[1..]));
    assert!(!verify(message, &[signature, &[0]].concat()));
    assert!(!verify(message, &[]));
}

#[test]
fn an_ecdsa_signature_in_der_is_refused() {
    if !Es256.is_supported() {
        return;
    }
    let key = Jwk::from_json(&vectors::A3_JWK.parse().unwrap()).unwrap();
    let jws = Jws::parse(vectors::A3_JWS).unwrap();
    assert!(key.verify(Es256, jws.signing_input(), jws.signature()));
    let der = der::ecdsa_signature(jws.signature());
    assert!(!key.verify(Es256, jws.signing_input(), &der));
}

#[test]
fn a_jwt_signed_by_nobody_has_no_algorithm() {
    let jws = Jws::parse(vectors::A5_JWS).unwrap();
    assert_eq!((jws.alg(), jws.algorithm()), ("none", None));
    assert!(jws.signature().is_empty());
}

#[test]
fn the_header_says_what_it_says() {
    let jwt = jwt(r#"{"alg":"RS256","kid":"k","typ":"JWT","jku":"https://evil.test"}"#, "{}");
    let jws = Jws::parse(&jwt).unwrap();
    assert_eq!((jws.alg(), jws.kid(), jws.typ()), ("RS256", Some("k"), Some("JWT")));
    let bare = self::jwt(r#"{"alg":"X"}"#, "{}");
    let jws = Jws::parse(&bare).unwrap();
    assert_eq!((jws.alg(), jws.algorithm(), jws.kid(), jws.typ()), ("X", None, None, None));
}

#[test]
fn what_is_no_jwt_is_refused() {
    let bare = jwt(r#"{"alg":"RS256"}"#, "{}");
    for text in ["", ".", "..", "a.b", "....", "a.b.c.d.e", "{}", "\u{0}.\u{0}.\u{0}"] {
        refused(text, "jwt");
    }
    refused(&format!("{bare}.AAAA"), "jwt");
    refused(&format!(" {bare}"), "jwt");
    refused(&format!("{bare}\n"), "jwt");
    refused(&jwt("[]", "{}"), "jwt");
    refused(&jwt("\"RS256\"", "{}"), "jwt");
    refused(&jwt("{}", "{}"), "jwt");
    refused(&jwt(r#"{"alg":1}"#, "{}"), "jwt");
    refused(&jwt(r#"{"alg":null}"#, "{}"), "jwt");
    refused(&jwt(r#"{"alg":["RS256"]}"#, "{}"), "jwt");
    refused(&jwt(r#"{"alg":"RS256","kid":7}"#, "{}"), "jwt");
    refused(&jwt(r#"{"alg":"RS256","typ":{}}"#, "{}"), "jwt");
    refused(&jwt(r#"{"alg":"RS256""#, "{}"), "jwt");
}

#[test]
fn what_is_encrypted_says_what_to_do_about_it() {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#);
    // A key of one's own (`dir`) is left out.
    for rest in ["a2V5.aXY.dGV4dA.dGFn", ".aXY.dGV4dA.dGFn"] {
        let error = Jws::parse(&format!("{header}.{rest}")).unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("encrypted")));
        let advice = "id_token_encrypted_response_alg";
        assert!(error.to_string().contains(advice), "{error}");
        // Whoever posts one says nothing of the registration.
        let error = posted(error);
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Malformed, Some("encrypted")));
        assert!(error.to_string().contains(advice), "{error}");
    }
    let signed = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
    refused(&format!("{signed}.a2V5.aXY.dGV4dA.dGFn"), "jwt");
    refused(&format!("{header}.aXY.dGV4dA.dGFn"), "jwt");
    refused(&format!("{header}.a.a.a.a.a"), "jwt");
}

#[test]
fn base64url_has_one_spelling() {
    // "{}" is e30, with two bits to spare: e31 decodes to the same in a tolerant reader.
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
    assert!(Jws::parse(&format!("{header}.e30.AAA")).unwrap().claims().unwrap().is_empty());
    for payload in ["e31", "e30=", "e3 0", "e3+/", "e", ""] {
        let jwt = format!("{header}.{payload}.AAA");
        let error = Jws::parse(&jwt).unwrap().claims().unwrap_err();
        assert_eq!(error.reason(), Some("jwt"), "{payload}");
    }
    for signature in ["AAB", "AAA=", "AA+A", "AA/A", "A", "AA A", "é"] {
        refused(&format!("{header}.e30.{signature}"), "jwt");
    }
    let padded = "eyJhbGciOiJSUzI1NiJ9ICA"; // the same object with two spaces behind it
    assert!(Jws::parse(&format!("{padded}.e30.AAA")).is_ok());
    refused(&format!("{padded}=.e30.AAA"), "jwt");
    refused("eyJhbGciOiJSUzI1NiJ9ICB.e30.AAA", "jwt");
}

#[test]
fn critical_extensions_are_refused_in_any_form() {
    refused(&jwt(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, "{}"), "crit");
    refused(&jwt(r#"{"alg":"RS256","crit":["exp"]}"#, "{}"), "crit");
    refused(&jwt(r#"{"alg":"RS256","crit":[]}"#, "{}"), "crit");
    refused(&jwt(r#"{"alg":"RS256","crit":null}"#, "{}"), "crit");
    refused(&jwt(r#"{"alg":"RS256","b64":true}"#, "{}"), "crit");
    refused(&jwt(r#"{"alg":"RS256","b64":false}"#, "{}"), "crit");
}

#[test]
fn a_member_that_is_there_twice_is_refused() {
    refused(&jwt(r#"{"alg":"none","alg":"RS256"}"#, "{}"), "duplicate");
    refused(&jwt(r#"{"alg":"RS256","x":{"a":1,"a":2}}"#, "{}"), "duplicate");
    let jwt = jwt(r#"{"alg":"RS256"}"#, r#"{"sub":"a","sub":"b"}"#);
    let error = Jws::parse(&jwt).unwrap().claims().unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("duplicate")));
}

#[test]
fn claims_are_an_object() {
    for payload in ["[]", "1", "", "null", "{", "\u{feff}{}"] {
        let jwt = jwt(r#"{"alg":"RS256"}"#, payload);
        let error = Jws::parse(&jwt).unwrap().claims().unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Malformed, Some("jwt")));
    }
}

#[test]
fn each_part_has_a_limit() {
    let header = |length| {
        let spaces = " ".repeat(length / 4 * 3 - r#"{"alg":"RS256"}"#.len());
        URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"RS256"}}{spaces}"#))
    };
    assert_eq!(header(LONGEST_HEADER).len(), LONGEST_HEADER);
    assert!(Jws::parse(&format!("{}.e30.AAAA", header(LONGEST_HEADER))).is_ok());
    refused(&format!("{}.e30.AAAA", header(LONGEST_HEADER + 4)), "jwt");

    let signed = |length| format!("{}.e30.{}", header(40), "A".repeat(length));
    assert!(Jws::parse(&signed(LONGEST_SIGNATURE)).is_ok());
    refused(&signed(LONGEST_SIGNATURE + 4), "jwt");

    let whole = |length: usize| format!("{0}.{1}.AAAA", header(40), "A".repeat(length - 46));
    assert_eq!(whole(LONGEST_JWT).len(), LONGEST_JWT);
    assert!(Jws::parse(&whole(LONGEST_JWT)).is_ok());
    refused(&whole(LONGEST_JWT + 1), "jwt");
}

#[test]
fn neither_debug_nor_an_error_shows_anything_of_a_jwt() {
    let good = jwt(r#"{"alg":"planted","kid":"planted"}"#, r#"{"sub":"planted"}"#);
    assert!(!format!("{:?}", Jws::parse(&good).unwrap()).contains("planted"));
    for header in [r#"{"alg":1,"kid":"planted"}"#, r#"{"alg":"planted","kid":1}"#, "planted"] {
        let error = Jws::parse(&jwt(header, "{}")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("planted"), "{header}");
    }
    let bad = jwt(r#"{"alg":"RS256"}"#, r#"{"planted":planted}"#);
    let error = Jws::parse(&bad).unwrap().claims().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("planted"));
}

fn jwt(header: &str, claims: &str) -> String {
    format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

#[track_caller]
fn refused(jwt: &str, reason: &str) {
    let error = Jws::parse(jwt).unwrap_err();
    assert_eq!(error.reason(), Some(reason), "{jwt:.80}");
    let want = if reason == "jwt" { ErrorKind::Malformed } else { ErrorKind::Security };
    assert_eq!(error.kind(), want, "{jwt:.80}");
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        let _ = Jws::parse(&text).map(|jws| jws.claims());
    }

    #[test]
    fn arbitrary_parts_never_panic(parts in any::<[Vec<u8>; 3]>()) {
        let jwt = parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        let _ = Jws::parse(&jwt).map(|jws| jws.claims());
    }

    #[test]
    fn what_parses_is_spelled_in_one_way(
        header in r#"\{"alg":"[A-Z0-9]{0,6}"(,"kid":"[a-z]{0,4}")?\}"#,
        claims in any::<Vec<u8>>(),
        signature in any::<Vec<u8>>(),
    ) {
        let jwt = [header.as_bytes(), &claims, &signature].map(|part| URL_SAFE_NO_PAD.encode(part));
        let jwt = jwt.join(".");
        let jws = Jws::parse(&jwt).unwrap();
        assert_eq!(jws.signature(), signature);
        assert!(jwt.as_bytes().starts_with(jws.signing_input()));
        if let Ok(read) = jws.claims() {
            let want: serde_json::Map<_, _> = serde_json::from_slice(&claims).unwrap();
            assert_eq!(read, want);
        }
    }
}
