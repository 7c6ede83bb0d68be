//! Every grant that is neither a code nor a plain refresh.

use hallpass_core::TokenBody;

use super::*;
use crate::support::Key;

#[tokio::test]
async fn a_grant_of_any_other_kind_is_sent_as_it_is() {
    let world = World::of(acme());
    world.wire.answer(200, &json!({ "access_token": "T" }));
    let grant = Grant::new("client_credentials").param("scope", "a b").param("resource", "r");
    let token = world.client.request_token(grant).await.unwrap();
    assert_eq!(token.access_token().expose(), "T");
    assert_eq!(token.scope(), Some("a b"), "RFC 6749 section 5.1: what was asked");
    let sent = world.wire.only();
    assert_eq!(sent.purpose, Purpose::Token);
    sent.assert_form(&[
        ("grant_type", "client_credentials"),
        ("scope", "a b"),
        ("resource", "r"),
        ("client_id", "client"),
        ("client_secret", SECRET),
    ]);
}

#[tokio::test]
async fn a_grant_without_client_is_sent_without_one() {
    for (config, auth) in [
        (config(), ClientAuth::Basic),
        (config(), ClientAuth::Post),
        (public(), ClientAuth::None),
        (public().with_assertion(Key::default()), ClientAuth::Assertion),
    ] {
        let world = World::with(acme().but(|d| d.with_client_auth(auth)), config);
        world.wire.answer(200, &json!({ "access_token": "T" }));
        let bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let grant = Grant::new(bearer).param("assertion", "JWT").param("scope", "a");
        world.client.request_token(grant.without_client()).await.unwrap();
        let sent = world.wire.only();
        sent.assert_form(&[("grant_type", bearer), ("assertion", "JWT"), ("scope", "a")]);
        assert_eq!(sent.header("authorization"), None);
    }
}

#[tokio::test]
async fn a_grant_without_client_goes_as_json_where_the_provider_wants_that() {
    let world = World::of(acme().but(|d| d.with_token_body(TokenBody::Json)));
    world.wire.answer(200, &json!({ "access_token": "T" }));
    let grant = Grant::new("custom").param("assertion", "JWT").without_client();
    world.client.request_token(grant).await.unwrap();
    let sent = world.wire.only();
    assert_eq!(sent.header("content-type"), Some("application/json"));
    let body: Json = serde_json::from_str(&sent.body).unwrap();
    assert_eq!(body, json!({ "grant_type": "custom", "assertion": "JWT" }));
}

#[tokio::test]
async fn a_grant_that_is_the_clients_own_does_not_go_without_it() {
    let token = OAuth2Token::from_refresh_token("R");
    for grant in [Grant::new("client_credentials"), Grant::refresh(&token)] {
        let world = World::of(acme());
        let got = world.client.request_token(grant.without_client()).await;
        refused(got, ErrorKind::Config, None);
        world.wire.assert_silent();
    }
}

#[tokio::test]
async fn a_refused_grant_without_client_hides_its_assertion() {
    let world = World::of(acme());
    let said = json!({ "error": "invalid_grant", "error_description": "bad planted-assertion" });
    world.wire.answer(400, &said);
    let grant = Grant::new("custom").param("assertion", "planted-assertion").without_client();
    let error = refused(world.client.request_token(grant).await, ErrorKind::Denied, None);
    assert_eq!(error.oauth().unwrap().code(), "invalid_grant");
    assert!(!format!("{error} {error:?}").contains("planted-assertion"));
}

#[tokio::test]
async fn a_refresh_may_ask_for_less() {
    let world = World::of(acme());
    world.wire.answer(200, &json!({ "access_token": "T", "scope": "a" }));
    let old = OAuth2Token::from_refresh_token("R");
    let grant = Grant::refresh(&old).param("scope", "a");
    let token = world.client.request_token(grant).await.unwrap();
    assert_eq!(token.refresh_token().unwrap().expose(), "R");
    let sent = world.wire.only();
    assert_eq!(sent.param("scope").as_deref(), Some("a"));
    assert_eq!(sent.param("refresh_token").as_deref(), Some("R"));
}

#[tokio::test]
async fn a_grant_with_checks_of_its_own_does_not_go_round_them() {
    for (grant, reason) in [
        (Grant::new("authorization_code").param("x", "y"), None),
        (Grant::new("password").param("username", "ann"), None),
        (Grant::new("refresh_token"), None),
        (Grant::new("custom").param("code", "c"), Some("reserved")),
        (Grant::new("custom").param("password", "p"), Some("reserved")),
        (Grant::new("custom").param("client_id", "other"), Some("reserved")),
        (Grant::new("custom").param("client_secret", "s"), Some("reserved")),
        (Grant::new("custom").param("grant_type", "password"), Some("reserved")),
        (Grant::new("custom").param("refresh_token", "r"), Some("reserved")),
    ] {
        let world = World::of(acme());
        let name = format!("{grant:?}");
        let got = world.client.request_token(grant).await;
        let error = refused(got, ErrorKind::Config, reason);
        assert_eq!(error.operation(), Some(Operation::RequestToken), "{name}");
        world.wire.assert_silent();
    }
}

#[cfg(feature = "resource-owner-password-credentials")]
#[tokio::test]
async fn a_password_goes_by_its_own_grant_alone() {
    let world = World::of(acme());
    world.wire.answer(200, &json!({ "access_token": "T", "refresh_token": "R" }));
    let grant = Grant::dangerously_password("ann", "p&w=").param("scope", "a");
    assert!(!format!("{grant:?}").contains("p&w="));
    let token = world.client.request_token(grant).await.unwrap();
    assert_eq!(token.refresh_token().unwrap().expose(), "R");
    world.wire.only().assert_form(&[
        ("grant_type", "password"),
        ("username", "ann"),
        ("scope", "a"),
        ("password", "p&w="),
        ("client_id", "client"),
        ("client_secret", SECRET),
    ]);
}

#[cfg(feature = "resource-owner-password-credentials")]
#[tokio::test]
async fn a_password_that_comes_back_is_not_told() {
    let world = World::of(acme());
    let said = "no account with horse-battery-staple";
    world.wire.answer(400, &json!({ "error": "invalid_grant", "error_description": said }));
    let grant = Grant::dangerously_password("ann", "horse-battery-staple");
    let error = refused(world.client.request_token(grant).await, ErrorKind::Denied, None);
    assert!(!format!("{error:?} {error}").contains("horse-battery"), "{error:?}");
}

#[tokio::test]
async fn the_providers_names_for_the_clients_parameters_are_reserved_too() {
    let renamed = || acme().but(|d| d.with_client_params("client_key", "client_word"));
    for name in ["client_key", "client_word"] {
        let world = World::of(renamed());
        let got = world.client.request_token(Grant::new("custom").param(name, "x")).await;
        refused(got, ErrorKind::Config, Some("reserved"));
        world.wire.assert_silent();
        let world = World::of(acme());
        world.wire.answer(200, &json!({ "access_token": "T" }));
        world.client.request_token(Grant::new("custom").param(name, "x")).await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_grant_says_what_to_do() {
    for (code, kind) in [
        ("authorization_pending", ErrorKind::Transport),
        ("slow_down", ErrorKind::Transport),
        ("expired_token", ErrorKind::Denied),
        ("unsupported_grant_type", ErrorKind::Config),
        ("unauthorized_client", ErrorKind::Config),
    ] {
        let world = World::of(acme());
        world.wire.answer(400, &json!({ "error": code }));
        let got = world.client.request_token(Grant::new("device")).await;
        let error = refused(got, kind, None);
        assert_eq!(error.oauth().unwrap().code(), code);
    }
}

#[tokio::test]
async fn a_grant_authenticates_as_the_token_endpoint_wants() {
    let world = World::of(acme().but(|d| d.with_client_auth(ClientAuth::Basic)));
    world.wire.answer(200, &json!({ "access_token": "T" }));
    world.client.request_token(Grant::new("client_credentials")).await.unwrap();
    let sent = world.wire.only();
    assert_eq!(sent.basic(), Some(format!("client:{SECRET}")));
    sent.assert_form(&[("grant_type", "client_credentials")]);

    let world = World::with(acme(), public());
    world.wire.answer(200, &json!({ "access_token": "T" }));
    world.client.request_token(Grant::new("device")).await.unwrap();
    world.wire.only().assert_form(&[("grant_type", "device"), ("client_id", "client")]);
}
