//! The processes: Redis, two instances of the router, and the provider, which is in this one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hallpass_axum::web::SealingKeys;
use hallpass_testkit::{LocalClient, LocalProvider, LocalUser};
use hallpass_tests::{
    renewing::Process,
    server::{RealServer, free_ports},
};
use tempfile::TempDir;
use tokio::{sync::Mutex, time::sleep};

use crate::{
    ledger::Ledger,
    options::Options,
    plan::{Ailment, Step, Trouble},
    weather::{Cause, Weather},
};

/// Of an access token: each is renewed many times in a run.
const TOKEN_LIFETIME: Duration = Duration::from_secs(5);
/// To be there again.
const START_LIMIT: Duration = Duration::from_secs(60);
const CLIENT: (&str, &str) = ("soak", "the secret of the soak");

pub(crate) struct World {
    pub(crate) ledger: Ledger,
    pub(crate) weather: Weather,
    pub(crate) counts: Mutex<Counts>,
    /// How many times as long as is said a trouble may be felt.
    pub(crate) leniency: u32,
    /// Never killed: its memory and its descriptors are looked at.
    steady: Process,
    /// Killed at any time.
    other: Mutex<Option<Process>>,
    redis: Mutex<Option<RealServer>>,
    provider: Mutex<Option<LocalProvider>>,
    settings: Settings,
}

/// What went wrong, and what the provider saw.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) routers: u32,
    pub(crate) redises: u32,
    pub(crate) providers: u32,
    pub(crate) spells: u32,
    /// Tokens that the provider gave for a code, and for a refresh token.
    pub(crate) codes: u64,
    pub(crate) refreshes: u64,
}

/// What stays the same through every restart.
struct Settings {
    ports: [u16; 4],
    key: String,
    /// Redis's file is in it.
    folder: TempDir,
    users: usize,
    /// What an instance waits for the provider.
    provider_limit: Duration,
}

/// Who can sign in: id and name.
pub(crate) fn user(number: usize) -> (String, String) {
    (format!("id-{number}"), format!("user-{number}"))
}

impl Settings {
    fn new(options: &Options) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("hallpass-soak-").tempdir();
        Ok(Self {
            ports: free_ports().ok_or("no four ports are free")?,
            key: SealingKeys::generate_key().expose().to_owned(),
            folder: folder.map_err(|error| format!("no folder: {error}"))?,
            users: options.users,
            provider_limit: options.provider_limit(),
        })
    }

    fn url(&self, at: usize) -> String {
        format!("http://127.0.0.1:{}", self.ports[at])
    }

    fn redis_url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.ports[REDIS])
    }

    async fn router(&self, at: usize) -> Result<Process, String> {
        let program = program()?;
        let port = self.ports[at].to_string();
        let (base, provider, redis) = (self.url(STEADY), self.url(PROVIDER), self.redis_url());
        let limit = self.provider_limit.as_secs().to_string();
        let (id, secret) = CLIENT;
        let arguments = ["router", &port, &base, &redis, &self.key, &provider, &limit, id, secret];
        let began = Instant::now();
        loop {
            let mut process = Process::start(&program, &arguments).map_err(|it| it.to_string())?;
            let line = process.line().await;
            if line == self.url(at) {
                return Ok(process);
            }
            if began.elapsed() > START_LIMIT {
                return Err(format!("a router does not start: {line}"));
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn redis(&self) -> Result<RealServer, String> {
        let port = self.ports[REDIS].to_string();
        let data = self.folder.path().display().to_string();
        let began = Instant::now();
        loop {
            let (port, data) = (port.clone(), data.clone());
            // It waits, and not as a future does.
            let start = tokio::task::spawn_blocking(move || {
                RealServer::start("redis", &["--port", &port, "--data", &data])
            });
            match start.await {
                Ok(Ok(server)) => return Ok(server),
                Ok(Err(error)) if began.elapsed() > START_LIMIT => return Err(error.to_string()),
                Ok(Err(_)) => sleep(Duration::from_millis(100)).await,
                Err(error) => return Err(format!("Redis is not started: {error}")),
            }
        }
    }

    async fn provider(&self) -> Result<LocalProvider, String> {
        let builder = (0..self.users).fold(LocalProvider::builder(), |builder, number| {
            let (id, name) = user(number);
            builder.with_user(LocalUser::new(id, name))
        });
        let builder = builder
            .with_client(LocalClient::new(CLIENT.0).with_secret(CLIENT.1))
            .with_port(self.ports[PROVIDER])
            .with_access_token_lifetime(TOKEN_LIFETIME);
        builder.start().await.map_err(|error| format!("no provider: {error}"))
    }
}

const STEADY: usize = 0;
const OTHER: usize = 1;
const REDIS: usize = 2;
const PROVIDER: usize = 3;

/// This one, even if a build has put another in its place since: Linux keeps it as long as it runs.
fn program() -> Result<String, String> {
    if cfg!(target_os = "linux") {
        return Ok("/proc/self/exe".to_owned());
    }
    let program = std::env::current_exe().map_err(|error| format!("no program: {error}"))?;
    program.into_os_string().into_string().map_err(|_| "the program's path is no text".to_owned())
}

impl World {
    pub(crate) async fn start(options: &Options) -> Result<Arc<Self>, String> {
        let settings = Settings::new(options)?;
        let redis = settings.redis().await?;
        let provider = settings.provider().await?;
        let steady = settings.router(STEADY).await?;
        let other = settings.router(OTHER).await?;
        Ok(Arc::new(Self {
            ledger: Ledger::default(),
            weather: Weather::default(),
            counts: Mutex::default(),
            leniency: options.leniency(),
            steady,
            other: Mutex::new(Some(other)),
            redis: Mutex::new(Some(redis)),
            provider: Mutex::new(Some(provider)),
            settings,
        }))
    }

    /// Of the instance that is never killed.
    pub(crate) fn steady_process(&self) -> u32 {
        self.steady.id()
    }

    /// Where the provider sends browsers back to.
    pub(crate) fn base(&self) -> String {
        self.settings.url(STEADY)
    }

    pub(crate) fn instances(&self) -> [String; 2] {
        [self.settings.url(STEADY), self.settings.url(OTHER)]
    }

    /// Something goes wrong, stays so for a while, and is well again.
    pub(crate) async fn suffer(&self, step: &Step) -> Result<(), String> {
        let causes: &[Cause] = match &step.trouble {
            Trouble::Router => &[Cause::Router],
            Trouble::Redis => &[Cause::Redis],
            Trouble::Provider => &[Cause::Provider, Cause::Grant],
            Trouble::Everything => &[Cause::Router, Cause::Redis, Cause::Provider, Cause::Grant],
            Trouble::Ailing(all) if all.iter().any(|one| one.costs_a_grant()) => {
                &[Cause::Provider, Cause::Grant]
            }
            Trouble::Ailing(_) => &[Cause::Provider],
        };
        let begun = self.weather.begins(causes, Instant::now());
        let suffered = match &step.trouble {
            Trouble::Ailing(ailments) => self.ail(ailments, step.lasting).await,
            Trouble::Router => self.restart(&[OTHER], step.lasting).await,
            Trouble::Redis => self.restart(&[REDIS], step.lasting).await,
            Trouble::Provider => self.restart(&[PROVIDER], step.lasting).await,
            Trouble::Everything => self.restart(&[OTHER, REDIS, PROVIDER], step.lasting).await,
        };
        self.weather.ends(&begun, Instant::now());
        self.tally().await;
        suffered
    }

    async fn ail(&self, ailments: &[Ailment], lasting: Duration) -> Result<(), String> {
        self.counts.lock().await.spells += 1;
        let limit = self.settings.provider_limit;
        if let Some(provider) = &*self.provider.lock().await {
            ailments.iter().for_each(|ailment| provider.fault(ailment.fault(limit)));
        }
        // Some requests must have met them.
        sleep(lasting + Duration::from_millis(500)).await;
        if let Some(provider) = &*self.provider.lock().await {
            provider.clear_faults();
        }
        // A request that met one may still be under way.
        sleep(limit).await;
        Ok(())
    }

    async fn restart(&self, which: &[usize], lasting: Duration) -> Result<(), String> {
        for &at in which {
            match at {
                // Either is killed as it goes.
                OTHER => drop(self.other.lock().await.take()),
                REDIS => drop(self.redis.lock().await.take()),
                _ => {
                    self.tally().await;
                    if let Some(provider) = self.provider.lock().await.take() {
                        provider.stop().await;
                    }
                }
            }
        }
        sleep(lasting).await;
        // Instances need Redis to start.
        for &at in which.iter().rev() {
            match at {
                OTHER => *self.other.lock().await = Some(self.settings.router(OTHER).await?),
                REDIS => *self.redis.lock().await = Some(self.settings.redis().await?),
                _ => *self.provider.lock().await = Some(self.settings.provider().await?),
            }
            let mut counts = self.counts.lock().await;
            match at {
                OTHER => counts.routers += 1,
                REDIS => counts.redises += 1,
                _ => counts.providers += 1,
            }
        }
        Ok(())
    }

    /// Counts what the provider gave, and lets it forget the requests.
    pub(crate) async fn tally(&self) {
        let provider = self.provider.lock().await;
        let Some(provider) = &*provider else { return };
        let requests = provider.requests();
        provider.clear_requests();
        let given = requests.iter().filter(|it| {
            it.operation() == "token" && it.status().is_some_and(|status| status.is_success())
        });
        let (mut codes, mut refreshes) = (0, 0);
        for request in given {
            match request.param("grant_type").as_deref() {
                Some("refresh_token") => refreshes += 1,
                _ => codes += 1,
            }
        }
        let mut counts = self.counts.lock().await;
        counts.codes += codes;
        counts.refreshes += refreshes;
    }
}
