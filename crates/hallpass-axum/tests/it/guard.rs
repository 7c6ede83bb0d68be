use std::sync::atomic::Ordering;

use hallpass_core::{HttpClient as _, Purpose, Request, ReqwestClient, http::Method, url::Url};
use hallpass_testkit::{Browser, User};

use crate::app::App;

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
        let keys = hallpass_axum::web::SealingKeys::generate();
        hallpass_axum::SignIn::new("https://app.test", keys).unwrap()
    };
    for entry in
        ["", "//", "docs", "/docs/", "/../mine", "/a//b", "/%2e%2e/mine", "/a%2fb", "/a\\b"]
    {
        let guarded = sign_in().require_login(axum::Router::new(), [entry]);
        assert_eq!(guarded.unwrap_err().kind(), hallpass_core::ErrorKind::Config, "{entry:?}");
    }
    assert!(sign_in().require_login(axum::Router::new(), ["/", "/docs", "/a/b.css"]).is_ok());

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
