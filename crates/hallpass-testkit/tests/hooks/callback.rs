//! `check_callback`: what it lets through is checked all the same.

use hallpass_core::{Callback, ClientConfig, ErrorKind};

use crate::{
    granted,
    support::{Careless, World, callback, config, refused, signed},
};

#[tokio::test]
async fn a_callback_that_was_changed_on_the_way_is_refused() {
    for (good, bad) in [
        ("shop=7", "shop=8"),
        ("code=the-code", "code=another"),
        ("shop=7", "shop=7&extra=x"),
        ("shop=7&", ""),
        ("&hmac=", "&hmac=00"),
        ("&hmac=", "&signature="),
    ] {
        let world = World::of(Careless::default());
        let (url, pending) = world.begin().await;
        let query = signed(&url, &[]);
        assert!(query.contains(good), "{query}");
        let callback = Callback::from_query(&query.replacen(good, bad, 1)).unwrap();
        let got = world.client.get_access_token(callback, pending).await;
        refused(got, ErrorKind::Security, Some("hmac"));
        world.wire.assert_silent();
    }
}

fn yes_to_all() -> Careless {
    Careless { callback: Some(Box::new(|_| Ok(()))), ..Careless::default() }
}

#[tokio::test]
async fn a_hook_that_takes_every_callback_skips_no_check() {
    use ErrorKind::{Denied, Malformed, Security};
    for (changes, kind, reason) in [
        (&[("state", "of-another-login")][..], Security, Some("state")),
        (&[("state", "")], Security, Some("state")),
        (&[("iss", "https://evil.test")], Security, Some("issuer")),
        (&[("iss", "")], Security, Some("issuer")),
        (&[("error", "access_denied")], Denied, None),
        (&[("code", "")], Malformed, Some("no_code")),
    ] {
        let world = World::of(yes_to_all());
        let (url, pending) = world.begin().await;
        let got = world.client.get_access_token(callback(&url, changes), pending).await;
        refused(got, kind, reason);
        world.wire.assert_silent();
    }
}

#[tokio::test]
async fn a_hook_that_takes_every_callback_does_not_stop_the_clock() {
    let world = World::of(yes_to_all());
    let (url, pending) = world.begin().await;
    world.clock.advance(601);
    let got = world.client.get_access_token(callback(&url, &[]), pending).await;
    refused(got, ErrorKind::Denied, Some("expired"));
    world.wire.assert_silent();
}

#[tokio::test]
async fn a_hook_that_takes_every_callback_takes_none_of_another_client() {
    let elsewhere = Careless::but(|descriptor| descriptor.with_issuer("https://eu.shop.test"));
    for (begun_at, reason) in [
        (World::with(yes_to_all(), config().with_name("hooked-eu")), "provider"),
        (World::with(yes_to_all(), other_client()), "client"),
        (World::of(elsewhere), "endpoint"),
    ] {
        let back_at = World::of(yes_to_all());
        let (url, pending) = begun_at.begin().await;
        let iss = if reason == "endpoint" { "https://eu.shop.test" } else { "https://shop.test" };
        let callback = callback(&url, &[("iss", iss)]);
        let got = back_at.client.get_access_token(callback, pending).await;
        refused(got, ErrorKind::Security, Some(reason));
        back_at.wire.assert_silent();
    }
}

fn other_client() -> ClientConfig {
    let other = ClientConfig::new("other").with_secret("s");
    other.with_redirect_uri("https://app.test/callback").unwrap()
}

#[tokio::test]
async fn a_hook_that_takes_every_callback_does_no_harm_to_a_good_one() {
    let world = World::of(yes_to_all());
    world.login(200, &granted()).await.unwrap();
    world.wire.only();
}
