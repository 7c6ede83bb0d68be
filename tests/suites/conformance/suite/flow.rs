//! What the suite does around the ID token: discovery, requests, userinfo, refresh.

use std::time::Duration;

use hallpass_core::{ClientConfig, Descriptor, ErrorKind};
use hallpass_openid::{OpenIdParams, Prompt};
use hallpass_testkit::{LocalClient, LocalProviderBuilder, Tamper};
use serde_json::json;

use crate::{
    flow::Flow,
    read,
    row::{
        Expected::{Accept, ErrorSurfaced, Reject},
        LOGIN, Lie, Row, accepted, not_offered, refused,
    },
    world::{CALLBACK, World},
};

const WEBFINGER: &str = "an application names its issuers; users' addresses are not resolved";
const REQUEST_URI: &str = "requests by value of a URL are not offered; RFC 9126 is";

pub(crate) const FLOW: &[Row] = &[
    Row {
        name: "oidcc-client-test",
        expected: Accept,
        mutation: "none: keys of all sorts stand before the one that signs",
        spec: "OpenID Connect Core 3.1",
        case: accepted(Flow::Login, Lie::None, |world| {
            assert_eq!(world.sent(), LOGIN);
            let (profile, claims) = (world.profile(), world.claims());
            assert_eq!((profile.id(), profile.issuer()), (claims.subject(), claims.issuer()));
            assert_eq!(claims.issuer(), Some(world.local.issuer()));
        }),
    },
    Row {
        name: "oidcc-client-test-discovery-openid-config",
        expected: Accept,
        mutation: "none: the issuer has a path",
        spec: "OpenID Connect Discovery 4",
        case: accepted(Flow::Login, Lie::None, |world| {
            let first = world.requests().swap_remove(0);
            assert_eq!(first.path(), "/tenant/.well-known/openid-configuration");
            assert_eq!(world.sent(), LOGIN);
        })
        .provider(|provider| provider.with_issuer_path("/tenant")),
    },
    Row {
        name: "oidcc-client-test-discovery-jwks-uri-keys",
        expected: Accept,
        mutation: "none: the keys are elsewhere in each run",
        spec: "OpenID Connect Discovery 3, 4; OpenID Connect Core 10.1.1",
        case: accepted(Flow::Login, Lie::None, |world| {
            assert!(world.last("jwks").path().starts_with("/jwks-"));
            assert_eq!(world.sent(), LOGIN);
        }),
    },
    Row {
        name: "oidcc-client-test-discovery-issuer-mismatch",
        expected: Reject,
        mutation: "issuer in the metadata is the issuer and INVALID",
        spec: "OpenID Connect Discovery 4.3; RFC 8414 3.3",
        case: refused(
            Flow::Login,
            Lie::Told(|world| {
                world.local.tamper(Tamper::discovery(|document| {
                    let issuer = document["issuer"].as_str().unwrap();
                    let wrong = json!(format!("{issuer}INVALID"));
                    document.insert("issuer".to_owned(), wrong);
                }));
            }),
            "issuer",
            "discovery",
        ),
    },
    Row {
        name: "oidcc-client-test-discovery-webfinger-acct",
        expected: Accept,
        mutation: "none: the issuer of acct:… is found by WebFinger",
        spec: "OpenID Connect Discovery 2; RFC 7033",
        case: not_offered(WEBFINGER),
    },
    Row {
        name: "oidcc-client-test-discovery-webfinger-url",
        expected: Accept,
        mutation: "none: the issuer of a URL is found by WebFinger",
        spec: "OpenID Connect Discovery 2; RFC 7033",
        case: not_offered(WEBFINGER),
    },
    Row {
        name: "oidcc-client-test-dynamic-registration",
        expected: Accept,
        mutation: "none: the client registers itself",
        spec: "OpenID Connect Dynamic Client Registration 3; RFC 7591",
        case: not_offered("clients are registered by hand"),
    },
    Row {
        name: "oidcc-client-test-request-uri-signed-rs256",
        expected: Accept,
        mutation: "none: the request is a signed object that the provider fetches",
        spec: "OpenID Connect Core 6.2; RFC 9101",
        case: not_offered(REQUEST_URI),
    },
    Row {
        name: "oidcc-client-test-request-uri-signed-none",
        expected: Accept,
        mutation: "none: the request is an unsigned object that the provider fetches",
        spec: "OpenID Connect Core 6.2",
        case: not_offered(REQUEST_URI),
    },
    Row {
        name: "oidcc-client-test-form-post-error",
        expected: ErrorSurfaced,
        mutation: "prompt=none and max_age=0 are answered with a form that says login_required",
        spec: "OAuth 2.0 Form Post Response Mode; OpenID Connect Core 3.1.2.6",
        case: refused(
            Flow::Login,
            Lie::Asked(|login| {
                let silently = OpenIdParams::new().with_prompt(Prompt::None);
                login.params(&silently).max_age(Duration::ZERO)
            }),
            "login_required",
            "discovery authorize",
        )
        .of_kind(ErrorKind::Denied)
        .client(|client| client.with_descriptor(Descriptor::with_form_post)),
    },
    Row {
        name: "oidcc-client-test-client-secret-basic",
        expected: Accept,
        mutation: "none: HTTP Basic alone is taken, and id and secret need encoding",
        spec: "OpenID Connect Core 9; RFC 6749 2.3.1",
        case: accepted(Flow::Login, Lie::None, |world| {
            let request = world.last("token");
            let sent = "cli%3Aent+1:s%25cret%2B%3D";
            assert_eq!(request.header("authorization"), Some(read::basic(sent).as_str()));
            assert_eq!(request.param("client_secret"), None);
        })
        .provider(|provider| {
            let client = LocalClient::new("cli:ent 1").with_secret("s%cret+=");
            let provider = provider.with_client(client.with_redirect_uri(CALLBACK));
            provider.with_token_endpoint_auth_methods(["client_secret_basic"])
        })
        .config(|_| {
            let config = ClientConfig::new("cli:ent 1").with_secret("s%cret+=");
            config.with_redirect_uri(CALLBACK).unwrap()
        }),
    },
    Row {
        name: "oidcc-client-test-mtls-endpoint-aliases",
        expected: Accept,
        mutation: "none: the token endpoint for mutual TLS is another",
        spec: "RFC 8705 5",
        case: not_offered("clients do not authenticate by mutual TLS yet"),
    },
    Row {
        name: "oidcc-client-test-scope-userinfo-claims",
        expected: Accept,
        mutation: "none: userinfo alone has the claims of profile and email",
        spec: "OpenID Connect Core 5.4",
        case: accepted(Flow::Login, Lie::None, |world| {
            let scope = world.requests()[1].param("scope").unwrap();
            assert_eq!(scope, "openid email profile");
            assert_eq!(world.claims().get("email"), None);
            let profile = world.profile();
            assert!(profile.name().is_some() && profile.verified_email().is_some());
        })
        .provider(LocalProviderBuilder::without_profile_in_id_token),
    },
    Row {
        name: "oidcc-client-test-userinfo-bearer-header",
        expected: Accept,
        mutation: "none: the access token is taken in the header alone",
        spec: "RFC 6750 2.1",
        case: accepted(Flow::Login, Lie::None, |world| {
            assert_eq!(carriers(world), ["userinfo"]);
            let request = world.last("userinfo");
            assert_eq!((request.url().query(), request.body()), (None, &b""[..]));
        }),
    },
    Row {
        name: "oidcc-client-test-userinfo-bearer-body",
        expected: Accept,
        mutation: "none: the access token is taken in the body alone",
        spec: "RFC 6750 2.2",
        case: not_offered("an access token goes into the header, which every provider must take"),
    },
    Row {
        name: "oidcc-client-test-userinfo-invalid-sub",
        expected: Reject,
        mutation: "sub of userinfo is that of the ID token and invalid",
        spec: "OpenID Connect Core 5.3.2",
        case: refused(
            Flow::Login,
            Lie::Told(|world| {
                world.local.tamper(Tamper::userinfo(|claims| {
                    let sub = claims["sub"].as_str().unwrap();
                    let wrong = json!(format!("{sub}invalid"));
                    claims.insert("sub".to_owned(), wrong);
                }));
            }),
            "subject",
            LOGIN,
        ),
    },
    Row {
        name: "oidcc-client-test-userinfo-signed",
        expected: Accept,
        mutation: "none: userinfo is a JWT, signed with RS256",
        spec: "OpenID Connect Core 5.3.2",
        case: accepted(Flow::Login, Lie::None, |world| {
            assert_eq!(world.sent(), LOGIN);
            assert_eq!(world.last("userinfo").header("accept"), Some("application/jwt"));
            assert_eq!(world.profile().raw()["aud"], world.local.client_id());
        })
        .provider(LocalProviderBuilder::with_signed_userinfo)
        .client(|client| client.with_descriptor(Descriptor::with_signed_userinfo)),
    },
    Row {
        name: "oidcc-client-test-aggregated-claims",
        expected: Accept,
        mutation: "none: userinfo holds a JWT with claims of somebody else",
        spec: "OpenID Connect Core 5.6.2",
        case: not_offered("claims of others are neither verified nor used"),
    },
    Row {
        name: "oidcc-client-test-distributed-claims",
        expected: Accept,
        mutation: "none: userinfo says where to fetch claims of somebody else",
        spec: "OpenID Connect Core 5.6.2",
        case: not_offered("hallpass calls no address that an answer names"),
    },
    Row {
        name: "oidcc-client-test-refresh-token",
        expected: Accept,
        mutation: "none: a refresh gives new tokens of all three sorts",
        spec: "RFC 6749 6; OpenID Connect Core 12",
        case: accepted(Flow::Refresh, Lie::None, |world| {
            assert_eq!(world.sent(), "token userinfo");
            assert_eq!(carriers(world), ["userinfo"], "that of the new token");
            let (old, new) = (world.last("token").param("refresh_token"), world.token());
            let new = new.refresh_token().map(|token| token.expose().to_owned());
            assert!(new.is_some() && new != old, "the new one is kept");
        }),
    },
    Row {
        name: "oidcc-client-test-refresh-token-invalid-issuer",
        expected: Reject,
        mutation: "iss of the refreshed ID token is the issuer and one more 1",
        spec: "OpenID Connect Core 12.2",
        case: refused(
            Flow::Refresh,
            Lie::Refreshed(|token| token.append("iss", "1")),
            "iss",
            "token",
        ),
    },
    Row {
        name: "oidcc-client-test-refresh-token-invalid-sub",
        expected: Reject,
        mutation: "sub of the refreshed ID token is that of the login and one more 1",
        spec: "OpenID Connect Core 12.2",
        case: refused(
            Flow::Refresh,
            Lie::Refreshed(|token| token.append("sub", "1")),
            "subject",
            "token",
        ),
    },
];

/// What the requests were for that carry the present access token, wherever.
fn carriers(world: &World) -> Vec<&'static str> {
    let token = world.token();
    let token = token.access_token().expose();
    let carries = |text: &str| text.contains(token);
    let requests = world.requests().into_iter().filter(|request| {
        let mut headers = request.headers().values().filter_map(|value| value.to_str().ok());
        let is_in_body = carries(&String::from_utf8_lossy(request.body()));
        headers.any(carries) || carries(request.url().as_str()) || is_in_body
    });
    requests.map(|request| request.operation()).collect()
}
