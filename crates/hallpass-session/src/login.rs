//! Logins and logouts, one at a time for each key in a process. A renewal that is under way is
//! overtaken by them.

use std::sync::Arc;

use hallpass_core::{Error, ErrorKind, OAuth2Token, Result, Revoke};

use crate::{
    Entry, TokenReason,
    live::{Held, Live},
    renew::{release, swap},
};

/// Stores the token of a login over whatever is there.
pub(crate) async fn sign_in(live: &Arc<Live>, token: OAuth2Token) -> Result<()> {
    let _turn = live.turn.lock().await;
    let text = token.expose_for_storage();
    loop {
        let kept = match live.parts.store.load(&live.key).await {
            Err(error) if is_unreadable(&error) => {
                delete_unreadable(live, &error).await?;
                continue;
            }
            kept => kept?,
        };
        let expected = kept.as_ref().map(|kept| kept.version);
        let Some(version) = swap(live, expected, &text).await? else { continue };
        live.memory().revoke = None;
        let held = Arc::new(Held::new(token, version));
        begin_epoch(live, Some(Arc::clone(&held))).await;
        let old = kept.as_ref().and_then(readable);
        live.announce(old.as_ref(), &held.token, TokenReason::SignedIn).await;
        return Ok(());
    }
}

/// What a logout found to revoke.
pub(crate) enum Found {
    Nothing,
    Token(Box<OAuth2Token>),
    /// Something that cannot be read, and why.
    Unreadable(Error),
}

/// Forgets the token, and gives back the newest that was known. That of a renewal which is under
/// way comes later: it has that revoked itself.
pub(crate) async fn sign_out(live: &Arc<Live>, revoke: Option<Revoke>) -> Result<Found> {
    let _turn = live.turn.lock().await;
    // What is about to be deleted is not handed out either.
    live.held.store(None);
    // Before the renewal can find the store empty.
    {
        let mut memory = live.memory();
        memory.revoke = revoke.map(|what| (memory.epoch, what));
    }
    let found = match remove(live).await {
        Ok(found) => found,
        Err(error) => {
            live.memory().revoke = None;
            return Err(error);
        }
    };
    let unsaved = begin_epoch(live, None).await;
    Ok(unsaved.map_or(found, |token| Found::Token(Box::new(token))))
}

/// Whatever is in the store. What another process stores meanwhile is removed too, and found.
async fn remove(live: &Live) -> Result<Found> {
    // Of no use to anybody: it takes the place of the token that it was compared with.
    let nothing = OAuth2Token::from_access_token("").expose_for_storage();
    loop {
        let kept = match live.parts.store.load(&live.key).await {
            Ok(Some(kept)) => kept,
            Ok(None) => return Ok(Found::Nothing),
            Err(error) if is_unreadable(&error) => {
                delete_unreadable(live, &error).await?;
                return Ok(Found::Unreadable(error));
            }
            Err(error) => return Err(error),
        };
        if swap(live, Some(kept.version), &nothing).await?.is_some() {
            live.parts.store.delete(&live.key).await?;
            return Ok(match OAuth2Token::from_storage(&kept.token) {
                Err(error) => Found::Unreadable(error),
                Ok(token) if is_nothing(&token) => Found::Nothing,
                Ok(token) => Found::Token(Box::new(token)),
            });
        }
    }
}

/// What stands in a token's place while it is being removed.
pub(crate) fn is_nothing(token: &OAuth2Token) -> bool {
    token.access_token().is_empty() && token.refresh_token().is_none()
}

/// What is handed out from now on. Gives back the token that no store ever took.
async fn begin_epoch(live: &Arc<Live>, held: Option<Arc<Held>>) -> Option<OAuth2Token> {
    let unsaved = live.begin_epoch(held)?;
    // It is of no matter any more, and neither is whether it was lost.
    release(live, unsaved.lease, false).await;
    Some(unsaved.token)
}

/// The store has something that is not what was written there: of a lost key, or tampered with.
fn is_unreadable(error: &Error) -> bool {
    error.kind() == ErrorKind::Security
}

/// Nobody can use it, and it would keep the user from signing in for ever.
async fn delete_unreadable(live: &Live, error: &Error) -> Result<()> {
    tracing::warn!(%error, key = ?live.key, "a stored token cannot be read, and is replaced");
    live.parts.store.delete(&live.key).await
}

/// An entry that cannot be read keeps nobody from signing in or out.
fn readable(kept: &Entry) -> Option<OAuth2Token> {
    OAuth2Token::from_storage(&kept.token).ok()
}
