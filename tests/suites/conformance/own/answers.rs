//! The token reply and userinfo.

use hallpass_core::{Descriptor, ErrorKind};
use hallpass_openid::OpenId;
use hallpass_testkit::{Fault, Forged, LocalProviderBuilder, SigningAlgorithm, Tamper};
use serde_json::json;

use crate::{
    flow::Flow,
    row::{
        Case,
        Expected::{Accept, Reject},
        LOGIN, Lie, Row, UP_TO_TOKEN, accepted, refused,
    },
    world::World,
};

const SIGNED: &str = "OpenID Connect Core 5.3.2";

/// Userinfo comes last, and is refused.
const fn userinfo(lie: fn(&World), reason: &'static str) -> Case {
    refused(Flow::Login, Lie::Told(lie), reason, LOGIN)
}

/// The same where it is signed.
const fn signed_userinfo(lie: fn(&World), reason: &'static str) -> Case {
    userinfo(lie, reason).provider(LocalProviderBuilder::with_signed_userinfo).client(wants_signed)
}

pub(crate) const ANSWERS: &[Row] = &[
    Row {
        name: "token-reply-without-id-token",
        expected: Reject,
        mutation: "no ID token, though the login asked for openid",
        spec: "OpenID Connect Core 3.1.3.3",
        case: refused(
            Flow::Login,
            Lie::Told(|world| {
                world.local.tamper(Tamper::token_reply(|reply| drop(reply.remove("id_token"))));
            }),
            "id_token",
            UP_TO_TOKEN,
        ),
    },
    Row {
        name: "token-reply-bound-to-a-key",
        expected: Reject,
        mutation: "token_type is DPoP, and nobody has a key",
        spec: "RFC 9449 5; RFC 6749 7.1",
        case: refused(
            Flow::Login,
            Lie::Told(|world| {
                world.local.tamper(Tamper::token_reply(|reply| {
                    reply.insert("token_type".to_owned(), json!("DPoP"));
                }));
            }),
            "key_binding",
            UP_TO_TOKEN,
        ),
    },
    Row {
        name: "userinfo-without-sub",
        expected: Reject,
        mutation: "userinfo has no sub",
        spec: "OpenID Connect Core 5.3.2",
        case: userinfo(
            |world| world.local.tamper(Tamper::userinfo(|claims| drop(claims.remove("sub")))),
            "empty_id",
        )
        .of_kind(ErrorKind::Malformed),
    },
    Row {
        name: "userinfo-unsigned",
        expected: Reject,
        mutation: "userinfo is plain JSON, where the client is registered for a signed one",
        spec: SIGNED,
        case: userinfo(
            |world| {
                world.local.fault(
                    Fault::on("userinfo").status(200).body("application/json", r#"{"sub":"1"}"#),
                );
            },
            "unsigned",
        )
        .provider(LocalProviderBuilder::with_signed_userinfo)
        .client(wants_signed),
    },
    Row {
        name: "signed-userinfo-aud-other",
        expected: Reject,
        mutation: "aud of signed userinfo is the client id and one more 1",
        spec: SIGNED,
        case: signed_userinfo(
            |world| world.local.tamper(Tamper::userinfo_jwt(|token| token.append("aud", "1"))),
            "aud",
        ),
    },
    Row {
        name: "signed-userinfo-iss-other",
        expected: Reject,
        mutation: "iss of signed userinfo is the issuer and one more 1",
        spec: SIGNED,
        case: signed_userinfo(
            |world| world.local.tamper(Tamper::userinfo_jwt(|token| token.append("iss", "1"))),
            "iss",
        ),
    },
    Row {
        name: "signed-userinfo-without-iss",
        expected: Reject,
        mutation: "signed userinfo has no iss",
        spec: SIGNED,
        case: signed_userinfo(
            |world| world.local.tamper(Tamper::userinfo_jwt(|token| token.remove("iss"))),
            "iss",
        ),
    },
    Row {
        name: "signed-userinfo-sub-other",
        expected: Reject,
        mutation: "sub of signed userinfo is that of the ID token and one more 1",
        spec: SIGNED,
        case: signed_userinfo(
            |world| world.local.tamper(Tamper::userinfo_jwt(|token| token.append("sub", "1"))),
            "subject",
        ),
    },
    Row {
        name: "signed-userinfo-alg-none",
        expected: Reject,
        mutation: "alg of userinfo is none, and there is no signature",
        spec: SIGNED,
        case: signed_userinfo(
            |world| world.local.tamper(Tamper::userinfo_jwt(Forged::unsign)),
            "alg",
        ),
    },
    Row {
        name: "signed-userinfo-alg-other",
        expected: Reject,
        mutation: "ES256 by the provider's own key, where RS256 alone is announced",
        spec: SIGNED,
        case: signed_userinfo(
            |world| {
                world.local.tamper(Tamper::userinfo_jwt(|token| {
                    token.sign_as(SigningAlgorithm::Es256);
                }));
            },
            "alg",
        ),
    },
    Row {
        name: "signed-userinfo-signature",
        expected: Reject,
        mutation: "each byte of the signature XORed with 0x5A",
        spec: SIGNED,
        case: refused(
            Flow::Login,
            Lie::Told(|world| {
                world.local.tamper(Tamper::userinfo_jwt(Forged::spoil_signature));
            }),
            "signature",
            "discovery authorize authorize token jwks userinfo jwks",
        )
        .provider(LocalProviderBuilder::with_signed_userinfo)
        .client(wants_signed),
    },
    Row {
        name: "signed-userinfo-unasked",
        expected: Accept,
        mutation: "userinfo is signed, and the client would have taken JSON: it is verified",
        spec: SIGNED,
        case: accepted(Flow::Login, Lie::None, |world| assert_eq!(world.sent(), LOGIN))
            .provider(LocalProviderBuilder::with_signed_userinfo),
    },
];

fn wants_signed(client: OpenId) -> OpenId {
    client.with_descriptor(Descriptor::with_signed_userinfo)
}
