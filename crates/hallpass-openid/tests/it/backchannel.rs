//! Logout tokens that the provider posts.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use hallpass_core::{Error, ErrorKind, Result, http::header};
use hallpass_openid::{
    BackchannelLogout, IssuerRule, LoggedOut, MemoryReplayStore, OpenId, ReplayStore,
};
use hallpass_testkit::SigningKey;
use serde_json::{Value, json};

use crate::support::{CLIENT, DISCOVERY, ISSUER, JWKS, World, object, refused};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

struct Logout {
    world: World,
    store: Arc<MemoryReplayStore>,
    logout: BackchannelLogout,
}

impl Logout {
    fn new() -> Self {
        let world = World::new();
        let clock = Arc::clone(&world.clock) as Arc<dyn hallpass_core::Clock>;
        let store = Arc::new(MemoryReplayStore::new().with_clock(clock));
        let logout = BackchannelLogout::new(Arc::clone(&store) as Arc<dyn ReplayStore>);
        Self { world, store, logout }
    }

    /// A logout token with which nothing is wrong, but some claims replaced.
    fn claims(&self, changes: &Value) -> serde_json::Map<String, Value> {
        let mut claims = self.world.claims(&json!({
            "jti": "id-1", "sid": "s-1", "events": { EVENT: {} },
        }));
        claims.extend(object(changes));
        claims.retain(|_, value| !value.is_null());
        claims
    }

    fn body(&self, changes: &Value) -> String {
        self.signed(&self.world.key, changes)
    }

    fn signed(&self, key: &SigningKey, changes: &Value) -> String {
        let mut header = key.header();
        header.insert("typ".to_owned(), json!("logout+jwt"));
        format!("logout_token={}", key.sign(&header, &self.claims(changes)))
    }

    async fn receive(&self, body: &str) -> Result<LoggedOut> {
        self.logout.receive(&self.world.client, body.as_bytes()).await
    }
}

#[tokio::test]
async fn a_logout_token_is_taken_once() {
    let logout = Logout::new();
    let body = logout.body(&json!({}));
    let logged_out = logout.receive(&body).await.unwrap();
    assert_eq!(logged_out.issuer(), ISSUER);
    assert_eq!((logged_out.subject(), logged_out.session()), (Some("42"), Some("s-1")));
    assert_eq!(logged_out.issued_at(), hallpass_core::Clock::now(&*logout.world.clock));
    refused(logout.receive(&body).await, ErrorKind::Security, Some("replay"));
    let again = logout.body(&json!({ "iat": logout.world.clock.seconds() - 1 }));
    refused(logout.receive(&again).await, ErrorKind::Security, Some("replay"));
    logout.receive(&logout.body(&json!({ "jti": "id-2" }))).await.unwrap();
}

#[tokio::test]
async fn two_instances_with_one_store_take_it_once() {
    let logout = Logout::new();
    let body = logout.body(&json!({}));
    let other = BackchannelLogout::new(Arc::clone(&logout.store) as Arc<dyn ReplayStore>);
    other.receive(&logout.world.client, body.as_bytes()).await.unwrap();
    refused(logout.receive(&body).await, ErrorKind::Security, Some("replay"));
}

#[tokio::test]
async fn a_token_that_is_verified_alone_is_not_spent_and_is_no_less_verified() {
    let logout = Logout::new();
    let body = logout.body(&json!({}));
    for _ in 0..2 {
        let logged_out = logout.logout.verify(&logout.world.client, body.as_bytes()).await;
        assert_eq!(logged_out.unwrap().session(), Some("s-1"));
    }
    logout.receive(&body).await.unwrap();
    for (changes, reason) in [
        (json!({ "iss": "https://evil.test" }), "iss"),
        (json!({ "aud": "other" }), "aud"),
        (json!({ "events": null }), "events"),
    ] {
        let body = logout.body(&changes);
        let got = logout.logout.verify(&logout.world.client, body.as_bytes()).await;
        refused(got, ErrorKind::Security, Some(reason));
    }
}

#[test]
fn an_issuer_is_read_before_anybody_knows_whether_it_is_true() {
    let logout = Logout::new();
    let claimed = |body: &str| BackchannelLogout::claimed_issuer(body.as_bytes());
    assert_eq!(claimed(&logout.body(&json!({}))).as_deref(), Some(ISSUER));
    let stranger = logout.signed(&SigningKey::es256(), &json!({ "iss": "https://evil.test" }));
    assert_eq!(claimed(&stranger).as_deref(), Some("https://evil.test"));
    let none = [logout.body(&json!({ "iss": null })), logout.body(&json!({ "iss": 1 }))];
    for body in none.iter().map(String::as_str).chain(["", "logout_token=", "logout_token=a.b.c"]) {
        assert_eq!(claimed(body), None, "{body:.40}");
    }
}

#[tokio::test]
async fn a_token_that_could_not_be_obeyed_may_come_again() {
    let logout = Logout::new();
    let body = logout.body(&json!({}));
    let logged_out = logout.receive(&body).await.unwrap();
    logout.logout.give_back(&logged_out).await.unwrap();
    logout.receive(&body).await.unwrap();
}

#[tokio::test]
async fn a_token_that_is_wrong_ends_nobodys_session() {
    let logout = Logout::new();
    let now = logout.world.clock.seconds();
    for (changes, reason) in [
        (json!({ "iss": "https://evil.test" }), "iss"),
        (json!({ "aud": "other" }), "aud"),
        (json!({ "aud": [CLIENT, "other"] }), "aud"),
        (json!({ "exp": now - 60 }), "exp"),
        (json!({ "exp": null }), "exp"),
        (json!({ "iat": null }), "iat"),
        (json!({ "iat": now + 61 }), "iat"),
        (json!({ "jti": null }), "jti"),
        (json!({ "nonce": "n" }), "nonce"),
        (json!({ "events": {} }), "events"),
        (json!({ "events": null }), "events"),
        (json!({ "sub": null, "sid": null }), "sid"),
    ] {
        let got = logout.receive(&logout.body(&changes)).await;
        assert_eq!(BackchannelLogout::answer(&got).0, 400);
        refused(got, ErrorKind::Security, Some(reason));
    }
    let stranger = SigningKey::es256().with_key_id("first");
    let got = logout.receive(&logout.signed(&stranger, &json!({}))).await;
    refused(got, ErrorKind::Security, Some("signature"));
    let got = logout.receive(&logout.signed(&SigningKey::none(), &json!({}))).await;
    refused(got, ErrorKind::Security, Some("alg"));
    // None of them spent the id of the good one.
    logout.receive(&logout.body(&json!({}))).await.unwrap();
}

#[tokio::test]
async fn an_id_token_is_no_logout_token_and_the_other_way_round() {
    let logout = Logout::new();
    let id_token = logout.world.jwt(&json!({ "nonce": "n" }));
    let got = logout.receive(&format!("logout_token={}", id_token.expose())).await;
    refused(got, ErrorKind::Security, Some("events"));
    let body = logout.body(&json!({}));
    let got = logout.world.verify(body.strip_prefix("logout_token=").unwrap()).await;
    refused(got, ErrorKind::Security, Some("typ"));
    // Many providers leave the type out.
    let untyped = logout.world.key.jwt(&logout.claims(&json!({})));
    refused(logout.world.verify(&untyped).await, ErrorKind::Security, Some("typ"));
    logout.receive(&format!("logout_token={untyped}")).await.unwrap();
}

#[tokio::test]
async fn a_request_without_a_token_fetches_nothing() {
    let logout = Logout::new();
    for (body, reason) in
        [("", "logout_token"), ("logout_token=", "logout_token"), ("a=b", "logout_token")]
    {
        refused(logout.receive(body).await, ErrorKind::Malformed, Some(reason));
    }
    refused(logout.receive("logout_token=text").await, ErrorKind::Malformed, Some("jwt"));
    // Encrypted, as anybody can post one: nothing is wrong with the registration.
    let encrypted = "logout_token=eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.dGV4dA.dGFn";
    refused(logout.receive(encrypted).await, ErrorKind::Malformed, Some("encrypted"));
    let twice = "logout_token=a&logout_token=b";
    refused(logout.receive(twice).await, ErrorKind::Security, Some("duplicate"));
    let long = format!("logout_token={}", "a".repeat(200_000));
    refused(logout.receive(&long).await, ErrorKind::Security, Some("too_long"));
    assert_eq!(logout.world.script.places(), [""; 0]);
}

#[tokio::test]
async fn the_answer_is_200_or_400_and_is_never_kept() {
    let logout = Logout::new();
    let good = logout.receive(&logout.body(&json!({}))).await;
    let bad = logout.receive("").await;
    let no_store = [(header::CACHE_CONTROL, "no-store".parse().unwrap())];
    for ((status, headers), want) in [
        (BackchannelLogout::answer(&good), 200),
        (BackchannelLogout::answer(&bad), 400),
        (BackchannelLogout::failed(), 400),
    ] {
        assert_eq!(status, want);
        assert_eq!(headers, no_store);
    }
}

#[tokio::test]
async fn a_logout_is_about_the_sessions_that_it_names() {
    let logout = Logout::new();
    let login = |changes: Value| {
        let world = &logout.world;
        async move { world.login(&changes).await.unwrap() }
    };
    let first = login(json!({ "sid": "s-1" })).await;
    let second = login(json!({ "sid": "s-2" })).await;
    let other = login(json!({ "sub": "43", "sid": "s-1" })).await;
    let plain = login(json!({})).await;
    for (changes, want) in [
        (json!({}), [true, false, false, false]),
        (json!({ "sid": null }), [true, true, false, true]),
        (json!({ "sub": null }), [true, false, true, false]),
        (json!({ "sid": "" }), [true, true, false, true]),
    ] {
        let mut changes = changes;
        changes["jti"] = json!(changes.to_string());
        let logged_out = logout.receive(&logout.body(&changes)).await.unwrap();
        let got =
            [&first, &second, &other, &plain].map(|token| logged_out.ends(token.claims().unwrap()));
        assert_eq!(got, want, "{changes}");
    }
}

#[tokio::test]
async fn a_session_that_was_refreshed_is_still_the_one_that_is_named() {
    let logout = Logout::new();
    let world = &logout.world;
    let token = world.login(&json!({ "sid": "s-1" })).await.unwrap();
    world.grant(Some(world.jwt(&json!({})).expose()));
    let token = world.client.refresh_token(&token).await.unwrap();
    let logged_out = logout.receive(&logout.body(&json!({}))).await.unwrap();
    assert!(logged_out.ends(token.claims().unwrap()));
}

#[tokio::test]
async fn a_logout_in_another_name_of_the_issuer_is_about_its_sessions_too() {
    let rule = || IssuerRule::OneOf(vec![ISSUER.to_owned(), "op.test".to_owned()]);
    for (of_login, of_logout) in [(ISSUER, "op.test"), ("op.test", ISSUER)] {
        let provider = OpenId::new("op", ISSUER).with_issuer_rule(rule());
        let logout = Logout { world: World::of(provider), ..Logout::new() };
        let login = json!({ "iss": of_login, "sid": "s-1" });
        let token = logout.world.login(&login).await.unwrap();
        let body = logout.body(&json!({ "iss": of_logout }));
        let logged_out = logout.receive(&body).await.unwrap();
        assert_eq!(logged_out.issuer(), ISSUER);
        assert!(logged_out.ends(token.claims().unwrap()), "{of_login} {of_logout}");
        // The name of neither is not let in by the other.
        let body = logout.body(&json!({ "iss": "www.op.test", "jti": "id-2" }));
        refused(logout.receive(&body).await, ErrorKind::Security, Some("iss"));
        // What came in one name does not come again in the other.
        let body = logout.body(&json!({ "iss": of_login }));
        refused(logout.receive(&body).await, ErrorKind::Security, Some("replay"));
    }
}

/// A store that does not answer.
#[derive(Debug)]
struct Down;

#[async_trait]
impl ReplayStore for Down {
    async fn is_first(&self, _: &str, _: SystemTime) -> Result<bool> {
        Err(Error::transport("down"))
    }

    async fn forget(&self, _: &str) -> Result<()> {
        Err(Error::transport("down"))
    }
}

#[tokio::test]
async fn a_store_that_is_down_lets_nothing_through() {
    let logout = Logout { logout: BackchannelLogout::new(Arc::new(Down)), ..Logout::new() };
    let got = logout.receive(&logout.body(&json!({}))).await;
    assert_eq!(BackchannelLogout::answer(&got).0, 400);
    refused(got, ErrorKind::Transport, None);
}

#[tokio::test]
async fn a_provider_that_is_down_lets_nothing_through() {
    let logout = Logout::new();
    logout.world.script.fail(JWKS, 500);
    let body = logout.body(&json!({}));
    refused(logout.receive(&body).await, ErrorKind::Transport, None);
    assert_eq!(logout.world.script.places(), [DISCOVERY, JWKS]);
    logout.world.script.answer(JWKS, &crate::support::jwks(&[&logout.world.key]));
    logout.receive(&body).await.unwrap();
}

#[tokio::test]
async fn a_token_is_remembered_for_as_long_as_it_is_good() {
    let logout = Logout::new();
    let body = logout.body(&json!({}));
    logout.receive(&body).await.unwrap();
    logout.world.clock.advance(359);
    refused(logout.receive(&body).await, ErrorKind::Security, Some("replay"));
    logout.world.clock.advance(1);
    refused(logout.receive(&body).await, ErrorKind::Security, Some("exp"));
    logout.receive(&logout.body(&json!({}))).await.unwrap();
    assert_eq!(format!("{:?}", logout.store), "MemoryReplayStore { kept: 1 }");
}

#[tokio::test]
async fn a_token_that_never_ends_is_refused() {
    let logout = Logout::new();
    let got = logout.receive(&logout.body(&json!({ "exp": 1e300 }))).await;
    refused(got, ErrorKind::Security, Some("exp"));
}

/// A store that writes down what it is to remember.
#[derive(Debug, Default)]
struct Ledger(Mutex<Vec<(String, SystemTime)>>);

#[async_trait]
impl ReplayStore for Ledger {
    async fn is_first(&self, id: &str, until: SystemTime) -> Result<bool> {
        self.0.lock().unwrap().push((id.to_owned(), until));
        Ok(true)
    }

    async fn forget(&self, _: &str) -> Result<()> {
        Ok(())
    }
}

/// A store is everybody's: one provider among several does not fill it for the others.
#[tokio::test]
async fn what_is_remembered_of_a_token_is_short_and_ends_soon() {
    let ledger = Arc::new(Ledger::default());
    let logout =
        Logout { logout: BackchannelLogout::new(Arc::clone(&ledger) as _), ..Logout::new() };
    let now = logout.world.clock.seconds();
    let for_years = json!({ "jti": "x".repeat(60_000), "exp": now + 315_360_000 });
    for changes in [json!({}), for_years, json!({ "jti": "id-2" })] {
        logout.receive(&logout.body(&changes)).await.unwrap();
    }
    let now = hallpass_core::Clock::now(&*logout.world.clock);
    let kept = ledger.0.lock().unwrap();
    let for_seconds = |until: &SystemTime| until.duration_since(now).unwrap().as_secs();
    let got: Vec<_> = kept.iter().map(|(id, until)| (id.len(), for_seconds(until))).collect();
    assert_eq!(got, [(65, 360), (65, 86_460), (65, 360)]);
    assert_eq!(kept[0].0[..22], kept[2].0[..22], "of one client");
    assert_ne!(kept[0].0, kept[2].0);
}

#[tokio::test]
async fn a_token_that_ends_in_years_is_refused_for_its_age_once_it_is_forgotten() {
    let logout = Logout::new();
    let now = logout.world.clock.seconds();
    let body = logout.body(&json!({ "exp": now + 315_360_000 }));
    logout.receive(&body).await.unwrap();
    logout.world.clock.advance(86_400);
    refused(logout.receive(&body).await, ErrorKind::Security, Some("replay"));
    logout.world.clock.advance(60);
    refused(logout.receive(&body).await, ErrorKind::Security, Some("iat"));
}

#[tokio::test]
async fn the_memory_of_a_store_has_an_end() {
    let Logout { world, store, .. } = Logout::new();
    let now = hallpass_core::Clock::now(&*world.clock);
    let until = now + Duration::from_secs(60);
    let of = |client: &str, token: &str| format!("{client:-<22}{token}");
    for number in 0..100_000 {
        assert!(store.is_first(&of("one", &number.to_string()), until).await.unwrap());
    }
    refused(store.is_first(&of("one", "more"), until).await, ErrorKind::Transport, None);
    assert!(!store.is_first(&of("one", "7"), until).await.unwrap());
    // One provider that signs without end fills no other's part.
    assert!(store.is_first(&of("two", "7"), until).await.unwrap());
    assert!(!store.is_first(&of("two", "7"), until).await.unwrap());
    store.forget(&of("two", "7")).await.unwrap();
    assert_eq!(format!("{store:?}"), "MemoryReplayStore { kept: 100000 }");
    world.clock.advance(60);
    let later = until + Duration::from_secs(60);
    assert!(store.is_first(&of("one", "more"), later).await.unwrap());
    assert_eq!(format!("{store:?}"), "MemoryReplayStore { kept: 1 }");
    // What is over goes with the first of another client.
    world.clock.advance(60);
    assert!(store.is_first(&of("three", "7"), later + Duration::from_secs(60)).await.unwrap());
    assert_eq!(format!("{store:?}"), "MemoryReplayStore { kept: 1 }");
}
