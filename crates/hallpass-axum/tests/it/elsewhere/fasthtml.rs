use std::{collections::BTreeSet, time::Duration};

use hallpass_axum::{SignIn, web::SealingKeys};
use hallpass_core::url::Url;
use hallpass_testkit::{Browser, Fault, Tamper, User};

use super::{callback, changed, refused};
use crate::{
    app::App,
    refusals::{get, said_to},
    wire,
};

fn param(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}

async fn authorization(app: &App) -> Url {
    let (response, _) = get(&app.at("/login/local"), "").await;
    Url::parse(response.headers["location"].to_str().unwrap()).unwrap()
}

#[tokio::test]
async fn every_login_has_a_state_of_its_own_a_nonce_and_a_challenge() {
    let app = App::openid().await;
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let url = authorization(&app).await;
        assert_eq!(param(&url, "code_challenge_method"), "S256");
        for name in ["state", "nonce", "code_challenge"] {
            assert!(seen.insert(param(&url, name)), "{name} was there before");
        }
    }
}

#[tokio::test]
async fn a_state_that_was_issued_to_another_browser_is_no_login() {
    let app = App::start().await;
    let mallory = Browser::new();
    let hers = callback(&app, &mallory, User::named("ben")).await;
    // The victim has an attempt of their own, with another state.
    let victim = Browser::new();
    callback(&app, &victim, User::named("ada")).await;
    assert_eq!(victim.open(hers.as_str()).await.unwrap().status(), 400);
    assert_eq!(app.read(&victim, "/").await.1, "nobody");
    assert_eq!(app.local.count("token"), 0);
}

#[tokio::test]
async fn an_error_beside_a_code_is_an_error() {
    let app = App::start().await;
    let browser = Browser::new();
    let url = callback(&app, &browser, User::first()).await;
    let url = changed(&url, |pairs| pairs.push(("error".into(), "access_denied".into())));
    let status = browser.open(&url).await.unwrap().status().as_u16();
    assert!((400..500).contains(&status), "{status}");
    assert_eq!(app.read(&browser, "/").await.1, "nobody");
    assert_eq!(app.local.count("token"), 0);
}

#[tokio::test]
async fn a_refused_code_is_a_page_without_the_provider_s_words() {
    let app = App::start().await;
    let json = r#"{"error":"invalid_grant","error_description":"planted"}"#;
    for (status, body, want) in [
        (400, json, 410),
        (200, json, 410),
        (400, "planted", 500),
        (401, r#"{"error":"invalid_client","error_description":"planted"}"#, 500),
        (200, "<html>planted", 500),
        (200, "{}", 500),
        (502, "planted", 502),
    ] {
        app.local.clear_faults();
        app.local.fault(Fault::on("token").status(status).body("application/json", body));
        assert_eq!(refused(&app, "planted").await, want, "{status} {body}");
    }
}

#[tokio::test]
async fn a_profile_without_an_id_is_nobody() {
    let app = App::start().await;
    app.local.fault(Fault::on("api").body("application/json", r#"{"name":"planted"}"#));
    assert_eq!(refused(&app, "planted").await, 500);
}

#[tokio::test]
async fn a_status_of_failure_with_a_profile_in_it_is_no_profile() {
    let body = r#"{"id":"1001","sub":"1001","name":"planted","preferred_username":"planted"}"#;
    for (app, at) in [(App::start().await, "api"), (App::openid().await, "userinfo")] {
        app.local.fault(Fault::on(at).status(500).body("application/json", body).times(9));
        assert_eq!(refused(&app, "planted").await, 502, "{at}");
        assert!(app.local.count(at) > 0, "it was asked");
        // With another status it is one.
        app.local.clear_faults();
        app.local.fault(Fault::on(at).body("application/json", body));
        let browser = Browser::new();
        app.sign_in(&browser, "/login/local", User::first()).await;
        assert_eq!(app.read(&browser, "/").await.1, "planted", "{at}");
    }
}

#[tokio::test]
async fn the_redirect_uri_at_the_page_is_the_one_at_the_token_endpoint() {
    for app in [App::start().await, App::openid().await] {
        app.sign_in(&Browser::new(), "/login/local", User::first()).await;
        let requests = app.local.requests();
        let of = |operation: &str| {
            let request = requests.iter().find(|request| request.operation() == operation);
            request.unwrap_or_else(|| panic!("no {operation}")).param("redirect_uri")
        };
        assert_eq!(of("authorize"), Some(app.at("/callback/local")));
        assert_eq!(of("token"), of("authorize"));
    }
}

#[tokio::test]
async fn less_scope_than_was_asked_for_is_a_login_all_the_same() {
    let app = App::openid().await;
    app.local.tamper(Tamper::token_reply(|members| {
        members.insert("scope".into(), "profile".into());
    }));
    let browser = Browser::new();
    assert_eq!(app.sign_in(&browser, "/login/local", User::named("ada")).await.0, 200);
    assert_eq!(app.read(&browser, "/").await.1, "Ada Okafor");
}

#[tokio::test]
async fn users_who_sign_in_at_the_same_time_are_not_mixed_up() {
    let app = App::start().await;
    // Each waits for the others in the middle of the login, where a shared client was overwritten.
    app.local.fault(Fault::on("api").delay(Duration::from_millis(20)).times(40));
    let logins = (0..40).map(|at| {
        let (user, name) = if at % 2 == 0 { ("ada", "Ada Okafor") } else { ("ben", "Ben Núñez") };
        let app = &app;
        async move {
            let browser = Browser::new();
            app.sign_in(&browser, "/login/local", User::named(user)).await;
            assert_eq!(app.read(&browser, "/").await.1, name);
        }
    });
    let mut all: Vec<_> = logins.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        all.retain_mut(|login| login.as_mut().poll(context).is_pending());
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    assert_eq!(app.local.faults_left(), 0, "each was held up");
}

#[tokio::test]
async fn the_session_s_cookie_says_nothing_and_has_an_end() {
    let app = App::start().await;
    let begun = wire::get(&app.at("/login/local"), "").await;
    let browser = app.local.browser();
    let landing = browser.sign_in(begun.location(), User::named("ada")).await.unwrap();
    let done = wire::get(landing.url(), &begun.cookie("hallpass.login")).await;
    let session = done.cookie("hallpass.session");
    let whole = done.set.iter().find(|cookie| cookie.starts_with(&session)).unwrap();
    // Two weeks in place of a year.
    assert!(whole.split("; ").any(|attribute| attribute == "Max-Age=1209600"), "{whole}");
    let value = session.split_once('=').unwrap().1;
    // 128 bits by chance, and no more room than for them.
    assert_eq!(value.len(), 22, "{value}");
    assert!(said_to(&app, &session).await.starts_with("Ada"));
    let made_up = session.replace(value, &"A".repeat(22));
    assert_eq!(said_to(&app, &made_up).await, "nobody");
}

#[tokio::test]
async fn the_redirect_uri_is_the_base_url_s_whatever_host_it_is() {
    for base in [
        "https://app.test",
        "https://app.test:8443/shop",
        "http://localhost:3000",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
    ] {
        let local = hallpass_testkit::LocalProvider::start().await.unwrap();
        let sign_in = SignIn::new(base, SealingKeys::generate()).unwrap();
        let app = sign_in.provider(crate::app::client(&local)).unwrap();
        let app = app.attach(axum::Router::new());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let here = format!("http://{}/login/local", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await });
        let (response, _) = get(&here, "").await;
        let url = Url::parse(response.headers["location"].to_str().unwrap()).unwrap();
        assert_eq!(param(&url, "redirect_uri"), format!("{base}/callback/local"));
        server.abort();
    }
    // 0.0.0.0 and a plain name are no loopback, and http to them no base.
    for base in ["http://0.0.0.0:3000", "http://shop.test", "http://192.168.1.4"] {
        assert!(SignIn::new(base, SealingKeys::generate()).is_err(), "{base}");
    }
}
