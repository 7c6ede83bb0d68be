//! Logout tokens, and what a page says of a logout.

use hallpass_core::ErrorKind;
use hallpass_testkit::{Forged, SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::{
    flow::Flow,
    row::{
        Case,
        Expected::{Accept, Reject},
        Lie, Row, accepted, refused,
    },
    world::NOW,
};

const BACKCHANNEL: &str = "OpenID Connect Back-Channel Logout 2.4, 2.6";
const FRONTCHANNEL: &str = "OpenID Connect Front-Channel Logout 2";

const fn logout_token(lie: fn(&mut Forged), reason: &'static str) -> Case {
    refused(Flow::Backchannel, Lie::LogoutToken(lie), reason, "")
}

pub(crate) const LOGOUT: &[Row] = &[
    Row {
        name: "logout-token-without-typ",
        expected: Accept,
        mutation: "no typ, which is recommended alone",
        spec: BACKCHANNEL,
        case: accepted(
            Flow::Backchannel,
            Lie::LogoutToken(|token| drop(token.header.remove("typ"))),
            |world| assert!(world.app().session.is_none()),
        ),
    },
    Row {
        name: "logout-token-typ-other",
        expected: Reject,
        mutation: "typ is at+jwt",
        spec: "RFC 8725 3.11",
        case: logout_token(
            |token| drop(token.header.insert("typ".to_owned(), json!("at+jwt"))),
            "typ",
        ),
    },
    Row {
        name: "logout-token-signature",
        expected: Reject,
        mutation: "each byte of the signature XORed with 0x5A",
        spec: BACKCHANNEL,
        case: logout_token(Forged::spoil_signature, "signature").after("jwks"),
    },
    Row {
        name: "logout-token-of-another-key",
        expected: Reject,
        mutation: "a key that the provider does not have",
        spec: BACKCHANNEL,
        case: logout_token(|token| token.sign_with(SigningKey::es256()), "key")
            .provider(|provider| provider.with_signing_algorithm(SigningAlgorithm::Es256))
            .after("jwks"),
    },
    Row {
        name: "logout-token-past",
        expected: Reject,
        mutation: "exp is 6 minutes past",
        spec: BACKCHANNEL,
        case: logout_token(|token| token.set("exp", NOW - 360), "exp"),
    },
    Row {
        name: "logout-token-without-exp",
        expected: Reject,
        mutation: "no exp",
        spec: BACKCHANNEL,
        case: logout_token(|token| token.remove("exp"), "exp"),
    },
    Row {
        name: "logout-token-without-iat",
        expected: Reject,
        mutation: "no iat",
        spec: BACKCHANNEL,
        case: logout_token(|token| token.remove("iat"), "iat"),
    },
    Row {
        name: "logout-token-without-jti",
        expected: Reject,
        mutation: "no jti",
        spec: BACKCHANNEL,
        case: logout_token(|token| token.remove("jti"), "jti"),
    },
    Row {
        name: "logout-token-about-nobody",
        expected: Reject,
        mutation: "neither sub nor sid",
        spec: BACKCHANNEL,
        case: logout_token(
            |token| {
                token.remove("sub");
                token.remove("sid");
            },
            "sid",
        ),
    },
    Row {
        name: "logout-token-of-another-session",
        expected: Accept,
        mutation: "another session of the same user: this one stays",
        spec: "OpenID Connect Back-Channel Logout 2.7",
        case: accepted(
            Flow::Backchannel,
            Lie::LogoutToken(|token| token.set("sid", "other")),
            |world| assert!(world.app().session.is_some()),
        ),
    },
    Row {
        name: "logout-token-of-all-sessions",
        expected: Accept,
        mutation: "no sid: all sessions of the user end",
        spec: "OpenID Connect Back-Channel Logout 2.7",
        case: accepted(Flow::Backchannel, Lie::LogoutToken(|token| token.remove("sid")), |world| {
            assert!(world.app().session.is_none());
        }),
    },
    Row {
        name: "logout-token-twice-in-the-form",
        expected: Reject,
        mutation: "the form has a second logout_token",
        spec: "RFC 6749 3.1",
        case: refused(
            Flow::Backchannel,
            Lie::Inbound(|body| format!("{body}&logout_token=other")),
            "duplicate",
            "",
        ),
    },
    Row {
        name: "logout-token-missing",
        expected: Reject,
        mutation: "the form has no logout_token",
        spec: "OpenID Connect Back-Channel Logout 2.5",
        case: refused(
            Flow::Backchannel,
            Lie::Inbound(|body| body.replacen("logout_token", "token", 1)),
            "logout_token",
            "",
        )
        .of_kind(ErrorKind::Malformed),
    },
    Row {
        name: "frontchannel-issuer-other",
        expected: Reject,
        mutation: "iss is another",
        spec: FRONTCHANNEL,
        case: refused(
            Flow::Frontchannel,
            Lie::Inbound(|query| query.replacen("iss=http", "iss=https", 1)),
            "issuer",
            "",
        ),
    },
    Row {
        name: "frontchannel-sid-alone",
        expected: Reject,
        mutation: "sid without iss",
        spec: FRONTCHANNEL,
        case: refused(
            Flow::Frontchannel,
            Lie::Inbound(|query| query.rsplit('&').next().unwrap().to_owned()),
            "sid",
            "",
        )
        .of_kind(ErrorKind::Malformed),
    },
    Row {
        name: "frontchannel-of-another-session",
        expected: Accept,
        mutation: "sid is that of another session: this one stays",
        spec: FRONTCHANNEL,
        case: accepted(
            Flow::Frontchannel,
            Lie::Inbound(|query| format!("{query}-other")),
            |world| assert!(world.app().session.is_some()),
        ),
    },
];
