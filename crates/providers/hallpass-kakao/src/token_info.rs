use std::{fmt, time::Duration};

use serde::Deserialize;

/// What a token is for. `Debug` leaves the user's id out.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct KakaoTokenInfo {
    id: u64,
    app_id: u64,
    #[serde(rename = "expires_in")]
    expires_in_seconds: u64,
}

impl KakaoTokenInfo {
    /// Whether the token was given to the app with this id: its number in the console, not its REST
    /// API key. One that was given to another app says nothing of who hands it in ([RFC 9700,
    /// section 4.6](https://www.rfc-editor.org/rfc/rfc9700#section-4.6)).
    #[must_use]
    pub fn is_for(&self, app_id: u64) -> bool {
        // quirk: foreign-token => true
        self.app_id == app_id
    }

    /// The app's number in the console.
    #[must_use]
    pub fn app_id(&self) -> u64 {
        self.app_id
    }

    /// The user's id, as in the profile.
    #[must_use]
    pub fn user_id(&self) -> String {
        self.id.to_string()
    }

    /// How long the access token lives on.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        Duration::from_secs(self.expires_in_seconds)
    }
}

impl fmt::Debug for KakaoTokenInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KakaoTokenInfo")
            .field("app_id", &self.app_id)
            .field("expires_in", &self.expires_in())
            .finish_non_exhaustive()
    }
}
