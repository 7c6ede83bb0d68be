//! What needs no user: settings, and what they send.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use hallpass_core::url::Url;
use hallpass_shopify::{
    AccessMode, Callback, ClientConfig, Error, ErrorKind, FIXTURES, OAuth2Client, OAuth2Token,
    ShopDomain, Shopify, ShopifyParams,
};
use hallpass_testkit::{Fixture, Replay};

/// Nothing here waits: the replay answers at once.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the replay answers at once"),
    }
}

fn shopify() -> Shopify {
    Shopify::new(&"oak-trees.myshopify.com".parse::<ShopDomain>().unwrap())
}

fn client(shopify: Shopify, config: ClientConfig) -> OAuth2Client<Shopify> {
    let config = config.with_redirect_uri("https://app.test/cb").unwrap();
    OAuth2Client::new(shopify, config).unwrap()
}

fn confidential() -> ClientConfig {
    ClientConfig::new("ID").with_secret("SECRET")
}

/// Answers as the fixture does, in which `from` is `to`; compares what is sent.
fn replay(name: &str, from: &str, to: &str) -> Arc<Replay> {
    let text = FIXTURES.iter().find(|(known, _)| *known == name).unwrap().1;
    assert!(text.contains(from), "{name} says nothing of {from}");
    Arc::new(Replay::new(&Fixture::parse(name, &text.replace(from, to)).unwrap()))
}

#[test]
fn an_online_token_is_asked_for_by_shopifys_own_name() {
    check_params(&ShopifyParams::new(), None);
    check_params(&ShopifyParams::new().online(), Some("per-user"));
}

#[track_caller]
fn check_params(params: &ShopifyParams, want: Option<&str>) {
    let shopify = client(shopify(), confidential());
    let login = at_once(shopify.authorize().params(params).start()).unwrap();
    let url = Url::parse(login.url.as_str()).unwrap();
    let got = url.query_pairs().find(|(name, _)| name == "grant_options[]");
    assert_eq!(got.as_ref().map(|(_, value)| &**value), want);
    let scope = url.query_pairs().any(|(name, _)| name == "scope");
    assert!(!scope, "the identity needs none");
}

#[test]
fn tokens_expire_unless_the_application_says_otherwise() {
    for (shopify, expiring) in
        [(shopify(), "expiring=1"), (shopify().with_tokens_that_do_not_expire(), "expiring=0")]
    {
        let replay = replay("session_token.accepted.http", "expiring=1", expiring);
        let client = client(shopify, confidential()).with_http_client(replay.clone());
        let grant = client.provider().session_token("SESSION", AccessMode::Offline);
        at_once(client.request_token(grant)).unwrap();
        assert_eq!(replay.check(), [""; 0]);
    }
}

#[test]
fn the_api_is_called_in_the_version_that_is_set() {
    let token = OAuth2Token::from_access_token("TOKEN");
    for version in ["2026-10", "2026-07", "unstable"] {
        let shopify = shopify().with_api_version(version).unwrap();
        let replay = replay("shop.accepted.http", "2026-10", version);
        let client = client(shopify, confidential()).with_http_client(replay.clone());
        at_once(client.provider().shop(client.api(&token))).unwrap();
        assert_eq!(replay.check(), [""; 0]);
    }
    for bad in ["", "2026", "2026-1", "2026-100", "26-10-01", "2026/10", "latest", "2026-07/../x"] {
        let error = shopify().with_api_version(bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{bad}");
    }
}

#[test]
fn without_a_secret_no_callback_can_be_checked() {
    check_unsigned(ClientConfig::new("ID"), |error| error.kind() == ErrorKind::Config);
    check_unsigned(confidential(), |error| error.reason() == Some("hmac"));
}

#[track_caller]
fn check_unsigned(config: ClientConfig, is_it: fn(&Error) -> bool) {
    let shopify = client(shopify(), config);
    let login = at_once(shopify.authorize().start()).unwrap();
    let url = Url::parse(login.url.as_str()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let query = format!("code=CODE&state={state}&shop=oak-trees.myshopify.com");
    let callback = Callback::from_query(&query).unwrap();
    let error = at_once(shopify.get_access_token(callback, login.pending)).unwrap_err();
    assert!(is_it(&error), "{error}");
}
