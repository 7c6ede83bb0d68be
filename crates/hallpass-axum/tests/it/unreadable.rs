//! What a store hands back, and nobody wrote.

use std::sync::{Arc, atomic::Ordering};

use hallpass_axum::{
    SessionEnd, SignIn,
    hallpass_openid::MemoryReplayStore,
    tower_sessions::{
        SessionStore,
        session::{Id, Record},
    },
};
use hallpass_core::{Json, http::Method};
use serde_json::json;

use crate::shop::{Person, Shop, send};

async fn record(shop: &Shop, person: &Person<'_>) -> Option<Record> {
    let id: Id = person.cookie("hallpass.session").unwrap().parse().unwrap();
    shop.sessions.load(&id).await.unwrap()
}

/// Writes over a part of what is kept of somebody: `name` and the members below it.
async fn put(shop: &Shop, person: &Person<'_>, path: &[&str], value: Json) {
    let mut record = record(shop, person).await.unwrap();
    let member = record.data.get_mut(path[0]).unwrap();
    *path[1..].iter().fold(member, |json, name| &mut json[*name]) = value;
    shop.sessions.save(&record).await.unwrap();
}

/// Ada's session with this in it is over, and she can sign in again.
async fn check_over(path: &[&str], value: Json, told: &[SessionEnd]) {
    let shop = Shop::start(|sign_in| sign_in).await;
    let ada = shop.person("ada").await;
    put(&shop, &ada, path, value.clone()).await;
    assert_eq!(ada.reads("/").await, "nobody", "{path:?} {value}");
    assert!(record(&shop, &ada).await.is_none(), "{path:?} {value} is still there");
    assert_eq!(*shop.told.ends.lock().unwrap(), told, "{path:?} {value}");
    ada.sign_in("ada").await;
    assert_ne!(ada.reads("/").await, "nobody");
}

#[tokio::test]
async fn a_session_of_which_nobody_can_read_whose_it_is_is_over() {
    for identity in [json!("ada"), json!(null), json!({}), json!(["local", null, "1001"])] {
        check_over(&["hallpass.identity"], identity, &[]).await;
    }
    check_over(&["hallpass.identity", "id"], json!(1001), &[]).await;
    check_over(&["hallpass.identity", "host"], json!("oak.test"), &[]).await;
}

#[tokio::test]
async fn a_session_without_what_is_beside_its_user_is_over_and_that_is_told() {
    let told = [SessionEnd::Unreadable];
    check_over(&["hallpass.began"], json!("yesterday"), &told).await;
    check_over(&["hallpass.began", "at"], json!(-1), &told).await;
    // Without the login it would not end by the provider's word.
    check_over(&["hallpass.began"], json!({ "at": 1 }), &told).await;
    check_over(&["hallpass.csrf"], json!(7), &told).await;
    check_over(&["hallpass.csrf"], json!("\"><b>0123456789abcdef0123456789a"), &told).await;
}

#[tokio::test]
async fn a_session_that_begins_in_more_than_a_day_is_over() {
    check_over(&["hallpass.began", "at"], json!(u64::MAX), &[SessionEnd::TooOld]).await;
    // Clocks differ.
    let shop = Shop::start(|sign_in| sign_in).await;
    let ada = shop.person("ada").await;
    let at = record(&shop, &ada).await.unwrap().data["hallpass.began"]["at"].as_u64().unwrap();
    put(&shop, &ada, &["hallpass.began", "at"], json!(at + 3_600)).await;
    assert_ne!(ada.reads("/").await, "nobody");
}

#[tokio::test]
async fn a_logout_that_cannot_be_read_ends_what_was_there_and_nothing_afterwards() {
    let told = |sign_in: SignIn| sign_in.backchannel_logout(Arc::new(MemoryReplayStore::new()));
    let shop = Shop::start(told).await;
    let ada = shop.person("ada").await;
    let token = shop.local.logout_token("ada", |token| token.remove("sid"));
    let body = format!("logout_token={token}");
    let url = shop.at("/backchannel-logout/local");
    assert_eq!(send(Method::POST, &url, "", body).await.status, 200);
    shop.clock.turn(1);
    ada.sign_in("ada").await;
    assert_ne!(ada.reads("/").await, "nobody", "it was before");
    shop.clock.turn(1);
    shop.sessions.has_garbled_marks.store(true, Ordering::SeqCst);
    assert_eq!(ada.reads("/").await, "nobody");
    assert_eq!(ada.get("/login/local").await.status, 303);
    shop.sessions.has_garbled_marks.store(false, Ordering::SeqCst);
    shop.clock.turn(1);
    ada.sign_in("ada").await;
    assert_ne!(ada.reads("/").await, "nobody");
}

#[tokio::test]
async fn a_last_use_that_cannot_be_read_is_written_anew() {
    let shop = Shop::start(|sign_in| sign_in).await;
    let ada = shop.person("ada").await;
    put(&shop, &ada, &["hallpass.seen"], json!("yesterday")).await;
    assert_ne!(ada.reads("/").await, "nobody");
    assert!(record(&shop, &ada).await.unwrap().data["hallpass.seen"].is_u64());
}

#[tokio::test]
async fn a_record_that_its_store_cannot_read_is_nobodys() {
    let shop = Shop::start(|sign_in| sign_in).await;
    let ada = shop.person("ada").await;
    shop.sessions.is_garbled.store(true, Ordering::SeqCst);
    assert_eq!(ada.reads("/").await, "nobody");
    // Unlike one that is down, of which nobody knows whether it is so tomorrow.
    assert_eq!(ada.get("/login/local").await.status, 303);
    shop.sessions.is_garbled.store(false, Ordering::SeqCst);
    assert_ne!(ada.reads("/").await, "nobody", "nothing was deleted");
}
