use async_trait::async_trait;
use hallpass_core::{
    Error, Result, Secret,
    http::{Extensions, HeaderValue, header},
    is_loopback,
    url::{Origin, Url},
};
use reqwest_middleware::{
    Middleware, Next,
    reqwest::{Body, Request, Response, redirect::Policy},
};

use crate::{Placement, RequestParts, Signed, Signer, TokenCredentials};

/// As many as reqwest itself follows.
const MOST_REDIRECTS: usize = 10;

/// Signs every request of a client that is built of
/// [reqwest-middleware](https://docs.rs/reqwest-middleware): for code that has its client already.
/// Who has not is better served by [`OAuth1Client::api`](crate::OAuth1Client::api), or by the
/// `ApiClient` of `hallpass-session`, which do more.
///
/// Requests are signed for the origins named here. One to another origin is refused unless it is
/// marked [`WithoutSignature`]; so is one that has an `Authorization` already. Plain http is for
/// loopback alone.
///
/// Put it after middleware that tries again, so that each try is signed anew, with a nonce of its
/// own.
///
/// ```no_run
/// use hallpass_oauth1::{ClientCredentials, Signer, SigningMiddleware, TokenCredentials};
/// use reqwest_middleware::{ClientBuilder, reqwest};
///
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// let signer = Signer::new(ClientCredentials::new("consumer key", "consumer secret"));
/// let token = TokenCredentials::new("token", "token secret");
/// let signing = SigningMiddleware::new(signer, "https://api.acme.test")?.with_token(token);
/// let http = reqwest::Client::builder().redirect(signing.redirect_policy()).build()?;
/// let http = ClientBuilder::new(http).with(signing).build();
///
/// let me = http.get("https://api.acme.test/me").send().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Redirects
///
/// They are followed inside reqwest, where no middleware sees them, and what was signed for one URL
/// is no signature of another. Give the client [`redirect_policy`](Self::redirect_policy), or
/// `Policy::none()`. An answer from another URL's origin is an error (reason `redirect`), but by
/// then it has been asked.
///
/// # Bodies
///
/// They go as they are. One that is a stream cannot be read: if it is a form, or is to be hashed,
/// the request is refused.
///
/// # Errors
///
/// Ours are [`reqwest_middleware::Error::Middleware`] with a [`hallpass_core::Error`] inside.
/// Nothing was sent, but for the last: those of [`Signer::sign`];
/// [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `origin`: the origin is none of those
/// named; [`ErrorKind::Config`](hallpass_core::ErrorKind): an `Authorization` of the caller's, or a
/// `Host` that is not the URL's (reason `reserved`), a URL with a user or a password, a stream that
/// would have to be read; [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `redirect`: the
/// client followed a redirect to another origin.
#[derive(Debug, Clone)]
pub struct SigningMiddleware {
    signer: Signer,
    token: Option<TokenCredentials>,
    origins: Vec<Origin>,
}

/// Marks a request that is sent as it is, by `with_extension(WithoutSignature)`.
#[derive(Debug, Clone, Copy)]
pub struct WithoutSignature;

impl SigningMiddleware {
    /// Signatures in the name of the application alone, for requests to the origin of `api_url`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the URL is neither https nor http to
    /// loopback, or has a user or a password.
    pub fn new(signer: Signer, api_url: &str) -> Result<Self> {
        Ok(Self { signer, token: None, origins: vec![origin_of(api_url)?] })
    }

    /// In the name of a user.
    #[must_use]
    pub fn with_token(mut self, token: TokenCredentials) -> Self {
        self.token = Some(token);
        self
    }

    /// Signs for one more origin, that of `url`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn allow_origin(mut self, url: &str) -> Result<Self> {
        self.origins.push(origin_of(url)?);
        Ok(self)
    }

    /// For the client's builder: a request to the origins named is not redirected at all, but gets
    /// the redirect as its answer. Any other is redirected as ever, ten times at most.
    #[must_use]
    pub fn redirect_policy(&self) -> Policy {
        let origins = self.origins.clone();
        Policy::custom(move |attempt| {
            let from = attempt.previous().first().map(Url::origin);
            if from.is_none_or(|from| origins.contains(&from)) {
                return attempt.stop();
            }
            if attempt.previous().len() > MOST_REDIRECTS {
                return attempt.error("too many redirects");
            }
            attempt.follow()
        })
    }

    fn sign(&self, request: &mut Request) -> Result<()> {
        let url = request.url();
        if !self.origins.contains(&url.origin()) {
            let message = "requests are signed for the origins named alone: see WithoutSignature";
            return Err(Error::security("origin", message));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::config("a URL with a user or password in it"));
        }
        if request.headers().contains_key(header::AUTHORIZATION) {
            let message = "the request has an Authorization already: see WithoutSignature";
            return Err(Error::config(message).with_reason("reserved"));
        }
        let parts = RequestParts::new(request.method(), request.url());
        parts.check_host(request.headers())?;
        let body = match request.body() {
            None => Some(&[][..]),
            Some(body) => body.as_bytes(),
        };
        let parts = parts.with_headers(request.headers(), body.unwrap_or_default());
        if body.is_none() && self.signer.reads_body(&parts) {
            return Err(Error::config("a body that is a stream cannot be signed"));
        }
        let signed = self.signer.sign(&parts, self.token.as_ref())?;
        apply(signed, request);
        Ok(())
    }
}

fn apply(signed: Signed, request: &mut Request) {
    match signed {
        Signed::Header(value) => {
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        Signed::Query(added) => {
            let query = match request.url().query() {
                Some(query) if !query.is_empty() => {
                    Secret::new(format!("{query}&{}", added.expose()))
                }
                _ => added,
            };
            request.url_mut().set_query(Some(query.expose()));
        }
        Signed::Form(added) => {
            let body = request.body().and_then(Body::as_bytes);
            let mut form = body.unwrap_or_default().to_vec();
            if !form.is_empty() {
                form.push(b'&');
            }
            form.extend_from_slice(added.expose().as_bytes());
            let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
            let headers = request.headers_mut();
            headers.entry(header::CONTENT_TYPE).or_insert(media_type);
            // Whoever set one counted what was there before.
            headers.remove(header::CONTENT_LENGTH);
            *request.body_mut() = Some(Body::from(form));
        }
    }
}

#[async_trait]
impl Middleware for SigningMiddleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        if extensions.get::<WithoutSignature>().is_some() {
            return next.run(request, extensions).await;
        }
        let asked = request.url().origin();
        self.sign(&mut request).map_err(reqwest_middleware::Error::middleware)?;
        let response = next.run(request, extensions).await?;
        if response.url().origin() != asked {
            let message = "the client followed a redirect to another origin";
            let error = Error::security("redirect", message).with_status(response.status());
            return Err(reqwest_middleware::Error::middleware(error));
        }
        Ok(response)
    }
}

impl Signer {
    /// Whether what is signed depends on the body.
    fn reads_body(&self, parts: &RequestParts<'_>) -> bool {
        parts.is_form() || self.has_body_hash() || self.placement() == Placement::Form
    }
}

/// What may be signed for, if it is named so.
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
