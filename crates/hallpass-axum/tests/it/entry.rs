//! How a login may begin, where its routes are, and what another page than a login's says.

use axum::{Router, routing::get};
use hallpass_axum::{Identity, Paths, SignIn, web::SealingKeys};
use hallpass_core::http::Method;
use hallpass_testkit::{Browser, LocalProvider, User};

use crate::{
    app::{App, client},
    wire,
};

#[tokio::test]
async fn only_who_goes_there_begins_a_login() {
    let app = App::start().await;
    for (headers, status) in [
        (&[][..], 303),
        (&[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")], 303),
        (&[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")], 403),
        (&[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "object")], 403),
        (&[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")], 403),
        (&[("sec-fetch-mode", "no-cors")], 403),
        (&[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")], 403),
        (&[("sec-fetch-dest", "script")], 403),
        (&[("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch")], 403),
    ] {
        let answer = wire::send(Method::GET, &app.at("/login/local"), "", headers, "").await;
        assert_eq!((answer.status, answer.set.len()), (status, usize::from(status == 303)));
        assert_eq!(answer.location().is_empty(), status == 403, "{headers:?}");
    }
}

#[tokio::test]
async fn who_asks_for_headers_alone_begins_nothing_and_uses_nothing_up() {
    let app = App::start().await;
    let head = wire::send(Method::HEAD, &app.at("/login/local"), "", &[], "").await;
    assert_eq!((head.status, head.header("allow"), head.set.len()), (405, "GET", 0));
    let begun = wire::get(&app.at("/login/local"), "").await;
    let landing = Browser::new().sign_in(begun.location(), User::first()).await.unwrap();
    let cookie = begun.cookie("hallpass.login");
    let head = wire::send(Method::HEAD, landing.url(), &cookie, &[], "").await;
    assert_eq!((head.status, head.set.len(), app.local.count("token")), (405, 0, 0));
    assert_eq!(wire::get(landing.url(), &cookie).await.status, 303);
}

#[tokio::test]
async fn another_host_of_the_request_changes_nothing() {
    let app = App::start().await;
    let host = [("host", "evil.test")];
    let begun = wire::send(Method::GET, &app.at("/login/local"), "", &host, "").await;
    assert_eq!(begun.status, 303);
    assert_eq!(begun.param("redirect_uri"), Some(app.at("/callback/local")));
    let landing = Browser::new().sign_in(begun.location(), User::first()).await.unwrap();
    let cookie = begun.cookie("hallpass.login");
    let answer = wire::send(Method::GET, landing.url(), &cookie, &host, "").await;
    assert_eq!((answer.status, answer.location()), (303, "/"));
    let page = wire::send(Method::GET, &app.at("/login"), "", &host, "").await;
    assert!(page.status == 200 && !page.text.contains("evil.test"));
}

#[tokio::test]
async fn every_route_is_where_the_application_wants_it() {
    let local = LocalProvider::start().await.unwrap();
    let base = wire::serve(|base| {
        let paths =
            Paths::new().login("/in").begin("/in/{provider}").callback("/o/{provider}/back");
        let paths = paths.logout("/out").error("/oh");
        let sign_in = SignIn::new(base, SealingKeys::generate()).unwrap();
        let sign_in = sign_in.provider(client(&local)).unwrap().paths(paths).unwrap();
        let sign_in = sign_in.prefix("/auth").unwrap();
        let app = Router::new().route("/mine", get(|who: Identity| async move { who.0.id }));
        let sign_in = sign_in.require_login(["/"]).unwrap();
        sign_in.attach(app)
    })
    .await;
    let browser = Browser::new();
    let page = browser.open(format!("{base}/mine")).await.unwrap();
    assert_eq!(page.url(), format!("{base}/auth/in?return_to=%2Fmine"));
    assert!(page.text().contains("href=\"/auth/in/local?return_to=%2Fmine\""), "{}", page.text());
    let page = browser.open(format!("{base}/auth/in/local?return_to=/mine")).await.unwrap();
    let landing = browser.sign_in(page.url(), User::named("ada")).await.unwrap();
    assert!(landing.url().starts_with(&format!("{base}/auth/o/local/back?")));
    assert_eq!(browser.deliver(&landing).await.unwrap().text(), "1001");
    let page = browser.open(format!("{base}/auth/out")).await.unwrap();
    assert!(page.text().contains("action=\"/auth/out\""), "{}", page.text());
    for (path, status) in [
        ("/auth/oh?problem=denied", 403),
        ("/auth/login", 404),
        ("/auth/login/local", 404),
        ("/auth/callback/local", 404),
        ("/in", 404),
    ] {
        let answer = wire::get(&format!("{base}{path}"), "").await;
        assert_eq!(answer.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_problem_that_the_application_knows_has_a_page_and_its_status() {
    let app = App::start().await;
    for (problem, status) in [
        ("denied", 403),
        ("expired", 410),
        ("misconfigured", 500),
        ("provider_down", 502),
        ("refused", 403),
        ("stale_form", 403),
        ("unknown", 400),
        ("unknown_provider", 404),
        ("%3Cb%3Eplanted", 400),
        ("", 400),
    ] {
        let path = format!("/error?problem={problem}&message=planted&return_to=/mine");
        let page = wire::get(&app.at(&path), "").await;
        assert_eq!(page.status, status, "{problem}");
        assert!(page.text.contains("/login?return_to=%2Fmine"), "{problem}: a way back");
        assert!(!page.text.contains("planted"), "{}", page.text);
        assert!(page.set.is_empty() && page.header("cache-control") == "no-store");
    }
    assert_eq!(wire::get(&app.at("/error"), "").await.status, 400);
    let away = wire::get(&app.at("/error?problem=denied&return_to=//evil.test"), "").await;
    assert!(!away.text.contains("evil"), "{}", away.text);
}
