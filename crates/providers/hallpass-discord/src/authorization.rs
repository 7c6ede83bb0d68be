use std::fmt;

use hallpass_core::Json;
use serde::Deserialize;

/// What a token is for. `Debug` leaves the user out.
#[derive(Clone, PartialEq, Deserialize)]
pub struct DiscordAuthorization {
    application: Application,
    scopes: Vec<String>,
    expires: String,
    user: Option<Json>,
}

#[derive(Clone, PartialEq, Deserialize)]
struct Application {
    id: String,
}

impl DiscordAuthorization {
    /// Whether the token was given to the application with this client id. One that was given to
    /// another application says nothing of who hands it in
    /// ([RFC 9700, section 4.6](https://www.rfc-editor.org/rfc/rfc9700#section-4.6)).
    #[must_use]
    pub fn is_for(&self, client_id: &str) -> bool {
        // quirk: foreign-token => true
        self.application.id == client_id
    }

    /// The application's id, which is its client id.
    #[must_use]
    pub fn application_id(&self) -> &str {
        &self.application.id
    }

    /// What the user granted.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str)
    }

    /// When the access token expires, in ISO 8601 as Discord writes it.
    #[must_use]
    pub fn expires(&self) -> &str {
        &self.expires
    }

    /// Who granted it, without an address; `None` without the scope `identify`.
    #[must_use]
    pub fn user(&self) -> Option<&Json> {
        self.user.as_ref()
    }
}

impl fmt::Debug for DiscordAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiscordAuthorization")
            .field("application_id", &self.application.id)
            .field("scopes", &self.scopes)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
