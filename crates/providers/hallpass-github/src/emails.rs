use std::fmt;

use serde::Deserialize;

/// One of the user's addresses, with GitHub's own flags. `Debug` leaves the address out.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct GitHubEmail {
    email: String,
    #[serde(default)]
    primary: bool,
    #[serde(default)]
    verified: bool,
    visibility: Option<String>,
}

impl GitHubEmail {
    /// The address.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// Whether it is the one that GitHub writes to.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        self.primary
    }

    /// Whether the user proved it.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.verified
    }

    /// `public` or `private`, for the primary one.
    #[must_use]
    pub fn visibility(&self) -> Option<&str> {
        self.visibility.as_deref()
    }
}

impl fmt::Debug for GitHubEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHubEmail")
            .field("primary", &self.primary)
            .field("verified", &self.verified)
            .finish_non_exhaustive()
    }
}
