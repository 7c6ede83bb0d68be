//! Signed out by the provider.

use std::sync::{Arc, atomic::Ordering};

use hallpass_axum::{SignIn, hallpass_openid::MemoryReplayStore};
use hallpass_core::{Response, http::Method};
use hallpass_testkit::{Forged, SigningKey};

use crate::shop::{Shop, send};

fn told(sign_in: SignIn) -> SignIn {
    sign_in.backchannel_logout(Arc::new(MemoryReplayStore::new()))
}

async fn post(shop: &Shop, provider: &str, body: String) -> Response {
    let url = shop.at(&format!("/backchannel-logout/{provider}"));
    send(Method::POST, &url, "", body).await
}

/// What the provider says of the user's last login, or something else.
async fn said(shop: &Shop, user: &str, change: impl FnOnce(&mut Forged)) -> u16 {
    let token = shop.local.logout_token(user, change);
    let response = post(shop, "local", format!("logout_token={token}")).await;
    assert_eq!(response.headers["cache-control"], "no-store");
    assert!(response.headers.get("set-cookie").is_none());
    response.status.as_u16()
}

#[tokio::test]
async fn a_logout_of_one_session_ends_that_one_alone() {
    let shop = Shop::start(told).await;
    let [other, one] = [shop.person("ada").await, shop.person("ada").await];
    let ben = shop.person("ben").await;
    assert_eq!(said(&shop, "ada", |_| {}).await, 200);
    assert_eq!(one.reads("/").await, "nobody");
    assert_eq!(one.get("/api").await.status, 401);
    assert_eq!(other.reads("/").await, "Ada Okafor");
    assert_eq!(ben.reads("/").await, "Ben Núñez");
    assert_eq!(*shop.told.logouts.lock().unwrap(), ["1001"]);
    // Who signs in again there is in again here.
    shop.clock.turn(1);
    one.sign_in("ada").await;
    assert_eq!(one.reads("/").await, "Ada Okafor");
}

#[tokio::test]
async fn a_logout_of_a_user_ends_what_began_before_it() {
    let shop = Shop::start(told).await;
    let before = [shop.person("ada").await, shop.person("ada").await];
    let ben = shop.person("ben").await;
    shop.clock.turn(1);
    let late = shop.local.logout_token("ada", |token| token.remove("sid"));
    let even_later = shop.local.logout_token("ada", |token| token.remove("sid"));
    shop.clock.turn(1);
    let after = shop.person("ada").await;
    assert_eq!(post(&shop, "local", format!("logout_token={late}")).await.status, 200);
    for person in &before {
        assert_eq!(person.reads("/").await, "nobody");
    }
    assert_eq!(after.reads("/").await, "Ada Okafor");
    assert_eq!(ben.reads("/").await, "Ben Núñez");
    assert_eq!(shop.logouts(), 2);

    // One that overtook another is not taken back by it.
    let between = after;
    shop.clock.turn(1);
    assert_eq!(said(&shop, "ada", |token| token.remove("sid")).await, 200);
    assert_eq!(post(&shop, "local", format!("logout_token={even_later}")).await.status, 200);
    assert_eq!(between.reads("/").await, "nobody");
    assert_eq!(shop.logouts(), 3);
}

#[tokio::test]
async fn a_session_takes_along_the_token_of_its_own_login_alone() {
    let shop = Shop::start(|sign_in| told(sign_in).revoke_on_logout()).await;
    let [first, last] = [shop.person("ada").await, shop.person("ada").await];
    shop.clock.turn(1);
    assert_eq!(said(&shop, "ada", |token| token.remove("sid")).await, 200);
    // What is kept is of the login of the other browser.
    assert_eq!(first.reads("/").await, "nobody");
    for _ in 0..9 {
        assert_eq!(first.reads("/").await, "nobody");
    }
    assert_eq!(shop.local.count("revoke"), 0);
    // Nobody waits for the provider.
    let mut tries = 0;
    while shop.local.count("revoke") == 0 {
        assert_eq!(last.reads("/").await, "nobody");
        tries += 1;
        assert!(tries < 1_000);
    }
    assert_eq!(shop.logouts(), 2);
}

#[tokio::test]
async fn a_token_that_came_before_or_is_none_of_the_providers_ends_nothing() {
    let shop = Shop::start(told).await;
    let ada = shop.person("ada").await;
    let stranger = || hallpass_testkit::ForgedSignature::By(SigningKey::es256());
    for change in [
        Box::new(|token: &mut Forged| token.signature = stranger()) as Box<dyn FnOnce(&mut Forged)>,
        Box::new(|token| token.set("iss", "https://evil.test")),
        Box::new(|token| token.set("aud", "other")),
        Box::new(|token| token.set("nonce", "n")),
        Box::new(|token| token.remove("events")),
        Box::new(|token| {
            token.remove("sub");
            token.remove("sid");
        }),
    ] {
        assert_eq!(said(&shop, "ada", change).await, 400);
    }
    let long = format!("logout_token={}", "a".repeat(40_000));
    for body in [String::new(), "logout_token=".to_owned(), "a=b".to_owned(), long] {
        assert_eq!(post(&shop, "local", body).await.status, 400);
    }
    let token = shop.local.logout_token("ada", |_| {});
    assert_eq!(post(&shop, "other", format!("logout_token={token}")).await.status, 404);
    assert_eq!(ada.reads("/").await, "Ada Okafor");
    assert_eq!(shop.logouts(), 0);

    assert_eq!(post(&shop, "local", format!("logout_token={token}")).await.status, 200);
    assert_eq!(post(&shop, "local", format!("logout_token={token}")).await.status, 400, "a replay");
    assert_eq!(ada.reads("/").await, "nobody");
}

#[tokio::test]
async fn a_logout_that_the_store_does_not_take_comes_again() {
    let shop = Shop::start(told).await;
    let ada = shop.person("ada").await;
    let body = format!("logout_token={}", shop.local.logout_token("ada", |_| {}));
    shop.sessions.is_down.store(true, Ordering::SeqCst);
    assert_eq!(post(&shop, "local", body.clone()).await.status, 400);
    shop.sessions.is_down.store(false, Ordering::SeqCst);
    assert_eq!(ada.reads("/").await, "Ada Okafor");
    assert_eq!(post(&shop, "local", body).await.status, 200);
    assert_eq!(ada.reads("/").await, "nobody");
}

#[tokio::test]
async fn who_listens_to_no_provider_has_no_such_route_and_asks_no_store() {
    let shop = Shop::start(|sign_in| sign_in).await;
    let ada = shop.person("ada").await;
    let token = shop.local.logout_token("ada", |_| {});
    assert_eq!(post(&shop, "local", format!("logout_token={token}")).await.status, 404);
    let loads = |shop: &Shop| shop.sessions.loads.swap(0, Ordering::SeqCst);
    // The first request of a day is written down, which takes a look of its own.
    ada.reads("/").await;
    loads(&shop);
    assert_eq!(ada.reads("/").await, "Ada Okafor");
    assert_eq!(loads(&shop), 1, "the session itself");
    let shop = Shop::start(told).await;
    let ada = shop.person("ada").await;
    ada.reads("/").await;
    loads(&shop);
    assert_eq!(ada.reads("/").await, "Ada Okafor");
    assert_eq!(loads(&shop), 3);
    shop.sessions.loads.store(0, Ordering::SeqCst);
    send(Method::GET, &shop.at("/"), "", String::new()).await;
    assert_eq!(loads(&shop), 0, "nobody costs nothing");
}
