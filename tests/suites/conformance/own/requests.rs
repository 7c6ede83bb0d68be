//! Metadata, the authorization request, and what the browser brings back.

use hallpass_core::{Descriptor, ErrorKind, Json};
use hallpass_openid::OpenId;
use hallpass_testkit::{LocalProviderBuilder, Tamper};
use serde_json::json;

use crate::{
    flow::Flow,
    read,
    row::{
        Case,
        Expected::{Accept, Reject},
        LOGIN, Lie, Row, UP_TO_CALLBACK, UP_TO_KEYS, UP_TO_TOKEN, accepted, refused,
    },
    world::World,
};

const PUSHED: &str = "discovery pushed_authorization authorize authorize token jwks userinfo";

/// The callback is refused, and nothing is sent with its code.
const fn callback(lie: fn(&World), reason: &'static str) -> Case {
    refused(Flow::Login, Lie::Told(lie), reason, UP_TO_CALLBACK)
}

/// The metadata are refused, and nobody is sent anywhere.
const fn metadata(lie: fn(&World), reason: &'static str) -> Case {
    refused(Flow::Login, Lie::Told(lie), reason, "discovery")
}

pub(crate) const REQUESTS: &[Row] = &[
    Row {
        name: "metadata-issuer-with-a-slash",
        expected: Reject,
        mutation: "issuer in the metadata has one more slash at its end",
        spec: "OpenID Connect Discovery 4.3",
        case: metadata(
            |world| {
                let other = format!("{}/", world.local.issuer());
                say(world, "issuer", other);
            },
            "issuer",
        ),
    },
    Row {
        name: "metadata-without-token-endpoint",
        expected: Reject,
        mutation: "no token endpoint",
        spec: "OpenID Connect Discovery 3",
        case: metadata(|world| say(world, "token_endpoint", Json::Null), "metadata")
            .of_kind(ErrorKind::Malformed),
    },
    Row {
        name: "metadata-with-a-page-over-plain-http",
        expected: Reject,
        mutation: "the authorization endpoint is at another host, over plain http",
        spec: "RFC 6749 3.1",
        case: metadata(
            |world| say(world, "authorization_endpoint", "http://op.test/authorize"),
            "plain_http",
        ),
    },
    Row {
        name: "metadata-with-tokens-over-plain-http",
        expected: Reject,
        mutation: "the token endpoint is at another host, over plain http",
        spec: "RFC 6749 3.2; RFC 8414 2",
        case: callback(|world| say(world, "token_endpoint", "http://op.test/token"), "plain_http"),
    },
    Row {
        name: "metadata-with-keys-over-plain-http",
        expected: Reject,
        mutation: "the keys are at another host, over plain http",
        spec: "OpenID Connect Discovery 3",
        case: refused(
            Flow::Login,
            Lie::Told(|world| say(world, "jwks_uri", "http://op.test/jwks")),
            "plain_http",
            UP_TO_TOKEN,
        ),
    },
    Row {
        name: "metadata-with-userinfo-over-plain-http",
        expected: Reject,
        mutation: "userinfo is at another host, over plain http",
        spec: "OpenID Connect Core 5.3",
        case: refused(
            Flow::Login,
            Lie::Told(|world| say(world, "userinfo_endpoint", "http://op.test/userinfo")),
            "plain_http",
            UP_TO_KEYS,
        ),
    },
    Row {
        name: "response-iss-missing",
        expected: Reject,
        mutation: "no iss in the callback, where the metadata promise one",
        spec: "RFC 9207 2.4",
        case: callback(
            |world| respond(world, |params| params.retain(|(name, _)| name != "iss")),
            "issuer",
        ),
    },
    Row {
        name: "response-iss-other",
        expected: Reject,
        mutation: "iss in the callback is the issuer and one more 1",
        spec: "RFC 9207 2.4",
        case: callback(
            |world| {
                respond(world, |params| {
                    let iss = params.iter_mut().find(|(name, _)| name == "iss");
                    iss.unwrap().1.push('1');
                });
            },
            "issuer",
        ),
    },
    Row {
        name: "response-iss-missing-and-not-promised",
        expected: Accept,
        mutation: "no iss in the callback, and the metadata promise none",
        spec: "RFC 9207 2.4",
        case: accepted(
            Flow::Login,
            Lie::Told(|world| {
                respond(world, |params| params.retain(|(name, _)| name != "iss"));
                say(world, "authorization_response_iss_parameter_supported", false);
            }),
            |world| assert_eq!(world.sent(), LOGIN),
        ),
    },
    Row {
        name: "response-state-other",
        expected: Reject,
        mutation: "state is that of the login and one more 1",
        spec: "RFC 6749 10.12",
        case: callback(
            |world| {
                respond(world, |params| {
                    let state = params.iter_mut().find(|(name, _)| name == "state");
                    state.unwrap().1.push('1');
                });
            },
            "state",
        ),
    },
    Row {
        name: "response-code-twice",
        expected: Reject,
        mutation: "two codes in the callback",
        spec: "RFC 6749 3.1",
        case: callback(
            |world| respond(world, |params| params.push(("code".to_owned(), "2".to_owned()))),
            "duplicate",
        ),
    },
    Row {
        name: "response-error-of-another-issuer",
        expected: Reject,
        mutation: "an error instead of the code, by another issuer",
        spec: "RFC 9207 2.4",
        case: callback(
            |world| {
                respond(world, |params| {
                    for (name, value) in params {
                        match name.as_str() {
                            "code" => {
                                *name = "error".to_owned();
                                *value = "access_denied".to_owned();
                            }
                            "iss" => value.push('1'),
                            _ => {}
                        }
                    }
                });
            },
            "issuer",
        ),
    },
    Row {
        name: "form-post",
        expected: Accept,
        mutation: "none: the callback is a form that the browser posts",
        spec: "OAuth 2.0 Form Post Response Mode",
        case: accepted(Flow::Login, Lie::None, |world| {
            let url = world.app().url.clone();
            assert_eq!(read::param(&url, "response_mode").as_deref(), Some("form_post"));
            assert_eq!(world.sent(), LOGIN);
        })
        .client(by_form_post),
    },
    Row {
        name: "form-post-iss-other",
        expected: Reject,
        mutation: "iss in the posted form is the issuer and one more 1",
        spec: "RFC 9207 2.4",
        case: callback(
            |world| {
                respond(world, |params| {
                    let iss = params.iter_mut().find(|(name, _)| name == "iss");
                    iss.unwrap().1.push('1');
                });
            },
            "issuer",
        )
        .client(by_form_post),
    },
    Row {
        name: "pushed-where-required",
        expected: Accept,
        mutation: "none: the provider takes pushed requests alone",
        spec: "RFC 9126 4, 5",
        case: accepted(Flow::Login, Lie::None, |world| {
            assert_eq!(world.sent(), PUSHED);
            let pushed = world.last("pushed_authorization");
            assert!(pushed.header("authorization").is_some(), "the client says who it is");
            assert_eq!(pushed.param("request_uri"), None);
            assert!(pushed.param("code_challenge").is_some() && pushed.param("nonce").is_some());
            let names = read::names(&world.app().url);
            assert_eq!(names, ["client_id", "request_uri"]);
        })
        .provider(LocalProviderBuilder::with_required_pushed_authorization),
    },
    Row {
        name: "pushed-where-required-and-nowhere-to",
        expected: Reject,
        mutation: "the provider takes pushed requests alone, and names no endpoint for them",
        spec: "RFC 9126 5",
        case: metadata(
            |world| {
                say(world, "pushed_authorization_request_endpoint", Json::Null);
            },
            "",
        )
        .of_kind(ErrorKind::Unsupported)
        .provider(LocalProviderBuilder::with_required_pushed_authorization),
    },
    Row {
        name: "third-party-of-another-issuer",
        expected: Reject,
        mutation: "a link asks for a login with another issuer",
        spec: "OpenID Connect Core 4",
        case: refused(
            Flow::ThirdParty,
            Lie::Inbound(|query| query.replacen("iss=http", "iss=https", 1)),
            "issuer",
            "discovery",
        ),
    },
    Row {
        name: "third-party-that-leads-elsewhere",
        expected: Reject,
        mutation: "a link wants the user to go on to another site after the login",
        spec: "OpenID Connect Core 4",
        case: refused(
            Flow::ThirdParty,
            Lie::Inbound(|query| query.replace("app.test", "app.test.evil.test")),
            "target_link_uri",
            "discovery",
        ),
    },
    Row {
        name: "third-party-with-a-user-in-the-target",
        expected: Reject,
        mutation: "the page to go on to hides another host behind a name",
        spec: "OpenID Connect Core 4",
        case: refused(
            Flow::ThirdParty,
            Lie::Inbound(|query| query.replace("app.test", "app.test%40evil.test")),
            "target_link_uri",
            "discovery",
        ),
    },
];

fn by_form_post(client: OpenId) -> OpenId {
    client.with_descriptor(Descriptor::with_form_post)
}

/// Another member of the metadata.
fn say(world: &World, name: &'static str, value: impl Into<Json>) {
    let value = json!(value.into());
    world.local.tamper(Tamper::discovery(move |document| {
        document.insert(name.to_owned(), value.clone());
    }));
}

fn respond(world: &World, change: fn(&mut Vec<(String, String)>)) {
    world.local.tamper(Tamper::authorization_response(change));
}
