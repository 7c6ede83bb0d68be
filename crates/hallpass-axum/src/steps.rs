//! The two steps of a login: what sends the browser away, and what comes of its return. The routes
//! stand on them, and so can an application's own.

use std::{fmt, sync::Arc};

use axum::{
    extract::{FromRef, FromRequest, OriginalUri, Request},
    http::{HeaderMap, Uri},
    response::{IntoResponse, IntoResponseParts, Response, ResponseParts},
};
use hallpass_core::{AuthorizationRequest, BaseOAuth2, Error, OAuth2Token, Profile, Result};
use hallpass_web::{Identity, LocalRedirect, cookie::Cookie};

use crate::{
    SignIn,
    login::{self, Unbegun},
    page, routes,
    sign_in::Parts,
};

/// The two halves of a login for routes of the application's own, without these routes and without
/// sessions: what [`SignIn::steps`] gives. Cookies, redirect URI, checks and pages are the same.
///
/// The redirect URI is the base URL and the callback of [`Paths`](crate::Paths), whatever the
/// request says. The callback's route takes GET, and POST where a provider posts its answer.
///
/// ```
/// use std::sync::Arc;
///
/// use axum::{Router, extract::{FromRef, State}, http::HeaderMap, response::{IntoResponse, Redirect, Response}, routing::get};
/// use hallpass_axum::{Begin, FinishedLogin, Paths, SignIn, Steps, web::SealingKeys};
/// use hallpass_core::{AuthorizationRequest, BaseOAuth2};
///
/// async fn connect(State(steps): State<Steps>, headers: HeaderMap) -> Response {
///     let request = AuthorizationRequest::new().scopes(["calendar"]).param("prompt", "consent").data("calendar");
///     match steps.begin("acme", Begin::new().request(request), &headers).await {
///         Ok(begun) => begun.into_response(),
///         Err(error) => steps.failed("acme", &error),
///     }
/// }
///
/// async fn connected(login: FinishedLogin) -> impl IntoResponse {
///     // Keep login.token for login.identity.key() …
///     (login.used, Redirect::to(login.return_to.as_str()))
/// }
///
/// # fn routes(acme: Arc<dyn BaseOAuth2>) -> hallpass_core::Result<Router> {
/// let sign_in = SignIn::new("https://app.example", SealingKeys::generate())?
///     .provider(acme)?
///     .paths(Paths::new().callback("/connected/{provider}"))?;
/// let routes = Router::new()
///     .route("/connect", get(connect))
///     .route("/connected/{provider}", get(connected).post(connected))
///     .with_state(sign_in.steps());
/// # Ok(routes)
/// # }
/// ```
#[derive(Clone)]
pub struct Steps {
    pub(crate) parts: Arc<Parts>,
}

impl SignIn {
    /// The two halves of a login, for routes of the application's own.
    #[must_use]
    pub fn steps(&self) -> Steps {
        Steps { parts: Arc::clone(&self.parts) }
    }
}

/// What a login begins with: see [`Steps::begin`].
#[derive(Debug, Default)]
pub struct Begin {
    pub(crate) request: AuthorizationRequest,
    pub(crate) return_to: Option<LocalRedirect>,
    pub(crate) host: Option<String>,
}

impl Begin {
    /// Nothing but the defaults, and home afterwards.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Scopes, parameters, and data of the application's own. The redirect URI is not taken from
    /// it.
    #[must_use]
    pub fn request(mut self, request: AuthorizationRequest) -> Self {
        self.request = request;
        self
    }

    /// Where to afterwards.
    #[must_use]
    pub fn return_to(mut self, return_to: LocalRedirect) -> Self {
        self.return_to = Some(return_to);
        self
    }

    /// The host, of a provider that is at many.
    #[must_use]
    pub fn at_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }
}

/// A login that has begun: a response, 303 to the provider with the cookie of the attempt.
#[derive(Debug)]
#[must_use]
pub struct BegunLogin {
    pub(crate) location: String,
    pub(crate) cookies: Vec<Cookie<'static>>,
}

impl IntoResponse for BegunLogin {
    fn into_response(self) -> Response {
        routes::with_cookies(routes::see_other(&self.location), &self.cookies)
    }
}

/// A login that has come to its end: nobody is signed in here yet. In a handler it comes out of the
/// request, if the state has [`Steps`]; the path says the provider, as the callback of
/// [`Paths`](crate::Paths) does. `Debug` shows neither data nor where to.
#[non_exhaustive]
pub struct FinishedLogin {
    /// Who it is.
    pub identity: Identity,
    /// What the provider gave.
    pub token: OAuth2Token,
    /// All that the provider says of them.
    pub profile: Profile,
    /// Where the user wanted to go.
    pub return_to: LocalRedirect,
    /// What the application gave to
    /// [`AuthorizationRequest::data`](hallpass_core::AuthorizationRequest::data).
    pub data: Option<String>,
    /// Takes the attempt's cookie out of the browser: a part of the response.
    pub used: UsedAttempt,
}

impl fmt::Debug for FinishedLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FinishedLogin").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// The attempt of a finished login, which is used up: put it before the body of the response.
#[derive(Debug)]
pub struct UsedAttempt(pub(crate) Vec<Cookie<'static>>);

impl IntoResponseParts for UsedAttempt {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut parts: ResponseParts,
    ) -> std::result::Result<ResponseParts, Self::Error> {
        routes::set_cookies(parts.headers_mut(), &self.0);
        Ok(parts)
    }
}

/// A callback that is no finished login. It is a response: the page that says so, or the redirect.
#[derive(Debug)]
#[non_exhaustive]
pub struct UnfinishedLogin {
    /// What it is instead.
    pub why: Unfinished,
    pub(crate) response: Box<Response>,
}

/// Why a callback is no finished login.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unfinished {
    /// The provider posted its answer, and with another site's POST a browser sends no session. The
    /// response sends it on to a GET of the same path, which finishes the login.
    Posted,
    /// No provider has this name.
    UnknownProvider,
    /// This browser has begun no such login, or it was finished already.
    NotBegunHere,
    /// What went wrong; the response says as much of it as is the user's business.
    Failed(Error),
}

impl IntoResponse for UnfinishedLogin {
    fn into_response(self) -> Response {
        *self.response
    }
}

impl<S> FromRequest<S> for FinishedLogin
where
    Steps: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = UnfinishedLogin;

    async fn from_request(
        request: Request,
        state: &S,
    ) -> std::result::Result<Self, UnfinishedLogin> {
        let steps = Steps::from_ref(state);
        let provider = |uri: &Uri| {
            let path = uri.path().strip_prefix(&steps.parts.prefix)?;
            steps.parts.paths.provider_of(path).map(str::to_owned)
        };
        // The whole path of a router that is nested in another, or what is left of it here.
        let whole = request.extensions().get::<OriginalUri>().and_then(|uri| provider(&uri.0));
        let provider = whole.or_else(|| provider(request.uri())).unwrap_or_default();
        steps.finish(&provider, request).await
    }
}

impl Steps {
    /// Begins a login at the provider of this name. `headers` are those of the request: the cookies
    /// of other attempts are in them, and whether a browser goes there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `no_navigation`: the headers say that
    /// it is a picture, a script or a prefetch that asks; answer 403.
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `unknown_provider`: nobody has this
    /// name; reason `host`: the provider is at many hosts, and this is none of them. Otherwise as
    /// [`get_authorization_url`](hallpass_core::OAuth2Client::get_authorization_url) and
    /// [`Attempts::begin`](hallpass_web::Attempts::begin).
    pub async fn begin(
        &self,
        provider: &str,
        begin: Begin,
        headers: &HeaderMap,
    ) -> Result<BegunLogin> {
        if !login::is_navigation(headers, self.parts.attempts.is_framed()) {
            return Err(Error::security(
                "no_navigation",
                "no browser goes there: nothing is begun",
            ));
        }
        login::start(&self.parts, provider, begin, headers).await.map_err(|unbegun| match unbegun {
            Unbegun::UnknownProvider => {
                Error::config("no provider has this name").with_reason("unknown_provider")
            }
            Unbegun::Host(error) => Error::config("this is no host of the provider")
                .with_reason("host")
                .with_source(error),
            Unbegun::Failed(error) => error,
        })
    }

    /// Finishes the login that a request to the callback answers. [`FinishedLogin`] as a handler's
    /// argument is the same.
    ///
    /// # Errors
    ///
    /// [`UnfinishedLogin`]: answer with it.
    pub async fn finish(
        &self,
        provider: &str,
        request: Request,
    ) -> std::result::Result<FinishedLogin, UnfinishedLogin> {
        login::finish(&self.parts, provider, request).await
    }

    /// The client that signed somebody in, for calls in their name: that of their host, where the
    /// provider is at many.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `unknown_provider`: it is not here any
    /// more. Otherwise as [`ClientsByHost::client`](crate::ClientsByHost::client).
    pub async fn client_of(&self, who: &Identity) -> Result<Arc<dyn BaseOAuth2>> {
        self.parts.client_of(who).await
    }

    /// The page for an error, with the status that it has; the log has the rest.
    #[must_use]
    pub fn failed(&self, provider: &str, error: &Error) -> Response {
        let home = LocalRedirect::home(self.parts.attempts.base());
        page::failed(&self.parts, provider, error, &home)
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steps").field("attempts", &self.parts.attempts).finish_non_exhaustive()
    }
}
