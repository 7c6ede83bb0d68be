//! Claims of the ID token that are wrong though its signature is right.

use std::time::Duration;

use hallpass_core::Json;
use hallpass_testkit::{Forged, LocalProviderBuilder, Tamper};
use serde_json::{Map, json};

use crate::{
    flow::Flow,
    row::{
        Expected::{Accept, Reject},
        LOGIN, Lie, Row, accepted, id_token, refused,
    },
    world::NOW,
};

pub(crate) const CLAIMS: &[Row] = &[
    Row {
        name: "exp-past",
        expected: Reject,
        mutation: "exp is 6 minutes past",
        spec: "OpenID Connect Core 3.1.3.7 (9)",
        case: id_token(|token| token.set("exp", NOW - 360), "exp"),
    },
    Row {
        name: "exp-past-by-the-leeway",
        expected: Reject,
        mutation: "exp is one minute past, which is more than clocks may differ",
        spec: "OpenID Connect Core 3.1.3.7 (9)",
        case: id_token(|token| token.set("exp", NOW - 60), "exp"),
    },
    Row {
        name: "exp-past-by-less",
        expected: Accept,
        mutation: "exp is 59 seconds past: clocks differ",
        spec: "OpenID Connect Core 3.1.3.7 (9)",
        case: accepted(Flow::Login, Lie::IdToken(|token| token.set("exp", NOW - 59)), |world| {
            assert_eq!(world.sent(), LOGIN);
        }),
    },
    Row {
        name: "exp-missing",
        expected: Reject,
        mutation: "no exp",
        spec: "OpenID Connect Core 2",
        case: id_token(|token| token.remove("exp"), "exp"),
    },
    Row {
        name: "exp-no-number",
        expected: Reject,
        mutation: "exp is text",
        spec: "OpenID Connect Core 2; RFC 7519 2",
        case: id_token(|token| token.set("exp", "2099"), "exp"),
    },
    Row {
        name: "iat-long-ago",
        expected: Reject,
        mutation: "iat is 7 days past",
        spec: "OpenID Connect Core 3.1.3.7 (10)",
        case: id_token(|token| token.set("iat", NOW - 7 * 24 * 3600), "iat"),
    },
    Row {
        name: "iat-to-come",
        expected: Reject,
        mutation: "iat is 6 minutes in the future",
        spec: "OpenID Connect Core 3.1.3.7 (10)",
        case: id_token(|token| token.set("iat", NOW + 360), "iat"),
    },
    Row {
        name: "nbf-to-come",
        expected: Reject,
        mutation: "nbf is 6 minutes in the future",
        spec: "RFC 7519 4.1.5",
        case: id_token(|token| token.set("nbf", NOW + 360), "nbf"),
    },
    Row {
        name: "azp-foreign",
        expected: Reject,
        mutation: "azp is another client",
        spec: "OpenID Connect Core 3.1.3.7 (5)",
        case: id_token(|token| token.set("azp", "somebody-else"), "azp")
            .provider(LocalProviderBuilder::with_azp),
    },
    Row {
        name: "aud-foreign-too",
        expected: Reject,
        mutation: "aud is the client and one that it does not know",
        spec: "OpenID Connect Core 3.1.3.7 (3)",
        case: id_token(
            |token| {
                let own = token.claims["aud"].clone();
                token.set("aud", json!([own, "https://elsewhere.test"]));
            },
            "aud",
        ),
    },
    Row {
        name: "aud-known-too",
        expected: Accept,
        mutation: "aud is the client and an API that it named, azp the client",
        spec: "OpenID Connect Core 3.1.3.7 (3 to 5)",
        case: accepted(Flow::Login, Lie::IdToken(for_the_api_too), |world| {
            assert_eq!(world.sent(), LOGIN);
        })
        .client(|client| client.with_audiences(["https://api.test"])),
    },
    Row {
        name: "azp-missing-among-many",
        expected: Reject,
        mutation: "two known audiences and no azp",
        spec: "OpenID Connect Core 3.1.3.7 (4)",
        case: id_token(
            |token| {
                let own = token.claims["aud"].clone();
                token.set("aud", json!([own, "https://api.test"]));
            },
            "azp",
        )
        .client(|client| client.with_audiences(["https://api.test"])),
    },
    Row {
        name: "aud-empty",
        expected: Reject,
        mutation: "aud is empty",
        spec: "OpenID Connect Core 3.1.3.7 (3)",
        case: id_token(|token| token.set("aud", ""), "aud"),
    },
    Row {
        name: "sub-empty",
        expected: Reject,
        mutation: "sub is empty",
        spec: "OpenID Connect Core 2",
        case: id_token(|token| token.set("sub", ""), "sub"),
    },
    Row {
        name: "sub-too-long",
        expected: Reject,
        mutation: "sub has 256 letters",
        spec: "OpenID Connect Core 2",
        case: id_token(|token| token.set("sub", "s".repeat(256)), "sub"),
    },
    Row {
        name: "sub-no-text",
        expected: Reject,
        mutation: "sub is a number",
        spec: "OpenID Connect Core 2",
        case: id_token(|token| token.set("sub", 42), "sub"),
    },
    Row {
        name: "nonce-missing",
        expected: Reject,
        mutation: "no nonce",
        spec: "OpenID Connect Core 3.1.3.7 (11)",
        case: id_token(|token| token.remove("nonce"), "nonce"),
    },
    Row {
        name: "at-hash-no-text",
        expected: Reject,
        mutation: "at_hash is no text",
        spec: "OpenID Connect Core 3.1.3.8",
        case: id_token(|token| token.set("at_hash", json!(["x"])), "at_hash"),
    },
    Row {
        name: "at-hash-missing",
        expected: Accept,
        mutation: "no at_hash, which the code flow does not ask for",
        spec: "OpenID Connect Core 3.1.3.6",
        case: accepted(Flow::Login, Lie::IdToken(|token| token.remove("at_hash")), |world| {
            assert_eq!(world.claims().get("at_hash"), None);
            assert_eq!(world.sent(), LOGIN);
        }),
    },
    Row {
        name: "c-hash-wrong",
        expected: Reject,
        mutation: "c_hash is that of another code",
        spec: "OpenID Connect Core 3.3.2.11",
        case: id_token(|token| token.set("c_hash", "LDktKdoQak3Pk0cnXxCltA"), "c_hash"),
    },
    Row {
        name: "auth-time-too-long-ago",
        expected: Reject,
        mutation: "max_age is ten minutes, and the user signed in twelve minutes ago",
        spec: "OpenID Connect Core 3.1.3.7 (13)",
        case: id_token(|token| token.set("auth_time", NOW - 720), "auth_time")
            .asking(|login| login.max_age(Duration::from_secs(600))),
    },
    Row {
        name: "auth-time-missing",
        expected: Reject,
        mutation: "max_age was asked, and no auth_time answers",
        spec: "OpenID Connect Core 3.1.3.7 (13)",
        case: id_token(|token| token.remove("auth_time"), "auth_time")
            .asking(|login| login.max_age(Duration::from_secs(600))),
    },
    Row {
        name: "acr-other",
        expected: Reject,
        mutation: "the user signed in otherwise than was asked",
        spec: "OpenID Connect Core 3.1.3.7 (12)",
        case: id_token(|token| token.set("acr", "0"), "acr")
            .asking(|login| login.acr_values(["phr"])),
    },
    Row {
        name: "claims-twice",
        expected: Reject,
        mutation: "sub is there twice, under a right signature",
        spec: "RFC 7519 4",
        case: id_token(
            |token| {
                let header = text(&token.header);
                let claims = text(&token.claims).replacen('{', r#"{"sub":"somebody","#, 1);
                token.write(&header, &claims);
            },
            "duplicate",
        ),
    },
    Row {
        name: "refreshed-aud-other",
        expected: Reject,
        mutation: "an audience of the login's ID token is missing in the refreshed one",
        spec: "OpenID Connect Core 12.2",
        case: refused(
            Flow::Refresh,
            Lie::Refreshed(|token| {
                let own = token.claims["azp"].clone();
                token.set("aud", own);
            }),
            "aud",
            "token",
        )
        .beginning(|world| world.local.tamper(Tamper::id_token(for_the_api_too)))
        .client(|client| client.with_audiences(["https://api.test"])),
    },
    Row {
        name: "refreshed-azp-other",
        expected: Reject,
        mutation: "azp appears that the login's ID token did not have",
        spec: "OpenID Connect Core 12.2",
        case: refused(
            Flow::Refresh,
            Lie::Refreshed(|token| {
                let own = token.claims["aud"].clone();
                token.set("azp", own);
            }),
            "azp",
            "token",
        ),
    },
    Row {
        name: "refreshed-auth-time-other",
        expected: Reject,
        mutation: "auth_time is not that of the login",
        spec: "OpenID Connect Core 12.2",
        case: refused(
            Flow::Refresh,
            Lie::Refreshed(|token| token.set("auth_time", NOW + 1)),
            "auth_time",
            "token",
        )
        .asking(|login| login.max_age(Duration::from_secs(600))),
    },
    Row {
        name: "refreshed-nonce-other",
        expected: Reject,
        mutation: "a nonce that is not that of the login",
        spec: "OpenID Connect Core 12.2",
        case: refused(
            Flow::Refresh,
            Lie::Refreshed(|token| token.set("nonce", "other")),
            "nonce",
            "token",
        ),
    },
    Row {
        name: "refreshed-no-id-token",
        expected: Accept,
        mutation: "a refresh brings no ID token: that of the login stays",
        spec: "OpenID Connect Core 12.2",
        case: accepted(Flow::Refresh, Lie::None, |world| {
            assert!(world.claims().get("nonce").is_some(), "the claims are those of the login");
            assert_eq!(world.sent(), "token userinfo");
        })
        .provider(LocalProviderBuilder::without_id_token_on_refresh),
    },
];

fn for_the_api_too(token: &mut Forged) {
    let own = token.claims["aud"].clone();
    token.set("azp", own.clone());
    token.set("aud", json!([own, "https://api.test"]));
}

fn text(members: &Map<String, Json>) -> String {
    serde_json::to_string(members).unwrap()
}
