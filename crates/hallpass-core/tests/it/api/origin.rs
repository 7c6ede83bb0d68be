//! Credentials go to the origins that descriptor, discovery or application name, and no further.

use super::*;

/// What is near an origin of the provider's and is none.
const NEAR_MISSES: [(&str, ErrorKind, Option<&str>); 15] = {
    use ErrorKind::{Config, Security};
    let origin = Some("origin");
    [
        ("https://api.acme.test:8443/me", Security, origin),
        ("https://evil.api.acme.test/me", Security, origin),
        ("https://api.acme.test.evil.test/me", Security, origin),
        ("https://apiacme.test/me", Security, origin),
        ("https://api.acme.test./me", Security, origin),
        ("https://api.acme.test@evil.test/me", Security, origin),
        ("https://evil.test/https://api.acme.test/me", Security, origin),
        ("https://evil.test\\@api.acme.test/me", Security, origin),
        ("https://127.0.0.1/me", Security, origin),
        ("http://127.0.0.1/me", Security, origin),
        // Where the browser signs in, no credential of ours has any business.
        ("https://login.acme.test/me", Security, origin),
        ("http://api.acme.test/me", Security, Some("plain_http")),
        ("https://user@api.acme.test/me", Config, None),
        ("https://user:pw@api.acme.test/me", Config, None),
        ("ftp://api.acme.test/me", Config, None),
    ]
};

#[tokio::test]
async fn near_misses_of_an_origin_get_nothing() {
    for (url, kind, reason) in NEAR_MISSES {
        let world = World::of(acme());
        let token = token();
        refused(world.client.api(&token).get(url).send().await, kind, reason);
        let as_client = ApiRequest::new(Method::POST, url).client_auth(ClientAuth::Basic);
        refused(world.client.send(as_client).await, kind, reason);
        refused(world.client.send(ApiRequest::new(Method::GET, url)).await, kind, reason);
        world.wire.assert_silent();
    }
    for no_url in ["", "/me", "api.acme.test/me", "https://", "https://[::1"] {
        let world = World::of(acme());
        let token = token();
        refused(world.client.api(&token).get(no_url).send().await, ErrorKind::Config, None);
    }
}

#[tokio::test]
async fn the_same_origin_spelled_otherwise_is_the_same() {
    for url in [
        "https://API.acme.test/me",
        "https://api.acme.test:443/me",
        "https://api.acme.test/a/../me#fragment",
        "https://acme.test/other/path",
    ] {
        let world = World::of(acme());
        world.wire.answer(200, &json!({}));
        world.client.api(&token()).get(url).send().await.unwrap();
        world.wire.only();
    }
}

#[tokio::test]
async fn a_hook_that_moves_the_request_gets_nothing() {
    for (url, kind, reason) in NEAR_MISSES {
        let moving = acme().on_api_request(move |request, _, _| {
            request.url = Url::parse(url).unwrap();
            assert!(!request.headers.contains_key("authorization"), "no token to read");
            assert!(request.body.is_empty(), "no body to read");
            Ok(())
        });
        let world = World::of(moving);
        let token = token();
        let call = world.client.api(&token).post(ME).form([("a", "1")]);
        refused(call.send().await, kind, reason);
        world.wire.assert_silent();
    }
}

#[tokio::test]
async fn the_application_may_name_one_more_origin_for_one_call() {
    let world = World::of(acme());
    let token = token();
    let files = || Url::parse("https://files.test").unwrap().origin();
    world.wire.answer(200, &json!({}));
    let call = world.client.api(&token).get("https://files.test/a").allow_origin(files());
    call.send().await.unwrap();
    assert_eq!(world.wire.only().header("authorization"), Some("Bearer the-access-token"));

    let elsewhere = world.client.api(&token).get("https://files.test:1/a").allow_origin(files());
    refused(elsewhere.send().await, ErrorKind::Security, Some("origin"));
    let again = world.client.api(&token).get("https://files.test/a");
    refused(again.send().await, ErrorKind::Security, Some("origin"));
    // In the clear it stays refused, whoever names it.
    let plain = Url::parse("http://files.test").unwrap().origin();
    let call = world.client.api(&token).get("http://files.test/a").allow_origin(plain);
    refused(call.send().await, ErrorKind::Security, Some("plain_http"));
    world.wire.assert_silent();
}

#[tokio::test]
async fn plain_http_is_for_loopback_and_for_hosts_named_by_the_dangerous_method() {
    let at = |url: &'static str| {
        let descriptor = Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t");
        Acme::of(descriptor.with_api(url))
    };
    let allowed = config().dangerously_allow_http("intra.test");
    let world = World::with(at("http://intra.test:8080"), allowed.clone());
    world.wire.answer(200, &json!({}));
    world.client.api(&token()).get("http://intra.test:8080/me").send().await.unwrap();
    let world = World::with(at("http://127.0.0.1:9"), config());
    world.wire.answer(200, &json!({}));
    world.client.api(&token()).get("http://127.0.0.1:9/me").send().await.unwrap();
    for bad in ["http://intra.test.evil.test", "http://evil.test", "http://localhost.evil.test"] {
        let got = hallpass_core::OAuth2Client::new(at(bad), allowed.clone());
        refused(got, ErrorKind::Config, None);
    }
}
