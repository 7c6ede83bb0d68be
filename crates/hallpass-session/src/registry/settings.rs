use hallpass_core::{CustomClientAuth, Secret};

/// One client as a configuration says it, in any format that serde reads, or the environment
/// ([`from_env`](Self::from_env)). All of them are a map from names to these.
///
/// An unknown key is refused, so that a misspelt one is not a silent default; so is a parameter
/// that is there twice. Secrets are read and never written: there is no `Serialize`, `Debug` does
/// not print them, and no error of this type repeats one (the errors of some formats, such as
/// TOML's, quote the line that they stopped at).
///
/// ```
/// use hallpass_session::ClientSettings;
///
/// let settings: ClientSettings = serde_json::from_str(r#"{
///     "provider": "corp",
///     "client_id": "id",
///     "client_secret": "secret",
///     "scopes": ["openid", "email"],
///     "redirect_uri": "https://app.example.test/callback",
///     "authorization_params": { "access_type": "offline", "prompt": "consent" },
///     "api_base_url": "https://api.corp.test/v1"
/// }"#)?;
/// assert!(!format!("{settings:?}").contains("\"secret\""));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClientSettings {
    pub(super) client_id: String,
    pub(super) provider: Option<String>,
    pub(super) client_secret: Option<Secret>,
    pub(super) client_auth: Option<CustomClientAuth>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) redirect_uri: Option<String>,
    pub(super) host: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) metadata_url: Option<String>,
    pub(super) api_base_url: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) authorization_params: Params,
    pub(super) token_params: Params,
    pub(super) team_id: Option<String>,
    pub(super) key_id: Option<String>,
    pub(super) private_key: Option<Secret>,
}

/// Parameters in the order in which they were written.
#[derive(Debug, Clone, Default)]
pub(super) struct Params(pub(super) Vec<(String, Secret)>);

/// Key: `client_id`. The others are named as the methods are, without `with_`; `client_secret` is
/// [`with_secret`](Self::with_secret), and the plural of a method that may be called often is a map.
impl ClientSettings {
    /// A public client of the provider that the client is named after.
    #[must_use]
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            provider: None,
            client_secret: None,
            client_auth: None,
            scopes: None,
            redirect_uri: None,
            host: None,
            issuer: None,
            metadata_url: None,
            api_base_url: None,
            user_agent: None,
            authorization_params: Params::default(),
            token_params: Params::default(),
            team_id: None,
            key_id: None,
            private_key: None,
        }
    }

    /// Which constructor makes it, where the client is not named after its provider: for a second
    /// client of one.
    #[must_use]
    pub fn with_provider(mut self, provider: impl Into<String>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// Makes the client confidential.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.client_secret = Some(secret.into());
        self
    }

    /// How the client authenticates, where the registration says another way than the provider's
    /// usual one.
    #[must_use]
    pub fn with_client_auth(mut self, auth: CustomClientAuth) -> Self {
        self.client_auth = Some(auth);
        self
    }

    /// What to ask for, instead of the provider's default.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Where the provider sends the browser back to.
    #[must_use]
    pub fn with_redirect_uri(mut self, redirect_uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(redirect_uri.into());
        self
    }

    /// Which of a provider's many: the shop, the domain, the tenant, the instance.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The issuer of an OpenID provider that is found by it, letter by letter as its metadata say.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Where an OpenID provider has its metadata, if that is not the usual place behind the issuer.
    #[must_use]
    pub fn with_metadata_url(mut self, url: impl Into<String>) -> Self {
        self.metadata_url = Some(url.into());
        self
    }

    /// Where the API is that the tokens are for: [`Registry::api`](crate::Registry::api).
    #[must_use]
    pub fn with_api_base_url(mut self, url: impl Into<String>) -> Self {
        self.api_base_url = Some(url.into());
        self
    }

    /// The application's own name and version, for the `User-Agent`.
    #[must_use]
    pub fn with_user_agent(mut self, product: impl Into<String>) -> Self {
        self.user_agent = Some(product.into());
        self
    }

    /// A parameter of every authorization page that a login does not give itself:
    /// [`ClientConfig::with_authorization_param`](hallpass_core::ClientConfig::with_authorization_param).
    #[must_use]
    pub fn with_authorization_param(
        mut self,
        name: impl Into<String>,
        value: impl Into<Secret>,
    ) -> Self {
        self.authorization_params.0.push((name.into(), value.into()));
        self
    }

    /// A parameter of every token request:
    /// [`ClientConfig::with_token_param`](hallpass_core::ClientConfig::with_token_param).
    #[must_use]
    pub fn with_token_param(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.token_params.0.push((name.into(), value.into()));
        self
    }

    /// A key that signs in place of a secret, in PEM, and the name that the provider knows it by.
    /// The facade's table of constructors says which providers take one.
    #[must_use]
    pub fn with_private_key(mut self, key_id: impl Into<String>, pem: impl Into<Secret>) -> Self {
        self.key_id = Some(key_id.into());
        self.private_key = Some(pem.into());
        self
    }

    /// The team that the key belongs to.
    #[must_use]
    pub fn with_team_id(mut self, team_id: impl Into<String>) -> Self {
        self.team_id = Some(team_id.into());
        self
    }

    /// A setting that only some providers have a use for, and this one's had none.
    pub(super) fn left(&self) -> Option<&'static str> {
        let left = [
            ("host", self.host.is_some()),
            ("issuer", self.issuer.is_some()),
            ("metadata_url", self.metadata_url.is_some()),
            ("private_key", self.private_key.is_some()),
            ("key_id", self.key_id.is_some()),
            ("team_id", self.team_id.is_some()),
        ];
        left.into_iter().find_map(|(name, is_there)| is_there.then_some(name))
    }
}
