//! What an ID token must say at the end of a login, and after a refresh.

use std::time::Duration;

use hallpass_core::{Callback, ErrorKind, OAuth2Token};
use hallpass_openid::{IssuerRule, OpenId};
use hallpass_testkit::SigningAlgorithm;
use serde_json::{Value, json};

use crate::support::{
    ACCESS_TOKEN, CLIENT, DISCOVERY, ISSUER, JWKS, TOKEN, World, document, object, param, refused,
};

/// That a login with these claims is refused for this reason, and that nothing is sent after it.
async fn check_refused(changes: Value, reason: &str) {
    let world = World::new();
    refused(world.login(&changes).await, ErrorKind::Security, Some(reason));
    assert_eq!(world.script.places(), [DISCOVERY, TOKEN, JWKS], "{changes}");
}

async fn check_accepted(changes: Value) {
    let token = World::new().login(&changes).await.unwrap();
    assert_eq!(token.claims().unwrap().subject(), "42", "{changes}");
}

#[tokio::test]
async fn a_good_id_token_ends_the_login() {
    let world = World::new();
    let token = world.login(&json!({ "given_name": "Ada" })).await.unwrap();
    let claims = token.claims().unwrap();
    assert_eq!((claims.subject(), claims.issuer()), ("42", Some(ISSUER)));
    assert_eq!(claims.get("given_name").unwrap(), "Ada");
    assert_eq!(token.access_token().expose(), ACCESS_TOKEN);
    assert!(token.id_token().is_some());
}

#[tokio::test]
async fn each_claim_that_is_wrong_ends_the_login() {
    let now = crate::support::Clock::default().seconds();
    let of_token = SigningAlgorithm::Es256.half_hash(ACCESS_TOKEN);
    let of_code = SigningAlgorithm::Es256.half_hash("the-code");
    for (claim, wrong, right) in [
        ("iss", json!("https://evil.test"), json!(ISSUER)),
        ("aud", json!("other"), json!([CLIENT])),
        ("aud", json!([CLIENT, "other"]), json!(CLIENT)),
        ("azp", json!("other"), json!(CLIENT)),
        ("exp", json!(now - 60), json!(now - 59)),
        ("nbf", json!(now + 61), json!(now + 60)),
        ("iat", json!(now + 61), json!(now + 60)),
        ("iat", json!(now - 86_401), json!(now - 86_400)),
        ("sub", json!(""), json!("42")),
        ("at_hash", json!(of_code), json!(of_token)),
        ("c_hash", json!(of_token), json!(of_code)),
    ] {
        check_refused(json!({ claim: wrong }), claim).await;
        check_accepted(json!({ claim: right })).await;
    }
    check_refused(json!({ "nonce": "of another login" }), "nonce").await;
}

#[tokio::test]
async fn a_claim_that_is_missing_ends_the_login() {
    for claim in ["iss", "aud", "exp", "iat", "sub", "nonce"] {
        let world = World::new();
        let got = world.login_with(|claims| {
            claims.remove(claim);
            world.key.jwt(claims)
        });
        refused(got.await, ErrorKind::Security, Some(claim));
        assert_eq!(world.script.places(), [DISCOVERY, TOKEN, JWKS], "{claim}");
    }
}

#[tokio::test]
async fn a_login_ends_with_an_id_token() {
    let world = World::new();
    let login = world.client.authorize().start().await.unwrap();
    let state = param(login.url.as_str(), "state").unwrap();
    world.grant(None);
    let callback = Callback::from_query(&format!("code=the-code&state={state}")).unwrap();
    let got = world.client.get_access_token(callback, login.pending).await;
    refused(got, ErrorKind::Security, Some("id_token"));
}

#[tokio::test]
async fn a_sign_in_that_was_asked_to_be_recent_is() {
    for (age, is_recent) in
        [(Some(100), true), (Some(160), true), (Some(161), false), (None, false)]
    {
        let world = World::new();
        let login = world.client.authorize().max_age(Duration::from_secs(100));
        let login = login.start().await.unwrap();
        assert_eq!(param(login.url.as_str(), "max_age").as_deref(), Some("100"));
        let nonce = param(login.url.as_str(), "nonce").unwrap();
        let state = param(login.url.as_str(), "state").unwrap();
        let mut claims = world.claims(&json!({ "nonce": nonce }));
        if let Some(age) = age {
            claims.insert("auth_time".to_owned(), json!(world.clock.seconds() - age));
        }
        world.grant(Some(&world.key.jwt(&claims)));
        let callback = Callback::from_query(&format!("code=the-code&state={state}")).unwrap();
        let got = world.client.get_access_token(callback, login.pending).await;
        match is_recent {
            true => assert!(got.is_ok(), "{age:?}"),
            false => refused(got, ErrorKind::Security, Some("auth_time")),
        }
    }
}

#[tokio::test]
async fn further_audiences_are_those_that_the_application_names() {
    let both = json!({ "aud": [CLIENT, "api"], "azp": CLIENT });
    let provider = || OpenId::new("op", ISSUER).with_audiences(["api"]);
    assert!(World::of(provider()).login(&both).await.is_ok());
    let got = World::of(provider()).login(&json!({ "aud": [CLIENT, "api"] })).await;
    refused(got, ErrorKind::Security, Some("azp"));
    check_refused(both, "aud").await;
}

#[tokio::test]
async fn a_provider_with_an_alias_is_the_same_provider() {
    let rule = IssuerRule::OneOf(vec![ISSUER.to_owned(), "op.test".to_owned()]);
    let provider = || OpenId::new("op", ISSUER).with_issuer_rule(rule.clone());
    for issuer in [ISSUER, "op.test"] {
        let world = World::of(provider());
        let token = world.login(&json!({ "iss": issuer })).await.unwrap();
        assert_eq!(world.client.endpoints().await.unwrap().issuer(), Some(ISSUER));
        // Accounts and sessions go by one name.
        assert_eq!(token.claims().unwrap().issuer(), Some(ISSUER));
    }
    for issuer in ["https://op.test/", "www.op.test"] {
        let got = World::of(provider()).login(&json!({ "iss": issuer })).await;
        refused(got, ErrorKind::Security, Some("iss"));
    }
}

#[tokio::test]
async fn a_provider_of_many_tenants_lets_in_those_that_were_named() {
    const TEMPLATE: &str = "https://op.test/{tenantid}/v2.0";
    const METADATA: &str = "https://op.test/common/metadata";
    let of =
        |tenant: &str| json!({ "iss": format!("https://op.test/{tenant}/v2.0"), "tid": tenant });
    let world = |allowed: &[&str]| {
        let allowed = allowed.iter().map(|id| (*id).to_owned()).collect();
        let rule = IssuerRule::PerTenant { template: TEMPLATE.to_owned(), allowed };
        let provider = OpenId::from_metadata_url("op", METADATA, TEMPLATE).with_issuer_rule(rule);
        let world = World::of(provider);
        let mut document = document();
        document["issuer"] = json!(TEMPLATE);
        world.script.answer(METADATA, &document);
        world
    };
    let named = world(&["a-1"]);
    let token = named.login(&of("a-1")).await.unwrap();
    named.script.answer(crate::support::USERINFO, &json!({ "sub": "42" }));
    let profile = named.client.get_profile(&token).await.unwrap();
    assert_eq!(profile.issuer(), Some("https://op.test/a-1/v2.0"));
    assert!(world(&[]).login(&of("b-2")).await.is_ok());
    let mut lying = of("a-1");
    lying["iss"] = json!("https://op.test/b-2/v2.0");
    for claims in [of("b-2"), lying, json!({ "iss": TEMPLATE, "tid": "{tenantid}" })] {
        refused(world(&["a-1"]).login(&claims).await, ErrorKind::Security, Some("iss"));
    }
    // A key may be for one tenant alone, or for all.
    for (keys_issuer, is_good) in [
        ("https://op.test/{tenantid}/v2.0", true),
        ("https://op.test/a-1/v2.0", true),
        ("https://op.test/b-2/v2.0", false),
    ] {
        let world = world(&["a-1"]);
        let mut key = world.key.public_jwk();
        key["issuer"] = json!(keys_issuer);
        world.script.answer(JWKS, &json!({ "keys": [key] }));
        let got = world.login(&of("a-1")).await;
        assert_eq!(got.is_ok(), is_good, "{keys_issuer}: {got:?}");
        assert!(got.err().is_none_or(|error| error.reason() == Some("key")));
    }
}

/// A login, then a refresh whose ID token has these claims.
async fn refreshed(
    first: Value,
    second: Option<Value>,
) -> (OAuth2Token, hallpass_core::Result<OAuth2Token>) {
    let rule = IssuerRule::OneOf(vec![ISSUER.to_owned(), "op.test".to_owned()]);
    let provider = OpenId::new("op", ISSUER).with_issuer_rule(rule).with_audiences(["api"]);
    let world = World::of(provider);
    let token = world.login(&first).await.unwrap();
    world.clock.advance(600);
    let jwt = second.map(|claims| {
        let mut all = world.claims(&json!({}));
        all.extend(object(&claims));
        world.key.jwt(&all)
    });
    world.grant(jwt.as_deref());
    let got = world.client.refresh_token(&token).await;
    (token, got)
}

#[tokio::test]
async fn a_refresh_goes_on_with_the_same_user_at_the_same_issuer() {
    let first = || json!({ "azp": CLIENT, "auth_time": 1_700_000_000 });
    let (_, got) = refreshed(first(), Some(first())).await;
    assert_eq!(got.unwrap().claims().unwrap().subject(), "42");
    for (name, value, reason) in [
        ("sub", json!("43"), "subject"),
        ("iss", json!("https://evil.test"), "iss"),
        ("aud", json!("other"), "aud"),
        ("azp", json!("api"), "azp"),
        ("auth_time", json!(1_700_000_001), "auth_time"),
        ("nonce", json!("of another login"), "nonce"),
        ("at_hash", json!("wrong"), "at_hash"),
    ] {
        let mut second = first();
        second[name] = value;
        let (_, got) = refreshed(first(), Some(second)).await;
        refused(got, ErrorKind::Security, Some(reason));
    }
    let (_, got) = refreshed(first(), Some(json!({ "iss": "op.test", "azp": CLIENT }))).await;
    assert_eq!(got.unwrap().claims().unwrap().issuer(), Some(ISSUER), "an alias");
    let (_, got) = refreshed(first(), Some(json!({ "auth_time": 1_700_000_000 }))).await;
    refused(got, ErrorKind::Security, Some("azp"));
}

/// OpenID Connect Core section 12.2 lets a refresh leave them out; that does not unsay them.
#[tokio::test]
async fn what_one_refresh_leaves_out_is_not_another_in_the_next() {
    for (name, first, other) in [
        ("auth_time", json!(1_700_000_000), json!(1_700_000_001)),
        ("nonce", json!(null), json!("of another login")),
    ] {
        let world = World::new();
        let changes = if first.is_null() { json!({}) } else { json!({ name: first }) };
        let token = world.login(&changes).await.unwrap();
        world.grant(Some(world.jwt(&json!({})).expose()));
        let token = world.client.refresh_token(&token).await.unwrap();
        world.grant(Some(world.jwt(&json!({ name: other })).expose()));
        let got = world.client.refresh_token(&token).await;
        refused(got, ErrorKind::Security, Some(name));
    }
}

#[tokio::test]
async fn a_refresh_without_an_id_token_keeps_the_first() {
    let (first, got) = refreshed(json!({}), None).await;
    let got = got.unwrap();
    assert_eq!(got.claims().unwrap().as_map(), first.claims().unwrap().as_map());
    assert_eq!(got.id_token().unwrap().expose(), first.id_token().unwrap().expose());
}
