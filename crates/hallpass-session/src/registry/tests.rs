use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use hallpass_core::{
    AuthorizationRequest, CustomProvider, Descriptor, ErrorKind, Grant, OAuth2Token, Request,
    Response,
    http::{HeaderMap, StatusCode},
};

use super::*;
use crate::{MemoryStore, TokenManager};

mod environment;
mod hosts;
mod settings;

/// A provider with hosts of its own, and one without.
fn constructors() -> Constructors {
    Constructors::new()
        .with("corp", |blueprint| blueprint.client(corp("https://id.corp.test")?))
        .with("shops", |mut blueprint| {
            let shop: Shop = blueprint.require_host()?;
            blueprint.client(corp(&format!("https://{}", shop.0))?)
        })
}

fn corp(origin: &str) -> Result<CustomProvider> {
    let at = |path: &str| format!("{origin}/{path}");
    let descriptor = Descriptor::new("corp", at("authorize"), at("token"));
    CustomProvider::new(descriptor, at("me"), "/id")
}

struct Shop(String);

impl std::str::FromStr for Shop {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.strip_suffix(".shops.test") {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(Error::config("no shop")),
        }
    }
}

/// Answers with a token, and keeps what was asked.
#[derive(Debug, Default)]
struct Wire(Mutex<Vec<String>>);

#[async_trait]
impl HttpClient for Wire {
    async fn send(&self, request: Request) -> Result<Response> {
        self.0.lock().unwrap().push(String::from_utf8(request.body.to_vec()).unwrap());
        let token = br#"{"access_token":"new","token_type":"Bearer"}"#;
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), token.to_vec()))
    }
}

fn registry() -> Registry {
    Registry::new(constructors())
}

fn settings() -> ClientSettings {
    ClientSettings::new("id").with_secret("secret").with_redirect_uri("https://app.test/callback")
}

/// Asserts how it was refused; gives what it says.
#[track_caller]
fn refused<T>(result: Result<T>, reason: Option<&str>) -> String {
    let Err(error) = result else { panic!("it is not refused as {reason:?}") };
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, reason), "{error:?}");
    error.to_string()
}

#[test]
fn a_client_is_the_same_one_each_time_and_goes_by_its_own_name() {
    let mut clients = registry();
    clients.register("corp", settings()).unwrap();
    clients.register("a-second", settings().with_provider("corp")).unwrap();
    assert_eq!(clients.names().collect::<Vec<_>>(), ["corp", "a-second"], "as registered");
    let first = clients.get("corp").unwrap();
    assert!(Arc::ptr_eq(first, clients.get("corp").unwrap()));
    let second = clients.get("a-second").unwrap();
    assert_eq!((first.descriptor().name(), second.descriptor().name()), ("corp", "a-second"));
    assert_eq!(clients.clients().count(), 2);
    let printed = format!("{clients:?}");
    assert!(printed.contains("a-second") && !printed.contains("secret"), "{printed}");
}

#[test]
fn an_unknown_client_is_an_error_that_names_the_known_ones() {
    let said = refused(registry().get("corp"), Some("unknown_client"));
    assert!(said.contains("nobody"), "{said}");
    let mut clients = registry();
    clients.register("corp", settings()).unwrap();
    clients.register("work", settings().with_provider("corp")).unwrap();
    let said = refused(clients.get("Corp"), Some("unknown_client"));
    assert!(said.contains("corp, work"), "{said}");
    let long = "x".repeat(10_000);
    assert!(refused(clients.get(&long), Some("unknown_client")).len() < 300);
    refused(clients.api_base_url("nobody"), Some("unknown_client"));
}

#[test]
fn a_name_is_taken_once_and_fits_a_variable_and_a_path() {
    let mut clients = registry();
    clients.register("corp", settings()).unwrap();
    let said = refused(clients.register("corp", settings()), Some("client_name"));
    assert!(said.contains("already"), "{said}");
    let long = "x".repeat(65);
    for bad in ["", "Corp", "a_b", "a b", "a--b", "-a", "a-", "2a", "a/b", "é", &long] {
        let bad = clients.register(bad, settings().with_provider("corp"));
        refused(bad, Some("client_name"));
    }
    assert_eq!(clients.names().count(), 1, "nothing of what was refused stays");
    clients.register("a2-b", settings().with_provider("corp")).unwrap();
}

#[test]
fn an_unknown_provider_is_an_error_that_names_the_known_ones() {
    let mut clients = registry();
    for settings in [settings(), settings().with_provider("nowhere")] {
        let said = refused(clients.register("work", settings), Some("unknown_provider"));
        assert!(said.contains("corp, shops"), "{said}");
    }
    let mut none = Registry::new(Constructors::new());
    refused(none.register("corp", settings()), Some("unknown_provider"));
}

#[test]
fn what_is_wrong_is_said_at_once_and_names_the_client_but_no_secret() {
    let with = || ClientSettings::new("id").with_secret("Qsecretq");
    for (settings, reason, word) in [
        (ClientSettings::new(""), None, "client id"),
        (with().with_redirect_uri("http://app.test/cb"), None, "redirect URI"),
        (with().with_host("id.test"), Some("setting"), "host"),
        (with().with_issuer("https://id.test"), Some("setting"), "issuer"),
        (with().with_metadata_url("https://id.test/m"), Some("setting"), "metadata_url"),
        (with().with_private_key("k", "Qsecretq"), Some("setting"), "private_key"),
        (with().with_team_id("t"), Some("setting"), "team_id"),
        (with().with_api_base_url("ftp://api.test"), None, "API"),
        (with().with_user_agent("a\nb"), None, "header"),
        (with().with_authorization_param("state", "Qsecretq"), Some("reserved"), "state"),
        (with().with_token_param("code", "Qsecretq"), Some("reserved"), "code"),
        (
            with().with_token_param("a", "Qsecretq").with_token_param("a", "Qsecretq"),
            Some("reserved"),
            "twice",
        ),
    ] {
        let said =
            refused(registry().register("work", settings.clone().with_provider("corp")), reason);
        assert!(said.starts_with("the client work cannot be made: "), "{said}");
        assert!(said.contains(word), "{said}");
        assert_eq!(said.matches("fix the configuration").count(), 1, "{said}");
        assert!(!said.contains("Qsecretq") && !format!("{settings:?}").contains("Qsecretq"));
    }
    refused(registry().register("shops", with()), Some("setting"));
    let said = refused(registry().register("shops", with().with_host("evil.test")), None);
    assert!(said.contains("no shop"), "{said}");
}

#[test]
fn a_constructor_of_the_applications_own_wins_and_one_that_forgets_the_name_is_refused() {
    let constructors = constructors().with("corp", |_| {
        let config = ClientConfig::new("id");
        let client = hallpass_core::OAuth2Client::new(corp("https://id.corp.test")?, config)?;
        Ok(Arc::new(client) as Arc<dyn BaseOAuth2>)
    });
    let mut clients = Registry::new(constructors);
    clients.register("corp", settings()).unwrap();
    refused(clients.register("work", settings().with_provider("corp")), Some("client_name"));
}

#[test]
fn a_client_that_the_application_made_goes_by_its_own_name() {
    let made = |name: &'static str| {
        let config = ClientConfig::new("id").with_name(name);
        let provider = corp("https://id.corp.test").unwrap();
        Arc::new(hallpass_core::OAuth2Client::new(provider, config).unwrap())
    };
    let mut clients = registry();
    clients.register_client(made("mine")).unwrap();
    assert_eq!(clients.get("mine").unwrap().client_id(), "id");
    refused(clients.register_client(made("mine")), Some("client_name"));
    refused(clients.register_client(made("No Name")), Some("client_name"));
}

#[test]
fn an_application_at_many_hosts_has_a_client_for_each() {
    let mut clients = registry();
    clients.register_per_host("shops", settings()).unwrap();
    let oak = clients.at_host("shops", "oak.shops.test").unwrap();
    assert_eq!(oak.descriptor().name(), "shops");
    let (page, _) = oak.descriptor().authorize_and_token().unwrap();
    assert_eq!(page, "https://oak.shops.test/authorize");
    refused(clients.at_host("shops", "evil.test"), None);
    refused(clients.at_host("nobody", "oak.shops.test"), Some("unknown_client"));
    refused(clients.get("shops"), Some("unknown_client"));
    assert_eq!((clients.names().count(), clients.clients().count()), (1, 0));

    clients.register("corp", settings()).unwrap();
    refused(clients.at_host("corp", "oak.shops.test"), Some("unknown_client"));
    let named = settings().with_host("oak.shops.test").with_provider("shops");
    refused(clients.register_per_host("more", named), Some("setting"));
    refused(clients.register_per_host("none", settings()), Some("unknown_provider"));
    refused(clients.register_per_host("shops", settings()), Some("client_name"));
}

#[test]
fn a_host_has_the_same_client_each_time_while_it_is_among_the_last() {
    let mut clients = registry();
    clients.register_per_host("shops", settings()).unwrap();
    clients.register_per_host("more", settings().with_provider("shops")).unwrap();
    let at = |name: &str, host: &str| clients.at_host(name, &format!("{host}.shops.test")).unwrap();
    let oak = at("shops", "oak");
    assert!(Arc::ptr_eq(&oak, &at("shops", "oak")));
    assert!(!Arc::ptr_eq(&oak, &at("shops", "elm")));
    assert!(!Arc::ptr_eq(&oak, &at("more", "oak")), "another registration's");
    // What cannot be made takes nobody's place.
    for _ in 0..300 {
        refused(clients.at_host("shops", "evil.test"), None);
    }
    for number in 0..254 {
        at("shops", &format!("of{number}"));
    }
    assert!(Arc::ptr_eq(&oak, &at("shops", "oak")), "256 are kept");
    for number in 0..256 {
        at("shops", &format!("of{number}"));
    }
    assert!(!Arc::ptr_eq(&oak, &at("shops", "oak")));
}

#[tokio::test]
async fn clients_of_many_hosts_have_no_api_in_common() {
    let mut clients = registry();
    let one_for_all = settings().with_api_base_url("https://oak.shops.test/api");
    let said = refused(clients.register_per_host("shops", one_for_all), Some("setting"));
    assert!(said.contains("api_base_url"), "{said}");
    assert_eq!(clients.names().count(), 0);
    clients.register_per_host("shops", settings()).unwrap();
    assert_eq!(clients.api_base_url("shops").unwrap(), None);
    let elm = clients.at_host("shops", "elm.shops.test").unwrap();
    let tokens = TokenManager::new(elm, Arc::new(MemoryStore::new()));
    let ann = tokens.sign_in("ann", OAuth2Token::from_access_token("T")).await.unwrap();
    refused(clients.api(ann), Some("setting"));
}

#[test]
fn what_a_constructor_says_keeps_its_kind_its_word_and_what_is_underneath() {
    let busy = |_: Blueprint| {
        let error = Error::transport("the vault does not answer").with_reason("vault");
        Err(error.with_source(std::io::Error::other("no route")).with_retry_after(WAIT))
    };
    const WAIT: Option<Duration> = Some(Duration::from_secs(5));
    let mut clients = Registry::new(Constructors::new().with("corp", busy));
    let error = clients.register("corp", settings()).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("vault")));
    assert_eq!(error.retry_after(), WAIT);
    let said = "the client corp cannot be made: the vault does not answer; try again later, in 5 s";
    assert_eq!(error.to_string(), said);
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.downcast_ref::<std::io::Error>().unwrap().to_string(), "no route");
}

#[test]
fn what_all_share_comes_first_and_the_settings_win() {
    let adjusted = |config: ClientConfig| {
        let config = config.with_timeout(Duration::from_secs(3)).with_scopes(["a"]);
        Ok(config.with_secret("of nobody").with_name("nobody"))
    };
    let mut clients = registry().with_config(adjusted);
    clients.register("corp", settings()).unwrap();
    clients.register("own", settings().with_provider("corp").with_scopes(["b"])).unwrap();
    let scopes = |name| clients.get(name).unwrap().descriptor().scopes().collect::<Vec<_>>();
    assert_eq!((scopes("corp"), scopes("own")), (vec!["a"], vec!["b"]));
    let mut broken = registry().with_config(|_| Err(Error::config("not today")));
    assert!(refused(broken.register("corp", settings()), None).contains("not today"));
}

#[tokio::test]
async fn a_parameter_of_the_settings_takes_the_place_of_one_that_all_share() {
    let shared = |config: ClientConfig| {
        let config = config.with_authorization_param("prompt", "login");
        let config = config.with_authorization_param("display", "popup");
        Ok(config.with_token_param("audience", "all").with_token_param("tenant", "oak"))
    };
    let wire = Arc::new(Wire::default());
    let mut clients = registry().with_config(shared).with_http_client(wire.clone());
    clients.register("corp", settings()).unwrap();
    let own = settings().with_provider("corp");
    let own = own.with_authorization_param("prompt", "consent").with_token_param("audience", "own");
    clients.register("own", own.clone()).unwrap();
    for (name, prompt, audience) in [("corp", "login", "all"), ("own", "consent", "own")] {
        let client = clients.get(name).unwrap();
        let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let query: Vec<_> = login.url.as_str().split(['?', '&']).collect();
        let prompts: Vec<_> = query.iter().filter(|pair| pair.starts_with("prompt=")).collect();
        assert_eq!(prompts, [&format!("prompt={prompt}")], "{name}");
        assert!(query.contains(&"display=popup"), "{name}: what the settings do not say stays");
        client.request_token(Grant::new("client_credentials")).await.unwrap();
        let body = wire.0.lock().unwrap().pop().unwrap();
        let form: Vec<_> = body.split('&').collect();
        let audiences: Vec<_> = form.iter().filter(|p| p.starts_with("audience=")).collect();
        assert_eq!(audiences, [&format!("audience={audience}")], "{name}");
        assert!(form.contains(&"tenant=oak"), "{body}");
    }
    let twice = own.clone().with_authorization_param("prompt", "none");
    refused(clients.register("twice", twice), Some("reserved"));
    refused(clients.register("twice", own.with_token_param("audience", "b")), Some("reserved"));
}

#[tokio::test]
async fn nothing_of_one_registration_is_in_another() {
    let mut clients = registry();
    let first = settings()
        .with_scopes(["a"])
        .with_authorization_param("prompt", "consent")
        .with_api_base_url("https://api.corp.test");
    clients.register("corp", first).unwrap();
    clients.register("other", settings().with_provider("corp")).unwrap();
    let url = |name| {
        let client = Arc::clone(clients.get(name).unwrap());
        async move { client.get_authorization_url(AuthorizationRequest::new()).await.unwrap().url }
    };
    let (first, other) = (url("corp").await, url("other").await);
    assert!(first.as_str().contains("&prompt=consent") && first.as_str().contains("&scope=a"));
    assert!(!other.as_str().contains("prompt") && !other.as_str().contains("scope"));
    assert_eq!(clients.api_base_url("other").unwrap(), None);
}

#[tokio::test]
async fn a_session_calls_the_api_of_its_own_client() {
    let mut clients = registry();
    clients.register("corp", settings().with_api_base_url("https://api.corp.test/v1")).unwrap();
    clients.register("bare", settings().with_provider("corp")).unwrap();
    let session = |name: &'static str| {
        let client = Arc::clone(clients.get(name).unwrap());
        let tokens = TokenManager::new(client, Arc::new(MemoryStore::new()));
        async move { tokens.sign_in("ann", OAuth2Token::from_access_token("T")).await.unwrap() }
    };
    let api = clients.api(session("corp").await).unwrap();
    assert_eq!(api.session().key().provider(), "corp");
    refused(clients.api(session("bare").await), Some("setting"));
    let mut others = registry();
    others.register("another", settings().with_provider("corp")).unwrap();
    refused(others.api(session("corp").await), Some("unknown_client"));
}
