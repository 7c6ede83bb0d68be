use hallpass_axum::{
    Decision,
    web::{BaseUrl, LocalRedirect},
};
use hallpass_testkit::{Browser, LocalProviderBuilder, User};

use crate::app::App;

#[tokio::test]
async fn a_user_signs_in_and_is_where_they_wanted_to_go() {
    let app = App::start().await;
    let browser = Browser::new();
    assert_eq!(app.read(&browser, "/").await, (200, "nobody".into()));
    assert_eq!(app.read(&browser, "/mine").await.0, 401);
    let (status, page) = app.read(&browser, "/login?return_to=/mine%3Fa%3D1").await;
    assert_eq!(status, 200);
    assert!(page.contains("/login/local?return_to=%2Fmine%3Fa%3D1"), "{page}");

    let to =
        app.sign_in(&browser, "/login/local?return_to=/mine%3Fa%3D1", User::named("ada")).await;
    assert_eq!(to, (200, app.at("/mine?a=1")));
    assert_eq!(app.read(&browser, "/").await.1, "Ada Okafor");
    let told = app.told.logins.lock().unwrap().clone();
    assert_eq!(told.len(), 1);
    assert!(told[0].ends_with(" to /mine?a=1"), "{told:?}");
    // Another browser is nobody.
    assert_eq!(app.read(&Browser::new(), "/").await.1, "nobody");
}

#[tokio::test]
async fn a_login_that_comes_back_as_a_form_is_one_too() {
    let app = App::with(LocalProviderBuilder::with_form_post).await;
    let browser = Browser::new();
    assert_eq!(app.sign_in(&browser, "/login/local", User::named("ben")).await.0, 200);
    assert_ne!(app.read(&browser, "/").await.1, "nobody");
}

#[tokio::test]
async fn two_tabs_sign_in_without_disturbing_each_other() {
    let app = App::start().await;
    let browser = Browser::new();
    let first = browser.open(app.at("/login/local?return_to=/mine")).await.unwrap();
    let second = browser.open(app.at("/login/local")).await.unwrap();
    let landing = browser.sign_in(second.url(), User::first()).await.unwrap();
    assert_eq!(browser.deliver(&landing).await.unwrap().url(), app.at("/"));
    let landing = browser.sign_in(first.url(), User::first()).await.unwrap();
    assert_eq!(browser.deliver(&landing).await.unwrap().url(), app.at("/mine"));
}

#[tokio::test]
async fn the_application_decides() {
    let app = App::start().await;
    let browser = Browser::new();
    let decide = |decision| *app.told.decision.lock().unwrap() = Some(decision);
    decide(Decision::Deny("Ask <Ada> for an account.".into()));
    let page = browser.open(app.at("/login/local")).await.unwrap();
    let landing = browser.sign_in(page.url(), User::first()).await.unwrap();
    let page = browser.deliver(&landing).await.unwrap();
    assert_eq!(page.status(), 403);
    assert!(page.text().contains("Ask &lt;Ada&gt; for an account."), "{}", page.text());
    assert_eq!(app.read(&browser, "/").await.1, "nobody");

    decide(Decision::Redirect(
        LocalRedirect::parse("/mine", &BaseUrl::parse(&app.base).unwrap()).unwrap(),
    ));
    let to = app.sign_in(&browser, "/login/local?return_to=/", User::first()).await;
    assert_eq!(to, (200, app.at("/mine")));
}
