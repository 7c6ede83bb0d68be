use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use axum::{Router, routing::get};
use hallpass_axum::{
    Decision, Identity, LoginContext, SessionEnd, SignIn, SignInHooks,
    web::{self, SealingKeys},
};
use hallpass_core::{BaseOAuth2, Error, OAuth2Client, Result};
use hallpass_openid::OpenId;
use hallpass_testkit::{Browser, LocalProvider, LocalProviderBuilder, User};
use tokio::{net::TcpListener, sync::oneshot};

/// An application with one provider, and what it was told.
pub(crate) struct App {
    pub(crate) local: LocalProvider,
    pub(crate) base: String,
    pub(crate) told: Arc<Told>,
}

/// What the hooks were told, and what they say to the next login.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) logins: Mutex<Vec<String>>,
    pub(crate) logouts: Mutex<Vec<String>>,
    /// Why, of each of them.
    pub(crate) ends: Mutex<Vec<SessionEnd>>,
    pub(crate) decision: Mutex<Option<Decision>>,
    pub(crate) is_banned: AtomicBool,
    /// What the next login ends with instead.
    pub(crate) login_error: Mutex<Option<Error>>,
    /// The next login says that it has begun to decide, and waits for a word to go on.
    pub(crate) held: Mutex<Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>>,
    /// What the next question about a session ends with instead.
    pub(crate) check_error: Mutex<Option<Error>>,
}

#[async_trait]
impl SignInHooks for Told {
    async fn on_login(&self, login: LoginContext<'_>) -> Result<Decision> {
        let who = format!("{} to {}", login.identity.id, login.return_to);
        self.logins.lock().unwrap().push(who);
        let held = self.held.lock().unwrap().take();
        if let Some((deciding, goes_on)) = held {
            deciding.send(()).unwrap();
            goes_on.await.unwrap();
        }
        if let Some(error) = self.login_error.lock().unwrap().take() {
            return Err(error);
        }
        Ok(self.decision.lock().unwrap().take().unwrap_or(Decision::Allow))
    }

    async fn check_session(&self, _: &web::Identity) -> Result<bool> {
        if let Some(error) = self.check_error.lock().unwrap().take() {
            return Err(error);
        }
        Ok(!self.is_banned.load(Ordering::SeqCst))
    }

    async fn on_logout(&self, identity: &web::Identity, why: SessionEnd) {
        self.ends.lock().unwrap().push(why);
        self.logouts.lock().unwrap().push(identity.id.clone());
    }
}

impl App {
    pub(crate) async fn start() -> Self {
        Self::with(|provider| provider).await
    }

    pub(crate) async fn guarded() -> Self {
        Self::of(|provider| provider, true).await
    }

    /// With a provider that is found by its issuer, and signs ID tokens.
    pub(crate) async fn openid() -> Self {
        Self::of_client(LocalProviderBuilder::with_openid, false, openid_client).await
    }

    pub(crate) async fn with(
        of_kind: impl FnOnce(LocalProviderBuilder) -> LocalProviderBuilder,
    ) -> Self {
        Self::of(of_kind, false).await
    }

    async fn of(
        of_kind: impl FnOnce(LocalProviderBuilder) -> LocalProviderBuilder,
        is_guarded: bool,
    ) -> Self {
        Self::of_client(of_kind, is_guarded, client).await
    }

    pub(crate) async fn of_client(
        of_kind: impl FnOnce(LocalProviderBuilder) -> LocalProviderBuilder,
        is_guarded: bool,
        client: impl FnOnce(&LocalProvider) -> Arc<dyn BaseOAuth2>,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let local = of_kind(LocalProvider::builder()).start().await.unwrap();
        let told = Arc::new(Told::default());
        let sign_in = SignIn::new(&base, SealingKeys::generate()).unwrap();
        let sign_in = sign_in.name("Pocket Shop").hooks(Arc::<Told>::clone(&told));
        let sign_in = sign_in.provider(client(&local)).unwrap();
        let app = Router::new()
            .route("/", get(|who: Option<Identity>| async move { said(who) }))
            .route("/mine", get(|who: Identity| async move { who.0.id }))
            .route("/docs/a", get(|| async { "for all" }))
            .route("/docsx", get(|| async { "for some" }))
            .route("/api", get(|| async { "data" }));
        let sign_in = match is_guarded {
            true => sign_in.require_login(["/", "/docs"]).unwrap(),
            false => sign_in,
        };
        let app = sign_in.attach(app);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { local, base, told }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Clicks the button, is the user at the provider, and comes back.
    pub(crate) async fn sign_in(&self, browser: &Browser, path: &str, user: User) -> (u16, String) {
        let page = browser.open(self.at(path)).await.unwrap();
        let landing = browser.sign_in(page.url(), user).await.unwrap();
        let page = browser.deliver(&landing).await.unwrap();
        (page.status().as_u16(), page.url().to_owned())
    }

    /// What a page says.
    pub(crate) async fn read(&self, browser: &Browser, path: &str) -> (u16, String) {
        let page = browser.open(self.at(path)).await.unwrap();
        (page.status().as_u16(), page.text().to_owned())
    }
}

fn said(who: Option<Identity>) -> String {
    who.map_or_else(|| "nobody".to_owned(), |who| who.name.clone().unwrap_or_default())
}

pub(crate) fn client(local: &LocalProvider) -> Arc<dyn BaseOAuth2> {
    let config = local.client_config("https://never.test/used").unwrap();
    Arc::new(OAuth2Client::new(local.provider(), config).unwrap())
}

fn openid_client(local: &LocalProvider) -> Arc<dyn BaseOAuth2> {
    let config = local.client_config("https://never.test/used").unwrap();
    let provider: OpenId = OpenId::new("local", local.issuer());
    Arc::new(OAuth2Client::new(provider, config).unwrap())
}
