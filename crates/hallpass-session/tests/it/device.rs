use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use hallpass_core::{ClientConfig, Clock, ErrorKind, OAuth2Client, OAuth2Token, Result};
use hallpass_session::{DeviceAuthorization, DeviceLogin, Sleeper};
use hallpass_testkit::{Fault, Local, LocalProvider, LocalProviderBuilder, User};

/// Time that passes only while somebody waits, and what happens meanwhile.
#[derive(Debug)]
struct Time {
    now: AtomicU64,
    pauses: Mutex<Vec<u64>>,
}

impl Clock for Time {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.now.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Sleeper for Time {
    async fn sleep(&self, pause: Duration) {
        self.pauses.lock().unwrap().push(pause.as_secs());
        self.now.fetch_add(pause.as_secs(), Ordering::SeqCst);
    }
}

struct World {
    local: LocalProvider,
    client: Arc<OAuth2Client<Local>>,
    time: Arc<Time>,
}

impl World {
    async fn new() -> Self {
        Self::with(|provider| provider).await
    }

    async fn with(of_kind: impl FnOnce(LocalProviderBuilder) -> LocalProviderBuilder) -> Self {
        let now = AtomicU64::new(1_800_000_000);
        let time = Arc::new(Time { now, pauses: Mutex::default() });
        let local = LocalProvider::builder().with_clock(Arc::<Time>::clone(&time));
        let local = of_kind(local).start().await.unwrap();
        let config = local.client_config("https://app.test/callback").unwrap();
        let client = OAuth2Client::new(local.provider(), config).unwrap();
        let client = Arc::new(client.with_clock(Arc::<Time>::clone(&time)));
        Self { local, client, time }
    }

    fn login(&self) -> DeviceLogin {
        let time = || Arc::<Time>::clone(&self.time);
        let client = Arc::<OAuth2Client<Local>>::clone(&self.client);
        DeviceLogin::new(client).clock(time()).sleeper(time())
    }

    async fn decide(&self, login: &DeviceAuthorization, user: User) {
        let browser = self.local.browser();
        browser.enter_code(login.verification_uri(), login.user_code(), user).await.unwrap();
    }

    fn pauses(&self) -> Vec<u64> {
        self.time.pauses.lock().unwrap().clone()
    }

    /// Polls as often as it takes, and at most so often, for what no user decides.
    async fn polled(&self, login: &mut DeviceAuthorization, times: usize) -> Vec<u64> {
        for _ in 0..times {
            self.time.sleep(login.pause()).await;
            assert!(login.poll().await.unwrap().is_none());
        }
        self.pauses()
    }
}

fn answer(status: u16, body: &str) -> Fault {
    Fault::on("token").status(status).body("application/json", body)
}

#[tokio::test]
async fn a_code_that_the_user_enters_is_a_token() {
    let world = World::new().await;
    let mut login = world.login().scopes(["profile"]).start().await.unwrap();
    assert!(login.verification_uri().starts_with(world.local.base_url()));
    let complete = login.verification_uri_complete().unwrap().to_owned();
    assert!(complete.contains(login.user_code()));
    assert_eq!(world.polled(&mut login, 2).await, [5, 5]);

    world.decide(&login, User::named("ben")).await;
    let token = login.wait().await.unwrap();
    assert_eq!(token.scope(), Some("profile"));
    assert!(token.refresh_token().is_some());
    let profile = world.client.get_profile(&token).await.unwrap();
    assert_eq!(profile.username(), Some("ben"));

    let sent = world.local.requests();
    let asked = sent.iter().find(|it| it.operation() == "device_authorization").unwrap();
    assert_eq!(asked.param("client_id").as_deref(), Some(world.local.client_id()));
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let polls: Vec<_> = sent.iter().filter(|it| it.operation() == "token").collect();
    assert_eq!(polls.len(), 3);
    assert!(polls.iter().all(|it| it.param("grant_type").as_deref() == Some(grant)));
}

#[tokio::test]
async fn the_scopes_are_those_of_the_configuration_unless_said_otherwise() {
    let world = World::new().await;
    world.login().start().await.unwrap();
    world.login().scopes::<&str>([]).start().await.unwrap();
    let sent = world.local.requests();
    assert_eq!(sent[0].param("scope").as_deref(), Some("profile email"));
    assert_eq!(sent[1].param("scope"), None);
}

#[tokio::test]
async fn a_user_who_says_no_ends_it() {
    let world = World::new().await;
    let login = world.login().start().await.unwrap();
    world.decide(&login, User::deny()).await;
    let error = login.wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(error.oauth().unwrap().code(), "access_denied");
    assert_eq!(world.local.count("token"), 1);
}

#[tokio::test]
async fn a_code_that_nobody_enters_ends_by_this_side_s_clock_too() {
    let minute = Duration::from_secs(12);
    let world = World::with(|provider| provider.with_device_code_lifetime(minute)).await;
    let login = world.login().start().await.unwrap();
    let error = login.wait().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("expired_token")));
    assert_eq!(world.pauses(), [5, 5, 2], "nobody waits longer than the code lasts");
    assert_eq!(world.local.count("token"), 2, "nothing is sent for a code that has ended");
}

#[tokio::test]
async fn a_server_that_says_the_code_has_ended_is_believed() {
    let world = World::new().await;
    let mut login = world.login().start().await.unwrap();
    world.local.fault(answer(400, r#"{"error":"expired_token"}"#));
    let error = login.poll().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("expired_token")));
    assert_eq!(error.oauth().unwrap().code(), "expired_token");
}

#[tokio::test]
async fn whoever_is_told_to_slow_down_does_so_from_then_on() {
    let world = World::new().await;
    let mut login = world.login().start().await.unwrap();
    assert!(login.poll().await.unwrap().is_none());
    assert_eq!(login.pause().as_secs(), 5);
    // Too soon for the server, whose clock is the same.
    assert!(login.poll().await.unwrap().is_none());
    assert_eq!(login.pause().as_secs(), 10);
    assert_eq!(world.polled(&mut login, 2).await, [10, 10]);
}

#[tokio::test]
async fn a_server_that_is_away_is_asked_again_more_and_more_rarely() {
    let world = World::new().await;
    let mut login = world.login().start().await.unwrap();
    for _ in 0..6 {
        world.local.fault(Fault::on("token").cut_before_headers());
    }
    assert_eq!(world.polled(&mut login, 6).await, [5, 10, 20, 40, 60, 60]);
    world.decide(&login, User::first()).await;
    login.wait().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_busy_says_when_to_come_again() {
    let world = World::new().await;
    let mut login = world.login().start().await.unwrap();
    check(&world, &mut login, 503, None, 5).await;
    check(&world, &mut login, 503, Some(42), 42).await;
    check(&world, &mut login, 502, None, 5).await;
    check(&world, &mut login, 429, None, 10).await;
    check(&world, &mut login, 429, Some(3), 15).await;

    async fn check(
        world: &World,
        login: &mut DeviceAuthorization,
        status: u16,
        retry_after: Option<u64>,
        want: u64,
    ) {
        let fault = answer(status, "<html>");
        let fault = match retry_after {
            Some(seconds) => fault.retry_after(Duration::from_secs(seconds)),
            None => fault,
        };
        world.local.fault(fault);
        assert!(login.poll().await.unwrap().is_none());
        assert_eq!(login.pause().as_secs(), want, "{status} {retry_after:?}");
    }
}

#[tokio::test]
async fn what_cannot_come_right_is_told_at_once() {
    let world = World::new().await;
    let login = world.login().start().await.unwrap();
    world.local.fault(answer(401, r#"{"error":"invalid_client"}"#));
    assert_eq!(login.wait().await.unwrap_err().kind(), ErrorKind::Config);
    let login = world.login().start().await.unwrap();
    world.local.fault(answer(200, "{}"));
    assert_eq!(login.wait().await.unwrap_err().kind(), ErrorKind::Malformed);
    let login = world.login().start().await.unwrap();
    world.local.fault(answer(400, r#"{"error":"invalid_grant"}"#));
    assert_eq!(login.wait().await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(world.local.count("token"), 3);
}

#[tokio::test]
async fn a_provider_without_devices_is_not_asked() {
    let descriptor =
        hallpass_core::Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t");
    let login = DeviceLogin::new(Arc::new(acme(descriptor)));
    assert_eq!(login.start().await.map(drop).unwrap_err().kind(), ErrorKind::Unsupported);
}

fn acme(descriptor: hallpass_core::Descriptor) -> OAuth2Client<Acme> {
    OAuth2Client::new(Acme(descriptor), ClientConfig::new("id")).unwrap()
}

#[derive(Debug)]
struct Acme(hallpass_core::Descriptor);

impl hallpass_core::Provider for Acme {
    type Params = ();

    fn descriptor(&self) -> &hallpass_core::Descriptor {
        &self.0
    }

    async fn profile(&self, _: hallpass_core::Api<'_>) -> Result<hallpass_core::Profile> {
        unreachable!("nobody asks")
    }
}

#[tokio::test]
async fn a_reply_without_a_usable_code_is_malformed() {
    let world = World::new().await;
    let fault = Fault::on("device_authorization").status(200).body("application/json", "{}");
    world.local.fault(fault);
    let error = world.login().start().await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
}

#[tokio::test]
async fn what_hallpass_sets_itself_is_no_parameter() {
    let world = World::new().await;
    for name in ["client_id", "client_secret", "client_assertion", "scope", "device_code"] {
        let error = world.login().param(name, "other").start().await.map(drop).unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("reserved")), "{name}");
    }
    let twice = world.login().param("audience", "a").param("audience", "b");
    assert_eq!(twice.start().await.map(drop).unwrap_err().reason(), Some("reserved"));
    assert_eq!(world.local.count("device_authorization"), 0);
}

#[tokio::test]
async fn a_server_that_asks_for_more_than_the_code_s_life_is_not_waited_for() {
    let life = Duration::from_secs(30);
    let world = World::with(|provider| provider.with_device_code_lifetime(life)).await;
    let login = world.login().start().await.unwrap();
    world.local.fault(answer(503, "").retry_after(Duration::from_secs(86_400)));
    let error = login.wait().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("expired_token")));
    assert_eq!(world.pauses(), [5, 25]);
}

#[tokio::test]
async fn a_reply_without_a_scope_is_as_it_was_asked() {
    let world = World::new().await;
    let mut login = world.login().scopes(["profile"]).start().await.unwrap();
    world.local.fault(answer(200, r#"{"access_token":"T"}"#));
    let token = login.poll().await.unwrap().unwrap();
    assert_eq!(token.scope(), Some("profile"));
    assert_eq!(world.local.requests().last().unwrap().param("scope"), None);
}

/// Fails after the token came, as a key that cannot be fetched does.
#[derive(Debug)]
struct Away;

#[async_trait]
impl hallpass_core::Hooks for Away {
    async fn after_token_response(&self, _: &mut hallpass_core::TokenReply<'_>) -> Result<()> {
        Err(hallpass_core::Error::transport("the keys are away").with_reason("connect"))
    }
}

#[tokio::test]
async fn a_code_that_was_traded_is_not_polled_again() {
    let world = World::new().await;
    let client = (*world.client).clone().with_hooks(Arc::new(Away));
    let login = DeviceLogin::new(Arc::new(client)).sleeper(Arc::<Time>::clone(&world.time));
    let login = login.clock(Arc::<Time>::clone(&world.time)).start().await.unwrap();
    world.decide(&login, User::first()).await;
    let error = login.wait().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("interrupted")));
    assert_eq!(world.local.count("token"), 1);
}

#[tokio::test]
async fn the_codes_are_not_printed() {
    let world = World::new().await;
    let login = world.login().param("audience", "planted").start().await.unwrap();
    let printed = format!("{login:?} {:?}", world.login().param("audience", "planted"));
    let sent = world.local.requests();
    assert_eq!(sent[0].param("audience").as_deref(), Some("planted"));
    assert!(!printed.contains(login.user_code()) && !printed.contains("planted"), "{printed}");
}

#[tokio::test]
async fn one_call_does_it_all() {
    let world = World::new().await;
    let shown = Mutex::new(None);
    let signing_in = world.login().sign_in(|login| {
        let shown_is = (login.verification_uri().to_owned(), login.user_code().to_owned());
        *shown.lock().unwrap() = Some(shown_is);
    });
    let user = async {
        let (uri, code) = loop {
            if let Some(shown) = shown.lock().unwrap().clone() {
                break shown;
            }
            tokio::task::yield_now().await;
        };
        world.local.browser().enter_code(uri, &code, User::first()).await.unwrap();
    };
    let (token, ()) = tokio::join!(signing_in, user);
    let token: OAuth2Token = token.unwrap();
    assert_eq!(token.token_type(), "Bearer");
}
