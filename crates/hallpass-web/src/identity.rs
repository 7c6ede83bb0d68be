use std::fmt;

use hallpass_core::{EmailVerification, OAuth2Token, Profile};
use serde::{Deserialize, Serialize};

use self::kept::Kept;

mod kept;

/// Of a text that is shown to people, in bytes: every session keeps it, and there are providers
/// that anybody can set up.
const LONGEST: usize = 2048;

/// Who is signed in: what a session keeps of a login, and nothing that opens anything.
///
/// Accounts go by [`key`](Self::key), never by the address: an address changes hands, and not every
/// provider proves it.
///
/// It is read as it was written, or not at all: without what the key is made of, or with a key that
/// [`at_host`](Self::at_host) would not make, it is refused.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kept")]
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
    /// Where it is, of a provider that is at many hosts: the shop, the instance. Set by
    /// [`at_host`](Self::at_host).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// In place of issuer and provider in the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    realm: Option<String>,
    /// The session at the provider ([OpenID Connect Back-Channel Logout, section
    /// 2.1](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCSupport)).
    pub provider_session: Option<String>,
}

impl Identity {
    /// Of a finished login at the client of this name
    /// ([`Descriptor::name`](hallpass_core::Descriptor::name)): it says whose id it is, whatever
    /// the profile says. A name, address or picture longer than 2048 bytes is left out.
    #[must_use]
    pub fn new(provider: &str, profile: &Profile, token: &OAuth2Token) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        // What is only shown is left out where it would make the session large.
        let shown = |it: Option<&str>| text(it.filter(|it| it.len() <= LONGEST));
        let claims = token.claims();
        let session = claims.and_then(|claims| claims.get("sid")).and_then(|sid| sid.as_str());
        Self {
            provider: provider.to_owned(),
            issuer: text(profile.issuer()),
            id: profile.id().to_owned(),
            email: shown(profile.email()),
            is_email_verified: match profile.email_verification() {
                EmailVerification::Verified => Some(true),
                EmailVerification::Unverified => Some(false),
                _ => None,
            },
            name: shown(profile.name()),
            username: shown(profile.username()),
            picture: shown(profile.picture()),
            host: None,
            realm: None,
            provider_session: shown(session),
        }
    }

    /// The same, of one host of many: `oak.myshopify.com`, in the one spelling that the application
    /// has for it.
    ///
    /// # Security
    ///
    /// Whoever runs a host says what ids it has, and what it calls itself. So the host is in the
    /// [`key`](Self::key), and user 1 of one instance is never user 1 of another; an issuer stands
    /// there alone only if it is the host itself or below it.
    #[must_use]
    pub fn at_host(mut self, host: &str) -> Self {
        self.realm = realm(&self.provider, self.issuer.as_deref(), host);
        self.host = Some(host.to_owned());
        self
    }

    /// By which an account is found: whose id it is, and the id.
    ///
    /// Whose it is says the issuer, or the provider's name where there is none. Of a provider at
    /// many hosts it is the name and the host (`shopify@oak.myshopify.com`), unless the issuer is
    /// at home there: see [`at_host`](Self::at_host).
    #[must_use]
    pub fn key(&self) -> (&str, &str) {
        let whose = self.realm.as_deref().or(self.issuer.as_deref());
        (whose.unwrap_or(&self.provider), &self.id)
    }

    /// The address, only if the provider says that it is proven.
    #[must_use]
    pub fn verified_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.is_email_verified == Some(true))
    }
}

/// What stands in the key of a provider that is at many hosts; `None` where the issuer does.
fn realm(provider: &str, issuer: Option<&str>, host: &str) -> Option<String> {
    let is_at_home = |issuer: &str| {
        let below = issuer.strip_prefix("https://").and_then(|rest| rest.strip_prefix(host));
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    };
    // No issuer begins like this, and no name of a provider has an `@`.
    let place = format!("{provider}@{host}");
    match issuer {
        Some(issuer) if is_at_home(issuer) => None,
        Some(issuer) => Some(format!("{place}|{issuer}")),
        None => Some(place),
    }
}

/// Whose account, and nothing about the person.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("provider", &self.provider)
            .field("issuer", &self.issuer)
            .field("host", &self.host)
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

    #[test]
    fn the_same_id_at_two_hosts_is_two_accounts() {
        let at = |host: &str| identity(EmailVerification::Unknown).at_host(host);
        let (oak, elm) = (at("oak.test"), at("elm.test"));
        assert_eq!(oak.key(), ("acme@oak.test", "42"));
        assert_eq!(elm.key(), ("acme@elm.test", "42"));
        assert_ne!(at("oak.test/a").key(), at("oak.test/b").key());
        assert_ne!(oak.key(), identity(EmailVerification::Unknown).key());
        assert_eq!(oak.host.as_deref(), Some("oak.test"));
        let stored = serde_json::to_string(&oak).unwrap();
        assert_eq!(serde_json::from_str::<Identity>(&stored).unwrap().key(), oak.key());
    }

    #[test]
    fn an_issuer_counts_alone_only_at_its_own_host() {
        check("oak.test", "https://oak.test", "https://oak.test");
        check("oak.test", "https://oak.test/realms/a", "https://oak.test/realms/a");
        check("oak.test/a", "https://oak.test/a", "https://oak.test/a");
        // What another host calls itself is its word alone.
        check("evil.test", "https://oak.test", "acme@evil.test|https://oak.test");
        check("oak.test/a", "https://oak.test/ab", "acme@oak.test/a|https://oak.test/ab");
        check("oak", "https://oak.test", "acme@oak|https://oak.test");
        check("oak.test", "http://oak.test", "acme@oak.test|http://oak.test");
    }

    #[track_caller]
    fn check(host: &str, issuer: &str, want: &str) {
        let mut identity = identity(EmailVerification::Unknown);
        identity.issuer = Some(issuer.to_owned());
        assert_eq!(identity.at_host(host).key(), (want, "42"));
    }

    #[test]
    fn what_was_stored_before_there_were_hosts_is_read() {
        let stored = serde_json::to_value(identity(EmailVerification::Unknown)).unwrap();
        assert!(stored.get("host").is_none() && stored.get("realm").is_none(), "{stored}");
        assert_eq!(serde_json::from_value::<Identity>(stored).unwrap().key(), ("acme", "42"));
    }
}
