//! The end of a session is told once, with its reason.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use hallpass_axum::{Decision, SessionEnd, SignIn, hallpass_openid::MemoryReplayStore};
use hallpass_core::{Error, http::Method};
use tokio::task::JoinSet;

use crate::shop::{Person, Shop, send};

const HOUR: Duration = Duration::from_secs(3_600);

fn told(sign_in: SignIn) -> SignIn {
    sign_in.backchannel_logout(Arc::new(MemoryReplayStore::new())).longest_session(HOUR)
}

async fn end_at_provider(shop: &Shop, user: &str) {
    let body = format!("logout_token={}", shop.local.logout_token(user, |_| {}));
    let url = shop.at("/backchannel-logout/local");
    assert_eq!(send(Method::POST, &url, "", body).await.status, 200);
}

/// What was told since the last time: of whom, and why.
#[track_caller]
fn check_told(shop: &Shop, want: &[(&str, SessionEnd)]) {
    let who = std::mem::take(&mut *shop.told.logouts.lock().unwrap());
    let why = std::mem::take(&mut *shop.told.ends.lock().unwrap());
    let got: Vec<_> = who.iter().map(String::as_str).zip(why).collect();
    assert_eq!(got, want);
}

#[tokio::test]
async fn each_end_is_told_with_its_reason() {
    let shop = Shop::start(told).await;
    shop.person("ada").await.sign_out().await;
    check_told(&shop, &[("1001", SessionEnd::SignedOut)]);

    let ada = shop.person("ada").await;
    end_at_provider(&shop, "ada").await;
    check_told(&shop, &[]);
    assert_eq!(ada.reads("/").await, "nobody");
    check_told(&shop, &[("1001", SessionEnd::ToldByProvider)]);

    shop.clock.turn(1);
    let ada = shop.person("ada").await;
    shop.clock.turn(3_600);
    assert_eq!(ada.reads("/").await, "nobody");
    check_told(&shop, &[("1001", SessionEnd::TooOld)]);

    let ada = shop.person("ada").await;
    shop.told.is_banned.store(true, Ordering::SeqCst);
    assert_eq!(ada.reads("/").await, "nobody");
    shop.told.is_banned.store(false, Ordering::SeqCst);
    assert_eq!(ada.reads("/").await, "nobody");
    check_told(&shop, &[("1001", SessionEnd::NotLetIn)]);

    let either = shop.person("ada").await;
    either.sign_in("ben").await;
    assert_eq!(either.reads("/").await, "Ben Núñez");
    check_told(&shop, &[("1001", SessionEnd::Replaced)]);
}

/// Signs somebody in whom the application refuses.
async fn refused(shop: &Shop, person: &Person<'_>, error: Option<Error>) {
    let back = person.begin("ada").await;
    let status = if error.is_some() { 500 } else { 403 };
    *shop.told.decision.lock().unwrap() = Some(Decision::Deny("no".to_owned()));
    *shop.told.login_error.lock().unwrap() = error;
    assert_eq!(person.get(&back).await.status, status);
    *shop.told.decision.lock().unwrap() = None;
    assert_eq!(person.reads("/").await, "nobody");
}

#[tokio::test]
async fn a_login_that_is_refused_ends_the_session_of_before_and_where_there_was_none_nothing() {
    let shop = Shop::start(told).await;
    for error in [None, Some(Error::transport("planted"))] {
        refused(&shop, &shop.nobody(), error.clone()).await;
        check_told(&shop, &[]);
        refused(&shop, &shop.person("ada").await, error.clone()).await;
        check_told(&shop, &[("1001", SessionEnd::LoginRefused)]);
        // Somebody else's ended for its own reason.
        refused(&shop, &shop.person("ben").await, error).await;
        check_told(&shop, &[("1002", SessionEnd::Replaced)]);
    }
}

#[tokio::test]
async fn who_signs_in_once_more_goes_on() {
    let shop = Shop::start(told).await;
    let ada = shop.person("ada").await;
    ada.sign_in("ada").await;
    ada.reads("/").await;
    check_told(&shop, &[]);
    ada.sign_out().await;
    check_told(&shop, &[("1001", SessionEnd::SignedOut)]);
}

#[tokio::test]
async fn ends_that_meet_are_told_once() {
    let shop = Shop::start(told).await;
    let other = shop.process(told).await;
    for (is_banned, is_old) in [(true, false), (false, true), (true, true)] {
        let ada = shop.person("ada").await;
        let session = ada.session();
        shop.told.is_banned.store(is_banned, Ordering::SeqCst);
        if is_old {
            end_at_provider(&shop, "ada").await;
            shop.clock.turn(3_600);
        }
        let mut requests = JoinSet::new();
        for at in 0..24 {
            let base = if at % 2 == 0 { &shop.base } else { &other };
            let (url, session) = (format!("{base}/"), session.clone());
            requests
                .spawn(async move { send(Method::GET, &url, &session, String::new()).await.body });
        }
        let said = requests.join_all().await;
        assert!(said.iter().all(|body| body == b"nobody"));
        shop.told.is_banned.store(false, Ordering::SeqCst);
        let why = if is_old { SessionEnd::TooOld } else { SessionEnd::NotLetIn };
        check_told(&shop, &[("1001", why)]);
    }
}

#[tokio::test]
async fn an_end_that_the_store_does_not_take_is_told_when_it_does() {
    let shop = Shop::start(told).await;
    let ada = shop.person("ada").await;
    shop.told.is_banned.store(true, Ordering::SeqCst);
    ada.reads("/").await;
    check_told(&shop, &[("1001", SessionEnd::NotLetIn)]);
    shop.told.is_banned.store(false, Ordering::SeqCst);

    let ada = shop.person("ada").await;
    shop.told.is_banned.store(true, Ordering::SeqCst);
    shop.sessions.is_down.store(true, Ordering::SeqCst);
    assert_eq!(ada.get("/").await.status, 500);
    check_told(&shop, &[]);
    shop.sessions.is_down.store(false, Ordering::SeqCst);
    assert_eq!(ada.reads("/").await, "nobody");
    check_told(&shop, &[("1001", SessionEnd::NotLetIn)]);
}

#[tokio::test]
async fn an_end_of_which_the_store_takes_no_mark_is_told_and_the_token_revoked() {
    let shop = Shop::start(|sign_in| told(sign_in).revoke_on_logout()).await;
    let ada = shop.person("ada").await;
    shop.sessions.is_full.store(true, Ordering::SeqCst);
    ada.sign_out().await;
    check_told(&shop, &[("1001", SessionEnd::SignedOut)]);
    shop.revoked().await;
    assert_eq!(shop.local.count("revoke"), 1);
    assert_eq!(ada.reads("/").await, "nobody");
    check_told(&shop, &[]);
}
