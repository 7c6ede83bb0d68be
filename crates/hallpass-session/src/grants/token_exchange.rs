use std::borrow::Cow;

use hallpass_core::{BaseOAuth2, Error, Grant, Json, OAuth2Token, Result, Secret};

use super::{Text, Wish};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// One token for another ([RFC 8693](https://www.rfc-editor.org/rfc/rfc8693)): of another audience,
/// of less scope, of another kind, or in another's name.
///
/// ```
/// # use hallpass_core::{BaseOAuth2, OAuth2Token, Result};
/// use hallpass_session::TokenExchange;
///
/// # async fn downstream(client: &dyn BaseOAuth2, token: &OAuth2Token) -> Result<OAuth2Token> {
/// TokenExchange::of(token)
///     .with_audience("https://orders.internal")
///     .with_scopes(["orders.read"])
///     .request(client)
///     .await
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TokenExchange {
    subject: (Secret, TokenKind),
    actor: Option<(Secret, TokenKind)>,
    requested: Option<TokenKind>,
    wish: Wish,
}

/// What sort of token it is ([RFC 8693, section
/// 3](https://www.rfc-editor.org/rfc/rfc8693#section-3)).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenKind {
    /// An access token of OAuth 2.
    AccessToken,
    /// An ID token.
    IdToken,
    /// Any JWT.
    Jwt,
    /// A refresh token.
    RefreshToken,
    /// A SAML 1.1 assertion, in base64url.
    Saml1,
    /// A SAML 2.0 assertion, in base64url.
    Saml2,
    /// A sort of the server's own, by its whole URI.
    Other(Cow<'static, str>),
}

impl TokenKind {
    /// Its URI: `urn:ietf:params:oauth:token-type:access_token`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::AccessToken => "urn:ietf:params:oauth:token-type:access_token",
            Self::IdToken => "urn:ietf:params:oauth:token-type:id_token",
            Self::Jwt => "urn:ietf:params:oauth:token-type:jwt",
            Self::RefreshToken => "urn:ietf:params:oauth:token-type:refresh_token",
            Self::Saml1 => "urn:ietf:params:oauth:token-type:saml1",
            Self::Saml2 => "urn:ietf:params:oauth:token-type:saml2",
            Self::Other(uri) => uri,
        }
    }
}

impl TokenExchange {
    /// Of an access token.
    #[must_use]
    pub fn of(token: &OAuth2Token) -> Self {
        Self::new(token.access_token().clone(), TokenKind::AccessToken)
    }

    /// Of a token of any sort: whom the new one is about.
    #[must_use]
    pub fn new(subject: impl Into<Secret>, kind: TokenKind) -> Self {
        Self {
            subject: (subject.into(), kind),
            actor: None,
            requested: None,
            wish: Wish::default(),
        }
    }

    /// Who acts in the subject's name ([RFC 8693, section
    /// 1.1](https://www.rfc-editor.org/rfc/rfc8693#section-1.1)).
    #[must_use]
    pub fn with_actor(mut self, actor: impl Into<Secret>, kind: TokenKind) -> Self {
        self.actor = Some((actor.into(), kind));
        self
    }

    /// What sort of token to give. Default: what the server thinks fit.
    #[must_use]
    pub fn with_requested_kind(mut self, kind: TokenKind) -> Self {
        self.requested = Some(kind);
        self
    }

    /// One more service that the new token is for, by the server's name of it.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<Secret>) -> Self {
        self.wish.param("audience", audience);
        self
    }

    /// One more service that the new token is for, by its URI.
    #[must_use]
    pub fn with_resource(mut self, uri: impl Into<Secret>) -> Self {
        self.wish.param("resource", uri);
        self
    }

    /// What the new token is to be good for.
    #[must_use]
    pub fn with_scopes<S: Into<Text>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.wish.scopes(scopes);
        self
    }

    /// One more parameter. One that hallpass sets itself is refused when the token is asked for.
    #[must_use]
    pub fn with_param(mut self, name: impl Into<Text>, value: impl Into<Secret>) -> Self {
        self.wish.param(name, value);
        self
    }

    /// Asks for the new token. Of what sort it is, [`issued_kind`](Self::issued_kind) says; one
    /// that is no access token has the type `N_A`, and no API takes it.
    ///
    /// # Errors
    ///
    /// As [`request_token`](BaseOAuth2::request_token).
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind), reason `issued_token_type`: a token of
    /// another sort than was asked for; [`ErrorKind::Config`](hallpass_core::ErrorKind): there is
    /// nothing to exchange.
    pub async fn request(&self, client: &dyn BaseOAuth2) -> Result<OAuth2Token> {
        let (subject, kind) = &self.subject;
        let actor = self.actor.as_ref().map(|(actor, _)| actor);
        if subject.is_empty() || actor.is_some_and(Secret::is_empty) {
            return Err(Error::config("there is no token to exchange: refresh it first"));
        }
        let mut grant = Grant::new(GRANT_TYPE)
            .param("subject_token", subject.clone())
            .param("subject_token_type", kind.as_str());
        if let Some((actor, kind)) = &self.actor {
            grant =
                grant.param("actor_token", actor.clone()).param("actor_token_type", kind.as_str());
        }
        if let Some(kind) = &self.requested {
            grant = grant.param("requested_token_type", kind.as_str());
        }
        let token = client.request_token(self.wish.add_to(grant, client)).await?;
        match (&self.requested, Self::issued_kind(&token)) {
            // check: 43
            (Some(asked), Some(issued)) if asked.as_str() != issued => {
                let message = "a token of another sort than was asked for";
                Err(Error::malformed(message).with_reason("issued_token_type"))
            }
            _ => Ok(token),
        }
    }

    /// What sort of token the server says it gave: required of it, and left out by some ([RFC 8693,
    /// section 2.2.1](https://www.rfc-editor.org/rfc/rfc8693#section-2.2.1)).
    #[must_use]
    pub fn issued_kind(token: &OAuth2Token) -> Option<&str> {
        token.extra("issued_token_type").and_then(Json::as_str)
    }
}
