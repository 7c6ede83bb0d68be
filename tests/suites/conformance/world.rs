use std::{
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hallpass_core::{
    ClientConfig, Error, OAuth2Client, OAuth2Token, Profile, Result, VerifiedClaims,
};
use hallpass_openid::{BackchannelLogout, MemoryReplayStore, OpenId, OpenIdOAuth2};
use hallpass_testkit::{LocalProvider, LocalProviderBuilder, LoggedRequest, Tamper};

use crate::row::{Asks, Case, Lie};

/// When everything begins, in seconds since 1970.
pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const CALLBACK: &str = "https://app.test/callback";

/// A provider and an application with one user, who signs in there.
pub(crate) struct World {
    pub(crate) local: LocalProvider,
    pub(crate) client: OpenIdOAuth2,
    pub(crate) logout: BackchannelLogout,
    clock: Arc<Clock>,
    app: Mutex<App>,
    /// How many requests there were before the part that counts.
    before: AtomicUsize,
}

/// What the application has.
#[derive(Default)]
pub(crate) struct App {
    /// Of the user who is signed in.
    pub(crate) session: Option<OAuth2Token>,
    pub(crate) profile: Option<Profile>,
    /// Where the browser was last sent to sign in or out.
    pub(crate) url: String,
    /// Where the user goes on after the login.
    pub(crate) target: Option<String>,
    /// What else is asked of the authorization page.
    pub(crate) asks: Option<Asks>,
    /// What becomes of a message that others send to the application.
    pub(crate) inbound: Option<fn(&str) -> String>,
}

impl World {
    pub(crate) async fn new(case: &Case, is_honest: bool) -> Self {
        let clock = Arc::new(Clock(AtomicU64::new(NOW)));
        let shared = || Arc::clone(&clock) as Arc<dyn hallpass_core::Clock>;
        let builder = LocalProvider::builder().with_openid().with_clock(shared());
        let mut builder: LocalProviderBuilder = (case.provider)(builder);
        if let (Lie::Built(change), false) = (case.lie, is_honest) {
            builder = change(builder);
        }
        let local = builder.start().await.unwrap();
        let provider = (case.client)(OpenId::new("local", local.issuer()));
        let client = OAuth2Client::new(provider, (case.config)(&local)).unwrap();
        let replays = MemoryReplayStore::new().with_clock(shared());
        let world = Self {
            local,
            client: client.with_clock(shared()),
            logout: BackchannelLogout::new(Arc::new(replays)),
            clock,
            app: Mutex::new(App { asks: Some(case.asks), ..App::default() }),
            before: AtomicUsize::new(0),
        };
        (case.begins)(&world);
        world
    }

    pub(crate) fn app(&self) -> MutexGuard<'_, App> {
        // Not `lock`: a row that holds it twice fails instead of waiting for itself.
        self.app.try_lock().unwrap()
    }

    /// From now on the provider, or somebody on the way, lies.
    pub(crate) fn lie(&self, lie: Lie) {
        self.before.store(self.local.requests().len(), Ordering::Relaxed);
        match lie {
            Lie::None | Lie::Built(_) => {}
            Lie::IdToken(change) => self.local.tamper(Tamper::id_token(change)),
            Lie::Refreshed(change) => self.local.tamper(Tamper::refreshed_id_token(change)),
            Lie::LogoutToken(change) => self.local.tamper(Tamper::logout_token(change)),
            Lie::Inbound(change) => self.app().inbound = Some(change),
            Lie::Asked(asks) => self.app().asks = Some(asks),
            Lie::Told(tell) => tell(self),
        }
    }

    /// The requests that the provider saw in the part that counts.
    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        self.local.requests().split_off(self.before.load(Ordering::Relaxed))
    }

    /// What they were for: `token jwks`.
    pub(crate) fn sent(&self) -> String {
        self.requests().iter().map(LoggedRequest::operation).collect::<Vec<_>>().join(" ")
    }

    /// The last one of its kind.
    pub(crate) fn last(&self, operation: &str) -> LoggedRequest {
        let mut requests = self.requests().into_iter().rev();
        let found = requests.find(|request| request.operation() == operation);
        found.unwrap_or_else(|| panic!("no request was for {operation}"))
    }

    pub(crate) fn token(&self) -> OAuth2Token {
        self.app().session.clone().expect("nobody is signed in")
    }

    pub(crate) fn claims(&self) -> VerifiedClaims {
        self.token().claims().expect("there is no verified ID token").clone()
    }

    pub(crate) fn profile(&self) -> Profile {
        self.app().profile.clone().expect("nobody has a profile")
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, Ordering::Relaxed);
    }

    /// A message from outside, as it arrives.
    pub(crate) fn arriving(&self, message: &str) -> String {
        let change = self.app().inbound.unwrap_or(str::to_owned);
        change(message)
    }
}

/// The provider's own client.
pub(crate) fn own_client(local: &LocalProvider) -> ClientConfig {
    local.client_config(CALLBACK).unwrap()
}

/// Asserts that something went well.
#[track_caller]
pub(crate) fn well<T>(result: Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("it should go well: {}", shown(&error)))
}

/// What an error is known by.
pub(crate) fn word(error: &Error) -> Option<&str> {
    error.reason().or_else(|| error.oauth().map(hallpass_core::OAuthError::code))
}

pub(crate) fn shown(error: &Error) -> String {
    format!("{:?} {:?}: {error}", error.kind(), word(error).unwrap_or_default())
}

/// A clock that stands until it is turned.
#[derive(Debug)]
pub(crate) struct Clock(AtomicU64);

impl hallpass_core::Clock for Clock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}
