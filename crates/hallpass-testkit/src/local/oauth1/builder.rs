use std::sync::{Arc, Mutex};

use hallpass_core::{Clock, EmailSupport, Error, Result, SystemClock, url::Url};
use hallpass_oauth1::OAuth1Provider;
use tokio::runtime::Handle;

use super::{
    super::{
        builder::listen, client::LocalClient, fault::Faults, grants::unguessable, log::Log,
        page::Person, provider::profile, server::Server, user::LocalUser,
    },
    LocalOAuth1, State,
    book::Book,
};

/// A [`LocalOAuth1`] about to start.
#[derive(Debug)]
#[must_use]
pub struct LocalOAuth1Builder {
    port: u16,
    clock: Arc<dyn Clock>,
    /// The first is the server's own.
    clients: Vec<LocalClient>,
    users: Vec<LocalUser>,
    has_own_users: bool,
}

impl LocalOAuth1Builder {
    pub(super) fn new() -> Self {
        let own = LocalClient::new(unguessable()).with_secret(unguessable());
        Self {
            port: 0,
            clock: Arc::new(SystemClock),
            clients: vec![own.with_name("Application under test")],
            users: LocalUser::usual(),
            has_own_users: false,
        }
    }

    /// A user, instead of the usual ones, or besides those given before.
    pub fn with_user(mut self, user: LocalUser) -> Self {
        if !self.has_own_users {
            self.users.clear();
            self.has_own_users = true;
        }
        self.users.push(user);
        self
    }

    /// One more application, besides that of [`LocalOAuth1::consumer_key`]: its id is the consumer
    /// key, its redirect URIs what `oauth_callback` may be.
    pub fn with_client(mut self, client: LocalClient) -> Self {
        self.clients.push(client);
        self
    }

    /// Where the time comes from that timestamps are compared with. Default: the operating system.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// A port of one's own. Default: any that is free.
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Listens on 127.0.0.1, and serves on the caller's tokio runtime.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): outside a tokio runtime, or two clients of
    /// one id; fix the test. [`ErrorKind::Transport`](hallpass_core::ErrorKind): the port is taken.
    pub async fn start(self) -> Result<LocalOAuth1> {
        let no_runtime =
            |error| Error::config("a local provider needs a tokio runtime").with_source(error);
        Handle::try_current().map_err(no_runtime)?;
        let ids: Vec<_> = self.clients.iter().map(LocalClient::id).collect();
        if (1..ids.len()).any(|at| ids[..at].contains(&ids[at])) {
            return Err(Error::config("two clients have the same id"));
        }
        let (listener, base) = listen(self.port).await?;
        let person = |user: &LocalUser| Person {
            key: user.username().to_owned(),
            title: user.title().to_owned(),
            detail: user.detail(),
        };
        let state = Arc::new(State {
            provider: provider(&base),
            base_url: base.as_str().trim_end_matches('/').to_owned(),
            clock: self.clock,
            people: self.users.iter().map(person).collect(),
            clients: self.clients,
            users: self.users,
            book: Mutex::new(Book::default()),
            tampers: Mutex::default(),
            log: Mutex::new(Log::default()),
            faults: Mutex::new(Faults::default()),
        });
        let server = Server::start(listener, Arc::<State>::clone(&state));
        Ok(LocalOAuth1 { state, server })
    }
}

fn provider(base: &Url) -> OAuth1Provider {
    // It ends with a slash.
    let url = |path: &str| format!("{base}{path}");
    OAuth1Provider::new("local", url("initiate"), url("authorize"), url("token"))
        .with_display_name("Local provider")
        .with_email(EmailSupport::Flagged)
        .with_profile(url("userinfo"), profile)
}
