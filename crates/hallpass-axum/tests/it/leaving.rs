//! Signing out here: the session, its age, and the token.

use std::{sync::atomic::Ordering, time::Duration};

use hallpass_axum::SignIn;
use hallpass_core::{HttpClient as _, Purpose, Request, ReqwestClient, http::Method, url::Url};
use hallpass_testkit::Fault;

use crate::shop::{Shop, location, text, until};

const ADA: &str = "\"ada@users.test\"";

#[tokio::test]
async fn a_handler_calls_the_providers_api_as_who_is_signed_in() {
    let shop = Shop::start(|sign_in| sign_in).await;
    let ada = shop.person("ada").await;
    assert_eq!(ada.reads("/api").await, ADA);
    // One that ends is renewed on the way.
    shop.clock.turn(3600);
    assert_eq!(ada.reads("/api").await, ADA);
    assert_eq!(shop.local.count("token"), 2);
    ada.sign_out().await;
    assert_eq!(ada.get("/api").await.status, 401);
}

#[tokio::test]
async fn who_keeps_no_tokens_has_none_to_give() {
    let shop = Shop::keeping_nothing(|sign_in| sign_in).await;
    let ada = shop.person("ada").await;
    assert_eq!(ada.get("/api").await.status, 500);
}

#[tokio::test]
async fn who_signed_out_is_told_so_and_the_token_stays_for_the_other_browser() {
    let shop = Shop::start(|sign_in| sign_in).await;
    let [one, other] = [shop.person("ada").await, shop.person("ada").await];
    assert_eq!(location(&one.sign_out().await), "/logout/done");
    let page = one.get("/logout/done?state=made-up").await;
    assert_eq!(page.status, 200);
    assert!(text(&page).contains("You are signed out"), "{}", text(&page));
    assert!(!text(&page).contains("was asked"), "{}", text(&page));
    assert_eq!(one.reads("/").await, "nobody");
    assert_eq!(shop.logouts(), 1);
    assert_eq!(other.reads("/api").await, ADA);
    assert_eq!(shop.local.count("revoke"), 0);
    // Of who is still signed in it would not be true.
    assert_eq!(location(&other.get("/logout/done").await), "/");
}

#[tokio::test]
async fn a_revoked_token_is_refused_by_the_provider_and_gone_here() {
    let shop = Shop::start(SignIn::revoke_on_logout).await;
    let [one, other] = [shop.person("ada").await, shop.person("ada").await];
    let ben = shop.person("ben").await;
    assert_eq!(one.reads("/api").await, ADA);
    let token = shop.local.requests().last().unwrap().header("authorization").unwrap().to_owned();
    assert_eq!(userinfo(&shop, &token).await, 200);
    one.sign_out().await;
    // On a busy machine it may take longer than a logout waits.
    until(async || userinfo(&shop, &token).await == 401).await;
    assert_eq!(shop.local.count("revoke"), 1);
    // Signed in, and without the token that was everybody's.
    assert_eq!(other.reads("/").await, "Ada Okafor");
    assert_eq!(other.reads("/api").await, "Some(\"signed_out\")");
    assert_eq!(ben.get("/api").await.status, 200);
    other.sign_in("ada").await;
    assert_eq!(other.reads("/api").await, ADA);
}

#[tokio::test]
async fn a_provider_that_is_down_keeps_nobody_signed_in() {
    let shop = Shop::start(SignIn::revoke_on_logout).await;
    let ada = shop.person("ada").await;
    shop.local.fault(Fault::on("revoke").status(503).times(9));
    assert_eq!(location(&ada.sign_out().await), "/logout/done");
    assert_eq!(ada.reads("/").await, "nobody");
    shop.revoked().await;
    assert_eq!(shop.logouts(), 1);
    // It lives on there, and nobody has it here.
    let other = shop.person("ben").await;
    assert_eq!(other.reads("/api").await, "\"ben@users.test\"");
}

#[tokio::test]
async fn a_session_that_the_store_does_not_end_is_not_called_over() {
    let shop = Shop::start(SignIn::revoke_on_logout).await;
    let ada = shop.person("ada").await;
    ada.get("/logout").await;
    shop.sessions.is_down.store(true, Ordering::SeqCst);
    assert_eq!(ada.sign_out().await.status, 500);
    assert_eq!((shop.logouts(), shop.local.count("revoke")), (0, 0));
    shop.sessions.is_down.store(false, Ordering::SeqCst);
    assert_eq!(ada.reads("/").await, "Ada Okafor");
}

#[tokio::test]
async fn a_session_ends_by_its_age_however_often_it_is_used() {
    let hour = Duration::from_secs(3600);
    let shop = Shop::start(|sign_in| sign_in.longest_session(hour).revoke_on_logout()).await;
    let [old, new] = [shop.person("ada").await, shop.person("ben").await];
    shop.clock.turn(3599);
    new.sign_in("ben").await;
    assert_eq!(old.reads("/").await, "Ada Okafor");
    shop.clock.turn(1);
    assert_eq!(old.reads("/").await, "nobody");
    assert_eq!(old.get("/api").await.status, 401);
    assert_eq!(*shop.told.logouts.lock().unwrap(), ["1001"]);
    assert_eq!(new.reads("/").await, "Ben Núñez");
    // After 90 days, where nothing is said.
    let shop = Shop::start(|sign_in| sign_in).await;
    let ada = shop.person("ada").await;
    shop.clock.turn(90 * 24 * 3600 - 1);
    assert_eq!(ada.reads("/").await, "Ada Okafor");
    shop.clock.turn(1);
    assert_eq!(ada.reads("/").await, "nobody");
}

/// What the provider answers whoever has this token.
async fn userinfo(shop: &Shop, authorization: &str) -> u16 {
    let url = Url::parse(&format!("{}/userinfo", shop.local.base_url())).unwrap();
    let mut request = Request::new(Method::GET, url, Purpose::Api);
    request.headers.insert("authorization", authorization.parse().unwrap());
    ReqwestClient::new().send(request).await.unwrap().status.as_u16()
}
