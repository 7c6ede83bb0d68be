use hallpass_core::{ErrorKind, http::Method};
use hallpass_testkit::{LocalClient, LocalProvider, LocalProviderBuilder, User};
use serde_json::json;

use crate::support::{
    TestClock, ask, code, decoded, encoded, endpoint, own, params, post, provider, redemption,
    send, wish, with,
};

async fn push(local: &LocalProvider, form: &[(&str, &str)]) -> (u16, hallpass_core::Json) {
    let url = endpoint(local, "pushed_authorization_request_endpoint").await;
    post(&url, &[("authorization", &own(local))], form).await
}

/// The `request_uri` of a good push.
async fn pushed(local: &LocalProvider) -> String {
    let (status, reply) = push(local, &wish(local.client_id())).await;
    assert_eq!((status, &reply["expires_in"]), (201, &json!(60)), "{reply}");
    reply["request_uri"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_pushed_request_is_good_once() {
    let local = provider(|builder| builder).await;
    let uri = pushed(&local).await;
    let short = [("client_id", local.client_id()), ("request_uri", uri.as_str())];
    let landing = ask(&local, &short).await.unwrap();
    let params = params(&landing);
    assert_eq!(params["state"], "a state");
    let url = endpoint(&local, "token_endpoint").await;
    let authorization = own(&local);
    let form = redemption(&params["code"]);
    let (status, reply) = post(&url, &[("authorization", &authorization)], &form).await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!(decoded(reply["id_token"].as_str().unwrap()).1["nonce"], "a nonce");
    assert_eq!(local.count("pushed_authorization"), 1);
    refused(&local, &short).await;
}

/// The page shows an error, and nobody is sent back.
async fn refused(local: &LocalProvider, wish: &[(&str, &str)]) {
    let error = ask(local, wish).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Config, Some(400.try_into().unwrap())));
}

#[tokio::test]
async fn a_request_uri_is_refused_when_it_is_old_foreign_or_made_up() {
    let clock = TestClock::new();
    let local = provider(|builder| {
        builder.with_clock(clock.clone()).with_client(LocalClient::new("other"))
    })
    .await;
    let (early, late) = (pushed(&local).await, pushed(&local).await);
    clock.turn(59);
    let short = |uri| [("client_id", local.client_id()), ("request_uri", uri)];
    ask(&local, &short(&early)).await.unwrap();
    clock.turn(1);
    refused(&local, &short(&late)).await;
    let foreign = pushed(&local).await;
    refused(&local, &[("client_id", "other"), ("request_uri", &foreign)]).await;
    refused(&local, &short("urn:ietf:params:oauth:request_uri:made-up")).await;
}

#[tokio::test]
async fn what_else_the_front_channel_says_does_not_count() {
    let local = provider(|builder| builder).await;
    let uri = pushed(&local).await;
    let wish = with(wish(local.client_id()), "request_uri", &uri);
    let landing = ask(&local, &with(wish, "state", "another")).await.unwrap();
    assert_eq!(params(&landing)["state"], "a state");
}

#[tokio::test]
async fn where_pushing_is_required_no_other_request_is_taken() {
    let local = provider(LocalProviderBuilder::with_required_pushed_authorization).await;
    refused(&local, &wish(local.client_id())).await;
    let uri = pushed(&local).await;
    let short = [("client_id", local.client_id()), ("request_uri", uri.as_str())];
    let page = format!("{}/authorize?{}", local.base_url(), encoded(&short));
    local.browser().sign_in(page, User::first()).await.unwrap();
}

#[tokio::test]
async fn a_push_is_checked_as_the_page_would() {
    let local = provider(|builder| builder).await;
    let own_wish = || wish(local.client_id());
    for (name, value, want) in [
        ("request_uri", "urn:ietf:params:oauth:request_uri:x", (400, "invalid_request")),
        ("redirect_uri", "http://app.test/callback", (400, "invalid_request")),
        ("response_type", "token", (400, "unsupported_response_type")),
        ("code_challenge_method", "plain", (400, "invalid_request")),
        ("max_age", "soon", (400, "invalid_request")),
        ("client_id", "another", (401, "invalid_client")),
        ("client_secret", "twice", (401, "invalid_client")),
    ] {
        let (status, reply) = push(&local, &with(own_wish(), name, value)).await;
        assert_eq!((status, reply["error"].as_str().unwrap()), want, "{name}={value}");
        assert!(reply.get("request_uri").is_none());
    }
    let mut twice = own_wish();
    twice.push(("state", "another"));
    assert_eq!(push(&local, &twice).await.1["error"], "invalid_request");
    let url = endpoint(&local, "pushed_authorization_request_endpoint").await;
    assert_eq!(post(&url, &[], &own_wish()).await.0, 401, "without a proof");
    assert_eq!(send(Method::GET, &url, &[], &[]).await.status, 405);
    let unnamed = with(own_wish(), "client_id", "");
    assert_eq!(push(&local, &unnamed).await.0, 201, "the proof names the client");
    assert!(!code(&local, &own_wish()).await.is_empty(), "and the page takes others");
}
