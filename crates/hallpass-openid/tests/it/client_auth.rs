//! How the client proves itself where the provider says what it takes.

use std::collections::HashSet;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hallpass_core::{ClientConfig, Descriptor, ErrorKind, Json, JwtKind, Secret};
use hallpass_openid::{Algorithm, IssuerRule, JwtSigner, OpenId, introspect};
use hallpass_testkit::SigningKey;
use serde_json::json;

use crate::support::{
    CLIENT, DISCOVERY, ISSUER, JWKS, SECRET, Sent, TOKEN, World, config, jwks, refused,
};

/// The token request of a client at a provider that lists these ways.
async fn token_request(config: ClientConfig, ways: Json) -> Sent {
    let world = World::with(OpenId::new("op", ISSUER), config);
    world.announce(&json!({ "token_endpoint_auth_methods_supported": ways }));
    world.login(&json!({})).await.unwrap();
    world.script.sent().into_iter().find(|sent| sent.url.as_str() == TOKEN).unwrap()
}

fn assertion(key: &SigningKey) -> ClientConfig {
    let signer = JwtSigner::es256(key.private_key_pem().unwrap()).unwrap().with_key_id("mine");
    let config = ClientConfig::new(CLIENT).with_assertion(signer);
    config.with_redirect_uri("https://app.test/callback").unwrap()
}

#[tokio::test]
async fn a_secret_goes_where_the_provider_says() {
    for ways in [
        json!(null),
        json!(["client_secret_basic"]),
        json!(["client_secret_post", "client_secret_basic"]),
        json!(["private_key_jwt", "client_secret_basic"]),
    ] {
        let sent = token_request(config(), ways).await;
        let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}")));
        assert_eq!(sent.header("authorization"), Some(&*basic));
        assert_eq!(sent.param("client_secret"), None);
    }
    for ways in [json!(["client_secret_post"]), json!(["client_secret_post", "none"])] {
        let sent = token_request(config(), ways).await;
        assert_eq!(sent.header("authorization"), None);
        assert_eq!(sent.param("client_secret").as_deref(), Some(SECRET));
    }
}

#[tokio::test]
async fn a_client_that_can_do_nothing_that_is_listed_sends_nothing() {
    for ways in [json!([]), json!(["tls_client_auth"]), json!(["private_key_jwt"]), json!(["none"])]
    {
        let world = World::new();
        world.announce(&json!({ "token_endpoint_auth_methods_supported": ways }));
        refused(world.login(&json!({})).await, ErrorKind::Config, None);
        assert_eq!(world.script.places(), [DISCOVERY], "{ways}");
    }
}

/// The claims of the assertion, verified as the provider would: the client is the issuer, and the
/// provider is whom it is for.
async fn asserted(sent: &Sent, key: &SigningKey) -> Json {
    let jwt = Secret::new(sent.param("client_assertion").unwrap());
    let header = URL_SAFE_NO_PAD.decode(jwt.expose().split('.').next().unwrap()).unwrap();
    let header: Json = serde_json::from_slice(&header).unwrap();
    assert_eq!(header, json!({ "alg": "ES256", "typ": "JWT", "kid": "mine" }));
    let descriptor = Descriptor::new("client", "https://app.test/a", "https://app.test/t");
    let provider = OpenId::pinned(descriptor, IssuerRule::Exact(CLIENT.to_owned()), JWKS);
    let provider = provider.with_algorithms([Algorithm::Es256]);
    let world = World::with(provider, ClientConfig::new(ISSUER));
    world.script.answer(JWKS, &jwks(&[&key.clone().with_key_id("mine")]));
    let claims = world.client.verify_jwt(&jwt, JwtKind::AuthorizationResponse).await.unwrap();
    Json::Object(claims.as_map().clone())
}

#[tokio::test]
async fn a_key_signs_for_the_issuer_anew_each_time() {
    let key = SigningKey::es256();
    let world = World::with(OpenId::new("op", ISSUER), assertion(&key));
    let ways = json!(["client_secret_basic", "private_key_jwt"]);
    world.announce(&json!({ "token_endpoint_auth_methods_supported": ways }));
    let token = world.login(&json!({})).await.unwrap();
    world.client.refresh_token(&token).await.unwrap();
    world.client.refresh_token(&token).await.unwrap();
    let mut ids = HashSet::new();
    for sent in world.script.sent().iter().filter(|sent| sent.url.as_str() == TOKEN) {
        assert_eq!((sent.header("authorization"), sent.param("client_secret")), (None, None));
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        assert_eq!(sent.param("client_assertion_type").as_deref(), Some(kind));
        let claims = asserted(sent, &key).await;
        let now = world.clock.seconds();
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!(CLIENT), &json!(CLIENT)));
        assert_eq!((&claims["aud"], &claims["iat"]), (&json!(ISSUER), &json!(now)));
        assert_eq!(claims["exp"], json!(now + 60));
        ids.insert(claims["jti"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn a_key_is_not_taken_for_a_secret() {
    let world = World::with(OpenId::new("op", ISSUER), assertion(&SigningKey::es256()));
    world.announce(&json!({ "token_endpoint_auth_methods_supported": ["client_secret_basic"] }));
    refused(world.login(&json!({})).await, ErrorKind::Config, None);
    assert_eq!(world.script.places(), [DISCOVERY]);
}

/// A provider of many tenants has no issuer that an assertion could be for.
#[tokio::test]
async fn no_provider_gets_an_assertion_that_is_good_at_another() {
    let key = SigningKey::es256().with_key_id("mine");
    let template = "https://evil.test/{tenantid}";
    let rule = IssuerRule::PerTenant { template: template.into(), allowed: Vec::new() };
    let provider = OpenId::from_metadata_url("evil", DISCOVERY, ISSUER).with_issuer_rule(rule);
    let world = World::with(provider, assertion(&key));
    let called = "https://evil.test/introspect";
    for (token_endpoint, want) in [
        ("https://honest.test/token", called),
        ("https://evil.test/token", "https://evil.test/token"),
    ] {
        world.announce(&json!({
            "issuer": template, "token_endpoint": token_endpoint,
            "introspection_endpoint": called,
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }));
        world.clock.advance(24 * 3600);
        world.script.answer(called, &json!({ "active": false }));
        introspect(&world.client, &Secret::new("token")).await.unwrap();
        let sent = world.script.sent().into_iter().find(|sent| sent.url.as_str() == called);
        let jwt = sent.and_then(|sent| sent.param("client_assertion")).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap();
        let claims: Json = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["aud"], want);
    }
}
