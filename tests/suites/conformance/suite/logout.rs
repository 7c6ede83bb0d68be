//! What the suite does when a user leaves, and before one comes.

use hallpass_openid::Algorithm;
use hallpass_testkit::{Forged, SigningAlgorithm, Tamper};
use serde_json::json;

use crate::{
    flow::Flow,
    read,
    row::{
        Case,
        Expected::{Accept, ErrorSurfaced, Reject},
        Lie, Row, accepted, refused,
    },
};

const BACKCHANNEL: &str = "OpenID Connect Back-Channel Logout 2.4, 2.6, 2.8";
const RP_INITIATED: &str = "OpenID Connect RP-Initiated Logout 2";

/// The keys are known from the login, and nothing is sent at all.
const fn logout_token(lie: fn(&mut Forged), reason: &'static str) -> Case {
    refused(Flow::Backchannel, Lie::LogoutToken(lie), reason, "")
}

pub(crate) const LOGOUT: &[Row] = &[
    Row {
        name: "oidcc-client-test-3rd-party-init-login",
        expected: Accept,
        mutation: "none: a link elsewhere sends the user to sign in, and on to a page",
        spec: "OpenID Connect Core 4",
        case: accepted(Flow::ThirdParty, Lie::None, |world| {
            let url = world.app().url.clone();
            let target = world.app().target.clone();
            assert_eq!(read::param(&url, "login_hint").as_deref(), Some("ada"));
            for own in ["state", "nonce", "code_challenge"] {
                assert!(read::param(&url, own).is_some(), "{own}");
            }
            assert_eq!(target.as_deref(), Some("https://app.test/inbox"));
            assert_eq!(world.profile().username(), Some("ada"));
        }),
    },
    Row {
        name: "oidcc-client-test-rp-init-logout",
        expected: Accept,
        mutation: "none: the browser comes back with the state that it left with",
        spec: "OpenID Connect RP-Initiated Logout 2, 3",
        case: accepted(Flow::SignOut, Lie::None, |world| {
            let (request, token) = (world.last("end_session"), world.token());
            let hint = token.id_token().map(|token| token.expose().to_owned());
            assert_eq!(request.param("id_token_hint"), hint);
            assert_eq!(request.param("state").map(|state| state.len()), Some(43));
            let back = request.param("post_logout_redirect_uri");
            assert_eq!(back.as_deref(), Some("https://app.test/goodbye"));
            assert_eq!(world.sent(), "end_session");
        }),
    },
    Row {
        name: "oidcc-client-test-rp-init-logout-other-state",
        expected: ErrorSurfaced,
        mutation: "the browser comes back with the state and _INVALID",
        spec: RP_INITIATED,
        case: refused(
            Flow::SignOut,
            Lie::Told(|world| {
                world.local.tamper(Tamper::logout_redirect(|params| {
                    params[0].1.push_str("_INVALID");
                }));
            }),
            "state",
            "end_session",
        ),
    },
    Row {
        name: "oidcc-client-test-rp-init-logout-no-state",
        expected: ErrorSurfaced,
        mutation: "the browser comes back without the state",
        spec: RP_INITIATED,
        case: refused(
            Flow::SignOut,
            Lie::Told(|world| world.local.tamper(Tamper::logout_redirect(Vec::clear))),
            "state",
            "end_session",
        ),
    },
    Row {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout",
        expected: Accept,
        mutation: "a claim and a field of the form that nobody knows",
        spec: "OpenID Connect Back-Channel Logout 2.4 to 2.8",
        case: accepted(
            Flow::Backchannel,
            Lie::LogoutToken(|token| token.set("extra", "claim")),
            |world| {
                assert!(world.app().session.is_none());
                assert_eq!(world.sent(), "");
            },
        ),
    },
    Row {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-alg-none",
        expected: Reject,
        mutation: "alg is none, and there is no signature",
        spec: BACKCHANNEL,
        case: logout_token(Forged::unsign, "alg"),
    },
    Row {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg",
        expected: Reject,
        mutation: "ES256, where the client is registered for RS256",
        spec: BACKCHANNEL,
        case: logout_token(|token| token.sign_as(SigningAlgorithm::Es256), "alg")
            .client(|client| client.with_algorithms([Algorithm::Rs256])),
    },
    Row {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud",
        expected: Reject,
        mutation: "aud is the client id and one more 1",
        spec: BACKCHANNEL,
        case: logout_token(|token| token.append("aud", "1"), "aud"),
    },
    Row {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss",
        expected: Reject,
        mutation: "iss is the issuer and one more 1",
        spec: BACKCHANNEL,
        case: logout_token(|token| token.append("iss", "1"), "iss"),
    },
    Row {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-no-event",
        expected: Reject,
        mutation: "no events",
        spec: BACKCHANNEL,
        case: logout_token(|token| token.remove("events"), "events"),
    },
    Row {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event",
        expected: Reject,
        mutation: "events has another member instead",
        spec: BACKCHANNEL,
        case: logout_token(
            |token| token.set("events", json!({ "http://schemas.openid.net/event/foobar": {} })),
            "events",
        ),
    },
    Row {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce",
        expected: Reject,
        mutation: "a nonce",
        spec: BACKCHANNEL,
        case: logout_token(|token| token.set("nonce", "n"), "nonce"),
    },
    Row {
        name: "oidcc-client-test-rp-frontchannel-rpinitlogout",
        expected: Accept,
        mutation: "none: the provider's page names issuer and session",
        spec: "OpenID Connect Front-Channel Logout 2, 3",
        case: accepted(Flow::Frontchannel, Lie::None, |world| {
            assert!(world.app().session.is_none());
            assert_eq!(world.sent(), "");
        }),
    },
];
