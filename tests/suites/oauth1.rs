//! OAuth 1 beside OAuth 2: the same router, registry, sessions and API client take both.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use axum::{Router, routing::get};
use hallpass::{
    AuthorizationRequest, BaseOAuth2, ErrorKind, OAuth2Client,
    session::{ApiClient, ClientSettings, MemoryStore, Registry, TokenManager},
};
use hallpass_axum::{Identity, SignIn, web::SealingKeys};
use hallpass_core::{
    HttpClient, Request, Response, Revoke,
    http::{HeaderMap, StatusCode},
};
use hallpass_oauth1::OAuth1Client;
use hallpass_testkit::{Browser, Fault, LocalOAuth1, LocalProvider, User};
use tokio::net::TcpListener;

const CALLBACK: &str = "https://app.test/callback";

/// Under a name of its own, since both are called `local`.
fn old(local: &LocalOAuth1) -> Arc<dyn BaseOAuth2> {
    let config = local.client_config(CALLBACK).unwrap().with_name("old");
    Arc::new(OAuth1Client::new(local.provider(), config).unwrap())
}

fn new(local: &LocalProvider) -> Arc<dyn BaseOAuth2> {
    let config = local.client_config(CALLBACK).unwrap();
    Arc::new(OAuth2Client::new(local.provider(), config).unwrap())
}

/// An application with two buttons.
struct App {
    old: LocalOAuth1,
    base: String,
    // It serves until it is dropped.
    _new: LocalProvider,
}

impl App {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (old_one, new_one) = (LocalOAuth1::start().await, LocalProvider::start().await);
        let (old_one, new_one) = (old_one.unwrap(), new_one.unwrap());
        let sign_in = SignIn::new(&base, SealingKeys::generate()).unwrap();
        let sign_in = sign_in.provider(new(&new_one)).unwrap().provider(old(&old_one)).unwrap();
        let said = async |who: Option<Identity>| match who {
            Some(who) => format!("{} at {}", who.id, who.provider),
            None => "nobody".to_owned(),
        };
        let app = sign_in.attach(Router::new().route("/", get(said)));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { old: old_one, base, _new: new_one }
    }

    /// Clicks the button, is the user at the provider, and comes back; what the application says
    /// then.
    async fn sign_in(&self, browser: &Browser, name: &str, user: User) -> (u16, String) {
        let page = browser.open(format!("{}/login/{name}", self.base)).await.unwrap();
        let landing = browser.sign_in(page.url(), user).await.unwrap();
        assert!(landing.url().starts_with(&format!("{}/callback/{name}?", self.base)));
        let page = browser.deliver(&landing).await.unwrap();
        (page.status().as_u16(), page.text().to_owned())
    }
}

#[tokio::test]
async fn a_router_signs_users_in_by_both_protocols() {
    let app = App::start().await;
    let page = Browser::new().open(format!("{}/login", app.base)).await.unwrap();
    for name in ["local", "old"] {
        assert!(page.text().contains(&format!("/login/{name}")), "{name}");
        let browser = Browser::new();
        let got = app.sign_in(&browser, name, User::named("ben")).await;
        assert_eq!(got, (200, format!("1002 at {name}")));
    }
    assert_eq!(app.old.count("temporary_credentials"), 1);
}

#[tokio::test]
async fn two_tabs_of_two_protocols_do_not_disturb_each_other() {
    let app = App::start().await;
    let browser = Browser::new();
    let pages = ["old", "local", "old"].map(|name| (name, format!("{}/login/{name}", app.base)));
    let mut open = Vec::new();
    for (name, url) in &pages {
        open.push((*name, browser.open(url).await.unwrap()));
    }
    for (name, page) in open {
        let landing = browser.sign_in(page.url(), User::first()).await.unwrap();
        let page = browser.deliver(&landing).await.unwrap();
        assert_eq!((page.status().as_u16(), page.text()), (200, &*format!("1001 at {name}")));
    }
}

#[tokio::test]
async fn a_router_refuses_what_is_not_the_answer_to_its_login() {
    let app = App::start().await;
    let begin = async |browser: &Browser| {
        let page = browser.open(format!("{}/login/old", app.base)).await.unwrap();
        browser.sign_in(page.url(), User::first()).await.unwrap()
    };
    let (mine, other) = (Browser::new(), Browser::new());
    begin(&mine).await;
    let page = mine.deliver(&begin(&other).await).await.unwrap();
    assert!(page.status().is_client_error(), "the login of another browser: {}", page.status());
    let home = mine.open(&app.base).await.unwrap();
    assert_eq!(home.text(), "nobody");
    assert_eq!(app.old.count("token"), 0, "no verifier was sent");

    let landing = begin(&mine).await;
    assert_eq!(mine.deliver(&landing).await.unwrap().status(), 200);
    let again = Browser::new().deliver(&landing).await.unwrap();
    assert!(again.status().is_client_error(), "the same once more: {}", again.status());
    assert_eq!(app.old.count("token"), 1);
}

#[tokio::test]
async fn a_user_who_says_no_is_told_so() {
    let app = App::start().await;
    let browser = Browser::new();
    let (status, _) = app.sign_in(&browser, "old", User::deny()).await;
    assert!((400..500).contains(&status), "{status}");
    assert_eq!(browser.open(&app.base).await.unwrap().text(), "nobody");
    assert_eq!(app.old.count("token"), 0);
}

#[tokio::test]
async fn a_refusal_that_says_not_of_which_login_is_told_and_ends_none() {
    let app = App::start().await;
    let browser = Browser::new();
    let page = browser.open(format!("{}/login/old", app.base)).await.unwrap();
    // As a server says it that names no token, or as another site has the browser say it.
    let refusal =
        format!("{}/callback/old?error=access_denied&error_description=call+us", app.base);
    let told = browser.open(&refusal).await.unwrap();
    assert_eq!(told.status(), 403);
    assert!(told.text().contains("You were not signed in"), "{}", told.text());
    assert!(!told.text().contains("call us"), "{}", told.text());
    let landing = browser.sign_in(page.url(), User::first()).await.unwrap();
    assert_eq!(browser.deliver(&landing).await.unwrap().status(), 200, "the login goes on");
    // Where no login was begun, or one of OAuth 2 alone, there is nothing to be refused.
    let elsewhere = Browser::new();
    elsewhere.open(format!("{}/login/local", app.base)).await.unwrap();
    for name in ["old", "local"] {
        let refusal = format!("{}/callback/{name}?error=access_denied", app.base);
        let told = elsewhere.open(&refusal).await.unwrap();
        assert!(!told.text().contains("You were not signed in"), "{name}: {}", told.text());
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_a_page() {
    let app = App::start().await;
    app.old.fault(Fault::on("temporary_credentials").status(503));
    let page = Browser::new().open(format!("{}/login/old", app.base)).await.unwrap();
    assert!(page.status().is_server_error(), "{}", page.status());
    assert_eq!(app.old.faults_left(), 0);
}

/// A token that a session keeps, and an API client over it.
async fn signed_in(local: &LocalOAuth1) -> (TokenManager, ApiClient) {
    let client = old(local);
    let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let callback = landing.callback().unwrap();
    let token = client.get_access_token(callback, login.pending).await.unwrap();
    let manager = TokenManager::new(client, Arc::new(MemoryStore::new()));
    let session = manager.sign_in("ada", token).await.unwrap();
    (manager, ApiClient::new(session, local.base_url()).unwrap())
}

#[tokio::test]
async fn an_api_client_signs_its_calls() {
    let local = LocalOAuth1::start().await.unwrap();
    let (_, api) = signed_in(&local).await;
    let said = api.post("api/notes?a=1").form([("text", "é & +")]).read().await.unwrap();
    assert_eq!((&said["user"], &said["form"][0][1]), (&"ada".into(), &"é & +".into()));
    for _ in 0..3 {
        api.get("api/notes").read().await.unwrap();
    }
    assert_eq!(local.count("token"), 1, "there is nothing to renew");
    let elsewhere = api.get("https://elsewhere.test/").read().await.unwrap_err();
    assert_eq!(elsewhere.reason(), Some("origin"), "{elsewhere}");
}

#[tokio::test]
async fn a_call_that_is_sent_again_is_signed_again() {
    let local = LocalOAuth1::start().await.unwrap();
    let (_, api) = signed_in(&local).await;
    // The server has seen the first nonce, and its answer is lost.
    local.clear_requests();
    local.fault(Fault::on("api").status(503).carried_out());
    api.get("api/notes").read().await.unwrap();
    let nonces: Vec<_> = local
        .requests()
        .iter()
        .map(|request| request.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(nonces.len(), 2);
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn a_token_that_was_taken_back_asks_for_a_login() {
    let local = LocalOAuth1::start().await.unwrap();
    let (manager, api) = signed_in(&local).await;
    local.revoke_tokens();
    let error = api.get("api/notes").read().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert_eq!(local.count("token"), 1);
    manager.sign_out("ada", None).await.unwrap();
    let error = api.get("api/notes").read().await.unwrap_err();
    assert_eq!(error.reason(), Some("signed_out"), "{error}");
}

#[tokio::test]
async fn what_oauth_1_has_not_is_said_without_a_request() {
    let local = LocalOAuth1::start().await.unwrap();
    let (manager, api) = signed_in(&local).await;
    local.clear_requests();
    let error = manager.sign_out("ada", Some(Revoke::Grant)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let token = hallpass_oauth1::TokenCredentials::new("t", "s").into_token();
    let error = manager.client().refresh_token(&token).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    drop(api);
    assert!(local.requests().is_empty());
}

#[tokio::test]
async fn a_registry_holds_both() {
    let (local, local2) =
        (LocalOAuth1::start().await.unwrap(), LocalProvider::start().await.unwrap());
    let mut clients = Registry::new(hallpass::constructors());
    clients.register_client(old(&local)).unwrap();
    clients.register_client(new(&local2)).unwrap();
    let names: Vec<_> = clients.names().collect();
    assert_eq!(names, ["old", "local"]);
    let taken = clients.register_client(old(&local)).unwrap_err();
    assert_eq!(taken.reason(), Some("client_name"));
    for name in ["old", "local"] {
        let client = clients.get(name).unwrap();
        let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let landing = Browser::new().sign_in(&login.url, User::named("cleo")).await.unwrap();
        let signed_in = client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
        let who = (signed_in.profile.provider(), signed_in.profile.id());
        assert_eq!(who, (name, "1003"));
    }
}

/// A server that gives temporary credentials to whoever asks.
#[derive(Debug, Default)]
struct Generous(Mutex<Vec<Request>>);

#[async_trait]
impl HttpClient for Generous {
    async fn send(&self, request: Request) -> hallpass::Result<Response> {
        self.0.lock().unwrap().push(request);
        let body = "oauth_token=TEMP&oauth_token_secret=S&oauth_callback_confirmed=true";
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), body.into()))
    }
}

#[tokio::test]
async fn a_registry_makes_clients_of_oauth_1_of_settings() {
    let wire = Arc::new(Generous::default());
    let settings = |provider| ClientSettings::new("key").with_provider(provider);
    for (provider, page) in [
        ("x-oauth1", "https://api.x.com/oauth/authorize?lang=en&oauth_token=TEMP"),
        ("tumblr", "https://www.tumblr.com/oauth/authorize?lang=en&oauth_token=TEMP"),
    ] {
        let mut clients = Registry::new(hallpass::constructors());
        clients = clients.with_http_client(Arc::<Generous>::clone(&wire));
        clients = clients.with_config(|config| config.with_user_agent("app/2"));
        let good = settings(provider).with_secret("secret").with_redirect_uri(CALLBACK);
        clients.register("old", good.with_authorization_param("lang", "en")).unwrap();
        let client = clients.get("old").unwrap();
        assert_eq!((client.descriptor().name(), client.client_id()), ("old", "key"));
        let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        assert_eq!(login.url.as_str(), page);
        let asked = wire.0.lock().unwrap().pop().unwrap();
        let said = |name: &str| asked.headers[name].to_str().unwrap().to_owned();
        assert!(said("user-agent").starts_with("app/2 "), "{}", said("user-agent"));
        assert!(said("authorization").contains("oauth_consumer_key=\"key\""));

        let with_secret = || settings(provider).with_secret("secret");
        for settings in [
            settings(provider),
            with_secret().with_scopes(["email"]),
            with_secret().with_host("elsewhere.test"),
            with_secret().with_issuer("https://elsewhere.test"),
        ] {
            let error = clients.register("other", settings).unwrap_err();
            let got = (error.kind(), error.reason());
            assert_eq!(got, (ErrorKind::Config, Some("setting")), "{error}");
        }
    }
}

#[tokio::test]
async fn the_callback_of_one_protocol_is_none_of_the_other() {
    let (local, local2) =
        (LocalOAuth1::start().await.unwrap(), LocalProvider::start().await.unwrap());
    let (old, new) = (old(&local), new(&local2));
    let first = old.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    let second = new.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    let of_first = local.browser().sign_in(&first.url, User::first()).await.unwrap();
    let of_second = local2.browser().sign_in(&second.url, User::first()).await.unwrap();
    let error = old.get_access_token(of_second.callback().unwrap(), first.pending).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Security);
    let error = new.get_access_token(of_first.callback().unwrap(), second.pending).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Security);
    assert_eq!((local.count("token"), local2.count("token")), (0, 0));
}
