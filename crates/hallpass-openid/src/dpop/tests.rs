#![cfg(any(feature = "aws-lc", feature = "ring"))]

use std::time::Duration;

use hallpass_core::{
    ErrorKind, Json, Purpose,
    http::{HeaderMap, Method, StatusCode},
};

use super::*;
use crate::{
    jwk::Jwk,
    jws::{Jws, vectors},
    signer::der,
};

/// RFC 9449 figure 2: a proof for the token endpoint.
const TOKEN_PROOF: &str = "\
    eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUkl\
    DUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2\
    R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0\
    dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdr\
    j8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

/// RFC 9449 figure 13: a proof for a protected resource.
const RESOURCE_PROOF: &str = "\
    eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUkl\
    DUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2\
    R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0\
    cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlV\
    IeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPTo\
    A1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";

/// RFC 9449 section 7.1: the access token of figure 13, and its hash.
const ACCESS_TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const ATH: &str = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo";

/// RFC 9449 section 6.1: the thumbprint of the key of both proofs.
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

type Constructor = fn(Secret) -> Result<DpopSigner>;

const KEYS: [(Constructor, Algorithm, &str); 4] = [
    (DpopSigner::es256, Algorithm::Es256, vectors::A3_JWK),
    (DpopSigner::es384, Algorithm::Es384, vectors::P384_JWK),
    (DpopSigner::ps256, Algorithm::Ps256, vectors::A2_JWK),
    (DpopSigner::ed25519, Algorithm::EdDsa, vectors::ED_JWK),
];

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn request(method: Method, url: &str) -> Request {
    Request::new(method, Url::parse(url).unwrap(), Purpose::Api)
}

/// As core hands it over.
fn with_bearer(mut request: Request, token: &OAuth2Token) -> Request {
    let bearer = format!("Bearer {}", token.access_token().expose());
    request.headers.insert(header::AUTHORIZATION, bearer.parse().unwrap());
    request
}

/// Header and claims of a proof, after its signature was verified by the key in it.
#[track_caller]
fn verified(proof: &str) -> (Json, Json) {
    let header = URL_SAFE_NO_PAD.decode(proof.split('.').next().unwrap()).unwrap();
    let header: Json = serde_json::from_slice(&header).unwrap();
    let jws = Jws::parse(proof).unwrap();
    assert_eq!(jws.typ(), Some("dpop+jwt"));
    let key = Jwk::from_json(&header["jwk"]).unwrap();
    assert!(key.verify(jws.algorithm().unwrap(), jws.signing_input(), jws.signature()));
    let claims = jws.claims().unwrap();
    (header, Json::Object(claims))
}

/// What the signer proves with this request.
#[track_caller]
fn proven(signer: &DpopSigner, request: &mut Request, token: Option<&OAuth2Token>) -> (Json, Json) {
    signer.sign(request, token, now()).unwrap();
    let value = &request.headers[DPOP];
    assert!(value.is_sensitive());
    verified(value.to_str().unwrap())
}

fn answer(status: u16, nonce: Option<&str>, body: &str) -> Response {
    let mut headers = HeaderMap::new();
    if let Some(nonce) = nonce {
        headers.insert("dpop-nonce", nonce.parse().unwrap());
    }
    Response::new(StatusCode::from_u16(status).unwrap(), headers, body.into())
}

fn jwk(text: &str) -> Json {
    text.parse().unwrap()
}

#[test]
fn the_examples_of_the_standard_hold() {
    for proof in [TOKEN_PROOF, RESOURCE_PROOF] {
        let (header, _) = verified(proof);
        assert_eq!(thumbprint(&header["jwk"]).unwrap(), JKT);
    }
    assert_eq!(verified(RESOURCE_PROOF).1["ath"], ATH);
    assert_eq!(access_token_hash(&ACCESS_TOKEN.into()), ATH);
}

#[test]
fn a_proof_says_of_the_request_what_the_standard_wants_and_no_more() {
    let signer = DpopSigner::es256(der::pkcs8(vectors::A3_JWK)).unwrap();
    let mut request = request(Method::POST, "https://op.test/token?a=b#c");
    let (header, mut claims) = proven(&signer, &mut request, None);
    let known = jwk(vectors::A3_JWK);
    let public = json!({ "kty": "EC", "crv": "P-256", "x": known["x"], "y": known["y"] });
    assert_eq!(header, json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": public }));
    let id = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(id.as_str().unwrap()).unwrap().len(), 16);
    let want = json!({ "htm": "POST", "htu": "https://op.test/token", "iat": 1_700_000_000 });
    assert_eq!(claims, want);
    assert!(!request.headers.contains_key(header::AUTHORIZATION));
    assert_eq!(request.url.as_str(), "https://op.test/token?a=b#c");
}

#[test]
fn a_proof_is_bound_to_the_token_that_it_goes_with() {
    let signer = DpopSigner::generate().unwrap();
    let token = OAuth2Token::from_access_token(ACCESS_TOKEN);
    let url = "https://api.test/things?q=1";
    let mut request = with_bearer(request(Method::GET, url), &token);
    let (_, claims) = proven(&signer, &mut request, Some(&token));
    assert_eq!(claims["ath"], ATH);
    assert_eq!(claims["htu"], "https://api.test/things");
    let value = &request.headers[header::AUTHORIZATION];
    assert_eq!(value, &format!("DPoP {ACCESS_TOKEN}"));
    assert!(value.is_sensitive());
}

#[test]
fn a_token_that_is_not_in_the_header_is_not_sent() {
    let signer = DpopSigner::generate().unwrap();
    let token = OAuth2Token::from_access_token(ACCESS_TOKEN);
    let basic = {
        let mut request = request(Method::GET, "https://api.test/");
        request.headers.insert(header::AUTHORIZATION, "Basic YTpi".parse().unwrap());
        request
    };
    for mut request in [request(Method::GET, "https://api.test/?access_token=x"), basic] {
        let error = signer.sign(&mut request, Some(&token), now()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!format!("{error} {error:?}").contains(ACCESS_TOKEN));
        assert!(!request.headers.contains_key(DPOP));
    }
}

#[test]
fn keys_of_each_sort_show_their_public_half_alone() {
    for (constructor, algorithm, text) in KEYS {
        let signer = constructor(der::pkcs8(text).into()).unwrap();
        let mut request = request(Method::GET, "https://api.test/");
        let (header, _) = proven(&signer, &mut request, None);
        assert_eq!(header["alg"], algorithm.as_str());
        assert_eq!(signer.thumbprint(), thumbprint(&jwk(text)).unwrap(), "{algorithm:?}");
        let names: Vec<&String> = header["jwk"].as_object().unwrap().keys().collect();
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(!names.iter().any(|name| *name == private), "{algorithm:?} {names:?}");
        }
    }
}

#[test]
fn no_two_proofs_have_one_id() {
    let signer = DpopSigner::generate().unwrap();
    let ids = [(); 3].map(|()| {
        let mut request = request(Method::GET, "https://api.test/");
        proven(&signer, &mut request, None).1["jti"].clone()
    });
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
    let fixed = signer.with_random(Arc::new(Fixed));
    let mut request = request(Method::GET, "https://api.test/");
    assert_eq!(proven(&fixed, &mut request, None).1["jti"], URL_SAFE_NO_PAD.encode([7; 16]));
}

#[derive(Debug)]
struct Fixed;

impl Random for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

#[test]
fn the_last_nonce_of_an_origin_goes_with_each_proof_for_it() {
    let signer = DpopSigner::generate().unwrap();
    let url = |text: &str| Url::parse(text).unwrap();
    let sent = |text: &str| {
        let mut request = request(Method::POST, text);
        proven(&signer, &mut request, None).1["nonce"].clone()
    };
    assert_eq!(sent("https://op.test/token"), Json::Null);
    let wanted = r#"{"error":"use_dpop_nonce"}"#;
    let answered = answer(400, Some("first"), wanted);
    assert!(signer.wants_retry(&url("https://op.test/token"), &answered));
    assert_eq!(sent("https://op.test/par"), "first");
    assert_eq!(sent("https://api.test/"), Json::Null, "that of another server");
    // A good answer may bring the next one.
    let answered = answer(200, Some("second"), "{}");
    assert!(!signer.wants_retry(&url("https://op.test/token"), &answered));
    assert_eq!(sent("https://op.test/token"), "second");
    assert!(!signer.wants_retry(&url("https://api.test/"), &answer(200, Some("other"), "")));
    assert_eq!(sent("https://api.test/"), "other");
    assert_eq!(sent("https://op.test/token"), "second");
}

#[test]
fn nothing_is_sent_again_without_a_nonce_or_for_another_reason() {
    let signer = DpopSigner::generate().unwrap();
    let url = Url::parse("https://op.test/token").unwrap();
    let wanted = r#"{"error":"use_dpop_nonce"}"#;
    for answered in [
        answer(400, None, wanted),
        answer(400, Some("not one"), wanted),
        answer(400, Some("n"), r#"{"error":"invalid_dpop_proof"}"#),
        answer(400, Some("n"), r#"{"error":"invalid_grant"}"#),
        answer(401, Some("n"), wanted),
        answer(503, Some("n"), wanted),
    ] {
        assert!(!signer.wants_retry(&url, &answered), "{answered:?}");
    }
}

#[test]
fn a_key_that_was_made_is_the_same_after_a_restart() {
    let signer = DpopSigner::generate().unwrap();
    let pem = signer.to_pem();
    assert!(pem.expose().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(pem.expose().lines().all(|line| line.len() <= 64));
    let again = DpopSigner::es256(pem.clone()).unwrap();
    assert_eq!(again.thumbprint(), signer.thumbprint());
    assert_eq!(again.to_pem().expose(), pem.expose());
    let other = DpopSigner::generate().unwrap();
    assert_ne!(other.thumbprint(), signer.thumbprint());
    let got = signer.authorization_parameter();
    assert_eq!(got, Some(("dpop_jkt", Cow::Borrowed(signer.thumbprint()))));
}

#[test]
fn what_is_no_key_of_the_sort_is_refused() {
    for (constructor, algorithm, own) in KEYS {
        for (_, _, other) in KEYS.into_iter().filter(|(_, _, other)| *other != own) {
            let error = constructor(der::pkcs8(other).into()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{algorithm:?}");
        }
        assert_eq!(constructor("planted".into()).unwrap_err().kind(), ErrorKind::Config);
    }
}

#[test]
fn a_time_out_of_range_is_refused() {
    let signer = DpopSigner::generate().unwrap();
    let before = UNIX_EPOCH - Duration::from_secs(1);
    let error = signer.sign(&mut request(Method::GET, "https://api.test/"), None, before);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn debug_shows_no_key_and_no_nonce() {
    let signer = DpopSigner::generate().unwrap();
    let url = Url::parse("https://op.test/token").unwrap();
    assert!(!signer.wants_retry(&url, &answer(200, Some("planted"), "")));
    let shown = format!("{signer:?} {signer:#?}");
    let pem = signer.to_pem();
    let body = pem.expose().lines().nth(1).unwrap();
    assert!(!shown.contains(body) && !shown.contains("planted"), "{shown}");
    assert!(shown.contains(signer.thumbprint()), "{shown}");
}
