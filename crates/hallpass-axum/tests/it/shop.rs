//! An application at an OpenID provider, and people whose cookies a test sees.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use hallpass_axum::{
    Identity, SignIn, UserToken,
    hallpass_session::{ApiClient, MemoryStore as MemoryTokens},
    tower_sessions::{
        MemoryStore, SessionStore,
        session::{Id, Record},
        session_store,
    },
    web::SealingKeys,
};
use hallpass_core::{Clock, OAuth2Client, Response, http::Method};
use hallpass_openid::OpenId;
use hallpass_testkit::{LocalProvider, User};
use tokio::net::TcpListener;

use crate::{app::Told, wire};

pub(crate) struct Shop {
    pub(crate) local: LocalProvider,
    pub(crate) base: String,
    pub(crate) told: Arc<Told>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) sessions: Sessions,
}

impl Shop {
    /// With what `set` chooses, and the tokens of its users in memory.
    pub(crate) async fn start(set: impl FnOnce(SignIn) -> SignIn) -> Self {
        Self::keeping_nothing(|sign_in| set(sign_in.tokens(Arc::new(MemoryTokens::default()))))
            .await
    }

    pub(crate) async fn keeping_nothing(set: impl FnOnce(SignIn) -> SignIn) -> Self {
        let clock = Arc::new(TestClock::new());
        let local = LocalProvider::builder().with_openid();
        let local = local.with_clock(Arc::<TestClock>::clone(&clock)).start().await.unwrap();
        let (told, sessions) = (Arc::default(), Sessions::default());
        let mut shop = Self { local, base: String::new(), told, clock, sessions };
        shop.base = shop.process(set).await;
        shop
    }

    /// One more process of the same application, with the same sessions: where it is.
    pub(crate) async fn process(&self, set: impl FnOnce(SignIn) -> SignIn) -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let base = if self.base.is_empty() { &address } else { &self.base };
        let (local, same) = (&self.local, || Arc::<TestClock>::clone(&self.clock));
        let config = local.client_config("https://never.test/used").unwrap();
        let local_one: OpenId = OpenId::new("local", local.issuer());
        let client = OAuth2Client::new(local_one, config).unwrap();
        let sign_in = SignIn::new(base, SealingKeys::generate()).unwrap();
        let sign_in = sign_in.hooks(Arc::<Told>::clone(&self.told)).clock(same());
        let sign_in = sign_in.provider(Arc::new(client.with_clock(same()))).unwrap();
        let api = local.base_url().to_owned();
        let at_api = api.clone();
        let app =
            Router::new()
                .route("/", get(|who: Option<Identity>| async move { name(who) }))
                .route(
                    "/api",
                    get(|token: UserToken| async move { asked(token, &api, "/userinfo").await }),
                )
                // As an application does that takes a URL for its call from somebody.
                .route(
                    "/api/asked",
                    post(|token: UserToken, url: String| async move {
                        asked(token, &at_api, &url).await
                    }),
                );
        let app = set(sign_in).attach_with(app, self.sessions.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Somebody in a browser of their own.
    pub(crate) async fn person(&self, user: &str) -> Person<'_> {
        let person = self.nobody();
        person.sign_in(user).await;
        person
    }

    /// A browser of its own, in which nobody is signed in.
    pub(crate) fn nobody(&self) -> Person<'_> {
        Person { shop: self, base: self.base.clone(), cookies: Mutex::default() }
    }

    pub(crate) fn logouts(&self) -> usize {
        self.told.logouts.lock().unwrap().len()
    }

    /// Waits until the provider was asked to revoke a token: a logout waits for it for 3 s alone.
    pub(crate) async fn revoked(&self) {
        until(async || self.local.count("revoke") > 0).await;
    }
}

/// Waits for what goes on by itself.
pub(crate) async fn until(is_so: impl AsyncFn() -> bool) {
    let wait = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), wait).await;
    assert!(waited.is_ok(), "it never comes to an end");
}

fn name(who: Option<Identity>) -> String {
    who.map_or_else(|| "nobody".to_owned(), |who| who.name.clone().unwrap_or_default())
}

/// What the provider's own API says to the token of who is signed in.
async fn asked(token: UserToken, api: &str, url: &str) -> (StatusCode, String) {
    let api = ApiClient::new(token.0, api).unwrap();
    match api.get(url).read().await {
        Ok(who) => (StatusCode::OK, who["email"].to_string()),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{:?}", error.reason())),
    }
}

pub(crate) struct Person<'a> {
    shop: &'a Shop,
    /// The process that serves them.
    pub(crate) base: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Person<'_> {
    pub(crate) async fn sign_in(&self, user: &str) {
        let back = self.begin(user).await;
        assert_eq!(self.get(&back).await.status, 303);
    }

    /// All of a login but its last step: the path that the provider sends the browser back to.
    pub(crate) async fn begin(&self, user: &str) -> String {
        let page = location(&self.get("/login/local").await);
        let browser = self.shop.local.browser();
        let landing = browser.sign_in(page, User::named(user)).await.unwrap();
        landing.url().strip_prefix(&self.shop.base).unwrap().to_owned()
    }

    /// Presses the button of the question: the answer.
    pub(crate) async fn sign_out(&self) -> Response {
        let page = text(&self.get("/logout").await);
        let word = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        self.send(Method::POST, "/logout", format!("csrf={word}")).await
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, String::new()).await
    }

    /// What a page says.
    pub(crate) async fn reads(&self, path: &str) -> String {
        text(&self.get(path).await)
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(&self.named(name)).cloned()
    }

    /// With the port that stands in the names of an application on loopback.
    fn named(&self, name: &str) -> String {
        format!("{name}-{}", self.shop.base.rsplit(':').next().unwrap())
    }

    /// As it is sent.
    pub(crate) fn session(&self) -> String {
        format!("{}={}", self.named("hallpass.session"), self.cookie("hallpass.session").unwrap())
    }

    pub(crate) fn put_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(self.named(name), value.to_owned());
    }

    pub(crate) fn cookies(&self) -> Vec<String> {
        self.cookies.lock().unwrap().keys().cloned().collect()
    }

    pub(crate) async fn send(&self, method: Method, path: &str, form: String) -> Response {
        let cookies: Vec<_> = {
            let cookies = self.cookies.lock().unwrap();
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        let response =
            send(method, &format!("{}{path}", self.base), &cookies.join("; "), form).await;
        let mut cookies = self.cookies.lock().unwrap();
        for set in response.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            match set.contains("Max-Age=0") {
                true => drop(cookies.remove(name)),
                false => drop(cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        response
    }
}

pub(crate) async fn send(method: Method, url: &str, cookies: &str, form: String) -> Response {
    let headers: &[_] = if form.is_empty() { &[] } else { &[wire::FORM] };
    wire::send(method, url, cookies, headers, &form).await.response
}

pub(crate) fn location(response: &Response) -> String {
    assert_eq!(response.status, 303);
    response.headers["location"].to_str().unwrap().to_owned()
}

pub(crate) fn text(response: &Response) -> String {
    String::from_utf8(response.body.clone()).unwrap()
}

/// Sessions in memory, in a store that takes nothing while it is down.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sessions {
    store: MemoryStore,
    pub(crate) is_down: Arc<AtomicBool>,
    /// It cannot read what it has.
    pub(crate) is_garbled: Arc<AtomicBool>,
    /// It cannot read the marks among it.
    pub(crate) has_garbled_marks: Arc<AtomicBool>,
    /// It takes nothing new, and all else.
    pub(crate) is_full: Arc<AtomicBool>,
    /// How often something was looked for.
    pub(crate) loads: Arc<AtomicUsize>,
    /// How often something new was kept.
    pub(crate) made: Arc<AtomicUsize>,
}

impl Sessions {
    fn up(&self) -> session_store::Result<()> {
        match self.is_down.load(Ordering::SeqCst) {
            true => Err(session_store::Error::Backend("down".to_owned())),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        self.up()?;
        if self.is_full.load(Ordering::SeqCst) {
            return Err(session_store::Error::Backend("full".to_owned()));
        }
        self.made.fetch_add(1, Ordering::SeqCst);
        self.store.create(record).await
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        self.up()?;
        self.store.save(record).await
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        if self.is_garbled.load(Ordering::SeqCst) {
            return Err(session_store::Error::Decode("planted".to_owned()));
        }
        let mut found = self.store.load(id).await?;
        if self.has_garbled_marks.load(Ordering::SeqCst) {
            let mark = found.as_mut().and_then(|record| record.data.get_mut("hallpass.mark"));
            mark.into_iter().for_each(|mark| *mark = "planted".into());
        }
        Ok(found)
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.up()?;
        self.store.delete(id).await
    }
}

/// Stands still until it is turned: at the machine's time, which tower-sessions goes by.
#[derive(Debug)]
pub(crate) struct TestClock(Mutex<SystemTime>);

impl TestClock {
    fn new() -> Self {
        Self(Mutex::new(SystemTime::now()))
    }

    pub(crate) fn turn(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}
