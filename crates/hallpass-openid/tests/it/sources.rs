//! Where else metadata may come from, and what the application knows better.

use hallpass_core::{ClientAuth, ClientConfig, Descriptor, Endpoint, ErrorKind};
use hallpass_openid::{IssuerRule, LogoutRequest, OpenId, logout};
use hallpass_testkit::SigningKey;
use serde_json::{Value, json};

use crate::support::{
    CLIENT, DISCOVERY, ISSUER, JWKS, SECRET, TOKEN, USERINFO, World, config, document, jwks,
    refused,
};

const ELSEWHERE: &str = "https://elsewhere.test/metadata.json";

#[tokio::test]
async fn metadata_is_read_where_the_application_says() {
    let provider = || OpenId::from_metadata_url("op", ELSEWHERE, ISSUER);
    let world = World::of(provider());
    world.script.answer(ELSEWHERE, &document());
    world.login(&json!({})).await.unwrap();
    assert_eq!(world.script.places(), [ELSEWHERE, TOKEN, JWKS]);
    let world = World::of(provider());
    world.script.answer(ELSEWHERE, &document());
    world.script.fail(ELSEWHERE, 404);
    refused(world.client.endpoints().await, ErrorKind::Malformed, None);
    assert_eq!(world.script.places(), [ELSEWHERE]);
}

#[tokio::test]
async fn metadata_from_a_url_is_about_the_issuer_that_was_expected() {
    let provider = OpenId::from_metadata_url("op", ELSEWHERE, "https://other.test");
    let world = World::of(provider);
    world.script.answer(ELSEWHERE, &document());
    refused(world.client.endpoints().await, ErrorKind::Security, Some("issuer"));
    for (url, kind, reason) in [
        ("http://op.test/metadata", ErrorKind::Security, Some("plain_http")),
        ("https://user:password@op.test/metadata", ErrorKind::Config, None),
        ("metadata", ErrorKind::Config, None),
    ] {
        let world = World::of(OpenId::from_metadata_url("op", url, ISSUER));
        refused(world.client.endpoints().await, kind, reason);
        assert_eq!(world.script.places(), [""; 0]);
    }
}

#[tokio::test]
async fn metadata_that_the_application_has_is_not_asked_for() {
    let world = World::of(OpenId::from_metadata("op", document()).unwrap());
    world.login(&json!({})).await.unwrap();
    world.clock.advance(48 * 3600);
    world.client.endpoints().await.unwrap();
    assert_eq!(world.script.places(), [TOKEN, JWKS]);
}

#[test]
fn metadata_that_the_application_has_is_read_when_the_provider_is_made() {
    let without = |name: &str| {
        let mut document = document();
        document.as_object_mut().unwrap().remove(name);
        document
    };
    let check = |document: Value, kind, reason| {
        refused(OpenId::<()>::from_metadata("op", document), kind, Some(reason));
    };
    check(without("issuer"), ErrorKind::Malformed, "metadata");
    check(without("token_endpoint"), ErrorKind::Malformed, "metadata");
    check(without("authorization_endpoint"), ErrorKind::Malformed, "metadata");
    check(json!("text"), ErrorKind::Malformed, "metadata");
    let mut plain = document();
    plain["jwks_uri"] = json!("http://op.test/jwks");
    check(plain, ErrorKind::Security, "plain_http");
}

fn pinned() -> OpenId {
    let descriptor = Descriptor::new("op", "https://op.test/authorize", TOKEN)
        .with_scopes(["openid"])
        .with_issuer(ISSUER)
        .with_endpoint(Endpoint::Userinfo, USERINFO)
        .with_client_auth(ClientAuth::Post);
    OpenId::pinned(descriptor, IssuerRule::Exact(ISSUER.to_owned()), JWKS)
        .with_algorithms([hallpass_openid::Algorithm::Es256])
}

#[tokio::test]
async fn a_pinned_provider_fetches_keys_alone() {
    let world = World::of(pinned());
    let token = world.login(&json!({})).await.unwrap();
    world.script.answer(USERINFO, &json!({ "sub": "42" }));
    assert_eq!(world.client.get_profile(&token).await.unwrap().issuer(), Some(ISSUER));
    assert_eq!(world.script.places(), [TOKEN, JWKS, USERINFO]);
}

#[tokio::test]
async fn without_a_list_or_a_word_of_the_application_it_is_rs256() {
    let descriptor = Descriptor::new("op", "https://op.test/authorize", TOKEN);
    let issuer = IssuerRule::Exact(ISSUER.to_owned());
    let world = World::of(OpenId::pinned(descriptor, issuer, JWKS));
    refused(world.verify_by(&world.key).await, ErrorKind::Security, Some("alg"));
    assert_eq!(world.script.places(), [""; 0]);
    let rsa = crate::support::rsa_key();
    world.script.answer(JWKS, &jwks(&[&rsa]));
    assert!(world.verify_by(&rsa).await.is_ok());
}

#[tokio::test]
async fn a_pinned_provider_without_a_place_for_keys_verifies_nothing() {
    let issuer = IssuerRule::Exact(ISSUER.to_owned());
    let descriptor = Descriptor::new("op", "https://op.test/authorize", TOKEN);
    let provider = OpenId::pinned(descriptor, issuer, "no URL")
        .with_algorithms([hallpass_openid::Algorithm::Es256]);
    let world = World::of(provider);
    refused(world.verify_by(&world.key).await, ErrorKind::Config, Some("metadata"));
    let world = World::new();
    world.announce(&json!({ "jwks_uri": null }));
    refused(world.verify_by(&world.key).await, ErrorKind::Config, Some("metadata"));
}

#[tokio::test]
async fn what_the_application_configured_wins() {
    let own = "https://own.test";
    for (provider, is_pinned) in [(OpenId::new("op", ISSUER), false), (pinned(), true)] {
        let provider = provider
            .with_endpoint(Endpoint::Userinfo, format!("{own}/userinfo"))
            .with_endpoint(Endpoint::Introspection, format!("{own}/introspect"))
            .with_end_session(format!("{own}/logout"))
            .with_jwks_uri(format!("{own}/jwks"));
        let world = World::of(provider);
        let other = SigningKey::es256();
        world.script.answer("https://own.test/jwks", &jwks(&[&other]));
        let endpoints = world.client.endpoints().await.unwrap();
        let at = |endpoint| endpoints.get(endpoint).unwrap().as_str().to_owned();
        assert_eq!(at(Endpoint::Userinfo), "https://own.test/userinfo");
        assert_eq!(at(Endpoint::Introspection), "https://own.test/introspect");
        let leaving = logout(&world.client, None, LogoutRequest::new()).await.unwrap();
        assert!(leaving.url.as_str().starts_with("https://own.test/logout?"));
        assert!(world.verify_by(&other).await.is_ok());
        let found: &[&str] = if is_pinned { &[] } else { &[DISCOVERY] };
        assert_eq!(world.script.places(), [found, &["https://own.test/jwks"]].concat());
    }
}

#[tokio::test]
async fn a_place_that_the_application_configured_wrongly_is_a_mistake_of_the_configuration() {
    for provider in [
        OpenId::new("op", ISSUER).with_jwks_uri("no URL"),
        OpenId::new("op", ISSUER).with_end_session("no URL"),
        OpenId::new("op", ISSUER).with_endpoint(Endpoint::Userinfo, "https://user@own.test/"),
    ] {
        let world = World::of(provider);
        refused(world.client.endpoints().await, ErrorKind::Config, None);
    }
}

#[tokio::test]
async fn the_applications_way_of_authentication_wins_over_the_providers_list() {
    let chosen = config().with_client_auth(ClientAuth::Post);
    let world = World::with(OpenId::new("op", ISSUER), chosen);
    let ways = json!({ "token_endpoint_auth_methods_supported": ["client_secret_basic"] });
    world.announce(&ways);
    world.login(&json!({})).await.unwrap();
    let sent = world.script.sent();
    let sent = sent.iter().find(|sent| sent.url.as_str() == TOKEN).unwrap();
    assert_eq!(sent.header("authorization"), None);
    assert_eq!(sent.param("client_secret").as_deref(), Some(SECRET));
    let public = ClientConfig::new(CLIENT).with_redirect_uri("https://app.test/callback").unwrap();
    let world = World::with(OpenId::new("op", ISSUER), public);
    world.announce(&ways);
    world.login(&json!({})).await.unwrap();
    let sent = world.script.sent();
    let sent = sent.iter().find(|sent| sent.url.as_str() == TOKEN).unwrap();
    assert_eq!((sent.header("authorization"), sent.param("client_secret")), (None, None));
    assert_eq!(sent.param("client_id").as_deref(), Some(CLIENT));
}
