//! How a session ends: by its user, by its age, by the provider's word.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use hallpass_core::OAuth2Token;
use hallpass_web::Identity;
use tokio::task::JoinHandle;
use tower_sessions::{
    Session,
    session::{Error, Id},
    session_store,
};

use self::once::Tellers;
use crate::{
    SessionEnd, SignIn,
    guard::{self, Began},
    sign_in::Parts,
    tokens,
};

mod once;

/// How long a session lasts at most, however often it is used.
const LONGEST: Duration = Duration::from_secs(90 * 24 * 3600);

/// More than the clocks of two processes differ by.
const FUTURE: Duration = Duration::from_secs(24 * 3600);

/// What the application chose.
#[derive(Clone)]
pub(crate) struct Ending {
    pub(crate) longest: Duration,
    pub(crate) revokes: bool,
    pub(crate) tellers: Tellers,
    #[cfg(feature = "openid")]
    pub(crate) leads_to_provider: bool,
    #[cfg(feature = "openid")]
    pub(crate) backchannel: Option<hallpass_openid::BackchannelLogout>,
}

impl Default for Ending {
    fn default() -> Self {
        Self {
            longest: LONGEST,
            revokes: false,
            tellers: Tellers::default(),
            #[cfg(feature = "openid")]
            leads_to_provider: false,
            #[cfg(feature = "openid")]
            backchannel: None,
        }
    }
}

impl Ending {
    /// Whether the token is of use once the session is over.
    fn wants_token(&self) -> bool {
        #[cfg(feature = "openid")]
        if self.leads_to_provider {
            return true;
        }
        self.revokes
    }
}

/// How sessions end.
impl SignIn {
    /// How long a session lasts at most, however often it is used: 90 days unless set.
    #[must_use]
    pub fn longest_session(mut self, length: Duration) -> Self {
        Arc::make_mut(&mut self.parts).ending.longest = length;
        self
    }

    /// At a logout, the user's token is taken out of the store of [`tokens`](Self::tokens) and
    /// revoked at the provider: the refresh token if there is one and the provider ends such, else
    /// the access token. Not all that the user ever allowed, so that the next login asks nothing
    /// anew.
    ///
    /// The token is the user's, not the browser's: in another browser they stay signed in, and
    /// calls to the provider's API fail there ([`ErrorKind::Denied`](hallpass_core::ErrorKind),
    /// reason `signed_out`) until they sign in again. A session that ends in another way
    /// ([`SessionEnd`]) takes along the token of its own login alone.
    ///
    /// Nobody stays signed in because a provider is down or revokes nothing: the session is over
    /// before it is asked, the answer waits for it 3 s at most, and what fails is logged.
    #[must_use]
    pub fn revoke_on_logout(mut self) -> Self {
        Arc::make_mut(&mut self.parts).ending.revokes = true;
        self
    }
}

/// On the answer to a logout: the session's cookie goes, too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignedOut;

/// What is left of a session that is over.
#[derive(Default)]
pub(crate) struct Ended {
    /// What was kept of its user, if that is of use.
    pub(crate) token: Option<OAuth2Token>,
    /// On its way to the provider.
    pub(crate) revocation: Option<JoinHandle<()>>,
}

/// Ends a session that is older than any may be, of which the provider said that it is over, or
/// which nobody can read: whoever has its cookie would get no page for as long as it is there, that
/// to sign in included.
pub(crate) async fn end_what_is_over(parts: &Arc<Parts>, session: &Session) -> Result<(), Error> {
    let identity = match guard::identity(session).await {
        Ok(Some(identity)) => identity,
        Ok(None) => return Ok(()),
        Err(Error::SerdeJson(error)) => {
            // Nobody knows of whom to tell the application.
            tracing::warn!(%error, "a session is over: nobody can read whose it is");
            return session.flush().await;
        }
        Err(error) => return Err(error),
    };
    if let Some(why) = is_over(parts, session, &identity).await? {
        let provider = &identity.provider;
        tracing::info!(provider, ?why, "a session is over");
        end(parts, session, &identity, why).await?;
    }
    Ok(())
}

async fn is_over(
    parts: &Parts,
    session: &Session,
    identity: &Identity,
) -> Result<Option<SessionEnd>, Error> {
    let began = match guard::began(session).await {
        Ok(Some(began)) => began,
        // Nobody knows how old it is.
        Ok(None) => return Ok(Some(SessionEnd::TooOld)),
        Err(Error::SerdeJson(_)) => return Ok(Some(SessionEnd::Unreadable)),
        Err(error) => return Err(error),
    };
    if guard::known_csrf(session).await?.is_none() {
        return Ok(Some(SessionEnd::Unreadable));
    }
    if is_too_old(&began, parts.clock.now(), parts.ending.longest) {
        return Ok(Some(SessionEnd::TooOld));
    }
    #[cfg(feature = "openid")]
    if crate::backchannel::is_over(parts, identity, &began).await? {
        return Ok(Some(SessionEnd::ToldByProvider));
    }
    let _ = identity;
    Ok(None)
}

/// Ends a session that is another's, for who signs in next.
pub(crate) async fn make_way(
    parts: &Arc<Parts>,
    session: &Session,
    next: &Identity,
) -> Result<(), Error> {
    match guard::identity(session).await? {
        Some(before) if before.key() != next.key() => {
            end(parts, session, &before, SessionEnd::Replaced).await.map(drop)
        }
        _ => Ok(()),
    }
}

/// Whoever was signed in is nobody after a login that was refused, and what it wrote goes.
pub(crate) async fn refuse(parts: &Arc<Parts>, session: &Session) -> Result<(), Error> {
    match guard::identity(session).await? {
        Some(before) => end(parts, session, &before, SessionEnd::LoginRefused).await.map(drop),
        None => session.flush().await,
    }
}

fn is_too_old(began: &Began, now: SystemTime, longest: Duration) -> bool {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    // Of a clock that went wrong: it would live longer than any may, by as much as that is ahead.
    let is_of_the_future = began.at.saturating_sub(now) > FUTURE.as_secs();
    is_of_the_future || now.saturating_sub(began.at) >= longest.as_secs()
}

/// Ends a session, whoever still waits for it, and first of all: what fails afterwards keeps nobody
/// signed in.
pub(crate) async fn end(
    parts: &Arc<Parts>,
    session: &Session,
    identity: &Identity,
    why: SessionEnd,
) -> Result<Ended, Error> {
    // In a task of its own: a browser that goes away leaves no half of a logout.
    let task = whole(Arc::clone(parts), session.clone(), identity.clone(), why);
    let ended = tokio::spawn(task).await;
    ended.unwrap_or_else(|_| {
        let message = "a logout ended without a result".to_owned();
        Err(session_store::Error::Backend(message).into())
    })
}

async fn whole(
    parts: Arc<Parts>,
    session: Session,
    identity: Identity,
    why: SessionEnd,
) -> Result<Ended, Error> {
    let id = session.id();
    let is_there = is_there(&parts, id).await?;
    let is_ours = match id.filter(|_| is_there) {
        Some(id) => take(&parts, id).await?,
        None => is_there,
    };
    if let Err(error) = session.flush().await {
        or_gone(&parts, id, error).await?;
    }
    if !is_ours || !is_first(&parts, id).await {
        // Somebody pressed twice, or two ends met: the first one tells everybody.
        return Ok(Ended::default());
    }
    parts.hooks.on_logout(&identity, why).await;
    if !parts.ending.wants_token() {
        return Ok(Ended::default());
    }
    let token = parts.kept_token(&identity).await;
    let is_its_own = || {
        let of_session = |token| tokens::is_of_session(token, &identity);
        identity.provider_session.is_some() && token.as_ref().is_some_and(of_session)
    };
    let revocation =
        (parts.ending.revokes && (why == SessionEnd::SignedOut || is_its_own())).then(|| {
            let (token, parts) = (token.clone(), Arc::clone(&parts));
            tokio::spawn(async move { parts.revoke_token(&identity, token.as_ref()).await })
        });
    Ok(Ended { token, revocation })
}

/// Whether a session that is there is ours to end.
async fn take(parts: &Parts, id: Id) -> Result<bool, Error> {
    let Some(store) = &parts.store else { return Ok(true) };
    match parts.ending.tellers.take(&**store, id, parts.clock.now()).await {
        Ok(is_ours) => Ok(is_ours),
        // As far as anybody knows: it is told once all the same, as long as marks can be left.
        Err(error) => or_gone(parts, Some(id), error.into()).await.map(|()| true),
    }
}

/// An error of a store that was to delete a session, unless it has: what is gone is over, nobody
/// finds it to end it once more, and so this is the only one to tell of it.
async fn or_gone(parts: &Parts, id: Option<Id>, error: Error) -> Result<(), Error> {
    if is_there(parts, id).await.unwrap_or(true) {
        return Err(error);
    }
    tracing::warn!(%error, "a session is over, and its store did not say so");
    Ok(())
}

/// Whether the store still has it.
async fn is_there(parts: &Parts, id: Option<Id>) -> Result<bool, Error> {
    match (id, &parts.store) {
        (Some(id), Some(store)) => Ok(store.load(&id).await?.is_some()),
        _ => Ok(true),
    }
}

/// Whether nobody else tells of the end of this session.
async fn is_first(parts: &Parts, id: Option<Id>) -> bool {
    let (Some(id), Some(store)) = (id, &parts.store) else { return true };
    let first = parts.ending.tellers.is_first(&**store, id, parts.clock.now()).await;
    first.unwrap_or_else(|error| {
        // Twice is better than not at all.
        tracing::warn!(%error, "nobody knows whether the end of a session was told");
        true
    })
}
