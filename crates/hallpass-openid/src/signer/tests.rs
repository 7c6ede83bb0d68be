use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{ClientAssertion as _, ErrorKind, Json, Random, Result, Secret};
use serde_json::Map;

use super::{JwtSigner, der, key::SigningKey};
use crate::{
    algorithm::Algorithm::{self, *},
    jwk::Jwk,
    jws::{Jws, vectors},
};

const SECRET: &str = "a-secret-of-the-client-that-is-long-enough-for-every-hash-of-64-bytes";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

async fn claims(signer: &JwtSigner) -> Map<String, Json> {
    let jwt = signer.sign("client", "https://op.test", at(1_000)).await.unwrap();
    Jws::parse(jwt.expose()).unwrap().claims().unwrap()
}

type Constructor = fn(Secret) -> Result<JwtSigner>;

const PEM: [(Constructor, Algorithm, &str); 5] = [
    (JwtSigner::ed25519, EdDsa, vectors::ED_JWK),
    (JwtSigner::es256, Es256, vectors::A3_JWK),
    (JwtSigner::es384, Es384, vectors::P384_JWK),
    (JwtSigner::ps256, Ps256, vectors::A2_JWK),
    (JwtSigner::rs256, Rs256, vectors::A2_JWK),
];

#[tokio::test]
async fn what_a_private_key_signs_its_public_key_verifies() {
    for (constructor, alg, jwk) in PEM {
        let signer = constructor(der::pkcs8(jwk).into());
        if !alg.is_supported() {
            let error = signer.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("feature aws-lc or ring"), "{error}");
            continue;
        }
        let jwt = signer.unwrap().sign("client", "https://op.test", at(1)).await.unwrap();
        let jws = Jws::parse(jwt.expose()).unwrap();
        assert_eq!(jws.algorithm(), Some(alg));
        let key = Jwk::from_json(&jwk.parse().unwrap()).unwrap();
        assert!(key.verify(alg, jws.signing_input(), jws.signature()), "{alg:?}");
        assert!(!key.verify(alg, b"another message", jws.signature()), "{alg:?}");
        let length = match alg {
            EdDsa | Es256 => 64,
            Es384 => 96,
            _ => 256,
        };
        assert_eq!(jws.signature().len(), length, "{alg:?}");
    }
}

/// RFC 7515 appendix A.2 and RFC 8037 appendix A.4: these signatures leave no choice.
#[test]
fn signatures_are_those_of_the_standards() {
    if !Rs256.is_supported() {
        return;
    }
    for (alg, pem, jwt) in [
        (Rs256, der::pkcs8(vectors::A2_JWK), vectors::A2_JWS),
        (Rs256, der::pkcs1(vectors::A2_JWK), vectors::A2_JWS),
        (EdDsa, der::pkcs8(vectors::ED_JWK), vectors::ED_JWS),
    ] {
        let jws = Jws::parse(jwt).unwrap();
        let key = SigningKey::from_pem(alg, &pem.into()).unwrap();
        assert_eq!(key.sign(jws.signing_input()).unwrap(), jws.signature(), "{alg:?}");
    }
}

#[cfg(any(feature = "aws-lc", feature = "ring"))]
#[test]
fn a_key_in_sec1_is_read_where_the_back_end_can() {
    let got = JwtSigner::es256(der::sec1(vectors::A3_JWK));
    assert_eq!(got.is_ok(), cfg!(feature = "aws-lc"));
    let got = JwtSigner::es384(der::sec1(vectors::P384_JWK));
    assert_eq!(got.is_ok(), cfg!(feature = "aws-lc"));
}

#[cfg(any(feature = "aws-lc", feature = "ring"))]
#[test]
fn a_certificate_before_the_key_is_passed_over() {
    let pem = der::pem("CERTIFICATE", b"anything") + &der::pkcs8(vectors::A3_JWK);
    assert!(JwtSigner::es256(pem).is_ok());
}

#[test]
fn what_is_no_private_key_for_the_algorithm_is_refused() {
    let keys = [
        der::pkcs8(vectors::ED_JWK),
        der::pkcs8(vectors::A3_JWK),
        der::sec1(vectors::A3_JWK),
        der::pkcs8(vectors::P384_JWK),
        der::pkcs8(vectors::A2_JWK),
        der::pkcs1(vectors::A2_JWK),
        String::new(),
        "no PEM".to_owned(),
        vectors::A3_JWK.to_owned(),
        der::pem("PUBLIC KEY", b"anything"),
        der::pem("PRIVATE KEY", b"anything"),
        der::pem("EC PRIVATE KEY", b"anything"),
        der::pem("RSA PRIVATE KEY", b"anything"),
        der::pem("ENCRYPTED PRIVATE KEY", b"anything"),
        der::pkcs8(vectors::A3_JWK).replace("-----END", "----"),
        der::pkcs8(vectors::A3_JWK).replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
    ];
    for (constructor, alg, _) in PEM {
        let own: &[usize] = match alg {
            EdDsa => &[0],
            Es256 => &[1, 2],
            Es384 => &[3],
            _ => &[4, 5],
        };
        for (index, pem) in keys.iter().enumerate().filter(|(index, _)| !own.contains(index)) {
            let error = constructor(pem.as_str().into()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{alg:?} {index}");
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(alg.as_str()), "{shown}");
            let repeats = |line: &str| line.len() > 8 && shown.contains(line);
            assert!(!pem.lines().any(repeats), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_key_of_any_kind_signs_by_the_algorithm_that_goes_with_it() {
    for (pem, want) in [
        (der::pkcs8(vectors::ED_JWK), EdDsa),
        (der::pkcs8(vectors::A3_JWK), Es256),
        (der::pkcs8(vectors::P384_JWK), Es384),
        (der::pkcs8(vectors::A2_JWK), Rs256),
        (der::pkcs1(vectors::A2_JWK), Rs256),
    ] {
        let signer = JwtSigner::from_pem(pem);
        assert_eq!(signer.is_ok(), want.is_supported(), "{want:?}");
        let Ok(signer) = signer else { continue };
        let jwt = signer.sign("client", "https://op.test", at(1)).await.unwrap();
        assert_eq!(Jws::parse(jwt.expose()).unwrap().algorithm(), Some(want));
    }
    let planted = der::pem("PRIVATE KEY", b"planted");
    for pem in ["", "no PEM", &planted, &der::pem("PUBLIC KEY", b"anything")] {
        let error = JwtSigner::from_pem(pem).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("cGxhbnRlZA"), "{shown}");
    }
}

#[tokio::test]
async fn the_header_names_the_certificate_of_the_registration() {
    let signer = || JwtSigner::hs256(SECRET).unwrap();
    let header = async |signer: JwtSigner| -> Json {
        let jwt = signer.sign("client", "https://op.test", at(1_000)).await.unwrap();
        let header = jwt.expose().split('.').next().unwrap().to_owned();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
    };
    assert_eq!(header(signer()).await.get("x5t#S256"), None);
    // The SHA-256 of "abc" is published (FIPS 180-2, appendix B.1).
    let (first, second) = (der::pem("CERTIFICATE", b"abc"), der::pem("CERTIFICATE", b"another"));
    for pem in [&first, &format!("{first}{second}"), &first.replace('\n', "\r\n")] {
        let named = header(signer().with_certificate(pem).unwrap()).await;
        assert_eq!(named["x5t#S256"], "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }
    let cut = first.replace("END", "");
    for pem in ["", "abc", &der::pem("PRIVATE KEY", b"abc"), &der::pem("CERTIFICATE", b""), &cut] {
        assert_eq!(signer().with_certificate(pem).unwrap_err().kind(), ErrorKind::Config, "{pem}");
    }
}

#[tokio::test]
async fn a_client_secret_signs_with_each_hash() {
    let constructors: [(Constructor, Algorithm); 3] =
        [(JwtSigner::hs256, Hs256), (JwtSigner::hs384, Hs384), (JwtSigner::hs512, Hs512)];
    for (constructor, alg) in constructors {
        for secret in [SECRET, "short"] {
            let signer = constructor(secret.into()).unwrap();
            let jwt = signer.sign("client", "https://op.test", at(1)).await.unwrap();
            let jws = Jws::parse(jwt.expose()).unwrap();
            assert_eq!(jws.algorithm(), Some(alg));
            let want = alg.hmac(secret.as_bytes(), jws.signing_input()).unwrap();
            assert_eq!(jws.signature(), want);
        }
        assert_eq!(constructor("".into()).unwrap_err().kind(), ErrorKind::Config);
    }
}

#[tokio::test]
async fn by_default_the_client_speaks_of_itself_for_a_minute() {
    let signer = JwtSigner::hs256(SECRET).unwrap();
    let jwt = signer.sign("client", "https://op.test", at(1_000)).await.unwrap();
    let jws = Jws::parse(jwt.expose()).unwrap();
    assert_eq!((jws.alg(), jws.typ(), jws.kid()), ("HS256", Some("JWT"), None));
    let claims = jws.claims().unwrap();
    assert_eq!((&claims["iss"], &claims["sub"]), (&"client".into(), &"client".into()));
    assert_eq!(claims["aud"], "https://op.test");
    assert_eq!((&claims["iat"], &claims["exp"]), (&1_000.into(), &1_060.into()));
    let names: Vec<&String> = claims.keys().collect();
    assert_eq!(names.len(), 6, "and jti: {names:?}");
}

#[tokio::test]
async fn each_part_can_be_said_otherwise() {
    let signer = JwtSigner::hs256(SECRET)
        .unwrap()
        .with_key_id("key")
        .with_issuer("team")
        .with_subject("subject")
        .with_audience("https://appleid.apple.com")
        .with_lifetime(Duration::from_secs(600));
    let claims = claims(&signer).await;
    assert_eq!((&claims["iss"], &claims["sub"]), (&"team".into(), &"subject".into()));
    assert_eq!(claims["aud"], "https://appleid.apple.com");
    assert_eq!(claims["exp"], 1_600);
    let jwt = signer.sign("client", "", at(1)).await.unwrap();
    assert_eq!(Jws::parse(jwt.expose()).unwrap().kid(), Some("key"));
}

#[tokio::test]
async fn further_claims_stand_beside_the_signers_own() {
    let signer = JwtSigner::hs256(SECRET)
        .unwrap()
        .with_claim("scope", "a")
        .unwrap()
        .with_claim("scope", "a b")
        .unwrap()
        .with_claim("nested", serde_json::json!({ "iss": ["x"] }))
        .unwrap();
    let got = claims(&signer).await;
    assert_eq!((&got["scope"], &got["nested"]["iss"][0]), (&"a b".into(), &"x".into()));
    assert_eq!((&got["iss"], &got["sub"], got.len()), (&"client".into(), &"client".into(), 8));
    let got = claims(&signer.without_subject()).await;
    assert!(got.get("sub").is_none() && got.len() == 7, "{got:?}");
}

#[test]
fn what_says_something_else_speaks_in_other_words() {
    let signer = || JwtSigner::hs256(SECRET).unwrap();
    let all = [
        signer(),
        signer().without_subject(),
        signer().with_subject("ann"),
        signer().with_subject("true"),
        signer().with_issuer("ann"),
        signer().with_audience("ann"),
        signer().with_claim("scope", "a").unwrap(),
        signer().with_claim("scope", "b").unwrap(),
        signer().with_claim("scope", "a").unwrap().with_claim("more", "a").unwrap(),
    ];
    let words: BTreeSet<_> = all.iter().map(|signer| signer.speaks_for()).collect();
    assert_eq!(words.len(), all.len());
    assert!(words.iter().all(|words| words.len() == 43 && !words.contains("ann")), "{words:?}");
}

#[test]
fn another_key_that_says_the_same_speaks_in_the_same_words() {
    let same = |signer: JwtSigner| {
        let signer = signer.with_subject("ann").with_claim("b", 1).unwrap();
        signer.with_claim("a", 2).unwrap().speaks_for().into_owned()
    };
    let words = same(JwtSigner::hs256(SECRET).unwrap());
    let other = JwtSigner::hs512("another").unwrap().with_key_id("2").with_claim("a", 1).unwrap();
    assert_eq!(same(other.with_lifetime(Duration::from_secs(5))), words);
}

#[test]
fn a_claim_of_the_signers_own_is_refused() {
    for name in ["iss", "sub", "aud", "exp", "iat", "jti"] {
        let signer = JwtSigner::hs256(SECRET).unwrap();
        let error = signer.with_claim(name, "planted").unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("reserved")));
        assert!(error.to_string().contains(name) && !error.to_string().contains("planted"));
    }
}

/// Counts, so that a test knows what comes.
#[derive(Debug, Default)]
struct Counter(Mutex<u8>);

impl Random for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let mut counter = self.0.lock().unwrap();
        *counter += 1;
        bytes.fill(*counter);
    }
}

#[tokio::test]
async fn each_call_has_an_id_of_128_random_bits() {
    let signer = JwtSigner::hs256(SECRET).unwrap();
    let [first, second] = [claims(&signer).await, claims(&signer).await];
    assert_ne!(first["jti"], second["jti"]);
    let signer = signer.with_random(Arc::new(Counter::default()));
    for count in [1, 2] {
        let id = URL_SAFE_NO_PAD.encode([count; 16]);
        assert_eq!(claims(&signer).await["jti"], id);
    }
}

#[tokio::test]
async fn a_kept_jwt_is_given_again_until_it_is_too_old() {
    let signer = JwtSigner::hs256(SECRET)
        .unwrap()
        .with_lifetime(Duration::from_secs(100))
        .kept_for(Duration::from_secs(50))
        .with_random(Arc::new(Counter::default()));
    let id = async |client: &str, audience: &str, now| {
        let jwt = signer.sign(client, audience, at(now)).await.unwrap();
        let claims = Jws::parse(jwt.expose()).unwrap().claims().unwrap();
        assert!(claims["exp"].as_u64().unwrap() > now, "never one that expired");
        let id = URL_SAFE_NO_PAD.decode(claims["jti"].as_str().unwrap()).unwrap();
        assert_eq!((&claims["sub"], &claims["aud"]), (&client.into(), &audience.into()));
        id[0]
    };
    assert_eq!(id("a", "x", 1_000).await, 1);
    assert_eq!(id("a", "x", 1_049).await, 1);
    assert_eq!(id("a", "x", 1_050).await, 2, "too old");
    assert_eq!(id("a", "y", 1_050).await, 3, "for somebody else");
    assert_eq!(id("b", "y", 1_050).await, 4, "of somebody else");
    assert_eq!(id("b", "y", 1_049).await, 5, "the clock went back");
    assert_eq!(id("b", "y", 1_049).await, 5);
}

#[tokio::test]
async fn no_jwt_is_kept_beyond_its_lifetime() {
    let signer = JwtSigner::hs256(SECRET).unwrap().kept_for(Duration::from_secs(3_600));
    let first = signer.sign("a", "x", at(1_000)).await.unwrap();
    let last = signer.sign("a", "x", at(1_059)).await.unwrap();
    assert_eq!(first.expose(), last.expose());
    let next = signer.sign("a", "x", at(1_060)).await.unwrap();
    assert_ne!(first.expose(), next.expose());
}

#[tokio::test]
async fn a_time_out_of_range_is_refused() {
    let signer = JwtSigner::hs256(SECRET).unwrap();
    let before = UNIX_EPOCH - Duration::from_secs(1);
    let error = signer.sign("a", "x", before).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let signer = signer.with_lifetime(Duration::MAX);
    let error = signer.sign("a", "x", at(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn debug_shows_no_key_and_no_jwt() {
    let signer = JwtSigner::hs256(SECRET).unwrap().kept_for(Duration::from_secs(9));
    let jwt = signer.sign("a", "x", at(1)).await.unwrap();
    let shown = format!("{signer:?}");
    assert!(!shown.contains(SECRET) && !shown.contains(jwt.expose()), "{shown}");
    assert!(shown.starts_with("JwtSigner { algorithm: Hs256, key_id: None, lifetime: 60s"));
}
