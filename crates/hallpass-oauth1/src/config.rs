use std::{borrow::Cow, fmt, time::Duration};

use hallpass_core::{ClientConfig, Error, Result, Secret};

use crate::{ClientCredentials, Placement, SignatureMethod, provider::Text};

/// What stands for a redirect URI where there is none ([RFC 5849, section
/// 2.1](https://www.rfc-editor.org/rfc/rfc5849#section-2.1)).
pub(crate) const OUT_OF_BAND: &str = "oob";

/// Who the application is, at one provider of OAuth 1. `Debug` shows no value of a parameter.
///
/// What both protocols have is a [`ClientConfig`] inside it, by whose rules it goes.
#[derive(Clone)]
pub struct OAuth1Config {
    pub(crate) client: ClientCredentials,
    pub(crate) common: ClientConfig,
    pub(crate) is_out_of_band: bool,
    pub(crate) signature_method: Option<SignatureMethod>,
    pub(crate) placement: Option<Placement>,
    pub(crate) realm: Option<Text>,
    pub(crate) has_body_hash: bool,
    pub(crate) has_version: bool,
    pub(crate) temporary_params: Vec<(Text, Secret)>,
    pub(crate) temporary_names: Vec<Text>,
}

impl OAuth1Config {
    /// By the credentials of the client. Timeout 10 s.
    #[must_use]
    pub fn new(client: ClientCredentials) -> Self {
        let common = ClientConfig::new(client.consumer_key());
        Self::with_both(client, common)
    }

    /// By a configuration that was read for either protocol, as a registry does: the client id is
    /// the consumer key, the secret that of the consumer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `setting`: it has no secret, or has
    /// scopes or a client authentication of OAuth 2.
    pub fn from_client_config(config: ClientConfig) -> Result<Self> {
        let parts = config.clone().into_parts()?;
        let secret = parts.secret.ok_or_else(|| {
            Error::config("a client of OAuth 1 signs with a secret").with_reason("setting")
        })?;
        Ok(Self::with_both(ClientCredentials::new(parts.client_id, secret), config))
    }

    fn with_both(client: ClientCredentials, common: ClientConfig) -> Self {
        Self {
            client,
            common,
            is_out_of_band: false,
            signature_method: None,
            placement: None,
            realm: None,
            has_body_hash: false,
            has_version: true,
            temporary_params: Vec::new(),
            temporary_names: Vec::new(),
        }
    }

    fn with_common(mut self, change: impl FnOnce(ClientConfig) -> ClientConfig) -> Self {
        self.common = change(self.common);
        self
    }

    /// `oauth_callback`: where the provider sends the browser back to. Kept letter by letter.
    ///
    /// # Errors
    ///
    /// As [`ClientConfig::with_redirect_uri`].
    pub fn with_redirect_uri(mut self, redirect_uri: &str) -> Result<Self> {
        self.common = self.common.with_redirect_uri(redirect_uri)?;
        self.is_out_of_band = false;
        Ok(self)
    }

    /// The provider cannot send the browser back, but shows a code to the user, who types it in:
    /// [`Callback::out_of_band`](hallpass_core::Callback::out_of_band) takes it.
    #[must_use]
    pub fn with_out_of_band(mut self) -> Self {
        self.is_out_of_band = true;
        self
    }

    /// Tells two clients of one provider apart; part of what a callback is bound to.
    #[must_use]
    pub fn with_name(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.with_common(|common| common.with_name(name))
    }

    /// How to sign, instead of what the provider's descriptor says.
    #[must_use]
    pub fn with_signature_method(mut self, method: SignatureMethod) -> Self {
        self.signature_method = Some(method);
        self
    }

    /// Where the parameters go, instead of where the provider's descriptor says. With
    /// [`Placement::Form`] a call without a body has them in the header.
    #[must_use]
    pub fn with_placement(mut self, placement: Placement) -> Self {
        self.placement = Some(placement);
        self
    }

    /// The `realm` of the header, instead of the descriptor's.
    #[must_use]
    pub fn with_realm(mut self, realm: impl Into<Cow<'static, str>>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Adds `oauth_body_hash` to API calls: see
    /// [`Signer::with_body_hash`](crate::Signer::with_body_hash).
    #[must_use]
    pub fn with_body_hash(mut self) -> Self {
        self.has_body_hash = true;
        self
    }

    /// Leaves `oauth_version` out.
    #[must_use]
    pub fn without_version(mut self) -> Self {
        self.has_version = false;
        self
    }

    /// A parameter of every request for temporary credentials (`scope`, `x_auth_access_type`),
    /// unless a login says it itself: see [`with_temporary_name`](Self::with_temporary_name).
    #[must_use]
    pub fn with_temporary_param(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Secret>,
    ) -> Self {
        self.temporary_params.push((name.into(), value.into()));
        self
    }

    /// Where a login has a parameter of this name
    /// ([`AuthorizationRequest::param`](hallpass_core::AuthorizationRequest::param)), it goes into
    /// the request for temporary credentials, and not to the authorization page. So does each that
    /// [`with_temporary_param`](Self::with_temporary_param) names.
    #[must_use]
    pub fn with_temporary_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.temporary_names.push(name.into());
        self
    }

    /// A parameter of the authorization page, unless a login says it itself.
    #[must_use]
    pub fn with_authorization_param(
        self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Secret>,
    ) -> Self {
        let value = value.into();
        self.with_common(|common| common.with_authorization_param(name, value.expose()))
    }

    /// A parameter of every request for token credentials, unless a login says it itself.
    #[must_use]
    pub fn with_token_param(
        self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Secret>,
    ) -> Self {
        self.with_common(|common| common.with_token_param(name, value))
    }

    /// How long one request may take, from connecting to the last byte. Default 10 s.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.with_common(|common| common.with_timeout(timeout))
    }

    /// The application's own name and version, put before hallpass's in `User-Agent`.
    ///
    /// # Errors
    ///
    /// As [`ClientConfig::with_user_agent`].
    pub fn with_user_agent(mut self, product: &str) -> Result<Self> {
        self.common = self.common.with_user_agent(product)?;
        Ok(self)
    }

    /// Allows plain http to this host, on any port; PLAINTEXT still wants https.
    ///
    /// # Security
    ///
    /// Whoever is on the way reads tokens and their secrets in the provider's answers ([RFC 5849,
    /// section 2](https://www.rfc-editor.org/rfc/rfc5849#section-2)). For a test network, never for
    /// users. Loopback needs no permission.
    #[must_use]
    pub fn dangerously_allow_http(self, host: &str) -> Self {
        self.with_common(|common| common.dangerously_allow_http(host))
    }

    pub(crate) fn is_of_temporary(&self, name: &str) -> bool {
        let configured = self.temporary_params.iter().map(|(name, _)| name);
        self.temporary_names.iter().chain(configured).any(|it| it == name)
    }
}

impl fmt::Debug for OAuth1Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth1Config")
            .field("client", &self.client)
            .field("common", &self.common)
            .field("is_out_of_band", &self.is_out_of_band)
            .field("signature_method", &self.signature_method)
            .field("placement", &self.placement)
            .finish_non_exhaustive()
    }
}
