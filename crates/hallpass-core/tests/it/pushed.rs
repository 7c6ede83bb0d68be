//! Pushed authorization requests: the parameters go to the provider, the browser carries a
//! reference (RFC 9126).

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{
    AuthorizationRequest, ClientAuth, ClientConfig, Descriptor, Endpoint, Error, ErrorKind, Json,
    OAuth2Client, Operation, Purpose, TokenBody,
    http::{HeaderValue, Method, header},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::support::{
    Acme, CountingRandom, Key, SECRET, Sent, Signer, Verifier, World, acme, callback, config,
    json_response, pairs, param, public, refused,
};

mod refusals;
mod required;

const PAR: &str = "https://acme.test/par";
const REFERENCE: &str = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c";
const PAGE: &str = "https://login.acme.test/authorize?client_id=client&request_uri=urn%3Aietf%3A\
                    params%3Aoauth%3Arequest_uri%3A6esc_11ACC5bwc014ltc14eY22c";

/// A provider that takes pushed requests, and has ID tokens.
fn par() -> Acme {
    acme()
        .but(|d| d.with_endpoint(Endpoint::PushedAuthorization, PAR).with_scopes(["openid"]))
        .with_verifier(&Arc::<Verifier>::default())
}

fn by(auth: ClientAuth) -> Acme {
    par().but(|d| d.with_client_auth(auth))
}

/// RFC 9126 section 2.2.
fn reference() -> Json {
    json!({ "request_uri": REFERENCE, "expires_in": 60 })
}

/// A request with something of everything in it.
fn full() -> AuthorizationRequest {
    AuthorizationRequest::new()
        .max_age(Duration::from_secs(300))
        .acr_values(["urn:acme:gold", "urn:acme:silver"])
        .resource("https://a.test/?x=1&y=é")
        .resource("https://b.test/")
        .param("login_hint", "me+you@app.test &=%")
}

/// The same bytes for the first login of each client.
fn counted(client: &OAuth2Client<Acme>) -> OAuth2Client<Acme> {
    client.clone().with_random(Arc::new(CountingRandom::default()))
}

/// What the browser would have carried: the query of the URL.
async fn query(world: &World) -> String {
    let login = counted(&world.client).get_authorization_url(full()).await.unwrap();
    world.wire.assert_silent();
    login.url.as_str().split_once('?').unwrap().1.to_owned()
}

/// The request that was pushed instead of that query.
async fn pushed(world: &World) -> Sent {
    world.wire.answer(201, &reference());
    let login = counted(&world.client).get_authorization_url(full().pushed()).await.unwrap();
    assert_eq!(login.url.as_str(), PAGE);
    world.wire.only()
}

async fn check(provider: Acme, config: ClientConfig, proof: &str, basic: Option<&str>) {
    let world = World::with(provider, config);
    let query = query(&world).await;
    let sent = pushed(&world).await;
    assert_eq!(sent.body, format!("{query}{proof}"));
    assert_eq!(sent.basic().as_deref(), basic);
    let ids = sent.form().into_iter().filter(|(name, _)| name == "client_id").count();
    assert_eq!(ids, 1, "{}", sent.body);
}

#[tokio::test]
async fn what_is_pushed_is_the_query_byte_for_byte_and_the_proof_of_the_client() {
    let secret = format!("&client_secret={SECRET}");
    let basic = format!("client:{SECRET}");
    check(by(ClientAuth::Post), config(), &secret, None).await;
    check(by(ClientAuth::Basic), config(), "", Some(&basic)).await;
    check(by(ClientAuth::BasicRaw), config(), "", Some(&basic)).await;
    let keyed = || public().with_assertion(Key::default());
    let jwt = "client+for+https%3A%2F%2Facme.test%2Ftoken+%230";
    let assertion = format!(
        "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
         &client_assertion={jwt}"
    );
    check(by(ClientAuth::Assertion), keyed(), &assertion, None).await;
    check(by(ClientAuth::PostSigned), keyed(), &format!("&client_secret={jwt}"), None).await;
    check(by(ClientAuth::Post), public(), "", None).await;
    check(by(ClientAuth::None), public(), "", None).await;
}

#[tokio::test]
async fn each_parameter_is_pushed_once() {
    let sent = pushed(&World::of(par())).await;
    let form = sent.form();
    let names: Vec<_> = form.iter().map(|(name, _)| name.as_str()).collect();
    let want = [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "max_age",
        "acr_values",
        "resource",
        "resource",
        "login_hint",
        "client_secret",
    ];
    assert_eq!(names, want, "two resources were named");
    for (name, want) in [
        ("redirect_uri", "https://app.test/callback"),
        ("max_age", "300"),
        ("acr_values", "urn:acme:gold urn:acme:silver"),
        ("resource", "https://a.test/?x=1&y=é"),
        ("login_hint", "me+you@app.test &=%"),
    ] {
        assert_eq!(sent.param(name).as_deref(), Some(want));
    }
}

#[tokio::test]
async fn it_is_a_form_that_the_client_posts() {
    for body in [TokenBody::Form, TokenBody::Json] {
        let world = World::of(par().but(|d| d.with_token_body(body)));
        let sent = pushed(&world).await;
        assert_eq!((sent.method.clone(), sent.url.as_str()), (Method::POST, PAR));
        assert_eq!(sent.purpose, Purpose::Endpoint(Endpoint::PushedAuthorization));
        let form = "application/x-www-form-urlencoded";
        assert_eq!(sent.header("content-type"), Some(form), "{body:?} is the token endpoint's");
        assert_eq!(sent.header("accept"), Some("application/json"));
        assert_eq!(sent.headers.len(), 3);
        assert_eq!((sent.timeout, sent.body_limit_bytes), (Duration::from_secs(10), 1 << 20));
        assert_eq!(sent.param("client_secret").as_deref(), Some(SECRET));
    }
}

#[tokio::test]
async fn a_provider_that_authenticates_in_its_own_way_may_name_the_client_again() {
    let own = by(ClientAuth::Custom).on_authenticate(|client| {
        let keys = client.keys();
        client.param("client_id", keys.client_id())?;
        client.param("proof", "p")
    });
    check(own, config(), "&proof=p", None).await;
    let other = by(ClientAuth::Custom).on_authenticate(|client| client.param("client_id", "evil"));
    let world = World::of(other);
    let got = world.client.authorize().pushed().start().await;
    refused(got, ErrorKind::Config, Some("reserved"));
    world.wire.assert_silent();
}

#[tokio::test]
async fn the_page_keeps_its_own_query_and_the_providers_name_for_the_client() {
    let request_uri = PAGE.split_once("&request_uri=").unwrap().1;
    for (endpoint, names) in [
        ("https://acme.test/a", "?client_id=client"),
        ("https://acme.test/a?", "?client_id=client"),
        ("https://acme.test/a?tenant=x%20y", "?tenant=x%20y&client_id=client"),
        ("https://acme.test/a?really?", "?really?&client_id=client"),
    ] {
        let descriptor = Descriptor::new("acme", endpoint, "https://acme.test/token")
            .with_endpoint(Endpoint::PushedAuthorization, PAR);
        let world = World::of(Acme::of(descriptor));
        world.wire.answer(201, &reference());
        let login = world.client.authorize().pushed().start().await.unwrap();
        let want = format!("https://acme.test/a{names}&request_uri={request_uri}");
        assert_eq!(login.url.as_str(), want);
        let sent = world.wire.only();
        assert!(sent.body.starts_with("response_type=code&client_id=client&"), "{}", sent.body);
        assert_eq!(sent.param("tenant"), None, "what the page's URL has need not be pushed");
    }

    let world = World::of(par().but(|d| d.with_client_params("client_key", "client_word")));
    world.wire.answer(201, &reference());
    let login = world.client.authorize().pushed().start().await.unwrap();
    let names: Vec<_> = pairs(login.url.as_str()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["client_key", "request_uri"]);
    let form = world.wire.only().form();
    let of = |wanted| form.iter().filter(|(name, _)| name == wanted).count();
    assert_eq!((of("client_key"), of("client_word"), of("client_id")), (1, 1, 0));
}

#[tokio::test]
async fn a_pushed_login_ends_as_any_other() {
    let world = World::of(par());
    world.wire.answer(201, &reference());
    let request = AuthorizationRequest::new().scopes(["profile"]).data("/here").pushed();
    let login = world.client.get_authorization_url(request).await.unwrap();
    assert_eq!(param(login.url.as_str(), "state"), None);
    let pushed = world.wire.only();
    world.wire.answer(200, &json!({ "access_token": "T" }));
    let state = pushed.param("state").unwrap();
    let token = world.client.get_access_token(callback(&state), login.pending).await.unwrap();
    assert_eq!((token.access_token().expose(), token.scope()), ("T", Some("profile")));
    let verifier = world.wire.only().param("code_verifier").unwrap();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    assert_eq!(pushed.param("code_challenge"), Some(challenge));

    world.wire.answer(201, &reference());
    let login = world.client.authorize().pushed().start().await.unwrap();
    let got = world.client.get_access_token(callback("another"), login.pending).await;
    refused(got, ErrorKind::Security, Some("state"));
}

#[tokio::test]
async fn a_request_that_is_refused_unread_is_signed_and_pushed_once_more() {
    let provider = by(ClientAuth::Assertion);
    let world = World::with(provider, public().with_assertion(Key::default()));
    let client = world.client.clone().with_request_signer(Arc::new(Signer::default()));
    world.wire.answer_with(|_| {
        let mut response = json_response(400, &json!({ "error": "use_dpop_nonce" }));
        response.headers.insert("dpop-nonce", HeaderValue::from_static("n"));
        Ok(response)
    });
    world.wire.answer(201, &reference());
    let login = client.get_authorization_url(full().pushed()).await.unwrap();
    assert_eq!(login.url.as_str(), PAGE);
    let sent = world.wire.sent();
    assert_eq!(sent.len(), 2);
    for (nth, sent) in sent.iter().enumerate() {
        assert!(sent.header("dpop").unwrap().starts_with(&format!("{} POST", nth + 1)));
        let jwt = sent.param("client_assertion").unwrap();
        assert!(jwt.ends_with(&format!("#{nth}")), "{jwt}");
        assert_eq!(sent.param("dpop_jkt").as_deref(), Some("thumbprint"));
    }
    assert_eq!(sent[0].param("state"), sent[1].param("state"), "it is one login");
}
