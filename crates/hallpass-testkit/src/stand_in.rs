use std::{fmt, sync::Arc};

use async_trait::async_trait;
use hallpass_core::{
    Authorization, ClientConfig, HttpClient, OAuth2Client, OAuth2Token, Provider, Request,
    Response, Result,
};

use crate::{Fixture, LocalProvider, User};

mod checks;

/// A provider that is played on this machine by its own fixtures, and the clients that sign in
/// there: for a provider's own tests of what it refuses.
///
/// ```
/// # use hallpass_core::{Api, Descriptor, Profile, Provider, Result};
/// # #[derive(Debug)]
/// # struct Acme(Descriptor);
/// # impl Acme {
/// #     fn new() -> Self {
/// #         let urls = ["https://acme.test/authorize", "https://acme.test/token"];
/// #         Self(Descriptor::new("acme", urls[0], urls[1]))
/// #     }
/// # }
/// # impl Provider for Acme {
/// #     type Params = ();
/// #     fn descriptor(&self) -> &Descriptor { &self.0 }
/// #     async fn profile(&self, api: Api<'_>) -> Result<Profile> {
/// #         Profile::from_json(api.get("https://acme.test/me").read().await?, "id")
/// #     }
/// # }
/// # const FIXTURES: &[(&str, &str)] = &[
/// #     ("access_token.accepted.http", concat!(
/// #         "# acme.test \"Tokens\", recalled, not re-read\n> POST https://acme.test/token\n",
/// #         "> code=CODE\n< 200\n< {\"access_token\":\"TOKEN\",\"token_type\":\"Bearer\"}\n",
/// #         "= Token { access_token: \"TOKEN\", token_type: \"Bearer\" }\n",
/// #     )),
/// #     ("id_email.accepted.http", concat!(
/// #         "# acme.test \"Users\", recalled, not re-read\n> GET https://acme.test/me\n",
/// #         "> authorization: Bearer TOKEN\n< 200\n< {\"id\":\"1\"}\n",
/// #         "= IdEmail { id: \"1\", email_verification: \"unknown\" }\n",
/// #     )),
/// # ];
/// use hallpass_testkit::StandIn;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let acme = StandIn::start(Acme::new, FIXTURES).await;
/// acme.check_users().await;
/// let wrong = acme.config().with_secret("wrong");
/// acme.check_client(wrong, 401, Some("invalid_client")).await;
/// acme.check_spent_code(400, "invalid_grant").await;
/// # }
/// ```
///
/// # Panics
///
/// Everything here that is not what it should be panics, as the assertions of a test do.
pub struct StandIn<P> {
    local: LocalProvider,
    new: Box<dyn Fn() -> P + Send + Sync>,
    fixtures: Vec<Fixture>,
    scopes: Vec<String>,
}

/// From start to configuration.
impl<P: Provider> StandIn<P> {
    /// Where all clients are answered.
    const REDIRECT_URI: &str = "https://app.test/callback";

    /// A stand-in for the provider that `new` makes, by [`LocalProvider::emulating`].
    pub async fn start(
        new: impl Fn() -> P + Send + Sync + 'static,
        fixtures: &[(&str, &str)],
    ) -> Self {
        let local = LocalProvider::emulating(new().descriptor(), fixtures).await;
        Self::of(good(local), new, fixtures)
    }

    /// One with a clock, lifetimes or clients of its own: those of `local`, which
    /// [emulates](crate::LocalProviderBuilder::emulating) the provider by these fixtures.
    pub fn of(
        local: LocalProvider,
        new: impl Fn() -> P + Send + Sync + 'static,
        fixtures: &[(&str, &str)],
    ) -> Self {
        let fixtures = fixtures.iter().map(|(name, text)| good(Fixture::parse(name, text)));
        Self { local, new: Box::new(new), fixtures: fixtures.collect(), scopes: Vec::new() }
    }

    /// Lets all clients ask for these, where the provider has no scopes of its own.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The server: its browser, its log and its faults.
    #[must_use]
    pub fn local(&self) -> &LocalProvider {
        &self.local
    }

    /// The configuration that is right, as [`LocalProvider::client_config`] has it; the redirect
    /// URI is `https://app.test/callback`.
    #[must_use]
    pub fn config(&self) -> ClientConfig {
        self.scoped(good(self.local.client_config(Self::REDIRECT_URI)))
    }

    /// The same client, which has lost its secret.
    #[must_use]
    pub fn public_config(&self) -> ClientConfig {
        let config = ClientConfig::new(self.local.client_id());
        self.scoped(good(config.with_redirect_uri(Self::REDIRECT_URI)))
    }

    fn scoped(&self, config: ClientConfig) -> ClientConfig {
        match self.scopes.is_empty() {
            true => config,
            false => config.with_scopes(self.scopes.clone()),
        }
    }
}

/// Clients, and what they do.
impl<P: Provider> StandIn<P> {
    /// The client that does everything right.
    #[must_use]
    pub fn honest(&self) -> OAuth2Client<P> {
        self.client(self.config())
    }

    /// A client with a configuration of its own, which may be wrong.
    #[must_use]
    pub fn client(&self, config: ClientConfig) -> OAuth2Client<P> {
        let client = good(OAuth2Client::new((self.new)(), config));
        client.with_http_client(self.local.http_client())
    }

    /// A client whose requests are spoiled on their way out.
    #[must_use]
    pub fn spoiling(&self, spoil: fn(&mut Request)) -> OAuth2Client<P> {
        let http = Spoiling { inner: self.local.http_client(), spoil };
        self.honest().with_http_client(Arc::new(http))
    }

    /// Signs a user in, and trades the code. The browser's part must go well.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::get_access_token`].
    pub async fn token(&self, client: &OAuth2Client<P>, user: User) -> Result<OAuth2Token> {
        self.finish(client, good(client.authorize().start().await), user).await
    }

    /// The same from the browser's part on, for a login that was begun with parameters.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::get_access_token`].
    pub async fn finish(
        &self,
        client: &OAuth2Client<P>,
        login: Authorization,
        user: User,
    ) -> Result<OAuth2Token> {
        let landing = good(self.local.browser().sign_in(&login.url, user).await);
        client.get_access_token(good(landing.callback()), login.pending).await
    }

    /// What was sent last for an [operation](crate::LoggedRequest::operation), spoiled and sent
    /// again.
    pub async fn again(&self, operation: &str, spoil: impl FnOnce(&mut Request)) -> Response {
        let requests = self.local.requests();
        let Some(sent) = requests.iter().rfind(|sent| sent.operation() == operation) else {
            panic!("nothing was sent for {operation}");
        };
        let mut request = sent.to_request();
        spoil(&mut request);
        good(self.local.http_client().send(request).await)
    }
}

impl<P> fmt::Debug for StandIn<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandIn").field("local", &self.local).finish_non_exhaustive()
    }
}

/// What has to be good before there is anything to test.
#[track_caller]
fn good<T, E: fmt::Display>(result: std::result::Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("this should have been good: {error}"),
    }
}

#[derive(Debug)]
struct Spoiling {
    inner: Arc<dyn HttpClient>,
    spoil: fn(&mut Request),
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Spoiling {
    async fn send(&self, mut request: Request) -> Result<Response> {
        (self.spoil)(&mut request);
        self.inner.send(request).await
    }
}
