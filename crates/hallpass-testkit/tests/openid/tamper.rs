use std::collections::BTreeMap;

use hallpass_core::{Json, http::Method};
use hallpass_testkit::{
    Forged, ForgedSignature, LocalProvider, LocalProviderBuilder, SigningAlgorithm, SigningKey,
    Tamper,
};
use serde_json::json;

use crate::support::{
    ask, decoded, encoded, endpoint, get_json, jwks, login, own, params, post, provider,
    redemption, refresh, send, signers, wish,
};

/// Everything that the provider gives out in one sign-in and its end, without what differs each
/// time.
type Artefacts = BTreeMap<&'static str, Json>;

async fn artefacts(local: &LocalProvider) -> Artefacts {
    // What a test needs to go on, however the provider lies.
    let at = |path: &str| format!("{}{path}", local.base_url());
    let own = own(local);
    let client = [("authorization", own.as_str())];
    let document = get_json(&format!("{}/.well-known/openid-configuration", local.issuer())).await;
    let keys = get_json(document["jwks_uri"].as_str().unwrap()).await;
    let landing = params(&ask(local, &wish(local.client_id())).await.unwrap());
    let (_, reply) = post(&at("/token"), &client, &redemption(&landing["code"])).await;
    let refreshed = refresh(local, &reply).await;
    let bearer = format!("Bearer {}", refreshed["access_token"].as_str().unwrap());
    let userinfo = send(Method::GET, &at("/userinfo"), &[("authorization", &bearer)], &[]).await;
    let userinfo = String::from_utf8(userinfo.body.to_vec()).unwrap();
    let about = [("token", refreshed["access_token"].as_str().unwrap())];
    let (_, introspection) = post(&at("/introspect"), &client, &about).await;
    let leave = encoded(&[
        ("client_id", local.client_id()),
        ("post_logout_redirect_uri", "https://app.test/bye"),
        ("state", "s"),
    ]);
    let out = local.browser().sign_out(format!("{}?{leave}", at("/end_session"))).await.unwrap();
    let members = |reply: &Json| json!(reply.as_object().unwrap().keys().collect::<Vec<_>>());
    BTreeMap::from([
        ("discovery", document),
        ("jwks", keys.clone()),
        ("authorization_response", steady(&json!(landing))),
        ("token_reply", json!([members(&reply), members(&refreshed), reply["token_type"]])),
        ("id_token", token(&keys, reply["id_token"].as_str().unwrap())),
        ("refreshed_id_token", token(&keys, refreshed["id_token"].as_str().unwrap())),
        ("userinfo", token(&keys, &userinfo)),
        ("introspection", introspection),
        ("logout_redirect", json!(out.url())),
        ("logout_token", token(&keys, &local.logout_token("ada", |_| {}))),
    ])
}

/// A JWT in its parts, and whether a key of the provider signed it.
fn token(keys: &Json, jwt: &str) -> Json {
    if jwt.split('.').count() != 3 {
        return json!(jwt);
    }
    let (header, claims) = decoded(jwt);
    json!({ "header": header, "claims": steady(&claims), "signers": signers(keys, jwt) })
}

/// Without the values that differ each time, as long as they look right.
fn steady(members: &Json) -> Json {
    let mut members = members.clone();
    for name in ["at_hash", "sid", "jti", "code"] {
        if let Some(value) = members.get_mut(name) {
            let is_plain = value.as_str().is_some_and(|text| !text.ends_with(".changed"));
            *value = if is_plain { json!("differs") } else { json!("is changed") };
        }
    }
    members
}

/// One lie, and the artefacts that it changes.
async fn check(local: &LocalProvider, honest: &Artefacts, lie: Tamper, want: &[&str]) {
    let shown = format!("{lie:?}");
    local.tamper(lie);
    let told = artefacts(local).await;
    let changed: Vec<_> = honest
        .iter()
        .filter(|(name, value)| told[*name] != **value)
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(changed, want, "{shown}");
    local.clear_tampering();
}

#[tokio::test]
async fn each_lie_changes_its_artefact_and_nothing_else() {
    let local = provider(LocalProviderBuilder::with_signed_userinfo).await;
    let honest = artefacts(&local).await;
    assert_eq!(artefacts(&local).await, honest, "what differs each time is left out");
    let both = ["id_token", "refreshed_id_token"];
    for lie in [
        Tamper::id_token(|token| token.append("iss", "1")),
        Tamper::id_token(|token| token.append("at_hash", ".changed")),
        Tamper::id_token(|token| token.remove("sub")),
        Tamper::id_token(Forged::spoil_signature),
        Tamper::id_token(|token| token.sign_as(SigningAlgorithm::Es256)),
        Tamper::id_token(Forged::unsign),
        Tamper::id_token(|token| drop(token.header.insert("typ".to_owned(), json!("x")))),
        Tamper::id_token(|token| token.instead = Some("no jwt".to_owned())),
    ] {
        check(&local, &honest, lie, &both).await;
    }
    let refreshed = Tamper::refreshed_id_token(|token| token.append("sub", "1"));
    check(&local, &honest, refreshed, &["refreshed_id_token"]).await;
    let lie = Tamper::logout_token(|token| token.remove("events"));
    check(&local, &honest, lie, &["logout_token"]).await;
    let lie = Tamper::userinfo(|claims| drop(claims.insert("sub".to_owned(), json!("1"))));
    check(&local, &honest, lie, &["userinfo"]).await;
    let lie = Tamper::userinfo_jwt(Forged::spoil_signature);
    check(&local, &honest, lie, &["userinfo"]).await;
    let lie = Tamper::discovery(|it| drop(it.insert("issuer".to_owned(), json!("other"))));
    check(&local, &honest, lie, &["discovery"]).await;
    let lie = Tamper::token_reply(|reply| drop(reply.insert("token_type".to_owned(), json!("x"))));
    check(&local, &honest, lie, &["token_reply"]).await;
    let lie = Tamper::introspection(|it| drop(it.remove("active")));
    check(&local, &honest, lie, &["introspection"]).await;
    let lie = Tamper::authorization_response(|params| params.retain(|(name, _)| name != "iss"));
    check(&local, &honest, lie, &["authorization_response"]).await;
    let lie = Tamper::logout_redirect(|params| params[0].1.push_str("_INVALID"));
    check(&local, &honest, lie, &["logout_redirect"]).await;
    assert_eq!(artefacts(&local).await, honest, "the provider is honest again");
}

#[tokio::test]
async fn other_keys_are_shown_when_the_jwks_is_changed() {
    let local = provider(|builder| builder).await;
    let right = jwks(&local).await;
    local.tamper(Tamper::jwks(|jwks| drop(jwks.insert("keys".to_owned(), json!([])))));
    assert_eq!(jwks(&local).await, json!({ "keys": [] }));
    let token = login(&local).await;
    assert_eq!(signers(&right, token["id_token"].as_str().unwrap()), 1, "they still sign");
    let url = endpoint(&local, "jwks_uri").await;
    local.clear_tampering();
    assert_eq!(get_json(&url).await, right);
}

#[tokio::test]
async fn a_signature_is_wrong_in_the_way_that_was_asked_for() {
    let local = provider(|builder| builder).await;
    let keys = jwks(&local).await;
    let foreign = SigningKey::rs256();
    let its_keys = json!({ "keys": [foreign.public_jwk()] });
    let key = foreign.clone();
    let swap = Tamper::id_token(move |token| token.signature = ForgedSignature::By(key.clone()));
    local.tamper(swap);
    let jwt = login(&local).await["id_token"].as_str().unwrap().to_owned();
    assert_eq!(signers(&keys, &jwt), 0);
    let (header, _) = decoded(&jwt);
    assert!(header["kid"].is_string() && header["kid"] != its_keys["keys"][0]["kid"]);
    local.clear_tampering();

    local.tamper(Tamper::id_token(move |token| token.sign_with(foreign.clone())));
    let jwt = login(&local).await["id_token"].as_str().unwrap().to_owned();
    assert_eq!((signers(&keys, &jwt), signers(&its_keys, &jwt)), (0, 1));
    local.clear_tampering();

    local.tamper(Tamper::id_token(|token| token.sign_as(SigningAlgorithm::Es256)));
    let jwt = login(&local).await["id_token"].as_str().unwrap().to_owned();
    assert_eq!((decoded(&jwt).0["alg"].as_str(), signers(&keys, &jwt)), (Some("ES256"), 1));
    local.clear_tampering();

    local.tamper(Tamper::id_token(|token| {
        let header = Json::Object(token.header.clone()).to_string();
        token.write(&header, r#"{"sub":"1","sub":"2"}"#);
    }));
    let jwt = login(&local).await["id_token"].as_str().unwrap().to_owned();
    assert_eq!((signers(&keys, &jwt), decoded(&jwt).1), (1, json!({ "sub": "2" })));
    local.clear_tampering();

    local.tamper(Tamper::id_token(|token| token.signature = ForgedSignature::Bytes(vec![])));
    let jwt = login(&local).await["id_token"].as_str().unwrap().to_owned();
    assert!(jwt.ends_with('.') && decoded(&jwt).0["alg"] == "RS256");
    local.clear_tampering();

    local.tamper(Tamper::id_token(|token| token.sign_as(SigningAlgorithm::Hs256)));
    let jwt = login(&local).await["id_token"].as_str().unwrap().to_owned();
    assert!(crate::support::has_mac(local.client_secret().expose(), &jwt));
    assert_eq!(decoded(&jwt).0, json!({ "alg": "HS256" }), "no kid of another key");
}

#[tokio::test]
async fn lies_add_up_in_their_order_and_may_ask_the_provider() {
    let local = std::sync::Arc::new(provider(|builder| builder).await);
    // Its RSA key takes time to be made, and is there when the next one is within a request.
    local.rotate_keys();
    local.tamper(Tamper::id_token(|token| token.append("iss", "1")));
    let asked = std::sync::Arc::downgrade(&local);
    local.tamper(Tamper::id_token(move |token| {
        let local = asked.upgrade().unwrap();
        token.append("iss", "2");
        token.set("seen", local.count("token"));
        token.set("logout", local.logout_token("ada", |_| {}));
        local.rotate_keys();
    }));
    let asked = std::sync::Arc::downgrade(&local);
    local.tamper(Tamper::authorization_response(move |params| {
        let logout = asked.upgrade().unwrap().logout_token("ada", |_| {});
        params.push(("logout".to_owned(), logout));
    }));
    let token = login(&local).await;
    let (_, claims) = decoded(token["id_token"].as_str().unwrap());
    assert_eq!(claims["iss"], format!("{}12", local.issuer()));
    assert_eq!(claims["seen"], 1);
    assert!(claims["logout"].as_str().is_some_and(|jwt| jwt.split('.').count() == 3));
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let local = provider(|builder| builder).await;
    let shown = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let note = std::sync::Arc::clone(&shown);
    local.tamper(Tamper::id_token(move |token| {
        token.set("planted", "planted-value");
        *note.lock().unwrap() = format!("{token:?}");
    }));
    login(&local).await;
    let shown = shown.lock().unwrap().clone();
    assert!(
        shown.starts_with("Forged { header: [\"alg\", \"kid\"], claims: [\"at_hash\""),
        "{shown}"
    );
    assert!(!shown.contains("planted-value") && !shown.contains(local.client_secret().expose()));
    assert!(!format!("{local:?}").contains(local.client_secret().expose()));
}
