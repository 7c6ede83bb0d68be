//! A person signs in by clicks at an application that has nothing of ours but core.

use hallpass_testkit::LocalProvider;
use hallpass_tests::browser::{ContextOptions, Page};

use crate::app::App;
use crate::shared::{person, tab};

async fn begin(app: &App, options: &ContextOptions) -> Page {
    let tab = person(options).await.page().await.unwrap();
    tab.goto(&format!("{}/", app.base_url)).await.unwrap();
    tab.follow("link", "Sign in").await.unwrap();
    tab
}

async fn says(tab: &Page, what: &str) {
    let text = tab.text().await.unwrap();
    assert!(text.contains(what), "{text}");
}

#[tokio::test]
async fn a_person_signs_in_and_out_with_and_without_scripts() {
    let local = LocalProvider::start().await.unwrap();
    let app = App::start(&local, "Lax").await;
    let phone = ContextOptions::phone();
    for options in [phone, phone.without_java_script()] {
        let tab = begin(&app, &options).await;
        assert!(tab.url().await.unwrap().starts_with(local.base_url()));
        tab.click("radio", "Ben Núñez ben@users.test, not verified").await.unwrap();
        assert_eq!(tab.follow("button", "Allow").await.unwrap(), 200);
        assert_eq!(tab.url().await.unwrap(), format!("{}/", app.base_url));
        says(&tab, "Signed in as ben").await;

        let responses = tab.responses().await.unwrap();
        let callback = responses.iter().find(|it| it.url.contains("/callback?code=")).unwrap();
        assert_eq!((callback.status, callback.header("location")), (303, "/"));
        tab.follow("button", "Sign out").await.unwrap();
        says(&tab, "Nobody is signed in").await;
    }
}

#[tokio::test]
async fn a_person_signs_in_with_the_keyboard_alone() {
    let local = LocalProvider::start().await.unwrap();
    let app = App::start(&local, "Lax").await;
    let tab = tab().await;
    tab.goto(&app.base_url).await.unwrap();
    tab.press("Tab").await.unwrap();
    tab.follow_key("Enter").await.unwrap();
    for key in ["Tab", "ArrowDown", "ArrowDown", "Tab"] {
        tab.press(key).await.unwrap();
    }
    tab.follow_key("Space").await.unwrap();
    says(&tab, "Signed in as cleo").await;
}

#[tokio::test]
async fn a_person_who_denies_is_not_signed_in() {
    let local = LocalProvider::start().await.unwrap();
    let app = App::start(&local, "Lax").await;
    let tab = begin(&app, &ContextOptions::desktop()).await;
    assert_eq!(tab.follow("button", "Deny").await.unwrap(), 403);
    says(&tab, "Not signed in: Denied").await;
}

#[tokio::test]
async fn the_back_button_leads_out_of_a_login_and_not_into_it_again() {
    let local = LocalProvider::start().await.unwrap();
    let app = App::start(&local, "Lax").await;
    let tab = begin(&app, &ContextOptions::desktop()).await;
    tab.back().await.unwrap();
    says(&tab, "Nobody is signed in").await;
    tab.follow("link", "Sign in").await.unwrap();
    tab.follow("button", "Allow").await.unwrap();
    says(&tab, "Signed in as ada").await;

    // The page of the provider again: what it leads to has been used up.
    tab.back().await.unwrap();
    assert!(tab.url().await.unwrap().starts_with(local.base_url()));
    assert_eq!(tab.follow("button", "Allow").await.unwrap(), 400);
    says(&tab, "This browser began no login").await;
}

#[tokio::test]
async fn a_callback_in_another_browser_signs_nobody_in() {
    let local = LocalProvider::start().await.unwrap();
    let app = App::start(&local, "Lax").await;
    let victim = begin(&app, &ContextOptions::desktop()).await;
    victim.follow("button", "Allow").await.unwrap();
    let responses = victim.responses().await.unwrap();
    let stolen = responses.iter().find(|it| it.url.contains("/callback?code=")).unwrap();
    let thief = tab().await;
    assert_eq!(thief.goto(&stolen.url).await.unwrap(), 400);
    says(&thief, "This browser began no login").await;
}

#[tokio::test]
async fn a_callback_that_is_posted_needs_a_cookie_for_other_sites() {
    let local = LocalProvider::builder().with_form_post().start().await.unwrap();
    let app = App::start(&local, "None; Secure").await;
    let tab = begin(&app, &ContextOptions::desktop()).await;
    tab.follow("button", "Allow").await.unwrap();
    assert_eq!(tab.follow("button", "Continue").await.unwrap(), 200);
    says(&tab, "Signed in as ada").await;
    let origin = app.callback_header("origin");
    assert_eq!(origin.as_deref(), Some("null"), "the provider's page sends no referrer");

    let app = App::start(&local, "Lax").await;
    let tab = begin(&app, &ContextOptions::desktop()).await;
    tab.follow("button", "Allow").await.unwrap();
    assert_eq!(tab.follow("button", "Continue").await.unwrap(), 400);
    says(&tab, "This browser began no login").await;
    assert_eq!(app.callback_header("cookie"), None);
}
