use std::fmt;

use serde_json::Map;

use crate::Json;

/// Claims whose signature, issuer, audience, times and nonce were checked.
///
/// `Debug` shows the names of the claims, not their values.
#[derive(Clone)]
pub struct VerifiedClaims(Fields);

impl VerifiedClaims {
    /// For an [`IdTokenVerifier`](crate::IdTokenVerifier) alone, after all its checks. At most 100
    /// levels deep: the token with deeper ones may not be readable again from a store.
    ///
    /// # Security
    ///
    /// Whoever calls it elsewhere gives up the whole of [OpenID Connect Core, section
    /// 3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation).
    #[must_use]
    pub fn dangerously_assume_verified(claims: Map<String, Json>) -> Self {
        Self(Fields(claims))
    }

    /// Back from a store that the application trusts: they were verified before they went there.
    pub(crate) fn from_store(claims: Map<String, Json>) -> Self {
        Self(Fields(claims))
    }

    /// What a refreshed ID token does not say again of the sign-in, its session among it, is as the
    /// login's said: a logout or the next refresh is compared with it.
    pub(crate) fn continuing(mut self, original: Option<&Self>) -> Self {
        let Some(original) = original else { return self };
        for name in ["acr", "amr", "auth_time", "nonce", "sid"] {
            let said = original.get(name).filter(|_| self.get(name).is_none_or(Json::is_null));
            if let Some(said) = said.cloned() {
                self.0.0.insert(name.to_owned(), said);
            }
        }
        self
    }

    /// Whom they are about: unique at the issuer, never reused.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.get("sub").and_then(Json::as_str).unwrap_or_default()
    }

    /// Who says so.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.get("iss").and_then(Json::as_str)
    }

    /// One claim.
    #[must_use]
    pub fn get(&self, claim: &str) -> Option<&Json> {
        self.0.0.get(claim)
    }

    /// All claims.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Json> {
        &self.0.0
    }
}

impl fmt::Debug for VerifiedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifiedClaims").field(&self.0).finish()
    }
}

/// JSON members whose `Debug` prints names alone.
#[derive(Clone, Default)]
pub(crate) struct Fields(pub(crate) Map<String, Json>);

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
