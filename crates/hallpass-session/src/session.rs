use std::{fmt, sync::Arc, time::Duration};

use hallpass_core::{BaseOAuth2, Clock, Error, OAuth2Token, Result, Revoke, SystemClock};

use crate::{
    RefreshToken, Renewal, TokenKey, TokenListener, TokenReason, TokenStore,
    live::{Held, Live, Parts, Registry},
    login::{self, Found},
    owed::Owed,
};

/// Twice as long as one renewal takes: discovery, a token request, again where a signer wants a
/// nonce, and keys, 10 s each.
const LEASE: Duration = Duration::from_secs(90);

/// The tokens of all users at one client, kept in a store and renewed before they end.
///
/// However many tasks, processes and machines ask, a token is renewed once: in a process by single
/// flight, between processes by a lease in the store. A new token is stored before anybody has it,
/// so that a rotated refresh token is not lost.
#[derive(Clone)]
pub struct TokenManager {
    parts: Arc<Parts>,
    live: Arc<Registry>,
}

impl TokenManager {
    /// Tokens of `client` in `store`, renewed by their refresh tokens. Sends nothing.
    #[must_use]
    pub fn new(client: Arc<dyn BaseOAuth2>, store: Arc<dyn TokenStore>) -> Self {
        let parts = Parts {
            client,
            store,
            clock: Arc::new(SystemClock),
            renewal: Arc::new(RefreshToken::new()),
            listener: None,
            lease: LEASE,
            owed: Owed::default(),
        };
        Self { parts: Arc::new(parts), live: Arc::default() }
    }

    /// Another way to a new token than the old one's refresh token: client credentials, a signed
    /// assertion. Before the first [`session`](Self::session).
    #[must_use]
    pub fn with_renewal(mut self, renewal: Arc<dyn Renewal>) -> Self {
        Arc::make_mut(&mut self.parts).renewal = renewal;
        self
    }

    /// Told of each new token once it is stored: see [`TokenListener`]. Before the first
    /// [`session`](Self::session).
    #[must_use]
    pub fn with_listener(mut self, listener: Arc<dyn TokenListener>) -> Self {
        Arc::make_mut(&mut self.parts).listener = Some(listener);
        self
    }

    /// Another clock, for tests. Before the first [`session`](Self::session).
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        Arc::make_mut(&mut self.parts).clock = clock;
        self
    }

    /// For how long a process that ends while it renews keeps others from it, and how long a
    /// renewal may take at most, the application's [`Hooks`](hallpass_core::Hooks) included.
    /// Default 90 s; at least twice the client's timeouts together. Before the first
    /// [`session`](Self::session).
    #[must_use]
    pub fn with_lease(mut self, length: Duration) -> Self {
        Arc::make_mut(&mut self.parts).lease = length;
        self
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Arc<dyn BaseOAuth2> {
        &self.parts.client
    }

    /// The key of a user's token here.
    #[must_use]
    pub fn key(&self, user: &str) -> TokenKey {
        TokenKey::new(user, self.parts.client.descriptor().name())
    }

    /// The token of one user, by the application's id of them; `""` for a token of no user. Asks
    /// nobody: [`Session::token`] does.
    ///
    /// Keep it while the user is served: it remembers the token, and the store is asked again only
    /// when that ends.
    #[must_use]
    pub fn session(&self, user: &str) -> Session {
        Session { live: Live::of(&self.live, &self.parts, self.key(user)) }
    }

    /// Stores the token of a login, whatever was there before, what cannot be read any more (sealed
    /// with a key that is lost, or tampered with) included.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `store`: the store did not say
    /// that it took it. Nobody here is given the token yet; try again with the same.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn sign_in(&self, user: &str, token: OAuth2Token) -> Result<Session> {
        let session = self.session(user);
        // In a task of its own: whoever is dropped here leaves no half of a login.
        let live = Arc::clone(&session.live);
        whole(tokio::spawn(async move { login::sign_in(&live, token).await }).await)??;
        Ok(session)
    }

    /// Forgets the user's token, and then revokes it at the provider if asked; both are done though
    /// nobody waits for it any more. A renewal that is under way in this process has its new token
    /// revoked in the same way, unless somebody signed in since; where that fails, it is logged.
    /// A session of another process that holds it goes on with it until it ends, or the API
    /// refuses it.
    ///
    /// # Errors
    ///
    /// Those of the store, in which case nothing is revoked, and those of
    /// [`revoke_token`](BaseOAuth2::revoke_token), in which case the token is forgotten here all
    /// the same. [`ErrorKind::Security`](hallpass_core::ErrorKind) or
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind): it was to be revoked, and what was kept
    /// cannot be read; it is removed, and lives on at the provider.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn sign_out(&self, user: &str, revoke: Option<Revoke>) -> Result<()> {
        let session = self.session(user);
        let (live, client) = (Arc::clone(&session.live), Arc::clone(&self.parts.client));
        // Revoked in the task too: nobody else has the token any more.
        let leave = async move {
            match (login::sign_out(&live, revoke).await?, revoke) {
                (Found::Token(token), Some(what)) => client.revoke_token(&token, what).await,
                (Found::Unreadable(error), Some(_)) => Err(error),
                (Found::Nothing | Found::Token(_) | Found::Unreadable(_), _) => Ok(()),
            }
        };
        whole(tokio::spawn(leave).await)?
    }
}

impl fmt::Debug for TokenManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenManager")
            .field("client", &self.parts.client)
            .field("store", &self.parts.store)
            .field("renewal", &self.parts.renewal)
            .finish_non_exhaustive()
    }
}

/// One user's token at one client: [`TokenManager::session`]. Clones share it.
#[derive(Clone)]
pub struct Session {
    live: Arc<Live>,
}

/// What a task that was not cancelled brought.
fn whole<T>(done: std::result::Result<T, tokio::task::JoinError>) -> Result<T> {
    done.map_err(|error| Error::transport("it ended without a result").with_source(error))
}

impl Session {
    /// The token, good for use: renewed first if its end is near.
    ///
    /// While the token is good this is one atomic load. Waiting can be given up at any point: the
    /// renewal goes on for those who still wait, and its result is not lost.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`](hallpass_core::ErrorKind): the user has to sign in again. Reasons of
    /// our own: `signed_out` (the store has no token), `no_refresh_token`, and
    /// `refresh_interrupted`: a process ended, or lost its connection, between the provider's
    /// answer and the store, and the provider does not take the old refresh token again.
    ///
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind): provider or store did not answer, or the
    /// renewal took too long, here or in another process (reason `lease`); try again, later where
    /// [`retry_after`](Error::retry_after) says so. Otherwise as
    /// [`refresh_token`](BaseOAuth2::refresh_token).
    ///
    /// None of them while the old token lasts.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn token(&self) -> Result<Arc<OAuth2Token>> {
        let live = &self.live;
        let now = live.parts.clock.now();
        if let Some(held) = &*live.held.load() {
            if held.is_fresh(now) || (held.is_usable(now) && live.is_in_trouble(held.version, now))
            {
                return Ok(Arc::clone(&held.token));
            }
        }
        live.renewed(None, TokenReason::Expiring).await
    }

    /// Another token than `refused`, which the API did not take before its end: the one that is
    /// there by now, or a new one.
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token), and [`ErrorKind::Denied`](hallpass_core::ErrorKind), reason
    /// `invalid_token`: the provider gave the very same again.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn token_instead_of(&self, refused: &OAuth2Token) -> Result<Arc<OAuth2Token>> {
        let live = &self.live;
        let now = live.parts.clock.now();
        let refused = refused.access_token();
        let is_other = |held: &Held| !held.is(Some(refused));
        match &*live.held.load() {
            Some(held) if is_other(held) && held.is_fresh(now) => Ok(Arc::clone(&held.token)),
            _ => live.renewed(Some(refused.clone()), TokenReason::Refused).await,
        }
    }

    /// Whose token it is.
    #[must_use]
    pub fn key(&self) -> &TokenKey {
        &self.live.key
    }

    /// The client that the token is for.
    #[must_use]
    pub fn client(&self) -> &Arc<dyn BaseOAuth2> {
        &self.live.parts.client
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("key", &self.live.key).finish_non_exhaustive()
    }
}
