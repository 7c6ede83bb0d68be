//! Logins and logouts, one at a time for each key in a process. A renewal that is under way is
//! overtaken by them.

use std::sync::Arc;

use hallpass_core::{OAuth2Token, Result};

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
        let kept = live.parts.store.load(&live.key).await?;
        let expected = kept.as_ref().map(|kept| kept.version);
        let Some(version) = swap(live, expected, &text).await? else { continue };
        let held = Arc::new(Held::new(token, version));
        begin_epoch(live, Some(Arc::clone(&held))).await;
        let old = kept.as_ref().and_then(readable);
        live.announce(old.as_ref(), &held.token, TokenReason::SignedIn).await;
        return Ok(());
    }
}

/// Forgets the token, and gives back the newest that was known.
pub(crate) async fn sign_out(live: &Arc<Live>) -> Result<Option<OAuth2Token>> {
    let _turn = live.turn.lock().await;
    // What is about to be deleted is not handed out either.
    live.held.store(None);
    let kept = live.parts.store.load(&live.key).await?;
    live.parts.store.delete(&live.key).await?;
    let unsaved = begin_epoch(live, None).await;
    Ok(unsaved.or_else(|| kept.as_ref().and_then(readable)))
}

/// What is handed out from now on. Gives back the token that no store ever took.
async fn begin_epoch(live: &Arc<Live>, held: Option<Arc<Held>>) -> Option<OAuth2Token> {
    let unsaved = live.begin_epoch(held)?;
    // It is of no matter any more, and neither is whether it was lost.
    release(live, unsaved.lease, false).await;
    Some(unsaved.token)
}

/// An entry that cannot be read keeps nobody from signing in or out.
fn readable(kept: &Entry) -> Option<OAuth2Token> {
    OAuth2Token::from_storage(&kept.token).ok()
}
