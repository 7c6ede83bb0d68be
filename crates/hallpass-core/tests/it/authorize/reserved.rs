//! Nobody sets a parameter that core sets: neither the caller nor a provider's types nor its URL.

use super::*;

/// What core alone sets in the authorization request.
pub(super) const RESERVED: [&str; 13] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "max_age",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// What core alone sets in the token request.
pub(crate) const RESERVED_OF_THE_TOKEN: [&str; 11] = [
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "grant_type",
    "password",
    "redirect_uri",
    "refresh_token",
    "state",
];

#[tokio::test]
async fn a_reserved_parameter_is_refused_wherever_it_comes_from() {
    for name in RESERVED {
        check(acme(), AuthorizationRequest::new().param(name, "x")).await;
        check_typed(acme(), name).await;
        let endpoint = format!("https://acme.test/authorize?{name}=x");
        let provider = Bare(Descriptor::new("acme", endpoint, "https://acme.test/token"));
        let got = OAuth2Client::new(provider, config());
        refused(got, ErrorKind::Config, Some("reserved"));
    }
    for name in RESERVED_OF_THE_TOKEN {
        check(acme(), AuthorizationRequest::new().token_param(name, "x")).await;
    }
}

#[tokio::test]
async fn the_providers_own_name_for_the_client_id_is_reserved_too() {
    let renamed = || acme().but(|d| d.with_client_params("client_key", "client_word"));
    check(renamed(), AuthorizationRequest::new().param("client_key", "x")).await;
    check_typed(renamed(), "client_key").await;
    check(renamed(), AuthorizationRequest::new().param("client_id", "x")).await;
    check(renamed(), AuthorizationRequest::new().token_param("client_key", "x")).await;
    check(renamed(), AuthorizationRequest::new().token_param("client_word", "x")).await;
    let endpoint = "https://acme.test/authorize?client_key=x";
    let descriptor = Descriptor::new("acme", endpoint, "https://acme.test/token");
    let provider = Bare(descriptor.with_client_params("client_key", "client_word"));
    refused(OAuth2Client::new(provider, config()), ErrorKind::Config, Some("reserved"));
}

#[tokio::test]
async fn no_parameter_is_sent_twice() {
    let twice = AuthorizationRequest::new().param("prompt", "a").param("prompt", "b");
    check(acme(), twice).await;
    let client = World::of(acme()).client;
    let typed = Params::Fields(json!({ "prompt": "a" }));
    let got = client.authorize().params(&typed).param("prompt", "b").start().await;
    refused(got, ErrorKind::Config, Some("reserved"));

    let endpoint = "https://acme.test/authorize?prompt=a";
    let own = || Acme::of(Descriptor::new("acme", endpoint, "https://acme.test/token"));
    check(own(), AuthorizationRequest::new().param("prompt", "b")).await;
    check_typed(own(), "prompt").await;
}

async fn check(provider: Acme, request: AuthorizationRequest) {
    let world = World::of(provider);
    let got = world.client.get_authorization_url(request).await;
    refused(got, ErrorKind::Config, Some("reserved"));
    world.wire.assert_silent();
}

async fn check_typed(provider: Acme, name: &str) {
    let typed = Params::Fields(json!({ name: "x" }));
    let got = World::of(provider).client.authorize().params(&typed).start().await;
    refused(got, ErrorKind::Config, Some("reserved"));
}
