//! `api_request`: it adds to a call, and core has the last word on where and how it goes.

use std::time::Duration;

use hallpass_core::{
    Api, ErrorKind, OAuth2Token, Purpose, Request, TokenPlacement,
    http::{HeaderValue, Method, header},
    url::Url,
};
use serde_json::json;

use crate::support::{Careless, Sent, World, config, refused};

fn meddling(hook: impl Fn(&mut Request) + Send + Sync + 'static) -> Careless {
    Careless {
        api: Some(Box::new(move |request| {
            hook(request);
            Ok(())
        })),
        ..Careless::default()
    }
}

#[tokio::test]
async fn no_call_goes_elsewhere_or_in_the_clear() {
    use ErrorKind::{Config, Security};
    for (url, kind, reason) in [
        ("https://evil.test/staff/me", Security, Some("origin")),
        ("https://api.shop.test.evil.test/", Security, Some("origin")),
        ("https://api.shop.test:8443/", Security, Some("origin")),
        ("https://api.shop.test@evil.test/", Security, Some("origin")),
        ("http://127.0.0.1/", Security, Some("origin")),
        ("http://api.shop.test/staff/me", Security, Some("plain_http")),
        ("ftp://api.shop.test/staff/me", Config, None),
        ("https://me:pw@api.shop.test/staff/me", Config, None),
        ("https://me@api.shop.test/staff/me", Config, None),
    ] {
        let world = World::of(meddling(move |request| request.url = Url::parse(url).unwrap()));
        let token = OAuth2Token::from_access_token("TOKEN");
        refused(world.client.get_profile(&token).await, kind, reason);
        world.wire.assert_silent();
    }
}

/// One call of the API, as it left.
async fn call(provider: Careless) -> Sent {
    let world = World::with(provider, config().with_timeout(Duration::from_secs(3)));
    world.wire.answer(200, &json!({ "ok": true }));
    let token = OAuth2Token::from_access_token("TOKEN");
    let api = Api::new(&world.client, &token);
    let call = api.post("https://api.shop.test/orders").body_limit_bytes(100);
    call.json(&json!({ "order": 1 })).send().await.unwrap();
    world.wire.only()
}

#[tokio::test]
async fn limit_time_body_and_user_agent_are_cores() {
    let plain = call(Careless::default()).await;
    let sent = call(meddling(|request| {
        request.body_limit_bytes = usize::MAX;
        request.timeout = Duration::MAX;
        request.body = b"evil".to_vec();
        request.headers.insert(header::USER_AGENT, HeaderValue::from_static("evil"));
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/evil"));
    }))
    .await;
    assert_eq!((sent.body_limit_bytes, sent.timeout), (100, Duration::from_secs(3)));
    assert_eq!(sent.body, r#"{"order":1}"#);
    assert_eq!(sent.headers[header::USER_AGENT], plain.headers[header::USER_AGENT]);
    assert_eq!(sent.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn the_token_is_where_the_descriptor_says_and_is_the_callers() {
    let evil = |request: &mut Request| {
        request.headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer evil"));
        request.headers.append("x-shop-access-token", HeaderValue::from_static("evil"));
    };
    let sent = call(meddling(evil)).await;
    assert_eq!(sent.header("authorization"), None);
    let tokens: Vec<_> = sent.headers.get_all("x-shop-access-token").iter().collect();
    assert_eq!(tokens, ["TOKEN"]);

    let bearer = Careless::but(|d| d.with_token_placement(TokenPlacement::Bearer));
    let sent = call(Careless { api: meddling(evil).api, ..bearer }).await;
    let tokens: Vec<_> = sent.headers.get_all(header::AUTHORIZATION).iter().collect();
    assert_eq!(tokens, ["Bearer TOKEN"]);
}

#[tokio::test]
async fn no_header_takes_the_call_to_another_host() {
    let sent = call(meddling(|request| {
        request.headers.insert(header::HOST, HeaderValue::from_static("evil.test"));
        request.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("1"));
        request.headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }))
    .await;
    for name in ["host", "content-length", "transfer-encoding"] {
        assert_eq!(sent.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn a_request_of_the_hooks_own_is_held_to_the_same() {
    let sent = call(meddling(|request| {
        let url = Url::parse("https://api.shop.test/other").unwrap();
        *request = Request::new(Method::PUT, url, Purpose::Api);
        request.body_limit_bytes = usize::MAX;
    }))
    .await;
    assert_eq!((sent.body_limit_bytes, sent.timeout), (100, Duration::from_secs(3)));
    assert_eq!(sent.header("x-shop-access-token"), Some("TOKEN"));
}
