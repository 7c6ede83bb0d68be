//! What holds wherever sessions live. Two instances of an application, each with a handle of its
//! own to one place.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use axum::{Router, routing::get};
use hallpass_axum::{
    Identity, SessionEnd, Sessions, SignIn, SignInHooks,
    tower_sessions::Session,
    web::{self, SealingKeys},
};
use hallpass_core::{
    BaseOAuth2, HttpClient as _, OAuth2Client, Purpose, Request, ReqwestClient, Result,
    http::{Method, header},
    url::Url,
};
use hallpass_testkit::{Browser, LocalProvider, User};
use tokio::{net::TcpListener, sync::Notify, task::JoinSet};

/// Where the browser is sent back to; the test takes it to one of the two instances.
const BASE: &str = "http://127.0.0.1:9";

/// A request that is under way for as long as the test wants.
#[derive(Default)]
struct Slow {
    entered: Notify,
    may_go: Notify,
}

/// Lets everybody in, or nobody.
#[derive(Debug, Default)]
struct Door {
    is_shut: AtomicBool,
    told: AtomicUsize,
}

#[async_trait]
impl SignInHooks for Door {
    async fn check_session(&self, _: &web::Identity) -> Result<bool> {
        Ok(!self.is_shut.load(Ordering::SeqCst))
    }

    async fn on_logout(&self, _: &web::Identity, _: SessionEnd) {
        self.told.fetch_add(1, Ordering::SeqCst);
    }
}

struct Two {
    local: LocalProvider,
    instances: [String; 2],
    slow: Arc<Slow>,
    door: Arc<Door>,
}

async fn instance(
    client: Arc<dyn BaseOAuth2>,
    keys: SealingKeys,
    sessions: Sessions,
    (slow, door): (Arc<Slow>, Arc<Door>),
) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let sign_in = SignIn::new(BASE, keys).unwrap().provider(client).unwrap().hooks(door);
    let write = |session: Session| async move { session.insert("note", "kept").await.unwrap() };
    let slow = |session: Session| async move {
        session.insert("late", true).await.unwrap();
        slow.entered.notify_one();
        slow.may_go.notified().await;
    };
    let id = |session: Session| async move { session.id().unwrap().to_string() };
    let read = |session: Session| async move {
        session.get::<String>("note").await.unwrap().unwrap_or_default()
    };
    let app = Router::new()
        .route("/", get(|| async {}))
        .route("/mine", get(|who: Identity| async move { who.0.id }))
        .route("/write", get(write))
        .route("/read", get(read))
        .route("/id", get(id))
        .route("/slow", get(slow))
        .route("/leave", get(|session: Session| async move { session.flush().await.unwrap() }));
    let app = sign_in.attach_with(app, sessions);
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

impl Two {
    async fn over(first: Sessions, second: Sessions) -> Self {
        let local = LocalProvider::start().await.unwrap();
        let config = local.client_config("https://never.test/used").unwrap();
        let client: Arc<dyn BaseOAuth2> =
            Arc::new(OAuth2Client::new(local.provider(), config).unwrap());
        let (keys, slow) = (SealingKeys::generate(), Arc::new(Slow::default()));
        let door = Arc::new(Door::default());
        let shared = || (Arc::clone(&slow), Arc::clone(&door));
        let instances = [
            instance(Arc::clone(&client), keys.clone(), first, shared()).await,
            instance(client, keys, second, shared()).await,
        ];
        Self { local, instances, slow, door }
    }

    async fn read(&self, browser: &Browser, at: usize, path: &str) -> (u16, String) {
        let page = browser.open(format!("{}{path}", self.instances[at])).await.unwrap();
        (page.status().as_u16(), page.text().to_owned())
    }

    /// What somebody is told who has this session's cookie, at both.
    async fn statuses_of(&self, id: &str) -> [u16; 2] {
        let [first, second] = &self.instances;
        [status_of(first, id).await, status_of(second, id).await]
    }

    /// All requests of one moment find that the session is over, at both: how often that was told.
    async fn told_of_an_end(&self, browser: &Browser) -> usize {
        let (_, id) = self.read(browser, 0, "/id").await;
        self.door.is_shut.store(true, Ordering::SeqCst);
        self.door.told.store(0, Ordering::SeqCst);
        let mut requests = JoinSet::new();
        for at in 0..12 {
            let (instance, id) = (self.instances[at % 2].clone(), id.clone());
            requests.spawn(async move { status_of(&instance, &id).await });
        }
        assert_eq!(requests.join_all().await, [401; 12]);
        self.door.is_shut.store(false, Ordering::SeqCst);
        self.door.told.load(Ordering::SeqCst)
    }

    /// Begins at one and comes back at the other.
    async fn sign_in(&self, browser: &Browser, user: &str) {
        let url = format!("{}/login/local", self.instances[0]);
        let page = browser.open(url).await.unwrap();
        let landing = browser.sign_in(page.url(), User::named(user)).await.unwrap();
        let back = landing.url().replacen(BASE, &self.instances[1], 1);
        assert_eq!(browser.open(back).await.unwrap().status(), 200);
    }

    /// `meanwhile` happens between what a request reads and what it writes.
    async fn while_a_request_is_under_way(
        &self,
        browser: &Browser,
        meanwhile: impl Future<Output = ()>,
    ) {
        let slow = async { assert_eq!(self.read(browser, 0, "/slow").await.0, 200) };
        let rest = async {
            self.slow.entered.notified().await;
            meanwhile.await;
            self.slow.may_go.notify_one();
        };
        tokio::join!(slow, rest);
    }
}

async fn status_of(instance: &str, id: &str) -> u16 {
    let url = Url::parse(&format!("{instance}/mine")).unwrap();
    let mut request = Request::new(Method::GET, url, Purpose::Api);
    let cookie = format!("hallpass.session-9={id}").parse().unwrap();
    request.headers.insert(header::COOKIE, cookie);
    ReqwestClient::new().send(request).await.unwrap().status.as_u16()
}

/// `first` and `second` are two handles to one place.
pub(crate) async fn check(first: Sessions, second: Sessions) {
    let two = Two::over(first, second).await;
    let browser = Browser::new();
    assert_eq!(two.read(&browser, 0, "/mine").await.0, 401);
    two.sign_in(&browser, "ada").await;
    for at in [0, 1] {
        assert_eq!(two.read(&browser, at, "/mine").await, (200, "1001".into()), "{at}");
    }
    two.read(&browser, 0, "/write").await;
    assert_eq!(two.read(&browser, 1, "/read").await.1, "kept");
    let other = Browser::new();
    two.sign_in(&other, "ben").await;
    assert_eq!(two.read(&other, 0, "/mine").await.1, "1002");
    assert_eq!(two.read(&other, 0, "/read").await.1, "");

    // The late write comes after the session's end.
    let (_, id) = two.read(&browser, 0, "/id").await;
    assert_eq!(two.statuses_of(&id).await, [200, 200]);
    let leave = async { assert_eq!(two.read(&browser, 1, "/leave").await.0, 200) };
    two.while_a_request_is_under_way(&browser, leave).await;
    assert_eq!(two.statuses_of(&id).await, [401, 401], "it was brought back");
    assert_eq!(two.read(&browser, 0, "/mine").await.0, 401);
    // The session of before another login is over, too, and its cookie not given once more.
    two.sign_in(&browser, "ada").await;
    let (_, id) = two.read(&browser, 0, "/id").await;
    two.while_a_request_is_under_way(&browser, two.sign_in(&browser, "ada")).await;
    assert_eq!(two.statuses_of(&id).await, [401, 401], "it was brought back");
    assert_eq!(two.read(&browser, 0, "/mine").await, (200, "1001".into()));

    assert_eq!(two.read(&other, 1, "/mine").await.1, "1002");
    two.read(&other, 0, "/leave").await;
    assert_eq!(two.read(&other, 1, "/mine").await.0, 401);

    // Of ends that meet, one is told.
    for _ in 0..5 {
        two.sign_in(&browser, "ada").await;
        assert_eq!(two.told_of_an_end(&browser).await, 1);
    }
    two.sign_in(&browser, "ada").await;
    assert_eq!(two.read(&browser, 1, "/mine").await.0, 200);
    assert!(two.local.count("token") >= 9);
}
