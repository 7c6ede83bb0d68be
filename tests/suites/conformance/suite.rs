//! The relying-party modules of the OpenID Foundation's conformance suite, under its own names.

mod flow;
mod id_token;
mod logout;

use crate::row::Row;

pub(crate) use self::{flow::FLOW, id_token::ID_TOKEN, logout::LOGOUT};

/// All modules of the suite.
pub(crate) fn table() -> Vec<Row> {
    [ID_TOKEN, FLOW, LOGOUT].concat()
}

/// Those that there are, for the table to be compared with.
pub(crate) const MODULES: [&str; 55] = [
    "oidcc-client-test",
    "oidcc-client-test-invalid-iss",
    "oidcc-client-test-missing-sub",
    "oidcc-client-test-invalid-aud",
    "oidcc-client-test-missing-aud",
    "oidcc-client-test-missing-iat",
    "oidcc-client-test-kid-absent-single-jwks",
    "oidcc-client-test-kid-absent-multiple-jwks",
    "oidcc-client-test-idtoken-sig-rs256",
    "oidcc-client-test-idtoken-sig-none",
    "oidcc-client-test-invalid-sig-rs256",
    "oidcc-client-test-invalid-sig-es256",
    "oidcc-client-test-invalid-sig-hs256",
    "oidcc-client-test-userinfo-invalid-sub",
    "oidcc-client-test-nonce-invalid",
    "oidcc-client-test-nonce-unless-code-flow",
    "oidcc-client-test-scope-userinfo-claims",
    "oidcc-client-test-client-secret-basic",
    "oidcc-client-test-userinfo-bearer-header",
    "oidcc-client-test-userinfo-bearer-body",
    "oidcc-client-test-invalid-athash",
    "oidcc-client-test-missing-athash",
    "oidcc-client-test-invalid-chash",
    "oidcc-client-test-missing-chash",
    "oidcc-client-test-form-post-error",
    "oidcc-client-test-aggregated-claims",
    "oidcc-client-test-distributed-claims",
    "oidcc-client-test-userinfo-signed",
    "oidcc-client-test-mtls-endpoint-aliases",
    "oidcc-client-test-discovery-openid-config",
    "oidcc-client-test-discovery-jwks-uri-keys",
    "oidcc-client-test-discovery-issuer-mismatch",
    "oidcc-client-test-discovery-webfinger-acct",
    "oidcc-client-test-discovery-webfinger-url",
    "oidcc-client-test-dynamic-registration",
    "oidcc-client-test-request-uri-signed-rs256",
    "oidcc-client-test-request-uri-signed-none",
    "oidcc-client-test-signing-key-rotation",
    "oidcc-client-test-signing-key-rotation-just-before-signing",
    "oidcc-client-test-refresh-token",
    "oidcc-client-test-refresh-token-invalid-issuer",
    "oidcc-client-test-refresh-token-invalid-sub",
    "oidcc-client-test-3rd-party-init-login",
    "oidcc-client-test-rp-init-logout",
    "oidcc-client-test-rp-init-logout-other-state",
    "oidcc-client-test-rp-init-logout-no-state",
    "oidcc-client-test-rp-backchannel-rpinitlogout",
    "oidcc-client-test-rp-backchannel-rpinitlogout-alg-none",
    "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg",
    "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud",
    "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss",
    "oidcc-client-test-rp-backchannel-rpinitlogout-no-event",
    "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event",
    "oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce",
    "oidcc-client-test-rp-frontchannel-rpinitlogout",
];

/// Those that hallpass does not offer, and no others.
pub(crate) const NOT_OFFERED: [&str; 13] = [
    "oidcc-client-test-nonce-unless-code-flow",
    "oidcc-client-test-missing-athash",
    "oidcc-client-test-invalid-chash",
    "oidcc-client-test-missing-chash",
    "oidcc-client-test-userinfo-bearer-body",
    "oidcc-client-test-aggregated-claims",
    "oidcc-client-test-distributed-claims",
    "oidcc-client-test-mtls-endpoint-aliases",
    "oidcc-client-test-discovery-webfinger-acct",
    "oidcc-client-test-discovery-webfinger-url",
    "oidcc-client-test-dynamic-registration",
    "oidcc-client-test-request-uri-signed-rs256",
    "oidcc-client-test-request-uri-signed-none",
];
