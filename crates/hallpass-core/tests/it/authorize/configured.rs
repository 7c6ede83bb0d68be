//! What the configuration adds to every login and every token request.

use hallpass_core::{ClientConfig, Grant, OAuth2Token, Result};

use super::*;

fn configured() -> ClientConfig {
    config()
        .with_authorization_param("access_type", "offline & more")
        .with_authorization_param("prompt", "consent")
        .with_token_param("audience", "api")
        .with_token_param("tenant", "oak")
}

#[tokio::test]
async fn every_login_has_the_configured_parameters_and_every_token_request_too() {
    let world = World::with(acme(), configured());
    let answer = json!({ "access_token": "T", "refresh_token": "R" });
    let login = world.client.authorize().start().await.unwrap();
    let added: Vec<_> = pairs(login.url.as_str()).into_iter().skip(7).collect();
    let want = [("access_type", "offline & more"), ("prompt", "consent")];
    assert_eq!(added, want.map(|(name, value)| (name.to_owned(), value.to_owned())));

    for _ in 0..4 {
        world.wire.answer(200, &answer);
    }
    let state = param(login.url.as_str(), "state").unwrap();
    let token = world.client.get_access_token(callback(&state), login.pending).await.unwrap();
    world.client.refresh_token(&token).await.unwrap();
    world.client.request_token(Grant::new("client_credentials")).await.unwrap();
    let code = || "code".into();
    let redirect_uri = "https://app.test/callback";
    world.client.dangerously_exchange_code(code(), redirect_uri, None).await.unwrap();
    for sent in world.wire.sent() {
        assert_eq!(sent.param("audience").as_deref(), Some("api"), "{}", sent.body);
        assert_eq!(sent.param("tenant").as_deref(), Some("oak"), "{}", sent.body);
    }
}

#[tokio::test]
async fn what_the_call_says_wins_over_the_configuration() {
    let config = configured()
        .with_authorization_param("acr_values", "low")
        .with_authorization_param("resource", "https://a.test")
        .with_token_param("resource", "https://a.test");
    let world = World::with(acme().with_verifier(&Arc::default()), config);
    let typed = Params::Fields(json!({ "prompt": "none" }));
    let call = world.client.authorize().scopes(["openid"]).params(&typed);
    let call = call.param("access_type", "online").acr_values(["high"]);
    let call = call.resource("https://b.test").token_param("audience", "other");
    let login = call.start().await.unwrap();
    for (name, want) in [
        ("prompt", "none"),
        ("access_type", "online"),
        ("acr_values", "high"),
        ("resource", "https://b.test"),
    ] {
        assert_eq!(param(login.url.as_str(), name).as_deref(), Some(want), "{name}");
    }
    world.wire.answer(400, &json!({ "error": "invalid_grant" }));
    let state = param(login.url.as_str(), "state").unwrap();
    let _ = world.client.get_access_token(callback(&state), login.pending).await;
    let sent = world.wire.only().form();
    let of = |name: &str| -> Vec<_> {
        let same = sent.iter().filter(|(known, _)| known == name);
        same.map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(of("audience"), ["other"]);
    assert_eq!(of("resource"), ["https://b.test"]);
    assert_eq!(of("tenant"), ["oak"], "what the call does not say stays");

    let world = World::with(acme(), configured());
    world.wire.answer(200, &json!({ "access_token": "T" }));
    let old = OAuth2Token::from_refresh_token("R");
    let grant = Grant::refresh(&old).param("audience", "other");
    world.client.request_token(grant).await.unwrap();
    let sent = world.wire.only().form();
    let audiences: Vec<_> = sent.iter().filter(|(name, _)| name == "audience").collect();
    assert_eq!(audiences, [&("audience".to_owned(), "other".to_owned())]);
}

#[test]
fn what_hallpass_sets_and_what_is_there_twice_is_refused_when_the_client_is_made() {
    for name in reserved::RESERVED {
        check(acme(), config().with_authorization_param(name, "x"));
        check(
            Acme::discovered("https://acme.test/m"),
            config().with_authorization_param(name, "x"),
        );
    }
    for name in reserved::RESERVED_OF_THE_TOKEN {
        check(acme(), config().with_token_param(name, "x"));
    }
    check(acme(), configured().with_authorization_param("prompt", "login"));
    check(acme(), configured().with_token_param("tenant", "elm"));
    let renamed = || acme().but(|d| d.with_client_params("client_key", "client_word"));
    check(renamed(), config().with_authorization_param("client_key", "x"));
    check(renamed(), config().with_token_param("client_word", "x"));
    // The provider's own page says it already.
    let endpoint = "https://acme.test/authorize?prompt=a";
    let own = Acme::of(Descriptor::new("acme", endpoint, "https://acme.test/token"));
    check(own, configured());
}

#[track_caller]
fn check(provider: Acme, config: ClientConfig) {
    let got: Result<OAuth2Client<Acme>> = OAuth2Client::new(provider, config);
    refused(got, ErrorKind::Config, Some("reserved"));
}
