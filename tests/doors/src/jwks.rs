use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    BaseOAuth2, Result, Secret,
    core::{Descriptor, Json, JwtKind, VerifiedClaims},
    openid::{Algorithm, IssuerRule, OpenId, thumbprint},
};
use hallpass_testkit::SigningKey;
use serde_json::json;

use crate::{
    oracle::check_error,
    world::{Answers, CLIENT_ID, NOW, SECRET, at_once, client, config, keys, pick},
};

const ISSUER: &str = "https://id.test";

/// A provider's key set, and the header of an ID token that is signed with one of its keys.
///
/// Bytes: which key signs. Then two parts: the key set, and the header. In the key set `$RS`,
/// `$EC` and `$ED` are the members of the keys of this process; in the header there is nothing to
/// fill in.
pub fn jwks(input: &[u8]) {
    let Some((&which, rest)) = input.split_first() else { return };
    let mut parts = rest.splitn(2, |byte| *byte == 0);
    let set = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let header = parts.next().unwrap_or(br#"{"alg":"EdDSA"}"#);
    let (word, key) = pick(&SIGNERS, which);
    let set_filled = filled(&set);
    let key = key(&set_filled);
    let set: Json =
        serde_json::from_str(set_filled.trim_start_matches('\u{feff}')).unwrap_or_default();
    let set: &[Json] = set["keys"].as_array().map_or(&[], Vec::as_slice);
    match verified(&signed(&key, header), set_filled.clone()) {
        Ok(claims) => {
            assert_eq!(claims.subject(), "42");
            assert!(!word.is_empty(), "signed by nobody");
            assert!(set.iter().any(|jwk| is_of(jwk, &key)), "the set has no such key: {set:?}");
        }
        Err(error) => check_error(&error, &[SECRET]),
    }
    for jwk in set.iter().filter(|jwk| jwk.is_object()) {
        let mut longer = jwk.clone();
        longer["hallpass_unknown"] = "x".into();
        let [one, two] = [jwk, &longer].map(|jwk| thumbprint(jwk).map_err(|error| error.kind()));
        assert_eq!(one, two, "a member that nobody knows changes the thumbprint of {jwk}");
    }
}

/// Whether this is the public half of the key.
fn is_of(jwk: &Json, key: &SigningKey) -> bool {
    let own = key.public_jwk();
    ["kty", "crv", "x", "y", "n", "e"].iter().all(|name| jwk.get(name) == own.get(name))
}

type Signer = (&'static str, fn(&str) -> SigningKey);

/// A word of the set, and the key. Without a word it must never be believed: a MAC with the public
/// set or with a public number for its secret, and no signature at all.
const SIGNERS: [Signer; 6] = [
    ("$ED", |_| keys().ed.clone()),
    ("$EC", |_| keys().ec.clone()),
    ("$RS", |_| keys().rsa.clone()),
    ("", |set| SigningKey::hs256(set)),
    ("", |_| SigningKey::hs256(keys().ed.public_jwk()["x"].as_str().unwrap_or_default())),
    ("", |_| SigningKey::none()),
];

fn filled(set: &str) -> String {
    let members = |key: &SigningKey| {
        let Json::Object(mut jwk) = key.public_jwk() else { unreachable!("a key is an object") };
        jwk.retain(|name, _| name != "kid" && name != "use");
        Json::Object(jwk).to_string().trim_matches(['{', '}']).to_owned()
    };
    let mut set = set.to_owned();
    for (word, key) in [("$RS", &keys().rsa), ("$EC", &keys().ec), ("$ED", &keys().ed)] {
        if set.contains(word) {
            set = set.replace(word, &members(key));
        }
    }
    set
}

fn signed(key: &SigningKey, header: &[u8]) -> Secret {
    let claims = json!({
        "iss": ISSUER, "sub": "42", "aud": CLIENT_ID, "iat": NOW, "exp": NOW + 600,
    });
    let header = URL_SAFE_NO_PAD.encode(header);
    let input = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = URL_SAFE_NO_PAD.encode(key.signature(input.as_bytes()));
    Secret::new(format!("{input}.{signature}"))
}

fn verified(jwt: &Secret, set: String) -> Result<VerifiedClaims> {
    let descriptor = Descriptor::new("work", "https://id.test/authorize", "https://id.test/token");
    let issuer = IssuerRule::Exact(ISSUER.to_owned());
    let provider: OpenId = OpenId::pinned(descriptor.with_scopes(["openid"]), issuer, JWKS_URI);
    let provider = provider.with_algorithms([
        Algorithm::EdDsa,
        Algorithm::Es256,
        Algorithm::Rs256,
        Algorithm::Ps256,
    ]);
    let http = Answers::json(vec![set.into_bytes()]).without_keys();
    let client: Arc<dyn BaseOAuth2> = client(provider, config(), Arc::new(http));
    at_once(client.verify_jwt(jwt, JwtKind::IdToken))
}

const JWKS_URI: &str = "https://id.test/keys";
