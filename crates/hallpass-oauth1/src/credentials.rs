use std::sync::Arc;

use hallpass_core::{Error, Json, OAuth2Token, Result, Secret};

#[cfg(feature = "rsa")]
use crate::RsaKey;
use crate::SignatureMethod;

/// The type of a token that signs and is never sent as a bearer's.
pub(crate) const TOKEN_TYPE: &str = "OAuth1";
/// Where an [`OAuth2Token`] keeps the secret.
const TOKEN_SECRET: &str = "oauth_token_secret";

/// Who the application is: its key (the consumer key, an id and no secret), and what it signs with
/// ([RFC 5849, section 1.1](https://www.rfc-editor.org/rfc/rfc5849#section-1.1)).
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    pub(crate) consumer_key: Arc<str>,
    pub(crate) key: Key,
}

#[derive(Debug, Clone)]
pub(crate) enum Key {
    #[cfg(feature = "rsa")]
    Rsa(RsaKey),
    Secret(Secret),
}

impl ClientCredentials {
    /// With the secret that is shared with the provider: HMAC and PLAINTEXT.
    #[must_use]
    pub fn new(consumer_key: impl Into<Arc<str>>, consumer_secret: impl Into<Secret>) -> Self {
        Self { consumer_key: consumer_key.into(), key: Key::Secret(consumer_secret.into()) }
    }

    /// With a private key, whose public half the provider has.
    #[cfg(feature = "rsa")]
    #[must_use]
    pub fn rsa(consumer_key: impl Into<Arc<str>>, key: RsaKey) -> Self {
        Self { consumer_key: consumer_key.into(), key: Key::Rsa(key) }
    }

    /// The consumer key.
    #[must_use]
    pub fn consumer_key(&self) -> &str {
        &self.consumer_key
    }

    pub(crate) fn default_method(&self) -> SignatureMethod {
        match &self.key {
            Key::Secret(_) => SignatureMethod::HmacSha1,
            #[cfg(feature = "rsa")]
            Key::Rsa(_) => SignatureMethod::RsaSha1,
        }
    }

    pub(crate) fn secret(&self) -> Option<&Secret> {
        match &self.key {
            Key::Secret(secret) => Some(secret),
            #[cfg(feature = "rsa")]
            Key::Rsa(_) => None,
        }
    }
}

/// A token and its secret: temporary ones, or those that an API is called with. `Debug` shows
/// neither.
#[derive(Debug, Clone)]
pub struct TokenCredentials {
    token: Secret,
    secret: Secret,
}

impl TokenCredentials {
    /// From a token and a secret that the application has, as from a provider's developer page or a
    /// database of its own.
    #[must_use]
    pub fn new(token: impl Into<Secret>, secret: impl Into<Secret>) -> Self {
        Self { token: token.into(), secret: secret.into() }
    }

    /// From the token that
    /// [`OAuth1Client::get_access_token`](crate::OAuth1Client::get_access_token) gave.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): it is the token of another protocol (reason
    /// `no_token_secret`).
    pub fn of(token: &OAuth2Token) -> Result<Self> {
        let secret = token.extra(TOKEN_SECRET).and_then(Json::as_str);
        match secret.filter(|_| token.token_type() == TOKEN_TYPE) {
            Some(secret) => Ok(Self { token: token.access_token().clone(), secret: secret.into() }),
            None => Err(Error::config("the token is none of OAuth 1: it has no secret")
                .with_reason("no_token_secret")),
        }
    }

    /// As what stores, sessions and [`BaseOAuth2`](hallpass_core::BaseOAuth2) take: of the type
    /// `OAuth1`, so that nobody sends it as a bearer token, without an end, and with the secret in
    /// it.
    #[must_use]
    pub fn into_token(self) -> OAuth2Token {
        OAuth2Token::from_access_token(self.token)
            .with_token_type(TOKEN_TYPE)
            .with_extra(TOKEN_SECRET, Json::from(self.secret.expose()))
    }

    /// With what else the server said. No member takes the secret's place.
    pub(crate) fn into_token_with(
        self,
        others: impl IntoIterator<Item = (String, Json)>,
    ) -> OAuth2Token {
        let mut token = self.into_token();
        for (name, value) in others.into_iter().filter(|(name, _)| name != TOKEN_SECRET) {
            token = token.with_extra(name, value);
        }
        token
    }

    /// `oauth_token`.
    #[must_use]
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// `oauth_token_secret`: never sent, but by PLAINTEXT.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_keeps_its_secret_through_storage() {
        let stored = TokenCredentials::new("TOKEN", "S&cret").into_token().expose_for_storage();
        let token = OAuth2Token::from_storage(&stored).unwrap();
        assert_eq!(token.token_type(), "OAuth1");
        let credentials = TokenCredentials::of(&token).unwrap();
        assert!(credentials.token().matches("TOKEN") && credentials.secret().matches("S&cret"));
        assert!(!format!("{token:?}{credentials:?}").contains("cret\""));
    }

    #[test]
    fn a_token_without_an_end_is_never_to_be_renewed() {
        let token = TokenCredentials::new("TOKEN", "SECRET").into_token();
        assert_eq!(token.expires_at(), None);
        assert!(token.refresh_token().is_none());
    }

    #[test]
    fn the_token_of_another_protocol_does_not_sign() {
        let bearer = OAuth2Token::from_access_token("TOKEN");
        let borrowed = bearer.clone().with_extra(TOKEN_SECRET, Json::from("SECRET"));
        for token in [bearer, borrowed] {
            let error = TokenCredentials::of(&token).unwrap_err();
            assert_eq!(error.reason(), Some("no_token_secret"));
        }
    }
}
