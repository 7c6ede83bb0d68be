//! How the client proves itself at the token endpoint: one way, the declared one.

use hallpass_core::{ClientConfig, OAuth2Client, TokenBody};

use super::*;
use crate::support::{Bare, Key, Sent, Wire};

/// What is left of a token request without what every code grant has.
async fn proof_of(provider: Acme, config: ClientConfig) -> (Sent, Vec<(String, String)>) {
    let world = World::with(provider, config);
    world.login_answered(200, &token()).await.unwrap();
    let sent = world.wire.only();
    let common = ["grant_type", "code", "redirect_uri", "code_verifier"];
    let form = sent.form();
    assert_eq!(form.iter().take(4).map(|(name, _)| name).collect::<Vec<_>>(), common);
    let rest = form.into_iter().skip(4).collect();
    (sent, rest)
}

async fn check(auth: ClientAuth, config: ClientConfig, want: &[(&str, &str)], basic: Option<&str>) {
    let (sent, rest) = proof_of(acme().but(|d| d.with_client_auth(auth)), config).await;
    let rest: Vec<_> = rest.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(rest, want, "{auth:?}");
    assert_eq!(sent.basic().as_deref(), basic, "{auth:?}");
    if let Some(value) = sent.headers.get("authorization") {
        assert!(value.is_sensitive());
    }
}

#[tokio::test]
async fn a_secret_goes_where_the_provider_reads_it_and_nowhere_else() {
    let both = [("client_id", "client"), ("client_secret", SECRET)];
    check(ClientAuth::Post, config(), &both, None).await;
    let basic = format!("client:{SECRET}");
    check(ClientAuth::Basic, config(), &[], Some(&basic)).await;
    check(ClientAuth::BasicRaw, config(), &[], Some(&basic)).await;
}

#[tokio::test]
async fn basic_credentials_are_form_encoded_unless_the_provider_reads_them_raw() {
    let odd = || {
        let config = ClientConfig::new("a b/é").with_secret("c:d+e%");
        config.with_redirect_uri("https://app.test/callback").unwrap()
    };
    check(ClientAuth::Basic, odd(), &[], Some("a+b%2F%C3%A9:c%3Ad%2Be%25")).await;
    check(ClientAuth::BasicRaw, odd(), &[], Some("a b/é:c:d+e%")).await;
}

#[tokio::test]
async fn a_public_client_says_who_it_is_whatever_confidential_ones_do() {
    for auth in [ClientAuth::None, ClientAuth::Post, ClientAuth::Basic, ClientAuth::BasicRaw] {
        check(auth, public(), &[("client_id", "client")], None).await;
    }
}

#[tokio::test]
async fn the_configuration_chooses_another_way_than_the_descriptor() {
    let config = config().with_client_auth(ClientAuth::Basic);
    check(ClientAuth::Post, config, &[], Some(&format!("client:{SECRET}"))).await;
}

#[tokio::test]
async fn an_assertion_is_made_for_the_issuer_or_else_the_token_endpoint() {
    let keyed = || public().with_assertion(Key::default());
    let bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let want = |jwt| {
        [("client_id", "client"), ("client_assertion_type", bearer), ("client_assertion", jwt)]
    };
    let jwt = "client for https://acme.test/token #0";
    check(ClientAuth::Assertion, keyed(), &want(jwt), None).await;
    let with_issuer = acme()
        .but(|d| d.with_client_auth(ClientAuth::Assertion).with_issuer("https://issuer.acme.test"));
    let (_, rest) = proof_of(with_issuer, keyed()).await;
    assert_eq!(rest[2].1, "client for https://issuer.acme.test #0");

    let posted = [("client_id", "client"), ("client_secret", jwt)];
    check(ClientAuth::PostSigned, keyed(), &posted, None).await;
}

#[tokio::test]
async fn each_attempt_has_an_assertion_of_its_own() {
    let provider = acme().but(|d| d.with_client_auth(ClientAuth::Assertion));
    let world = World::with(provider, public().with_assertion(Key::default()));
    for jti in 0..3 {
        world.login_answered(200, &token()).await.unwrap();
        let jwt = world.wire.only().param("client_assertion").unwrap();
        assert!(jwt.ends_with(&format!("#{jti}")), "{jwt}");
    }
}

#[tokio::test]
async fn a_credential_that_does_not_fit_is_refused_when_the_client_is_made() {
    let keyed = || public().with_assertion(Key::default());
    for (auth, config) in [
        (ClientAuth::Assertion, config()),
        (ClientAuth::PostSigned, config()),
        (ClientAuth::None, config()),
        (ClientAuth::Assertion, public()),
        (ClientAuth::PostSigned, public()),
        (ClientAuth::Post, keyed()),
        (ClientAuth::Basic, keyed()),
        (ClientAuth::BasicRaw, keyed()),
        (ClientAuth::None, keyed()),
        (ClientAuth::BasicRaw, ClientConfig::new("a:b").with_secret("s")),
    ] {
        let provider = acme().but(|d| d.with_client_auth(auth));
        refused(OAuth2Client::new(provider, config), ErrorKind::Config, None);
    }
}

#[tokio::test]
async fn a_provider_may_authenticate_in_its_own_way() {
    let own = acme().but(|d| d.with_client_auth(ClientAuth::Custom)).on_authenticate(|client| {
        let keys = client.keys();
        let proof: String =
            keys.hmac_sha256(b"message")?.iter().map(|byte| format!("{byte:02x}")).collect();
        client.param("appid", keys.client_id())?;
        client.param("proof", proof)?;
        client.header(header::AUTHORIZATION, HeaderValue::from_static("Acme own"));
        Ok(())
    });
    let (sent, rest) = proof_of(own, config()).await;
    assert_eq!(rest[0], ("appid".to_owned(), "client".to_owned()));
    assert_eq!((rest[1].0.as_str(), rest[1].1.len()), ("proof", 64));
    assert_eq!(sent.header("authorization"), Some("Acme own"));
    assert!(sent.headers["authorization"].is_sensitive());
    assert!(!sent.body.contains(SECRET), "core lends the secret's work, not the secret");

    let greedy = acme().but(|d| d.with_client_auth(ClientAuth::Custom));
    let greedy = greedy.on_authenticate(|client| client.param("code", "another"));
    let world = World::of(greedy);
    refused(world.login().await, ErrorKind::Config, Some("reserved"));
    world.wire.assert_silent();
}

#[tokio::test]
async fn a_way_of_its_own_that_nobody_wrote_is_a_fault_of_the_program() {
    let descriptor = acme().descriptor.with_client_auth(ClientAuth::Custom);
    let wire = Arc::new(Wire::default());
    let client = OAuth2Client::new(Bare(descriptor), config()).unwrap();
    let client = client.with_http_client(wire.clone());
    let got = client.dangerously_exchange_code("c".into(), "https://app.test/cb", None).await;
    refused(got, ErrorKind::Config, None);
    wire.assert_silent();
}

#[tokio::test]
async fn the_clients_parameters_go_by_the_providers_names() {
    let renamed = |auth| {
        acme()
            .but(move |d| d.with_client_params("client_key", "client_word").with_client_auth(auth))
    };
    let (_, rest) = proof_of(renamed(ClientAuth::Post), config()).await;
    let want = [("client_key", "client"), ("client_word", SECRET)];
    assert_eq!(rest, want.map(|(n, v)| (n.to_owned(), v.to_owned())));
    let (_, rest) = proof_of(renamed(ClientAuth::Post), public()).await;
    assert_eq!(rest, [("client_key".to_owned(), "client".to_owned())]);
}

#[tokio::test]
async fn a_token_endpoint_that_wants_json_gets_the_same_members() {
    let world = World::of(acme().but(|d| d.with_token_body(TokenBody::Json)));
    world.login_answered(200, &token()).await.unwrap();
    let sent = world.wire.only();
    assert_eq!(sent.header("content-type"), Some("application/json"));
    let body = crate::support::json(&sent.body);
    let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    let want =
        ["client_id", "client_secret", "code", "code_verifier", "grant_type", "redirect_uri"];
    assert_eq!(members, want);
    assert_eq!(body["code"], CODE);
    assert_eq!(body["client_secret"], SECRET);
}
