//! What a descriptor can lower, and that it lowers only that. The nonce is in `openid.rs`.

use hallpass_core::{CodeBinding, Descriptor, ErrorKind};

use crate::{
    granted,
    support::{Careless, World, callback, param, refused},
};

const SOURCE: &str = "shop.test/docs#pkce";

fn ignored(descriptor: Descriptor) -> Descriptor {
    descriptor.with_pkce_ignored(SOURCE)
}

fn not_taken(descriptor: Descriptor) -> Descriptor {
    descriptor.with_pkce_refused(SOURCE)
}

#[tokio::test]
async fn nothing_is_lowered_unless_the_descriptor_says_so() {
    let world = World::of(Careless::default());
    let descriptor = world.client.descriptor();
    assert_eq!(descriptor.code_binding(), CodeBinding::Pkce);
    assert_eq!(descriptor.code_binding_source(), None);
    let (url, _) = world.begin().await;
    assert_eq!(param(url.as_str(), "code_challenge_method").as_deref(), Some("S256"));
}

#[tokio::test]
async fn pkce_that_is_ignored_is_sent() {
    let world = World::of(Careless::but(ignored));
    let (url, _) = world.begin().await;
    assert_eq!(param(url.as_str(), "code_challenge_method").as_deref(), Some("S256"));
    world.login(200, &granted()).await.unwrap();
    assert!(world.wire.only().form("code_verifier").is_some());
    check_binding(&world);
}

#[tokio::test]
async fn pkce_that_is_refused_is_not_sent() {
    let world = World::of(Careless::but(not_taken));
    let (url, _) = world.begin().await;
    assert_eq!(param(url.as_str(), "code_challenge"), None);
    assert!(param(url.as_str(), "state").is_some());
    world.login(200, &granted()).await.unwrap();
    assert_eq!(world.wire.only().form("code_verifier"), None);
    check_binding(&world);
}

#[track_caller]
fn check_binding(world: &World) {
    let descriptor = world.client.descriptor();
    assert_eq!(descriptor.code_binding(), CodeBinding::StateOnly);
    assert_eq!(descriptor.code_binding_source(), Some(SOURCE));
}

#[tokio::test]
async fn without_pkce_every_other_check_stands() {
    for lower in [ignored, not_taken] {
        for (changes, reason) in [
            (("state", "of-another-login"), "state"),
            (("iss", "https://evil.test"), "issuer"),
            (("iss", ""), "issuer"),
            (("late", "yes"), ""),
        ] {
            let world = World::of(Careless::but(lower));
            let (url, pending) = world.begin().await;
            if reason.is_empty() {
                world.clock.advance(601);
            }
            let got = world.client.get_access_token(callback(&url, &[changes]), pending).await;
            if reason.is_empty() {
                refused(got, ErrorKind::Denied, Some("expired"));
            } else {
                refused(got, ErrorKind::Security, Some(reason));
            }
            world.wire.assert_silent();
        }
    }
}
