use std::sync::{Arc, OnceLock};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    BaseOAuth2, Secret,
    core::{Descriptor, Json, JwtKind, VerifiedClaims},
    openid::{Algorithm, BackchannelLogout, IssuerRule, LoggedOut, MemoryReplayStore, OpenId},
};
use hallpass_testkit::SigningKey;
use serde_json::Map;

use crate::{
    oracle::check_error,
    world::{Answers, CLIENT_ID, NOW, SECRET, Still, at_once, client, config, keys, pick},
};

pub(crate) const ISSUER: &str = "https://id.test";

/// ID tokens, signed userinfo, introspection replies and logout tokens.
///
/// Bytes: which sort, and which key signs. Then a whole JWT where the key is `nobody`; or else two
/// parts, header and claims, which are signed as they are.
pub fn jwt(input: &[u8]) {
    let Some((&[kind, signer], rest)) = input.split_first_chunk() else { return };
    let kind = pick(&KINDS, kind);
    let Some(key) = pick(&SIGNERS, signer).map(|key| key()) else {
        let jwt = String::from_utf8_lossy(rest);
        for believed in [verify(&jwt, kind).is_ok(), receive(&jwt).is_ok()] {
            assert!(!believed, "nobody signed {jwt}");
        }
        return;
    };
    let (header, claims) = match rest.iter().position(|byte| *byte == 0) {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (br#"{"alg":"EdDSA"}"#.as_slice(), rest),
    };
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let message = format!("{}.{}", part(header), part(claims));
    let jwt = format!("{message}.{}", part(&key.signature(message.as_bytes())));
    match verify(&jwt, kind) {
        Ok(got) => {
            check_header(header, key);
            check_claims(&got, claims, kind);
        }
        Err(error) => check_error(&error, &[SECRET]),
    }
    logged_out(&jwt);
}

const KINDS: [JwtKind; 4] =
    [JwtKind::IdToken, JwtKind::LogoutToken, JwtKind::Userinfo, JwtKind::Introspection];

const SIGNERS: [Option<fn() -> &'static SigningKey>; 4] =
    [Some(|| &keys().ed), Some(|| &keys().ec), Some(|| &keys().mac), None];

fn verify(jwt: &str, kind: JwtKind) -> hallpass::Result<VerifiedClaims> {
    at_once(work().verify_jwt(&Secret::new(jwt), kind))
}

fn work() -> &'static Arc<dyn BaseOAuth2> {
    static CLIENT: OnceLock<Arc<dyn BaseOAuth2>> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let descriptor =
            Descriptor::new("work", "https://id.test/authorize", "https://id.test/token");
        let descriptor = descriptor.with_scopes(["openid"]);
        let issuer = IssuerRule::Exact(ISSUER.to_owned());
        let provider: OpenId = OpenId::pinned(descriptor, issuer, "https://id.test/keys");
        let provider = provider
            .with_algorithms([Algorithm::EdDsa, Algorithm::Es256, Algorithm::Hs256])
            .with_audiences(["other"]);
        client(provider, config(), Arc::new(Answers::json(Vec::new())))
    })
}

/// The algorithm is the key's own, and nothing is critical.
fn check_header(header: &[u8], key: &SigningKey) {
    let header: Map<String, Json> = serde_json::from_slice(header).expect("a header is an object");
    assert_eq!(header["alg"], key.algorithm().as_str());
    assert!(!header.contains_key("crit") && !header.contains_key("b64"));
    if let Some(kid) = header.get("kid") {
        assert!(key.key_id().is_none_or(|own| kid == own), "the key of another name: {kid}");
    }
}

/// They are what was signed, of this issuer, for this client, now, about somebody.
fn check_claims(got: &VerifiedClaims, signed: &[u8], kind: JwtKind) {
    let signed: Map<String, Json> = serde_json::from_slice(signed).expect("claims are an object");
    assert_eq!(got.as_map(), &signed);
    assert_eq!(signed["iss"], ISSUER);
    let audiences = match &signed["aud"] {
        Json::Array(many) => many.clone(),
        one => vec![one.clone()],
    };
    assert!(audiences.iter().any(|aud| aud == CLIENT_ID), "for another client");
    assert!(audiences.iter().all(|aud| aud == CLIENT_ID || aud == "other"), "for a stranger too");
    assert!(audiences.len() < 2 || signed.contains_key("azp"), "asked for by nobody knows whom");
    let time = |name: &str| signed.get(name).map(|time| time.as_f64().expect("a time"));
    let now = NOW as f64;
    assert!(time("exp").is_none_or(|exp| exp + 60.0 > now), "it is over");
    assert!(time("nbf").is_none_or(|nbf| nbf - 60.0 <= now), "it is not good yet");
    assert!(time("iat").is_none_or(|iat| iat - 60.0 <= now), "it was made in the future");
    let subject = signed.get("sub").and_then(Json::as_str);
    let is_fit = |sub: &str| (1..=255).contains(&sub.len()) && sub.is_ascii();
    let says = |name: &str| signed.get(name).and_then(Json::as_str).is_some_and(|t| !t.is_empty());
    match kind {
        JwtKind::IdToken => {
            assert!(subject.is_some_and(is_fit) && time("exp").is_some() && time("iat").is_some());
        }
        JwtKind::Userinfo => assert!(subject.is_some_and(is_fit)),
        JwtKind::LogoutToken => {
            assert!(says("jti") && (says("sub") || says("sid")) && !signed.contains_key("nonce"));
        }
        _ => {}
    }
}

/// A logout token ends the sessions of somebody, once, and is no ID token.
fn logged_out(jwt: &str) {
    let logout = replays();
    match receive_with(&logout, jwt) {
        Ok(logged_out) => {
            assert!(logged_out.subject().is_some() || logged_out.session().is_some());
            assert_eq!(logged_out.issuer(), ISSUER);
            assert!(verify(jwt, JwtKind::IdToken).is_err(), "a logout token that signs in");
            let again = receive_with(&logout, jwt).expect_err("it came before");
            assert_eq!(again.reason(), Some("replay"));
        }
        Err(error) => check_error(&error, &[SECRET]),
    }
}

fn receive(jwt: &str) -> hallpass::Result<LoggedOut> {
    receive_with(&replays(), jwt)
}

fn replays() -> BackchannelLogout {
    BackchannelLogout::new(Arc::new(MemoryReplayStore::new().with_clock(Arc::new(Still))))
}

fn receive_with(logout: &BackchannelLogout, jwt: &str) -> hallpass::Result<LoggedOut> {
    at_once(logout.receive(&**work(), format!("logout_token={jwt}").as_bytes()))
}
