//! Sign-in for a [Hugging Face Space](https://huggingface.co/docs/hub/spaces-oauth) whose README
//! says `hf_oauth: true`, in one call.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use hallpass_axum::huggingface::{self, OAuthInfo};
//!
//! async fn hello(user: Option<OAuthInfo>) -> String {
//!     match user {
//!         Some(user) => format!("Hello, {}.", user.identity.username.as_deref().unwrap_or("you")),
//!         None => "Hello. /oauth/huggingface/login is where to sign in.".to_owned(),
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> hallpass_core::Result<()> {
//! let app: Router = huggingface::attach(Router::new().route("/", get(hello))).await?;
//! # drop(app);
//! # Ok(())
//! # }
//! ```
//!
//! | Route, below the prefix | |
//! |---|---|
//! | `GET /oauth/huggingface/login` | sends the browser to the Hub; `?return_to=/path` says where to afterwards, as does `_target_url` |
//! | `GET /oauth/huggingface/callback/huggingface` | where the Hub sends it back |
//! | `GET`, `POST /oauth/huggingface/logout` | asks, and ends the session |
//! | `GET /oauth/huggingface/again/…` | the same for a second try |
//!
//! The first and the third are where `huggingface_hub` has them. The Hub takes any URL of the Space
//! for a callback, so that the README needs no `hf_oauth_redirect_path`.
//!
//! # Where the settings come from
//!
//! - **In a Space** (`SPACE_ID` or `SPACE_HOST` is set): from the variables that
//!   [`Space`](hallpass_huggingface::Space) reads. The application is at `https://` and the first of
//!   `SPACE_HOST`, whatever `Host` a request names.
//! - **Elsewhere, with `OAUTH_CLIENT_ID` and `OAUTH_CLIENT_SECRET`**: an application of one's own
//!   at the Hub, at [`local_url`](SpaceSignIn::local_url); `OAUTH_SCOPES` is `openid profile` and
//!   `OPENID_PROVIDER_URL` the Hub, unless they are set.
//! - **Elsewhere, with nothing**: the dev login of the feature `dev-login`, on loopback, with users
//!   who do not exist. The developer's own token is not looked for, and nobody is given it. Without
//!   the feature that is an error which says what is missing.
//! - **The key of the cookies** is `HALLPASS_KEY` (what `openssl rand -base64 32` prints; several
//!   with commas between: the first seals, all open), or else one that is made of
//!   `OAUTH_CLIENT_SECRET` ([`SealingKeys::from_secret`](hallpass_web::SealingKeys::from_secret)).
//!
//! # In the Hub's frame
//!
//! A Space is shown inside a page of huggingface.co, where browsers keep no cookie that is
//! `SameSite=Lax`. Those of a Space are `SameSite=None; Secure; Partitioned`: other sites that show
//! the Space have others. Let a link to the login have `target="_blank"`: within the frame the
//! Hub's page may not be shown, and some browsers keep no cookie there at all.
//!
//! - A callback whose attempt this browser has not is begun again, once, at the top: by a redirect,
//!   or inside a frame by a page whose link opens in a new tab. The second one has a callback of
//!   its own, which is how it is known without a cookie; what it finds no attempt for is an error.
//!   Where the user wanted to go is remembered in the memory of this process, for an hour, and for
//!   the last 2,000 logins that named a `return_to`, which anybody can begin; else, after a
//!   restart, or at another process, they come to the front page.
//! - `SameSite=None` lets another site's form bring the session along. What is no GET, HEAD or
//!   OPTIONS and comes from elsewhere (`Sec-Fetch-Site`, or `Origin` where there is none) is served
//!   without the session, as under `Lax`. A browser that sends neither is not found out: let forms
//!   of the application repeat a word of the session, as `/logout` does.
//! - The pages of sign-in may be shown in frames of the Hub alone.
//!
//! # The token
//!
//! It is kept in a store of hallpass-session, in memory unless [`SpaceSignIn::sign_in`] names
//! another, and renewed while the Hub gives refresh tokens. [`OAuthInfo`] has it. Each request for
//! a page of the application whose user has no token any more, since it is over and cannot be
//! renewed or the store has none, ends the session.

use std::{fmt, sync::Arc};

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use hallpass_core::{BaseOAuth2, HttpClient, Result};
use hallpass_session::MemoryStore as Tokens;

use crate::{Sessions, SignIn, middleware, routes, sign_in::Parts};

mod environment; // what is where
mod frame; // inside the Hub's page
mod info; // who is signed in, and with what
mod ways; // where a second try leads

pub use self::info::OAuthInfo;
use self::{environment::Setting, frame::Frame, info::Remembering};

/// The name of the client, in paths and in the session.
const NAME: &str = "huggingface";
/// Where `huggingface_hub` has its routes.
const ROOT: &str = "/oauth/huggingface";
/// Where a Space listens unless its README says otherwise (`app_port`).
const LOCAL_URL: &str = "http://127.0.0.1:7860";
/// The routes of a second try, below the first one's.
const AGAIN: &str = "/again";

/// The application with sign-in by Hugging Face added: [`SpaceSignIn`] as it comes.
///
/// # Errors
///
/// As [`SpaceSignIn::attach`].
///
/// # Panics
///
/// As [`SpaceSignIn::attach`].
pub async fn attach(app: Router) -> Result<Router> {
    SpaceSignIn::new().attach(app).await
}

type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;
type Settings = Box<dyn FnOnce(SignIn) -> Result<SignIn> + Send>;

/// Sign-in by Hugging Face, with settings: see the [module](self).
#[must_use]
pub struct SpaceSignIn {
    prefix: String,
    local_url: String,
    lookup: Lookup,
    http: Option<Arc<dyn HttpClient>>,
    settings: Option<Settings>,
    open: Option<Vec<String>>,
}

impl Default for SpaceSignIn {
    fn default() -> Self {
        Self::new()
    }
}

impl SpaceSignIn {
    /// By the environment of the process, with routes below `/oauth/huggingface`.
    pub fn new() -> Self {
        Self {
            prefix: String::new(),
            local_url: LOCAL_URL.to_owned(),
            lookup: Arc::new(|name| std::env::var(name).ok()),
            http: None,
            settings: None,
            open: None,
        }
    }

    /// Puts all routes below a path: `/auth` makes `/auth/oauth/huggingface/login`. Slashes at its
    /// ends are left out.
    pub fn prefix(mut self, prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/');
        self.prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        self
    }

    /// Where browsers find the application that is in no Space. Default: `http://127.0.0.1:7860`.
    pub fn local_url(mut self, base_url: impl Into<String>) -> Self {
        self.local_url = base_url.into();
        self
    }

    /// Reads variables from elsewhere than the environment: from a file of secrets, or a test.
    pub fn lookup(
        mut self,
        lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.lookup = Arc::new(lookup);
        self
    }

    /// Another transport to the Hub: through a proxy, or in tests to a local provider.
    pub fn http_client(mut self, http: Arc<dyn HttpClient>) -> Self {
        self.http = Some(http);
        self
    }

    /// What else there is to set: name, hooks, pages, a store of tokens, one more provider. The
    /// prefix is this one's.
    ///
    /// ```
    /// use hallpass_axum::huggingface::SpaceSignIn;
    ///
    /// let sign_in = SpaceSignIn::new().sign_in(|sign_in| Ok(sign_in.name("Oak Trees")));
    /// # drop(sign_in);
    /// ```
    pub fn sign_in(
        mut self,
        settings: impl FnOnce(SignIn) -> Result<SignIn> + Send + 'static,
    ) -> Self {
        self.settings = Some(Box::new(settings));
        self
    }

    /// Closes the application to those who are not signed in, but for the paths in `open`: see
    /// [`SignIn::require_login`].
    pub fn require_login<P: Into<String>>(mut self, open: impl IntoIterator<Item = P>) -> Self {
        self.open = Some(open.into_iter().map(Into::into).collect());
        self
    }

    /// The application with the routes added, and sessions in the memory of this process.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): a variable is missing or is no such thing,
    /// which the message names and does not repeat; the key is none (reason `sealing_key`); there
    /// is neither a Space nor anything to stand in (reason `no_space`); or as of
    /// [`prefix`](SignIn::prefix), [`require_login`](SignIn::require_login) and the dev login
    /// (reason `dev_login`).
    ///
    /// # Panics
    ///
    /// If the application has one of the routes already.
    pub async fn attach(self, app: Router) -> Result<Router> {
        self.attach_with(app, Sessions::memory()).await
    }

    /// The same, with sessions elsewhere: see [`Sessions`].
    ///
    /// # Errors
    ///
    /// As [`attach`](Self::attach).
    ///
    /// # Panics
    ///
    /// As [`attach`](Self::attach).
    pub async fn attach_with(self, app: Router, sessions: impl Into<Sessions>) -> Result<Router> {
        let setting = Setting::read(&*self.lookup)?;
        let base_url = setting.base_url().unwrap_or_else(|| self.local_url.clone());
        let mut sign_in = SignIn::new(&base_url, environment::keys(&*self.lookup)?)?;
        if let Some(settings) = self.settings {
            sign_in = settings(sign_in)?;
        }
        sign_in = sign_in.prefix(&format!("{}{ROOT}", self.prefix))?;
        let client = setting.client(&sign_in.parts, self.http).await?;
        let hub = client.descriptor().issuer().unwrap_or_default().to_owned();
        sign_in = sign_in.provider(client)?;
        prepare(Arc::make_mut(&mut sign_in.parts), &setting);

        if let Some(open) = &self.open {
            sign_in = sign_in.require_login(open)?;
        }
        let frame = Frame::new(Arc::clone(&sign_in.parts), setting.hosts(), hub);
        // Who has no token any more is nobody to the guard, too.
        let open = Arc::make_mut(&mut sign_in.parts).open.take();
        let app = middleware::closed(app, open).layer(from_fn(info::expire));
        let app = sign_in.attach_with(app, sessions);
        Ok(app.layer(from_fn_with_state(frame, frame::around)))
    }
}

fn prepare(parts: &mut Parts, setting: &Setting) {
    if setting.base_url().is_some() {
        parts.attempts = parts.attempts.clone().framed();
        parts.has_second_try = true;
    }
    parts.hooks = Arc::new(Remembering::new(Arc::clone(&parts.hooks)));
    if parts.tokens.is_none() {
        parts.tokens = Some(Arc::new(Tokens::default()));
    }
}

/// The routes of a second try, where there is one.
pub(crate) fn with_second_try(app: Router, parts: &Arc<Parts>) -> Router {
    match parts.has_second_try {
        true => app.merge(routes::router(Arc::new(second_try(parts)))),
        false => app,
    }
}

/// The same sign-in at other paths: the callback that comes there is of a second try, and no cookie
/// has to say so.
fn second_try(parts: &Parts) -> Parts {
    let prefix = format!("{}{AGAIN}", parts.prefix);
    Parts { prefix, has_second_try: false, ..parts.clone() }
}

fn boxed<C: BaseOAuth2 + 'static>(client: C) -> Arc<dyn BaseOAuth2> {
    Arc::new(client)
}

impl fmt::Debug for SpaceSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpaceSignIn")
            .field("prefix", &self.prefix)
            .field("local_url", &self.local_url)
            .finish_non_exhaustive()
    }
}
