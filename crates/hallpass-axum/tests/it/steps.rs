//! The two steps alone, on routes of the application's own.

use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use hallpass_axum::{
    Begin, FinishedLogin, Paths, SignIn, Steps, Unfinished, UnfinishedLogin,
    web::{LocalRedirect, SealingKeys},
};
use hallpass_core::{AuthorizationRequest, ErrorKind};
use hallpass_testkit::{Browser, LocalProvider, LocalProviderBuilder, User};

use crate::{app::client, wire};

struct Own {
    local: LocalProvider,
    base: String,
}

impl Own {
    async fn start(of_kind: impl FnOnce(LocalProviderBuilder) -> LocalProviderBuilder) -> Self {
        let local = of_kind(LocalProvider::builder()).start().await.unwrap();
        let base = wire::serve(|base| {
            let paths = Paths::new().callback("/connected/{provider}");
            let sign_in = SignIn::new(base, SealingKeys::generate()).unwrap();
            let sign_in = sign_in.provider(client(&local)).unwrap().paths(paths).unwrap();
            Router::new()
                .route("/connect/{provider}", get(connect))
                .route("/connected/{provider}", get(connected).post(connected))
                .route("/done", get(|RawQuery(who): RawQuery| async { who.unwrap_or_default() }))
                .with_state(sign_in.steps())
        });
        Self { base: base.await, local }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

async fn connect(
    State(steps): State<Steps>,
    Path(provider): Path<String>,
    headers: HeaderMap,
) -> Response {
    let request = AuthorizationRequest::new().scopes(["calendar"]).param("prompt", "consent");
    let request = request.data("for ada").redirect_uri("https://evil.test/");
    match steps.begin(&provider, Begin::new().request(request), &headers).await {
        Ok(begun) => begun.into_response(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Config);
            (error.reason().unwrap_or_default()).into_response()
        }
    }
}

async fn connected(login: Result<FinishedLogin, UnfinishedLogin>) -> Response {
    let login = match login {
        Ok(login) => login,
        Err(unfinished) => {
            let why = match &unfinished.why {
                Unfinished::Posted => "posted".to_owned(),
                Unfinished::UnknownProvider => "unknown".to_owned(),
                Unfinished::NotBegunHere => "not here".to_owned(),
                Unfinished::Failed(error) => error.kind().as_str().to_owned(),
                _ => "new".to_owned(),
            };
            return ([("x-why", why)], unfinished).into_response();
        }
    };
    assert!(!login.token.access_token().expose().is_empty());
    assert_eq!(login.profile.id(), login.identity.id);
    let (whose, id) = login.identity.key();
    let to = format!("/done?{whose}.{id}.{}", login.data.as_deref().unwrap_or_default());
    assert!(!format!("{login:?}").contains("for ada"));
    (login.used, Redirect::to(&to.replace(' ', "+"))).into_response()
}

#[tokio::test]
async fn a_login_begins_and_ends_on_routes_of_the_application_s_own() {
    for of_kind in [|provider| provider, LocalProviderBuilder::with_form_post] {
        let own = Own::start(of_kind).await;
        let begun = wire::get(&own.at("/connect/local"), "").await;
        assert_eq!(begun.status, 303);
        assert_eq!(begun.param("scope").as_deref(), Some("calendar"));
        assert_eq!(begun.param("prompt").as_deref(), Some("consent"));
        assert_eq!(begun.param("redirect_uri"), Some(own.at("/connected/local")));

        let browser = Browser::new();
        let page = browser.open(own.at("/connect/local")).await.unwrap();
        let landing = browser.sign_in(page.url(), User::named("ada")).await.unwrap();
        let page = browser.deliver(&landing).await.unwrap();
        let want = format!("{}.1001.for+ada", own.local.base_url());
        assert_eq!((page.status().as_u16(), page.text()), (200, want.as_str()));
        // It is used up, and there is no session of ours.
        assert_eq!(browser.deliver(&landing).await.unwrap().status(), 400);
        assert_eq!(own.local.count("token"), 1);
    }
}

#[tokio::test]
async fn a_handler_knows_why_a_login_is_none() {
    let own = Own::start(|provider| provider).await;
    check(&wire::get(&own.at("/connected/local?code=c&state=s"), "").await, "not here", 400);
    check(&wire::get(&own.at("/connected/nobody?code=c&state=s"), "").await, "unknown", 404);
    check(&wire::get(&own.at("/connected/local?state=s&state=s"), "").await, "security", 400);
    let begun = wire::get(&own.at("/connect/local"), "").await;
    let cookie = begun.cookie("hallpass.login");
    let state = begun.param("state").unwrap();
    let denied = own.at(&format!("/connected/local?error=access_denied&state={state}"));
    let answer = wire::get(&denied, &cookie).await;
    check(&answer, "denied", 403);
    assert!(answer.set.iter().any(|cookie| cookie.contains("Max-Age=0")), "used up");
    // A callback that is stolen.
    let begun = wire::get(&own.at("/connect/local"), "").await;
    let landing = Browser::new().sign_in(begun.location(), User::first()).await.unwrap();
    check(&wire::get(landing.url(), "").await, "not here", 400);
    assert_eq!(own.local.count("token"), 0);
    assert_eq!(wire::get(&own.at("/connect/nobody"), "").await.text, "unknown_provider");
}

#[track_caller]
fn check(answer: &wire::Answer, why: &str, status: u16) {
    assert_eq!((answer.header("x-why"), answer.status), (why, status), "{}", answer.text);
    assert!(answer.text.contains("<h1>"), "a page for the user");
}

#[tokio::test]
async fn a_host_that_is_none_is_the_caller_s_to_ask_for_again() {
    let make = |_: &str| Ok(client_of_nobody());
    let clients = hallpass_axum::HostClients::new("oak.test", make).unwrap();
    let sign_in = SignIn::new("https://app.test", SealingKeys::generate()).unwrap();
    let sign_in =
        sign_in.provider_at_hosts(std::sync::Arc::new(clients), "Shop", "oak.test").unwrap();
    let (steps, headers) = (sign_in.steps(), HeaderMap::new());
    for begin in [Begin::new(), Begin::new().at_host("a b")] {
        let error = steps.begin("shops", begin, &headers).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("host")));
    }
    let base = hallpass_axum::web::BaseUrl::parse("https://app.test").unwrap();
    let to = LocalRedirect::parse("/inbox", &base).unwrap();
    let begin = Begin::new().at_host("oak.test").return_to(to);
    let begun = steps.begin("shops", begin, &headers).await.unwrap().into_response();
    let cookie = begun.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-hallpass.login."), "{cookie}");
}

fn client_of_nobody() -> std::sync::Arc<dyn hallpass_core::BaseOAuth2> {
    let descriptor =
        hallpass_core::Descriptor::new("shops", "https://oak.test/a", "https://oak.test/t");
    let custom =
        hallpass_core::CustomProvider::new(descriptor, "https://oak.test/me", "/id").unwrap();
    let config = hallpass_core::ClientConfig::new("id");
    std::sync::Arc::new(hallpass_core::OAuth2Client::new(custom, config).unwrap())
}
