use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use hallpass_core::{
    ApiRequest, BaseOAuth2, Clock, Endpoint, Error, ErrorKind, Grant, OAuth2Token, OAuthError,
    Result, Secret, SystemClock, http::StatusCode, url::Url,
};

use super::{Text, Wish, check_param};

mod reply;

use reply::Reply;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628 section 3.5: how much slower, each time the server says so.
const SLOWER: Duration = Duration::from_secs(5);
/// However often nobody answers, the next try is no later than this, unless the server says so.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// A login on a device without a browser, or without a keyboard: it shows a code, which the user
/// types in on a telephone or another computer ([RFC
/// 8628](https://www.rfc-editor.org/rfc/rfc8628)).
///
/// ```
/// # use std::sync::Arc;
/// # use hallpass_core::{OAuth2Client, OAuth2Token, Provider, Result};
/// use hallpass_session::DeviceLogin;
///
/// # async fn login(client: OAuth2Client<impl Provider>) -> Result<OAuth2Token> {
/// DeviceLogin::new(Arc::new(client))
///     .sign_in(|login| eprintln!("Open {} and enter {}", login.verification_uri(), login.user_code()))
///     .await
/// # }
/// ```
///
/// # Security
///
/// Whoever is sent the code by a stranger, and enters it, signs the stranger in: show it on the
/// device alone, and send it to nobody ([RFC 8628, section
/// 5.4](https://www.rfc-editor.org/rfc/rfc8628#section-5.4)).
#[must_use]
#[derive(Debug)]
pub struct DeviceLogin {
    client: Arc<dyn BaseOAuth2>,
    wish: Wish,
    clock: Arc<dyn Clock>,
    sleeper: Arc<dyn Sleeper>,
}

/// How a poll waits: for tests, together with a [`Clock`].
#[async_trait]
pub trait Sleeper: fmt::Debug + Send + Sync {
    /// Comes back after this long.
    async fn sleep(&self, pause: Duration);
}

/// By tokio's timer: the default.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioSleeper;

#[async_trait]
impl Sleeper for TokioSleeper {
    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

impl DeviceLogin {
    /// At this client's provider, with the scopes of its configuration. Sends nothing.
    pub fn new(client: Arc<dyn BaseOAuth2>) -> Self {
        let (clock, sleeper) = (Arc::new(SystemClock), Arc::new(TokioSleeper));
        Self { client, wish: Wish::default(), clock, sleeper }
    }

    /// What to ask for, instead of the configuration's. An empty list asks for nothing by name.
    pub fn scopes<S: Into<Text>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.wish.scopes(scopes);
        self
    }

    /// A parameter of the device authorization request: `audience` at Auth0, `resource`. One that
    /// hallpass sets itself, or that comes twice, is refused by [`start`](Self::start).
    pub fn param(mut self, name: impl Into<Text>, value: impl Into<Secret>) -> Self {
        self.wish.param(name, value);
        self
    }

    /// Another clock, for tests. It says when the code ends.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Another way to wait, for tests.
    pub fn sleeper(mut self, sleeper: Arc<dyn Sleeper>) -> Self {
        self.sleeper = sleeper;
        self
    }

    /// Asks for a code to show ([RFC 8628, section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc8628#section-3.1)).
    ///
    /// # Errors
    ///
    /// As [`send`](BaseOAuth2::send). [`ErrorKind::Config`], reason `reserved`, without a request:
    /// a parameter that hallpass sets itself, or that is there twice. [`ErrorKind::Unsupported`],
    /// without a request: the provider has no such endpoint. [`ErrorKind::Malformed`]: the answer
    /// holds no code, one that would spoil a terminal, or an address that is none of http or https:
    /// report it.
    pub async fn start(mut self) -> Result<DeviceAuthorization> {
        let client = self.client;
        if self.wish.scopes.is_none() {
            let scopes = client.descriptor().scopes().map(|scope| Text::Owned(scope.to_owned()));
            self.wish.scopes = Some(scopes.collect());
        }
        let mut names = Vec::new();
        for (name, _) in &self.wish.params {
            check_param(name, &names, &*client)?;
            names.push(&**name);
        }
        let mut form = self.wish.params.clone();
        let scope = self.wish.scope(&*client);
        if let Some(scope) = &scope {
            form.push((Text::Borrowed("scope"), scope.as_str().into()));
        }
        let endpoints = client.endpoints().await?;
        let endpoint = endpoints.get(Endpoint::DeviceAuthorization)?;
        let asked_at = self.clock.now();
        let answer = client.send(ApiRequest::form(Endpoint::DeviceAuthorization, form)).await?;
        let reply = Reply::read(&answer.json()?, endpoint)?;
        let expires_at = asked_at.checked_add(reply.lifetime);
        let expires_at =
            expires_at.ok_or_else(|| Error::malformed("a lifetime beyond all time"))?;
        Ok(DeviceAuthorization {
            client,
            clock: self.clock,
            sleeper: self.sleeper,
            expires_at,
            pause: reply.interval,
            interval: reply.interval,
            reply,
            scope,
        })
    }

    /// Asks for a code, shows it, and waits for the user: [`start`](Self::start) and
    /// [`wait`](DeviceAuthorization::wait).
    ///
    /// # Errors
    ///
    /// Those of the two.
    pub async fn sign_in(self, show: impl FnOnce(&DeviceAuthorization)) -> Result<OAuth2Token> {
        let login = self.start().await?;
        show(&login);
        login.wait().await
    }
}

/// A code that waits for its user.
pub struct DeviceAuthorization {
    client: Arc<dyn BaseOAuth2>,
    clock: Arc<dyn Clock>,
    sleeper: Arc<dyn Sleeper>,
    reply: Reply,
    expires_at: SystemTime,
    /// Until the next poll.
    pause: Duration,
    interval: Duration,
    /// What was asked for, joined.
    scope: Option<String>,
}

impl DeviceAuthorization {
    /// What the user types in. Free of control characters; case and dashes are the provider's.
    #[must_use]
    pub fn user_code(&self) -> &str {
        &self.reply.user_code
    }

    /// Where the user goes to type it in: short enough to copy by hand.
    #[must_use]
    pub fn verification_uri(&self) -> &str {
        self.reply.verification_uri.as_str()
    }

    /// The same with the code in it, for a QR code or a link; the code is to be shown all the same,
    /// for the user to compare ([RFC 8628, section
    /// 3.3.1](https://www.rfc-editor.org/rfc/rfc8628#section-3.3.1)).
    #[must_use]
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.reply.verification_uri_complete.as_ref().map(Url::as_str)
    }

    /// When the code ends.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// How long to wait before the next [`poll`](Self::poll).
    #[must_use]
    pub fn pause(&self) -> Duration {
        self.pause
    }

    /// Polls until the user has decided, or the code ends.
    ///
    /// A server that cannot be reached, or is busy, is asked again, more and more rarely: each time
    /// nobody answers the interval is doubled, up to a minute.
    ///
    /// # Errors
    ///
    /// As [`poll`](Self::poll), but for [`ErrorKind::Transport`], which is waited out.
    pub async fn wait(mut self) -> Result<OAuth2Token> {
        loop {
            let left = self.expires_at.duration_since(self.clock.now()).unwrap_or_default();
            self.sleeper.sleep(self.pause.min(left)).await;
            if let Some(token) = self.poll().await? {
                return Ok(token);
            }
        }
    }

    /// Asks once whether the user has decided: `None` while not, or while the server cannot say.
    /// Not before [`pause`](Self::pause) has passed ([RFC 8628, section
    /// 3.5](https://www.rfc-editor.org/rfc/rfc8628#section-3.5)).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`], reason `expired_token`: the user was too late, begin again; nothing is
    /// sent once the code has ended. [`ErrorKind::Denied`] with another reason or none: the user
    /// said no. [`ErrorKind::Transport`] with a status of 2xx: the token came, and its ID token
    /// could not be verified for want of a key; begin again. Otherwise as
    /// [`request_token`](BaseOAuth2::request_token).
    pub async fn poll(&mut self) -> Result<Option<OAuth2Token>> {
        if self.clock.now() >= self.expires_at {
            let message = "nobody entered the code in time: begin again";
            return Err(Error::denied(message).with_reason("expired_token"));
        }
        let mut grant = Grant::new(GRANT_TYPE).param("device_code", self.reply.device_code.clone());
        if let Some(scope) = &self.scope {
            grant = grant.with_asked_scope(scope.as_str());
        }
        let error = match self.client.request_token(grant).await {
            Ok(token) => return Ok(Some(token)),
            Err(error) => error,
        };
        match error.oauth().map(OAuthError::code) {
            Some("authorization_pending") => {}
            // check: 42
            Some("slow_down") => self.interval += SLOWER,
            Some("expired_token") => return Err(error.with_reason("expired_token")),
            // After the answer: the code is spent, and what failed is something else.
            _ if error.status().is_some_and(|status| status.is_success()) => return Err(error),
            _ if error.kind() == ErrorKind::Transport => self.back_off(&error),
            _ => return Err(error),
        }
        // check: 42 => self.pause = self.interval;
        self.pause = self.interval.max(error.retry_after().unwrap_or_default());
        Ok(None)
    }

    /// RFC 8628 section 3.5 wants it of whoever gets no answer.
    fn back_off(&mut self, error: &Error) {
        match error.status() {
            None => {
                let doubled = self.interval.saturating_mul(2).min(LONGEST_BACKOFF);
                self.interval = self.interval.max(doubled);
            }
            Some(StatusCode::TOO_MANY_REQUESTS) => self.interval += SLOWER,
            Some(_) => {}
        }
    }
}

/// Neither the device code nor the user's.
impl fmt::Debug for DeviceAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceAuthorization")
            .field("provider", &self.client.descriptor().name())
            .field("verification_uri", &self.verification_uri())
            .field("expires_at", &self.expires_at)
            .field("pause", &self.pause)
            .finish_non_exhaustive()
    }
}
