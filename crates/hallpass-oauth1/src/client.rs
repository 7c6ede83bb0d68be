use std::{fmt, sync::Arc};

use hallpass_core::{
    Api, ApiRequest, Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientParts, Clock,
    Descriptor, Error, HttpClient, OAuth2Token, Operation, PendingAuthorization, Profile, Random,
    ReqwestClient, Response, Result, SignIn, SystemClock,
    url::{Origin, Url},
};

use crate::{OAuth1Config, OAuth1Provider, Signer, provider::ProfileReader};

mod flow;
mod observe;
mod send;
mod verbs;

/// The client of one provider of OAuth 1: what an application keeps, one for each provider, for its
/// life. Cheap to clone; clones share the connection pool.
///
/// It is a [`BaseOAuth2`], so that routers, registries, sessions and `ApiClient` take it beside the
/// others. Its tokens have no end and are never renewed; they carry their secret, which goes
/// nowhere but into signatures (and, by PLAINTEXT, to the provider).
///
/// What OAuth 2 alone has is [`ErrorKind::Unsupported`](hallpass_core::ErrorKind), without a
/// request: refresh, revocation, other grants, ID tokens, named endpoints. An application's
/// [`Hooks`](hallpass_core::Hooks) do not run.
#[derive(Clone)]
pub struct OAuth1Client {
    provider: Arc<OAuth1Provider>,
    descriptor: Arc<Descriptor>,
    config: Arc<OAuth1Config>,
    /// What is in it of both protocols.
    common: Arc<ClientParts>,
    endpoints: Arc<Endpoints>,
    signer: Signer,
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
}

/// Parsed and checked.
struct Endpoints {
    temporary: Url,
    authorization: Url,
    token: Url,
    /// What requests are signed for: APIs, and the two endpoints that take signatures.
    origins: Vec<Origin>,
    profile: Option<(Url, ProfileReader)>,
}

impl OAuth1Client {
    /// A client for `provider`, over rustls by the operating system's certificates. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): name, consumer key or secret is empty, an
    /// endpoint is no https URL, the signature method does not fit the client's key, PLAINTEXT is
    /// to go into the query, or a parameter
    /// of the configuration or of an endpoint's own query is one that signing adds, or is in both
    /// (reason `reserved`). Fix the program.
    pub fn new(provider: OAuth1Provider, config: OAuth1Config) -> Result<Self> {
        let common = config.common.clone().into_parts()?;
        let mut descriptor = provider.descriptor.clone();
        if let Some(name) = &common.name {
            descriptor = descriptor.with_name(name.clone());
        }
        if descriptor.name().is_empty() || config.client.consumer_key().is_empty() {
            return Err(Error::config("the client has no name or no consumer key"));
        }
        if config.client.secret().is_some_and(hallpass_core::Secret::is_empty) {
            return Err(Error::config("the consumer secret is empty"));
        }
        let endpoints = Endpoints::of(&provider, &descriptor, &common)?;
        flow::check_params(&endpoints.temporary, &config.temporary_params)?;
        flow::check_params(&endpoints.authorization, &common.authorization_params)?;
        flow::check_params(&endpoints.token, &common.token_params)?;
        Ok(Self {
            signer: signer(&provider, &config)?,
            provider: Arc::new(provider),
            descriptor: Arc::new(descriptor),
            config: Arc::new(config),
            common: Arc::new(common),
            endpoints: Arc::new(endpoints),
            http: Arc::new(ReqwestClient::new()),
            clock: Arc::new(SystemClock),
        })
    }

    /// Another transport: a proxy, a test, or [`ReqwestClient`] shared between clients.
    #[must_use]
    pub fn with_http_client(mut self, http: Arc<dyn HttpClient>) -> Self {
        self.http = http;
        self
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.signer = self.signer.with_clock(Arc::clone(&clock));
        self.clock = clock;
        self
    }

    /// Another source of nonces, for tests.
    #[must_use]
    pub fn with_random(mut self, random: Arc<dyn Random>) -> Self {
        self.signer = self.signer.with_random(random);
        self
    }

    /// What is known of the provider, by the configuration's name.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// The consumer key.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.config.client.consumer_key()
    }

    /// What signs, for requests that another client sends.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The provider's API for one token: one that this client got, or
    /// [`TokenCredentials::into_token`](crate::TokenCredentials::into_token).
    #[must_use]
    pub fn api<'a>(&'a self, token: &'a OAuth2Token) -> Api<'a> {
        Api::new(self, token)
    }

    /// Asks for temporary credentials, and makes the URL of the authorization page ([RFC 5849,
    /// sections 2.1 and 2.2](https://www.rfc-editor.org/rfc/rfc5849#section-2.1)). `oauth_callback`
    /// goes into this request, and into no other.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): no redirect URI, or a parameter that the
    /// protocol sets (reason `reserved`); or the provider does not accept the client (401 and 403,
    /// reason `client_auth`), its signature, its clock or the request (any other 4xx).
    /// [`ErrorKind::Denied`](hallpass_core::ErrorKind): the provider names another problem.
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `callback_unconfirmed`: the server
    /// speaks the first OAuth 1.0, where one can finish a login that somebody else began; log it
    /// and stop. [`ErrorKind::Malformed`](hallpass_core::ErrorKind): the answer holds no
    /// credentials. [`ErrorKind::Transport`](hallpass_core::ErrorKind): try again.
    /// [`ErrorKind::Unsupported`](hallpass_core::ErrorKind): the request asks for what OAuth 2
    /// alone has, such as scopes.
    pub async fn get_authorization_url(
        &self,
        request: AuthorizationRequest,
    ) -> Result<Authorization> {
        self.observed(Operation::Authorize, self.begin(request)).await
    }

    /// Trades the callback's verifier for a token ([RFC 5849, section
    /// 2.3](https://www.rfc-editor.org/rfc/rfc5849#section-2.3)), after every check: `oauth_token`
    /// in constant time, provider, client, age, refusal, verifier. Sends the verifier once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), reasons `state`, `provider`, `client` and
    /// `endpoint`: the callback is not the answer to `pending`, or the login was begun elsewhere or
    /// by OAuth 2; log it and stop. [`ErrorKind::Denied`](hallpass_core::ErrorKind): the user or
    /// the provider said no, in the callback or to the verifier (400, 401 and 403, unless a problem
    /// is named that is the program's), or the attempt is older than 10 minutes; start again.
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the problem that is named is the signature,
    /// the clock or the client, or it is any other 4xx; fix the program.
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind): the callback has no verifier (reason
    /// `no_code`), or the answer no token. [`ErrorKind::Transport`](hallpass_core::ErrorKind): no
    /// answer; the verifier may be spent, start again.
    pub async fn get_access_token(
        &self,
        callback: Callback,
        pending: PendingAuthorization,
    ) -> Result<OAuth2Token> {
        self.observed(Operation::AccessToken, self.redeem(callback, pending)).await
    }

    /// Who signed in.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send). [`ErrorKind::Malformed`](hallpass_core::ErrorKind): the reply has
    /// no id. [`ErrorKind::Unsupported`](hallpass_core::ErrorKind): the descriptor names no
    /// profile.
    pub async fn get_profile(&self, token: &OAuth2Token) -> Result<Profile> {
        self.observed(Operation::Profile, self.read_profile(token)).await
    }

    /// One request to the API: signed with its token, in the name of the application alone where it
    /// is [of the client](ApiRequest::of_client) (two-legged), and unsigned where it is in
    /// nobody's. Only to the origins of the provider, or those that the request itself names; its
    /// body goes as it is. No redirect is followed: what was signed is good for one URL.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), without a request: another origin
    /// (`origin`), or plain http (`plain_http`). [`ErrorKind::Denied`](hallpass_core::ErrorKind):
    /// 401 (`invalid_token`) or 403 (`forbidden`).
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind): 429, 5xx, no answer.
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): any other 4xx, a refused signature, a token
    /// of another protocol (`no_token_secret`), and what [`Signer::sign`](crate::Signer::sign)
    /// refuses. [`ErrorKind::Unsupported`](hallpass_core::ErrorKind): a named endpoint, or a token
    /// in query or form.
    pub async fn send(&self, request: ApiRequest<'_>) -> Result<Response> {
        self.observed(Operation::Send, self.send_checked(request)).await
    }

    /// The second half of a login in one call: the verifier for a token, the token for a profile.
    ///
    /// # Errors
    ///
    /// Those of [`get_access_token`](Self::get_access_token) and
    /// [`get_profile`](Self::get_profile).
    pub async fn sign_in(
        &self,
        callback: Callback,
        pending: PendingAuthorization,
    ) -> Result<SignIn> {
        (self as &dyn BaseOAuth2).sign_in(callback, pending).await
    }
}

fn signer(provider: &OAuth1Provider, config: &OAuth1Config) -> Result<Signer> {
    let mut signer = Signer::new(config.client.clone());
    if let Some(method) = config.signature_method.or(provider.signature_method) {
        signer = signer.with_method(method)?;
    }
    if let Some(realm) = config.realm.as_ref().or(provider.realm.as_ref()) {
        signer = signer.with_realm(realm)?;
    }
    if config.has_body_hash {
        signer = signer.with_body_hash();
    }
    if !config.has_version {
        signer = signer.without_version();
    }
    let signer = signer.with_placement(config.placement.unwrap_or(provider.placement));
    signer.check_placement()?;
    Ok(signer)
}

impl Endpoints {
    fn of(
        provider: &OAuth1Provider,
        descriptor: &Descriptor,
        common: &ClientParts,
    ) -> Result<Self> {
        let parse = |text: &str| {
            let url = common.parse_endpoint(text)?;
            match url.fragment() {
                None => Ok(url),
                Some(_) => Err(Error::config("an endpoint has a fragment")),
            }
        };
        let Some((authorization, token)) = descriptor.authorize_and_token() else {
            return Err(Error::config("the provider has no endpoints"));
        };
        let temporary = parse(&provider.temporary)?;
        let token = parse(token)?;
        let mut origins = vec![temporary.origin(), token.origin()];
        for api in descriptor.apis() {
            origins.push(parse(api)?.origin());
        }
        let profile = match &provider.profile {
            Some((url, read)) => Some((parse(url)?, *read)),
            None => None,
        };
        origins.extend(profile.iter().map(|(url, _)| url.origin()));
        let authorization = parse(authorization)?;
        Ok(Self { temporary, authorization, token, origins, profile })
    }
}

impl fmt::Debug for OAuth1Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth1Client")
            .field("provider", &self.provider)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
