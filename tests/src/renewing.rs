//! Processes that share a store, and one expired token in it: `programs/renewing.rs` is one of
//! them. They are started together, or killed on their way.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use hallpass_core::{Error, OAuth2Client, OAuth2Token, Result, Secret};
use hallpass_session::{
    AtRest, PostgresStore, RedisStore, SqliteStore, TokenManager, TokenStore, Version,
};
use hallpass_testkit::{Fault, Local, LocalProvider, LocalProviderBuilder, User};

use crate::Failure;

/// The name of the provider, which is part of the key.
pub const PROVIDER: &str = "local";
/// Short, since whoever comes after a killed one waits for its end; long enough for a renewal on a
/// busy machine.
pub const LEASE: Duration = Duration::from_secs(12);

/// The store that a text names: `sqlite:` and a path, or the URL of a server.
///
/// # Errors
///
/// As the store's own, and `Config` for any other text.
pub async fn open(store: &str) -> Result<Arc<dyn TokenStore>> {
    let plain = AtRest::dangerously_plain();
    Ok(match store.split_once(':') {
        Some(("sqlite", path)) => Arc::new(SqliteStore::open(path, plain).await?),
        Some(("redis", _)) => Arc::new(RedisStore::connect(store, plain).await?),
        Some(("postgres" | "postgresql", _)) => {
            Arc::new(PostgresStore::connect(store, plain).await?)
        }
        _ => return Err(Error::config("no such store")),
    })
}

/// A point of a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Point {
    /// The token was found to be over.
    BeforeLease,
    /// The lease is held.
    AfterLease,
    /// The request is made, and not sent.
    BeforeRequest,
    /// The provider has carried it out, and its answer is on the way.
    InFlight,
    /// The answer is here.
    AfterRequest,
    /// It is read, and not stored.
    BeforeWrite,
    /// It is stored, and the lease still held.
    AfterWrite,
    /// The same, a little later.
    BeforeRelease,
    /// The lease is given back, and nobody has the token yet.
    AfterRelease,
}

impl Point {
    /// All, in their order.
    pub const ALL: [Self; 9] = [
        Self::BeforeLease,
        Self::AfterLease,
        Self::BeforeRequest,
        Self::InFlight,
        Self::AfterRequest,
        Self::BeforeWrite,
        Self::AfterWrite,
        Self::BeforeRelease,
        Self::AfterRelease,
    ];

    /// What the program calls it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BeforeLease => "before-lease",
            Self::AfterLease => "after-lease",
            Self::BeforeRequest => "before-request",
            Self::InFlight => "in-flight",
            Self::AfterRequest => "after-request",
            Self::BeforeWrite => "before-write",
            Self::AfterWrite => "after-write",
            Self::BeforeRelease => "before-release",
            Self::AfterRelease => "after-release",
        }
    }

    /// The point of that name; none for any other.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|point| point.as_str() == name)
    }

    /// Whether the provider has given a new token, and no store has it.
    #[must_use]
    pub fn loses_a_token(self) -> bool {
        matches!(self, Self::InFlight | Self::AfterRequest | Self::BeforeWrite)
    }

    /// Whether the new token is in the store.
    #[must_use]
    pub fn is_after_the_write(self) -> bool {
        matches!(self, Self::AfterWrite | Self::BeforeRelease | Self::AfterRelease)
    }
}

/// A user whose token is over, at a provider that counts requests.
#[derive(Debug)]
pub struct World {
    local: LocalProvider,
    client: Arc<OAuth2Client<Local>>,
    program: String,
    store: String,
    user: String,
}

impl World {
    /// With an expired token in the store, under a key of its own.
    ///
    /// # Errors
    ///
    /// If provider or store cannot be reached.
    pub async fn new(
        program: &str,
        store: &str,
        of_kind: impl FnOnce(LocalProviderBuilder) -> LocalProviderBuilder,
    ) -> Result<Self> {
        let local = of_kind(LocalProvider::builder()).start().await?;
        let config = local.client_config("https://app.test/callback")?;
        let client = Arc::new(OAuth2Client::new(local.provider(), config)?);
        let user = format!("ada {:x}", Version::random().get());
        let (program, store) = (program.to_owned(), store.to_owned());
        let world = Self { local, client, program, store, user };
        let stored = world.login().await?.expose_for_storage();
        let mut stored: serde_json::Value = serde_json::from_str(stored.expose())
            .map_err(|error| Error::malformed("the stored form").with_source(error))?;
        stored["expires_at"] = 1.into();
        stored["issued_at"] = 0.into();
        world.keep(OAuth2Token::from_storage(&Secret::new(stored.to_string()))?).await?;
        world.local.clear_requests();
        Ok(world)
    }

    /// The token of another login.
    ///
    /// # Errors
    ///
    /// If the provider cannot be reached.
    pub async fn login(&self) -> Result<OAuth2Token> {
        let login = self.client.authorize().start().await?;
        let landing = self.local.browser().sign_in(&login.url, User::first()).await?;
        self.client.get_access_token(landing.callback()?, login.pending).await
    }

    /// Stores a login's token, as the application does.
    ///
    /// # Errors
    ///
    /// If the store cannot be reached.
    pub async fn keep(&self, token: OAuth2Token) -> Result<()> {
        let client = Arc::<OAuth2Client<Local>>::clone(&self.client);
        let manager = TokenManager::new(client, open(&self.store).await?);
        manager.sign_in(&self.user, token).await.map(drop)
    }

    /// How many token requests the provider has carried out or refused.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.local.count("token")
    }

    /// Something that goes wrong at the provider.
    pub fn fault(&self, fault: Fault) {
        self.local.fault(fault);
    }

    /// A process that wants the token.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start(&self, stop_at: Option<Point>) -> std::result::Result<Process, Failure> {
        let secret = self.local.client_secret();
        let provider = [self.local.base_url(), self.local.client_id(), secret.expose()];
        let rest = [&*self.store, &*self.user, stop_at.map_or("never", Point::as_str)];
        Process::start(&self.program, &[provider, rest].concat())
    }
}

/// A running process; dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Process {
    /// A program of this package.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start(program: &str, arguments: &[&str]) -> std::result::Result<Self, Failure> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(Failure::of("cannot be run"))?;
        let stdout = child.stdout.take().map(BufReader::new);
        Ok(Self { child, stdout })
    }

    /// What the operating system calls it.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it prints; empty at its end.
    pub async fn line(&mut self) -> String {
        let Some(mut stdout) = self.stdout.take() else { return String::new() };
        let read = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            let _ = stdout.read_line(&mut line);
            (stdout, line.trim_end().to_owned())
        });
        let Ok((stdout, line)) = read.await else { return String::new() };
        self.stdout = Some(stdout);
        line
    }

    /// Ends it with SIGKILL, wherever it is.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
