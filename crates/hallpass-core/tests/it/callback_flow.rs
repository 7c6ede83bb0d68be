//! The browser comes back: from the callback to the token request.

use std::sync::Arc;

use hallpass_core::{
    AuthorizationRequest, Callback, ClientAuth, Descriptor, Error, ErrorKind, Json, OAuth2Client,
    Operation, PendingAuthorization, Purpose, Secret,
    http::{HeaderValue, Method, header},
};
use serde_json::json;

use crate::support::{
    Acme, CODE, SECRET, World, acme, callback, config, now, param, public, refused,
};

mod bound;
mod client_auth;
mod refusals;

fn token() -> Json {
    json!({ "access_token": "T", "token_type": "bearer", "expires_in": 3600, "refresh_token": "R" })
}

#[tokio::test]
async fn a_code_becomes_a_token_by_exactly_this_request() {
    let world = World::of(acme());
    world.wire.answer(200, &token());
    let login = world.client.authorize().start().await.unwrap();
    let state = param(login.url.as_str(), "state").unwrap();
    // The process that answers the callback need not be the one that began.
    let stored = login.pending.expose_for_session().expose().to_owned();
    let pending = PendingAuthorization::from_session(&Secret::new(stored)).unwrap();
    let token = world.client.get_access_token(callback(&state), pending).await.unwrap();
    assert_eq!(token.access_token().expose(), "T");
    assert_eq!(token.refresh_token().unwrap().expose(), "R");
    assert_eq!(token.token_type(), "Bearer");
    assert_eq!(token.issued_at(), Some(now()));
    assert_eq!(token.scope(), Some("profile"), "RFC 6749 section 5.1: what was asked");

    let sent = world.wire.only();
    assert_eq!((sent.method.clone(), sent.purpose), (Method::POST, Purpose::Token));
    assert_eq!(sent.url.as_str(), "https://acme.test/token");
    let version = concat!("hallpass/", env!("CARGO_PKG_VERSION"));
    for (name, want) in [
        ("accept", Some("application/json")),
        ("content-type", Some("application/x-www-form-urlencoded")),
        ("user-agent", Some(version)),
        ("authorization", None),
        ("cookie", None),
        ("referer", None),
    ] {
        assert_eq!(sent.header(name), want, "{name}");
    }
    assert_eq!(sent.headers.len(), 3);
    assert_eq!(sent.timeout, std::time::Duration::from_secs(10));
    assert_eq!(sent.body_limit_bytes, 1 << 20);
    let verifier = sent.param("code_verifier").unwrap();
    sent.assert_form(&[
        ("grant_type", "authorization_code"),
        ("code", CODE),
        ("redirect_uri", "https://app.test/callback"),
        ("code_verifier", &verifier),
        ("client_id", "client"),
        ("client_secret", SECRET),
    ]);
}

#[tokio::test]
async fn the_application_names_itself_and_its_patience() {
    let config = config().with_user_agent("app/2.1").unwrap();
    let config = config.with_timeout(std::time::Duration::from_millis(1_500));
    let world = World::with(acme(), config);
    world.login_answered(200, &token()).await.unwrap();
    let sent = world.wire.only();
    assert!(sent.header("user-agent").unwrap().starts_with("app/2.1 hallpass/"));
    assert_eq!(sent.timeout, std::time::Duration::from_millis(1_500));
}

#[tokio::test]
async fn a_provider_may_name_the_application_that_does_not_name_itself() {
    for (config, want) in [
        (config(), "app/3 hallpass/"),
        (config().with_user_agent("own/1").unwrap(), "own/1 hallpass/"),
    ] {
        let named = acme().but(|d| d.with_header(header::USER_AGENT, "app/3"));
        let world = World::with(named, config);
        world.login_answered(200, &token()).await.unwrap();
        let sent = world.wire.only();
        assert!(sent.header("user-agent").unwrap().starts_with(want), "{want}");
    }
    let broken = acme().but(|d| d.with_header(header::USER_AGENT, "a\nb"));
    let error = OAuth2Client::new(broken, config()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn the_redirect_uri_of_the_call_is_the_one_redeemed() {
    let world = World::of(acme());
    world.wire.answer(200, &token());
    let own = "https://other.test/cb?keep=1";
    let login = world.client.authorize().redirect_uri(own).start().await.unwrap();
    let state = param(login.url.as_str(), "state").unwrap();
    world.client.get_access_token(callback(&state), login.pending).await.unwrap();
    assert_eq!(world.wire.only().param("redirect_uri").as_deref(), Some(own));
}

#[tokio::test]
async fn token_parameters_of_the_login_travel_with_it() {
    let world = World::of(acme());
    world.wire.answer(200, &token());
    let login = world
        .client
        .authorize()
        .token_param("resource", "https://a.test/")
        .token_param("resource", "https://b.test/?x=1&y")
        .start()
        .await
        .unwrap();
    assert!(!login.url.as_str().contains("resource"));
    let state = param(login.url.as_str(), "state").unwrap();
    let pending = PendingAuthorization::from_session(&login.pending.expose_for_session()).unwrap();
    world.client.get_access_token(callback(&state), pending).await.unwrap();
    let form = world.wire.only().form();
    let sent: Vec<_> = form.iter().filter(|(n, _)| n == "resource").map(|(_, v)| v).collect();
    assert_eq!(sent, ["https://a.test/", "https://b.test/?x=1&y"]);
}

#[tokio::test]
async fn a_posted_callback_is_as_good_as_a_query() {
    let world = World::of(acme().but(Descriptor::with_form_post));
    world.wire.answer(200, &token());
    let (state, pending) = world.begin().await;
    let body = format!("state={state}&code=a%2Fb%20c&user=%7B%7D");
    let callback = Callback::from_form(body.as_bytes()).unwrap();
    world.client.get_access_token(callback, pending).await.unwrap();
    assert_eq!(world.wire.only().param("code").as_deref(), Some("a/b c"));
}

#[tokio::test]
async fn a_code_is_sent_once_whatever_the_answer() {
    let answers: [fn(&World); 5] = [
        |world| world.wire.fail(Error::transport("no connection").with_reason("connect")),
        |world| world.wire.fail(Error::transport("late").with_reason("timeout")),
        |world| world.wire.answer_text(503, "text/html", "<html>"),
        |world| world.wire.answer(429, &json!({ "error": "slow_down" })),
        |world| world.wire.answer(500, &json!({})),
    ];
    for answer in answers {
        let world = World::of(acme());
        answer(&world);
        let error = world.login().await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Transport);
        assert_eq!(error.operation(), Some(Operation::AccessToken));
        assert_eq!(error.provider(), Some("acme"));
        world.wire.only();
    }
}

#[tokio::test]
async fn client_authentication_is_never_probed() {
    for status in [400, 401, 403] {
        let world = World::of(acme());
        let got = world.login_answered(status, &json!({ "error": "invalid_client" })).await;
        let error = refused(got, ErrorKind::Config, None);
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        world.wire.only();
    }
}

#[tokio::test]
async fn a_provider_adds_to_the_token_request_and_takes_nothing_over() {
    let provider = acme().on_token_request(|form| {
        assert_eq!(form.grant_type(), "authorization_code");
        form.send_state();
        form.param("audience", "api")?;
        form.header(header::ORIGIN, HeaderValue::from_static("https://app.test"));
        form.header(header::USER_AGENT, HeaderValue::from_static("somebody else"));
        form.header(header::AUTHORIZATION, HeaderValue::from_static("Bearer somebody-elses"));
        Ok(())
    });
    let world = World::of(provider);
    world.wire.answer(200, &token());
    let (state, pending) = world.begin().await;
    world.client.get_access_token(callback(&state), pending).await.unwrap();
    let sent = world.wire.only();
    assert_eq!(sent.param("state"), Some(state));
    assert_eq!(sent.param("audience").as_deref(), Some("api"));
    assert_eq!(sent.header("origin"), Some("https://app.test"));
    assert!(sent.header("user-agent").unwrap().starts_with("hallpass/"));
    assert_eq!(sent.header("authorization"), None);
}

#[tokio::test]
async fn a_provider_cannot_set_what_core_sets() {
    for name in ["code", "state", "redirect_uri", "client_secret", "grant_type", "code_verifier"] {
        check_hook(acme().on_token_request(move |form| form.param(name, "x"))).await;
    }
    check_hook(acme().on_token_request(|form| {
        form.param("audience", "a")?;
        form.param("audience", "b")
    }))
    .await;
    let renamed = acme().but(|d| d.with_client_params("client_key", "client_word"));
    check_hook(renamed.clone().on_token_request(|form| form.param("client_key", "x"))).await;
    check_hook(renamed.on_token_request(|form| form.param("client_word", "x"))).await;
}

async fn check_hook(provider: Acme) {
    let world = World::of(provider);
    refused(world.login().await, ErrorKind::Config, Some("reserved"));
    world.wire.assert_silent();
}

#[tokio::test]
async fn a_bare_code_can_be_exchanged_by_its_frightening_name() {
    let world = World::of(acme());
    world.wire.answer(200, &token());
    let verifier = Some(Secret::new("verifier-of-the-caller"));
    let redirect = "https://app.test/elsewhere";
    let got = world.client.dangerously_exchange_code(CODE.into(), redirect, verifier).await;
    assert_eq!(got.unwrap().access_token().expose(), "T");
    world.wire.only().assert_form(&[
        ("grant_type", "authorization_code"),
        ("code", CODE),
        ("redirect_uri", redirect),
        ("code_verifier", "verifier-of-the-caller"),
        ("client_id", "client"),
        ("client_secret", SECRET),
    ]);
    let got = world.client.dangerously_exchange_code(CODE.into(), "/elsewhere", None).await;
    let error = refused(got, ErrorKind::Config, None);
    assert_eq!(error.operation(), Some(Operation::AccessToken));
    world.wire.assert_silent();
}

#[tokio::test]
async fn what_an_authorization_request_holds_can_be_said_without_a_type_of_the_provider() {
    let world = World::of(acme());
    world.wire.answer(200, &token());
    world.wire.answer(200, &json!({ "id": 7 }));
    let request = AuthorizationRequest::new().scopes(["a"]).data("/here").param("prompt", "login");
    let login = world.client.get_authorization_url(request).await.unwrap();
    let state = param(login.url.as_str(), "state").unwrap();
    let done = world.client.sign_in(callback(&state), login.pending).await.unwrap();
    assert_eq!(done.data.as_deref(), Some("/here"));
    assert_eq!(done.profile.id(), "7");
    assert_eq!(done.token.scope(), Some("a"));
}
