//! What a process knows of one user's token, and where it is found.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwapOption;
use hallpass_core::{BaseOAuth2, Clock, Error, OAuth2Token, Result, Revoke, Secret};

use crate::{
    Renewal, TokenEvent, TokenKey, TokenListener, TokenReason, TokenStore, Version,
    flight::Flight,
    owed::Owed,
    renew::{self, LONGEST_REST, Unsaved},
};

/// Before its end a token is renewed: so early at most, and at most a tenth of its life early.
const LEEWAY: Duration = Duration::from_secs(60);

/// The sessions of a process: all who ask for one user share one.
pub(crate) type Registry = Mutex<HashMap<TokenKey, Place>>;

pub(crate) struct Place {
    /// While somebody holds it.
    shared: Weak<Live>,
    /// And while it knows what the store does not.
    pinned: Option<Arc<Live>>,
}

#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) client: Arc<dyn BaseOAuth2>,
    pub(crate) store: Arc<dyn TokenStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) renewal: Arc<dyn Renewal>,
    pub(crate) listener: Option<Arc<dyn TokenListener>>,
    pub(crate) lease: Duration,
    /// To the store.
    pub(crate) owed: Owed,
}

/// What all sessions of one key in a process share.
pub(crate) struct Live {
    pub(crate) parts: Arc<Parts>,
    pub(crate) key: TokenKey,
    pub(crate) held: ArcSwapOption<Held>,
    pub(crate) flight: Flight<Result<Arc<Held>>>,
    /// Of logins and logouts: one at a time.
    pub(crate) turn: tokio::sync::Mutex<()>,
    memory: Mutex<Memory>,
    registry: Weak<Registry>,
}

/// What is not in the store.
#[derive(Default)]
pub(crate) struct Memory {
    /// Counts logins and logouts.
    pub(crate) epoch: u64,
    /// Why the last renewal failed.
    pub(crate) trouble: Option<Trouble>,
    /// A new token that the store did not take yet.
    pub(crate) unsaved: Option<Unsaved>,
    /// What the last logout, under way or over, has revoked, if it was the last word, and the epoch
    /// that it ends: a renewal that began no later does so with its own token.
    pub(crate) revoke: Option<(u64, Revoke)>,
}

/// A renewal that failed: of which token, and until when it is not tried again; for good without.
pub(crate) struct Trouble {
    pub(crate) version: Option<Version>,
    pub(crate) error: Error,
    pub(crate) until: Option<SystemTime>,
}

impl Trouble {
    /// Whether it is of this version, and still too early for another try.
    pub(crate) fn counts(&self, version: Option<Version>, now: SystemTime) -> bool {
        // Longer than any rest: the clock was put back.
        let counts = |until: SystemTime| {
            until.duration_since(now).is_ok_and(|left| !left.is_zero() && left <= LONGEST_REST)
        };
        self.version == version && self.until.is_none_or(counts)
    }
}

/// A token as it is in the store.
pub(crate) struct Held {
    pub(crate) token: Arc<OAuth2Token>,
    pub(crate) version: Version,
    /// From when on it is renewed.
    renew_at: Option<SystemTime>,
}

impl Held {
    pub(crate) fn new(token: OAuth2Token, version: Version) -> Self {
        let renew_at = token.expires_at().map(|expires_at| {
            let life = token.issued_at().and_then(|at| expires_at.duration_since(at).ok());
            let leeway = life.map_or(LEEWAY, |life| LEEWAY.min(life / 10));
            expires_at.checked_sub(leeway).unwrap_or(SystemTime::UNIX_EPOCH)
        });
        Self { token: Arc::new(token), version, renew_at }
    }

    /// Whether it has this very access token.
    pub(crate) fn is(&self, access_token: Option<&Secret>) -> bool {
        access_token.is_some_and(|it| self.token.access_token().matches(it.expose()))
    }

    /// Whether it is far from its end.
    pub(crate) fn is_fresh(&self, now: SystemTime) -> bool {
        self.renew_at.is_none_or(|at| now < at)
    }

    /// Whether the provider still takes it, as far as it said.
    pub(crate) fn is_usable(&self, now: SystemTime) -> bool {
        !self.token.access_token().is_empty() && !self.token.is_expired_at(now, Duration::ZERO)
    }
}

impl Place {
    /// Whether it is still of use; what is known of a failure is not once another try may be made.
    fn is_needed(&mut self, now: SystemTime) -> bool {
        if self.pinned.as_ref().is_some_and(|live| !live.memory().is_to_be_kept(now)) {
            self.pinned = None;
        }
        self.shared.strong_count() > 0
    }
}

impl Memory {
    fn is_to_be_kept(&self, now: SystemTime) -> bool {
        let counts = |it: &Trouble| it.counts(it.version, now);
        self.unsaved.is_some() || self.trouble.as_ref().is_some_and(counts)
    }
}

impl Live {
    /// The one of this key: that which is there, or a new one.
    pub(crate) fn of(registry: &Arc<Registry>, parts: &Arc<Parts>, key: TokenKey) -> Arc<Self> {
        let mut places = registry.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(live) = places.get(&key).and_then(|place| place.shared.upgrade()) {
            return live;
        }
        // Now and then, so that the map does not outgrow what is of use.
        if places.len() >= 64 && places.len() == places.capacity() {
            let now = parts.clock.now();
            places.retain(|_, place| place.is_needed(now));
        }
        let live = Arc::new(Self {
            parts: Arc::clone(parts),
            key: key.clone(),
            held: ArcSwapOption::empty(),
            flight: Flight::new(),
            turn: tokio::sync::Mutex::default(),
            memory: Mutex::default(),
            registry: Arc::downgrade(registry),
        });
        places.insert(key, Place { shared: Arc::downgrade(&live), pinned: None });
        live
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After a login or a logout: a renewal that began before it no longer says what is handed out.
    /// Gives back a token that was never stored, whose lease is to be released.
    pub(crate) fn begin_epoch(self: &Arc<Self>, held: Option<Arc<Held>>) -> Option<Unsaved> {
        let mut memory = self.memory();
        let unsaved = memory.unsaved.take();
        let (epoch, revoke) = (memory.epoch + 1, memory.revoke);
        *memory = Memory { epoch, revoke, ..Memory::default() };
        self.held.store(held);
        drop(memory);
        self.settle();
        unsaved
    }

    /// Stays in the registry while it knows what the store does not, though nobody holds a session.
    pub(crate) fn settle(self: &Arc<Self>) {
        let Some(registry) = self.registry.upgrade() else { return };
        let mut places = registry.lock().unwrap_or_else(PoisonError::into_inner);
        let is_to_be_kept = self.memory().is_to_be_kept(self.parts.clock.now());
        if let Some(place) = places.get_mut(&self.key) {
            place.pinned = is_to_be_kept.then(|| Arc::clone(self));
        }
    }

    /// Whether a renewal of this very token failed, and it is too early for the next.
    pub(crate) fn is_in_trouble(&self, version: Version, now: SystemTime) -> bool {
        self.memory().trouble.as_ref().is_some_and(|it| it.counts(Some(version), now))
    }

    pub(crate) async fn renewed(
        self: &Arc<Self>,
        refused: Option<Secret>,
        reason: TokenReason,
    ) -> Result<Arc<OAuth2Token>> {
        let is_refused = |held: &Held| held.is(refused.as_ref());
        loop {
            let mut is_ours = false;
            let work = || {
                is_ours = true;
                let (live, not) = (Arc::clone(self), refused.clone());
                async move { renew::run(&live, not, reason).await }
            };
            match self.flight.join(work).await {
                Some(Ok(held)) if is_refused(&held) && is_ours => {
                    let message = "the new token is the very one that was refused";
                    return Err(Error::denied(message).with_reason("invalid_token"));
                }
                // That one began before the refusal was known.
                Some(Ok(held)) if is_refused(&held) => {}
                Some(held) => return Ok(Arc::clone(&held?.token)),
                None => return Err(Error::transport("a renewal ended without a result")),
            }
        }
    }

    pub(crate) async fn announce(
        &self,
        old: Option<&OAuth2Token>,
        new: &OAuth2Token,
        reason: TokenReason,
    ) {
        if let Some(listener) = &self.parts.listener {
            listener.on_token(TokenEvent { key: &self.key, old, new, reason }).await;
        }
    }
}
