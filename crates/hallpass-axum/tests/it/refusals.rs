use hallpass_core::http::Method;
use hallpass_testkit::{Browser, Fault, User};

use crate::{app::App, wire};

/// Where a login is answered, for a browser to open by hand.
pub(crate) async fn stolen(app: &App, browser: &Browser) -> String {
    let page = browser.open(app.at("/login/local")).await.unwrap();
    let landing = browser.sign_in(page.url(), User::first()).await.unwrap();
    landing.url().to_owned()
}

#[tokio::test]
async fn a_callback_opened_in_another_browser_is_refused_and_leaves_the_code_unspent() {
    let app = App::start().await;
    let victim = Browser::new();
    let url = stolen(&app, &victim).await;
    let thief = Browser::new();
    let page = thief.open(&url).await.unwrap();
    assert_eq!(page.status(), 400);
    assert!(page.text().contains("not begun in this browser"), "{}", page.text());
    assert_eq!(app.read(&thief, "/").await.1, "nobody");
    assert_eq!(app.local.count("token"), 0);
    // The one whose it is still gets in, once.
    assert_eq!(victim.open(&url).await.unwrap().status(), 200);
    assert_ne!(app.read(&victim, "/").await.1, "nobody");
    assert_eq!(victim.open(&url).await.unwrap().status(), 400, "used up");
}

/// A GET with these cookies; what it sets, as a browser sends it back.
pub(crate) async fn get(url: &str, cookies: &str) -> (hallpass_core::Response, Vec<String>) {
    let answer = wire::get(url, cookies).await;
    let pairs = answer.set.iter().map(|cookie| cookie.split(';').next().unwrap().to_owned());
    let set = pairs.collect();
    (answer.response, set)
}

/// Signs somebody in with cookies by hand, on top of those that are there: the session's cookie.
pub(crate) async fn session_of(app: &App, user: &str, before: &str) -> String {
    let (response, set) = get(&app.at("/login/local"), before).await;
    let url = response.headers["location"].to_str().unwrap().to_owned();
    let landing = app.local.browser().sign_in(url, User::named(user)).await.unwrap();
    let (response, set) = get(landing.url(), &format!("{before}; {}", set[0])).await;
    assert_eq!(response.status, 303);
    set.into_iter().find(|cookie| cookie.starts_with("hallpass.session-")).unwrap()
}

pub(crate) async fn said_to(app: &App, cookies: &str) -> String {
    String::from_utf8(get(&app.at("/"), cookies).await.0.body).unwrap()
}

#[tokio::test]
async fn the_session_of_before_is_nobody_s_after_a_login() {
    let app = App::start().await;
    // That of somebody else, put into this browser; and the user's own.
    for before in ["ada", "ben"] {
        let planted = session_of(&app, before, "").await;
        let session = session_of(&app, "ben", &planted).await;
        assert_ne!(session, planted, "a new id");
        assert!(said_to(&app, &session).await.starts_with("Ben"));
        assert_eq!(said_to(&app, &planted).await, "nobody");
    }
}

#[tokio::test]
async fn a_cookie_that_a_neighbour_may_set_is_not_the_session() {
    let app = App::start().await;
    let session = session_of(&app, "ada", "").await;
    let encoded = session.replacen("hallpass.", "hallpass%2E", 1);
    assert_eq!(said_to(&app, &encoded).await, "nobody");
    assert_eq!(
        said_to(&app, &format!("{session}; {session}")).await,
        "nobody",
        "which of the two?"
    );
    // What others set otherwise does no harm.
    let beside = format!("x=\u{e9}; {session}; a%20b=c");
    assert!(said_to(&app, &beside).await.starts_with("Ada"));
}

#[tokio::test]
async fn who_signs_out_is_out_and_the_application_is_told() {
    let app = App::start().await;
    let session = session_of(&app, "ada", "").await;
    let (response, _) = get(&app.at("/logout"), &session).await;
    let page = String::from_utf8(response.body).unwrap();
    let word = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let at = app.at("/logout");
    let post =
        async |word: &str, cookies: &str| wire::post(&at, cookies, &format!("csrf={word}")).await;
    // Another site's form comes without the cookie, and takes nothing from this browser.
    let refused = post(word, "").await;
    assert_eq!((refused.status, refused.set.len()), (403, 0));
    assert_eq!(post("guessed", &session).await.status, 403);
    assert!(said_to(&app, &session).await.starts_with("Ada"));

    let left = post(word, &session).await;
    assert_eq!(left.status, 303);
    let removal = left.header("set-cookie");
    let name = session.split_once('=').unwrap().0;
    assert!(
        removal.starts_with(&format!("{name}=;")) && removal.contains("Max-Age=0"),
        "{removal}"
    );
    assert_eq!(said_to(&app, &session).await, "nobody");
    assert_eq!(app.told.logouts.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_state_that_was_never_issued_is_no_login() {
    let app = App::start().await;
    for query in ["", "?code=c", "?code=c&state=s", "?code=c&state=s&state=t", "?error=x&state=s"] {
        let page = Browser::new().open(app.at(&format!("/callback/local{query}"))).await.unwrap();
        assert_eq!(page.status(), 400, "{query}: {page:?}");
        assert!(!page.text().contains("state=s"), "{query}");
    }
    assert_eq!(app.local.count("token"), 0);
}

#[tokio::test]
async fn a_way_back_to_another_site_leads_home() {
    let app = App::start().await;
    for return_to in [
        "https://evil.test/",
        "//evil.test",
        "/%5Cevil.test",
        "/%09/evil.test",
        "javascript:alert(1)",
    ] {
        let browser = Browser::new();
        let path = format!("/login/local?return_to={return_to}");
        let to = app.sign_in(&browser, &path, User::first()).await;
        assert_eq!(to, (200, app.at("/")), "{return_to}");
    }
}

#[tokio::test]
async fn whoever_says_no_is_told_so_with_a_way_back() {
    let app = App::start().await;
    let browser = Browser::new();
    let page = browser.open(app.at("/login/local?return_to=/mine")).await.unwrap();
    let landing = browser.sign_in(page.url(), User::deny()).await.unwrap();
    let page = browser.deliver(&landing).await.unwrap();
    assert_eq!(page.status(), 403);
    assert!(page.text().contains("/login?return_to=%2Fmine"), "{}", page.text());
    assert!(!page.text().contains("access_denied"));
}

#[tokio::test]
async fn a_provider_that_is_away_is_named_and_nothing_of_its_answer_shown() {
    let app = App::start().await;
    let browser = Browser::new();
    let url = stolen(&app, &browser).await;
    let fault = Fault::on("token").status(503).body("text/html", "planted");
    app.local.fault(fault.retry_after(std::time::Duration::from_secs(120)));
    let page = browser.open(&url).await.unwrap();
    assert_eq!(page.status(), 503);
    assert!(page.text().contains("Local provider") && !page.text().contains("planted"));
    // The attempt is used up, whatever came of it.
    assert_eq!(browser.open(&url).await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_host_that_the_request_names_is_not_believed() {
    let app = App::start().await;
    let named = ["x-forwarded-host", "x-forwarded-proto", "forwarded"].map(|it| (it, "evil.test"));
    let answer = wire::send(Method::GET, &app.at("/login/local"), "", &named, "").await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.param("redirect_uri"), Some(app.at("/callback/local")));
    assert_eq!(answer.header("cache-control"), "no-store");
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("HttpOnly; SameSite=Lax; Path=/; Max-Age=3600"), "{cookie}");
}

#[tokio::test]
async fn an_unknown_provider_is_not_found() {
    let app = App::start().await;
    for path in ["/login/nobody", "/callback/nobody?code=c&state=s"] {
        assert_eq!(app.read(&Browser::new(), path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_logout_without_the_session_s_word_is_refused() {
    let app = App::start().await;
    let browser = Browser::new();
    app.sign_in(&browser, "/login/local", User::first()).await;
    assert_eq!(wire::post(&app.at("/logout"), "", "csrf=guessed").await.status, 403);
    assert_ne!(app.read(&browser, "/").await.1, "nobody");
    assert!(app.told.logouts.lock().unwrap().is_empty());
}
