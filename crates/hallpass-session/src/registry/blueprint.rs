use std::{fmt, str::FromStr, sync::Arc};

use hallpass_core::{
    BaseOAuth2, ClientAssertion, ClientConfig, Clock, Error, HttpClient, OAuth2Client, Provider,
    Random, Result, Secret,
};

use super::{ClientSettings, Shared, setting, settings::Params};

/// What a constructor makes one client of: its name, its settings, and what all clients share.
///
/// What only some providers need is taken out of it. [`client`](Self::client) refuses what nobody
/// took, so that a setting that does nothing is an error and no silence.
pub struct Blueprint {
    name: String,
    settings: ClientSettings,
    assertion: Option<AssertionOf>,
    shared: Shared,
}

/// A key, put into the configuration: its type is not known here.
type AssertionOf = Box<dyn FnOnce(ClientConfig) -> ClientConfig>;

impl Blueprint {
    pub(super) fn new(name: &str, settings: ClientSettings, shared: Shared) -> Self {
        Self { name: name.to_owned(), settings, assertion: None, shared }
    }

    /// The client's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The host, as the provider's own type reads it; `None` where the settings name none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the type does not take it.
    pub fn take_host<T: FromStr<Err = Error>>(&mut self) -> Result<Option<T>> {
        self.settings.host.take().map(|host| host.parse()).transpose()
    }

    /// The host, where there is no client without one.
    ///
    /// # Errors
    ///
    /// As [`take_host`](Self::take_host); reason `setting` where the settings name none.
    pub fn require_host<T: FromStr<Err = Error>>(&mut self) -> Result<T> {
        self.take_host()?.ok_or_else(|| Self::lacks("host"))
    }

    /// The issuer.
    #[must_use]
    pub fn take_issuer(&mut self) -> Option<String> {
        self.settings.issuer.take()
    }

    /// Where the metadata is.
    #[must_use]
    pub fn take_metadata_url(&mut self) -> Option<String> {
        self.settings.metadata_url.take()
    }

    /// The application's own `User-Agent`, for a provider that reads more in it than a name. What
    /// is not taken goes in front of hallpass's own.
    #[must_use]
    pub fn take_user_agent(&mut self) -> Option<String> {
        self.settings.user_agent.take()
    }

    /// The key that signs in place of a secret.
    #[must_use]
    pub fn take_private_key(&mut self) -> Option<Secret> {
        self.settings.private_key.take()
    }

    /// The name of that key.
    #[must_use]
    pub fn take_key_id(&mut self) -> Option<String> {
        self.settings.key_id.take()
    }

    /// The team that the key belongs to.
    #[must_use]
    pub fn take_team_id(&mut self) -> Option<String> {
        self.settings.team_id.take()
    }

    /// The error for a setting that the provider cannot do without.
    #[must_use]
    pub fn lacks(name: &str) -> Error {
        setting(format!("the provider needs the setting {name}"))
    }

    /// Authenticates by a key that signs, instead of a secret.
    #[must_use]
    pub fn with_assertion(mut self, key: impl ClientAssertion + 'static) -> Self {
        self.assertion = Some(Box::new(|config| config.with_assertion(key)));
        self
    }

    /// The client of this provider: with the name, the rest of the settings, and what all share.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `setting`: a setting that nobody took,
    /// or a secret beside a key. Otherwise as
    /// [`OAuth2Client::new`](hallpass_core::OAuth2Client::new).
    pub fn client<P: Provider>(self, provider: P) -> Result<Arc<dyn BaseOAuth2>> {
        let parts = self.into_parts()?;
        let client = OAuth2Client::new(provider, parts.config)?;
        let mut client = client.with_http_client(parts.http);
        if let Some(clock) = parts.clock {
            client = client.with_clock(clock);
        }
        if let Some(random) = parts.random {
            client = client.with_random(random);
        }
        Ok(Arc::new(client))
    }

    /// What [`client`](Self::client) makes one of: for a client of another protocol, whose type is
    /// not known here.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `setting`: a setting that nobody took,
    /// or a secret beside a key. Otherwise as the configuration says.
    pub fn into_parts(self) -> Result<BlueprintParts> {
        let Shared { http, clock, random, .. } = self.shared.clone();
        Ok(BlueprintParts { config: self.into_config()?, http, clock, random })
    }

    fn into_config(self) -> Result<ClientConfig> {
        let Self { name, settings, assertion, shared } = self;
        if let Some(left) = settings.left() {
            return Err(setting(format!("the provider takes no {left}")));
        }
        if assertion.is_some() && settings.client_secret.is_some() {
            return Err(setting(
                "it has a client_secret and a private_key: one of them is too many",
            ));
        }
        let mut config = ClientConfig::new(settings.client_id);
        if let Some(adjust) = &shared.adjust {
            config = adjust(config)?;
        }
        config = config.with_name(name);
        if let Some(secret) = settings.client_secret {
            config = config.with_secret(secret);
        }
        if let Some(assertion) = assertion {
            config = assertion(config);
        }
        if let Some(scopes) = settings.scopes {
            config = config.with_scopes(scopes);
        }
        if let Some(redirect_uri) = settings.redirect_uri {
            config = config.with_redirect_uri(&redirect_uri)?;
        }
        if let Some(product) = settings.user_agent {
            config = config.with_user_agent(&product)?;
        }
        if let Some(auth) = settings.client_auth {
            config = config.with_client_auth(auth.into());
        }
        Ok(with_params(config, settings.authorization_params, settings.token_params))
    }
}

/// What [`Blueprint::into_parts`] gives.
#[derive(Debug)]
#[non_exhaustive]
pub struct BlueprintParts {
    /// The client's name and the rest of the settings.
    pub config: ClientConfig,
    /// The transport that all clients of the registry share.
    pub http: Arc<dyn HttpClient>,
    /// Their clock, if it is not the system's.
    pub clock: Option<Arc<dyn Clock>>,
    /// Their source of randomness, if it is not the system's.
    pub random: Option<Arc<dyn Random>>,
}

/// Those of the settings instead of those of their names that were there: a name that the settings
/// have twice is still refused, when the client is made.
fn with_params(mut config: ClientConfig, page: Params, token: Params) -> ClientConfig {
    for (name, _) in &page.0 {
        config = config.without_authorization_param(name);
    }
    for (name, _) in &token.0 {
        config = config.without_token_param(name);
    }
    for (name, value) in page.0 {
        config = config.with_authorization_param(name, value.expose());
    }
    for (name, value) in token.0 {
        config = config.with_token_param(name, value);
    }
    config
}

impl fmt::Debug for Blueprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blueprint")
            .field("name", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
