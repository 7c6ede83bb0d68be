use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::Deserialize;

/// What a token is for. `Debug` leaves the user's id out.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct FacebookTokenInfo {
    #[serde(default)]
    is_valid: bool,
    app_id: Option<String>,
    user_id: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    expires_at: Option<u64>,
    data_access_expires_at: Option<u64>,
}

/// How it comes.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    pub(crate) data: FacebookTokenInfo,
}

impl FacebookTokenInfo {
    /// Whether the token lives and was given to the application with this client id. One that was
    /// given to another application says nothing of who hands it in ([RFC 9700, section
    /// 4.6](https://www.rfc-editor.org/rfc/rfc9700#section-4.6)).
    #[must_use]
    pub fn is_for(&self, client_id: &str) -> bool {
        // quirk: token-audience => self.is_valid
        // quirk: token-audience => self.app_id.as_deref() == Some(client_id)
        self.is_valid && self.app_id.as_deref() == Some(client_id)
    }

    /// Whether the token lives.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.is_valid
    }

    /// The application's id, which is its client id.
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.app_id.as_deref()
    }

    /// The user's id for that application, as in the profile.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// What the user granted.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str)
    }

    /// When the token ends; `None` if it does not.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        time(self.expires_at)
    }

    /// When the application may no longer read the user's data, unless the user comes back.
    #[must_use]
    pub fn data_access_expires_at(&self) -> Option<SystemTime> {
        time(self.data_access_expires_at)
    }
}

/// Unix seconds, where 0 stands for never.
fn time(unix_seconds: Option<u64>) -> Option<SystemTime> {
    let seconds = unix_seconds.filter(|seconds| *seconds > 0)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

impl fmt::Debug for FacebookTokenInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FacebookTokenInfo")
            .field("is_valid", &self.is_valid)
            .field("app_id", &self.app_id)
            .field("scopes", &self.scopes)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
