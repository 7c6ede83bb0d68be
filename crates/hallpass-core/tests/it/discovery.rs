//! Endpoints that are found at run time, over a back channel without credentials.

use std::time::Duration;

use hallpass_core::{
    ErrorKind, OAuth2Token, Operation, Purpose, Revocation, Revoke,
    http::{HeaderValue, Method, header},
};
use serde_json::json;

use crate::support::{Acme, World, callback, config, json_response, param, refused};

const URL: &str = "https://acme.test/.well-known/openid-configuration";

fn discovered() -> Acme {
    Acme::discovered(URL)
}

fn document() -> hallpass_core::Json {
    json!({
        "issuer": "https://acme.test",
        "authorization_endpoint": "https://acme.test/authorize",
        "token_endpoint": "https://token.acme.test/token",
        "revocation_endpoint": "https://acme.test/revoke",
    })
}

#[tokio::test]
async fn a_document_is_fetched_without_credentials_and_within_limits() {
    let config = config().with_timeout(Duration::from_secs(3)).with_user_agent("app/1").unwrap();
    let world = World::with(discovered(), config);
    world.wire.answer(200, &document());
    let endpoints = world.client.endpoints().await.unwrap();
    assert_eq!(endpoints.token().as_str(), "https://token.acme.test/token");
    assert_eq!(endpoints.issuer(), Some("https://acme.test"));
    let sent = world.wire.only();
    assert_eq!((sent.method.clone(), sent.purpose), (Method::GET, Purpose::Metadata));
    assert_eq!(sent.url.as_str(), URL);
    assert_eq!(sent.body_limit_bytes, 512 << 10);
    assert_eq!(sent.timeout, Duration::from_secs(3));
    let names: Vec<_> = sent.headers.keys().map(header::HeaderName::as_str).collect();
    assert_eq!(names, ["accept", "user-agent"]);
    assert!(sent.body.is_empty());
}

#[tokio::test]
async fn a_document_that_is_not_there_is_no_endpoint() {
    use ErrorKind::{Malformed, Transport};
    for (status, kind) in [
        (302, Malformed),
        (304, Malformed),
        (404, Malformed),
        (401, Malformed),
        (429, Transport),
        (500, Transport),
    ] {
        let world = World::of(discovered());
        world.wire.answer_with(move |_| {
            let mut answer = json_response(status, &document());
            answer.headers.insert(header::LOCATION, HeaderValue::from_static("https://evil.test"));
            answer.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("7"));
            Ok(answer)
        });
        let error = refused(world.client.endpoints().await, kind, None);
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.operation(), Some(Operation::Endpoints));
        let wait = (kind == Transport).then_some(Duration::from_secs(7));
        assert_eq!(error.retry_after(), wait);
        world.wire.only();
    }
    let world = World::of(Acme::discovered("http://acme.test/metadata"));
    refused(world.client.endpoints().await, ErrorKind::Security, Some("plain_http"));
    world.wire.assert_silent();
}

#[tokio::test]
async fn a_login_goes_to_the_endpoints_that_were_found() {
    let world = World::of(discovered());
    world.wire.answer(200, &document());
    let (state, pending) = {
        let login = world.client.authorize().start().await.unwrap();
        assert!(login.url.as_str().starts_with("https://acme.test/authorize?response_type=code"));
        (param(login.url.as_str(), "state").unwrap(), login.pending)
    };
    world.wire.answer(200, &document());
    world.wire.answer(200, &json!({ "access_token": "T" }));
    // A login asks the source twice, at its start and when the browser is back.
    let token = world.client.get_access_token(callback(&state), pending).await.unwrap();
    assert_eq!(token.access_token().expose(), "T");
    let last = world.wire.sent().pop().unwrap();
    assert_eq!((last.purpose, last.url.host_str()), (Purpose::Token, Some("token.acme.test")));
}

#[tokio::test]
async fn a_document_cannot_make_credentials_travel_in_the_clear() {
    for (name, value) in [
        ("token_endpoint", "http://acme.test/token"),
        ("token_endpoint", "ftp://acme.test/token"),
        ("token_endpoint", "https://me:pw@acme.test/token"),
        ("authorization_endpoint", "http://acme.test/authorize"),
        ("authorization_endpoint", "https://acme.test/authorize#here"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("authorization_endpoint", "https://acme.test/authorize?state=x"),
        ("revocation_endpoint", "http://acme.test/revoke"),
    ] {
        let mut bad = document();
        bad[name] = json!(value);
        let rfc = Revocation::Rfc7009(hallpass_core::ClientAuth::Post);
        let world = World::of(discovered().but(|d| d.with_revocation(rfc)));
        for _ in 0..4 {
            world.wire.answer(200, &bad);
        }
        if name == "authorization_endpoint" {
            assert!(world.client.authorize().start().await.is_err(), "{value}");
        } else if name == "revocation_endpoint" {
            let token = OAuth2Token::from_access_token("T");
            let got = world.client.revoke_token(&token, Revoke::AccessToken).await;
            refused(got, ErrorKind::Security, Some("plain_http"));
        } else {
            assert!(world.login().await.is_err(), "{value}");
        }
        assert!(world.wire.sent().iter().all(|sent| sent.purpose == Purpose::Metadata), "{value}");
    }
}
