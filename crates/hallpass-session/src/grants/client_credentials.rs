use async_trait::async_trait;
use hallpass_core::{BaseOAuth2, Grant, OAuth2Token, Result, Secret};

use super::{Text, Wish, bears, marked};
use crate::Renewal;

/// A token of the application itself, for an API that it calls in its own name ([RFC 6749, section
/// 4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4)). The client must have a secret or a
/// key.
///
/// As the [`Renewal`] of a [`TokenManager`](crate::TokenManager), under the key of no user, it is
/// asked for once by all who need it, and again before its end. Another set of scopes or parameters
/// is another token, and wants a key of its own (`session("reports")`): one that the store has for
/// other words is not handed out, but replaced. So is a user's, if one is kept under that key.
///
/// ```
/// # use std::sync::Arc;
/// # use hallpass_core::{BaseOAuth2, Result};
/// use hallpass_session::{ClientCredentials, MemoryStore, Session, TokenManager};
///
/// # fn service(client: Arc<dyn BaseOAuth2>) -> Session {
/// TokenManager::new(client, Arc::new(MemoryStore::new()))
///     .with_renewal(Arc::new(ClientCredentials::new().with_scopes(["reports"])))
///     .session("")
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct ClientCredentials {
    wish: Wish,
}

impl ClientCredentials {
    /// Without scopes: the server then gives what it has for this client.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What to ask for. Those of the configuration are for users, and not asked for here.
    #[must_use]
    pub fn with_scopes<S: Into<Text>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.wish.scopes(scopes);
        self
    }

    /// One more parameter: `audience` at Auth0, `resource` by [RFC
    /// 8707](https://www.rfc-editor.org/rfc/rfc8707). One that hallpass sets itself is refused when
    /// the token is asked for.
    #[must_use]
    pub fn with_param(mut self, name: impl Into<Text>, value: impl Into<Secret>) -> Self {
        self.wish.param(name, value);
        self
    }

    fn mark(&self, client: &dyn BaseOAuth2) -> String {
        self.wish.mark(&["client_credentials"], client)
    }

    /// Asks for a token.
    ///
    /// # Errors
    ///
    /// As [`request_token`](BaseOAuth2::request_token); `unauthorized_client` and `invalid_scope`
    /// are [`ErrorKind::Config`](hallpass_core::ErrorKind): fix the registration.
    pub async fn request(&self, client: &dyn BaseOAuth2) -> Result<OAuth2Token> {
        client.request_token(self.wish.add_to(Grant::new("client_credentials"), client)).await
    }
}

#[async_trait]
impl Renewal for ClientCredentials {
    async fn renew(
        &self,
        client: &dyn BaseOAuth2,
        _old: Option<&OAuth2Token>,
    ) -> Result<OAuth2Token> {
        Ok(marked(self.request(client).await?, self.mark(client)))
    }

    /// One that was asked for in the same words.
    fn suits(&self, client: &dyn BaseOAuth2, kept: &OAuth2Token) -> bool {
        bears(kept, &self.mark(client))
    }
}
