use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::Deserialize;

/// What LinkedIn says of a token. `Debug` leaves out which application it is.
#[derive(Clone, Deserialize)]
pub struct LinkedInIntrospection {
    active: bool,
    status: Option<String>,
    client_id: Option<String>,
    scope: Option<String>,
    expires_at: Option<u64>,
    auth_type: Option<String>,
}

impl LinkedInIntrospection {
    /// Whether the token is good now.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// `active`, `expired` or `revoked`.
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    /// Whether the token is good now, and was given to this application.
    #[must_use]
    pub fn is_for(&self, client_id: &str) -> bool {
        // quirk: introspection => self.client_id.as_deref() == Some(client_id)
        self.active && self.client_id.as_deref() == Some(client_id)
    }

    /// What it was granted, one by one.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        // quirk: comma-scope => self.scope.as_deref().unwrap_or_default().split(' ')
        self.scope.as_deref().unwrap_or_default().split([',', ' ']).filter(|s| !s.is_empty())
    }

    /// When it ends, where LinkedIn says.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.expires_at?))
    }

    /// How it was given: `3L` to a member's browser, `2L` to the application itself,
    /// `Enterprise_User`.
    #[must_use]
    pub fn auth_type(&self) -> Option<&str> {
        self.auth_type.as_deref()
    }
}

impl fmt::Debug for LinkedInIntrospection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkedInIntrospection")
            .field("active", &self.active)
            .field("status", &self.status)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
