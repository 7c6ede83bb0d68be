use std::time::Duration;

use hallpass_core::{
    ApiRequest, BaseOAuth2, ClientAuth, Endpoint, ErrorKind, OAuth2Token,
    http::{HeaderValue, Method, header},
    url::Url,
};
use hallpass_oauth1::{OAuth1Provider, Placement, TokenCredentials};
use serde_json::json;

use crate::support::*;

fn token() -> OAuth2Token {
    TokenCredentials::new("TOKEN", "TOKENSECRET").into_token()
}

#[tokio::test]
async fn a_json_body_arrives_whole_and_unsigned() {
    let world = World::new();
    world.wire.answer(201, "{}");
    let body = json!({ "text": "a=1&b=2", "list": [1, null] });
    let token = token();
    let call = world.client.api(&token).post("https://api.acme.test/notes?q=1").json(&body);
    call.header(header::ACCEPT_LANGUAGE, HeaderValue::from_static("de")).send().await.unwrap();
    let sent = world.wire.only();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&sent.body).unwrap(), body);
    assert_eq!(sent.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(sent.headers[header::ACCEPT_LANGUAGE], "de");
    assert_eq!(sent.oauth()["oauth_token"], "TOKEN");
    assert!(!sent.oauth().contains_key("oauth_body_hash"));
}

#[tokio::test]
async fn a_body_is_hashed_where_the_configuration_says_so_and_in_no_login() {
    let world = World::of(acme(), config().with_body_hash());
    world.begun().await;
    world.wire.answer(200, TEMPORARY).answer(200, "{}").answer(200, "{}");
    let login = hallpass_core::AuthorizationRequest::new();
    world.client.get_authorization_url(login).await.unwrap();
    assert!(!world.wire.only().oauth().contains_key("oauth_body_hash"));
    let token = token();
    let api = world.client.api(&token);
    api.post("https://api.acme.test/").json(&json!("x")).send().await.unwrap();
    api.post("https://api.acme.test/").form([("a", "1")]).send().await.unwrap();
    let sent = world.wire.sent();
    assert!(sent[0].oauth().contains_key("oauth_body_hash"));
    assert!(!sent[1].oauth().contains_key("oauth_body_hash"));
}

#[tokio::test]
async fn a_form_arrives_whole_with_the_signature_where_it_belongs() {
    for placement in [Placement::Header, Placement::Query, Placement::Form] {
        let world = World::of(acme().with_placement(placement), config());
        world.wire.answer(200, "{}");
        let token = token();
        let call = world.client.api(&token).post("https://api.acme.test/notes?q=%20");
        call.form([("text", "a b&c"), ("x", "")]).send().await.unwrap();
        let sent = world.wire.only();
        let form = sent.form();
        assert_eq!(form[0], ("text".into(), "a b&c".into()));
        assert_eq!(form[1], ("x".into(), String::new()));
        assert_eq!(form.len() > 2, placement == Placement::Form, "{placement:?}");
        assert_eq!(form.last().unwrap().0 == "oauth_signature", placement == Placement::Form);
        let query = sent.url.query().unwrap();
        assert!(query.starts_with("q=%20"));
        assert_eq!(query.len() > 5, placement == Placement::Query, "{placement:?}");
    }
}

#[tokio::test]
async fn a_json_body_has_no_place_for_a_signature_in_a_form() {
    let world = World::of(acme().with_placement(Placement::Form), config());
    let token = token();
    let call = world.client.api(&token).post("https://api.acme.test/").json(&json!({}));
    let error = call.send().await.unwrap_err();
    assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::Config, true));
    assert!(world.wire.sent().is_empty());
}

#[tokio::test]
async fn a_call_without_a_body_gets_none_by_its_signature() {
    let world = World::of(acme().with_placement(Placement::Form), config());
    let token = token();
    for method in [Method::GET, Method::DELETE, Method::POST] {
        world.wire.answer(200, "{}");
        let call = world.client.api(&token).request(method, "https://api.acme.test/notes/1");
        call.send().await.unwrap();
        let sent = world.wire.only();
        assert!(sent.body.is_empty() && sent.oauth().contains_key("oauth_signature"));
    }
}

#[tokio::test]
async fn an_application_calls_in_its_own_name_or_in_nobodys() {
    let world = World::new();
    world.wire.answer(200, "{}").answer(200, "{}").answer(200, "{}");
    let request = || ApiRequest::new(Method::GET, "https://api.acme.test/public");
    world.client.send(request().of_client()).await.unwrap();
    world.client.send(request().client_auth(ClientAuth::Basic)).await.unwrap();
    world.client.send(request()).await.unwrap();
    let sent = world.wire.sent();
    for of_client in &sent[..2] {
        assert_eq!(of_client.oauth()["oauth_consumer_key"], "consumer");
        assert!(!of_client.oauth().contains_key("oauth_token"));
    }
    assert!(sent[2].headers.get(header::AUTHORIZATION).is_none());
}

#[tokio::test]
async fn requests_are_signed_for_the_origins_that_somebody_named() {
    let world = World::of(acme().with_api("https://media.acme.test/x"), config());
    let token = token();
    let get = |url: &str| ApiRequest::new(Method::GET, url).token(&token);
    for url in ["https://api.acme.test/x", "https://media.acme.test/y", "https://acme.test/z"] {
        world.wire.answer(200, "{}");
        world.client.send(get(url)).await.unwrap();
    }
    let named = Url::parse("https://other.test:8443").unwrap().origin();
    world.wire.answer(200, "{}");
    world.client.send(get("https://other.test:8443/").allow_origin(named)).await.unwrap();
    assert_eq!(world.wire.sent().len(), 4);
    for (url, reason) in [
        ("https://other.test/", "origin"),
        ("https://login.acme.test/", "origin"),
        ("https://api.acme.test:444/", "origin"),
        ("https://api.acme.test.evil.test/", "origin"),
        ("https://evil.test/api.acme.test", "origin"),
        ("http://api.acme.test/", "plain_http"),
    ] {
        let error = world.client.send(get(url)).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some(reason)), "{url}");
        assert!(error.is_unsent());
    }
    let plain = Url::parse("http://other.test").unwrap().origin();
    let request = get("http://other.test/").allow_origin(plain);
    assert_eq!(world.client.send(request).await.unwrap_err().reason(), Some("plain_http"));
    let error = world.client.send(get("https://u:p@api.acme.test/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(world.wire.sent().is_empty());
}

#[tokio::test]
async fn limits_and_headers_are_those_of_the_configuration() {
    let config = config().with_timeout(Duration::from_secs(3)).with_user_agent("app/1").unwrap();
    let world = World::of(acme(), config);
    world.wire.answer(200, "{}");
    let token = token();
    let call = world.client.api(&token).get("https://api.acme.test/");
    let call = call.header(header::HOST, HeaderValue::from_static("evil.test"));
    call.header(header::AUTHORIZATION, HeaderValue::from_static("Basic x")).send().await.unwrap();
    let sent = world.wire.only();
    assert_eq!(sent.timeout, Duration::from_secs(3));
    let product = sent.headers[header::USER_AGENT].to_str().unwrap();
    assert!(product.starts_with("app/1 hallpass/"), "{product}");
    assert!(sent.headers.get(header::HOST).is_none());
    assert_eq!(sent.headers[header::ACCEPT], "application/json");
    assert!(sent.oauth().contains_key("oauth_signature"));
}

#[tokio::test]
async fn what_oauth_1_cannot_send_is_refused_unsent() {
    let world = World::new();
    let token = token();
    let bearer = OAuth2Token::from_access_token("TOKEN");
    let get = || ApiRequest::new(Method::GET, "https://api.acme.test/");
    for (request, kind) in [
        (get().token_in_query("access_token", &token), ErrorKind::Unsupported),
        (get().token_in_form("access_token", &token), ErrorKind::Unsupported),
        (
            ApiRequest::endpoint(Method::GET, Endpoint::Userinfo).token(&token),
            ErrorKind::Unsupported,
        ),
        (get().token(&bearer), ErrorKind::Config),
        (get().query("oauth_nonce", "1").token(&token), ErrorKind::Config),
    ] {
        let error = world.client.send(request).await.unwrap_err();
        assert_eq!((error.kind(), error.is_unsent()), (kind, true), "{error}");
    }
    assert!(world.wire.sent().is_empty());
}

#[tokio::test]
async fn a_refusal_by_the_api_is_typed() {
    for (status, kind, reason) in [
        (401, ErrorKind::Denied, Some("invalid_token")),
        (403, ErrorKind::Denied, Some("forbidden")),
        (404, ErrorKind::Config, None),
        (429, ErrorKind::Transport, Some("rate_limited")),
        (500, ErrorKind::Transport, None),
        (307, ErrorKind::Malformed, Some("redirect")),
    ] {
        let world = World::new();
        world.wire.answer(status, "");
        let error = world.client.get_profile(&token()).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (kind, reason), "{status}");
        assert_eq!(error.status().map(|it| it.as_u16()), Some(status));
        assert!(!error.is_unsent());
    }
}

#[tokio::test]
async fn a_profile_without_a_usable_id_is_malformed() {
    for body in
        [r#"{"id":""}"#.to_owned(), "{}".into(), format!(r#"{{"id":"{}"}}"#, "x".repeat(2_000))]
    {
        let world = World::new();
        world.wire.answer(200, &body);
        let client: &dyn BaseOAuth2 = &world.client;
        let error = client.get_id_email(&token()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }
}

#[tokio::test]
async fn the_second_provider_is_asked_as_its_page_says() {
    let world = World::of(OAuth1Provider::tumblr(), config());
    let login = world.begun().await;
    assert_eq!(login.url.as_str(), "https://www.tumblr.com/oauth/authorize?oauth_token=TEMP");
    let me = r#"{"response":{"user":{"name":"n","blogs":[{"primary":true,"uuid":"t:1"}]}}}"#;
    world.wire.answer(200, GRANTED).answer(200, me);
    let back = callback("oauth_token=TEMP&oauth_verifier=VER&source=x");
    let signed_in = world.client.sign_in(back, login.pending).await.unwrap();
    assert_eq!(signed_in.profile.id(), "t:1");
    let sent = world.wire.sent();
    assert_eq!((&*sent[0].method, sent[0].url.path()), ("GET", "/oauth/access_token"));
    assert_eq!(sent[1].url.as_str(), "https://api.tumblr.com/v2/user/info");
}
