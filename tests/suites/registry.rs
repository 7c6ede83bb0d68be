//! A client of every provider, made of settings by the facade's table.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, fs, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use hallpass::{
    AuthorizationRequest, BaseOAuth2, Callback, ErrorKind, OAuthError, Revoke,
    session::{ClientSettings, Registry},
};
use hallpass_core::{
    HttpClient, Request, Response,
    http::{HeaderMap, StatusCode},
};
use hallpass_testkit::{LocalClient, LocalProvider, SigningKey, User};
use serde_json::json;
use url::Url;

const METADATA: &str = "/.well-known/openid-configuration";
const CALLBACK: &str = "https://app.test/callback";

/// What a provider needs besides id and secret.
fn settings(provider: &str) -> ClientSettings {
    let settings = ClientSettings::new("id").with_redirect_uri(CALLBACK).with_provider(provider);
    if provider == "apple" {
        let pem = SigningKey::es256().private_key_pem().unwrap();
        return settings.with_team_id("TEAM123456").with_private_key("KEY1234567", pem);
    }
    let settings = settings.with_secret("secret");
    match provider {
        "auth0" => settings.with_host("example.auth0.com"),
        "okta" => settings.with_host("example.okta.com"),
        "openid" => settings.with_issuer("https://id.example.test"),
        "reddit" => settings.with_user_agent("web:example:v1 (by /u/example)"),
        "shopify" => settings.with_host("example.myshopify.com"),
        _ => settings,
    }
}

#[test]
fn every_provider_of_the_facade_has_its_constructor() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/hallpass/Cargo.toml");
    let manifest = fs::read_to_string(path).unwrap();
    let (_, list) = manifest.split_once("\nproviders = [").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    let listed = list.split('"').skip(1).step_by(2).map(str::to_owned);
    let wanted: BTreeSet<String> = listed.chain(["openid".into()]).collect();
    assert!(wanted.len() > 20, "{wanted:?}");
    let constructors = hallpass::constructors();
    let has: BTreeSet<String> = constructors.names().map(str::to_owned).collect();
    let missing: Vec<_> = wanted.difference(&has).collect();
    assert!(
        missing.is_empty(),
        "no constructor for {missing:?}: crates/hallpass/src/constructors.rs"
    );
    let variants: Vec<_> = has.difference(&wanted).collect();
    let known = ["discord-openid", "kakao-openid", "naver-openid", "tumblr", "x-oauth1"];
    assert_eq!(variants, known);
}

#[tokio::test]
async fn two_clients_of_any_provider_are_not_interchangeable() {
    let constructors = hallpass::constructors();
    let providers: Vec<_> = constructors.names().map(str::to_owned).collect();
    let mut discovered = Vec::new();
    // These ask the provider before there is a URL: `suites/oauth1.rs`.
    let asks = |provider: &&String| matches!(provider.as_str(), "tumblr" | "x-oauth1");
    for provider in providers.iter().filter(|provider| !asks(provider)) {
        let mut clients = Registry::new(constructors.clone());
        let with = || settings(provider).with_authorization_param("hallpass", "a & b");
        clients.register("one", with()).unwrap();
        clients.register("two", with()).unwrap();
        let (one, two) = (clients.get("one").unwrap(), clients.get("two").unwrap());
        let same = (one.descriptor().name(), two.descriptor().name());
        assert_eq!(same, ("one", "two"), "{provider}");
        assert_eq!((one.client_id(), two.client_id()), ("id", "id"), "{provider}");
        if one.descriptor().authorize_and_token().is_none() {
            discovered.push(provider.as_str());
            continue;
        }
        let login = one.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let of = |name| param(login.url.as_str(), name);
        assert_eq!(of("hallpass").as_deref(), Some("a & b"), "{provider}");
        assert_eq!(login.pending.provider(), "one", "{provider}");
        let callback = format!("code=c&state={}", of("state").unwrap());
        let callback = Callback::from_query(&callback).unwrap();
        let error = two.get_access_token(callback, login.pending).await.unwrap_err();
        // Shopify's callback is signed, which comes first.
        let reason = if provider == "shopify" { "hmac" } else { "provider" };
        let got = (error.kind(), error.reason());
        assert_eq!(got, (ErrorKind::Security, Some(reason)), "{provider}: {error}");
    }
    assert_eq!(discovered, ["okta", "openid"]);
}

#[test]
fn a_host_chooses_among_a_providers_many() {
    check("github", "github.example.com", "https://github.example.com/");
    check("gitlab", "gitlab.example.com", "https://gitlab.example.com/");
    check("microsoft", "organizations", "https://login.microsoftonline.com/organizations/");
    check("auth0", "oak.eu.auth0.com", "https://oak.eu.auth0.com/");
    check("shopify", "oak.myshopify.com", "https://oak.myshopify.com/");
    check("franceconnect", "production", "https://oidc.franceconnect.gouv.fr/");
    check("franceconnect", "integration", "https://fcp-low.sbx.dev-franceconnect.fr/");
    let custom = made(settings("okta").with_host("example.okta.com/oauth2/default")).unwrap();
    let printed = format!("{custom:?}");
    assert!(printed.contains("https://example.okta.com/oauth2/default"), "{printed}");
}

#[track_caller]
fn check(provider: &str, host: &str, want: &str) {
    let client = made(settings(provider).with_host(host)).unwrap();
    let (page, _) = client.descriptor().authorize_and_token().unwrap();
    assert!(page.starts_with(want), "{page}");
}

fn made(settings: ClientSettings) -> hallpass::Result<Arc<dyn BaseOAuth2>> {
    let mut clients = Registry::new(hallpass::constructors());
    clients.register("client", settings)?;
    clients.get("client").map(Arc::clone)
}

#[test]
fn settings_that_a_provider_lacks_or_takes_none_of_are_refused() {
    let bare = |provider: &str| ClientSettings::new("id").with_secret("s").with_provider(provider);
    for (settings, word) in [
        (bare("auth0"), "host"),
        (bare("okta"), "host"),
        (bare("shopify"), "host"),
        (bare("openid"), "issuer"),
        (bare("openid").with_metadata_url(format!("https://id.example.test{METADATA}")), "issuer"),
        (bare("reddit"), "user_agent"),
        (bare("apple"), "private_key"),
        (ClientSettings::new("id").with_provider("apple").with_private_key("k", "p"), "team_id"),
        (settings("apple").with_secret("s"), "client_secret"),
        (bare("google").with_host("accounts.example.test"), "host"),
        (bare("google").with_issuer("https://accounts.example.test"), "issuer"),
        (bare("github").with_private_key("k", "p"), "private_key"),
    ] {
        let error = made(settings).unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("setting")), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    for (provider, host) in [
        ("auth0", "evil.test/#"),
        ("franceconnect", "elsewhere"),
        ("github", "evil.test/#"),
        ("gitlab", "evil.test/#"),
        ("microsoft", "evil.test/#"),
        ("okta", "evil.test/#"),
        ("okta", "example.okta.com/oauth2/a/b"),
        ("shopify", "evil.test"),
    ] {
        let error = made(settings(provider).with_host(host)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{provider} {host}: {error}");
    }
}

#[tokio::test]
async fn a_client_with_a_key_in_its_settings_signs_instead_of_showing_a_secret() {
    let key = SigningKey::es256().with_key_id("our-key");
    let client = LocalClient::new("signing").with_redirect_uri(CALLBACK);
    let client = client.with_public_jwk(key.public_jwk());
    let local = LocalProvider::builder().with_openid().with_client(client);
    let local = local.with_token_endpoint_auth_methods(["private_key_jwt"]).start().await.unwrap();
    let settings = |key: &SigningKey| {
        ClientSettings::new("signing")
            .with_provider("openid")
            .with_issuer(local.issuer())
            .with_redirect_uri(CALLBACK)
            .with_private_key("our-key", key.private_key_pem().unwrap())
    };
    let signed_in = async |settings| {
        let client = made(settings).unwrap();
        let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
        client.sign_in(landing.callback().unwrap(), login.pending).await
    };
    assert!(signed_in(settings(&key)).await.is_ok());
    let sent = local.requests();
    let token = sent.iter().find(|request| request.operation() == "token").unwrap();
    assert!(token.param("client_assertion").is_some() && token.param("client_secret").is_none());
    // Somebody else's key, under the name of ours.
    let error = signed_in(settings(&SigningKey::es256())).await.unwrap_err();
    assert_eq!(error.oauth().map(OAuthError::code), Some("invalid_client"), "{error}");
    for (settings, word) in [
        (settings(&key).with_private_key("k", "no key"), "that is no private key"),
        (settings(&key).with_secret("s"), "client_secret"),
    ] {
        let error = made(settings).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}

#[tokio::test]
async fn a_client_by_its_issuer_signs_a_user_in_with_the_parameters_of_its_settings() {
    let local = LocalProvider::builder().with_openid().start().await.unwrap();
    let issuer = local.issuer();
    let env = |name: &str| match name {
        "WORK_PROVIDER" => Some("openid".to_owned()),
        "WORK_ISSUER" => Some(issuer.to_owned()),
        "WORK_CLIENT_ID" => Some(local.client_id().to_owned()),
        "WORK_CLIENT_SECRET" => Some(local.client_secret().expose().to_owned()),
        "WORK_REDIRECT_URI" => Some(CALLBACK.to_owned()),
        "WORK_SCOPES" => Some("openid,email".to_owned()),
        "WORK_AUTHORIZATION_PARAMS" => Some("display=popup".to_owned()),
        "WORK_TOKEN_PARAMS" => Some("audience=api".to_owned()),
        _ => None,
    };
    let mut clients = Registry::from_env(hallpass::constructors(), env).unwrap();
    assert_eq!(clients.names().count(), 0, "no provider is named work");
    clients.register_from_env("work", env).unwrap();
    let by_url = ClientSettings::from_env("work", env).unwrap().unwrap();
    clients.register("both", by_url.with_metadata_url(format!("{issuer}{METADATA}"))).unwrap();
    assert_eq!(clients.clients().count(), 2);

    for client in clients.clients() {
        local.clear_requests();
        let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        assert_eq!(param(login.url.as_str(), "display").as_deref(), Some("popup"));
        assert_eq!(param(login.url.as_str(), "scope").as_deref(), Some("openid email"));
        let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
        let signed_in = client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
        assert_eq!(signed_in.profile.verified_email(), Some("ada@users.test"));
        let sent = local.requests();
        let mut tokens = sent.iter().filter(|request| request.operation() == "token");
        let audience = tokens.next().unwrap().param("audience");
        assert_eq!(audience.as_deref(), Some("api"));
        client.revoke_token(&signed_in.token, Revoke::AccessToken).await.unwrap();
    }
}

/// Serves the metadata of an issuer that ends in a slash, as Auth0's does.
#[derive(Debug)]
struct Slash;

#[async_trait]
impl HttpClient for Slash {
    async fn send(&self, request: Request) -> hallpass::Result<Response> {
        assert_eq!(request.url.as_str(), format!("https://id.example.test{METADATA}"));
        let document = json!({
            "issuer": "https://id.example.test/",
            "authorization_endpoint": "https://id.example.test/authorize",
            "token_endpoint": "https://id.example.test/token",
        });
        let body = document.to_string().into_bytes();
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), body))
    }
}

#[tokio::test]
async fn an_issuer_is_the_one_of_the_settings_letter_by_letter_wherever_its_metadata_are() {
    let found = |issuer: &'static str, url: Option<String>| async move {
        let settings = ClientSettings::new("id").with_redirect_uri(CALLBACK).with_issuer(issuer);
        let settings = match url {
            Some(url) => settings.with_metadata_url(url),
            None => settings,
        };
        let mut clients = Registry::new(hallpass::constructors());
        clients = clients.with_http_client(Arc::new(Slash));
        clients.register("openid", settings).unwrap();
        clients.get("openid").unwrap().endpoints().await
    };
    for url in [None, Some(format!("https://id.example.test{METADATA}"))] {
        let endpoints = found("https://id.example.test/", url.clone()).await.unwrap();
        assert_eq!(endpoints.issuer(), Some("https://id.example.test/"));
        let error = found("https://id.example.test", url).await.unwrap_err();
        let got = (error.kind(), error.reason());
        assert_eq!(got, (ErrorKind::Security, Some("issuer")), "{error}");
    }
}

#[test]
fn many_shops_and_one_client_of_another_provider_are_read_from_one_environment() {
    let env = |name: &str| match name {
        "SHOPIFY_CLIENT_ID" | "GITHUB_CLIENT_ID" => Some("id".to_owned()),
        "SHOPIFY_CLIENT_SECRET" | "GITHUB_CLIENT_SECRET" => Some("secret".to_owned()),
        _ => None,
    };
    let error = Registry::from_env(hallpass::constructors(), env).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("setting")), "{error}");
    let mut clients = Registry::new(hallpass::constructors());
    clients.register_per_host_from_env("shopify", env).unwrap();
    clients.register_all_from_env(env).unwrap();
    assert_eq!(clients.names().collect::<Vec<_>>(), ["shopify", "github"]);
    let oak = clients.at_host("shopify", "oak.myshopify.com").unwrap();
    let (page, _) = oak.descriptor().authorize_and_token().unwrap();
    assert!(page.starts_with("https://oak.myshopify.com/"), "{page}");
}

fn param(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    let mut pairs = url.query_pairs().filter(|(known, _)| known == name);
    pairs.next().map(|(_, value)| value.into_owned())
}
