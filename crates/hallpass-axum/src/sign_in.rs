use std::{collections::HashMap, fmt, sync::Arc};

use axum::{Router, middleware::from_fn_with_state};
use hallpass_core::{BaseOAuth2, Clock, Error, Result, SystemClock};
use hallpass_session::{TokenManager, TokenStore};
use hallpass_web::{
    AttemptStore, Attempts, BaseUrl, SealingKeys,
    page::{Pages, PlainPages},
};
use tower_sessions::{
    Expiry, SessionManagerLayer, SessionStore,
    cookie::{Cookie, SameSite, time::Duration},
};

use crate::{
    ClientsByHost, Paths, Sessions, SignInHooks,
    ending::Ending,
    hooks::NoHooks,
    hosts::{Hosted, Kept},
    middleware::{self, Open},
    routes,
    sessions::OverStaysOver,
};

/// How long a session lasts after it was last written, which it is on each day that it is used.
pub(crate) const IDLE: Duration = Duration::days(14);

/// Sign-in for an axum application: the routes, the session, the page with a button for each
/// provider.
///
/// | Route | |
/// |---|---|
/// | `GET /login` | the page |
/// | `GET /login/{provider}` | sends the browser to the provider; `?return_to=/path` says where to afterwards |
/// | `GET`, `POST /callback/{provider}` | where the provider sends it back: the redirect URI to register |
/// | `GET`, `POST /logout` | asks, and ends the session |
/// | `GET /logout/done` | says that it did |
/// | `GET /error` | a page for what the application knows to be wrong |
///
/// `/error?problem=` is one of `denied`, `expired`, `misconfigured`, `provider_down`, `refused`,
/// `stale_form`, `unknown`, `unknown_provider`. What goes wrong in a login is said where it does.
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
    /// Those that are at many hosts, and their clients that were used last.
    pub(crate) hosted: Vec<Hosted>,
    pub(crate) kept: Kept,
    pub(crate) paths: Paths,
    pub(crate) hooks: Arc<dyn SignInHooks>,
    pub(crate) name: String,
    pub(crate) pages: Arc<dyn Pages>,
    pub(crate) prefix: String,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where tokens are kept, if they are.
    pub(crate) tokens: Option<Arc<dyn TokenStore>>,
    /// Of a token while it is renewed, if not as long as by default.
    pub(crate) token_lease: Option<std::time::Duration>,
    /// By the provider's name; made when the routes are.
    pub(crate) managers: HashMap<String, TokenManager>,
    /// Seals what a browser keeps besides attempts.
    #[cfg(feature = "openid")]
    pub(crate) keys: SealingKeys,
    pub(crate) ending: Ending,
    /// Where the sessions are, once the routes are made.
    pub(crate) store: Option<Arc<dyn SessionStore>>,
    /// Where nobody has to be signed in; `None` where the application is open.
    pub(crate) open: Option<Open>,
    #[cfg(feature = "dev-login")]
    pub(crate) is_dev_login_in_release: bool,
    /// Whether a login that lost its attempt is begun once more.
    #[cfg(feature = "huggingface")]
    pub(crate) has_second_try: bool,
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
            #[cfg(feature = "openid")]
            keys: keys.clone(),
            ending: Ending::default(),
            attempts: Attempts::new(BaseUrl::parse(base_url)?, keys),
            providers: Vec::new(),
            hosted: Vec::new(),
            kept: Kept::default(),
            paths: Paths::new(),
            hooks: Arc::new(NoHooks),
            name: String::new(),
            pages: Arc::new(PlainPages::default()),
            prefix: String::new(),
            clock: Arc::new(SystemClock),
            tokens: None,
            token_lease: None,
            managers: HashMap::new(),
            store: None,
            open: None,
            #[cfg(feature = "dev-login")]
            is_dev_login_in_release: false,
            #[cfg(feature = "huggingface")]
            has_second_try: false,
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
        self.parts.check_name(client.descriptor().name())?;
        Arc::make_mut(&mut self.parts).providers.push(client);
        Ok(self)
    }

    /// A provider that is at many hosts, a shop's or an instance's: its button asks for one by
    /// `label`, with `hint` for an example, and each host is a provider of its own
    /// ([`Identity::at_host`](hallpass_web::Identity::at_host)). Name and redirect URI are the same
    /// for all.
    ///
    /// A host that `clients` refuses is shown on the page again, with status 400, and nothing is
    /// sent anywhere. Read what [`ClientsByHost`] says of hosts that strangers name.
    ///
    /// # Errors
    ///
    /// As [`provider`](Self::provider).
    pub fn provider_at_hosts(
        mut self,
        clients: Arc<dyn ClientsByHost>,
        label: impl Into<String>,
        hint: impl Into<String>,
    ) -> Result<Self> {
        self.parts.check_name(clients.descriptor().name())?;
        let parts = Arc::make_mut(&mut self.parts);
        let after = parts.providers.len();
        parts.hosted.push(Hosted { clients, label: label.into(), hint: hint.into(), after });
        Ok(self)
    }

    /// Other paths for the routes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `path`: one is no path, lacks
    /// `{provider}` or has it where it has no meaning, or two could be meant by one request.
    pub fn paths(mut self, paths: Paths) -> Result<Self> {
        Arc::make_mut(&mut self.parts).paths = paths.checked()?;
        Ok(self)
    }

    /// Keeps the logins that are on their way in a store, so that each is used once by all
    /// processes together: see [`Attempts::with_store`]. The cookie is still required.
    ///
    /// Few need one. Attempts are in sealed cookies, so that several processes share them by
    /// sharing the keys, and a copied cookie opens nothing twice where the provider takes each code
    /// once, as OAuth wants ([RFC 6749, section
    /// 4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2)). A store is for a provider of
    /// which that is not known, and for logins that carry more than fits in a cookie:
    /// `RedisAttempts` for all processes, [`MemoryAttempts`](hallpass_web::MemoryAttempts) for one.
    #[must_use]
    pub fn attempt_store(mut self, store: Arc<dyn AttemptStore>) -> Self {
        let parts = Arc::make_mut(&mut self.parts);
        parts.attempts = parts.attempts.clone().with_store(store);
        self
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

    /// Keeps the token of each login in a store of hallpass-session, under the provider's name and
    /// whoever it is there ([`Identity::key`](hallpass_web::Identity::key), with a space between).
    /// Without it a token is dropped once the login is over.
    ///
    /// A handler has it as [`UserToken`](crate::UserToken). Browsers of one user share it, and so
    /// does what the application does for them while they are away: it outlives a logout, unless
    /// [`revoke_on_logout`](Self::revoke_on_logout) ends it for all of them.
    #[must_use]
    pub fn tokens(mut self, store: Arc<dyn TokenStore>) -> Self {
        Arc::make_mut(&mut self.parts).tokens = Some(store);
        self
    }

    /// For how long a process that ends while it renews a token keeps the others from it, and how
    /// long a renewal may take at most: [`TokenManager::with_lease`]. Default 90 s; at least twice
    /// the timeouts of any one client together.
    #[must_use]
    pub fn token_lease(mut self, length: std::time::Duration) -> Self {
        Arc::make_mut(&mut self.parts).token_lease = Some(length);
        self
    }

    /// Closes the whole application to those who are not signed in, but for the paths in `open` and
    /// below, and sign-in itself: `/docs` opens `/docs/a`, `/` the front page alone. Who is nobody
    /// is sent to sign in and back where they asked for a page, and told 401 where a script asks.
    /// For a part of an application there is the layer [`require_login`](crate::require_login).
    ///
    /// ```
    /// # use axum::{Router, routing::get};
    /// # use hallpass_axum::{SignIn, web::SealingKeys};
    /// # fn main() -> hallpass_core::Result<()> {
    /// let app = Router::new().route("/", get(|| async { "Hello" }));
    /// let sign_in = SignIn::new("https://app.example", SealingKeys::generate())?.require_login(["/"])?;
    /// let app: Router = sign_in.attach(app);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `path`: an entry is no path, or not a
    /// plain one.
    pub fn require_login(mut self, open: impl IntoIterator<Item: AsRef<str>>) -> Result<Self> {
        let open: Arc<[String]> = open.into_iter().map(|path| path.as_ref().to_owned()).collect();
        if let Some(path) = open.iter().find(|path| !Open::is_entry(path)) {
            let message = format!("{path:?} is no path to leave open");
            return Err(Error::config(message).with_reason("path"));
        }
        Arc::make_mut(&mut self.parts).open = Some(Open(open));
        Ok(self)
    }

    /// The application with the routes of sign-in added, and sessions in the memory of this process
    /// ([`Sessions::memory`]). For more than one process, or sessions that outlive it, see
    /// [`attach_with`](Self::attach_with).
    ///
    /// It comes last: routes that are added afterwards know nobody, and a `SessionManagerLayer` of
    /// the application's own, further in, would hide the session. Applications on one host have
    /// cookies of their own by port and path ([`BaseUrl::cookie_name`]).
    ///
    /// # Panics
    ///
    /// If the application has one of the routes already.
    pub fn attach(self, app: Router) -> Router {
        self.attach_with(app, Sessions::memory())
    }

    /// The same, with sessions elsewhere: in one of the places of [`Sessions`], or in a store of
    /// tower-sessions 0.14.
    ///
    /// # Panics
    ///
    /// As [`attach`](Self::attach).
    pub fn attach_with(mut self, app: Router, sessions: impl Into<Sessions>) -> Router {
        let sessions = sessions.into();
        let taking = sessions.taking();
        let store = sessions.store(&self.parts.clock);
        let clock = Arc::clone(&self.parts.clock);
        let layer = self.session_layer(OverStaysOver::new(Arc::clone(&store), clock));
        let parts = Arc::make_mut(&mut self.parts);
        parts.store = Some(store);
        parts.ending.tellers.set_taking(taking);
        let managers = parts.providers.iter().filter_map(|client| {
            Some((client.descriptor().name().to_owned(), parts.manager_for(client)?))
        });
        parts.managers = managers.collect();
        let app = middleware::closed(app, parts.open.take());
        #[cfg(feature = "huggingface")]
        let app = crate::huggingface::with_second_try(app, &self.parts);
        let check = from_fn_with_state(Arc::clone(&self.parts), middleware::check);
        let untangle = from_fn_with_state(Arc::clone(&self.parts), middleware::untangle);
        app.merge(routes::router(self.parts)).layer(check).layer(layer).layer(untangle)
    }

    /// The session's cookie: `__Host-`, `Secure`, `HttpOnly`, `SameSite=Lax`, gone 14 days after
    /// the day it was last used; on loopback without TLS, without the first two.
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

    fn check_name(&self, name: &str) -> Result<()> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let message = if name.is_empty() || !name.bytes().all(is_plain) {
            format!("the provider's name {name:?} is no part of a path")
        } else if self.has(name) {
            format!("there are two providers named {name}: see with_name")
        } else {
            return Ok(());
        };
        Err(Error::config(message).with_reason("provider_name"))
    }

    /// A route as this application serves it, by the path that it has by default (or a pattern of
    /// it): see [`Paths`].
    pub(crate) fn route(&self, path: &str) -> String {
        format!("{}{}", self.prefix, self.paths.of(path))
    }

    /// The same for a browser.
    pub(crate) fn link(&self, path: &str) -> String {
        let base = self.attempts.base().path().trim_end_matches('/');
        format!("{base}{}", self.route(path))
    }

    pub(crate) fn session_name(&self) -> String {
        self.attempts.base().cookie_name("session")
    }

    /// What takes the session's cookie out of the browser.
    pub(crate) fn session_removal(&self) -> Cookie<'static> {
        self.cookie(self.session_name(), String::new(), Duration::ZERO)
    }

    /// The session's cookie, as the layer of the sessions sets it.
    pub(crate) fn session_cookie(&self, id: String) -> Cookie<'static> {
        self.cookie(self.session_name(), id, IDLE)
    }

    /// For the whole of this host, and for nobody's script.
    pub(crate) fn cookie(&self, name: String, value: String, max_age: Duration) -> Cookie<'static> {
        let cookie = Cookie::build((name, value)).path("/").http_only(true);
        let cookie = cookie.secure(self.attempts.base().is_secure());
        cookie.same_site(SameSite::Lax).max_age(max_age).build()
    }

    pub(crate) fn redirect_uri(&self, provider: &str) -> String {
        self.attempts.base().join(&self.route(&format!("/callback/{provider}")))
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed = self.parts.providers.iter().map(|client| client.descriptor().name());
        let hosted = self.parts.hosted.iter().map(Hosted::name);
        let providers: Vec<_> = fixed.chain(hosted).collect();
        f.debug_struct("SignIn")
            .field("base", &self.parts.attempts.base().as_str())
            .field("providers", &providers)
            .finish_non_exhaustive()
    }
}
