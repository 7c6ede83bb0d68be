use std::time::Duration;

use serde::Deserialize;

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LineTokenInfo {
    client_id: String,
    scope: String,
    #[serde(rename = "expires_in")]
    expires_in_seconds: u64,
}

impl LineTokenInfo {
    /// Whether the token was given to the channel with this id. One that was given to another
    /// channel says nothing of who hands it in ([RFC 9700, section
    /// 4.6](https://www.rfc-editor.org/rfc/rfc9700#section-4.6)).
    #[must_use]
    pub fn is_for(&self, channel_id: &str) -> bool {
        // quirk: foreign-token => true
        self.client_id == channel_id
    }

    /// The id of the channel that the token was given to.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// What the token is good for. `email` is not named, granted or not.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.split(' ').filter(|scope| !scope.is_empty())
    }

    /// How long the access token lives on.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        Duration::from_secs(self.expires_in_seconds)
    }
}
