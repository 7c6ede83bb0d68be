use std::{borrow::Cow, fmt};

use async_trait::async_trait;
use hallpass_core::{BaseOAuth2, Error, ErrorKind, Grant, OAuth2Token, Result};

/// The way to a new token.
#[async_trait]
pub trait Renewal: fmt::Debug + Send + Sync {
    /// Asks for one. `old` is what the store has, if anything.
    ///
    /// # Errors
    ///
    /// As [`request_token`](BaseOAuth2::request_token).
    async fn renew(
        &self,
        client: &dyn BaseOAuth2,
        old: Option<&OAuth2Token>,
    ) -> Result<OAuth2Token>;

    /// Whether asking uses `old` up, as a provider that rotates refresh tokens does: whoever was
    /// interrupted may then have lost the new one (reason `refresh_interrupted`). Default: no.
    fn spends_old(&self) -> bool {
        false
    }

    /// Whether a token in the store is of the sort that this asks for; any other is renewed before
    /// its end. Default: yes.
    fn suits(&self, _client: &dyn BaseOAuth2, _kept: &OAuth2Token) -> bool {
        true
    }

    /// Whether another try with the same `old` is of no use. Otherwise it is made after a second,
    /// or when the provider says: the default.
    fn is_final(&self, _error: &Error) -> bool {
        false
    }
}

/// By the old one's refresh token ([RFC 6749, section
/// 6](https://www.rfc-editor.org/rfc/rfc6749#section-6)): the default.
#[derive(Debug, Clone, Default)]
pub struct RefreshToken {
    scopes: Vec<Cow<'static, str>>,
}

impl RefreshToken {
    /// With all that was granted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With less than was granted: a token that may do no more than it is needed for. That of the
    /// login itself, until its end, may do all that was granted; the refresh token keeps all of it.
    /// An empty list asks for everything.
    #[must_use]
    pub fn with_scopes<S: Into<Cow<'static, str>>>(
        mut self,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    async fn refreshed(&self, client: &dyn BaseOAuth2, old: &OAuth2Token) -> Result<OAuth2Token> {
        if self.scopes.is_empty() {
            return client.refresh_token(old).await;
        }
        let separator = client.descriptor().scope_separator().to_string();
        client.request_token(Grant::refresh(old).param("scope", self.scopes.join(&separator))).await
    }
}

#[async_trait]
impl Renewal for RefreshToken {
    async fn renew(
        &self,
        client: &dyn BaseOAuth2,
        old: Option<&OAuth2Token>,
    ) -> Result<OAuth2Token> {
        let Some(old) = old else {
            let message = "the store has no token of this user: sign in";
            return Err(Error::denied(message).with_reason("signed_out"));
        };
        self.refreshed(client, old).await.map_err(|error| match error.kind() {
            ErrorKind::Unsupported => {
                Error::denied("the provider issues no refresh tokens: sign in again")
                    .with_reason("no_refresh_token")
                    .with_source(error)
            }
            _ => error,
        })
    }

    fn spends_old(&self) -> bool {
        true
    }

    /// What the provider said of this refresh token, it will say again.
    fn is_final(&self, error: &Error) -> bool {
        let has_none = error.reason() == Some("no_refresh_token");
        let is_said = error.oauth().is_some();
        error.kind() == ErrorKind::Denied && (is_said || has_none) && !error.is_unsent()
    }
}
