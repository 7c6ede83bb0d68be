use std::{net::Ipv4Addr, sync::Arc};

use axum::{Router, routing::get};
use hallpass_axum::{Identity, SignIn, web::SealingKeys};
use hallpass_core::{ErrorKind, Result, url::Url};
use hallpass_testkit::{Browser, LocalProvider, User};
use tokio::net::TcpListener;

use crate::app::client;

fn sign_in(base: &str) -> SignIn {
    SignIn::new(base, SealingKeys::generate()).unwrap()
}

/// Serves an application, and tells where it is.
async fn serve(settings: impl AsyncFnOnce(SignIn) -> Result<SignIn>) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let sign_in = settings(sign_in(&base)).await.unwrap();
    let mine = get(|who: Identity| async move { format!("{:?} {}", who.username, who.provider) });
    let app = sign_in.attach(Router::new().route("/mine", mine));
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

#[tokio::test]
async fn without_credentials_somebody_who_does_not_exist_signs_in() {
    let base = serve(async |sign_in| sign_in.dev_login().await).await;
    let browser = Browser::new();
    let page = browser.open(format!("{base}/login")).await.unwrap();
    assert!(page.text().contains("Dev login"), "{}", page.text());

    let page = browser.open(format!("{base}/login/dev-login?return_to=/mine")).await.unwrap();
    let provider = Url::parse(page.url()).unwrap();
    assert_eq!(provider.host_str(), Some("127.0.0.1"), "{provider}");
    let landing = browser.sign_in(page.url(), User::named("cleo")).await.unwrap();
    let page = browser.deliver(&landing).await.unwrap();
    assert_eq!(page.text(), "Some(\"cleo\") dev-login");
}

#[tokio::test]
async fn an_application_that_others_reach_has_no_dev_login() {
    for base in ["https://app.test", "https://127.0.0.1.evil.test", "https://10.0.0.1"] {
        for sign_in in [sign_in(base), sign_in(base).dangerously_dev_login_in_release()] {
            let error = sign_in.dev_login().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{base}");
            assert_eq!(error.reason(), Some("dev_login"), "{base}");
        }
        let error = sign_in(base).provider_or_dev_login(None).await.unwrap_err();
        assert_eq!(error.reason(), Some("dev_login"), "{base}");
    }
}

/// Of the build that the tests are in. `cargo xtask ci` runs it in both: with `--config
/// profile.dev.package.hallpass-axum.debug-assertions=false` this crate is as in a release, and it
/// alone is compiled anew.
#[tokio::test]
async fn a_release_build_has_no_dev_login_but_by_the_dangerous_word() {
    let base = "http://127.0.0.1:3000";
    assert_eq!(sign_in(base).dev_login().await.is_ok(), cfg!(debug_assertions));
    assert!(sign_in(base).dangerously_dev_login_in_release().dev_login().await.is_ok());
}

#[tokio::test]
async fn a_provider_that_is_there_is_taken_and_the_dev_login_comes_once() {
    let local = LocalProvider::start().await.unwrap();
    let real = client(&local);
    let base = serve(async |sign_in| {
        let sign_in = sign_in.provider_or_dev_login(Some(Arc::clone(&real))).await?;
        assert!(format!("{sign_in:?}").contains("[\"local\"]"), "{sign_in:?}");
        let sign_in = sign_in.provider_or_dev_login(None).await?;
        sign_in.provider_or_dev_login(None).await
    })
    .await;
    let page = Browser::new().open(format!("{base}/login")).await.unwrap();
    assert_eq!(page.text().matches("/login/dev-login").count(), 1);
    assert!(page.text().contains("/login/local"), "{}", page.text());
}
