use std::{
    borrow::Cow,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use http::HeaderValue;
use url::Url;

use crate::{
    ClientAuth, Error, Result, Secret, descriptor::Text, endpoints::AllowedHttp, is_loopback,
};

/// Who the application is, at one provider. Cheap to clone: a client for each shop or loopback
/// port is fine.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    pub(crate) client_id: Arc<str>,
    pub(crate) name: Option<Text>,
    pub(crate) credential: Credential,
    pub(crate) client_auth: Option<ClientAuth>,
    pub(crate) redirect_uri: Option<Arc<str>>,
    pub(crate) scopes: Option<Arc<[Text]>>,
    pub(crate) authorization_params: Params,
    pub(crate) token_params: Params,
    pub(crate) timeout: Duration,
    pub(crate) user_agent: HeaderValue,
    pub(crate) allowed_http: AllowedHttp,
}

/// By name. Secrets all, so that no value is printed.
type Params = Arc<[(Text, Secret)]>;

#[derive(Debug, Clone)]
pub(crate) enum Credential {
    Assertion(Arc<dyn ClientAssertion>),
    Public,
    Secret(Secret),
}

const USER_AGENT: &str = concat!("hallpass/", env!("CARGO_PKG_VERSION"));

impl ClientConfig {
    /// A public client ([RFC 6749, section
    /// 2.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.1)). Timeout 10 s.
    #[must_use]
    pub fn new(client_id: impl Into<Arc<str>>) -> Self {
        Self {
            client_id: client_id.into(),
            name: None,
            credential: Credential::Public,
            client_auth: None,
            redirect_uri: None,
            scopes: None,
            authorization_params: Params::default(),
            token_params: Params::default(),
            timeout: Duration::from_secs(10),
            user_agent: HeaderValue::from_static(USER_AGENT),
            allowed_http: AllowedHttp::default(),
        }
    }

    /// Makes the client confidential.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.credential = Credential::Secret(secret.into());
        self
    }

    /// Makes the client confidential by a key that signs, instead of a secret
    /// ([RFC 7523](https://www.rfc-editor.org/rfc/rfc7523)).
    #[must_use]
    pub fn with_assertion(mut self, key: impl ClientAssertion + 'static) -> Self {
        self.credential = Credential::Assertion(Arc::new(key));
        self
    }

    /// How to authenticate; wins over what the descriptor declares and what discovery lists.
    ///
    /// Where discovery lists this way for the token endpoint, and other ways for another endpoint
    /// (for revocation or introspection), that endpoint's own list wins there, if the client can do
    /// one of them.
    #[must_use]
    pub fn with_client_auth(mut self, auth: ClientAuth) -> Self {
        self.client_auth = Some(auth);
        self
    }

    /// Where the provider sends the browser back to. Kept letter by letter, as it is registered.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind) unless it is https, http to loopback or to a host
    /// allowed before, or a private-use scheme such as `com.example.app:/callback` ([RFC 8252,
    /// section 7.1](https://www.rfc-editor.org/rfc/rfc8252#section-7.1)), without a fragment.
    pub fn with_redirect_uri(mut self, redirect_uri: &str) -> Result<Self> {
        self.redirect_uri = Some(checked_redirect_uri(redirect_uri, &self.allowed_http)?);
        Ok(self)
    }

    /// What is asked for unless a call says otherwise. An empty list asks for nothing by name:
    /// no `scope` parameter, or `openid` alone where there are ID tokens.
    #[must_use]
    pub fn with_scopes<S: Into<Cow<'static, str>>>(
        mut self,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// A parameter of the authorization page that every login sends, unless the login gives one of
    /// that name itself. [`OAuth2Client::new`](crate::OAuth2Client::new) refuses one that hallpass
    /// sets, and one that is given twice (reason `reserved`).
    #[must_use]
    pub fn with_authorization_param(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
    ) -> Self {
        self.authorization_params =
            appended(&self.authorization_params, name.into(), Secret::new(value));
        self
    }

    /// A parameter that every token request sends, the refresh and other grants too, unless the
    /// login or the grant gives one of that name itself. Refused as
    /// [`with_authorization_param`](Self::with_authorization_param) is.
    #[must_use]
    pub fn with_token_param(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Secret>,
    ) -> Self {
        self.token_params = appended(&self.token_params, name.into(), value.into());
        self
    }

    /// Takes back a parameter of the authorization page: whoever was given a configuration puts
    /// another value in its place.
    #[must_use]
    pub fn without_authorization_param(mut self, name: &str) -> Self {
        self.authorization_params = without(&self.authorization_params, name);
        self
    }

    /// Takes back a parameter of every token request, as
    /// [`without_authorization_param`](Self::without_authorization_param) does.
    #[must_use]
    pub fn without_token_param(mut self, name: &str) -> Self {
        self.token_params = without(&self.token_params, name);
        self
    }

    /// Adds to a token request what every one sends and this one does not say itself.
    pub(crate) fn complete(&self, form: &mut Vec<(Text, Secret)>) {
        for (name, value) in &*self.token_params {
            if form.iter().all(|(said, _)| said != name) {
                form.push((name.clone(), value.clone()));
            }
        }
    }

    /// Tells two clients of one provider apart; part of what a callback is bound to.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How long one request may take, from connecting to the last byte. Default 10 s.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The application's own name and version, put before hallpass's in `User-Agent`:
    /// `my-app/1.0 hallpass/0.1.0`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind) if it holds what a header cannot.
    pub fn with_user_agent(mut self, product: &str) -> Result<Self> {
        self.user_agent = HeaderValue::try_from(format!("{product} {USER_AGENT}"))
            .map_err(|error| Error::config("no header value").with_source(error))?;
        Ok(self)
    }

    /// What every protocol's client can be configured with: for the client of another one (OAuth
    /// 1).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind), reason `setting`: it has scopes, a way of client
    /// authentication or a key that signs assertions, which OAuth 2 alone has.
    pub fn into_parts(self) -> Result<ClientParts> {
        let has_scopes = self.scopes.is_some_and(|scopes| !scopes.is_empty());
        let secret = match self.credential {
            Credential::Public => Some(None),
            Credential::Secret(secret) => Some(Some(secret)),
            Credential::Assertion(_) => None,
        };
        let Some(secret) = secret.filter(|_| !has_scopes && self.client_auth.is_none()) else {
            let message = "this protocol knows no scopes and no other client authentication";
            return Err(Error::config(message).with_reason("setting"));
        };
        Ok(ClientParts {
            client_id: self.client_id,
            secret,
            name: self.name,
            redirect_uri: self.redirect_uri,
            authorization_params: self.authorization_params.to_vec(),
            token_params: self.token_params.to_vec(),
            timeout: self.timeout,
            user_agent: self.user_agent,
            allowed_http: self.allowed_http,
        })
    }

    /// Whether the application has not named itself.
    pub(crate) fn is_unnamed(&self) -> bool {
        self.user_agent == USER_AGENT
    }

    /// Allows plain http to this host, on any port.
    ///
    /// # Security
    ///
    /// Whoever is on the way reads codes and tokens ([RFC 6749, section
    /// 3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2)). For a test network, never for
    /// users. Loopback needs no permission.
    #[must_use]
    pub fn dangerously_allow_http(mut self, host: &str) -> Self {
        self.allowed_http = self.allowed_http.with(host);
        self
    }
}

/// What [`ClientConfig::into_parts`] gives.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClientParts {
    /// The client id.
    pub client_id: Arc<str>,
    /// The client's secret.
    pub secret: Option<Secret>,
    /// The name that tells it from other clients of its provider.
    pub name: Option<Cow<'static, str>>,
    /// Where the provider sends the browser back to.
    pub redirect_uri: Option<Arc<str>>,
    /// Parameters of the authorization page that a login does not give itself.
    pub authorization_params: Vec<(Cow<'static, str>, Secret)>,
    /// Parameters of a token request that it does not give itself.
    pub token_params: Vec<(Cow<'static, str>, Secret)>,
    /// How long one request may take.
    pub timeout: Duration,
    /// The value of the header.
    pub user_agent: HeaderValue,
    allowed_http: AllowedHttp,
}

impl ClientParts {
    /// That a request may go there: https, or http to loopback or to a host that is
    /// [allowed](ClientConfig::dangerously_allow_http).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](crate::ErrorKind), reason `plain_http`, or
    /// [`ErrorKind::Config`](crate::ErrorKind) where it is no URL of the web.
    pub fn check_destination(&self, url: &Url) -> Result<()> {
        self.allowed_http.check(url)
    }

    /// Parses an endpoint that a descriptor names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): it is no URL, has a user or a password in it, or no
    /// request [may go there](Self::check_destination).
    pub fn parse_endpoint(&self, text: &str) -> Result<Url> {
        self.allowed_http.parse(text)
    }

    /// That the browser may be sent back there, as
    /// [`with_redirect_uri`](ClientConfig::with_redirect_uri) checks it.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn check_redirect_uri(&self, redirect_uri: &str) -> Result<()> {
        checked_redirect_uri(redirect_uri, &self.allowed_http).map(drop)
    }
}

fn appended(params: &Params, name: Text, value: Secret) -> Params {
    params.iter().cloned().chain([(name, value)]).collect()
}

fn without(params: &Params, name: &str) -> Params {
    params.iter().filter(|(said, _)| said != name).cloned().collect()
}

/// Makes the JWT that stands for the client's secret ([RFC 7523, section
/// 2.2](https://www.rfc-editor.org/rfc/rfc7523#section-2.2)). Async, because keys live in a KMS.
#[async_trait]
pub trait ClientAssertion: fmt::Debug + Send + Sync {
    /// Called for each attempt, so that each has a fresh `jti`; where a provider lets one live
    /// long, it may be kept and given again. `audience` is the issuer where it is known, else the
    /// token endpoint.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind) if the key does not fit;
    /// [`ErrorKind::Transport`](crate::ErrorKind) if the key's keeper did not answer.
    async fn sign(&self, client_id: &str, audience: &str, now: SystemTime) -> Result<Secret>;

    /// What this key's JWTs say beside client, audience and time: two that say different things, as
    /// another subject or other scopes, have different words here. Whoever keeps the token that a
    /// JWT was traded for knows by them whether it still is what is asked for. The same words in
    /// every process, and no secret; which key signs is no part of them. Default: none.
    ///
    /// A key in front of another one forwards this too: `#[deny(clippy::missing_trait_methods)]` on
    /// its `impl` sees to it.
    fn speaks_for(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
}

/// A redirect URI as RFC 6749 section 3.1.2 and RFC 8252 section 7 allow it, letter by letter: the
/// provider compares it as text, so that a URL parser's normal form could differ.
pub(crate) fn checked_redirect_uri(text: &str, http: &AllowedHttp) -> Result<Arc<str>> {
    let url = Url::parse(text)
        .map_err(|error| Error::config("the redirect URI is not a URL").with_source(error))?;
    if url.fragment().is_some() {
        return Err(Error::config("the redirect URI has a fragment"));
    }
    let private_use = url.scheme().contains('.') && !url.has_host();
    if private_use || (url.scheme() == "http" && is_loopback(&url)) {
        return Ok(text.into());
    }
    http.check(&url).map_err(|_| {
        Error::config("the redirect URI is neither https, loopback nor private-use")
    })?;
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_is_https_loopback_or_private_use() {
        check("https://app.test/callback?keep=1", true);
        check("https://app.test", true);
        check("http://127.0.0.1:0/cb", true);
        check("http://[::1]/cb", true);
        check("com.example.app:/cb", true);
        check("http://app.test/cb", false);
        check("https://app.test/cb#here", false);
        check("com.example.app://host/cb", false);
        check("javascript:alert(1)", false);
        check("/cb", false);
        check("", false);
    }

    #[track_caller]
    fn check(text: &str, want: bool) {
        let got = ClientConfig::new("id").with_redirect_uri(text);
        assert_eq!(got.is_ok(), want, "{text}");
        match got {
            Ok(config) => {
                assert_eq!(config.redirect_uri.as_deref(), Some(text), "letter by letter");
            }
            Err(error) => assert_eq!(error.kind(), crate::ErrorKind::Config, "{text}"),
        }
    }

    #[test]
    fn a_parameter_is_taken_back_by_its_name() {
        let names =
            |params: &Params| params.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let config = ClientConfig::new("id");
        let config = config.with_authorization_param("a", "1").with_authorization_param("b", "2");
        let config = config.with_authorization_param("a", "3").with_token_param("a", "4");
        let config = config.with_token_param("c", "5").without_authorization_param("a");
        assert_eq!(names(&config.authorization_params), ["b"], "all of the name");
        assert_eq!(names(&config.token_params), ["a", "c"], "the other map keeps its own");
        let config = config.without_token_param("a").without_token_param("nothing");
        assert_eq!(names(&config.token_params), ["c"]);
        assert_eq!(names(&config.authorization_params), ["b"]);
    }

    #[test]
    fn another_protocol_takes_what_is_not_of_oauth_2_alone() {
        let config = || ClientConfig::new("id").with_secret("SECRET").with_name("other");
        let parts = config().with_token_param("a", "1").into_parts().unwrap();
        assert!(parts.secret.unwrap().matches("SECRET"));
        assert_eq!((&*parts.client_id, parts.name.as_deref()), ("id", Some("other")));
        assert_eq!(parts.token_params.len(), 1);
        assert!(config().with_scopes([""; 0]).into_parts().is_ok());
        let of_oauth2 = [
            config().with_scopes(["email"]),
            config().with_client_auth(ClientAuth::Post),
            config().with_assertion(Nobody),
        ];
        for config in of_oauth2 {
            let error = config.into_parts().unwrap_err();
            let got = (error.kind(), error.reason());
            assert_eq!(got, (crate::ErrorKind::Config, Some("setting")), "{error}");
        }
    }

    /// A key that nobody has.
    #[derive(Debug)]
    struct Nobody;

    #[async_trait]
    impl ClientAssertion for Nobody {
        async fn sign(&self, _: &str, _: &str, _: SystemTime) -> Result<Secret> {
            Err(Error::config("there is no key"))
        }
    }

    #[test]
    fn a_user_agent_names_the_application_and_hallpass() {
        let config = ClientConfig::new("id").with_user_agent("app/2.1").unwrap();
        assert!(config.user_agent.to_str().unwrap().starts_with("app/2.1 hallpass/"));
        assert!(ClientConfig::new("id").with_user_agent("a\nb").is_err());
    }
}
