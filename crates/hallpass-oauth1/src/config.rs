use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use hallpass_core::{
    ClientConfig, Error, Result, Secret,
    http::HeaderValue,
    url::{Host, Url},
};

use crate::{ClientCredentials, Placement, SignatureMethod, provider::Text};

/// What stands for a redirect URI where there is none ([RFC 5849, section
/// 2.1](https://www.rfc-editor.org/rfc/rfc5849#section-2.1)).
pub(crate) const OUT_OF_BAND: &str = "oob";

const USER_AGENT: &str = concat!("hallpass/", env!("CARGO_PKG_VERSION"));

/// Who the application is, at one provider of OAuth 1. `Debug` shows no value of a parameter.
#[derive(Clone)]
pub struct OAuth1Config {
    pub(crate) client: ClientCredentials,
    pub(crate) name: Option<Text>,
    pub(crate) redirect_uri: Option<Arc<str>>,
    pub(crate) signature_method: Option<SignatureMethod>,
    pub(crate) placement: Option<Placement>,
    pub(crate) realm: Option<Text>,
    pub(crate) has_body_hash: bool,
    pub(crate) has_version: bool,
    pub(crate) temporary_params: Vec<(Text, Secret)>,
    pub(crate) temporary_names: Vec<Text>,
    pub(crate) authorization_params: Vec<(Text, Secret)>,
    pub(crate) token_params: Vec<(Text, Secret)>,
    pub(crate) timeout: Duration,
    pub(crate) user_agent: HeaderValue,
    pub(crate) http: AllowedHttp,
}

impl OAuth1Config {
    /// By the credentials of the client. Timeout 10 s.
    #[must_use]
    pub fn new(client: ClientCredentials) -> Self {
        Self {
            client,
            name: None,
            redirect_uri: None,
            signature_method: None,
            placement: None,
            realm: None,
            has_body_hash: false,
            has_version: true,
            temporary_params: Vec::new(),
            temporary_names: Vec::new(),
            authorization_params: Vec::new(),
            token_params: Vec::new(),
            timeout: Duration::from_secs(10),
            user_agent: HeaderValue::from_static(USER_AGENT),
            http: AllowedHttp::default(),
        }
    }

    /// `oauth_callback`: where the provider sends the browser back to. Kept letter by letter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind) unless it is https, http to loopback or to a
    /// host allowed before, or a private-use scheme, without a fragment.
    pub fn with_redirect_uri(mut self, redirect_uri: &str) -> Result<Self> {
        self.http.check_redirect_uri(redirect_uri)?;
        self.redirect_uri = Some(redirect_uri.into());
        Ok(self)
    }

    /// The provider cannot send the browser back, but shows a code to the user, who types it in:
    /// [`Callback::out_of_band`](hallpass_core::Callback::out_of_band) takes it.
    #[must_use]
    pub fn with_out_of_band(mut self) -> Self {
        self.redirect_uri = Some(OUT_OF_BAND.into());
        self
    }

    /// Tells two clients of one provider apart; part of what a callback is bound to.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
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
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Secret>,
    ) -> Self {
        self.authorization_params.push((name.into(), value.into()));
        self
    }

    /// A parameter of every request for token credentials, unless a login says it itself.
    #[must_use]
    pub fn with_token_param(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Secret>,
    ) -> Self {
        self.token_params.push((name.into(), value.into()));
        self
    }

    /// How long one request may take, from connecting to the last byte. Default 10 s.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The application's own name and version, put before hallpass's in `User-Agent`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind) if it holds what a header cannot.
    pub fn with_user_agent(mut self, product: &str) -> Result<Self> {
        self.user_agent = HeaderValue::try_from(format!("{product} {USER_AGENT}"))
            .map_err(|error| Error::config("no header value").with_source(error))?;
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
    pub fn dangerously_allow_http(mut self, host: &str) -> Self {
        self.http.0.push(host.to_ascii_lowercase());
        self
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
            .field("name", &self.name)
            .field("redirect_uri", &self.redirect_uri)
            .field("signature_method", &self.signature_method)
            .field("placement", &self.placement)
            .finish_non_exhaustive()
    }
}

/// Hosts that the application allowed plain http to, besides loopback.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedHttp(Vec<String>);

impl AllowedHttp {
    /// https, or http to loopback or to an allowed host.
    pub(crate) fn check(&self, url: &Url) -> Result<()> {
        match url.scheme() {
            "https" => Ok(()),
            "http" if url.host().is_some_and(|host| is_loopback(&host)) => Ok(()),
            "http" if url.host_str().is_some_and(|host| self.0.iter().any(|it| it == host)) => {
                Ok(())
            }
            // check: 23 => Ok(())
            "http" => {
                Err(Error::security("plain_http", "plain http to a host that is not loopback"))
            }
            _ => Err(Error::config("no URL of the web")),
        }
    }

    /// Parses an endpoint, so that what is wrong with it is a `Config` error.
    pub(crate) fn parse(&self, text: &str) -> Result<Url> {
        let url = Url::parse(text)
            .map_err(|error| Error::config("an endpoint is not a URL").with_source(error))?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(Error::config("an endpoint with a user, a password or a fragment in it"));
        }
        // check: 23
        if self.check(&url).is_err() {
            let message = "an endpoint is neither https, loopback nor of a host allowed for it";
            return Err(Error::config(message));
        }
        Ok(url)
    }

    /// By the rules of core, which OAuth 1 shares.
    pub(crate) fn check_redirect_uri(&self, redirect_uri: &str) -> Result<()> {
        let judge = ClientConfig::new("");
        let judge = self.0.iter().fold(judge, |judge, host| judge.dangerously_allow_http(host));
        judge.with_redirect_uri(redirect_uri).map(drop)
    }
}

/// As core counts it ([RFC 8252, section 8.3](https://www.rfc-editor.org/rfc/rfc8252#section-8.3)).
pub(crate) fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name.as_ref() == "localhost",
    }
}
