//! How the pages of sign-in look, each in each sort of browser: kept as a picture, and without a
//! fault.

use std::sync::{Arc, atomic::Ordering};

use async_trait::async_trait;
use axum::Router;
use hallpass_axum::{Decision, HostClients, LoginContext, SignIn, SignInHooks, web::SealingKeys};
use hallpass_core::{
    BaseOAuth2, ClientConfig, CustomProvider, Descriptor, Error, OAuth2Client, Result,
};
use hallpass_tests::browser::{ContextOptions, Page};
use tokio::net::TcpListener;

use crate::{
    shared::{keep, person},
    web::Shop,
};

/// The page that a tab shows.
async fn look_at(tab: &Page, name: &str, options: &ContextOptions) {
    keep(tab, name, options).await;
    let faults = tab.faults().await.unwrap();
    assert!(faults.is_empty(), "{name}, {options}: {faults:?}");
}

/// Pages that a path alone leads to.
async fn look(base: &str, pages: &[(&str, &str, u16)]) {
    for options in ContextOptions::pairwise() {
        for (name, path, status) in pages {
            let tab = person(&options).await.page().await.unwrap();
            assert_eq!(tab.goto(&format!("{base}{path}")).await.unwrap(), *status, "{name}");
            assert_eq!(tab.url().await.unwrap(), format!("{base}{path}"), "{name}");
            look_at(&tab, name, &options).await;
        }
    }
}

#[tokio::test]
async fn the_pages_have_no_faults() {
    let shop = Shop::open().await;
    let pages = [
        ("web-login", "/login", 200),
        ("web-unknown", "/callback/local?code=c&state=s", 400),
        ("web-denied", "/error?problem=denied", 403),
        ("web-down", "/error?problem=provider_down", 502),
        ("web-left", "/logout/done", 200),
    ];
    look(&shop.base, &pages).await;
}

#[tokio::test]
async fn the_question_whether_to_sign_out_has_no_faults_and_neither_has_one_that_is_stale() {
    let shop = Shop::open().await;
    let question = format!("{}/logout", shop.base);
    for options in ContextOptions::pairwise() {
        let person = person(&options).await;
        let (tab, other) = (person.page().await.unwrap(), person.page().await.unwrap());
        sign_in(&shop, &tab).await;
        assert_eq!(tab.goto(&question).await.unwrap(), 200);
        assert_eq!(tab.url().await.unwrap(), question);
        look_at(&tab, "web-logout", &options).await;

        // In the other tab somebody leaves and comes again.
        other.goto(&question).await.unwrap();
        other.follow("button", "Sign out").await.unwrap();
        sign_in(&shop, &other).await;
        assert_eq!(tab.follow("button", "Sign out").await.unwrap(), 403);
        assert!(tab.text().await.unwrap().contains("out of date"));
        look_at(&tab, "web-stale", &options).await;
        assert_eq!(tab.goto(&question).await.unwrap(), 200);
        assert_eq!(tab.url().await.unwrap(), question, "still signed in");
    }
}

async fn sign_in(shop: &Shop, tab: &Page) {
    tab.goto(&format!("{}/login", shop.base)).await.unwrap();
    tab.follow("link", "Continue with Local provider").await.unwrap();
    tab.follow("button", "Allow").await.unwrap();
    assert_eq!(tab.url().await.unwrap(), format!("{}/", shop.base));
}

#[tokio::test]
async fn the_page_of_an_attempt_that_took_too_long_has_no_faults() {
    let shop = Shop::open().await;
    for options in ContextOptions::pairwise() {
        let tab = shop.begin(&options, "/basket").await;
        shop.clock.0.fetch_add(700, Ordering::SeqCst);
        assert_eq!(tab.follow("button", "Allow").await.unwrap(), 410);
        look_at(&tab, "web-expired", &options).await;
    }
}

/// Lets nobody in.
#[derive(Debug)]
struct Closed;

#[async_trait]
impl SignInHooks for Closed {
    async fn on_login(&self, _: LoginContext<'_>) -> Result<Decision> {
        Ok(Decision::Deny("The shop is for members. Ask at the counter to become one.".to_owned()))
    }
}

#[tokio::test]
async fn the_page_of_whom_the_application_refuses_has_no_faults() {
    let shop = Shop::of(|provider| provider, |sign_in| sign_in.hooks(Arc::new(Closed))).await;
    for options in ContextOptions::pairwise() {
        let tab = shop.begin(&options, "/basket").await;
        assert_eq!(tab.follow("button", "Allow").await.unwrap(), 403);
        assert!(tab.text().await.unwrap().contains("Ask at the counter"));
        look_at(&tab, "web-refused", &options).await;
    }
}

#[tokio::test]
async fn the_page_that_asks_for_a_host_has_no_faults() {
    let shops = |host: &str| {
        let name = host.strip_suffix(".shops.test");
        let name = name.ok_or_else(|| Error::config("no shop"))?;
        let at = |path: &str| format!("https://{name}.shops.test/{path}");
        let descriptor = Descriptor::new("shops", at("authorize"), at("token"));
        let shop = CustomProvider::new(descriptor, at("me"), "/id")?;
        let client = OAuth2Client::new(shop, ClientConfig::new("id"))?;
        Ok(Arc::new(client) as Arc<dyn BaseOAuth2>)
    };
    let shops = HostClients::new("oak.shops.test", shops).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let sign_in = SignIn::new(&base, SealingKeys::generate()).unwrap().name("Pocket Shop");
    let sign_in =
        sign_in.provider_at_hosts(Arc::new(shops), "Your shop's address", "oak.shops.test");
    let app = sign_in.unwrap().attach(Router::new());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let pages =
        [("web-host", "/login", 200), ("web-host-refused", "/login/shops?host=oak.test", 400)];
    look(&base, &pages).await;
}
