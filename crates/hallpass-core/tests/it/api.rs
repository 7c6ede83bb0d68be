//! Authorised requests to a provider's API.

use std::time::Duration;

use hallpass_core::{
    ApiRequest, ClientAuth, Descriptor, Endpoint, Error, ErrorKind, OAuth2Token, Operation,
    Purpose, TokenPlacement,
    http::{HeaderName, HeaderValue, Method, header},
    url::Url,
};
use serde_json::json;

use crate::support::{Acme, SECRET, World, acme, config, pairs, public, refused};

mod origin;
mod refusals;

const ME: &str = "https://api.acme.test/me";

fn token() -> OAuth2Token {
    OAuth2Token::from_access_token("the-access-token")
}

#[tokio::test]
async fn a_call_carries_token_names_and_query() {
    let world = World::of(acme());
    world.wire.answer(200, &json!({ "id": 7 }));
    let token = token();
    let api = world.client.api(&token);
    assert_eq!((api.client_id(), api.descriptor().name()), ("client", "acme"));
    let own = HeaderValue::from_static("2022-11-28");
    let call = api.get("https://api.acme.test/me?a=1").query("b", "x&y").query("c", "é");
    let got = call.header(HeaderName::from_static("x-version"), own).read().await.unwrap();
    assert_eq!(got["id"], 7);
    let sent = world.wire.only();
    assert_eq!((sent.method.clone(), sent.purpose), (Method::GET, Purpose::Api));
    let want = [("a", "1"), ("b", "x&y"), ("c", "é")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    assert_eq!(pairs(sent.url.as_str()), want);
    assert_eq!(sent.header("authorization"), Some("Bearer the-access-token"));
    assert!(sent.headers["authorization"].is_sensitive());
    assert_eq!(sent.header("accept"), Some("application/json"));
    assert!(sent.header("user-agent").unwrap().starts_with("hallpass/"));
    assert_eq!(sent.header("x-version"), Some("2022-11-28"));
    assert_eq!((sent.body.as_str(), sent.header("content-type")), ("", None));
    assert!(!sent.url.as_str().contains("token"), "a token in a URL ends up in logs");
}

#[tokio::test]
async fn a_body_is_a_form_or_json() {
    let world = World::of(acme());
    let token = token();
    let api = world.client.api(&token);
    world.wire.answer(200, &json!({}));
    api.post(ME).form([("a", "1"), ("b", "x y")]).send().await.unwrap();
    let sent = world.wire.only();
    assert_eq!((sent.method.as_str(), sent.body.as_str()), ("POST", "a=1&b=x+y"));
    assert_eq!(sent.header("content-type"), Some("application/x-www-form-urlencoded"));
    world.wire.answer(200, &json!({}));
    api.request(Method::PATCH, ME).json(&json!({ "a": [1] })).send().await.unwrap();
    let sent = world.wire.only();
    assert_eq!((sent.method.as_str(), sent.body.as_str()), ("PATCH", r#"{"a":[1]}"#));
    assert_eq!(sent.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn an_answer_can_be_read_as_a_type() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Me {
        id: u32,
    }
    let world = World::of(acme());
    let token = token();
    world.wire.answer(200, &json!({ "id": 7 }));
    let got: Me = world.client.api(&token).get(ME).read_as().await.unwrap();
    assert_eq!(got, Me { id: 7 });
    for body in [r#"{"id":"secret-looking"}"#, "<html>", ""] {
        world.wire.answer_text(200, "text/html", body);
        let got = world.client.api(&token).get(ME).read_as::<Me>().await;
        let error = refused(got, ErrorKind::Malformed, None);
        assert!(!format!("{error} {error:?}").contains("secret-looking"), "{error:?}");
    }
}

#[tokio::test]
async fn a_token_goes_where_the_provider_reads_it_and_nowhere_else() {
    let name = HeaderName::from_static("x-acme-token");
    let placed = acme().but(|d| d.with_token_placement(TokenPlacement::Header(name)));
    let world = World::of(placed.on_api_request(|request, _, _| {
        let value = HeaderValue::from_static("Bearer somebody-elses");
        request.headers.insert(header::AUTHORIZATION, value);
        Ok(())
    }));
    world.wire.answer(200, &json!({}));
    let token = token();
    world.client.api(&token).get(ME).send().await.unwrap();
    let sent = world.wire.only();
    assert_eq!(sent.header("x-acme-token"), Some("the-access-token"));
    assert!(sent.headers["x-acme-token"].is_sensitive());
    assert_eq!(sent.header("authorization"), None);
}

#[tokio::test]
async fn authorization_is_cores_own_header() {
    let stray = || HeaderValue::from_static("Bearer somebody-elses");
    let hooked = acme().on_api_request(move |request, _, _| {
        request.headers.append(header::AUTHORIZATION, stray());
        request.headers.append(header::AUTHORIZATION, stray());
        Ok(())
    });
    let described = acme().but(|d| d.with_header(header::AUTHORIZATION, "Bearer somebody-elses"));
    for provider in [hooked, described, acme()] {
        let world = World::of(provider);
        let token = token();
        world.wire.answer(200, &json!({}));
        let call = world.client.api(&token).get(ME).header(header::AUTHORIZATION, stray());
        call.send().await.unwrap();
        let sent = world.wire.only();
        let all: Vec<_> = sent.headers.get_all("authorization").iter().collect();
        assert_eq!(all, ["Bearer the-access-token"]);

        world.wire.answer(200, &json!({}));
        let nobody = ApiRequest::new(Method::GET, ME).header(header::AUTHORIZATION, stray());
        world.client.send(nobody).await.unwrap();
        assert_eq!(world.wire.only().header("authorization"), None);
    }
}

#[tokio::test]
async fn a_hook_adds_to_a_call_and_moves_no_limit() {
    let world = World::of(acme().on_api_request(|request, token, keys| {
        let proof = keys.hmac_sha256(token.access_token().expose().as_bytes())?;
        request.url.query_pairs_mut().append_pair("proof", &format!("{:02x}", proof[0]));
        request.timeout = Duration::MAX;
        request.body_limit_bytes = usize::MAX;
        request.headers.insert(header::USER_AGENT, HeaderValue::from_static("somebody else"));
        request.body = b"to be replaced".to_vec();
        Ok(())
    }));
    world.wire.answer(200, &json!({}));
    let token = token();
    let call = world.client.api(&token).post(ME).form([("a", "1")]).body_limit_bytes(77);
    call.send().await.unwrap();
    let sent = world.wire.only();
    assert!(sent.url.query().unwrap().starts_with("proof="));
    assert_eq!(sent.timeout, Duration::from_secs(10));
    assert_eq!(sent.body_limit_bytes, 77);
    assert!(sent.header("user-agent").unwrap().starts_with("hallpass/"));
    assert_eq!(sent.body, "a=1");
}

#[tokio::test]
async fn an_answer_is_read_up_to_a_mebibyte_unless_the_call_says_otherwise() {
    let world = World::of(acme());
    let token = token();
    world.wire.answer(200, &json!({}));
    world.client.api(&token).get(ME).send().await.unwrap();
    assert_eq!(world.wire.only().body_limit_bytes, 1 << 20);
    world.wire.answer(200, &json!({}));
    world.client.api(&token).get(ME).body_limit_bytes(5 << 20).send().await.unwrap();
    assert_eq!(world.wire.only().body_limit_bytes, 5 << 20);
}

#[tokio::test]
async fn the_providers_headers_go_with_every_request_unless_the_call_sets_them() {
    let version = HeaderName::from_static("x-version");
    let accept = |d: Descriptor| d.with_header(header::ACCEPT, "application/vnd.acme+json");
    let world = World::of(acme().but(accept).but(|d| d.with_header(version.clone(), "1")));
    let token = token();
    world.wire.answer(200, &json!({}));
    world.client.api(&token).get(ME).send().await.unwrap();
    world.wire.answer(200, &json!({ "access_token": "T" }));
    world.login().await.unwrap();
    for sent in world.wire.sent() {
        assert_eq!(sent.header("x-version"), Some("1"), "{}", sent.url);
        assert_eq!(sent.header("accept"), Some("application/vnd.acme+json"));
    }
    world.wire.answer(200, &json!({}));
    let own = HeaderValue::from_static("2");
    world.client.api(&token).get(ME).header(version, own).send().await.unwrap();
    assert_eq!(world.wire.only().header("x-version"), Some("2"));
}

#[tokio::test]
async fn a_request_can_be_the_applications_own() {
    let world = World::of(acme());
    let token = token();
    world.wire.answer(200, &json!({ "active": true }));
    let request = ApiRequest::form(Endpoint::Introspection, [("token", "T")]);
    world.client.send(request).await.unwrap();
    let sent = world.wire.only();
    assert_eq!(sent.url.as_str(), "https://acme.test/introspect");
    assert_eq!(sent.purpose, Purpose::Endpoint(Endpoint::Introspection));
    sent.assert_form(&[("token", "T"), ("client_id", "client"), ("client_secret", SECRET)]);

    world.wire.answer(200, &json!({}));
    let call = world.client.api(&token).post(ME).json(&json!({ "a": 1 }));
    call.client_auth(ClientAuth::Basic).send().await.unwrap();
    let sent = world.wire.only();
    assert_eq!(
        (sent.body.as_str(), sent.basic()),
        (r#"{"a":1}"#, Some(format!("client:{SECRET}")))
    );
    assert!(!sent.header("authorization").unwrap().contains("the-access-token"));

    // Of the client, in the way of the token endpoint.
    world.wire.answer(200, &json!({}));
    world.client.send(ApiRequest::new(Method::POST, ME).of_client()).await.unwrap();
    world.wire.only().assert_form(&[("client_id", "client"), ("client_secret", SECRET)]);

    let call = world.client.api(&token).post(ME).json(&json!({ "a": 1 }));
    refused(call.client_auth(ClientAuth::Post).send().await, ErrorKind::Config, None);
    world.wire.assert_silent();
}

#[tokio::test]
async fn an_endpoint_that_the_provider_has_not_is_unsupported() {
    let world = World::with(acme(), public());
    let token = token();
    let call = world.client.api(&token).endpoint(Method::GET, Endpoint::Userinfo);
    let error = refused(call.send().await, ErrorKind::Unsupported, None);
    assert_eq!(error.operation(), Some(Operation::Send));
    world.wire.assert_silent();
}

#[tokio::test]
async fn a_token_that_cannot_go_into_a_header_is_not_sent() {
    let world = World::of(acme());
    for (token, kind) in [
        (OAuth2Token::from_refresh_token("R"), ErrorKind::Config),
        (OAuth2Token::from_access_token("a\r\nx-injected: 1"), ErrorKind::Malformed),
        (OAuth2Token::from_access_token("é\u{0}"), ErrorKind::Malformed),
    ] {
        refused(world.client.api(&token).get(ME).send().await, kind, None);
    }
    world.wire.assert_silent();
}

#[tokio::test]
async fn a_request_for_another_protocol_has_the_token_beside_it() {
    let token = token();
    let request = ApiRequest::new(Method::POST, ME)
        .query("a", "1")
        .header(header::AUTHORIZATION, HeaderValue::from_static("stray"))
        .form_body([("b", "2")])
        .token(&token);
    let (request, with) = request.into_request().unwrap();
    assert_eq!(request.url.as_str(), "https://api.acme.test/me?a=1");
    assert_eq!(
        (request.body.as_slice(), request.headers.get("authorization")),
        (&b"b=2"[..], None)
    );
    assert_eq!(with.unwrap().access_token().expose(), "the-access-token");
    let named = ApiRequest::endpoint(Method::GET, Endpoint::Userinfo).into_request();
    refused(named, ErrorKind::Unsupported, None);
    refused(ApiRequest::new(Method::GET, "/me").into_request(), ErrorKind::Config, None);
    // Where OAuth 2 would put the token means nothing elsewhere.
    let get = || ApiRequest::new(Method::GET, ME);
    refused(get().token_in_query("t", &token).into_request(), ErrorKind::Unsupported, None);
    refused(get().token_in_form("t", &token).into_request(), ErrorKind::Unsupported, None);
    let origin = Url::parse("https://other.test").unwrap().origin();
    let named = get().allow_origin(origin.clone()).client_auth(ClientAuth::Basic);
    assert_eq!((named.allowed_origins(), named.is_of_client()), (&[origin][..], true));
    assert!(!get().is_of_client() && !get().token(&token).is_of_client());
}
