use std::fmt;

use hallpass_core::{EmailVerification, OAuth2Token, Profile};
use serde::{Deserialize, Serialize};

/// Who is signed in: what a session keeps of a login, and nothing that opens anything.
///
/// Accounts go by [`key`](Self::key), never by the address: an address changes hands, and not every
/// provider proves it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// The name of the client that signed them in: `github`.
    pub provider: String,
    /// The issuer of the ID token, where there was one: two tenants of one provider are two.
    pub issuer: Option<String>,
    /// Who it is there, for ever.
    pub id: String,
    /// The address, proven or not: see [`verified_email`](Self::verified_email).
    pub email: Option<String>,
    /// What the provider's flag says of it; `None` if it has none.
    pub is_email_verified: Option<bool>,
    /// The full name.
    pub name: Option<String>,
    /// The handle.
    pub username: Option<String>,
    /// The URL of a picture.
    pub picture: Option<String>,
    /// The session at the provider ([OpenID Connect Back-Channel Logout, section
    /// 2.1](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCSupport)).
    pub provider_session: Option<String>,
}

impl Identity {
    /// Of a finished login at the client of this name
    /// ([`Descriptor::name`](hallpass_core::Descriptor::name)): it says whose id it is, whatever the
    /// profile says.
    #[must_use]
    pub fn new(provider: &str, profile: &Profile, token: &OAuth2Token) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let claims = token.claims();
        let session = claims.and_then(|claims| claims.get("sid")).and_then(|sid| sid.as_str());
        Self {
            provider: provider.to_owned(),
            issuer: text(profile.issuer()),
            id: profile.id().to_owned(),
            email: text(profile.email()),
            is_email_verified: match profile.email_verification() {
                EmailVerification::Verified => Some(true),
                EmailVerification::Unverified => Some(false),
                _ => None,
            },
            name: text(profile.name()),
            username: text(profile.username()),
            picture: text(profile.picture()),
            provider_session: text(session),
        }
    }

    /// By which an account is found: the issuer, or the provider where there is none, and the id.
    #[must_use]
    pub fn key(&self) -> (&str, &str) {
        (self.issuer.as_deref().unwrap_or(&self.provider), &self.id)
    }

    /// The address, only if the provider says that it is proven.
    #[must_use]
    pub fn verified_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.is_email_verified == Some(true))
    }
}

/// Whose account, and nothing about the person.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("provider", &self.provider)
            .field("issuer", &self.issuer)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identity(verification: EmailVerification) -> Identity {
        let profile = Profile::new("42", json!({})).with_name(Some("Ada"));
        let profile = profile.with_email(Some("ada@users.test"), verification);
        Identity::new("acme", &profile, &OAuth2Token::from_access_token("planted"))
    }

    #[test]
    fn an_address_counts_when_the_provider_says_so() {
        let verified = identity(EmailVerification::Verified);
        assert_eq!(verified.verified_email(), Some("ada@users.test"));
        for verification in [EmailVerification::Unverified, EmailVerification::Unknown] {
            let identity = identity(verification);
            assert_eq!(identity.verified_email(), None);
            assert_eq!(identity.email.as_deref(), Some("ada@users.test"));
        }
    }

    #[test]
    fn no_token_is_in_what_a_session_keeps() {
        let identity = identity(EmailVerification::Verified);
        let printed = format!("{identity:?}");
        assert!(printed.contains("42") && !printed.contains("ada@"), "{printed}");
        let stored = serde_json::to_string(&identity).unwrap();
        assert!(!stored.contains("planted"), "{stored}");
        assert_eq!(serde_json::from_str::<Identity>(&stored).unwrap(), identity);
    }

    #[test]
    fn an_account_goes_by_issuer_and_id() {
        let mut identity = identity(EmailVerification::Unknown);
        assert_eq!(identity.key(), ("acme", "42"));
        identity.issuer = Some("https://acme.test/one".to_owned());
        assert_eq!(identity.key(), ("https://acme.test/one", "42"));
    }
}
