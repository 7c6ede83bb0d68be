use std::{
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use hallpass_core::{
    BaseOAuth2, Clock, Error, HttpClient, OAuth2Client, OAuth2Token, Request, ReqwestClient,
    Response, Result, Secret,
};
use hallpass_session::{
    Entry, Lease, MemoryStore, TokenEvent, TokenKey, TokenListener, TokenManager, TokenReason,
    TokenStore, Version,
};
use hallpass_testkit::{Local, LocalProvider, LocalProviderBuilder, User};

/// A clock that is put forward by hand.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn forward(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl TestClock {
    pub(crate) fn back(&self, seconds: u64) {
        self.0.fetch_sub(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// A provider, a client of it, a store, and a manager over the two.
pub(crate) struct World {
    pub(crate) local: LocalProvider,
    pub(crate) client: Arc<OAuth2Client<Local>>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) manager: TokenManager,
    pub(crate) heard: Arc<Heard>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|provider| provider).await
    }

    /// With a provider of another kind.
    pub(crate) async fn with(
        of_kind: impl FnOnce(LocalProviderBuilder) -> LocalProviderBuilder,
    ) -> Self {
        let clock = Arc::new(TestClock(AtomicU64::new(1_800_000_000)));
        let turned: Arc<dyn Clock> = Arc::<TestClock>::clone(&clock);
        let local = LocalProvider::builder().with_clock(Arc::clone(&turned));
        let local = of_kind(local).start().await.unwrap();
        let config = local.client_config("https://app.test/callback").unwrap();
        let client = OAuth2Client::new(local.provider(), config).unwrap();
        let client = Arc::new(client.with_clock(Arc::clone(&turned)));
        let store = Arc::new(MemoryStore::new());
        let heard = Arc::new(Heard::default());
        let manager = manager(&client, Arc::<MemoryStore>::clone(&store), &clock);
        let manager = manager.with_listener(Arc::<Heard>::clone(&heard));
        Self { local, client, clock, store, manager, heard }
    }

    /// Another process over the same store.
    pub(crate) fn elsewhere(&self) -> TokenManager {
        manager(&self.client, Arc::<MemoryStore>::clone(&self.store), &self.clock)
    }

    /// Another process, and what becomes of its calls of the store.
    pub(crate) fn over(&self, before: impl Before + 'static) -> TokenManager {
        let store = Between { store: Arc::<MemoryStore>::clone(&self.store), before };
        manager(&self.client, Arc::new(store), &self.clock)
    }

    /// Another process in which every wait takes some while by chance: of the store, of the
    /// provider, of the listener.
    pub(crate) fn jittery(&self) -> TokenManager {
        let client = OAuth2Client::clone(&self.client);
        let client = client.with_http_client(Arc::new(JitterHttp::default()));
        let store = Between { store: Arc::<MemoryStore>::clone(&self.store), before: Jitter };
        manager(&Arc::new(client), Arc::new(store), &self.clock).with_listener(Arc::new(Jitter))
    }

    /// The user's token in the store.
    pub(crate) async fn stored(&self) -> Option<OAuth2Token> {
        let entry = self.store.load(&self.manager.key("ada")).await.unwrap()?;
        Some(OAuth2Token::from_storage(&entry.token).unwrap())
    }

    /// The token of a login.
    pub(crate) async fn login(&self) -> OAuth2Token {
        let login = self.client.authorize().start().await.unwrap();
        let landing = self.local.browser().sign_in(&login.url, User::first()).await.unwrap();
        let callback = landing.callback().unwrap();
        self.client.get_access_token(callback, login.pending).await.unwrap()
    }

    /// How many refresh requests the provider was sent.
    pub(crate) fn refreshes(&self) -> usize {
        let requests = self.local.requests();
        let is_refresh = |grant: &str| grant == "refresh_token";
        requests
            .iter()
            .filter(|it| it.param("grant_type").as_deref().is_some_and(is_refresh))
            .count()
    }
}

pub(crate) fn manager(
    client: &Arc<OAuth2Client<Local>>,
    store: Arc<dyn TokenStore>,
    clock: &Arc<TestClock>,
) -> TokenManager {
    let client: Arc<dyn BaseOAuth2> = Arc::<OAuth2Client<Local>>::clone(client);
    TokenManager::new(client, store).with_clock(Arc::<TestClock>::clone(clock))
}

/// What a listener was told: reason, and whether there was an old token.
#[derive(Debug, Default)]
pub(crate) struct Heard(Mutex<Vec<(TokenReason, bool)>>);

impl Heard {
    pub(crate) fn all(&self) -> Vec<(TokenReason, bool)> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl TokenListener for Heard {
    async fn on_token(&self, event: TokenEvent<'_>) {
        self.0.lock().unwrap().push((event.reason, event.old.is_some()));
    }
}

/// A store in front of another, that does to each call what a test says.
#[derive(Debug)]
pub(crate) struct Between<F> {
    pub(crate) store: Arc<dyn TokenStore>,
    pub(crate) before: F,
}

/// What is done before a call of that name is carried out; an error is its answer.
#[async_trait]
pub(crate) trait Before: std::fmt::Debug + Send + Sync {
    async fn before(&self, call: &'static str) -> Result<()>;

    /// What is done once it was carried out; an error is its answer, too.
    async fn after(&self, _call: &'static str) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl<F: Before> TokenStore for Between<F> {
    async fn load(&self, key: &TokenKey) -> Result<Option<Entry>> {
        self.before.before("load").await?;
        let kept = self.store.load(key).await?;
        self.before.after("load").await?;
        Ok(kept)
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<Version>,
        token: &Secret,
    ) -> Result<Option<Version>> {
        self.before.before("compare_and_swap").await?;
        let written = self.store.compare_and_swap(key, expected, token).await?;
        self.before.after("compare_and_swap").await?;
        Ok(written)
    }

    async fn delete(&self, key: &TokenKey) -> Result<()> {
        self.before.before("delete").await?;
        self.store.delete(key).await?;
        self.before.after("delete").await
    }

    async fn lease(&self, key: &TokenKey, length: Duration) -> Result<Option<Lease>> {
        self.before.before("lease").await?;
        let lease = self.store.lease(key, length).await?;
        self.before.after("lease").await?;
        Ok(lease)
    }

    async fn release(&self, lease: Lease, is_in_doubt: bool) -> Result<()> {
        self.before.before("release").await?;
        self.store.release(lease, is_in_doubt).await?;
        self.before.after("release").await
    }
}

/// Of all calls of one name, those of these numbers fail: before they are carried out, or after.
#[derive(Debug)]
pub(crate) struct Away {
    call: &'static str,
    numbers: Range<u32>,
    is_after: bool,
    seen: AtomicU32,
}

impl Away {
    pub(crate) fn before(call: &'static str, numbers: Range<u32>) -> Self {
        Self { call, numbers, is_after: false, seen: AtomicU32::new(0) }
    }

    pub(crate) fn after(call: &'static str, numbers: Range<u32>) -> Self {
        Self { is_after: true, ..Self::before(call, numbers) }
    }

    fn answer(&self, call: &str) -> Result<()> {
        if call == self.call && self.numbers.contains(&self.seen.fetch_add(1, Ordering::SeqCst)) {
            return Err(Error::transport("down").with_reason("store"));
        }
        Ok(())
    }
}

#[async_trait]
impl Before for Away {
    async fn before(&self, call: &'static str) -> Result<()> {
        if self.is_after { Ok(()) } else { self.answer(call) }
    }

    async fn after(&self, call: &'static str) -> Result<()> {
        if self.is_after { self.answer(call) } else { Ok(()) }
    }
}

/// Lets others run for a while that is never the same.
#[derive(Debug)]
pub(crate) struct Jitter;

#[async_trait]
impl Before for Jitter {
    async fn before(&self, _: &'static str) -> Result<()> {
        for _ in 0..rand::random_range(0..8_u8) {
            tokio::task::yield_now().await;
        }
        if rand::random_bool(0.3) {
            tokio::time::sleep(Duration::from_micros(rand::random_range(0..2_000))).await;
        }
        Ok(())
    }

    async fn after(&self, call: &'static str) -> Result<()> {
        self.before(call).await
    }
}

/// The same before and after each request.
#[derive(Debug, Default)]
pub(crate) struct JitterHttp(ReqwestClient);

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for JitterHttp {
    async fn send(&self, request: Request) -> Result<Response> {
        Jitter.before("send").await?;
        let response = self.0.send(request).await?;
        Jitter.after("send").await?;
        Ok(response)
    }
}

#[async_trait]
impl TokenListener for Jitter {
    async fn on_token(&self, _: TokenEvent<'_>) {
        let _ = Jitter.before("on_token").await;
    }
}

/// Every call of one name takes so long.
#[derive(Debug)]
pub(crate) struct Slow(pub(crate) &'static str, pub(crate) Duration);

#[async_trait]
impl Before for Slow {
    async fn before(&self, call: &'static str) -> Result<()> {
        if call == self.0 {
            tokio::time::sleep(self.1).await;
        }
        Ok(())
    }
}
