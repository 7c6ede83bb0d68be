use std::sync::atomic::Ordering;

use axum::{Router, middleware::from_fn, routing::get};
use hallpass_axum::{SignIn, web::SealingKeys};
use hallpass_core::{HttpClient as _, Purpose, Request, ReqwestClient, http::Method, url::Url};
use hallpass_testkit::{Browser, LocalProvider, User};

use crate::{app::App, wire};

#[tokio::test]
async fn who_is_nobody_is_sent_to_sign_in_and_back() {
    let app = App::guarded().await;
    let browser = Browser::new();
    for (path, text) in [("/", "nobody"), ("/docs/a", "for all")] {
        assert_eq!(app.read(&browser, path).await, (200, text.into()), "{path}");
    }
    let page = browser.open(app.at("/docsx?a=1&b=/c")).await.unwrap();
    assert_eq!(page.url(), app.at("/login?return_to=%2Fdocsx%3Fa%3D1%26b%3D%2Fc"));
    let path = "/login/local?return_to=%2Fdocsx%3Fa%3D1%26b%3D%2Fc";
    assert!(page.text().contains(path), "{}", page.text());
    let to = app.sign_in(&browser, path, User::first()).await;
    assert_eq!(to, (200, app.at("/docsx?a=1&b=/c")));
}

#[tokio::test]
async fn a_script_is_told_and_not_sent_anywhere() {
    let app = App::guarded().await;
    for (method, accept) in [(Method::GET, "application/json"), (Method::POST, "text/html")] {
        let url = Url::parse(&app.at("/api")).unwrap();
        let mut request = Request::new(method, url, Purpose::Api);
        request.headers.insert("accept", accept.parse().unwrap());
        let response = ReqwestClient::new().send(request).await.unwrap();
        assert_eq!(response.status, 401);
        assert_eq!(response.json().unwrap()["error"], "login_required");
    }
}

#[tokio::test]
async fn whom_the_application_lets_in_no_more_is_signed_out() {
    let app = App::start().await;
    let browser = Browser::new();
    app.sign_in(&browser, "/login/local", User::first()).await;
    assert_eq!(app.read(&browser, "/mine").await.0, 200);
    app.told.is_banned.store(true, Ordering::SeqCst);
    assert_eq!(app.read(&browser, "/mine").await.0, 401);
    app.told.is_banned.store(false, Ordering::SeqCst);
    assert_eq!(app.read(&browser, "/mine").await.0, 401, "the session is over");
}

#[tokio::test]
async fn nothing_odd_is_left_open() {
    let sign_in = || {
        let keys = SealingKeys::generate();
        SignIn::new("https://app.test", keys).unwrap()
    };
    for entry in
        ["", "//", "docs", "/docs/", "/../mine", "/a//b", "/%2e%2e/mine", "/a%2fb", "/a\\b"]
    {
        let guarded = sign_in().require_login([entry]);
        assert_eq!(guarded.unwrap_err().kind(), hallpass_core::ErrorKind::Config, "{entry:?}");
    }
    assert!(sign_in().require_login(["/", "/docs", "/a/b.css"]).is_ok());

    let app = App::guarded().await;
    for path in
        ["/docs%2f..%2fmine", "/docs/%2e%2e%2fmine", "//docs", "/docs//mine", "/login/history"]
    {
        let url = Url::parse(&app.at(path)).unwrap();
        let request = Request::new(Method::GET, url, Purpose::Api);
        let response = ReqwestClient::new().send(request).await.unwrap();
        assert!(matches!(response.status.as_u16(), 401 | 404), "{path}: {}", response.status);
    }
}

#[tokio::test]
async fn a_part_that_is_closed_sends_back_to_itself_wherever_it_is_nested() {
    let mine = || Router::new().route("/mine", get(|| async { "yours" }));
    let closed = || mine().layer(from_fn(hallpass_axum::require_login));
    let local = LocalProvider::start().await.unwrap();
    // The application is itself below a path, of another router or of a proxy that takes it away.
    for (base_path, is_nested) in [("", false), ("/shop", true), ("/shop", false)] {
        let base = wire::serve(|base| {
            let base = format!("{base}{base_path}");
            let sign_in = SignIn::new(&base, SealingKeys::generate()).unwrap();
            let sign_in = sign_in.provider(crate::app::client(&local)).unwrap();
            let app = Router::new().nest("/part", closed()).merge(mine());
            let app = sign_in.attach(app);
            if is_nested { Router::new().nest(base_path, app) } else { app }
        });
        let base = base.await;
        let seen = if is_nested { base_path } else { "" };
        let html = [("accept", "text/html")];
        let url = format!("{base}{seen}/part/mine?a=1");
        let answer = wire::send(Method::GET, &url, "", &html, "").await;
        let want = format!(
            "{base_path}/login?return_to={}%2Fpart%2Fmine%3Fa%3D1",
            base_path.replace('/', "%2F")
        );
        assert_eq!((answer.status, answer.location()), (303, &*want));
        assert_eq!(wire::get(&format!("{base}{seen}/mine"), "").await.status, 200);
    }
}

#[tokio::test]
async fn what_is_closed_is_in_no_cache_of_others() {
    let app = App::guarded().await;
    let session = crate::refusals::session_of(&app, "ada", "").await;
    let closed = wire::get(&app.at("/docsx"), &session).await;
    assert_eq!(
        (closed.text.as_str(), closed.header("cache-control")),
        ("for some", "private, no-cache")
    );
    let open = wire::get(&app.at("/docs/a"), &session).await;
    assert_eq!((open.text.as_str(), open.header("cache-control")), ("for all", ""));
}
