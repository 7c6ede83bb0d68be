//! Who wants it: the application, the descriptor or the metadata.

use super::*;

const URL: &str = "https://acme.test/.well-known/openid-configuration";

fn document(more: &Json) -> Json {
    let mut document = json!({
        "issuer": "https://acme.test",
        "authorization_endpoint": "https://login.acme.test/authorize",
        "token_endpoint": "https://acme.test/token",
        "pushed_authorization_request_endpoint": PAR,
    });
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    document
}

/// A discovered provider that answers the next question with this document.
fn found(more: &Json) -> World {
    let world = World::of(Acme::discovered(URL));
    world.wire.answer(200, &document(more));
    world
}

#[tokio::test]
async fn the_descriptor_or_the_metadata_may_require_it() {
    let world = World::of(par().but(Descriptor::with_par_required));
    assert!(world.client.descriptor().is_par_required());
    assert!(world.client.endpoints().await.unwrap().is_par_required());
    world.wire.answer(201, &reference());
    let login = world.client.authorize().start().await.unwrap();
    assert_eq!(login.url.as_str(), PAGE);
    assert_eq!(world.wire.only().url.as_str(), PAR);

    let world = found(&json!({ "require_pushed_authorization_requests": true }));
    world.wire.answer(201, &reference());
    let login = world.client.authorize().start().await.unwrap();
    assert_eq!(login.url.as_str(), PAGE);
    let sent = world.wire.sent();
    let urls: Vec<_> = sent.iter().map(|sent| sent.url.as_str()).collect();
    assert_eq!(urls, [URL, PAR]);
}

#[tokio::test]
async fn an_endpoint_alone_requires_nothing() {
    let world = World::of(par());
    world.client.authorize().start().await.unwrap();
    world.wire.assert_silent();
    assert!(!world.client.endpoints().await.unwrap().is_par_required());
    for more in [json!({}), json!({ "require_pushed_authorization_requests": false })] {
        let world = found(&more);
        let login = world.client.authorize().start().await.unwrap();
        assert!(param(login.url.as_str(), "state").is_some());
        assert_eq!(world.wire.only().url.as_str(), URL);
    }
}

#[tokio::test]
async fn the_application_may_ask_where_nobody_requires_it() {
    let world = found(&json!({}));
    world.wire.answer(201, &reference());
    let login = world.client.authorize().pushed().start().await.unwrap();
    assert_eq!(login.url.as_str(), PAGE);
    assert_eq!(world.wire.sent()[1].url.as_str(), PAR);

    // Behind a `dyn` too.
    let world = World::of(par());
    let client: &dyn hallpass_core::BaseOAuth2 = &world.client;
    world.wire.answer(201, &reference());
    let request = world.client.authorize().pushed().into_request().unwrap();
    let login = client.get_authorization_url(request).await.unwrap();
    assert_eq!(login.url.as_str(), PAGE);
}

#[tokio::test]
async fn the_client_authenticates_as_the_token_endpoints_list_says() {
    let list = json!({ "token_endpoint_auth_methods_supported": ["client_secret_basic"] });
    let world = found(&list);
    world.wire.answer(201, &reference());
    world.client.authorize().pushed().start().await.unwrap();
    let sent = world.wire.sent().remove(1);
    assert_eq!(sent.basic(), Some(format!("client:{SECRET}")));
    assert_eq!(sent.param("client_secret"), None);
}

#[tokio::test]
async fn where_there_is_no_endpoint_nothing_is_pushed() {
    let world = World::of(acme());
    let got = world.client.authorize().pushed().start().await;
    let error = refused(got, ErrorKind::Unsupported, None);
    assert_eq!(error.operation(), Some(Operation::Authorize));
    world.wire.assert_silent();

    let required = json!({
        "require_pushed_authorization_requests": true,
        "pushed_authorization_request_endpoint": null,
    });
    let world = found(&required);
    refused(world.client.authorize().start().await, ErrorKind::Unsupported, None);
    assert_eq!(world.wire.only().url.as_str(), URL);

    let nowhere = acme().but(Descriptor::with_par_required);
    refused(OAuth2Client::new(nowhere, config()), ErrorKind::Config, None);
    // Where endpoints are discovered, the metadata is the one to say.
    let said = Acme::discovered(URL).but(Descriptor::with_par_required);
    refused(OAuth2Client::new(said, config()), ErrorKind::Config, None);
}

#[tokio::test]
async fn a_request_is_not_pushed_in_the_clear() {
    let clear = json!({ "pushed_authorization_request_endpoint": "http://acme.test/par" });
    let world = found(&clear);
    let got = world.client.authorize().pushed().start().await;
    refused(got, ErrorKind::Security, Some("plain_http"));
    assert_eq!(world.wire.only().url.as_str(), URL);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_not_pushed() {
    let world = World::of(par());
    for request in [
        AuthorizationRequest::new().param("request_uri", REFERENCE),
        AuthorizationRequest::new().param("state", "x"),
        AuthorizationRequest::new().resource("/relative"),
    ] {
        let got = world.client.get_authorization_url(request.pushed()).await;
        assert_eq!(got.err().map(|error| error.kind()), Some(ErrorKind::Config));
        world.wire.assert_silent();
    }
}
