//! One renewal, from what the store says to what it says afterwards. It runs in a task of its own,
//! one at a time for each key in a process; between processes the store's lease decides.

use std::{ops::Deref, sync::Arc, time::Duration};

use hallpass_core::{Error, ErrorKind, OAuth2Token, Result, Secret, http::StatusCode};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    Entry, Lease, TokenReason, Version,
    live::{Held, Live, Trouble},
    login::is_nothing,
};

/// Between two looks at the store while another process renews: so long at first, and at most.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Waits before a write is tried again. The token is in no other place than here.
const BETWEEN_WRITES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];
/// After a failure that time may mend, where the provider names no time of its own.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// However long the provider asks for, a user may have signed in elsewhere meanwhile.
pub(crate) const LONGEST_REST: Duration = Duration::from_secs(300);

/// What the store keeps, as it was a moment ago.
type Kept = Option<Arc<Held>>;

/// A new token that the store did not take, what it replaces, and the lease it was made under.
pub(crate) struct Unsaved {
    old: Option<Arc<OAuth2Token>>,
    expected: Option<Version>,
    pub(crate) token: OAuth2Token,
    pub(crate) lease: Lease,
    reason: TokenReason,
}

/// Renews, unless the store has a good token that is not `refused`.
pub(crate) async fn run(
    live: &Arc<Live>,
    refused: Option<Secret>,
    reason: TokenReason,
) -> Result<Arc<Held>> {
    let epoch = live.memory().epoch;
    let result = Renewing { live, epoch, refused, reason }.run().await;
    live.settle();
    result
}

struct Renewing<'a> {
    live: &'a Live,
    /// Of the last login or logout when it began: what a later one set stays.
    epoch: u64,
    refused: Option<Secret>,
    reason: TokenReason,
}

impl Deref for Renewing<'_> {
    type Target = Live;

    fn deref(&self) -> &Live {
        self.live
    }
}

impl Renewing<'_> {
    /// A token that lasts a little longer serves, whatever failed.
    async fn run(&self) -> Result<Arc<Held>> {
        let mut tried = self.held.load_full();
        let attempted = self.attempt(&mut tried).await;
        let is_overtaken = self.memory().epoch != self.epoch;
        let error = match attempted {
            Ok(held) if !is_overtaken => return Ok(held),
            // What the login or the logout left, not what it replaced.
            Ok(_) => signed_out(),
            Err(error) => error,
        };
        if is_overtaken {
            // By a login or a logout: what that left counts.
            tried = self.held.load_full();
        } else {
            self.remember(tried.as_ref().map(|tried| tried.version), &error);
        }
        tried.filter(|tried| self.is_usable(tried)).map(|tried| self.hold(tried)).ok_or(error)
    }

    /// `tried` becomes what the store keeps, as far as it says.
    async fn attempt(&self, tried: &mut Kept) -> Result<Arc<Held>> {
        let unsaved = self.memory().unsaved.take();
        if let Some(unsaved) = unsaved {
            self.write(unsaved).await?;
        }
        *tried = load(self).await?;
        if let Some(held) = self.good(tried) {
            return Ok(held);
        }
        match self.remembered(tried.as_ref().map(|tried| tried.version)) {
            Some(error) => Err(error),
            None => self.renew(tried).await,
        }
    }

    /// Under the lease, or with what another process brought while this one waited for it.
    async fn renew(&self, tried: &mut Kept) -> Result<Arc<Held>> {
        let is_usable = tried.as_ref().is_some_and(|tried| self.is_usable(tried));
        let (lease, asked) = match self.wait_for_lease(is_usable).await? {
            Ok(lease) => lease,
            Err(held) => return Ok(held),
        };
        match load(self).await {
            // What is sent now may be answered when another has the lease.
            Ok(_) if asked.elapsed() > self.parts.lease / 2 => {
                let is_in_doubt = lease.was_interrupted();
                self.release(lease, is_in_doubt).await;
                let message = "the store took too long to leave time for a renewal";
                return Err(Error::transport(message).with_reason("lease"));
            }
            Ok(kept) => *tried = kept,
            Err(error) => {
                let is_in_doubt = lease.was_interrupted();
                self.release(lease, is_in_doubt).await;
                return Err(error);
            }
        }
        // Somebody renewed between the first look and the lease.
        if let Some(held) = self.good(tried) {
            self.release(lease, false).await;
            return Ok(held);
        }
        let expected = tried.as_ref().map(|tried| tried.version);
        let old = tried.as_ref().map(|tried| Arc::clone(&tried.token));
        // Longer than the lease, and another process asks too.
        let time_left = self.parts.lease.saturating_sub(asked.elapsed());
        let renewing = self.parts.renewal.renew(&*self.parts.client, old.as_deref());
        let renewed = timeout(time_left, renewing).await.unwrap_or_else(|_| {
            let message = "the renewal took longer than its lease";
            Err(Error::transport(message).with_reason("lease"))
        });
        match renewed {
            Ok(token) => {
                let reason = self.reason;
                let written = self.write(Unsaved { old, expected, token, lease, reason }).await?;
                match written {
                    Some(held) => Ok(held),
                    // Another login, or a logout, came first: what it left counts.
                    None => {
                        let kept = load(self).await?.filter(|kept| !is_nothing(&kept.token));
                        kept.map(|kept| self.hold(kept)).ok_or_else(signed_out)
                    }
                }
            }
            Err(error) => self.failed(lease, expected, error).await,
        }
    }

    /// What a renewal's failure says of the stored token.
    async fn failed(
        &self,
        lease: Lease,
        expected: Option<Version>,
        error: Error,
    ) -> Result<Arc<Held>> {
        // A refusal does not end it: the third one to try is to be told the same.
        let spends_old = self.parts.renewal.spends_old();
        let was_interrupted = spends_old && lease.was_interrupted();
        let may_be_lost = spends_old && !(made_no_token(&error) || was_never_sent(&error));
        self.release(lease, was_interrupted || may_be_lost).await;
        if error.kind() != ErrorKind::Denied || error.oauth().is_none() {
            return Err(error);
        }
        // The one who was interrupted may have come to its end after all.
        let kept = load(self).await.ok().flatten();
        let kept = kept.filter(|kept| Some(kept.version) != expected);
        if let Some(held) = self.good(&kept) {
            return Ok(held);
        }
        // check: 38
        if was_interrupted {
            let message = "a renewal was interrupted, and its token is lost: sign in again";
            let interrupted = Error::denied(message).with_reason("refresh_interrupted");
            return Err(interrupted.with_source(error));
        }
        Err(error)
    }

    /// Waits while another process renews, unless there is a token that serves until then; what
    /// that brings is good enough. With the lease comes when it was asked for.
    async fn wait_for_lease(
        &self,
        is_usable: bool,
    ) -> Result<std::result::Result<(Lease, Instant), Arc<Held>>> {
        let give_up = Instant::now().checked_add(self.parts.lease.saturating_mul(2));
        let mut pause = SHORTEST_PAUSE;
        loop {
            let asked = Instant::now();
            if let Some(lease) = self.parts.store.lease(&self.key, self.parts.lease).await? {
                return Ok(Ok((lease, asked)));
            }
            if is_usable || give_up.is_some_and(|give_up| asked >= give_up) {
                let message = "another process is renewing this token, and has not come to an end";
                return Err(Error::transport(message).with_reason("lease"));
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            if let Some(held) = self.good(&load(self).await?) {
                return Ok(Err(held));
            }
        }
    }

    /// Stores a new token before anybody has it; `None` if another was stored meanwhile. A store
    /// that does not answer is asked again, now and at the next call: until then the token is in
    /// this memory alone, and its lease is not released.
    async fn write(&self, unsaved: Unsaved) -> Result<Kept> {
        let text = unsaved.token.expose_for_storage();
        let mut pauses = BETWEEN_WRITES.into_iter();
        let written = loop {
            match (swap(self, unsaved.expected, &text).await, pauses.next()) {
                (Ok(written), _) => break written,
                (Err(_), Some(pause)) => sleep(pause).await,
                (Err(error), None) => {
                    self.keep(unsaved).await;
                    return Err(error);
                }
            }
        };
        let Unsaved { old, token, lease, reason, .. } = unsaved;
        self.release(lease, false).await;
        let Some(version) = written else {
            self.end(&token).await;
            return Ok(None);
        };
        self.announce(old.as_deref(), &token, reason).await;
        Ok(Some(self.hold(Arc::new(Held::new(token, version)))))
    }

    /// In memory, for the next call; unless a login or a logout made it worthless.
    async fn keep(&self, unsaved: Unsaved) {
        let worthless = {
            let mut memory = self.memory();
            if memory.epoch == self.epoch {
                memory.unsaved = Some(unsaved);
                None
            } else {
                Some(unsaved)
            }
        };
        if let Some(unsaved) = worthless {
            self.release(unsaved.lease, false).await;
            self.end(&unsaved.token).await;
        }
    }

    /// A new token that nobody is given: where a logout overtook the renewal and wants the user's
    /// tokens revoked, it would live on at the provider. Not where somebody signed in since, if in
    /// another process: the provider may end the grant, and that login's tokens with it.
    async fn end(&self, token: &OAuth2Token) {
        let overtaken = self.memory().revoke.filter(|(epoch, _)| self.epoch <= *epoch);
        let Some((_, what)) = overtaken else { return };
        // Where the store does not say, the user's word counts. A logout on its way is no login.
        if load(self).await.ok().flatten().is_some_and(|kept| !is_nothing(&kept.token)) {
            return;
        }
        if let Err(error) = self.parts.client.revoke_token(token, what).await {
            let key = &self.key;
            tracing::warn!(%error, ?key, "a token that a logout overtook was not revoked");
        }
    }

    /// The stored token if it need not be renewed; it is then the one that is handed out.
    fn good(&self, kept: &Kept) -> Option<Arc<Held>> {
        let now = self.parts.clock.now();
        let is_good = |kept: &&Arc<Held>| kept.is_fresh(now) && self.is_usable(kept);
        kept.as_ref().filter(is_good).map(|kept| self.hold(Arc::clone(kept)))
    }

    /// Whether it serves if there is no better one.
    fn is_usable(&self, held: &Held) -> bool {
        held.is_usable(self.parts.clock.now())
            && !held.is(self.refused.as_ref())
            && self.parts.renewal.suits(&*self.parts.client, &held.token)
    }

    /// Hands it out from now on, unless a login or a logout came in between.
    fn hold(&self, held: Arc<Held>) -> Arc<Held> {
        let mut memory = self.memory();
        if memory.epoch == self.epoch {
            memory.trouble = memory.trouble.take().filter(|it| it.version == Some(held.version));
            self.held.store(Some(Arc::clone(&held)));
        }
        held
    }

    /// Why the last renewal of this very token failed, as long as that counts.
    fn remembered(&self, version: Option<Version>) -> Option<Error> {
        let now = self.parts.clock.now();
        let memory = self.memory();
        let trouble = memory.trouble.as_ref().filter(|it| it.counts(version, now))?;
        Some(trouble.error.clone())
    }

    fn remember(&self, version: Option<Version>, error: &Error) {
        let now = self.parts.clock.now();
        let mut memory = self.memory();
        if memory.trouble.as_ref().is_some_and(|it| it.counts(version, now)) {
            return;
        }
        // Until there is another token.
        let is_final = version.is_some() && self.parts.renewal.is_final(error);
        let wait = error.retry_after().unwrap_or(AFTER_FAILURE).min(LONGEST_REST);
        // Never for good because a clock is at its end.
        let until = if is_final { None } else { Some(now.checked_add(wait).unwrap_or(now)) };
        memory.trouble = Some(Trouble { version, error: error.clone(), until });
    }

    async fn release(&self, lease: Lease, is_in_doubt: bool) {
        release(self, lease, is_in_doubt).await;
    }
}

/// The provider said no, and to the request itself: a 5xx may come from a proxy that gave up.
fn made_no_token(error: &Error) -> bool {
    let is_broken = error.status().is_some_and(|status| status.is_server_error());
    (error.oauth().is_some() && !is_broken) || error.status() == Some(StatusCode::TOO_MANY_REQUESTS)
}

/// It was refused on this side, or there was no connection to send it over. A client that is not
/// hallpass's own may say so by kind and reason alone.
fn was_never_sent(error: &Error) -> bool {
    let is_ours =
        matches!(error.kind(), ErrorKind::Config | ErrorKind::Unsupported | ErrorKind::Denied);
    error.is_unsent() || error.reason() == Some("connect") || (is_ours && error.status().is_none())
}

/// A lease that cannot be given back now is given back later, or ends by itself.
pub(crate) async fn release(live: &Live, lease: Lease, is_in_doubt: bool) {
    let (holder, was_interrupted) = (lease.holder(), lease.was_interrupted());
    let Err(error) = live.parts.store.release(lease, is_in_doubt).await else { return };
    tracing::warn!(%error, key = ?live.key, "a lease was not released: it is tried again");
    let (store, key) = (Arc::clone(&live.parts.store), live.key.clone());
    live.parts.owed.give_back_later(live.parts.lease, move || {
        let (store, lease) = (Arc::clone(&store), Lease::new(key.clone(), holder, was_interrupted));
        async move { store.release(lease, is_in_doubt).await }
    });
}

/// Writes, if what is kept is of the version `expected`. A write whose answer got lost, now or
/// earlier, counts if the store has this very text.
pub(crate) async fn swap(
    live: &Live,
    expected: Option<Version>,
    text: &Secret,
) -> Result<Option<Version>> {
    let store = &live.parts.store;
    let written = store.compare_and_swap(&live.key, expected, text).await;
    if let Ok(Some(version)) = written {
        return Ok(Some(version));
    }
    match (written, store.load(&live.key).await) {
        (_, Ok(Some(kept))) if kept.token.matches(text.expose()) => Ok(Some(kept.version)),
        (Ok(_), Ok(_)) => Ok(None),
        (Err(error), _) | (Ok(_), Err(error)) => Err(error),
    }
}

async fn load(live: &Live) -> Result<Kept> {
    let Some(Entry { token, version }) = live.parts.store.load(&live.key).await? else {
        return Ok(None);
    };
    let held = live.held.load_full().filter(|held| held.version == version);
    match held {
        Some(held) => Ok(Some(held)),
        None => Ok(Some(Arc::new(Held::new(OAuth2Token::from_storage(&token)?, version)))),
    }
}

fn signed_out() -> Error {
    Error::denied("the user was signed out meanwhile").with_reason("signed_out")
}
