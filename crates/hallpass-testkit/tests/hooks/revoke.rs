//! `revoke`: asked for what is listed, and for nothing else.

use std::sync::{Arc, atomic::Ordering};

use hallpass_core::{ErrorKind, OAuth2Token, Revocation, Revoke};
use serde_json::json;

use crate::support::{Careless, World, refused};

#[tokio::test]
async fn what_is_not_listed_is_not_asked_for() {
    use Revoke::{AccessToken, Grant, RefreshToken};
    let none = |d: hallpass_core::Descriptor| d.with_revocation(Revocation::None);
    let without_refresh = |d: hallpass_core::Descriptor| {
        d.without_refresh().with_revocation(Revocation::Custom(&[RefreshToken]))
    };
    for (provider, what) in [
        (Careless::default(), AccessToken),
        (Careless::default(), RefreshToken),
        (Careless::but(none), Grant),
        (Careless::but(without_refresh), RefreshToken),
    ] {
        let calls = Arc::clone(&provider.revoked);
        let world = World::of(provider);
        let token = OAuth2Token::from_access_token("TOKEN");
        refused(world.client.revoke_token(&token, what).await, ErrorKind::Unsupported, None);
        assert_eq!(calls.load(Ordering::Relaxed), 0, "{what:?}");
        world.wire.assert_silent();
    }
}

#[tokio::test]
async fn what_is_listed_is_asked_for_once_and_its_refusal_stays_one() {
    let provider = Careless::default();
    let calls = Arc::clone(&provider.revoked);
    let world = World::of(provider);
    world.wire.answer(503, &json!({ "ok": true }));
    let token = OAuth2Token::from_access_token("TOKEN");
    let got = world.client.revoke_token(&token, Revoke::Grant).await;
    refused(got, ErrorKind::Transport, None);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    world.wire.only();
}
