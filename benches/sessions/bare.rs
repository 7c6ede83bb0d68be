//! The limit: one token, renewed once for all who wait by what tokio has for it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwapOption;
use tokio::sync::OnceCell;

use super::Endpoint;
use crate::replies::Bare;

/// What is left of a token.
#[derive(Debug)]
pub struct BareToken {
    /// The access token.
    pub access_token: String,
    ends: SystemTime,
}

/// One token, in no store. A task that is cancelled takes the request with it, an error is a panic,
/// and on more than one thread a task that is late makes a request of its own.
#[derive(Debug)]
pub struct BareTokens {
    endpoint: Arc<Endpoint>,
    held: ArcSwapOption<BareToken>,
    next: Mutex<Arc<OnceCell<Arc<BareToken>>>>,
}

impl BareTokens {
    /// Without a token yet.
    #[must_use]
    pub fn new(endpoint: Arc<Endpoint>) -> Self {
        Self { endpoint, held: ArcSwapOption::empty(), next: Mutex::default() }
    }

    /// The token is no longer good.
    pub fn expire(&self) {
        self.held.rcu(|held| {
            let access_token = held.as_ref()?.access_token.clone();
            Some(Arc::new(BareToken { access_token, ends: SystemTime::UNIX_EPOCH }))
        });
    }

    /// The token: one load, one look at the clock, one copy of an `Arc`.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn token(&self) -> Arc<BareToken> {
        let now = SystemTime::now();
        if let Some(held) = &*self.held.load() {
            if now < held.ends {
                return Arc::clone(held);
            }
        }
        let next = Arc::clone(&*self.next.lock().unwrap_or_else(PoisonError::into_inner));
        Arc::clone(next.get_or_init(|| self.renewed()).await)
    }

    async fn renewed(&self) -> Arc<BareToken> {
        let (status, body) = self.endpoint.answer().await;
        assert!(status.is_success(), "{status}");
        let reply: Bare<'_> = serde_json::from_str(body).expect("a token reply");
        let ends = SystemTime::now() + Duration::from_secs(reply.expires_in.expect("an end"));
        let access_token = reply.access_token.to_owned();
        let token = Arc::new(BareToken { access_token, ends });
        self.held.store(Some(Arc::clone(&token)));
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
        token
    }
}
