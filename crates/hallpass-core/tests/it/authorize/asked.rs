//! What the caller may ask of the ID token, and for which API.

use super::*;
use std::time::Duration;

use hallpass_core::{OAuth2Token, PendingAuthorization};

use crate::support::id_token;

#[tokio::test]
async fn acr_values_stand_in_the_url_in_their_order() {
    let world = World::of(openid(&Arc::default()));
    let request = AuthorizationRequest::new().acr_values(["urn:a b".replace(' ', "&"), "2".into()]);
    let login = world.client.get_authorization_url(request).await.unwrap();
    assert!(login.url.as_str().contains("&acr_values=urn%3Aa%26b+2"), "{:?}", login.url.as_str());
    let plain = world.client.authorize().start().await.unwrap();
    assert_eq!(param(plain.url.as_str(), "acr_values"), None);
    let none = world.client.authorize().acr_values([""; 0]).start().await.unwrap();
    assert_eq!(param(none.url.as_str(), "acr_values"), None);
}

/// A login that asks for two sorts of sign-in, answered with this `acr`, as another process of the
/// application finishes it.
async fn signed_in(world: &World, acr: serde_json::Value) -> hallpass_core::Result<OAuth2Token> {
    let login = world.client.authorize().acr_values(["gold", "silver"]).start().await.unwrap();
    let of = |name: &str| param(login.url.as_str(), name);
    assert_eq!(of("acr_values").as_deref(), Some("gold silver"));
    let claims = json!({ "sub": "42", "nonce": of("nonce"), "acr": acr });
    let reply = json!({ "access_token": "T", "id_token": id_token(&claims) });
    world.wire.answer(200, &reply);
    let state = of("state").unwrap();
    let pending = PendingAuthorization::from_session(&login.pending.expose_for_session()).unwrap();
    world.client.get_access_token(callback(&state), pending).await
}

#[tokio::test]
async fn a_user_who_signed_in_otherwise_than_was_asked_is_refused() {
    let world = World::of(openid(&Arc::default()));
    for right in ["gold", "silver"] {
        let token = signed_in(&world, json!(right)).await.unwrap();
        assert_eq!(token.claims().unwrap().get("acr"), Some(&json!(right)));
    }
    for wrong in [
        json!(null),
        json!("bronze"),
        json!("Gold"),
        json!("gold silver"),
        json!("gol"),
        json!(""),
        json!(0),
        json!(["gold"]),
        json!({ "gold": true }),
    ] {
        let got = signed_in(&world, wrong.clone()).await;
        refused(got, ErrorKind::Security, Some("acr"));
    }
}

#[tokio::test]
async fn an_acr_that_nobody_asked_for_is_only_told() {
    let world = World::of(openid(&Arc::default()));
    // A wish is a parameter, not a condition.
    let login = world.client.authorize().param("acr_values", "gold").start().await.unwrap();
    let of = |name: &str| param(login.url.as_str(), name);
    assert_eq!(of("acr_values").as_deref(), Some("gold"));
    let claims = json!({ "sub": "42", "nonce": of("nonce"), "acr": "bronze" });
    world.wire.answer(200, &json!({ "access_token": "T", "id_token": id_token(&claims) }));
    let state = of("state").unwrap();
    world.client.get_access_token(callback(&state), login.pending).await.unwrap();
}

#[tokio::test]
async fn what_no_id_token_will_answer_is_not_asked_for() {
    let age = || AuthorizationRequest::new().max_age(Duration::ZERO);
    let acr = || AuthorizationRequest::new().acr_values(["gold"]);
    for request in [age, acr] {
        for (provider, request) in [
            (openid(&Arc::default()), request().scopes(["profile"])),
            (acme().with_verifier(&Arc::default()), request()),
            (acme(), request().scopes(["openid"])),
        ] {
            check(provider, request, None).await;
        }
        let world = World::of(openid(&Arc::default()));
        world.client.get_authorization_url(request()).await.unwrap();
    }
}

#[tokio::test]
async fn a_value_that_would_be_two_or_none_is_refused() {
    for value in ["", "gold silver", " gold"] {
        let request = AuthorizationRequest::new().acr_values(["gold", value]);
        check(openid(&Arc::default()), request, None).await;
    }
}

#[tokio::test]
async fn a_resource_is_named_to_page_and_token_endpoint_letter_by_letter() {
    let named = ["https://A.test/x/../y?z=1&w=é", "https://b.test", "urn:example:api"];
    let world = World::of(acme());
    let login = named.iter().fold(world.client.authorize(), |login, uri| login.resource(*uri));
    let login = login.token_param("audience", "c").start().await.unwrap();
    let got = |pairs: Vec<(String, String)>| -> Vec<String> {
        pairs.into_iter().filter(|(n, _)| n == "resource").map(|(_, v)| v).collect()
    };
    assert_eq!(got(pairs(login.url.as_str())), named);
    let state = param(login.url.as_str(), "state").unwrap();
    let pending = PendingAuthorization::from_session(&login.pending.expose_for_session()).unwrap();
    world.wire.answer(200, &json!({ "access_token": "T" }));
    world.client.get_access_token(callback(&state), pending).await.unwrap();
    let sent = world.wire.only();
    assert_eq!(got(sent.form()), named);
    assert_eq!(sent.param("audience").as_deref(), Some("c"));

    // A token is refreshed for what the login named, without naming it again.
    world.wire.answer(200, &json!({ "access_token": "T" }));
    let token = OAuth2Token::from_refresh_token("R");
    world.client.refresh_token(&token).await.unwrap();
    assert_eq!(world.wire.only().param("resource"), None);
}

#[tokio::test]
async fn a_resource_that_is_no_absolute_uri_or_has_a_fragment_is_refused() {
    for uri in ["", "/api", "api.test", "//api.test/x", "https://a.test/#", "https://a.test/#x"] {
        let request = AuthorizationRequest::new().resource("https://b.test/").resource(uri);
        check(acme(), request, None).await;
    }
}

#[tokio::test]
async fn what_is_asked_for_by_name_is_not_given_as_a_parameter_too() {
    let plain = AuthorizationRequest::new;
    let resource = || plain().resource("https://a.test/");
    let acr = || plain().acr_values(["gold"]);
    let own = |query: &str| {
        let endpoint = format!("https://acme.test/authorize?{query}=x");
        let descriptor = Descriptor::new("acme", endpoint, "https://acme.test/token");
        Acme::of(descriptor.with_scopes(["openid"])).with_verifier(&Arc::<Verifier>::default())
    };
    let twice = Some("reserved");
    check(acme(), resource().param("resource", "https://a.test/"), twice).await;
    check(openid(&Arc::default()), acr().param("acr_values", "gold"), twice).await;
    // Nor where the endpoint's own URL has it.
    check(own("resource"), resource(), twice).await;
    check(own("acr_values"), acr(), twice).await;
    for (request, name) in [(resource(), "resource"), (acr(), "acr_values")] {
        let world = World::of(openid(&Arc::default()));
        let typed = Params::Fields(json!({ name: "x" }));
        let login = world.client.authorize().params(&typed);
        let login = match name {
            "resource" => login.resource("https://a.test/"),
            _ => login.acr_values(["gold"]),
        };
        refused(login.start().await, ErrorKind::Config, twice);
        world.client.get_authorization_url(request).await.unwrap();
    }
    for name in ["resource", "acr_values"] {
        let world = World::of(acme());
        let login = world.client.authorize().param(name, "x").start().await.unwrap();
        assert_eq!(param(login.url.as_str(), name).as_deref(), Some("x"), "alone it may");
    }
}

async fn check(provider: Acme, request: AuthorizationRequest, reason: Option<&str>) {
    let world = World::of(provider);
    let got = world.client.get_authorization_url(request).await;
    refused(got, ErrorKind::Config, reason);
    world.wire.assert_silent();
}
