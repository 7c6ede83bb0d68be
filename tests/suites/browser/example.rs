//! The example `web`, as a person clicks through it who started it.

use axum::{Router, routing::get};
use hallpass::{
    axum::{SignIn, profile},
    web::SealingKeys,
};
use hallpass_tests::browser::{ContextOptions, Page};
use tokio::net::TcpListener;

use crate::shared::{keep, person};

#[allow(clippy::print_stdout, reason = "a part of a program that prints")]
#[path = "../../../examples/web/played.rs"]
mod played;
#[path = "../../../examples/login/providers.rs"]
mod providers;

/// What the example's `main` serves, at its address.
async fn served() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (clients, stage) = played::clients(&base, |_| None).await.unwrap();
    assert_eq!(clients.len(), providers::NAMES.len(), "{clients:?}");
    let mut sign_in = SignIn::new(&base, SealingKeys::generate()).unwrap().name("Pocket Shop");
    for client in clients {
        sign_in = sign_in.provider(client).unwrap();
    }
    let app = Router::new().route("/", get(profile));
    let app = stage.direct(sign_in.require_login([""; 0]).unwrap().attach(app));
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

async fn continue_with(tab: &Page, name: &str) {
    tab.follow("link", &format!("Continue with {name}")).await.unwrap();
    tab.follow("button", "Allow").await.unwrap();
}

async fn says(tab: &Page, what: &str) {
    let text = tab.text().await.unwrap();
    assert!(text.contains(what), "{text}");
}

#[tokio::test]
async fn a_person_clicks_through_login_profile_another_provider_and_logout() {
    let base = served().await;
    for options in [ContextOptions::desktop(), ContextOptions::phone().dark()] {
        let tab = person(&options).await.page().await.unwrap();
        assert_eq!(tab.goto(&base).await.unwrap(), 200);
        assert_eq!(tab.url().await.unwrap(), format!("{base}/login"), "nobody is let in");
        keep(&tab, "example-login", &options).await;
        assert_eq!(tab.faults().await.unwrap(), [""; 0]);
        continue_with(&tab, "GitHub").await;
        assert_eq!(tab.url().await.unwrap(), format!("{base}/"));
        says(&tab, "Signed in with GitHub").await;
        keep(&tab, "example-profile", &options).await;
        assert_eq!(tab.faults().await.unwrap(), [""; 0]);

        tab.follow("link", "Sign in with another provider").await.unwrap();
        continue_with(&tab, "Google").await;
        says(&tab, "Signed in with Google").await;

        tab.follow("button", "Sign out").await.unwrap();
        tab.goto(&base).await.unwrap();
        assert_eq!(tab.url().await.unwrap(), format!("{base}/login"));
    }
}

#[tokio::test]
async fn each_button_leads_through_its_provider_to_the_profile() {
    let base = served().await;
    let tab = person(&ContextOptions::desktop()).await.page().await.unwrap();
    let all = hallpass::descriptors();
    for name in providers::NAMES {
        let descriptor = all.iter().find(|known| known.name() == name).unwrap();
        tab.goto(&format!("{base}/login")).await.unwrap();
        continue_with(&tab, descriptor.display_name()).await;
        if tab.url().await.unwrap() != format!("{base}/") {
            // Those that post their answer show a page with a button in between.
            tab.follow("button", "Continue").await.unwrap();
        }
        says(&tab, &format!("Signed in with {}", descriptor.display_name())).await;
    }
}
