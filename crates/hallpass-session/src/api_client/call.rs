use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use hallpass_core::{
    ApiRequest, Error, ErrorKind, Json, OAuth2Token, Response, Result, Secret,
    http::{HeaderName, HeaderValue, Method, StatusCode},
    url::Url,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::sleep;

use super::{ApiClient, Placement, without_query};

/// Between two tries, doubled each time, up or down by chance.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Even if the server says "at once": it was busy just now.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
/// Whoever asks us to wait longer is told of to the caller instead.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// One call of an [`ApiClient`].
#[must_use]
pub struct ApiCall<'a> {
    api: &'a ApiClient,
    method: Method,
    path: String,
    query: Vec<(Cow<'static, str>, Secret)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Result<Body>,
    limit: Option<usize>,
    with_token: bool,
}

#[derive(Clone)]
enum Body {
    Empty,
    Form(Vec<(Cow<'static, str>, Secret)>),
    Json(Json),
}

impl<'a> ApiCall<'a> {
    pub(super) fn new(api: &'a ApiClient, method: Method, path: &str) -> Self {
        Self {
            api,
            method,
            path: path.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Ok(Body::Empty),
            limit: None,
            with_token: true,
        }
    }

    /// A parameter of the URL.
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Secret>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// A header. `Authorization` is not the caller's.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// A JSON body.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        let json = serde_json::to_value(body);
        self.body = json.map(Body::Json).map_err(|error| {
            Error::config("the body cannot be written as JSON").with_source(error)
        });
        self
    }

    /// A form as body.
    pub fn form<N: Into<Cow<'static, str>>, V: Into<Secret>>(
        mut self,
        form: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let form = form.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.body = Ok(Body::Form(form.collect()));
        self
    }

    /// How much of the answer is read, in bytes after decoding. Default 1 MiB.
    pub fn body_limit_bytes(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// In nobody's name: for what an API says to all, without a token for it to see.
    pub fn without_token(mut self) -> Self {
        self.with_token = false;
        self
    }

    /// Makes the call. Every status outside 2xx is an error.
    ///
    /// # Errors
    ///
    /// As [`Session::token`](crate::Session::token) and
    /// [`BaseOAuth2::send`](hallpass_core::BaseOAuth2::send).
    /// [`ErrorKind::Security`], reason `origin`: the URL is elsewhere; nothing was sent.
    /// [`ErrorKind::Config`]: the path or the body is none, the path has a dot segment or an encoded
    /// slash in it, or a token bound to a key (DPoP) is to go elsewhere than into the header;
    /// nothing was sent. [`ErrorKind::Denied`], reason `invalid_token` unless
    /// the provider's crate has another: the API does not take the token, and not the next one
    /// either; or there is no other, and why is the [`source`](std::error::Error::source).
    pub async fn send(self) -> Result<Response> {
        let url = self.api.url(&self.path)?;
        let body = self.body.clone()?;
        let session = &self.api.session;
        if !self.with_token {
            return self.tried(&url, &body, None).await;
        }
        let token = session.token().await?;
        match self.tried(&url, &body, Some(&token)).await {
            Err(refusal) if is_token_refused(&refusal) => {
                let token = match session.token_instead_of(&token).await {
                    Ok(token) => token,
                    Err(error) if is_no_other(&error) => return Err(denied(refusal, Some(error))),
                    Err(error) => return Err(error),
                };
                let again = self.tried(&url, &body, Some(&token)).await;
                again.map_err(|error| match is_token_refused(&error) {
                    true => denied(error, None),
                    false => error,
                })
            }
            answer => answer,
        }
    }

    /// Makes the call and reads the answer as JSON.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`ErrorKind::Malformed`] if it is not JSON.
    pub async fn read(self) -> Result<Json> {
        self.send().await?.json()
    }

    /// Makes the call and reads the answer as a type of the caller's own.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`ErrorKind::Malformed`] if it has another shape.
    pub async fn read_as<T: DeserializeOwned>(self) -> Result<T> {
        self.send().await?.json_as()
    }

    /// Once, or again where that does no harm and may help.
    async fn tried(
        &self,
        url: &Url,
        body: &Body,
        token: Option<&Arc<OAuth2Token>>,
    ) -> Result<Response> {
        if let Some(token) = token {
            self.check_placement(token, body)?;
        }
        let client = self.api.session.client();
        let tries = if self.method.is_idempotent() { self.api.tries } else { 1 };
        let mut pause = FIRST_PAUSE;
        for _ in 1..tries {
            let request = self.request(url, body, token.map(|token| &**token));
            let error = match client.send(request).await {
                Err(error) if error.kind() == ErrorKind::Transport => error,
                answer => return answer,
            };
            let wait = match error.retry_after() {
                Some(wait) if wait > LONGEST_PAUSE => return Err(error),
                Some(wait) => wait,
                None => pause.mul_f64(jitter()).min(LONGEST_PAUSE),
            };
            sleep(wait.max(SHORTEST_PAUSE)).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
        client.send(self.request(url, body, token.map(|token| &**token))).await
    }

    /// A proof of the key goes with a token in the header alone ([RFC 9449, section
    /// 7.1](https://www.rfc-editor.org/rfc/rfc9449#section-7.1)).
    fn check_placement(&self, token: &OAuth2Token, body: &Body) -> Result<()> {
        let is_in_header = match &self.api.placement {
            Placement::Header => true,
            Placement::Form(_) => !matches!(body, Body::Form(_)),
            Placement::Query(_) => false,
        };
        // check: 35
        if !is_in_header && token.token_type().eq_ignore_ascii_case("DPoP") {
            return Err(Error::config("a token bound to a key goes into the header"));
        }
        Ok(())
    }

    fn request<'t>(
        &self,
        url: &Url,
        body: &Body,
        token: Option<&'t OAuth2Token>,
    ) -> ApiRequest<'t> {
        let mut request =
            ApiRequest::new(self.method.clone(), url.as_str()).allow_origin(url.origin());
        for (name, value) in &self.query {
            request = request.query(name.clone(), value.clone());
        }
        for (name, value) in &self.headers {
            request = request.header(name.clone(), value.clone());
        }
        if let Some(limit) = self.limit {
            request = request.body_limit_bytes(limit);
        }
        let request = match body {
            Body::Empty => request,
            Body::Json(json) => request.json(json),
            Body::Form(form) => request.form_body(form.clone()),
        };
        match (token, &self.api.placement) {
            (None, _) => request,
            (Some(token), Placement::Header) => request.token(token),
            (Some(token), Placement::Query(name)) => request.token_in_query(name.clone(), token),
            (Some(token), Placement::Form(name)) => request.token_in_form(name.clone(), token),
        }
    }
}

/// Names the call, not its query or body, nor a user or password.
impl fmt::Debug for ApiCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = without_query(&self.path);
        // After the scheme a URL parser takes any number of slashes, of both kinds.
        let slashes = ['/', '\\'];
        let shown = path.split_once("://").map(|(scheme, rest)| {
            let rest = rest.trim_start_matches(slashes);
            let end = rest.find(slashes).unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        });
        write!(f, "ApiCall({} {:?})", self.method, shown.as_deref().unwrap_or(path))
    }
}

/// RFC 6750 section 3.1; many APIs say no more than 401, and some say it with a 200.
fn is_token_refused(error: &Error) -> bool {
    let is_denied = error.kind() == ErrorKind::Denied;
    let is_said = error.status() == Some(StatusCode::UNAUTHORIZED) && is_denied;
    // What a hook failed with is not the API's word.
    !error.is_unsent() && (is_said || error.reason() == Some("invalid_token"))
}

/// Whether no other try at a token is of use to this call.
fn is_no_other(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Denied | ErrorKind::Unsupported)
}

/// The API's refusal, as one of the token, whatever kind the provider's crate says it is. With why
/// there is no other token.
fn denied(refusal: Error, why: Option<Error>) -> Error {
    if refusal.kind() == ErrorKind::Denied {
        let refusal = match refusal.reason() {
            Some(_) => refusal,
            None => refusal.with_reason("invalid_token"),
        };
        return match why {
            Some(why) => refusal.with_source(why),
            None => refusal,
        };
    }
    let mut error = Error::denied("the API does not accept the token")
        .with_reason("invalid_token")
        .with_retry_after(refusal.retry_after());
    if let Some(status) = refusal.status() {
        error = error.with_status(status);
    }
    if let Some(oauth) = refusal.oauth() {
        error = error.with_oauth(oauth.clone());
    }
    error.with_source(why.unwrap_or(refusal))
}

/// So that those who were refused together do not come back together.
fn jitter() -> f64 {
    rand::random_range(0.5..1.5)
}
