//! What X refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hallpass_core::{ClientAuth, Clock};
use hallpass_testkit::{LocalClient, LocalProvider, StandIn, User};
use hallpass_x::{ClientConfig, Error, ErrorKind, FIXTURES, Provider, Revoke, X};

/// The server's clock, in seconds.
#[derive(Debug)]
struct Hands(AtomicU64);

impl Clock for Hands {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

fn new() -> X {
    X::new().with_offline_access()
}

async fn x() -> StandIn<X> {
    StandIn::start(new, FIXTURES).await
}

#[track_caller]
fn check(error: &Error, kind: ErrorKind, status: u16, code: &str) {
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (kind, status), "{error}");
    assert_eq!(error.oauth().unwrap().code(), code, "{error}");
}

#[tokio::test]
async fn a_refresh_token_comes_with_offline_access_and_is_good_once() {
    let x = x().await;
    let client = x.honest();
    let login = client.authorize().start().await.unwrap();
    assert!(login.url.as_str().contains("users.email+offline.access"));
    let first = x.token(&client, User::first()).await.unwrap();
    let second = client.refresh_token(&first).await.unwrap();
    assert!(client.get_profile(&second).await.is_ok());
    let error = client.refresh_token(&first).await.unwrap_err();
    check(&error, ErrorKind::Denied, 400, "invalid_request");
}

#[tokio::test]
async fn a_code_lives_for_thirty_seconds() {
    let hands = Arc::new(Hands(AtomicU64::new(1_800_000_000)));
    let clock: Arc<dyn Clock> = Arc::<Hands>::clone(&hands);
    let local = LocalProvider::builder()
        .emulating(X::new().descriptor(), FIXTURES)
        .with_clock(clock)
        .with_code_lifetime(Duration::from_secs(30))
        .start()
        .await
        .unwrap();
    let x = StandIn::of(local, new, FIXTURES);
    let client = x.honest();
    for (seconds, is_in_time) in [(29, true), (31, false)] {
        let login = client.authorize().start().await.unwrap();
        let landing = x.local().browser().sign_in(&login.url, User::first()).await.unwrap();
        hands.0.fetch_add(seconds, Ordering::Relaxed);
        let got = client.get_access_token(landing.callback().unwrap(), login.pending).await;
        assert_eq!(got.is_ok(), is_in_time, "{seconds}");
        if let Err(error) = got {
            check(&error, ErrorKind::Denied, 400, "invalid_request");
        }
    }
}

#[tokio::test]
async fn a_login_without_pkce_and_scopes_joined_by_commas_are_refused() {
    let x = x().await;
    let commas = "users.read%2Ctweet.read";
    x.check_page("users.read+tweet.read", commas, Some("invalid_scope")).await;
    x.check_page("code_challenge=", "challenge=", Some("invalid_request")).await;
}

#[tokio::test]
async fn a_confidential_client_without_basic_is_refused_in_xs_words() {
    let x = x().await;
    let posted = x.config().with_client_auth(ClientAuth::Post);
    x.check_client(posted, 401, Some("invalid_client")).await;
    x.check_client(x.config().with_secret("wrong"), 401, Some("unauthorized_client")).await;
}

#[tokio::test]
async fn a_public_client_says_its_id_in_the_body() {
    let local = LocalProvider::builder()
        .emulating(X::new().descriptor(), FIXTURES)
        .with_client(LocalClient::new("native"))
        .start()
        .await
        .unwrap();
    let config = ClientConfig::new("native").with_redirect_uri("https://app.test/callback");
    let x = StandIn::of(local, new, FIXTURES);
    let client = x.client(config.unwrap());
    let token = x.token(&client, User::first()).await.unwrap();
    let token = client.refresh_token(&token).await.unwrap();
    client.revoke_token(&token, Revoke::RefreshToken).await.unwrap();
    let requests = x.local().requests();
    let to_api = requests.iter().filter(|request| request.path().starts_with("/2/oauth2/"));
    let to_api: Vec<_> = to_api.collect();
    assert_eq!(to_api.len(), 3, "code, refresh, revocation");
    for request in to_api {
        assert_eq!(request.header("authorization"), None);
        assert_eq!(request.param("client_id").as_deref(), Some("native"));
    }
}

#[tokio::test]
async fn a_revoked_token_is_dead_and_the_api_says_so() {
    let x = x().await;
    let client = x.honest();
    let token = x.token(&client, User::first()).await.unwrap();
    assert!(client.get_id_email(&token).await.is_ok());
    client.revoke_token(&token, Revoke::AccessToken).await.unwrap();
    let error = client.get_id_email(&token).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
}
