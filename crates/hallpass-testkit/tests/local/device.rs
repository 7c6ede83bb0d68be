//! RFC 8628 to the letter, and what it refuses.

use std::{sync::Arc, time::Duration};

use hallpass_core::{ErrorKind, Json, http::StatusCode};
use hallpass_testkit::{LocalClient, LocalProvider, User};

use crate::support::{TestClock, get, post};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A provider with a clock of its own, where a public client asks for codes.
struct World {
    local: LocalProvider,
    clock: Arc<TestClock>,
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(TestClock::new());
        let local = LocalProvider::builder().with_clock(Arc::<TestClock>::clone(&clock));
        let local = local
            .with_client(LocalClient::new("tv").with_name("Television"))
            .with_client(LocalClient::new("radio"))
            .with_device_code_lifetime(Duration::from_secs(120));
        Self { local: local.start().await.unwrap(), clock }
    }

    async fn code(&self) -> Json {
        let form = [("client_id", "tv"), ("scope", "profile")];
        let (status, body, response) = post(&self.local, "/device_authorization", &form, &[]).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(response.headers["cache-control"], "no-store");
        body
    }

    /// What a poll is told: the error code, or that there is a token.
    async fn poll(&self, client: &str, code: &Json) -> String {
        let code = code["device_code"].as_str().unwrap();
        let form = [("grant_type", GRANT), ("client_id", client), ("device_code", code)];
        let (_, body, _) = post(&self.local, "/token", &form, &[]).await;
        match body.get("access_token") {
            Some(_) => "token".to_owned(),
            None => body["error"].as_str().unwrap().to_owned(),
        }
    }

    async fn decide(&self, typed: &str, user: User) -> hallpass_core::Result<()> {
        let page = format!("{}/device", self.local.base_url());
        self.local.browser().enter_code(page, typed, user).await
    }
}

#[tokio::test]
async fn a_code_is_typed_in_any_case_and_good_once() {
    let world = World::new().await;
    let code = world.code().await;
    let typed = code["user_code"].as_str().unwrap();
    assert_eq!((typed.len(), &typed[4..5]), (9, "-"));
    assert_eq!((&code["expires_in"], &code["interval"]), (&120.into(), &5.into()));
    assert_eq!(world.poll("tv", &code).await, "authorization_pending");
    let complete = code["verification_uri_complete"].as_str().unwrap();
    let page = world.local.browser().open(complete).await.unwrap();
    assert!(page.text().contains("Television") && page.text().contains(typed));

    let careless = typed.to_ascii_lowercase().replace('-', " ");
    world.decide(&careless, User::named("ben")).await.unwrap();
    world.clock.turn(5);
    assert_eq!(world.poll("tv", &code).await, "token");
    assert_eq!(world.poll("tv", &code).await, "invalid_grant", "given out once");
    let again = world.decide(typed, User::first()).await.unwrap_err();
    assert_eq!(again.status(), Some(StatusCode::BAD_REQUEST));
}

#[tokio::test]
async fn whoever_polls_too_soon_must_be_slower_each_time() {
    let world = World::new().await;
    let code = world.code().await;
    assert_eq!(world.poll("tv", &code).await, "authorization_pending");
    assert_eq!(world.poll("tv", &code).await, "slow_down");
    world.clock.turn(9);
    assert_eq!(world.poll("tv", &code).await, "slow_down", "ten seconds by now");
    world.clock.turn(15);
    assert_eq!(world.poll("tv", &code).await, "authorization_pending");
}

#[tokio::test]
async fn a_code_is_of_one_client_and_of_its_time() {
    let world = World::new().await;
    let code = world.code().await;
    assert_eq!(world.poll("radio", &code).await, "invalid_grant");
    let of_nobody = serde_json::json!({ "device_code": "guessed" });
    assert_eq!(world.poll("tv", &of_nobody).await, "invalid_grant");
    world.clock.turn(120);
    assert_eq!(world.poll("tv", &code).await, "expired_token");
    let late = world.decide(code["user_code"].as_str().unwrap(), User::first()).await;
    assert_eq!(late.unwrap_err().status(), Some(StatusCode::BAD_REQUEST));
}

#[tokio::test]
async fn a_user_may_say_no_and_a_form_must_be_the_page_s_own() {
    let world = World::new().await;
    let code = world.code().await;
    let typed = code["user_code"].as_str().unwrap();
    let forged = [("page", "guessed"), ("user", "ada"), ("decision", "allow")];
    let (status, ..) = post(&world.local, "/device", &forged, &[]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    world.decide(typed, User::deny()).await.unwrap();
    assert_eq!(world.poll("tv", &code).await, "access_denied");
}

#[tokio::test]
async fn a_page_asks_for_the_code_where_nobody_says_it() {
    let world = World::new().await;
    let page = get(&format!("{}/device", world.local.base_url()), &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(String::from_utf8(page.body).unwrap().contains("name=\"user_code\""));
    let error = world.decide("WRONG", User::first()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Config, Some(StatusCode::BAD_REQUEST)));
}

#[tokio::test]
async fn a_request_that_is_none_is_refused() {
    let world = World::new().await;
    check(&world, &[("client_id", "nobody")], "invalid_client").await;
    check(&world, &[], "invalid_client").await;
    check(&world, &[("client_id", "tv"), ("scope", "a"), ("scope", "b")], "invalid_request").await;

    async fn check(world: &World, form: &[(&str, &str)], want: &str) {
        let (_, body, _) = post(&world.local, "/device_authorization", form, &[]).await;
        assert_eq!(body["error"], want, "{form:?}");
    }
}

#[tokio::test]
async fn an_application_s_own_token_is_nobody_s() {
    let world = World::new().await;
    let secret = world.local.client_secret();
    let own = [
        ("grant_type", "client_credentials"),
        ("client_id", world.local.client_id()),
        ("client_secret", secret.expose()),
        ("scope", "a b"),
    ];
    let (_, body, _) = post(&world.local, "/token", &own, &[]).await;
    assert_eq!((&body["scope"], body.get("refresh_token")), (&"a b".into(), None));
    let public = [("grant_type", "client_credentials"), ("client_id", "tv")];
    let (_, body, _) = post(&world.local, "/token", &public, &[]).await;
    assert_eq!(body["error"], "unauthorized_client");
}
