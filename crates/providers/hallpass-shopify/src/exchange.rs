//! Tokens for tokens: [RFC 8693](https://www.rfc-editor.org/rfc/rfc8693), as Shopify has it.

use hallpass_core::{Grant, OAuth2Token, Secret};

use crate::Shopify;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const OFFLINE: &str = "urn:shopify:params:oauth:token-type:offline-access-token";
const ONLINE: &str = "urn:shopify:params:oauth:token-type:online-access-token";

/// Whose token it is ([Access
/// modes](https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccessMode {
    /// The shop's: it works while nobody is there.
    Offline,
    /// The user's, with the user's permissions.
    Online,
}

impl Shopify {
    /// The grant of an embedded app: a token for the session token that App Bridge has
    /// ([Token
    /// exchange](https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/token-exchange)). [`OAuth2Client::request_token`](hallpass_core::OAuth2Client::request_token) sends it to this
    /// shop, and the shop verifies the session token: it lives for a minute, and is refused
    /// (`invalid_subject_token`) by any other shop, and for any other app.
    #[must_use]
    pub fn session_token(
        &self,
        session_token: impl Into<Secret>,
        mode: AccessMode,
    ) -> Grant<'static> {
        let grant = Grant::new(EXCHANGE)
            .param("subject_token", session_token)
            .param("subject_token_type", ID_TOKEN);
        match mode {
            AccessMode::Offline => {
                grant.param("requested_token_type", OFFLINE).param("expiring", self.expiring())
            }
            AccessMode::Online => grant.param("requested_token_type", ONLINE),
        }
    }

    /// The grant that makes an expiring offline token of one that does not expire
    /// ([Migrate](https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/migrate-to-expiring-offline-access-tokens)).
    /// The old token ends with it, and there is no way back.
    #[must_use]
    pub fn migrate(token: &OAuth2Token) -> Grant<'static> {
        Grant::new(EXCHANGE)
            .param("subject_token", token.access_token().clone())
            .param("subject_token_type", OFFLINE)
            .param("requested_token_type", OFFLINE)
            .param("expiring", "1")
    }
}
