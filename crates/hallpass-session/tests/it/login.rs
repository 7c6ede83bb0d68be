//! Logins and logouts that meet each other, or a store with something else in it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use hallpass_core::{ErrorKind, OAuth2Token, Result, Revoke};
use hallpass_session::{TokenEvent, TokenListener, TokenManager, TokenReason, TokenStore};
use tokio::sync::Notify;

use crate::support::{Away, Before, Jitter, Slow, World};

#[tokio::test]
async fn a_login_and_a_logout_at_once_end_as_one_of_them_everywhere() {
    let world = World::new().await;
    let manager = world.over(Jitter);
    let session = manager.session("ada");
    let mut ended = [0, 0];
    for number in 0..200 {
        let token = OAuth2Token::from_access_token(format!("token {number}"));
        let signing_in = async {
            for _ in 0..number % 3 {
                tokio::task::yield_now().await;
            }
            manager.sign_in("ada", token).await
        };
        let (signed_in, signed_out) = tokio::join!(signing_in, manager.sign_out("ada", None));
        signed_in.unwrap();
        signed_out.unwrap();
        let stored = world.stored().await;
        ended[usize::from(stored.is_some())] += 1;
        match (session.token().await, stored) {
            (Ok(token), Some(stored)) => {
                assert!(token.access_token().matches(stored.access_token().expose()));
            }
            (Err(error), None) => assert_eq!(error.reason(), Some("signed_out")),
            (token, stored) => panic!("{token:?} here, and {stored:?} in the store"),
        }
        world.clock.forward(2);
    }
    assert!(ended.iter().all(|times| *times > 0), "each of them won at times: {ended:?}");
}

#[tokio::test]
async fn a_login_whose_caller_goes_away_is_whole_or_none() {
    let world = World::new().await;
    let manager = world.over(Slow("load", Duration::from_millis(20)));
    let session = manager.session("ada");
    let signing_in = manager.sign_in("ada", world.login().await);
    let waited = tokio::time::timeout(Duration::from_millis(2), signing_in).await;
    assert!(waited.is_err(), "the caller went away");
    // The next one waits for the first.
    manager.sign_out("ada", Some(Revoke::Grant)).await.unwrap();
    assert_eq!(world.local.count("revoke"), 1, "it was stored, and is signed out");
    assert_eq!(session.token().await.unwrap_err().reason(), Some("signed_out"));
}

#[tokio::test]
async fn what_nobody_can_read_keeps_nobody_from_signing_in_or_out() {
    let world = World::new().await;
    let key = world.manager.key("ada");
    let garbage = "garbage".into();
    world.store.compare_and_swap(&key, None, &garbage).await.unwrap();
    let error = world.manager.sign_out("ada", Some(Revoke::Grant)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "what was to be revoked lives on");
    assert!(world.store.load(&key).await.unwrap().is_none());
    world.store.compare_and_swap(&key, None, &garbage).await.unwrap();
    world.manager.sign_out("ada", None).await.unwrap();
    assert!(world.store.load(&key).await.unwrap().is_none());
    assert_eq!(world.local.count("revoke"), 0, "there was no token");
    world.store.compare_and_swap(&key, None, &garbage).await.unwrap();
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    session.token().await.unwrap();
    assert_eq!(world.heard.all(), [(TokenReason::SignedIn, false)]);
}

#[tokio::test]
async fn a_login_in_place_of_a_token_that_was_never_stored_gives_its_lease_back() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let manager = world.over(Away::before("compare_and_swap", 0..3));
    manager.session("ada").token().await.unwrap_err();
    let session = manager.sign_in("ada", world.login().await).await.unwrap();
    let lease = world.store.lease(session.key(), Duration::from_secs(60)).await.unwrap();
    assert!(!lease.expect("it is free").was_interrupted());
}

#[tokio::test]
async fn a_logout_revokes_the_token_that_was_never_stored() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let manager = world.over(Away::before("compare_and_swap", 0..3));
    manager.session("ada").token().await.unwrap_err();
    let old = world.stored().await.unwrap();
    manager.sign_out("ada", Some(Revoke::Grant)).await.unwrap();
    let revoked = world.local.requests().pop().unwrap().param("token").unwrap();
    let old = [old.access_token(), old.refresh_token().unwrap()].map(|old| old.expose().to_owned());
    assert!(!old.contains(&revoked), "the newest is revoked");
}

/// Says that it was told, and waits to be let go.
#[derive(Debug, Default)]
struct Waits {
    told: Notify,
    go: Notify,
}

#[async_trait]
impl TokenListener for Waits {
    async fn on_token(&self, _: TokenEvent<'_>) {
        self.told.notify_one();
        self.go.notified().await;
    }
}

#[tokio::test]
async fn nobody_is_given_a_token_once_the_user_is_signed_out() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let waits = Arc::new(Waits::default());
    let manager = world.elsewhere().with_listener(waits.clone());
    let session = manager.session("ada");
    let renewing = tokio::spawn(async move { session.token().await });
    // It is stored, and the listener is being told.
    waits.told.notified().await;
    manager.sign_out("ada", Some(Revoke::Grant)).await.unwrap();
    let session = manager.session("ada");
    let asking = tokio::spawn(async move { session.token().await });
    waits.go.notify_one();
    for asked in [renewing, asking] {
        assert_eq!(asked.await.unwrap().unwrap_err().reason(), Some("signed_out"));
    }
    assert!(world.stored().await.is_none());
}

#[tokio::test]
async fn a_logout_revokes_what_another_process_stores_meanwhile() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    let before = world.stored().await.unwrap();
    // A renewal elsewhere, between this one's look at the store and its removal.
    let manager = world.over(Meanwhile(world.elsewhere(), AtomicBool::new(false)));
    world.clock.forward(4_000);
    manager.sign_out("ada", Some(Revoke::RefreshToken)).await.unwrap();
    let revoked = world.local.requests().pop().unwrap().param("token").unwrap();
    assert!(!before.refresh_token().unwrap().matches(&revoked), "the newest is revoked");
    assert!(world.stored().await.is_none());
}

/// Renews elsewhere before the first write here.
#[derive(Debug)]
struct Meanwhile(TokenManager, AtomicBool);

#[async_trait]
impl Before for Meanwhile {
    async fn before(&self, call: &'static str) -> Result<()> {
        if call == "compare_and_swap" && !self.1.swap(true, Ordering::SeqCst) {
            self.0.session("ada").token().await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_logout_has_the_token_of_a_renewal_under_way_revoked_too() {
    for (revoke, signs_in_again, want) in [
        (Some(Revoke::RefreshToken), false, 2),
        // Who is signed in again may have a token of the same grant.
        (Some(Revoke::RefreshToken), true, 1),
        (None, false, 0),
    ] {
        let world = World::new().await;
        world.manager.sign_in("ada", world.login().await).await.unwrap();
        let before = world.stored().await.unwrap();
        world.clock.forward(4_000);
        let again = if signs_in_again { Some(world.login().await) } else { None };
        let overtakes = Arc::new(Overtakes { managers: Mutex::default(), revoke, again });
        let manager = world.over(Arc::clone(&overtakes));
        *overtakes.managers.lock().unwrap() = Some((manager.clone(), manager.clone()));
        let got = manager.session("ada").token().await;
        assert_eq!(got.is_ok(), signs_in_again, "{got:?}");
        assert_eq!(world.stored().await.is_some(), signs_in_again);
        assert_eq!(world.refreshes(), 1);
        let requests = world.local.requests();
        let revoked: Vec<_> = requests
            .iter()
            .filter(|request| request.operation() == "revoke")
            .map(|request| request.param("token").unwrap())
            .collect();
        assert_eq!(revoked.len(), want, "{revoke:?} {signs_in_again}");
        let of_before = |token: &&String| before.refresh_token().unwrap().matches(token);
        assert_eq!(revoked.iter().filter(of_before).count(), want.min(1));
    }
}

#[tokio::test]
async fn a_logout_has_nothing_revoked_once_somebody_signed_in_in_another_process() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let (revoke, again) = (Some(Revoke::Grant), Some(world.login().await));
    let overtakes = Arc::new(Overtakes { managers: Mutex::default(), revoke, again });
    let manager = world.over(Arc::clone(&overtakes));
    *overtakes.managers.lock().unwrap() = Some((manager.clone(), world.elsewhere()));
    let session = manager.session("ada");
    // The logout's own is the only one: the provider would end the new login, too.
    session.token().await.unwrap_err();
    assert_eq!((world.refreshes(), world.local.count("revoke")), (1, 1));
    let kept = world.stored().await.unwrap();
    assert!(session.token().await.unwrap().access_token().matches(kept.access_token().expose()));
}

/// Holds up the first write, a renewal's, until a logout is about to delete, and that until it is
/// let go.
#[derive(Debug, Default)]
struct HalfWay {
    manager: Mutex<Option<TokenManager>>,
    told: Notify,
    go: Notify,
}

#[async_trait]
impl Before for Arc<HalfWay> {
    async fn before(&self, call: &'static str) -> Result<()> {
        match call {
            "compare_and_swap" => {
                let manager = self.manager.lock().unwrap().take();
                if let Some(manager) = manager {
                    let leave =
                        async move { manager.sign_out("ada", Some(Revoke::RefreshToken)).await };
                    tokio::spawn(leave);
                    self.told.notified().await;
                }
            }
            "delete" => {
                self.told.notify_one();
                self.go.notified().await;
            }
            _ => {}
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_logout_that_is_half_way_is_no_login() {
    let world = World::new().await;
    world.manager.sign_in("ada", world.login().await).await.unwrap();
    world.clock.forward(4_000);
    let half_way = Arc::new(HalfWay::default());
    let manager = world.over(Arc::clone(&half_way));
    *half_way.manager.lock().unwrap() = Some(manager.clone());
    let error = manager.session("ada").token().await.unwrap_err();
    assert_eq!(error.reason(), Some("signed_out"));
    assert_eq!(world.local.count("revoke"), 1, "the renewal's own");
    half_way.go.notify_one();
    // It waits for the first.
    manager.sign_out("ada", None).await.unwrap();
    assert!(world.stored().await.is_none());
}

#[tokio::test]
async fn a_logout_of_before_has_nothing_revoked_that_a_later_renewal_loses_to_a_login() {
    let world = World::new().await;
    let overtakes = Arc::new(Overtakes { managers: Mutex::default(), revoke: None, again: None });
    let manager = world.over(Arc::clone(&overtakes));
    let session = manager.sign_in("ada", world.login().await).await.unwrap();
    manager.sign_out("ada", Some(Revoke::Grant)).await.unwrap();
    assert_eq!(world.local.count("revoke"), 1);
    // Signed in again and once more, both elsewhere: the second time while this process renews.
    world.elsewhere().sign_in("ada", world.login().await).await.unwrap();
    session.token().await.unwrap();
    world.clock.forward(4_000);
    *overtakes.managers.lock().unwrap() = Some((world.elsewhere(), world.elsewhere()));
    session.token().await.unwrap_err();
    assert_eq!((world.refreshes(), world.local.count("revoke")), (1, 1));
}

/// A logout, and perhaps a login, before the first write: that of a renewal.
#[derive(Debug)]
struct Overtakes {
    /// Out of which, and into which.
    managers: Mutex<Option<(TokenManager, TokenManager)>>,
    revoke: Option<Revoke>,
    again: Option<OAuth2Token>,
}

#[async_trait]
impl Before for Arc<Overtakes> {
    async fn before(&self, call: &'static str) -> Result<()> {
        if call != "compare_and_swap" {
            return Ok(());
        }
        let managers = self.managers.lock().unwrap().take();
        if let Some((out_of, into)) = managers {
            out_of.sign_out("ada", self.revoke).await?;
            if let Some(again) = self.again.clone() {
                into.sign_in("ada", again).await?;
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_login_counts_before_its_listener_is_done() {
    let world = World::new().await;
    world.manager.sign_in("ada", OAuth2Token::from_access_token("old")).await.unwrap();
    let waits = Arc::new(Waits::default());
    let manager = world.elsewhere().with_listener(waits.clone());
    let session = manager.session("ada");
    session.token().await.unwrap();
    let signing_in =
        tokio::spawn(
            async move { manager.sign_in("ada", OAuth2Token::from_access_token("new")).await },
        );
    waits.told.notified().await;
    assert!(session.token().await.unwrap().access_token().matches("new"));
    waits.go.notify_one();
    signing_in.await.unwrap().unwrap();
}
