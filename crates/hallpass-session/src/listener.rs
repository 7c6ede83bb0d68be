use std::fmt;

use async_trait::async_trait;
use hallpass_core::OAuth2Token;

use crate::TokenKey;

/// Told of each new token: for an audit, a cache elsewhere, a copy in one's own table.
#[async_trait]
pub trait TokenListener: fmt::Debug + Send + Sync {
    /// Once the new token is stored: who waits for a renewal or a login waits for this too. After a
    /// renewal nobody in this process has the token before; after a login others may. It must not
    /// ask the same session for its token, nor sign in or out, which wait for this.
    async fn on_token(&self, event: TokenEvent<'_>);
}

/// A token that took the place of another, or of none. `Debug` shows no value of theirs.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TokenEvent<'a> {
    /// Whose.
    pub key: &'a TokenKey,
    /// What was there before.
    pub old: Option<&'a OAuth2Token>,
    /// What is there now.
    pub new: &'a OAuth2Token,
    /// Why.
    pub reason: TokenReason,
}

/// Why there is a new token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenReason {
    /// The old one was about to end, or had ended; or there was none to begin with.
    Expiring,
    /// The API refused the old one before its end.
    Refused,
    /// The user signed in.
    SignedIn,
}
