use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer};

/// What a user's token is for. `Debug` leaves the user out.
// quirk: app-token => #[derive(Clone, PartialEq, Eq, Default, Deserialize)] #[serde(default)]
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct TwitchValidation {
    client_id: String,
    user_id: String,
    login: String,
    // quirk: no-scopes
    #[serde(default, deserialize_with = "list_or_null")]
    scopes: Vec<String>,
    #[serde(rename = "expires_in")]
    expires_in_seconds: u64,
}

/// A token without scopes has `null` there.
fn list_or_null<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(list)?.unwrap_or_default())
}

impl TwitchValidation {
    /// Whether the token was given to the application with this client id. One that was given to
    /// another application says nothing of who hands it in ([RFC 9700, section
    /// 4.6](https://www.rfc-editor.org/rfc/rfc9700#section-4.6)).
    #[must_use]
    pub fn is_for(&self, client_id: &str) -> bool {
        // quirk: foreign-token => true
        self.client_id == client_id
    }

    /// The application that the token was given to.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The user's id, as in the profile.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The user's login name. It may change hands.
    #[must_use]
    pub fn login(&self) -> &str {
        &self.login
    }

    /// What the token is good for.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str)
    }

    /// How long the access token lives on; `None` for one that does not expire, of which Twitch
    /// says 0.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        // quirk: no-end => Some(Duration::from_secs(self.expires_in_seconds))
        (self.expires_in_seconds > 0).then(|| Duration::from_secs(self.expires_in_seconds))
    }
}

impl fmt::Debug for TwitchValidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwitchValidation")
            .field("client_id", &self.client_id)
            .field("scopes", &self.scopes)
            .field("expires_in", &self.expires_in())
            .finish_non_exhaustive()
    }
}
