use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use hallpass_core::{
    ClientAuth, Clock, Descriptor, Error, Provider as _, Result, Secret, SystemClock, url::Url,
};
use tokio::{net::TcpListener, runtime::Handle};

use super::{
    LocalProvider,
    client::LocalClient,
    fault::Faults,
    grants::{Ledger, unguessable},
    log::Log,
    origins::Origins,
    page::Person,
    provider::{Local, Traits},
    script::{self, Script},
    server::Server,
    shared::{Settings, Shared},
    user::LocalUser,
};

/// A [`LocalProvider`] about to start.
#[derive(Debug)]
#[must_use]
pub struct LocalProviderBuilder {
    pub(super) emulated: Option<(Descriptor, Vec<(String, String)>)>,
    port: u16,
    settings: Settings,
    has_own_users: bool,
    refresh: bool,
    plain_pkce: bool,
    form_post: bool,
    #[cfg(feature = "openid")]
    pub(super) openid: Option<super::openid::Settings>,
}

impl LocalProviderBuilder {
    pub(super) fn new() -> Self {
        let own = LocalClient::new(unguessable()).with_secret(unguessable());
        Self {
            emulated: None,
            port: 0,
            settings: Settings {
                clock: Arc::new(SystemClock),
                clients: vec![own.with_name("Application under test")],
                users: LocalUser::usual(),
                client_auth: None,
                code_lifetime: Duration::from_secs(60),
                device_code_lifetime: Duration::from_secs(600),
                device_interval: Duration::from_secs(5),
                access_token_lifetime: Duration::from_secs(3600),
                refresh_token_lifetime: None,
                rotation: true,
            },
            has_own_users: false,
            refresh: true,
            plain_pkce: false,
            form_post: false,
            #[cfg(feature = "openid")]
            openid: None,
        }
    }

    /// Stands in for another provider: see [`LocalProvider::emulating`]. Users, lifetimes of
    /// tokens, rotation and the rest are then those of the fixtures and the descriptor; clients,
    /// clock, port and the lifetime of codes stay the builder's.
    pub fn emulating(mut self, descriptor: &Descriptor, fixtures: &[(&str, &str)]) -> Self {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        self.emulated = Some((descriptor.clone(), fixtures.iter().map(own).collect()));
        self
    }

    /// A user, instead of the usual ones, or besides those given before.
    pub fn with_user(mut self, user: LocalUser) -> Self {
        if !self.has_own_users {
            self.settings.users.clear();
            self.has_own_users = true;
        }
        self.settings.users.push(user);
        self
    }

    /// One more client, besides that of [`LocalProvider::client_id`].
    pub fn with_client(mut self, client: LocalClient) -> Self {
        self.settings.clients.push(client);
        self
    }

    /// Where the time comes from. Default: the operating system. Delays of a
    /// [`Fault`](crate::Fault) take real time whatever it says.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.settings.clock = clock;
        self
    }

    /// A port of one's own, for a redirect URI or a client that is configured elsewhere. Default:
    /// any that is free.
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// One way of client authentication, instead of either HTTP Basic or the body.
    pub fn with_client_auth(mut self, auth: ClientAuth) -> Self {
        self.settings.client_auth = Some(auth);
        self
    }

    /// How long a code is good. Default: 60 s.
    pub fn with_code_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.code_lifetime = lifetime;
        self
    }

    /// How long the code of a device is good. Default: 600 s.
    pub fn with_device_code_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.device_code_lifetime = lifetime;
        self
    }

    /// How long a device is to wait between two polls, in whole seconds. Default: 5 s. One that
    /// comes sooner is told to slow down.
    pub fn with_device_interval(mut self, interval: Duration) -> Self {
        self.settings.device_interval = interval;
        self
    }

    /// How long an access token is good. Default: one hour.
    pub fn with_access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.access_token_lifetime = lifetime;
        self
    }

    /// How long a refresh token is good. Default: without end.
    pub fn with_refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.refresh_token_lifetime = Some(lifetime);
        self
    }

    /// A refresh keeps its refresh token, and the reply leaves it out. Default: each refresh gives
    /// a new one, and bringing an old one ends the grant.
    pub fn without_rotation(mut self) -> Self {
        self.settings.rotation = false;
        self
    }

    /// No refresh tokens at all.
    pub fn without_refresh_tokens(mut self) -> Self {
        self.refresh = false;
        self
    }

    /// PKCE with the method `plain` alone, instead of S256 alone.
    pub fn with_plain_pkce(mut self) -> Self {
        self.plain_pkce = true;
        self
    }

    /// Clients of [`LocalProvider::provider`] ask for the callback as a form that the browser
    /// posts.
    pub fn with_form_post(mut self) -> Self {
        self.form_post = true;
        self
    }

    /// Listens on 127.0.0.1, and serves on the caller's tokio runtime.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): outside a tokio runtime, two clients of one
    /// id, or fixtures that cannot be emulated; fix the test.
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind): the port is taken.
    pub async fn start(mut self) -> Result<LocalProvider> {
        let no_runtime =
            |error| Error::config("a local provider needs a tokio runtime").with_source(error);
        Handle::try_current().map_err(no_runtime)?;
        let ids: Vec<_> = self.settings.clients.iter().map(LocalClient::id).collect();
        if (1..ids.len()).any(|at| ids[..at].contains(&ids[at])) {
            return Err(Error::config("two clients have the same id"));
        }
        if let Some((descriptor, fixtures)) = &mut self.emulated {
            *descriptor = script::pinned(descriptor, fixtures);
        }
        let script = match &self.emulated {
            Some((descriptor, fixtures)) => Some(Script::new(descriptor, fixtures)?),
            None => None,
        };
        let (listener, base) = listen(self.port).await?;
        let base_url = base.as_str().trim_end_matches('/');
        let traits = self.traits();
        #[cfg(feature = "openid")]
        let openid = self.openid_at(base_url)?;
        #[cfg(feature = "openid")]
        let issuer = openid.as_ref().map_or(base_url, |openid| openid.issuer());
        #[cfg(not(feature = "openid"))]
        let issuer = base_url;
        let local = Local::at(base_url, issuer, traits);
        let (origins, descriptor) = match self.emulated.take() {
            Some((descriptor, _)) => (Origins::of(base, &descriptor), descriptor),
            None => (Origins::none(base), local.descriptor().clone()),
        };
        let person = |user: &LocalUser| Person {
            key: user.username().to_owned(),
            title: user.title().to_owned(),
            detail: user.detail(),
        };
        let shared = Arc::new(Shared {
            origins: Arc::new(origins),
            descriptor,
            people: match &script {
                Some(script) => script.people(),
                None => self.settings.users.iter().map(person).collect(),
            },
            script,
            settings: self.settings,
            ledger: Mutex::new(Ledger::default()),
            devices: Mutex::default(),
            log: Mutex::new(Log::default()),
            faults: Mutex::new(Faults::default()),
            #[cfg(feature = "openid")]
            openid,
        });
        let server = Server::start(listener, Arc::<Shared>::clone(&shared));
        Ok(LocalProvider::new(shared, server, local))
    }

    fn traits(&self) -> Traits {
        let client_auth = self.settings.client_auth;
        #[cfg(feature = "openid")]
        let client_auth = self.openid.as_ref().map_or(client_auth, |it| Some(it.client_auth()));
        Traits {
            client_auth: client_auth.unwrap_or(ClientAuth::Post),
            refresh: self.refresh,
            form_post: self.form_post,
            plain_pkce: self.plain_pkce,
        }
    }
}

pub(super) async fn listen(port: u16) -> Result<(TcpListener, Url)> {
    let taken = |error| Error::transport("no port to listen on").with_source(error);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    let base = Url::parse(&format!("http://{address}/"))
        .map_err(|error| Error::config("an address that fits no URL").with_source(error))?;
    Ok((listener, base))
}

/// The secret of the first client, which the builder made.
pub(super) fn own_secret(settings: &Settings) -> Secret {
    let own = settings.clients.first().and_then(LocalClient::secret);
    own.cloned().unwrap_or_else(|| Secret::new(""))
}
