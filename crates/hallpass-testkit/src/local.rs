use std::{fmt, sync::Arc, time::SystemTime};

use async_trait::async_trait;
use hallpass_core::{
    ClientAssertion, ClientAuth, ClientConfig, Descriptor, HttpClient, ReqwestClient, Result,
    Secret, url::Url,
};

use crate::Browser;

mod api;
mod authorize;
mod builder;
mod client;
mod device;
mod fault;
mod grants;
mod log;
#[cfg(feature = "oauth1")]
mod oauth1;
#[cfg(feature = "openid")]
mod openid;
mod origins;
mod page;
mod provider;
mod required;
mod route;
mod script;
mod server;
mod shared;
mod token;
mod user;
mod wire;
mod words;

use self::{
    server::Server,
    shared::{Shared, locked},
};

#[cfg(feature = "oauth1")]
pub use self::oauth1::{LocalOAuth1, LocalOAuth1Builder, OAuth1Tamper};
#[cfg(feature = "openid")]
pub use self::openid::{Forged, ForgedSignature, Jwks, Tamper};
pub use self::{
    builder::LocalProviderBuilder, client::LocalClient, fault::Fault, log::LoggedRequest,
    provider::Local, user::LocalUser,
};
pub(crate) use self::{client::is_http_to_loopback, origins::Origins};

/// A real authorization server on 127.0.0.1, for tests and examples: with an authorization page,
/// codes, PKCE, tokens that expire, rotate and are revoked, a log of requests, and
/// [faults](Fault) on demand. It ends with this value, its connections and tasks with it.
///
/// As itself it is a provider by the letter of RFC 6749, 7009, 7636, 8628 and 9207, for the tests
/// of an application: use [`provider`](Self::provider) and [`client_config`](Self::client_config)
/// where the application has `GitHub::new()` and its own configuration. Or it
/// [emulates](Self::emulating) another provider, whose crate then runs unchanged.
///
/// ```
/// use hallpass_core::OAuth2Client;
/// use hallpass_testkit::{LocalProvider, User};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> hallpass_core::Result<()> {
/// let local = LocalProvider::start().await?;
/// let config = local.client_config("https://app.test/callback")?;
/// let client = OAuth2Client::new(local.provider(), config)?;
///
/// let login = client.authorize().start().await?;
/// let landing = local.browser().sign_in(&login.url, User::named("ben")).await?;
/// let signed_in = client.sign_in(landing.callback()?, login.pending).await?;
///
/// assert_eq!(signed_in.profile.username(), Some("ben"));
/// assert_eq!(signed_in.profile.verified_email(), None, "ben's address is not verified");
/// assert_eq!(local.count("token"), 1);
/// # Ok(())
/// # }
/// ```
///
/// # Security
///
/// For tests. There are no passwords, and whoever reaches the port can sign in as anybody: it
/// listens on 127.0.0.1 alone.
pub struct LocalProvider {
    shared: Arc<Shared>,
    server: Server,
    local: Local,
}

/// From start to end.
impl LocalProvider {
    /// A provider with three users: `ada`, whose address is verified, `ben`, whose address is not,
    /// and `cleo`, who has none.
    ///
    /// # Errors
    ///
    /// As [`LocalProviderBuilder::start`].
    pub async fn start() -> Result<Self> {
        Self::builder().start().await
    }

    /// A provider with users, clients, lifetimes or a clock of one's own.
    pub fn builder() -> LocalProviderBuilder {
        LocalProviderBuilder::new()
    }

    /// A stand-in for the provider of `descriptor`, made of its crate's recorded exchanges: name of
    /// the file and text.
    ///
    /// Give [`http_client`](Self::http_client) to the provider's client; send the browser to
    /// [`browser_url`](Self::browser_url). Page, codes, PKCE and redirect URIs are checked as ever,
    /// the client as the descriptor says. Answers are those of the fixtures:
    ///
    /// - a token is answered with `access_token.*`, the one with a refresh token if there is one,
    ///   or `refresh.*`; `TOKEN`, `TOKEN2`, `REFRESH` and `REFRESH2` become tokens. A refresh
    ///   rotates if its fixture has a `REFRESH2`; the old one is then spent, unless there is a
    ///   good `refresh.again`;
    /// - a grant of the provider's own is answered with the fixture of the operation that posts it
    ///   to the token endpoint with these parameters, or with that operation's `refused`. Where a
    ///   `TOKEN` or `REFRESH` is among them, it must live, and the new token is for its user;
    ///   without one, nobody signed in. A word that is known to that fixture alone (`SESSION`) is
    ///   good as it stands there;
    /// - a bad code, secret, refresh token or access token with `access_token.refused`,
    ///   `access_token.bad_secret`, `refresh.refused` or `profile.refused`; without these fixtures,
    ///   by the standard;
    /// - `ID_TOKEN{…}` becomes an ID token of that login, about whoever signed in (the `sub` of the
    ///   user's own exchange), with the feature `openid`; its keys and the document of
    ///   `discovery.accepted` are what [`http_client`](Self::http_client) answers requests for
    ///   metadata with;
    /// - users are the good cases of `id_email.*`. Whoever signed in as one of them gets the
    ///   answers of that exchange, then those of `profile.*`, then those of any other;
    /// - a request in the client's name (`authorization: Basic ID:SECRET`) and a revocation of the
    ///   provider's own (`revoke_access_token`, `revoke_refresh_token`, `revoke_grant`;
    ///   `deauthorize`, `uninstall` and `unlink` end the grant too) are recognized by method and
    ///   URL; the token is found wherever it stands, and ends;
    /// - `PROOF`, where a request has it, must be that of the request's own token: see
    ///   [`Contract`](crate::Contract);
    /// - a callback has what `authorize.accepted` has in its location besides `code`, `state` and
    ///   `iss`, with `NOW` and `HMAC` filled in.
    ///
    /// It refuses what the provider refuses: another way of client authentication, a PKCE method or
    /// a separator of scopes that are not the descriptor's, and headers (`user-agent: *`, `accept`,
    /// `content-type` …) that are missing or other than in the recorded request. That is answered
    /// with the fixture `refuses.*` that says `WRONG` for such a header, or else with 400 and the
    /// header's name. The rest of a request (body, parameters that no check here needs) is not
    /// compared: that is the contract's part. A signed client assertion is not verified.
    ///
    /// ```text
    /// # acme.test/docs/api "User agents", read 2026-01-15
    /// > GET https://api.acme.test/me
    /// > user-agent: WRONG
    /// < 403
    /// < Say who you are.
    /// = Denied { reason: "forbidden" }
    /// ```
    ///
    /// `refuses.CASE.http` is good for all requests to the origin of its URL, unless another one
    /// has the request's own method and URL; one with a `grant_type` in its body for that grant
    /// alone. `WRONG` is: missing, or other than in the fixtures of requests that are answered; it
    /// may be a parameter of the query too, of a request that would be answered but for this. If
    /// its outcome is `Token`, the request is carried out, and a good code answered with this
    /// reply.
    ///
    /// # Errors
    ///
    /// As [`LocalProviderBuilder::start`].
    pub async fn emulating(descriptor: &Descriptor, fixtures: &[(&str, &str)]) -> Result<Self> {
        Self::builder().emulating(descriptor, fixtures).start().await
    }

    /// Ends, and waits until the last connection is gone. Dropping it ends it too, without waiting.
    pub async fn stop(self) {
        self.server.stop().await;
    }

    fn new(shared: Arc<Shared>, server: Server, local: Local) -> Self {
        Self { shared, server, local }
    }
}

/// What a client and a browser need.
impl LocalProvider {
    /// The provider to make a client of. Where another one is emulated, use that one's own.
    #[must_use]
    pub fn provider(&self) -> Local {
        self.local.clone()
    }

    /// The client of [`client_id`](Self::client_id), with its secret unless the provider's clients
    /// are public; where the emulated provider wants a signed assertion, which it does not verify,
    /// with a text that stands for one.
    ///
    /// # Errors
    ///
    /// As [`ClientConfig::with_redirect_uri`].
    pub fn client_config(&self, redirect_uri: &str) -> Result<ClientConfig> {
        let config = ClientConfig::new(self.client_id()).with_redirect_uri(redirect_uri)?;
        let is_public = match (&self.shared.script, self.shared.settings.client_auth) {
            #[cfg(feature = "openid")]
            _ if self.shared.openid.is_some() => self.shared.has_public_clients_alone(),
            (Some(_), _) => self.shared.descriptor.client_auth() == ClientAuth::None,
            (None, auth) => auth == Some(ClientAuth::None),
        };
        let wants_signature = self.shared.script.is_some()
            && matches!(
                self.shared.descriptor.client_auth(),
                ClientAuth::Assertion | ClientAuth::PostSigned
            );
        Ok(match (is_public, wants_signature) {
            (true, _) => config,
            (false, true) => config.with_assertion(Unsigned(self.client_secret())),
            (false, false) => config.with_secret(self.client_secret()),
        })
    }

    /// The id of a confidential client that is always there, other in each run. It may be answered
    /// at any https or loopback URL.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.shared.settings.clients.first().map_or("", LocalClient::id)
    }

    /// The secret of that client.
    #[must_use]
    pub fn client_secret(&self) -> Secret {
        builder::own_secret(&self.shared.settings)
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.shared.origins.issuer()
    }

    /// The transport for a client of the emulated provider: https requests to the provider's
    /// origins come here, those to loopback go where they say, and any other is refused as
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `origin`.
    #[must_use]
    pub fn http_client(&self) -> Arc<dyn HttpClient> {
        let origins = Arc::clone(&self.shared.origins);
        let emulated = origins::Emulated { inner: ReqwestClient::new(), origins };
        #[cfg(feature = "openid")]
        if let Some(script) = &self.shared.script {
            return Arc::new(crate::id_token::KeyServer {
                inner: Arc::new(emulated),
                discovery: script.discovery().cloned(),
                listed: Vec::new(),
            });
        }
        Arc::new(emulated)
    }

    /// Where a browser finds the page that is at `url` for the provider. A URL that is not the
    /// provider's comes back as it is.
    #[must_use]
    pub fn browser_url(&self, url: impl AsRef<str>) -> String {
        let url = url.as_ref();
        let place = Url::parse(url).ok().and_then(|url| self.shared.origins.place(&url));
        place.map_or_else(|| url.to_owned(), String::from)
    }

    /// A browser that finds the emulated provider by itself.
    #[must_use]
    pub fn browser(&self) -> Browser {
        Browser::at(Arc::clone(&self.shared.origins))
    }
}

/// What a test looks at, and what it breaks.
impl LocalProvider {
    /// All requests so far, in the order of their arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        locked(&self.shared.log).requests().to_vec()
    }

    /// How many requests there were to `what`: an operation, a path or a URL, as in [`Fault::on`].
    #[must_use]
    pub fn count(&self, what: &str) -> usize {
        let log = locked(&self.shared.log);
        log.requests().iter().filter(|request| request.is_meant_by(what)).count()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        locked(&self.shared.log).clear();
    }

    /// Something goes wrong with requests to come. Of several faults that fit, the oldest comes
    /// first.
    pub fn fault(&self, fault: Fault) {
        locked(&self.shared.faults).add(fault);
    }

    /// How many requests will still meet a fault: zero at the end of a test that met all of its
    /// own.
    #[must_use]
    pub fn faults_left(&self) -> u32 {
        locked(&self.shared.faults).left()
    }

    /// Forgets the faults that are left.
    pub fn clear_faults(&self) {
        locked(&self.shared.faults).clear();
    }
}

/// Stands for an assertion where nobody verifies it.
#[derive(Debug)]
struct Unsigned(Secret);

#[async_trait]
impl ClientAssertion for Unsigned {
    async fn sign(&self, _client_id: &str, _audience: &str, _now: SystemTime) -> Result<Secret> {
        Ok(self.0.clone())
    }
}

impl fmt::Debug for LocalProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalProvider")
            .field("provider", &self.shared.descriptor.name())
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
