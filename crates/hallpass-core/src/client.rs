use std::{borrow::Cow, fmt, sync::Arc};

use http::{HeaderName, HeaderValue};

use crate::{
    Api, ApiRequest, Authorization, AuthorizationRequest, Backchannel, BaseOAuth2, Callback,
    ClientAuth, ClientConfig, ClientKeys, Clock, CodeBinding, Descriptor, Endpoint, Endpoints,
    Error, Expected, Grant, Hooks, HttpClient, IdEmail, JwtKind, OAuth2Token, Operation,
    PendingAuthorization, Profile, Provider, Random, RequestSigner, Response, Result, Revocation,
    Revoke, Secret, SignIn, VerifiedClaims,
    authorize::{Parts, Plan, defaults, given_twice, unbound},
    clock::SystemClock,
    config::Credential,
    grant::refuse_reserved,
    random::ThreadRandom,
    request::{Auth, Way},
    transport::ReqwestClient,
};

mod authenticate;
mod begin;
mod conceal;
mod forward;
mod hooked;
mod observe;
mod push;
mod redeem;
mod send;

pub use begin::Authorize;

/// The client of one provider: what an application keeps, one for each provider, for its life.
///
/// Its methods are the verbs of a login, so that no trait need be in scope. Cheap to clone; clones
/// share the connection pool. Where the provider is chosen at run time, put it behind
/// `Arc<dyn BaseOAuth2>`.
pub struct OAuth2Client<P> {
    provider: Arc<P>,
    descriptor: Arc<Descriptor>,
    headers: Arc<[(HeaderName, HeaderValue)]>,
    pinned: Option<Pinned>,
    config: ClientConfig,
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    signer: Option<Arc<dyn RequestSigner>>,
    hooks: Vec<Arc<dyn Hooks>>,
}

/// Endpoints that never change, and the URL that is the same for each login.
#[derive(Clone)]
struct Pinned {
    endpoints: Arc<Endpoints>,
    plan: Arc<Plan>,
}

impl Pinned {
    /// Whether the provider is sent the request before the browser is.
    fn pushes(&self, request: &AuthorizationRequest) -> bool {
        request.is_pushed() || self.endpoints.is_par_required()
    }
}

impl<P: Provider> OAuth2Client<P> {
    /// A client for `provider`, over rustls by the operating system's certificates. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): an endpoint is no https URL, id or secret is empty,
    /// the credential does not fit the provider's way of authentication, `openid` is a default
    /// scope of a provider whose ID tokens nobody verifies, or it is missing where nothing else
    /// binds a code (reason `code_binding`), or a parameter of the configuration is hallpass's to
    /// set or there twice (reason `reserved`). Fix the program.
    pub fn new(provider: P, config: ClientConfig) -> Result<Self> {
        let mut descriptor = provider.descriptor().clone();
        if let Some(name) = &config.name {
            descriptor.name = name.clone();
        }
        if let Some(scopes) = &config.scopes {
            descriptor.scopes = scopes.to_vec();
        }
        check(&provider, &descriptor, &config)?;
        check_params(&descriptor, &config)?;
        let named = descriptor.headers().find(|(name, _)| **name == http::header::USER_AGENT);
        let config = match named {
            Some((_, product)) if config.is_unnamed() => config.with_user_agent(product)?,
            _ => config,
        };
        let headers = descriptor.headers.iter().map(|(name, value)| {
            let value = HeaderValue::try_from(value.as_ref())
                .map_err(|error| Error::config("a header of the descriptor").with_source(error))?;
            Ok((name.clone(), value))
        });
        let headers = headers.collect::<Result<_>>()?;
        let has_id_tokens = provider.id_tokens().is_some();
        let pinned = match Endpoints::of(&descriptor, &config.allowed_http)? {
            Some(endpoints) => {
                let plan = Plan::new(&descriptor, &config, has_id_tokens, &endpoints)?;
                Some(Pinned { endpoints: Arc::new(endpoints), plan: Arc::new(plan) })
            }
            None => None,
        };
        Ok(Self {
            provider: Arc::new(provider),
            descriptor: Arc::new(descriptor),
            headers,
            pinned,
            config,
            http: Arc::new(ReqwestClient::new()),
            clock: Arc::new(SystemClock),
            random: Arc::new(ThreadRandom),
            signer: None,
            hooks: Vec::new(),
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
        self.clock = clock;
        self
    }

    /// Another source of randomness, for tests.
    #[must_use]
    pub fn with_random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = random;
        self
    }

    /// Signs every request (DPoP).
    #[must_use]
    pub fn with_request_signer(mut self, signer: Arc<dyn RequestSigner>) -> Self {
        self.signer = Some(signer);
        self
    }

    /// Hooks of the application's own: see [`Hooks`]. Those given first run first.
    #[must_use]
    pub fn with_hooks(mut self, hooks: Arc<dyn Hooks>) -> Self {
        self.hooks.push(hooks);
        self
    }

    /// The provider, for methods of its own.
    #[must_use]
    pub fn provider(&self) -> &P {
        &self.provider
    }

    /// What is known of the provider, with the configuration's name and scopes.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// The client id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.config.client_id
    }

    /// The provider's API for one token.
    #[must_use]
    pub fn api<'a>(&'a self, token: &'a OAuth2Token) -> Api<'a> {
        Api::new(self, token)
    }

    /// Begins a login; [`Authorize::start`] makes the URL.
    pub fn authorize(&self) -> Authorize<'_, P> {
        Authorize::new(self)
    }

    /// Makes `state`, PKCE verifier and nonce of 256 bits each, and the URL of the authorization
    /// page ([RFC 6749, section 4.1.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1), [RFC
    /// 7636](https://www.rfc-editor.org/rfc/rfc7636)). Sends nothing unless endpoints are
    /// discovered, or the request is pushed ([RFC 9126](https://www.rfc-editor.org/rfc/rfc9126)).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): no redirect URI, or a parameter that hallpass sets
    /// itself (reason `reserved`), or no `openid` where nothing else binds the code (reason
    /// `code_binding`). Where endpoints are discovered, also those of
    /// [`endpoints`](Self::endpoints). Where the request is pushed, also those of
    /// [`send`](Self::send), and [`ErrorKind::Malformed`](crate::ErrorKind), reason `request_uri`:
    /// the answer holds no reference.
    pub async fn get_authorization_url(
        &self,
        request: AuthorizationRequest,
    ) -> Result<Authorization> {
        if let Some(pinned) = self.pinned.as_ref().filter(|pinned| !pinned.pushes(&request)) {
            // Nothing to wait for: 1,200 instructions less than by a future that might send.
            let work = || pinned.plan.begin(self.parts(self.signer_param().as_ref()), request);
            return self.observed_now(Operation::Authorize, work);
        }
        // In a box, since it is rare: those that do not come here carry 170 instructions less.
        self.observed(Operation::Authorize, || Box::pin(self.begin(request))).await
    }

    /// Trades the callback's code for a token, after every check: `state`, `error`, `iss`,
    /// provider, client, age; the ID token where there is one. Sends the code once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](crate::ErrorKind): the callback is not the answer to `pending`; log
    /// it and stop. [`ErrorKind::Denied`](crate::ErrorKind): the user or the provider said no, or
    /// the attempt is older than 10 minutes; start again. [`ErrorKind::Config`](crate::ErrorKind):
    /// the registration does not fit. [`ErrorKind::Transport`](crate::ErrorKind): the provider did
    /// not answer; the code may be spent, start again. [`ErrorKind::Malformed`](crate::ErrorKind):
    /// the reply holds no token.
    pub async fn get_access_token(
        &self,
        callback: Callback,
        pending: PendingAuthorization,
    ) -> Result<OAuth2Token> {
        let work = || self.redeem_callback(callback, pending);
        self.observed(Operation::AccessToken, work).await
    }

    /// Trades the token's refresh token for a new [`OAuth2Token`] ([RFC 6749, section
    /// 6](https://www.rfc-editor.org/rfc/rfc6749#section-6)).
    ///
    /// Keeps what the reply leaves out: refresh token, scope, ID token and claims. New claims must
    /// be about the same user.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`](crate::ErrorKind): the user or the provider ended the grant, or there
    /// is no refresh token (reason `no_refresh_token`); start a new login.
    /// [`ErrorKind::Unsupported`](crate::ErrorKind): the provider never issues refresh tokens.
    /// [`ErrorKind::Config`](crate::ErrorKind), reason `no_bearer`: the token is one of OAuth 1.
    /// [`ErrorKind::Transport`](crate::ErrorKind): try again.
    pub async fn refresh_token(&self, token: &OAuth2Token) -> Result<OAuth2Token> {
        let work = || self.redeem_grant(Grant::refresh(token));
        self.observed(Operation::Refresh, work).await
    }

    /// Ends a token or the grant, as the descriptor says it can be done ([RFC
    /// 7009](https://www.rfc-editor.org/rfc/rfc7009) or the provider's own way).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind), without a request, for what the descriptor does
    /// not list. [`ErrorKind::Config`](crate::ErrorKind), reason `no_bearer`: the token is one of
    /// OAuth 1. [`ErrorKind::Transport`](crate::ErrorKind): try again, the token still lives.
    pub async fn revoke_token(&self, token: &OAuth2Token, what: Revoke) -> Result<()> {
        self.observed(Operation::Revoke, || self.revoke(token, what)).await
    }

    /// Who signed in.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`](crate::ErrorKind): the API refuses the token; where `reason()` is
    /// `invalid_token`, a refresh may help. [`ErrorKind::Transport`](crate::ErrorKind): try again.
    /// [`ErrorKind::Malformed`](crate::ErrorKind): the reply has no id.
    pub async fn get_profile(&self, token: &OAuth2Token) -> Result<Profile> {
        let work = || async {
            let profile = self.provider.profile(self.api(token)).await?;
            check_id(profile.id())?;
            let endpoints = self.known_endpoints().await?;
            // Where one provider is many issuers, the ID token says which.
            let of_claims = || token.claims().and_then(VerifiedClaims::issuer);
            let issuer = endpoints.issuer().or_else(of_claims);
            Ok(profile.stamped(self.descriptor.name(), issuer))
        };
        self.observed(Operation::Profile, work).await
    }

    /// The user's stable id, and the email address with what the provider says of it.
    ///
    /// # Errors
    ///
    /// As [`get_profile`](Self::get_profile).
    pub async fn get_id_email(&self, token: &OAuth2Token) -> Result<IdEmail> {
        let work = || async {
            let who = self.provider.id_email(self.api(token)).await?;
            check_id(&who.id)?;
            Ok(who)
        };
        self.observed(Operation::IdEmail, work).await
    }

    /// Any other grant: device, client credentials, exchange, a provider's own, a refresh with a
    /// narrower scope.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind) for a grant that has a method of its own, and for
    /// parameters that hallpass sets; otherwise as [`refresh_token`](Self::refresh_token).
    pub async fn request_token(&self, grant: Grant<'_>) -> Result<OAuth2Token> {
        let work = || async {
            grant.check(&self.descriptor)?;
            self.redeem_grant(grant).await
        };
        self.observed(Operation::RequestToken, work).await
    }

    /// One authorised request: to the API with a token, or to a named endpoint as the client. Only
    /// to origins that the descriptor, discovery or the request itself names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](crate::ErrorKind), without a request: another origin (`origin`), or
    /// plain http (`plain_http`). [`ErrorKind::Denied`](crate::ErrorKind): 401 (`invalid_token`) or
    /// 403 (`forbidden`). [`ErrorKind::Transport`](crate::ErrorKind): 429, 5xx, no answer.
    /// [`ErrorKind::Config`](crate::ErrorKind): any other 4xx.
    pub async fn send(&self, request: ApiRequest<'_>) -> Result<Response> {
        self.observed(Operation::Send, || self.send_checked(request)).await
    }

    /// The endpoints, pinned or discovered.
    ///
    /// # Errors
    ///
    /// None where they are pinned. Where they are discovered, those of
    /// [`MetadataSource::endpoints`](crate::MetadataSource::endpoints).
    pub async fn endpoints(&self) -> Result<Arc<Endpoints>> {
        self.observed(Operation::Endpoints, || self.known_endpoints()).await
    }

    /// Verifies a JWT that the provider made.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind): the provider has no OpenID Connect.
    /// [`ErrorKind::Security`](crate::ErrorKind): the JWT is not what it claims to be.
    pub async fn verify_jwt(&self, jwt: &Secret, kind: JwtKind) -> Result<VerifiedClaims> {
        let work = || async {
            let verifier = self
                .provider
                .id_tokens()
                .ok_or_else(|| Error::unsupported("the provider has no OpenID Connect"))?;
            verifier.verify(jwt, Expected::new(kind, self.client_id()), self.net()).await
        };
        self.observed(Operation::VerifyJwt, work).await
    }

    /// The second half of a login in one call: the code for a token, the token for a profile.
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

    /// Trades a bare code for a token, for those who port a login that keeps `state` itself.
    ///
    /// # Security
    ///
    /// Nothing ties the code to this browser: whoever calls it answers for `state` ([RFC 6749,
    /// section 10.12](https://www.rfc-editor.org/rfc/rfc6749#section-10.12)), `iss`, the nonce and
    /// the age of the attempt. [`get_access_token`](Self::get_access_token) checks them all.
    ///
    /// # Errors
    ///
    /// As [`get_access_token`](Self::get_access_token).
    pub async fn dangerously_exchange_code(
        &self,
        code: Secret,
        redirect_uri: &str,
        code_verifier: Option<Secret>,
    ) -> Result<OAuth2Token> {
        let work = || self.redeem_bare_code(code, redirect_uri, code_verifier);
        self.observed(Operation::AccessToken, work).await
    }

    /// The parts of a login besides its plan.
    fn parts<'a>(&'a self, signer_param: Option<&'a (&'static str, Cow<'_, str>)>) -> Parts<'a> {
        Parts {
            descriptor: &self.descriptor,
            config: &self.config,
            has_id_tokens: self.provider.id_tokens().is_some(),
            random: &*self.random,
            clock: &*self.clock,
            signer_param: signer_param.map(|(name, value)| (*name, value.as_ref())),
        }
    }

    fn signer_param(&self) -> Option<(&'static str, Cow<'_, str>)> {
        self.signer.as_ref()?.authorization_parameter()
    }

    /// Whether the provider takes what the signer makes, as far as its metadata says: before the
    /// user is sent there, and before a code or a refresh token is.
    fn check_signer(&self, endpoints: &Endpoints) -> Result<()> {
        let signed_by = self.signer.as_ref().and_then(|signer| signer.algorithm());
        let (Some(own), Some(listed)) = (signed_by, endpoints.proof_algorithms()) else {
            return Ok(());
        };
        if listed.iter().any(|listed| listed == own) {
            return Ok(());
        }
        let listed = listed.join(", ");
        let message = format!("the key signs requests by {own}, and the provider takes {listed}");
        Err(Error::config(message).with_reason("alg"))
    }

    /// The login of a client that has to ask first, or to push.
    async fn begin(&self, request: AuthorizationRequest) -> Result<Authorization> {
        let pushed = request.is_pushed();
        let (login, endpoints) = {
            let signer_param = self.signer_param();
            let parts = self.parts(signer_param.as_ref());
            if let Some(pinned) = &self.pinned {
                (pinned.plan.begin(parts, request)?, Arc::clone(&pinned.endpoints))
            } else {
                let endpoints = self.known_endpoints().await?;
                self.check_signer(&endpoints)?;
                let plan =
                    Plan::new(&self.descriptor, &self.config, parts.has_id_tokens, &endpoints)?;
                (plan.begin(parts, request)?, endpoints)
            }
        };
        // check: 15
        if pushed || endpoints.is_par_required() {
            return self.push(login, &endpoints).await;
        }
        Ok(login)
    }

    async fn revoke(&self, token: &OAuth2Token, what: Revoke) -> Result<()> {
        token.check_bearer()?;
        let revocation = self.descriptor.revocation;
        // check: 40
        if !self.descriptor.offers_revocation(what) {
            return Err(Error::unsupported(format!("the provider cannot revoke {what:?}")));
        }
        let Revocation::Rfc7009(auth) = revocation else {
            return self.provider.revoke(Api::to_revoke(self, token), what).await;
        };
        let (hint, chosen) = match (what, token.refresh_token()) {
            (Revoke::AccessToken, _) | (Revoke::Grant, None) => {
                ("access_token", token.access_token())
            }
            // RFC 7009 section 2.1: with the refresh token goes what was made from it.
            (Revoke::Grant | Revoke::RefreshToken, Some(refresh)) => ("refresh_token", refresh),
            (Revoke::RefreshToken, None) => return Err(redeem::no_refresh_token()),
        };
        if chosen.is_empty() {
            return Err(Error::config("the token holds a refresh token alone: revoke that"));
        }
        let form = [("token", chosen.clone()), ("token_type_hint", Secret::new(hint))];
        let request = ApiRequest::form(Endpoint::Revocation, form);
        let request = match auth {
            // Whoever has the token may end it: no client in the request at all.
            ClientAuth::None if !matches!(self.config.credential, Credential::Public) => {
                ApiRequest { auth: Auth::Nobody, ..request }
            }
            auth => ApiRequest { auth: Auth::Client(Way::Declared(auth)), ..request },
        };
        self.send_checked(request).await.map(drop)
    }

    async fn known_endpoints(&self) -> Result<Arc<Endpoints>> {
        match (&self.pinned, self.provider.metadata()) {
            (Some(pinned), _) => Ok(Arc::clone(&pinned.endpoints)),
            (None, Some(source)) => source.endpoints(self.net()).await,
            (None, None) => Err(Error::config("the provider has neither endpoints nor discovery")),
        }
    }

    fn keys(&self) -> ClientKeys<'_> {
        ClientKeys::new(&self.config)
    }

    fn net(&self) -> Backchannel<'_> {
        Backchannel::new(&*self.http, &*self.clock, &self.config, &self.headers)
    }
}

/// What can be known to be wrong before anything is sent.
fn check<P: Provider>(provider: &P, descriptor: &Descriptor, config: &ClientConfig) -> Result<()> {
    if descriptor.name.is_empty() || config.client_id.is_empty() {
        return Err(Error::config("the client has no name or no client id"));
    }
    if matches!(&config.credential, Credential::Secret(secret) if secret.is_empty()) {
        return Err(Error::config("the client secret is empty: a public client has none"));
    }
    let is_discovered = descriptor.authorize_and_token.is_none();
    match config.client_auth {
        Some(auth) => authenticate::fits(auth, config)?,
        // What metadata lists is not known yet.
        None if is_discovered => {}
        None => authenticate::fits(descriptor.client_auth, config)?,
    }
    if descriptor.asks_openid() && provider.id_tokens().is_none() {
        return Err(Error::config("openid is asked for, and nobody verifies the ID token"));
    }
    if descriptor.iss_promised && descriptor.issuer.is_none() {
        return Err(Error::config("iss is promised, and no issuer is known to compare it with"));
    }
    // The configuration's scopes are in `descriptor`, the provider's own say what binds a code. No
    // scope at all asks for `openid`, where there are ID tokens.
    let bound_by_nonce = provider.descriptor().code_binding() == CodeBinding::Nonce;
    let asks_openid = descriptor.asks_openid()
        || (descriptor.scopes.is_empty() && provider.id_tokens().is_some());
    if bound_by_nonce && !asks_openid {
        return Err(unbound());
    }
    if descriptor.hides_a_source() {
        return Err(Error::config("a code is bound weakly, and no page is named that says so"));
    }
    if descriptor.authorize_and_token.is_none() && provider.metadata().is_none() {
        return Err(Error::config("the provider has neither endpoints nor discovery"));
    }
    let says = descriptor.issuer.is_some()
        || !descriptor.endpoints.is_empty()
        || descriptor.end_session.is_some()
        || descriptor.par_required;
    if descriptor.authorize_and_token.is_none() && (says || !descriptor.apis.is_empty()) {
        let message =
            "endpoints are discovered: issuer, endpoints and APIs are the source's to say";
        return Err(Error::config(message));
    }
    if descriptor.par_required && !descriptor.has_endpoint(Endpoint::PushedAuthorization) {
        return Err(Error::config("the descriptor requires pushed requests, and says not where"));
    }
    let by_rfc = matches!(descriptor.revocation, Revocation::Rfc7009(_));
    let pinned = descriptor.authorize_and_token.is_some();
    if by_rfc && pinned && !descriptor.has_endpoint(Endpoint::Revocation) {
        return Err(Error::config("the descriptor offers revocation and names no endpoint for it"));
    }
    Ok(())
}

/// What the configuration adds to every login and every token request.
fn check_params(descriptor: &Descriptor, config: &ClientConfig) -> Result<()> {
    // Those of an endpoint's own query are compared once the endpoint is known.
    defaults(config, descriptor, &[])?;
    for (at, (name, _)) in config.token_params.iter().enumerate() {
        refuse_reserved(name, descriptor)?;
        if config.token_params.iter().take(at).any(|(said, _)| said == name) {
            return Err(given_twice(name));
        }
    }
    Ok(())
}

/// An empty id, or one without end, would be the key of an account.
fn check_id(id: &str) -> Result<()> {
    if id.is_empty() || id.len() > 1024 {
        return Err(Error::malformed("the identity has no usable id").with_reason("empty_id"));
    }
    Ok(())
}

impl<P> Clone for OAuth2Client<P> {
    fn clone(&self) -> Self {
        Self {
            provider: Arc::clone(&self.provider),
            descriptor: Arc::clone(&self.descriptor),
            headers: Arc::clone(&self.headers),
            pinned: self.pinned.clone(),
            config: self.config.clone(),
            http: Arc::clone(&self.http),
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            signer: self.signer.clone(),
            hooks: self.hooks.clone(),
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for OAuth2Client<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth2Client")
            .field("provider", &self.provider)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
