use std::{fmt, time::Duration};

use async_trait::async_trait;

use crate::{Backchannel, Result, Secret, VerifiedClaims};

/// Turns the provider's JWTs into claims, and caches its keys. Core compares nonce, `auth_time` and
/// subject once more, on the claims that it gives.
#[async_trait]
pub trait IdTokenVerifier: fmt::Debug + Send + Sync {
    /// Verifies signature, issuer, audience, times and everything in `expected`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](crate::ErrorKind): log it and stop.
    /// [`ErrorKind::Transport`](crate::ErrorKind): the keys were not to be had.
    async fn verify(
        &self,
        jwt: &Secret,
        expected: Expected<'_>,
        net: Backchannel<'_>,
    ) -> Result<VerifiedClaims>;
}

/// What a JWT must say. Core makes it from the pending authorization; a provider cannot.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Expected<'a> {
    /// What sort of JWT it must be.
    pub kind: JwtKind,
    /// The audience.
    pub client_id: &'a str,
    /// The nonce of this login; `None` where none was sent, or the provider never repeats it.
    pub nonce: Option<&'a Secret>,
    /// How long ago the user may have signed in.
    pub max_age: Option<Duration>,
    /// What `at_hash` is about.
    pub access_token: Option<&'a Secret>,
    /// What `c_hash` is about.
    pub code: Option<&'a Secret>,
    /// On a refresh, the claims that must continue
    /// ([OpenID Connect Core, section
    /// 12.2](https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse)).
    pub original: Option<&'a VerifiedClaims>,
}

impl<'a> Expected<'a> {
    pub(crate) fn new(kind: JwtKind, client_id: &'a str) -> Self {
        Self {
            kind,
            client_id,
            nonce: None,
            max_age: None,
            access_token: None,
            code: None,
            original: None,
        }
    }
}

/// What a JWT of the provider is for: one sort never passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JwtKind {
    /// JARM: the callback as a JWT.
    AuthorizationResponse,
    /// The ID token.
    IdToken,
    /// A signed introspection answer.
    Introspection,
    /// A back-channel logout token.
    LogoutToken,
    /// Signed userinfo.
    Userinfo,
}
