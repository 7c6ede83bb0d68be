//! What the suite does to the ID token of a login, and to the keys that sign it.

use hallpass_openid::Algorithm;
use hallpass_testkit::{Forged, Jwks, SigningAlgorithm};

use crate::{
    flow::Flow,
    row::{
        Expected::{Accept, AcceptOrReject, Reject},
        LOGIN, Lie, Row, UP_TO_KEYS, UP_TO_NEW_KEYS, UP_TO_TOKEN, accepted, id_token, not_offered,
        refused,
    },
    world::World,
};

const HYBRID: &str = "hallpass uses the code flow alone: no ID token comes through the browser";

pub(crate) const ID_TOKEN: &[Row] = &[
    Row {
        name: "oidcc-client-test-invalid-iss",
        expected: Reject,
        mutation: "iss is the issuer and one more 1",
        spec: "OpenID Connect Core 3.1.3.7 (2)",
        case: id_token(|token| token.append("iss", "1"), "iss"),
    },
    Row {
        name: "oidcc-client-test-missing-sub",
        expected: Reject,
        mutation: "no sub",
        spec: "OpenID Connect Core 2",
        case: id_token(|token| token.remove("sub"), "sub"),
    },
    Row {
        name: "oidcc-client-test-invalid-aud",
        expected: Reject,
        mutation: "aud is the client id and one more 1",
        spec: "OpenID Connect Core 2, 3.1.3.7 (3)",
        case: id_token(|token| token.append("aud", "1"), "aud"),
    },
    Row {
        name: "oidcc-client-test-missing-aud",
        expected: Reject,
        mutation: "no aud",
        spec: "OpenID Connect Core 2",
        case: id_token(|token| token.remove("aud"), "aud"),
    },
    Row {
        name: "oidcc-client-test-missing-iat",
        expected: Reject,
        mutation: "no iat",
        spec: "OpenID Connect Core 2",
        case: id_token(|token| token.remove("iat"), "iat"),
    },
    Row {
        name: "oidcc-client-test-nonce-invalid",
        expected: Reject,
        mutation: "nonce is the one that was sent and one more 1",
        spec: "OpenID Connect Core 2, 3.1.3.7 (11)",
        case: id_token(|token| token.append("nonce", "1"), "nonce"),
    },
    Row {
        name: "oidcc-client-test-nonce-unless-code-flow",
        expected: Accept,
        mutation: "none: the request of an implicit or hybrid flow has a nonce",
        spec: "OpenID Connect Core 3.1.2.1, 3.2.2.1, 3.3.2.11",
        case: not_offered(HYBRID),
    },
    Row {
        name: "oidcc-client-test-invalid-athash",
        expected: Reject,
        mutation: "at_hash is that of the access token and one more 1",
        spec: "OpenID Connect Core 3.1.3.8, 3.2.2.9, 3.3.2.11",
        case: id_token(|token| token.append("at_hash", "1"), "at_hash"),
    },
    Row {
        name: "oidcc-client-test-missing-athash",
        expected: Reject,
        mutation: "no at_hash where the access token comes through the browser",
        spec: "OpenID Connect Core 3.2.2.10, 3.3.2.11",
        case: not_offered(HYBRID),
    },
    Row {
        name: "oidcc-client-test-invalid-chash",
        expected: Reject,
        mutation: "c_hash is that of the code and one more 1, in an ID token beside the code",
        spec: "OpenID Connect Core 3.3.2.10, 3.3.2.11",
        case: not_offered(HYBRID),
    },
    Row {
        name: "oidcc-client-test-missing-chash",
        expected: Reject,
        mutation: "no c_hash in an ID token beside the code",
        spec: "OpenID Connect Core 3.3.2.11",
        case: not_offered(HYBRID),
    },
    Row {
        name: "oidcc-client-test-idtoken-sig-rs256",
        expected: Accept,
        mutation: "none: RS256 alone is announced and used",
        spec: "OpenID Connect Core 3.1.3.7 (6, 7); Dynamic Client Registration 2",
        case: accepted(Flow::Login, Lie::None, |world| {
            assert_eq!(header(world, "alg").as_deref(), Some("RS256"));
            assert_eq!(world.sent(), LOGIN);
        })
        .client(|client| client.with_algorithms([Algorithm::Rs256])),
    },
    Row {
        name: "oidcc-client-test-idtoken-sig-none",
        expected: AcceptOrReject,
        mutation: "alg is none, as announced, and there is no signature: refused, for nobody can \
                   register for it",
        spec: "OpenID Connect Core 2, 3.1.3.7 (6); Dynamic Client Registration 2",
        case: refused(
            Flow::Login,
            Lie::Built(|provider| provider.with_signing_algorithm(SigningAlgorithm::None)),
            "alg",
            UP_TO_TOKEN,
        ),
    },
    Row {
        name: "oidcc-client-test-invalid-sig-rs256",
        expected: Reject,
        mutation: "each byte of the RS256 signature XORed with 0x5A",
        spec: "OpenID Connect Core 3.1.3.7 (6), 3.2.2.11",
        case: id_token(Forged::spoil_signature, "signature").after(UP_TO_NEW_KEYS),
    },
    Row {
        name: "oidcc-client-test-invalid-sig-es256",
        expected: Reject,
        mutation: "each byte of the ES256 signature XORed with 0x5A",
        spec: "OpenID Connect Core 3.1.3.7 (6), 3.2.2.11",
        case: id_token(Forged::spoil_signature, "signature")
            .provider(|provider| provider.with_signing_algorithm(SigningAlgorithm::Es256))
            .after(UP_TO_NEW_KEYS),
    },
    Row {
        name: "oidcc-client-test-invalid-sig-hs256",
        expected: Reject,
        mutation: "each byte of the HS256 tag XORed with 0x5A, the client being registered for it",
        spec: "OpenID Connect Core 3.1.3.7 (6, 8), 3.2.2.11",
        case: id_token(Forged::spoil_signature, "signature")
            .provider(|provider| provider.with_signing_algorithm(SigningAlgorithm::Hs256))
            .client(|client| client.with_algorithms([Algorithm::Hs256]))
            .after(UP_TO_TOKEN),
    },
    Row {
        name: "oidcc-client-test-kid-absent-single-jwks",
        expected: Accept,
        mutation: "neither header nor keys have a kid, and one key fits the algorithm",
        spec: "OpenID Connect Core 10.1",
        case: accepted(Flow::Login, Lie::None, |world| {
            assert_eq!(header(world, "kid"), None);
            assert_eq!(world.sent(), LOGIN);
        })
        .provider(|provider| provider.with_jwks(Jwks::OneWithoutKeyId)),
    },
    Row {
        name: "oidcc-client-test-kid-absent-multiple-jwks",
        expected: AcceptOrReject,
        mutation: "neither header nor keys have a kid, and three keys fit: refused, since nothing \
                   says which one",
        spec: "OpenID Connect Core 10.1",
        case: refused(
            Flow::Login,
            Lie::Built(|provider| provider.with_jwks(Jwks::SeveralWithoutKeyId)),
            "key",
            UP_TO_KEYS,
        )
        .provider(|provider| provider.with_jwks(Jwks::OneWithoutKeyId)),
    },
    Row {
        name: "oidcc-client-test-signing-key-rotation",
        expected: Accept,
        mutation: "between two logins all keys are replaced",
        spec: "OpenID Connect Core 10.1.1",
        case: accepted(Flow::Again, Lie::Told(|world| world.local.rotate_keys()), |world| {
            assert_eq!(world.sent(), "authorize authorize token jwks userinfo");
            let all = ["jwks", "userinfo"].map(|what| world.local.count(what));
            assert_eq!(all, [2, 2]);
        }),
    },
    Row {
        name: "oidcc-client-test-signing-key-rotation-just-before-signing",
        expected: Accept,
        mutation: "all keys are replaced when the client knows those before, right before signing",
        spec: "OpenID Connect Core 10.1.1",
        case: accepted(
            Flow::Again,
            Lie::Told(|world| world.local.rotate_keys_before_signing()),
            |world| assert_eq!(world.sent(), "authorize authorize token jwks userinfo"),
        ),
    },
];

/// A member of the last ID token's header.
fn header(world: &World, name: &str) -> Option<String> {
    let token = world.token();
    let (header, _) = token.id_token().unwrap().expose().split_once('.').unwrap();
    crate::read::json(header)[name].as_str().map(str::to_owned)
}
