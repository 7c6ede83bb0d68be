//! Endpoints that are found at run time, over a back channel without credentials.

use std::{error::Error as _, time::Duration};

use hallpass_core::{
    ErrorKind, OAuth2Client, OAuth2Token, OAuthError, Operation, Purpose, Revocation, Revoke,
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
async fn a_document_may_say_where_to_sign_out() {
    let mut document = document();
    document["end_session_endpoint"] = json!("https://out.acme.test/logout?x=1");
    let world = World::of(discovered());
    world.wire.answer(200, &document);
    let endpoints = world.client.endpoints().await.unwrap();
    let page = endpoints.end_session().unwrap();
    assert_eq!(page.as_str(), "https://out.acme.test/logout?x=1");
    world.wire.answer(200, &document);
    let token = OAuth2Token::from_access_token("T");
    let got = world.client.api(&token).get(page.as_str()).send().await;
    refused(got, ErrorKind::Security, Some("origin"));
    let said = discovered().but(|d| d.with_end_session("https://out.acme.test/logout"));
    refused(OAuth2Client::new(said, config()), ErrorKind::Config, None);
}

#[tokio::test]
async fn one_failure_can_be_the_answer_to_many_callers() {
    let world = World::of(discovered());
    world.wire.answer_with(|_| {
        let mut answer = json_response(503, &json!({}));
        answer.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("7"));
        Ok(answer)
    });
    let error = world.client.endpoints().await.unwrap_err();
    let underneath = std::io::Error::other("underneath");
    let error = error.with_source(underneath).with_oauth(OAuthError::new("a_code"));
    let copy = error.clone();
    assert_eq!((copy.kind(), copy.status()), (error.kind(), error.status()));
    assert_eq!(copy.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(copy.oauth(), error.oauth());
    assert_eq!(format!("{copy} {copy:?}"), format!("{error} {error:?}"));
    let source = copy.source().and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.map(ToString::to_string).as_deref(), Some("underneath"));
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
