//! Tokens bound to a key, from login to API.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{
    ApiRequest, Endpoint, ErrorKind, Grant, Json, OAuth2Client, OAuth2Token, Operation, Response,
    Result,
};
use hallpass_openid::{DpopSigner, OpenId};
use serde_json::json;

use crate::support::{ACCESS_TOKEN, DISCOVERY, Sent, TOKEN, World, param, refused, response};

const API: &str = "https://api.test/things";
const DEVICE: &str = "https://op.test/device";

fn signing(world: &World) -> (OAuth2Client<OpenId>, Arc<DpopSigner>) {
    let key = Arc::new(DpopSigner::generate().unwrap());
    (world.client.clone().with_request_signer(Arc::clone(&key) as _), key)
}

/// The claims of the proof that went with a request.
fn proof(sent: &Sent) -> Json {
    let claims = sent.header("dpop").unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

fn with_nonce(mut response: Response, nonce: &str) -> Response {
    response.headers.insert("dpop-nonce", nonce.parse().unwrap());
    response
}

fn granted(token_type: &str) -> Json {
    json!({ "access_token": ACCESS_TOKEN, "token_type": token_type })
}

async fn granted_token(client: &OAuth2Client<OpenId>) -> Result<OAuth2Token> {
    client.request_token(Grant::new("client_credentials")).await
}

async fn call(client: &OAuth2Client<OpenId>, token: &OAuth2Token) -> Result<Response> {
    let origin = API.parse::<hallpass_core::url::Url>().unwrap().origin();
    client.api(token).get(API).allow_origin(origin).send().await
}

#[tokio::test]
async fn a_token_that_is_not_bound_to_the_key_is_refused() {
    for (token_type, fits) in [("DPoP", true), ("dpop", true), ("Bearer", false), ("mac", false)] {
        let world = World::new();
        let (client, _) = signing(&world);
        world.script.answer(TOKEN, &granted(token_type));
        let got = granted_token(&client).await;
        if fits {
            assert!(got.unwrap().token_type().eq_ignore_ascii_case("dpop"));
        } else {
            refused(got, ErrorKind::Security, Some("key_binding"));
        }
    }
}

#[tokio::test]
async fn the_login_names_the_key() {
    let world = World::new();
    let (client, key) = signing(&world);
    let login = client.authorize().start().await.unwrap();
    assert_eq!(param(login.url.as_str(), "dpop_jkt").as_deref(), Some(key.thumbprint()));
    let error = client.authorize().param("dpop_jkt", "other").start().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("reserved")));
}

#[tokio::test]
async fn a_key_that_the_provider_takes_no_proof_of_is_refused_before_anything_is_sent() {
    for (listed, fits) in [
        (json!(["ES256"]), true),
        (json!(["PS256", "ES256"]), true),
        (json!(["PS256", "EdDSA"]), false),
        (json!([]), false),
        (json!(null), true),
        (json!("PS256"), true),
    ] {
        let world = World::new();
        world.announce(&json!({
            "device_authorization_endpoint": DEVICE,
            "dpop_signing_alg_values_supported": listed,
        }));
        world.script.answer(TOKEN, &granted("DPoP"));
        let (client, _) = signing(&world);
        let login = client.authorize().start().await.map(drop);
        let token = granted_token(&client).await.map(drop);
        world.script.answer(DEVICE, &json!({ "device_code": "D" }));
        let form = ApiRequest::form(Endpoint::DeviceAuthorization, [("scope", "openid")]);
        let device = client.send(form).await.map(drop);
        let without = world.client.authorize().start().await;
        assert!(without.is_ok(), "who has no key is not asked: {listed}");
        if fits {
            assert!(login.is_ok() && token.is_ok() && device.is_ok(), "{listed}");
            continue;
        }
        for got in [login, token, device] {
            let error = got.unwrap_err();
            assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("alg")));
            assert!(error.is_unsent() || error.operation() == Some(Operation::Authorize));
        }
        assert_eq!(world.script.places(), [DISCOVERY], "{listed}");
    }
}

#[tokio::test]
async fn a_server_that_wants_nonces_for_ever_is_asked_twice() {
    let world = World::new();
    let (client, _) = signing(&world);
    world.script.answer_with(TOKEN, |sent| {
        let last = proof(sent)["nonce"].as_str().unwrap_or("n").to_owned();
        let error = r#"{"error":"use_dpop_nonce"}"#;
        with_nonce(response(400, "application/json", error), &format!("{last}1"))
    });
    let error = granted_token(&client).await.unwrap_err();
    assert_eq!(error.oauth().unwrap().code(), "use_dpop_nonce");
    assert_eq!(error.kind(), ErrorKind::Transport, "it may come right, and ends no grant");
    let asked: Vec<Json> = world.script.sent().iter().filter_map(of_token).collect();
    assert_eq!(asked, [Json::Null, json!("n1")]);
    // The nonce of the last refusal is the next request's.
    granted_token(&client).await.unwrap_err();
    let asked: Vec<Json> = world.script.sent().iter().filter_map(of_token).collect();
    assert_eq!(asked, [json!("n11"), json!("n111")]);
}

#[tokio::test]
async fn a_proof_that_the_api_refuses_is_no_fault_of_the_token() {
    for (code, kind) in
        [("use_dpop_nonce", ErrorKind::Transport), ("invalid_dpop_proof", ErrorKind::Config)]
    {
        let world = World::new();
        let (client, _) = signing(&world);
        world.script.answer(TOKEN, &granted("DPoP"));
        let token = granted_token(&client).await.unwrap();
        world.script.answer_with(API, move |_| {
            let mut refused = response(401, "text/plain", "");
            let challenge = format!("DPoP error=\"{code}\", algs=\"ES256\"");
            refused.headers.insert("www-authenticate", challenge.parse().unwrap());
            with_nonce(refused, "n")
        });
        let error = call(&client, &token).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (kind, Some(code)), "{error}");
    }
}

/// The nonce that went to the token endpoint.
fn of_token(sent: &Sent) -> Option<Json> {
    (sent.url.as_str() == TOKEN).then(|| proof(sent)["nonce"].clone())
}

#[tokio::test]
async fn authorization_server_and_api_have_nonces_of_their_own() {
    let world = World::new();
    let (client, _) = signing(&world);
    world.script.answer_with(TOKEN, |_| {
        let reply = granted("DPoP").to_string();
        with_nonce(response(200, "application/json", &reply), "of-the-server")
    });
    let token = granted_token(&client).await.unwrap();
    world.script.answer_with(API, |sent| match proof(sent)["nonce"].as_str() {
        Some("of-the-api") => with_nonce(response(200, "application/json", "{}"), "the-next"),
        Some("the-next") => response(200, "application/json", "{}"),
        _ => {
            let mut refusal = response(401, "text/plain", "no");
            let challenge = r#"DPoP error="use_dpop_nonce""#.parse().unwrap();
            refusal.headers.insert("www-authenticate", challenge);
            with_nonce(refusal, "of-the-api")
        }
    });
    world.script.sent();
    call(&client, &token).await.unwrap();
    call(&client, &token).await.unwrap();
    let sent = world.script.sent();
    let nonces: Vec<Json> = sent.iter().map(|sent| proof(sent)["nonce"].clone()).collect();
    assert_eq!(nonces, [Json::Null, json!("of-the-api"), json!("the-next")]);
    for sent in &sent {
        let want = format!("DPoP {ACCESS_TOKEN}");
        assert_eq!(sent.header("authorization"), Some(want.as_str()));
        assert!(proof(sent)["ath"].is_string());
    }
    granted_token(&client).await.unwrap();
    let asked: Vec<Json> = world.script.sent().iter().filter_map(of_token).collect();
    assert_eq!(asked, [json!("of-the-server")]);
}

#[tokio::test]
async fn an_api_that_refuses_the_token_is_not_asked_again() {
    let world = World::new();
    let (client, _) = signing(&world);
    world.script.answer_with(API, |_| {
        let mut refusal = response(401, "text/plain", "no");
        let challenge = r#"DPoP error="invalid_token""#.parse().unwrap();
        refusal.headers.insert("www-authenticate", challenge);
        with_nonce(refusal, "n")
    });
    let token = OAuth2Token::from_access_token("T");
    let got = call(&client, &token).await;
    refused(got, ErrorKind::Denied, Some("invalid_token"));
    assert_eq!(world.script.count(API), 1);
}
