//! For how long metadata and keys are kept, and who shares them.

use hallpass_core::ErrorKind;
use hallpass_openid::{Algorithm, IssuerRule, OpenId};
use hallpass_testkit::SigningKey;
use serde_json::json;

use crate::support::{DISCOVERY, ISSUER, JWKS, World, document, jwks, refused, together};

const HOUR: u64 = 3600;

#[tokio::test]
async fn clones_share_what_was_fetched_and_separate_values_do_not() {
    let provider = OpenId::new("op", ISSUER);
    let (first, second) = (World::of(provider.clone()), World::of(provider));
    first.verify_by(&first.key).await.unwrap();
    assert_eq!(first.script.places(), [DISCOVERY, JWKS]);
    second.verify_by(&first.key).await.unwrap();
    assert_eq!(second.script.places(), [""; 0]);
    let third = World::new();
    third.verify_by(&third.key).await.unwrap();
    assert_eq!(third.script.places(), [DISCOVERY, JWKS]);
}

#[tokio::test]
async fn what_reads_a_document_otherwise_does_not_share_it() {
    let provider = OpenId::new("op", ISSUER);
    let first = World::of(provider.clone());
    first.client.endpoints().await.unwrap();
    let one_of = IssuerRule::OneOf(vec![ISSUER.to_owned()]);
    for other in [
        provider.clone().with_issuer_rule(one_of),
        provider.clone().with_jwks_uri("https://own.test/jwks"),
        provider.clone().with_end_session("https://own.test/logout"),
    ] {
        let other = World::of(other);
        other.client.endpoints().await.unwrap();
        assert_eq!(other.script.places(), [DISCOVERY]);
    }
    let same = World::of(provider.with_algorithms([Algorithm::Es256]).with_audiences(["api"]));
    same.client.endpoints().await.unwrap();
    assert_eq!(same.script.places(), [""; 0]);
}

#[tokio::test]
async fn documents_are_kept_for_as_long_as_their_sender_says() {
    let world = World::new();
    world.script.answer_for(DISCOVERY, &document(), "max-age=7200");
    world.script.answer_for(JWKS, &jwks(&[&world.key]), "max-age=600");
    world.verify_by(&world.key).await.unwrap();
    world.script.sent();
    for (seconds, want) in [(599, &[][..]), (1, &[JWKS]), (6599, &[JWKS]), (1, &[DISCOVERY])] {
        world.clock.advance(seconds);
        world.verify_by(&world.key).await.unwrap();
        assert_eq!(world.script.places(), want, "{seconds} s later");
    }
}

#[tokio::test]
async fn past_their_time_one_login_refreshes_and_the_others_go_on_with_the_old() {
    let world = World::new();
    world.client.endpoints().await.unwrap();
    world.clock.advance(HOUR);
    world.announce(&json!({ "authorization_endpoint": "https://op.test/new" }));
    world.script.sent();
    let logins = together(&world.script, |_| {
        let client = world.client.clone();
        async move { client.authorize().start().await.unwrap().url.as_str().to_owned() }
    });
    let logins = logins.await;
    assert_eq!(world.script.places(), [DISCOVERY]);
    let new = logins.iter().filter(|url| url.starts_with("https://op.test/new?")).count();
    assert_eq!((logins.len(), new), (64, 1));
    let login = world.client.authorize().start().await.unwrap();
    assert!(login.url.as_str().starts_with("https://op.test/new?"));
}

#[tokio::test]
async fn a_provider_that_is_down_is_known_for_another_week() {
    let world = World::new();
    world.verify_by(&world.key).await.unwrap();
    world.script.fail(DISCOVERY, 503);
    world.script.fail(JWKS, 503);
    world.script.sent();
    world.clock.advance(HOUR);
    world.verify_by(&world.key).await.unwrap();
    assert_eq!(world.script.places(), [DISCOVERY, JWKS]);
    world.verify_by(&world.key).await.unwrap();
    assert_eq!(world.script.places(), [""; 0]);
    world.clock.advance(60);
    world.verify_by(&world.key).await.unwrap();
    assert_eq!(world.script.places(), [DISCOVERY, JWKS]);
    world.clock.advance(7 * 24 * HOUR - 60);
    refused(world.verify_by(&world.key).await, ErrorKind::Transport, None);
}

#[tokio::test]
async fn a_document_that_turned_bad_does_not_replace_the_good_one() {
    let world = World::new();
    world.client.endpoints().await.unwrap();
    world.clock.advance(HOUR);
    world.announce(&json!({ "issuer": "https://evil.test" }));
    let endpoints = world.client.endpoints().await.unwrap();
    assert_eq!(endpoints.issuer(), Some(ISSUER));
    world.verify_by(&world.key).await.unwrap();
    for broken in [json!([]), json!({ "keys": 7 }), json!({ "x": "x".repeat(512 << 10) })] {
        world.clock.advance(HOUR);
        world.script.answer(JWKS, &broken);
        world.script.sent();
        world.verify_by(&world.key).await.unwrap();
        assert_eq!(world.script.count(JWKS), 1);
    }
}

#[tokio::test]
async fn a_login_that_goes_away_leaves_no_lock() {
    let world = World::new();
    world.script.close();
    let client = world.client.clone();
    let gone = tokio::spawn(async move { client.endpoints().await.map(|_| ()) });
    while world.script.count(DISCOVERY) == 0 {
        tokio::task::yield_now().await;
    }
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    world.script.open();
    assert!(world.client.endpoints().await.is_ok());
    assert_eq!(world.script.places(), [DISCOVERY, DISCOVERY]);
}

#[tokio::test]
async fn a_provider_that_was_never_there_is_not_asked_by_each_login() {
    let world = World::new();
    world.script.fail(DISCOVERY, 503);
    for _ in 0..20 {
        refused(world.client.authorize().start().await.map(drop), ErrorKind::Transport, None);
    }
    assert_eq!(world.script.places(), [DISCOVERY; 2]);
    world.script.answer(DISCOVERY, &document());
    world.clock.advance(1);
    assert!(world.client.authorize().start().await.is_ok());
    // The same of its keys, once it is known.
    world.script.fail(JWKS, 503);
    world.script.sent();
    for _ in 0..20 {
        refused(world.verify_by(&world.key).await, ErrorKind::Transport, None);
    }
    assert_eq!(world.script.places(), [JWKS; 2]);
    world.script.answer(JWKS, &jwks(&[&world.key]));
    world.clock.advance(1);
    world.verify_by(&world.key).await.unwrap();
}

#[tokio::test]
async fn what_is_forgotten_is_fetched_again_by_all_clones() {
    let provider = OpenId::new("op", ISSUER);
    let world = World::of(provider.clone());
    world.verify_by(&world.key).await.unwrap();
    let stranger = SigningKey::es256().with_key_id("first");
    provider.forget_fetched();
    world.script.answer(JWKS, &jwks(&[&stranger]));
    world.script.sent();
    refused(world.verify_by(&world.key).await, ErrorKind::Security, Some("signature"));
    assert_eq!(world.script.places()[..2], [DISCOVERY, JWKS]);
    world.verify_by(&stranger).await.unwrap();
    world.client.provider().forget_fetched();
    world.script.fail(DISCOVERY, 503);
    refused(world.verify_by(&stranger).await, ErrorKind::Transport, None);
}
