//! A login is bound to the client that began it: provider, client, token endpoint, issuer.

use super::*;

/// Begins a login at one client, comes back to another.
async fn crossed(
    begun_at: &World,
    back_at: &World,
) -> Result<(), (ErrorKind, Option<&'static str>)> {
    let login = begun_at.client.authorize().start().await.unwrap();
    let state = param(login.url.as_str(), "state").unwrap();
    let pending = PendingAuthorization::from_session(&login.pending.expose_for_session()).unwrap();
    let got = back_at.client.get_access_token(callback(&state), pending).await;
    got.map(drop).map_err(|error| (error.kind(), error.reason()))
}

async fn check(begun_at: World, back_at: World, reason: &'static str) {
    let got = crossed(&begun_at, &back_at).await;
    assert_eq!(got, Err((ErrorKind::Security, Some(reason))));
    back_at.wire.assert_silent();
}

fn at(endpoint: &'static str, issuer: Option<&'static str>) -> World {
    let descriptor = Descriptor::new("acme", "https://acme.test/a", endpoint);
    World::of(Acme::of(match issuer {
        Some(issuer) => descriptor.with_issuer(issuer),
        None => descriptor,
    }))
}

#[tokio::test]
async fn a_login_begun_elsewhere_is_refused_and_nothing_is_sent() {
    let named = |name: &'static str| World::with(acme(), config().with_name(name));
    check(named("acme-us"), named("acme-eu"), "provider").await;
    check(World::of(acme()), named("acme-eu"), "provider").await;
    let other = hallpass_core::ClientConfig::new("clients").with_secret(SECRET);
    let other = other.with_redirect_uri("https://app.test/callback").unwrap();
    check(World::with(acme(), other), World::of(acme()), "client").await;
    // Two shops of one provider: the same name, the same client, two hosts.
    let (one, two) = ("https://one.acme.test/token", "https://two.acme.test/token");
    check(at(one, None), at(two, None), "endpoint").await;
    check(at(one, None), at("https://one.acme.test/token/", None), "endpoint").await;
    let (first, second) = (Some("https://acme.test/1"), Some("https://acme.test/2"));
    check(at(one, first), at(one, second), "endpoint").await;
    check(at(one, first), at(one, None), "endpoint").await;
    check(at(one, None), at(one, second), "endpoint").await;
}

#[tokio::test]
async fn another_instance_of_the_same_client_may_finish_the_login() {
    let (begun_at, back_at) = (World::of(acme()), World::of(acme()));
    back_at.wire.answer(200, &token());
    assert_eq!(crossed(&begun_at, &back_at).await, Ok(()));
    back_at.wire.only();
}

#[tokio::test]
async fn a_login_of_another_protocol_is_refused() {
    let world = World::of(acme());
    let endpoints = world.client.endpoints().await.unwrap();
    for (correlator_name, code_name) in [("state", "oauth_verifier"), ("oauth_token", "code")] {
        let pending = PendingAuthorization::correlated(
            world.client.descriptor(),
            &endpoints,
            "client",
            "https://app.test/callback",
            (correlator_name, Secret::new("s")),
            (code_name, Secret::new("p")),
            now(),
        );
        let query = format!("{correlator_name}=s&{code_name}=c");
        let back = Callback::from_query(&query).unwrap();
        let got = world.client.get_access_token(back, pending).await;
        refused(got, ErrorKind::Security, Some("endpoint"));
    }
    world.wire.assert_silent();
}

#[tokio::test]
async fn endpoints_that_discovery_moved_in_between_are_refused() {
    let world = World::of(Acme::discovered("https://acme.test/metadata"));
    let document = |host: &str, issuer: &str| {
        json!({
            "issuer": issuer,
            "authorization_endpoint": "https://acme.test/a",
            "token_endpoint": format!("https://{host}/token"),
        })
    };
    for (host, issuer) in [("evil.test", "https://acme.test"), ("acme.test", "https://evil.test")] {
        world.wire.answer(200, &document("acme.test", "https://acme.test"));
        let (state, pending) = world.begin().await;
        world.wire.answer(200, &document(host, issuer));
        let got = world.client.get_access_token(callback(&state), pending).await;
        refused(got, ErrorKind::Security, Some("endpoint"));
        assert!(world.wire.sent().iter().all(|sent| sent.purpose == Purpose::Metadata));
    }
}

#[tokio::test]
async fn a_discovered_provider_promises_its_issuer() {
    let world = World::of(Acme::discovered("https://acme.test/metadata"));
    let document = json!({
        "issuer": "https://acme.test",
        "authorization_endpoint": "https://acme.test/a",
        "token_endpoint": "https://acme.test/token",
        "iss": true,
    });
    world.wire.answer(200, &document);
    let (state, pending) = world.begin().await;
    let got = world.client.get_access_token(callback(&state), pending).await;
    refused(got, ErrorKind::Security, Some("issuer"));
}
