use std::fmt;

use async_trait::async_trait;
use hallpass_core::{BaseOAuth2, Error, ErrorKind, OAuth2Token, Result};

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

    /// Whether another try with the same `old` is of no use. Otherwise it is made after a second,
    /// or when the provider says: the default.
    fn is_final(&self, _error: &Error) -> bool {
        false
    }
}

/// By the old one's refresh token ([RFC 6749, section
/// 6](https://www.rfc-editor.org/rfc/rfc6749#section-6)): the default.
#[derive(Debug, Clone, Copy, Default)]
pub struct RefreshToken;

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
        client.refresh_token(old).await.map_err(|error| match error.kind() {
            ErrorKind::Unsupported => {
                Error::denied("the provider issues no refresh tokens: sign in again")
                    .with_reason("no_refresh_token")
                    .with_source(error)
            }
            _ => error,
        })
    }

    /// What the provider said of this refresh token, it will say again.
    fn is_final(&self, error: &Error) -> bool {
        let is_said = error.oauth().is_some() || error.reason() == Some("no_refresh_token");
        error.kind() == ErrorKind::Denied && is_said
    }
}
