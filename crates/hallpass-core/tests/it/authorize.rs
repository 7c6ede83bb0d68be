//! Where the browser is sent.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{
    Authorization, AuthorizationRequest, CodeBinding, Descriptor, ErrorKind, OAuth2Client, Pkce,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::support::{
    Acme, Bare, CountingRandom, Params, SECRET, Verifier, World, acme, callback, config, pairs,
    param, public, refused,
};

mod asked;
mod binding;
mod configured;
pub(crate) mod reserved;

#[tokio::test]
async fn the_url_has_each_parameter_once_and_nothing_is_sent() {
    let world = World::of(acme());
    let login = world.client.authorize().start().await.unwrap();
    let (page, _) = login.url.as_str().split_once('?').unwrap();
    assert_eq!(page, "https://login.acme.test/authorize");
    let names: Vec<_> = pairs(login.url.as_str()).into_iter().map(|(name, _)| name).collect();
    let want = [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    ];
    assert_eq!(names, want);
    for (name, want) in [
        ("response_type", "code"),
        ("client_id", "client"),
        ("redirect_uri", "https://app.test/callback"),
        ("scope", "profile"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(param(login.url.as_str(), name).as_deref(), Some(want));
    }
    assert!(!login.url.as_str().contains(SECRET));
    assert_eq!(login.url.as_ref(), login.url.clone().into_string());
    world.wire.assert_silent();
}

#[tokio::test]
async fn state_verifier_and_nonce_are_256_bits_and_never_the_same() {
    let world = World::of(openid(&Arc::default()));
    let mut seen = BTreeSet::new();
    for _ in 0..50 {
        let login = world.client.authorize().start().await.unwrap();
        let of = |name: &str| param(login.url.as_str(), name).unwrap();
        let (state, nonce) = (of("state"), of("nonce"));
        let verifier = verifier_of(&world, login).await.unwrap();
        for value in [state, nonce, verifier] {
            assert_eq!(URL_SAFE_NO_PAD.decode(&value).unwrap().len(), 32, "{value}");
            assert!(seen.insert(value), "a value twice");
        }
    }
    assert_eq!(seen.len(), 150);
}

#[tokio::test]
async fn randomness_is_the_clients_and_no_byte_is_used_twice() {
    let world = World::of(openid(&Arc::default()));
    let client = world.client.clone().with_random(Arc::new(CountingRandom::default()));
    let login = client.authorize().start().await.unwrap();
    let of = |name: &str| URL_SAFE_NO_PAD.decode(param(login.url.as_str(), name).unwrap()).unwrap();
    assert_eq!(of("state"), (0..32).collect::<Vec<u8>>());
    assert_eq!(of("nonce"), (64..96).collect::<Vec<u8>>());
    let verifier = verifier_of(&world, login).await.unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(verifier).unwrap(), (32..64).collect::<Vec<u8>>());
}

#[tokio::test]
async fn pkce_is_sent_as_the_provider_wants_it() {
    check_pkce(|d| d, Pkce::S256, Some("S256")).await;
    check_pkce(Descriptor::with_pkce_required, Pkce::Required, Some("S256")).await;
    check_pkce(|d| d.with_pkce_ignored("page"), Pkce::Ignored, Some("S256")).await;
    check_pkce(Descriptor::with_pkce_plain, Pkce::Plain, Some("plain")).await;
    check_pkce(|d| d.with_pkce_refused("page"), Pkce::Refused, None).await;
}

async fn check_pkce(change: fn(Descriptor) -> Descriptor, want: Pkce, method: Option<&str>) {
    // A confidential client has it as much as a public one.
    for config in [config(), public()] {
        let world = World::with(acme().but(change), config);
        assert_eq!(world.client.descriptor().pkce(), want);
        let login = world.client.authorize().start().await.unwrap();
        let url = login.url.as_str().to_owned();
        let verifier = verifier_of(&world, login).await;
        assert_eq!(param(&url, "code_challenge_method").as_deref(), method);
        let challenge = param(&url, "code_challenge");
        match (method, verifier) {
            (None, verifier) => assert_eq!((challenge, verifier), (None, None)),
            (Some("plain"), Some(verifier)) => assert_eq!(challenge, Some(verifier)),
            (_, Some(verifier)) => {
                let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
                assert_eq!(challenge, Some(hash), "RFC 7636 section 4.2");
            }
            (_, None) => panic!("{want:?}: the verifier is not sent"),
        }
    }
}

/// The verifier that goes with the code, once the login comes back.
async fn verifier_of(world: &World, login: Authorization) -> Option<String> {
    let state = param(login.url.as_str(), "state").unwrap();
    world.wire.answer(400, &json!({ "error": "invalid_grant" }));
    let got = world.client.get_access_token(callback(&state), login.pending).await;
    refused(got, ErrorKind::Denied, None);
    world.wire.only().param("code_verifier")
}

fn openid(verifier: &Arc<Verifier>) -> Acme {
    acme().but(|d| d.with_scopes(["openid", "profile"])).with_verifier(verifier)
}

#[tokio::test]
async fn the_scopes_are_those_of_call_then_configuration_then_provider() {
    let plain = || AuthorizationRequest::new();
    let of_call = || AuthorizationRequest::new().scopes(["c", "d"]);
    let configured = || config().with_scopes(["b"]);
    check_scope(acme(), config(), plain(), Some("profile")).await;
    check_scope(acme(), configured(), plain(), Some("b")).await;
    check_scope(acme(), configured(), of_call(), Some("c d")).await;
    check_scope(acme(), config(), of_call(), Some("c d")).await;
    let commas = || acme().but(|d| d.with_scope_separator(','));
    check_scope(commas(), config(), of_call(), Some("c,d")).await;
    check_scope(commas(), config().with_scopes(["x", "y"]), plain(), Some("x,y")).await;
}

#[tokio::test]
async fn an_empty_list_of_scopes_asks_for_nothing_by_name() {
    let none = || AuthorizationRequest::new().scopes([""; 0]);
    check_scope(acme(), config(), none(), None).await;
    check_scope(acme(), config().with_scopes([""; 0]), AuthorizationRequest::new(), None).await;
    let with_ids = || acme().with_verifier(&Arc::default());
    check_scope(with_ids(), config(), none(), Some("openid")).await;
    let configured = config().with_scopes([""; 0]);
    check_scope(with_ids(), configured, AuthorizationRequest::new(), Some("openid")).await;
}

async fn check_scope(
    provider: Acme,
    config: hallpass_core::ClientConfig,
    request: AuthorizationRequest,
    want: Option<&str>,
) {
    let world = World::with(provider, config);
    let login = world.client.get_authorization_url(request).await.unwrap();
    assert_eq!(param(login.url.as_str(), "scope").as_deref(), want);
}

#[tokio::test]
async fn a_nonce_goes_where_openid_is_asked_for_and_somebody_verifies() {
    let with_ids = || openid(&Arc::default());
    check_nonce(with_ids(), AuthorizationRequest::new(), true).await;
    check_nonce(with_ids(), AuthorizationRequest::new().scopes(["profile"]), false).await;
    check_nonce(with_ids(), AuthorizationRequest::new().scopes([""; 0]), true).await;
    check_nonce(acme(), AuthorizationRequest::new().scopes(["openid"]), false).await;
    check_nonce(acme(), AuthorizationRequest::new(), false).await;
    // Not expected back, but sent: a later ID token of the provider may repeat it.
    let silent = with_ids().but(|d| d.with_nonce_not_echoed("page"));
    check_nonce(silent, AuthorizationRequest::new(), true).await;
}

async fn check_nonce(provider: Acme, request: AuthorizationRequest, want: bool) {
    let login = World::of(provider).client.get_authorization_url(request).await.unwrap();
    assert_eq!(param(login.url.as_str(), "nonce").is_some(), want);
}

#[tokio::test]
async fn typed_parameters_and_the_callers_own_are_added() {
    let world = World::of(acme());
    let typed = json!({ "prompt": "consent", "signup": false, "again": true, "n": 3, "no": null });
    let login = world
        .client
        .authorize()
        .params(&Params::Fields(typed))
        .param("login_hint", "a&b=c é")
        .data("/return?to=here")
        .start()
        .await
        .unwrap();
    let url = login.url.as_str();
    for (name, want) in [
        ("prompt", Some("consent")),
        ("signup", Some("false")),
        ("again", Some("true")),
        ("n", Some("3")),
        ("no", None),
        ("login_hint", Some("a&b=c é")),
    ] {
        assert_eq!(param(url, name).as_deref(), want, "{name}");
    }
    assert!(!url.contains("return"), "the application's data stays here");
    assert_eq!(login.pending.data(), Some("/return?to=here"));
}

#[tokio::test]
async fn parameters_that_are_no_parameters_are_refused() {
    let client = World::of(acme()).client;
    for params in [
        Params::Unwritable,
        Params::Fields(json!({ "list": [1] })),
        Params::Fields(json!({ "object": {} })),
        Params::Fields(json!("text")),
    ] {
        let got = client.authorize().params(&params).start().await;
        refused(got, ErrorKind::Config, None);
    }
}

#[tokio::test]
async fn the_endpoints_own_query_is_kept() {
    for (endpoint, start) in [
        (
            "https://acme.test/a?tenant=x%20y",
            "https://acme.test/a?tenant=x%20y&response_type=code&",
        ),
        ("https://acme.test/a?", "https://acme.test/a?response_type=code&"),
        ("https://acme.test/a", "https://acme.test/a?response_type=code&"),
    ] {
        let provider = Acme::of(Descriptor::new("acme", endpoint, "https://acme.test/token"));
        let login = World::of(provider).client.authorize().start().await.unwrap();
        assert!(login.url.as_str().starts_with(start), "{}", login.url.as_str());
    }
}

#[tokio::test]
async fn the_redirect_uri_is_the_calls_or_the_configurations_and_never_made_up() {
    let client = World::of(acme()).client;
    let url = client.authorize().start().await.unwrap().url;
    assert_eq!(param(url.as_str(), "redirect_uri").unwrap(), "https://app.test/callback");
    let own = "com.example.app:/cb?keep=%20letter%20by%20letter";
    let url = client.authorize().redirect_uri(own).start().await.unwrap().url;
    assert_eq!(param(url.as_str(), "redirect_uri").unwrap(), own);

    let bare = World::with(acme(), hallpass_core::ClientConfig::new("client"));
    refused(bare.client.authorize().start().await, ErrorKind::Config, None);
    let url = bare.client.authorize().redirect_uri(own).start().await.unwrap().url;
    assert_eq!(param(url.as_str(), "redirect_uri").unwrap(), own);
    for bad in ["http://app.test/cb", "https://app.test/cb#f", "javascript:alert(1)", "/cb", ""] {
        let got = client.authorize().redirect_uri(bad).start().await;
        refused(got, ErrorKind::Config, None);
    }
}

#[tokio::test]
async fn max_age_is_whole_seconds_and_needs_an_id_token_to_answer_it() {
    let verified = acme().but(|d| d.with_scopes(["openid"])).with_verifier(&Arc::default());
    let client = World::of(verified).client;
    let login = client.authorize().max_age(Duration::from_millis(90_999)).start().await.unwrap();
    assert_eq!(param(login.url.as_str(), "max_age").as_deref(), Some("90"));
    let login = client.authorize().max_age(Duration::ZERO).start().await.unwrap();
    assert_eq!(param(login.url.as_str(), "max_age").as_deref(), Some("0"));
    let without = client.authorize().scopes(["profile"]).max_age(Duration::ZERO).start().await;
    refused(without, ErrorKind::Config, None);
    let nobody = World::of(acme()).client;
    refused(nobody.authorize().max_age(Duration::ZERO).start().await, ErrorKind::Config, None);
}

#[tokio::test]
async fn a_posted_answer_is_asked_for_where_the_provider_posts() {
    let login = World::of(acme()).client.authorize().start().await.unwrap();
    assert_eq!(param(login.url.as_str(), "response_mode"), None);
    assert!(!login.pending.is_form_post());
    let posting = World::of(acme().but(Descriptor::with_form_post));
    let login = posting.client.authorize().start().await.unwrap();
    assert_eq!(param(login.url.as_str(), "response_mode").as_deref(), Some("form_post"));
    assert!(login.pending.is_form_post());
}

#[tokio::test]
async fn the_client_id_goes_by_the_providers_name_for_it() {
    let renamed = acme().but(|d| d.with_client_params("client_key", "client_word"));
    let login = World::of(renamed).client.authorize().start().await.unwrap();
    assert_eq!(param(login.url.as_str(), "client_key").as_deref(), Some("client"));
    assert_eq!(param(login.url.as_str(), "client_id"), None);
}

#[tokio::test]
async fn two_clients_of_one_provider_have_two_names() {
    let world = World::with(acme(), config().with_name("acme-eu"));
    assert_eq!(world.client.descriptor().name(), "acme-eu");
    let (_, pending) = world.begin().await;
    assert_eq!(pending.provider(), "acme-eu");
    let got = world.client.authorize().param("state", "x").start().await;
    let error = refused(got, ErrorKind::Config, Some("reserved"));
    assert_eq!(error.provider(), Some("acme-eu"));
    assert_eq!(error.operation(), Some(hallpass_core::Operation::Authorize));
}

#[tokio::test]
async fn what_cannot_work_is_said_when_the_client_is_made() {
    let new = |provider: Descriptor, config| OAuth2Client::new(Bare(provider), config);
    let of = |authorize: &'static str, token: &'static str| {
        new(Descriptor::new("acme", authorize, token), config())
    };
    let good = "https://acme.test/x";
    assert!(of(good, good).is_ok());
    for bad in ["http://acme.test/x", "ftp://acme.test/", "x", "https://me:pw@acme.test/x", ""] {
        refused(of(bad, good), ErrorKind::Config, None);
        refused(of(good, bad), ErrorKind::Config, None);
    }
    refused(of("https://acme.test/x#y", good), ErrorKind::Config, None);
    let plain = || Descriptor::new("acme", good, good);
    refused(new(plain().with_api("http://acme.test"), config()), ErrorKind::Config, None);
    refused(new(plain(), config().with_name("")), ErrorKind::Config, None);
    refused(new(plain(), public().with_secret("")), ErrorKind::Config, None);
    refused(new(plain(), hallpass_core::ClientConfig::new("")), ErrorKind::Config, None);
    refused(new(plain().with_scopes(["openid"]), config()), ErrorKind::Config, None);
    refused(new(plain(), config().with_scopes(["openid"])), ErrorKind::Config, None);
    refused(new(Descriptor::discovered("acme"), config()), ErrorKind::Config, None);
    refused(new(plain().with_iss_promised(), config()), ErrorKind::Config, None);
    refused(
        new(plain().with_pkce_refused("p").with_nonce_not_echoed(""), config()),
        ErrorKind::Config,
        None,
    );
    let rfc = hallpass_core::Revocation::Rfc7009(hallpass_core::ClientAuth::Basic);
    refused(new(plain().with_revocation(rfc), config()), ErrorKind::Config, None);
    // Whoever binds a code weakly names the page that says that the provider can do no better.
    refused(new(plain().with_pkce_ignored(""), config()), ErrorKind::Config, None);
    refused(new(plain().with_pkce_refused(" "), config()), ErrorKind::Config, None);
    refused(new(plain().with_nonce_not_echoed(""), config()), ErrorKind::Config, None);
    assert!(new(plain().with_pkce_refused("acme.test/docs"), config()).is_ok());
}
