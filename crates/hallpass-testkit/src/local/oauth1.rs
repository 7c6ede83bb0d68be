//! The local provider of OAuth 1.0a: pages, faults and log are those of the other one.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use hallpass_core::{Clock, Result, Secret, http::StatusCode, url::Url};
use hallpass_oauth1::{ClientCredentials, OAuth1Config, OAuth1Provider};

use super::{
    client::LocalClient,
    fault::{Fault, Faults},
    log::{Log, LoggedRequest},
    page::Person,
    route::Route,
    server::{Server, Site},
    shared::locked,
    user::LocalUser,
    wire::{Answer, Asked},
};
use crate::Browser;

mod api; // what a token is good for
mod book; // what was given out
mod builder; // what can be chosen
mod endpoints; // the login
mod problem; // refusals
mod protocol; // the parameters

mod tamper; // lies on demand
mod verify; // signature, time, nonce

pub use self::{builder::LocalOAuth1Builder, tamper::OAuth1Tamper};

use self::book::Book;

/// A real OAuth 1.0a server on 127.0.0.1, for tests and examples: temporary credentials, an
/// authorization page, tokens, an API, a log of requests and [faults](Fault) on demand. It ends
/// with this value, its connections and tasks with it.
///
/// It is one by the letter of [RFC 5849](https://www.rfc-editor.org/rfc/rfc5849): each request is
/// verified, in header, query or form, with HMAC (SHA-1, SHA-256, SHA-512) or PLAINTEXT; its time
/// must be within 300 s of the server's, and its nonce new; a body hash must be the body's. What is
/// refused says why in `oauth_problem`.
///
/// ```
/// use hallpass_core::AuthorizationRequest;
/// use hallpass_oauth1::OAuth1Client;
/// use hallpass_testkit::{LocalOAuth1, User};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> hallpass_core::Result<()> {
/// let local = LocalOAuth1::start().await?;
/// let config = local.client_config("https://app.test/callback")?;
/// let client = OAuth1Client::new(local.provider(), config)?;
///
/// let login = client.get_authorization_url(AuthorizationRequest::new()).await?;
/// let landing = local.browser().sign_in(&login.url, User::named("ben")).await?;
/// let signed_in = client.sign_in(landing.callback()?, login.pending).await?;
///
/// assert_eq!(signed_in.profile.username(), Some("ben"));
/// assert_eq!(local.count("temporary_credentials"), 1);
/// # Ok(())
/// # }
/// ```
///
/// # Security
///
/// For tests. There are no passwords, and whoever reaches the port can sign in as anybody: it
/// listens on 127.0.0.1 alone.
pub struct LocalOAuth1 {
    state: Arc<State>,
    server: Server,
}

/// From start to end.
impl LocalOAuth1 {
    /// A server with three users: `ada`, whose address is verified, `ben`, whose address is not,
    /// and `cleo`, who has none.
    ///
    /// # Errors
    ///
    /// As [`LocalOAuth1Builder::start`].
    pub async fn start() -> Result<Self> {
        Self::builder().start().await
    }

    /// A server with users, applications or a clock of one's own.
    pub fn builder() -> LocalOAuth1Builder {
        LocalOAuth1Builder::new()
    }

    /// Ends, and waits until the last connection is gone. Dropping it ends it too, without waiting.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// What a client and a browser need.
impl LocalOAuth1 {
    /// The provider to make a client of.
    #[must_use]
    pub fn provider(&self) -> OAuth1Provider {
        self.state.provider.clone()
    }

    /// The application of [`consumer_key`](Self::consumer_key), with its secret.
    ///
    /// # Errors
    ///
    /// As [`OAuth1Config::with_redirect_uri`].
    pub fn client_config(&self, redirect_uri: &str) -> Result<OAuth1Config> {
        OAuth1Config::new(self.client_credentials()).with_redirect_uri(redirect_uri)
    }

    /// The same, for a configuration of one's own or a
    /// [`Signer`](hallpass_oauth1::Signer).
    #[must_use]
    pub fn client_credentials(&self) -> ClientCredentials {
        ClientCredentials::new(self.consumer_key(), self.consumer_secret())
    }

    /// The consumer key of an application that is always there, other in each run. It may be
    /// answered at any https or loopback URL.
    #[must_use]
    pub fn consumer_key(&self) -> &str {
        self.state.clients.first().map_or("", LocalClient::id)
    }

    /// The secret of that application.
    #[must_use]
    pub fn consumer_secret(&self) -> Secret {
        let own = self.state.clients.first().and_then(LocalClient::secret);
        own.cloned().unwrap_or_else(|| Secret::new(""))
    }

    /// `http://127.0.0.1:PORT`. There are `/initiate`, `/authorize`, `/token`, `/userinfo` and, for
    /// whatever is asked below it, `/api/`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.state.base_url
    }

    /// A browser without a window, for the page.
    #[must_use]
    pub fn browser(&self) -> Browser {
        Browser::new()
    }
}

/// What a test looks at, and what it breaks.
impl LocalOAuth1 {
    /// All requests so far, in the order of their arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        locked(&self.state.log).requests().to_vec()
    }

    /// How many requests there were to `what`: an operation (`temporary_credentials`, `authorize`,
    /// `token`, `api`), a path or a URL.
    #[must_use]
    pub fn count(&self, what: &str) -> usize {
        let log = locked(&self.state.log);
        log.requests().iter().filter(|request| request.is_meant_by(what)).count()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        locked(&self.state.log).clear();
    }

    /// Something goes wrong with requests to come. Of several faults that fit, the oldest comes
    /// first.
    pub fn fault(&self, fault: Fault) {
        locked(&self.state.faults).add(fault);
    }

    /// How many requests will still meet a fault.
    #[must_use]
    pub fn faults_left(&self) -> u32 {
        locked(&self.state.faults).left()
    }

    /// Forgets the faults that are left.
    pub fn clear_faults(&self) {
        locked(&self.state.faults).clear();
    }

    /// Changes answers to come.
    pub fn tamper(&self, tamper: OAuth1Tamper) {
        locked(&self.state.tampers).push(Arc::new(tamper));
    }

    /// All that follows is true again.
    pub fn clear_tampering(&self) {
        locked(&self.state.tampers).clear();
    }

    /// The users take back what they allowed: every token is refused from now on.
    pub fn revoke_tokens(&self) {
        locked(&self.state.book).forget_tokens();
    }
}

impl fmt::Debug for LocalOAuth1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalOAuth1").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

/// All that the connections of one server share.
struct State {
    provider: OAuth1Provider,
    base_url: String,
    clock: Arc<dyn Clock>,
    /// Who can be chosen on the page: users by their index.
    people: Vec<Person>,
    /// The first is the server's own.
    clients: Vec<LocalClient>,
    users: Vec<LocalUser>,
    book: Mutex<Book>,
    tampers: Mutex<Vec<Arc<OAuth1Tamper>>>,
    log: Mutex<Log>,
    faults: Mutex<Faults>,
}

impl State {
    fn client(&self, id: &str) -> Option<&LocalClient> {
        self.clients.iter().find(|client| client.id() == id)
    }
}

impl Site for State {
    fn meant(&self, target: &str) -> Option<Url> {
        Url::parse(&format!("{}{target}", self.base_url)).ok()
    }

    fn route(&self, asked: &Asked) -> Route {
        match asked.url.path() {
            "/initiate" => Route::TemporaryCredentials,
            "/authorize" => Route::Authorize,
            "/token" => Route::Token,
            "/userinfo" => Route::Api,
            path if path.starts_with("/api/") => Route::Api,
            _ => Route::Elsewhere,
        }
    }

    fn carry_out(&self, route: Route, asked: &Asked) -> Answer {
        let answer = match route {
            Route::Authorize => return endpoints::authorize(self, asked),
            Route::TemporaryCredentials => endpoints::temporary_credentials(self, asked),
            Route::Token => endpoints::token(self, asked),
            Route::Api => api::api(self, asked),
            _ => Ok(Answer::text(
                StatusCode::NOT_FOUND,
                "The local provider has /initiate, /authorize, /token, /userinfo and /api/.\n",
            )),
        };
        answer.unwrap_or_else(problem::Problem::into_answer)
    }

    fn log(&self) -> &Mutex<Log> {
        &self.log
    }

    fn faults(&self) -> &Mutex<Faults> {
        &self.faults
    }
}
