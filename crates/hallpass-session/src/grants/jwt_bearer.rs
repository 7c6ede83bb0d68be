use std::{sync::Arc, time::SystemTime};

use async_trait::async_trait;
use hallpass_core::{
    BaseOAuth2, ClientAssertion, Clock, Grant, OAuth2Token, Result, Secret, SystemClock,
};

use super::{Text, Wish, bears, marked};
use crate::Renewal;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A token for a JWT that the application signs itself ([RFC 7523, section
/// 2.1](https://www.rfc-editor.org/rfc/rfc7523#section-2.1)): in its own name, or, where the
/// server lets it, in that of the JWT's subject. As a [`Renewal`], a JWT is signed for each token;
/// whom it speaks for is to be in the key of the session, as with
/// [`ClientCredentials`](crate::ClientCredentials).
///
/// The key is whatever signs: `hallpass_openid::JwtSigner` from a PEM, or a
/// [`ClientAssertion`] of one's own over a KMS. A stored token serves as long as the key
/// [`speaks_for`](ClientAssertion::speaks_for) the same: one of one's own says there which subject
/// and scopes are in its JWT.
#[derive(Debug, Clone)]
pub struct JwtBearer {
    key: Arc<dyn ClientAssertion>,
    audience: Option<String>,
    is_client_named: bool,
    clock: Arc<dyn Clock>,
    wish: Wish,
}

impl JwtBearer {
    /// Signs with this key.
    #[must_use]
    pub fn new(key: Arc<dyn ClientAssertion>) -> Self {
        let clock = Arc::new(SystemClock);
        Self { key, audience: None, is_client_named: true, clock, wish: Wish::default() }
    }

    /// Whom the JWT is for. Default: the issuer, where it is known, else the token endpoint.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// What to ask for, as a parameter of the request. Some servers read it in the JWT instead.
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

    /// Leaves out the client, its id too: the JWT says enough ([RFC 7523, section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc7523#section-3.1)).
    #[must_use]
    pub fn without_client(mut self) -> Self {
        self.is_client_named = false;
        self
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn mark(&self, client: &dyn BaseOAuth2) -> String {
        let audience = self.audience.as_deref().unwrap_or_default();
        self.wish.mark(&[GRANT_TYPE, audience, &self.key.speaks_for()], client)
    }

    /// Signs a JWT and asks for a token.
    ///
    /// # Errors
    ///
    /// As [`request_token`](BaseOAuth2::request_token), and those of the key.
    pub async fn request(&self, client: &dyn BaseOAuth2) -> Result<OAuth2Token> {
        let now: SystemTime = self.clock.now();
        let jwt = match &self.audience {
            Some(audience) => self.key.sign(client.client_id(), audience, now).await?,
            None => {
                let endpoints = client.endpoints().await?;
                let audience = endpoints.issuer().unwrap_or(endpoints.token().as_str());
                self.key.sign(client.client_id(), audience, now).await?
            }
        };
        let grant = Grant::new(GRANT_TYPE).param("assertion", jwt);
        let grant = if self.is_client_named { grant } else { grant.without_client() };
        client.request_token(self.wish.add_to(grant, client)).await
    }
}

#[async_trait]
impl Renewal for JwtBearer {
    async fn renew(
        &self,
        client: &dyn BaseOAuth2,
        _old: Option<&OAuth2Token>,
    ) -> Result<OAuth2Token> {
        Ok(marked(self.request(client).await?, self.mark(client)))
    }

    /// One that was asked for in the same words, by a JWT that said the same
    /// ([`speaks_for`](ClientAssertion::speaks_for)), whatever key signed.
    fn suits(&self, client: &dyn BaseOAuth2, kept: &OAuth2Token) -> bool {
        bears(kept, &self.mark(client))
    }
}
