use std::{fmt, sync::Arc};

use hallpass_core::{
    BaseOAuth2, ClientConfig, Clock, Error, HttpClient, Random, ReqwestClient, Result,
};

use self::at_hosts::AtHosts;
use crate::{ApiClient, Session, api_client::base_url};

mod at_hosts;
mod blueprint;
mod constructors;
mod environment;
mod reading;
mod settings;
#[cfg(test)]
mod tests;

pub use blueprint::{Blueprint, BlueprintParts};
pub use constructors::Constructors;
pub use environment::process_env;
pub use settings::ClientSettings;

/// The clients of an application by name, made from its configuration: as many of one provider as
/// it has registrations there.
///
/// The name is the client's ([`ClientConfig::with_name`]): a login that one began is not finished
/// by another, and a user's tokens are kept apart by it. All share one transport, and with it one
/// pool of connections. Nothing is sent, and nothing registered affects another registration.
///
/// ```
/// use hallpass_core::{CustomProvider, Descriptor};
/// use hallpass_session::{ClientSettings, Constructors, Registry};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // The facade has one for each provider that is compiled in: `hallpass::constructors()`.
/// let constructors = Constructors::new().with("corp", |blueprint| {
///     let descriptor = Descriptor::new("corp", "https://id.corp.test/a", "https://id.corp.test/t");
///     blueprint.client(CustomProvider::new(descriptor, "https://id.corp.test/me", "/id")?)
/// });
/// let mut clients = Registry::new(constructors);
/// clients.register("corp", ClientSettings::new("client-id").with_secret("secret"))?;
/// let partners = r#"{ "provider": "corp", "client_id": "other-id", "scopes": ["profile"] }"#;
/// clients.register("partners", serde_json::from_str(partners)?)?;
///
/// assert_eq!(clients.get("partners")?.client_id(), "other-id");
/// assert_eq!(clients.get("nobody").unwrap_err().reason(), Some("unknown_client"));
/// # Ok(())
/// # }
/// ```
pub struct Registry {
    constructors: Constructors,
    shared: Shared,
    entries: Vec<Entry>,
}

/// What all clients of a registry have in common.
#[derive(Clone)]
struct Shared {
    http: Arc<dyn HttpClient>,
    clock: Option<Arc<dyn Clock>>,
    random: Option<Arc<dyn Random>>,
    adjust: Option<Arc<Adjust>>,
}

type Adjust = dyn Fn(ClientConfig) -> Result<ClientConfig> + Send + Sync;

struct Entry {
    name: String,
    made: Made,
    api_base_url: Option<String>,
}

enum Made {
    Client(Arc<dyn BaseOAuth2>),
    PerHost(Box<ClientSettings>, AtHosts),
}

impl Registry {
    /// No clients yet; providers are those of `constructors`.
    #[must_use]
    pub fn new(constructors: Constructors) -> Self {
        let http = Arc::new(ReqwestClient::new());
        let shared = Shared { http, clock: None, random: None, adjust: None };
        Self { constructors, shared, entries: Vec::new() }
    }

    /// The clients of the environment: [`new`](Self::new), then
    /// [`register_all_from_env`](Self::register_all_from_env). To read the process's own, give
    /// [`process_env`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn from_env(
        constructors: Constructors,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let mut registry = Self::new(constructors);
        registry.register_all_from_env(env)?;
        Ok(registry)
    }

    /// Another transport for the clients that are registered from now on: a proxy, a test, or one
    /// that the application shares. Default: one [`ReqwestClient`] for all.
    #[must_use]
    pub fn with_http_client(mut self, http: Arc<dyn HttpClient>) -> Self {
        self.shared.http = http;
        self
    }

    /// Another clock for the clients that are registered from now on, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.shared.clock = Some(clock);
        self
    }

    /// Another source of randomness for the clients that are registered from now on, for tests.
    #[must_use]
    pub fn with_random(mut self, random: Arc<dyn Random>) -> Self {
        self.shared.random = Some(random);
        self
    }

    /// What every client's configuration begins with, from now on: a timeout, a `User-Agent`. The
    /// settings come after it, and win: a parameter of theirs takes the place of one of its name.
    #[must_use]
    pub fn with_config(
        mut self,
        adjust: impl Fn(ClientConfig) -> Result<ClientConfig> + Send + Sync + 'static,
    ) -> Self {
        self.shared.adjust = Some(Arc::new(adjust));
        self
    }

    /// Makes a client of its settings, under a name of small letters, digits and single hyphens.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), with a word of its own for what the caller
    /// can tell apart: `client_name` (no name, or taken), `unknown_provider`, `setting` (one that
    /// the provider lacks, or takes none of). Otherwise as
    /// [`OAuth2Client::new`](hallpass_core::OAuth2Client::new), or as the constructor says: its error
    /// keeps kind, reason and source. The message names the client.
    pub fn register(&mut self, name: &str, settings: ClientSettings) -> Result<()> {
        self.check_name(name)?;
        let api_base_url = checked_api(&settings).map_err(|error| of_client(name, error))?;
        let client = self.make(name, settings)?;
        self.push(name, Made::Client(client), api_base_url);
        Ok(())
    }

    /// A client for each of the constructors' names of which `env` has a client id or a credential,
    /// as [`ClientSettings::from_env`] reads them: `CORP_CLIENT_ID`, `CORP_CLIENT_SECRET` … A
    /// second client of a provider has a name that nobody can guess:
    /// [`register_from_env`](Self::register_from_env).
    ///
    /// What is registered already stays, and nothing is read of it. So an application that has many
    /// hosts at one provider calls [`register_per_host_from_env`](Self::register_per_host_from_env)
    /// first, on a [`new`](Self::new) registry: here, a provider that needs a host has to be told
    /// one.
    ///
    /// # Errors
    ///
    /// As [`ClientSettings::from_env`] and [`register`](Self::register); those before are
    /// registered.
    pub fn register_all_from_env(&mut self, env: impl Fn(&str) -> Option<String>) -> Result<()> {
        let names: Vec<_> = self.constructors.names().map(str::to_owned).collect();
        for name in names {
            if self.names().any(|taken| taken == name) {
                continue;
            }
            if let Some(settings) = ClientSettings::from_env(&name, &env)? {
                self.register(&name, settings)?;
            }
        }
        Ok(())
    }

    /// As [`register`](Self::register), of what the environment says under this name:
    /// [`ClientSettings::from_env`].
    ///
    /// # Errors
    ///
    /// As there and here, and [`ErrorKind::Config`](hallpass_core::ErrorKind), reason
    /// `environment`: there is no such client in the environment.
    pub fn register_from_env(
        &mut self,
        name: &str,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<()> {
        self.register(name, in_env(name, env)?)
    }

    /// A client that the application made itself: in a wrapper, with a signer of its own, of
    /// another protocol. Goes by the name in its descriptor.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `client_name`: it is no name, or taken.
    pub fn register_client(&mut self, client: Arc<dyn BaseOAuth2>) -> Result<()> {
        let name = client.descriptor().name().to_owned();
        self.check_name(&name)?;
        self.push(&name, Made::Client(client), None);
        Ok(())
    }

    /// An application that is installed at many hosts, as in many shops: [`at_host`](Self::at_host)
    /// makes a client for one of them. The settings name no host, and no API: one for all would be
    /// given each host's tokens. What else is wrong with them is said when the first client is
    /// made.
    ///
    /// # Errors
    ///
    /// As [`register`](Self::register); also, reason `setting`, where the settings name a host or
    /// an `api_base_url`.
    pub fn register_per_host(&mut self, name: &str, settings: ClientSettings) -> Result<()> {
        self.check_name(name)?;
        self.constructors.get(settings.provider.as_deref().unwrap_or(name))?;
        let refused = |why: &'static str| Err(of_client(name, setting(why)));
        if settings.host.is_some() {
            return refused("its host is named with each client: the settings name none");
        }
        if settings.api_base_url.is_some() {
            return refused("each host has its own API: the settings name no api_base_url");
        }
        self.push(name, Made::PerHost(Box::new(settings), AtHosts::default()), None);
        Ok(())
    }

    /// As [`register_per_host`](Self::register_per_host), of what the environment says under this
    /// name: [`ClientSettings::from_env`].
    ///
    /// # Errors
    ///
    /// As there and here, and [`ErrorKind::Config`](hallpass_core::ErrorKind), reason
    /// `environment`: there is no such client in the environment.
    pub fn register_per_host_from_env(
        &mut self,
        name: &str,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<()> {
        self.register_per_host(name, in_env(name, env)?)
    }

    /// A client for one host of those that [`register_per_host`](Self::register_per_host) is for:
    /// the same one each time, with the metadata and keys that it fetched, for the 256 hosts that
    /// were asked for last, as they were spelled. Sends nothing.
    ///
    /// All of them have the one name, and tell their logins apart by their endpoints. Where tokens
    /// are stored, the host belongs into the id of the user.
    ///
    /// # Security
    ///
    /// The client secret goes to that host. Where somebody outside names it, the provider's own
    /// type of host must be one that only the provider's own servers can have (`….myshop.example`);
    /// or compare it with a list of your own first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the host is none, or (reason
    /// `unknown_client`) the name is not that of such a client. Otherwise as
    /// [`register`](Self::register).
    pub fn at_host(&self, name: &str, host: &str) -> Result<Arc<dyn BaseOAuth2>> {
        match &self.entry(name)?.made {
            Made::PerHost(settings, made) => {
                made.get(host, || self.make(name, (**settings).clone().with_host(host)))
            }
            Made::Client(_) => {
                Err(unknown(format!("the client {name:?} is not registered for many hosts")))
            }
        }
    }

    /// The client of this name: the same one each time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `unknown_client`: nobody is registered
    /// under this name, or it is for [`at_host`](Self::at_host). The message names those that are.
    pub fn get(&self, name: &str) -> Result<&Arc<dyn BaseOAuth2>> {
        match &self.entry(name)?.made {
            Made::Client(client) => Ok(client),
            Made::PerHost(..) => {
                Err(unknown(format!("the client {name:?} has many hosts: see at_host")))
            }
        }
    }

    /// The names, in the order in which they were registered.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The clients, in the order in which they were registered: for a page of buttons. Without
    /// those that have many hosts.
    pub fn clients(&self) -> impl Iterator<Item = &Arc<dyn BaseOAuth2>> {
        self.entries.iter().filter_map(|entry| match &entry.made {
            Made::Client(client) => Some(client),
            Made::PerHost(..) => None,
        })
    }

    /// The base URL of the client's API, where the settings name one: those for many hosts do not.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `unknown_client`: nobody is registered
    /// under this name.
    pub fn api_base_url(&self, name: &str) -> Result<Option<&str>> {
        Ok(self.entry(name)?.api_base_url.as_deref())
    }

    /// The API of the client whose token the session has, at the base URL of its settings: a token
    /// never goes to another client's API.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the session is of a client that is not here
    /// (reason `unknown_client`), or its settings name no `api_base_url` (reason `setting`).
    pub fn api(&self, session: Session) -> Result<ApiClient> {
        let name = session.key().provider().to_owned();
        let base_url = self.api_base_url(&name)?;
        let lacking = || of_client(&name, setting("the settings name no api_base_url"));
        ApiClient::new(session, base_url.ok_or_else(lacking)?)
    }

    fn entry(&self, name: &str) -> Result<&Entry> {
        self.entries.iter().find(|entry| entry.name == name).ok_or_else(|| {
            let known: Vec<_> = self.names().collect();
            let known = if known.is_empty() { "nobody".into() } else { known.join(", ") };
            // It may come from a URL: cut, for a log.
            let name: String = name.chars().take(LONGEST_NAME_BYTES).collect();
            unknown(format!("no client is named {name:?}; registered: {known}"))
        })
    }

    fn make(&self, name: &str, settings: ClientSettings) -> Result<Arc<dyn BaseOAuth2>> {
        let constructor = self.constructors.get(settings.provider.as_deref().unwrap_or(name))?;
        let blueprint = Blueprint::new(name, settings, self.shared.clone());
        let client = constructor(blueprint).map_err(|error| of_client(name, error))?;
        let own = client.descriptor().name();
        if own != name {
            // Else its logins and tokens would pass for another's.
            let message = format!("the constructor gave the client {name} the name {own:?}");
            return Err(Error::config(message).with_reason("client_name"));
        }
        Ok(client)
    }

    fn check_name(&self, name: &str) -> Result<()> {
        let is_label = |label: &str| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            !label.is_empty() && label.bytes().all(plain)
        };
        let fits = name.len() <= LONGEST_NAME_BYTES
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.split('-').all(is_label);
        let message = if !fits {
            format!("no name of a client: {name:?}; small letters, digits, single hyphens between")
        } else if self.names().any(|taken| taken == name) {
            format!("there is a client named {name} already")
        } else {
            return Ok(());
        };
        Err(Error::config(message).with_reason("client_name"))
    }

    fn push(&mut self, name: &str, made: Made, api_base_url: Option<String>) {
        self.entries.push(Entry { name: name.to_owned(), made, api_base_url });
    }
}

/// Longer than anybody writes on a button.
const LONGEST_NAME_BYTES: usize = 64;

fn checked_api(settings: &ClientSettings) -> Result<Option<String>> {
    settings.api_base_url.as_deref().map(base_url).transpose()?;
    Ok(settings.api_base_url.clone())
}

fn in_env(name: &str, env: impl Fn(&str) -> Option<String>) -> Result<ClientSettings> {
    ClientSettings::from_env(name, env)?.ok_or_else(|| environment::not_set(name))
}

/// Says which client it is about.
fn of_client(name: &str, error: Error) -> Error {
    error.with_preface(&format!("the client {name} cannot be made"))
}

fn unknown(message: String) -> Error {
    Error::config(message).with_reason("unknown_client")
}

fn setting(message: impl Into<String>) -> Error {
    Error::config(message.into()).with_reason("setting")
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("clients", &self.names().collect::<Vec<_>>())
            .field("constructors", &self.constructors)
            .finish_non_exhaustive()
    }
}
