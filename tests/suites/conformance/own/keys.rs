//! Signatures, headers and keys that are not what they seem.

use hallpass_core::{ErrorKind, Json};
use hallpass_openid::Algorithm;
use hallpass_testkit::{Forged, ForgedSignature, SigningAlgorithm, SigningKey, Tamper};
use serde_json::{Map, json};

use crate::{
    flow::Flow,
    row::{
        Expected::{Accept, Reject},
        LOGIN, Lie, Row, UP_TO_KEYS, UP_TO_NEW_KEYS, UP_TO_TOKEN, accepted, id_token, refused,
    },
    world::World,
};

const JOSE: &str = "RFC 8725 3.1; OpenID Connect Core 3.1.3.7 (7, 8)";

pub(crate) const KEYS: &[Row] = &[
    Row {
        name: "crit",
        expected: Reject,
        mutation: "the header has an extension that must be understood",
        spec: "RFC 7515 4.1.11",
        case: id_token(
            |token| {
                put(token, "crit", json!(["exp"]));
                put(token, "exp", json!(1));
            },
            "crit",
        )
        .after(UP_TO_TOKEN),
    },
    Row {
        name: "b64",
        expected: Reject,
        mutation: "the header says that the payload is not encoded",
        spec: "RFC 7797 6",
        case: id_token(|token| put(token, "b64", json!(false)), "crit").after(UP_TO_TOKEN),
    },
    Row {
        name: "jwk-in-the-header",
        expected: Reject,
        mutation: "the header brings the key that signed, under the kid of the provider's",
        spec: "RFC 8725 3.10",
        case: id_token(
            |token| {
                let own = SigningKey::es256();
                put(token, "alg", json!("ES256"));
                put(token, "jwk", own.public_jwk());
                token.signature = ForgedSignature::By(own);
            },
            "signature",
        )
        .provider(|provider| provider.with_signing_algorithm(SigningAlgorithm::Es256))
        .after(UP_TO_NEW_KEYS),
    },
    Row {
        name: "kid-foreign",
        expected: Reject,
        mutation: "a key that the provider does not have, under its own kid, with jku",
        spec: "RFC 8725 3.10; OpenID Connect Core 10.1",
        case: id_token(
            |token| {
                token.sign_with(SigningKey::es256());
                put(token, "jku", json!("http://127.0.0.1:9/keys"));
            },
            "key",
        )
        .provider(|provider| provider.with_signing_algorithm(SigningAlgorithm::Es256))
        .after(UP_TO_NEW_KEYS),
    },
    Row {
        name: "typ-access-token",
        expected: Reject,
        mutation: "typ is at+jwt",
        spec: "RFC 8725 3.11; RFC 9068 2.1",
        case: id_token(|token| put(token, "typ", json!("at+jwt")), "typ").after(UP_TO_TOKEN),
    },
    Row {
        name: "typ-logout-token",
        expected: Reject,
        mutation: "typ is logout+jwt",
        spec: "RFC 8725 3.11",
        case: id_token(|token| put(token, "typ", json!("logout+jwt")), "typ").after(UP_TO_TOKEN),
    },
    Row {
        name: "typ-plain",
        expected: Accept,
        mutation: "typ is application/jwt",
        spec: "RFC 7519 5.1; RFC 7515 4.1.9",
        case: accepted(
            Flow::Login,
            Lie::IdToken(|token| put(token, "typ", json!("application/JWT"))),
            |world| assert_eq!(world.sent(), LOGIN),
        ),
    },
    Row {
        name: "hs256-not-asked-for",
        expected: Reject,
        mutation: "HS256 keyed with the client's secret, as announced, and not asked for",
        spec: JOSE,
        case: refused(
            Flow::Login,
            Lie::Built(|provider| provider.with_signing_algorithm(SigningAlgorithm::Hs256)),
            "alg",
            UP_TO_TOKEN,
        ),
    },
    Row {
        name: "hs256-keyed-with-the-public-key",
        expected: Reject,
        mutation: "HS256 keyed with the provider's public key, of a client that takes HS256 too",
        spec: JOSE,
        case: refused(Flow::Login, Lie::Told(by_public_key), "signature", UP_TO_TOKEN)
            .client(|it| it.with_algorithms([Algorithm::Rs256, Algorithm::Hs256])),
    },
    Row {
        name: "hs256-keyed-with-the-public-key-not-asked-for",
        expected: Reject,
        mutation: "HS256 keyed with the provider's public key",
        spec: JOSE,
        case: refused(Flow::Login, Lie::Told(by_public_key), "alg", UP_TO_TOKEN),
    },
    Row {
        name: "hs256-keyed-with-a-published-secret",
        expected: Reject,
        mutation: "HS256 keyed with a secret that stands among the keys, of a client that takes \
                   HS256 too",
        spec: JOSE,
        case: refused(Flow::Login, Lie::Told(by_published_secret), "signature", UP_TO_TOKEN)
            .client(|it| it.with_algorithms([Algorithm::Rs256, Algorithm::Hs256])),
    },
    Row {
        name: "alg-of-another-key",
        expected: Reject,
        mutation: "ES256 by the provider's own key, where RS256 alone is announced",
        spec: JOSE,
        case: id_token(|token| token.sign_as(SigningAlgorithm::Es256), "alg").after(UP_TO_TOKEN),
    },
    Row {
        name: "alg-none-in-capitals",
        expected: Reject,
        mutation: "alg is NONE, and there is no signature",
        spec: "RFC 8725 3.1",
        case: id_token(
            |token| {
                token.unsign();
                put(token, "alg", json!("NONE"));
            },
            "alg",
        )
        .after(UP_TO_TOKEN),
    },
    Row {
        name: "signature-missing",
        expected: Reject,
        mutation: "alg is RS256, and there is no signature",
        spec: "RFC 7515 5.2",
        case: id_token(|token| token.signature = ForgedSignature::Bytes(Vec::new()), "signature")
            .after(UP_TO_NEW_KEYS),
    },
    Row {
        name: "signature-of-other-claims",
        expected: Reject,
        mutation: "the signature is right, but of other claims",
        spec: "RFC 7515 5.2",
        case: id_token(
            |token| {
                token.write(&text(&token.header), "{}");
                let other = token.instead.take().unwrap();
                let signature = crate::read::bytes(other.rsplit('.').next().unwrap());
                token.signature = ForgedSignature::Bytes(signature);
            },
            "signature",
        )
        .after(UP_TO_NEW_KEYS),
    },
    Row {
        name: "header-twice",
        expected: Reject,
        mutation: "alg is there twice, under a right signature",
        spec: "RFC 7515 4",
        case: id_token(
            |token| {
                let header = text(&token.header).replacen('{', r#"{"alg":"none","#, 1);
                let claims = text(&token.claims);
                token.write(&header, &claims);
            },
            "duplicate",
        )
        .after(UP_TO_TOKEN),
    },
    Row {
        name: "no-jwt",
        expected: Reject,
        mutation: "the ID token is some text",
        spec: "RFC 7519 7.2",
        case: id_token(|token| token.instead = Some("text".to_owned()), "jwt")
            .of_kind(ErrorKind::Malformed)
            .after(UP_TO_TOKEN),
    },
    Row {
        name: "jwks-for-encryption",
        expected: Reject,
        mutation: "the key that signed is published for encryption",
        spec: "RFC 7517 4.2",
        case: refused(
            Flow::Login,
            Lie::Told(|world| {
                world.local.tamper(Tamper::jwks(|jwks| {
                    for key in jwks["keys"].as_array_mut().unwrap() {
                        key["use"] = json!("enc");
                    }
                }));
            }),
            "key",
            UP_TO_NEW_KEYS,
        ),
    },
    Row {
        name: "jwks-twice",
        expected: Reject,
        mutation: "each key is published once more, under the same kid, with other numbers",
        spec: "OpenID Connect Core 10.1",
        case: refused(
            Flow::Login,
            Lie::Told(|world| {
                world.local.tamper(Tamper::jwks(|jwks| {
                    let keys = jwks["keys"].as_array_mut().unwrap();
                    let kids = keys.iter().map(|key| key["kid"].clone()).collect::<Vec<_>>();
                    for kid in kids {
                        let mut other = SigningKey::es256().public_jwk();
                        other["kid"] = kid;
                        keys.push(other);
                    }
                }));
            }),
            "key",
            UP_TO_KEYS,
        )
        .provider(|provider| provider.with_signing_algorithm(SigningAlgorithm::Es256)),
    },
];

/// What anybody can do who has read the keys. They are published anew, so that what is known of
/// them is here.
fn by_public_key(world: &World) {
    let key = SigningKey::es256();
    let published = json!({ "keys": [key.public_jwk()] });
    let bytes = published["keys"][0].to_string();
    world.local.tamper(Tamper::jwks(move |jwks| {
        jwks.insert("keys".to_owned(), published["keys"].clone());
    }));
    world.local.tamper(Tamper::id_token(move |token| {
        token.sign_with(SigningKey::hs256(bytes.clone()));
        put(token, "kid", json!(key.key_id()));
    }));
}

fn by_published_secret(world: &World) {
    world.local.tamper(Tamper::jwks(|jwks| {
        let secret = json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "shared", "alg": "HS256" });
        jwks["keys"].as_array_mut().unwrap().push(secret);
    }));
    world.local.tamper(Tamper::id_token(|token| {
        token.sign_with(SigningKey::hs256("secret").with_key_id("shared"));
    }));
}

fn put(token: &mut Forged, name: &str, value: Json) {
    token.header.insert(name.to_owned(), value);
}

fn text(members: &Map<String, Json>) -> String {
    serde_json::to_string(members).unwrap()
}
