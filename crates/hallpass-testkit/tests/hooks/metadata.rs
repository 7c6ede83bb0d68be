//! `metadata`: what it says is compared with what it said when the login began.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use hallpass_core::{
    Backchannel, Descriptor, Endpoint, Endpoints, ErrorKind, MetadataSource, OAuth2Token, Purpose,
    Result, Revoke, url::Url,
};
use serde_json::json;

use crate::{
    granted,
    support::{Careless, World, callback, refused},
};

/// A source of the provider's own: one pair of token endpoint and issuer for each time it is
/// asked, the last for good.
pub(crate) struct Moving {
    asked: Arc<AtomicUsize>,
    places: &'static [(&'static str, &'static str)],
}

impl fmt::Debug for Moving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Moving")
    }
}

#[async_trait]
impl MetadataSource for Moving {
    async fn endpoints(&self, _: Backchannel<'_>) -> Result<Arc<Endpoints>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let (token, issuer) = self.places[asked.min(self.places.len() - 1)];
        let url = |text| Url::parse(text).unwrap();
        let endpoints = Endpoints::new(url("https://shop.test/authorize"), url(token))
            .with(Endpoint::Revocation, url(token))
            .with_api(url("https://api.shop.test").origin())
            .with_issuer(issuer);
        Ok(Arc::new(endpoints))
    }
}

const HERE: (&str, &str) = ("https://shop.test/token", "https://shop.test");

fn discovered(places: &'static [(&'static str, &'static str)]) -> World {
    discovered_but(places, |descriptor| descriptor)
}

fn discovered_but(
    places: &'static [(&'static str, &'static str)],
    change: impl FnOnce(Descriptor) -> Descriptor,
) -> World {
    let known = Careless::default();
    let hooked = hallpass_core::Provider::descriptor(&known);
    let descriptor = Descriptor::discovered("hooked")
        .with_client_params("client_key", "client_proof")
        .with_client_auth(hooked.client_auth())
        .with_token_placement(hooked.token_placement().clone());
    let source = Moving { asked: Arc::default(), places };
    World::of(Careless {
        descriptor: Some(change(descriptor)),
        metadata: Some(Box::new(source)),
        ..known
    })
}

#[tokio::test]
async fn a_source_of_the_providers_own_is_enough_for_a_login() {
    let world = discovered(&[HERE]);
    let token = world.login(200, &granted()).await.unwrap();
    assert_eq!(world.wire.only().url.as_str(), HERE.0);
    world.wire.answer(200, &json!({ "id": 42 }));
    let profile = world.client.get_profile(&token).await.unwrap();
    assert_eq!(profile.issuer(), Some("https://shop.test"));
}

#[tokio::test]
async fn endpoints_that_move_during_a_login_are_refused() {
    for places in [
        &[HERE, ("https://evil.test/token", HERE.1)][..],
        &[HERE, (HERE.0, "https://evil.test")],
        &[HERE, ("https://shop.test/token/", HERE.1)],
    ] {
        let world = discovered(places);
        let (url, pending) = world.begin().await;
        let got = world.client.get_access_token(callback(&url, &[]), pending).await;
        refused(got, ErrorKind::Security, Some("endpoint"));
        world.wire.assert_silent();
    }
}

#[tokio::test]
async fn a_code_goes_to_the_endpoint_that_was_compared() {
    let world = discovered(&[HERE, HERE, ("https://evil.test/token", "https://evil.test")]);
    world.login(200, &granted()).await.unwrap();
    assert_eq!(world.wire.only().url.as_str(), HERE.0);
}

#[tokio::test]
async fn a_bare_code_goes_to_the_endpoint_that_was_asked_for() {
    let world = discovered(&[HERE, ("https://evil.test/token", "https://evil.test")]);
    world.wire.answer(200, &granted());
    let exchange = world.client.dangerously_exchange_code(
        "CODE".into(),
        "https://app.test/callback",
        Some("VERIFIER".into()),
    );
    exchange.await.unwrap();
    assert_eq!(world.wire.only().url.as_str(), HERE.0);
}

#[tokio::test]
async fn an_endpoint_in_the_clear_gets_no_credentials() {
    for place in ["http://shop.test/token", "https://me:pw@shop.test/token"] {
        let places: &'static [_] = match place {
            "http://shop.test/token" => &[("http://shop.test/token", HERE.1)],
            _ => &[("https://me:pw@shop.test/token", HERE.1)],
        };
        let rfc = hallpass_core::Revocation::Rfc7009(hallpass_core::ClientAuth::Custom);
        let world = discovered_but(places, |descriptor| descriptor.with_revocation(rfc));
        let (kind, reason) = match place.starts_with("http:") {
            true => (ErrorKind::Security, Some("plain_http")),
            false => (ErrorKind::Config, None),
        };
        let (url, pending) = world.begin().await;
        let got = world.client.get_access_token(callback(&url, &[]), pending).await;
        refused(got, kind, reason);
        let token = OAuth2Token::from_refresh_token("AGAIN");
        refused(world.client.refresh_token(&token).await, kind, reason);
        let got = world.client.revoke_token(&token, Revoke::RefreshToken).await;
        refused(got, kind, reason);
        assert!(world.wire.sent().iter().all(|sent| sent.purpose == Purpose::Metadata));
    }
}
