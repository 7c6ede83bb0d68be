//! Where a provider's metadata is looked for, and what is believed of it.

use hallpass_core::{ErrorKind, Result, url::Url};
use hallpass_openid::OpenId;
use serde_json::json;

use crate::support::{DISCOVERY, ISSUER, JWKS, TOKEN, World, document, param, refused, together};

/// The documents that are asked for, where `there` is the only one, and about `issuer`.
async fn asked_for(issuer: &str, there: Option<&str>) -> (Vec<String>, Result<()>) {
    let world = World::of(OpenId::new("op", issuer));
    world.script.fail(DISCOVERY, 404);
    if let Some(there) = there {
        let mut document = document();
        document["issuer"] = json!(issuer);
        world.script.answer(there, &document);
    }
    let got = world.client.endpoints().await.map(|_| ());
    (world.script.places(), got)
}

#[test]
fn making_a_client_sends_nothing() {
    let world = World::new();
    assert_eq!(world.script.places(), [""; 0]);
}

#[tokio::test]
async fn openid_connects_place_comes_first_and_that_of_rfc_8414_second() {
    for (issuer, behind, between) in [
        (
            "https://op.test",
            "https://op.test/.well-known/openid-configuration",
            "https://op.test/.well-known/oauth-authorization-server",
        ),
        (
            "https://op.test/",
            "https://op.test/.well-known/openid-configuration",
            "https://op.test/.well-known/oauth-authorization-server",
        ),
        (
            "https://op.test/realms/a",
            "https://op.test/realms/a/.well-known/openid-configuration",
            "https://op.test/.well-known/oauth-authorization-server/realms/a",
        ),
        (
            "https://op.test/realms/a/",
            "https://op.test/realms/a/.well-known/openid-configuration",
            "https://op.test/.well-known/oauth-authorization-server/realms/a",
        ),
    ] {
        let (places, got) = asked_for(issuer, Some(behind)).await;
        assert!(got.is_ok(), "{issuer}: {got:?}");
        assert_eq!(places, [behind]);
        let (places, got) = asked_for(issuer, Some(between)).await;
        assert!(got.is_ok(), "{issuer}: {got:?}");
        assert_eq!(places, [behind, between]);
        let (places, got) = asked_for(issuer, None).await;
        refused(got, ErrorKind::Malformed, None);
        assert_eq!(places, [behind, between]);
    }
}

#[tokio::test]
async fn a_provider_that_is_down_is_not_asked_at_another_place() {
    let world = World::new();
    world.script.fail(DISCOVERY, 503);
    refused(world.client.endpoints().await, ErrorKind::Transport, None);
    assert_eq!(world.script.places(), [DISCOVERY]);
}

#[tokio::test]
async fn an_issuer_that_cannot_be_one_is_never_asked() {
    for issuer in [
        "https://op.test?tenant=1",
        "https://op.test/#a",
        "https://user:password@op.test",
        "mailto:op@op.test",
        "op.test",
        "",
    ] {
        let (places, got) = asked_for(issuer, None).await;
        refused(got, ErrorKind::Config, None);
        assert_eq!(places, [""; 0], "{issuer}");
    }
    let (places, got) = asked_for("http://op.test", None).await;
    refused(got, ErrorKind::Security, Some("plain_http"));
    assert_eq!(places, [""; 0]);
}

#[tokio::test]
async fn a_document_about_another_issuer_is_refused_and_nothing_is_sent_afterwards() {
    for issuer in ["https://op.test/", "https://OP.test", "https://evil.test", "http://op.test"] {
        let world = World::new();
        world.announce(&json!({ "issuer": issuer }));
        let got = world.client.authorize().start().await;
        refused(got, ErrorKind::Security, Some("issuer"));
        let got = world.verify(world.jwt(&json!({})).expose()).await;
        refused(got, ErrorKind::Security, Some("issuer"));
        assert_eq!(world.script.places(), [DISCOVERY, DISCOVERY], "{issuer}");
    }
}

#[tokio::test]
async fn what_is_no_metadata_is_refused() {
    let world = World::new();
    world.script.answer(DISCOVERY, &json!([]));
    refused(world.client.endpoints().await, ErrorKind::Malformed, Some("metadata"));
    // A new one each time: who asks a third time is told what the second failed with.
    let world = World::new();
    world.announce(&json!({ "token_endpoint": "http://op.test/token" }));
    refused(world.client.endpoints().await, ErrorKind::Security, Some("plain_http"));
    world.script.answer_with(DISCOVERY, |_| {
        let twice = format!(r#"{{"issuer":"https://evil.test","issuer":"{ISSUER}"}}"#);
        crate::support::response(200, "application/json", &twice)
    });
    refused(world.client.endpoints().await, ErrorKind::Security, Some("duplicate"));
    let world = World::new();
    let long = json!({ "issuer": ISSUER, "x": "x".repeat(512 << 10) });
    world.script.answer(DISCOVERY, &long);
    refused(world.client.endpoints().await, ErrorKind::Malformed, Some("body_limit"));
}

#[tokio::test]
async fn a_document_is_asked_for_without_credentials() {
    let world = World::new();
    world.verify(world.jwt(&json!({})).expose()).await.unwrap();
    let sent = world.script.sent();
    assert_eq!(sent.len(), 2);
    for sent in sent {
        assert_eq!((sent.method.as_str(), sent.body.as_str()), ("GET", ""));
        assert_eq!(sent.header("accept"), Some("application/json"));
        assert_eq!(sent.header("authorization"), None);
    }
}

#[tokio::test]
async fn a_login_goes_where_the_metadata_says() {
    let world = World::new();
    let login = world.client.authorize().start().await.unwrap();
    let url = Url::parse(login.url.as_str()).unwrap();
    assert_eq!(url.origin(), Url::parse(ISSUER).unwrap().origin());
    assert_eq!(url.path(), "/authorize");
    assert_eq!(param(login.url.as_str(), "scope").as_deref(), Some("openid email profile"));
    world.login(&json!({})).await.unwrap();
    assert_eq!(world.script.places(), [DISCOVERY, TOKEN, JWKS]);
}

#[tokio::test]
async fn many_logins_at_the_same_time_discover_once() {
    let world = World::new();
    let logins = together(&world.script, |_| {
        let client = world.client.clone();
        async move { client.authorize().start().await.map(|_| ()) }
    });
    assert!(logins.await.into_iter().all(|login| login.is_ok()));
    assert_eq!(world.script.places(), [DISCOVERY]);
    let verified = together(&world.script, |_| {
        let (client, jwt) = (world.client.clone(), world.jwt(&json!({})));
        async move { client.verify_jwt(&jwt, hallpass_core::JwtKind::IdToken).await.map(|_| ()) }
    });
    assert!(verified.await.into_iter().all(|verified| verified.is_ok()));
    assert_eq!(world.script.places(), [JWKS]);
}

#[tokio::test]
async fn a_failure_of_many_is_one_request_and_is_not_kept() {
    let world = World::new();
    world.script.fail(DISCOVERY, 500);
    let logins = together(&world.script, |_| {
        let client = world.client.clone();
        async move { client.authorize().start().await.map(|_| ()) }
    });
    for login in logins.await {
        refused(login, ErrorKind::Transport, None);
    }
    assert_eq!(world.script.places(), [DISCOVERY]);
    world.script.answer(DISCOVERY, &document());
    assert!(world.client.endpoints().await.is_ok());
}
