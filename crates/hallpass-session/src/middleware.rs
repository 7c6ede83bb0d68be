use async_trait::async_trait;
use hallpass_core::{
    Error, ErrorKind, OAuth2Token, Result, Secret, TokenPlacement,
    http::{Extensions, HeaderName, HeaderValue, StatusCode, header},
    is_loopback,
    url::{Origin, Url},
};
use reqwest_middleware::{
    Middleware, Next,
    reqwest::{Request, Response, redirect::Policy},
};

use crate::Session;

/// As many as reqwest itself follows.
const MOST_REDIRECTS: usize = 10;

/// A token that stays alive, on every request of a client that is built of
/// [reqwest-middleware](https://docs.rs/reqwest-middleware): for code that has its client already.
/// Who has not is better served by [`ApiClient`](crate::ApiClient), which does more.
///
/// The token goes to the origins named here, and nowhere else. A request to another origin is
/// refused unless it is marked [`WithoutToken`]; so is one that already has the header that the
/// token goes into. A request that is answered 401 is made once more with a new token, whatever its
/// method, if its body can be copied; one whose body is a stream, or where there is no new token,
/// gets the 401 as it came.
///
/// ```no_run
/// use hallpass_session::{TokenManager, TokenMiddleware, WithoutToken};
/// use reqwest_middleware::{ClientBuilder, reqwest};
///
/// # async fn call(tokens: TokenManager) -> Result<(), Box<dyn std::error::Error>> {
/// let token = TokenMiddleware::new(tokens.session("user-42"), "https://api.acme.test")?;
/// let http = reqwest::Client::builder().redirect(token.redirect_policy()).build()?;
/// let http = ClientBuilder::new(http).with(token).build();
///
/// let me = http.get("https://api.acme.test/me").send().await?;
/// let logo = http.get("https://cdn.test/logo").with_extension(WithoutToken).send().await?;
/// # Ok(())
/// # }
/// ```
///
/// Put it after middleware that tries again, so that each try has the token of its time, and before
/// middleware that logs, which sees the token's header marked as sensitive.
///
/// # Redirects
///
/// They are followed inside reqwest, where no middleware sees them. By reqwest's own policy a
/// redirect to another host or port loses `Authorization` but no other header, so that a token
/// whose provider wants it elsewhere goes along. Give the client
/// [`redirect_policy`](Self::redirect_policy), or `Policy::none()`. An answer from another origin
/// than the one asked is an error (reason `redirect`), but by then it has been asked; one that
/// comes back to where it began by way of another is not noticed.
///
/// # What it does not do
///
/// It writes the token's header. Headers, proofs and limits that the provider's client adds to its
/// own requests are not there, nor do the application's [`Hooks`](hallpass_core::Hooks) run. It
/// cannot sign: a token that is bound to a key (DPoP) is refused. Plain http is for loopback alone,
/// whatever the client's configuration allows.
///
/// reqwest's TLS is turned on by hallpass without a cryptographic backend:
/// [`ReqwestClient::from_client`](hallpass_core::ReqwestClient::from_client) says what to do about
/// it.
///
/// # Errors
///
/// Ours are [`reqwest_middleware::Error::Middleware`] with a [`hallpass_core::Error`] inside:
/// `inner.downcast_ref::<hallpass_core::Error>()`. Nothing was sent to the API, but for the last
/// two:
///
/// [`ErrorKind::Security`], reason `origin`: the origin is none of those named, and the request not
/// marked. [`ErrorKind::Config`]: the caller set the token's header (reason `reserved`), or the URL
/// has a user or a password in it. [`ErrorKind::Unsupported`], reason `key_binding`: the token is
/// bound to a key. Those of [`Session::token`], of which [`ErrorKind::Denied`] means that the user
/// has to sign in again; where the API refused a token first, those of
/// [`Session::token_instead_of`] but that one. [`ErrorKind::Security`], reason `redirect`: the client followed a redirect
/// to another origin; log it, and give the client a policy.
#[derive(Debug, Clone)]
pub struct TokenMiddleware {
    session: Session,
    origins: Vec<Origin>,
}

/// Marks a request that is sent as it is, by `with_extension(WithoutToken)`: wherever to, and with
/// an `Authorization` of the caller's own if there is one.
#[derive(Debug, Clone, Copy)]
pub struct WithoutToken;

impl TokenMiddleware {
    /// The session's token for requests to the origin of `api_url`. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`]: the URL is neither https nor http to loopback, or has a user or a
    /// password.
    pub fn new(session: Session, api_url: &str) -> Result<Self> {
        Ok(Self { session, origins: vec![origin_of(api_url)?] })
    }

    /// Lets the token go to one more origin, that of `url`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn allow_origin(mut self, url: &str) -> Result<Self> {
        self.origins.push(origin_of(url)?);
        Ok(self)
    }

    /// For the client's builder: a request to the token's origins is not redirected out of its
    /// origin, but gets the redirect as its answer. Any other is redirected as ever, ten times at
    /// most.
    #[must_use]
    pub fn redirect_policy(&self) -> Policy {
        let origins = self.origins.clone();
        Policy::custom(move |attempt| {
            let previous = attempt.previous();
            let from = previous.first().map(Url::origin);
            let may_have_token = from.is_none_or(|from| origins.contains(&from));
            let stays = previous.last().is_some_and(|last| last.origin() == attempt.url().origin());
            if may_have_token && !stays {
                return attempt.stop();
            }
            if previous.len() > MOST_REDIRECTS {
                return attempt.error("too many redirects");
            }
            attempt.follow()
        })
    }

    /// Whose token it is.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    fn placement(&self) -> &TokenPlacement {
        self.session.client().descriptor().token_placement()
    }

    /// What can be refused before anybody is asked for a token.
    fn check(&self, request: &Request) -> Result<()> {
        let url = request.url();
        if !self.origins.contains(&url.origin()) {
            let message = "the token goes to the origins named for it alone: see WithoutToken";
            return Err(Error::security("origin", message));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::config("a URL with a user or password in it"));
        }
        if request.headers().contains_key(header_of(self.placement())?) {
            let message = "the token's header is set already: see WithoutToken";
            return Err(Error::config(message).with_reason("reserved"));
        }
        Ok(())
    }

    async fn send(
        &self,
        mut request: Request,
        token: &OAuth2Token,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let asked = request.url().origin();
        place(self.placement(), token, &mut request).map_err(ours)?;
        let response = next.run(request, extensions).await?;
        if response.url().origin() != asked {
            let message = "the client followed a redirect to another origin";
            return Err(ours(Error::security("redirect", message).with_status(response.status())));
        }
        Ok(response)
    }
}

#[async_trait]
impl Middleware for TokenMiddleware {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        if extensions.get::<WithoutToken>().is_some() {
            return next.run(request, extensions).await;
        }
        self.check(&request).map_err(ours)?;
        let token = self.session.token().await.map_err(ours)?;
        let again = request.try_clone();
        let response = self.send(request, &token, extensions, next.clone()).await?;
        // RFC 6750 section 3.1; many APIs say no more than 401.
        let (StatusCode::UNAUTHORIZED, Some(again)) = (response.status(), again) else {
            return Ok(response);
        };
        match self.session.token_instead_of(&token).await {
            Ok(token) => self.send(again, &token, extensions, next).await,
            // The API's own refusal says more than that there is no other token.
            Err(error) if matches!(error.kind(), ErrorKind::Denied | ErrorKind::Unsupported) => {
                tracing::debug!(%error, key = ?self.session.key(), "no token instead of a refused one");
                Ok(response)
            }
            Err(error) => Err(ours(error)),
        }
    }
}

fn ours(error: Error) -> reqwest_middleware::Error {
    reqwest_middleware::Error::middleware(error)
}

/// What a token may be sent to, if it is named so.
fn origin_of(url: &str) -> Result<Origin> {
    let url = Url::parse(url)
        .map_err(|error| Error::config("the API's URL is none").with_source(error))?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err(Error::config("the API's URL is neither https nor http to loopback"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::config("the API's URL has a user or a password in it"));
    }
    Ok(url.origin())
}

fn header_of(placement: &TokenPlacement) -> Result<&HeaderName> {
    match placement {
        TokenPlacement::Bearer => Ok(&header::AUTHORIZATION),
        TokenPlacement::Header(name) => Ok(name),
        _ => Err(Error::unsupported("the provider wants its token where no header is")),
    }
}

fn place(placement: &TokenPlacement, token: &OAuth2Token, request: &mut Request) -> Result<()> {
    if !token.token_type().eq_ignore_ascii_case("Bearer") {
        let message = "the token is bound to a key, and nobody signs here: see ApiClient";
        return Err(Error::unsupported(message).with_reason("key_binding"));
    }
    let access_token = token.access_token();
    if access_token.is_empty() {
        return Err(Error::config("the token holds a refresh token alone: refresh it first"));
    }
    let text = match placement {
        TokenPlacement::Bearer => Secret::new(format!("Bearer {}", access_token.expose())),
        _ => access_token.clone(),
    };
    let mut value = HeaderValue::from_str(text.expose())
        .map_err(|_| Error::malformed("the access token has control characters"))?;
    value.set_sensitive(true);
    request.headers_mut().insert(header_of(placement)?.clone(), value);
    Ok(())
}
