use std::{fmt, sync::Arc};

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use hallpass_core::{BaseOAuth2, Clock, Error, Result, SystemClock};
use hallpass_web::{
    Attempts, BaseUrl, SealingKeys,
    page::{Pages, PlainPages},
};
use tower_sessions::{
    Expiry, MemoryStore, SessionManagerLayer, SessionStore,
    cookie::{Cookie, SameSite, time::Duration},
};

use crate::{
    SignInHooks,
    hooks::NoHooks,
    middleware::{self, Guarded},
    routes,
};

/// How long a session lasts after it was last written.
const IDLE: Duration = Duration::days(14);

/// Sign-in for an axum application: the routes, the session, the page with a button for each
/// provider.
///
/// | Route | |
/// |---|---|
/// | `GET /login` | the page |
/// | `GET /login/{provider}` | sends the browser to the provider; `?return_to=/path` says where to afterwards |
/// | `GET`, `POST /callback/{provider}` | where the provider sends it back: the redirect URI to register |
/// | `GET`, `POST /logout` | asks, and ends the session |
///
/// The redirect URI is made of the base URL of the configuration, whatever `Host` a request names.
#[derive(Clone)]
pub struct SignIn {
    pub(crate) parts: Arc<Parts>,
}

#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) attempts: Attempts,
    pub(crate) providers: Vec<Arc<dyn BaseOAuth2>>,
    pub(crate) hooks: Arc<dyn SignInHooks>,
    pub(crate) name: String,
    pub(crate) pages: Arc<dyn Pages>,
    pub(crate) prefix: String,
    pub(crate) clock: Arc<dyn Clock>,
}

impl SignIn {
    /// For the application that browsers find at `base_url`; `keys` seal what a login needs until
    /// the browser is back.
    ///
    /// # Errors
    ///
    /// As [`BaseUrl::parse`].
    pub fn new(base_url: &str, keys: SealingKeys) -> Result<Self> {
        let parts = Parts {
            attempts: Attempts::new(BaseUrl::parse(base_url)?, keys),
            providers: Vec::new(),
            hooks: Arc::new(NoHooks),
            name: String::new(),
            pages: Arc::new(PlainPages::default()),
            prefix: String::new(),
            clock: Arc::new(SystemClock),
        };
        Ok(Self { parts: Arc::new(parts) })
    }

    /// One more provider, and its button. It goes by the name of its client
    /// ([`Descriptor::name`](hallpass_core::Descriptor::name)).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `provider_name`: another one has this
    /// name, or it is not made of ASCII letters, digits, `-` and `_`.
    pub fn provider(mut self, client: Arc<dyn BaseOAuth2>) -> Result<Self> {
        let name = client.descriptor().name();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || !name.bytes().all(is_plain) {
            let message = format!("the provider's name {name:?} is no part of a path");
            return Err(Error::config(message).with_reason("provider_name"));
        }
        if self.parts.client(name).is_some() {
            let message = format!("there are two providers named {name}: see with_name");
            return Err(Error::config(message).with_reason("provider_name"));
        }
        Arc::make_mut(&mut self.parts).providers.push(client);
        Ok(self)
    }

    /// What the application has to say of a login: see [`SignInHooks`].
    #[must_use]
    pub fn hooks(mut self, hooks: Arc<dyn SignInHooks>) -> Self {
        Arc::make_mut(&mut self.parts).hooks = hooks;
        self
    }

    /// The application's name, on each page.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.parts).name = name.into();
        self
    }

    /// Pages of the application's own in place of these.
    #[must_use]
    pub fn pages(mut self, pages: Arc<dyn Pages>) -> Self {
        Arc::make_mut(&mut self.parts).pages = pages;
        self
    }

    /// Puts all routes below a path: `/auth` makes `/auth/login`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): it does not begin with a slash, ends with
    /// one, or has other than ASCII letters, digits, `-`, `_` and `/` in it.
    pub fn prefix(mut self, prefix: &str) -> Result<Self> {
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
        let is_path = prefix.starts_with('/') && !prefix.ends_with('/') && !prefix.contains("//");
        if !is_path || !prefix.bytes().all(is_plain) {
            return Err(Error::config("a prefix is a path such as /auth"));
        }
        Arc::make_mut(&mut self.parts).prefix = prefix.to_owned();
        Ok(self)
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        Arc::make_mut(&mut self.parts).clock = clock;
        self
    }

    /// The application with the routes of sign-in added, and sessions in the memory of this process.
    /// For more than one process, or sessions that outlive it, see
    /// [`attach_with`](Self::attach_with).
    ///
    /// # Panics
    ///
    /// If the application has one of the routes already.
    pub fn attach(self, app: Router) -> Router {
        self.attach_with(app, MemoryStore::default())
    }

    /// The same, with sessions in a store of tower-sessions 0.14.
    ///
    /// # Panics
    ///
    /// As [`attach`](Self::attach).
    pub fn attach_with<S: SessionStore + Clone>(self, app: Router, sessions: S) -> Router {
        let layer = self.session_layer(sessions);
        let check = from_fn_with_state(Arc::clone(&self.parts), middleware::check);
        let app = app.merge(routes::router(self.parts)).layer(check).layer(layer);
        app.layer(from_fn(middleware::untangle))
    }

    /// The application with its pages for those who are signed in alone, but for the paths in `open`
    /// and below: `/docs` opens `/docs/a`, `/` the front page alone. Routes that are added later are
    /// not guarded. Who is nobody is sent to sign in
    /// and back where they asked for a page, and told 401 where a script asks. Before
    /// [`attach`](Self::attach):
    ///
    /// ```
    /// # use axum::{Router, routing::get};
    /// # use hallpass_axum::{SignIn, web::SealingKeys};
    /// # fn main() -> hallpass_core::Result<()> {
    /// let sign_in = SignIn::new("https://app.example", SealingKeys::generate())?;
    /// let app = Router::new().route("/", get(|| async { "Hello" }));
    /// let app = sign_in.require_login(app, ["/"])?;
    /// let app: Router = sign_in.attach(app);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): an entry is no path, or not a plain one.
    pub fn require_login<P: Into<String>>(
        &self,
        app: Router,
        open: impl IntoIterator<Item = P>,
    ) -> Result<Router> {
        let open: Arc<[String]> = open.into_iter().map(Into::into).collect();
        if let Some(path) = open.iter().find(|path| !Guarded::is_entry(path)) {
            return Err(Error::config(format!("{path:?} is no path to leave open")));
        }
        let guarded = Guarded { parts: Arc::clone(&self.parts), open };
        Ok(app.layer(from_fn_with_state(guarded, middleware::require)))
    }

    /// The session's cookie: `__Host-`, `Secure`, `HttpOnly`, `SameSite=Lax`, gone 14 days after
    /// it was last written; on loopback without TLS, without the first two.
    fn session_layer<S: SessionStore>(&self, sessions: S) -> SessionManagerLayer<S> {
        let is_secure = self.parts.attempts.base().is_secure();
        SessionManagerLayer::new(sessions)
            .with_name(self.parts.session_name())
            .with_secure(is_secure)
            .with_http_only(true)
            .with_same_site(SameSite::Lax)
            .with_path("/")
            .with_expiry(Expiry::OnInactivity(IDLE))
    }
}

impl Parts {
    pub(crate) fn client(&self, name: &str) -> Option<&Arc<dyn BaseOAuth2>> {
        self.providers.iter().find(|client| client.descriptor().name() == name)
    }

    /// A route as this application serves it.
    pub(crate) fn route(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// The same for a browser.
    pub(crate) fn link(&self, path: &str) -> String {
        let base = self.attempts.base().path().trim_end_matches('/');
        format!("{base}{}", self.route(path))
    }

    fn session_name(&self) -> &'static str {
        match self.attempts.base().is_secure() {
            true => "__Host-hallpass.session",
            false => "hallpass.session",
        }
    }

    /// What takes the session's cookie out of the browser.
    pub(crate) fn session_removal(&self) -> Cookie<'static> {
        let removal = Cookie::build((self.session_name(), "")).path("/").http_only(true);
        let removal = removal.secure(self.attempts.base().is_secure());
        removal.same_site(SameSite::Lax).max_age(Duration::ZERO).build()
    }

    pub(crate) fn redirect_uri(&self, provider: &str) -> String {
        self.attempts.base().join(&self.route(&format!("/callback/{provider}")))
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let providers = self.parts.providers.iter();
        let providers: Vec<_> = providers.map(|client| client.descriptor().name()).collect();
        f.debug_struct("SignIn")
            .field("base", &self.parts.attempts.base().as_str())
            .field("providers", &providers)
            .finish_non_exhaustive()
    }
}
