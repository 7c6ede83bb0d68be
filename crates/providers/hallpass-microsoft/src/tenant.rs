use std::{borrow::Cow, fmt, str::FromStr};

use hallpass_core::{Error, HostName, Result};

/// Whose accounts may sign in ([OpenID Connect on the Microsoft identity
/// platform](https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc#find-your-apps-openid-configuration-document-uri)).
/// Reads what people write: one of the three words, a GUID, or a domain.
///
/// ```
/// use hallpass_microsoft::Tenant;
///
/// assert_eq!("organizations".parse::<Tenant>()?, Tenant::Organizations);
/// assert!(matches!("oak.onmicrosoft.com".parse()?, Tenant::Domain(_)));
/// assert!("evil.test/#".parse::<Tenant>().is_err());
/// # Ok::<(), hallpass_microsoft::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tenant {
    /// `common`: work, school and personal accounts.
    Common,
    /// `consumers`: personal accounts.
    Consumers,
    /// One tenant, by a domain of its own. Which id it has is not known before somebody signs in,
    /// so that the issuer cannot be compared with it: name the tenant by its id, or add
    /// [`with_allowed_tenants`](crate::Microsoft::with_allowed_tenants).
    Domain(TenantDomain),
    /// One tenant, by its id.
    Id(TenantId),
    /// `organizations`: work and school accounts.
    Organizations,
}

impl Tenant {
    /// The one tenant that this is.
    pub(crate) fn id(&self) -> Option<&TenantId> {
        match self {
            Self::Consumers => Some(&TenantId::CONSUMERS),
            Self::Id(id) => Some(id),
            Self::Common | Self::Domain(_) | Self::Organizations => None,
        }
    }

    /// Whether a personal account may sign in as itself, and not as some tenant's guest.
    pub(crate) fn admits_consumers(&self) -> bool {
        match self {
            Self::Common | Self::Consumers => true,
            Self::Id(id) => *id == TenantId::CONSUMERS,
            Self::Domain(_) | Self::Organizations => false,
        }
    }
}

/// As it stands in URLs.
impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Common => "common",
            Self::Consumers => "consumers",
            Self::Domain(domain) => domain.as_str(),
            Self::Id(id) => id.as_str(),
            Self::Organizations => "organizations",
        })
    }
}

impl FromStr for Tenant {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): neither a word, nor a GUID, nor a domain.
    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "common" => Ok(Self::Common),
            "consumers" => Ok(Self::Consumers),
            "organizations" => Ok(Self::Organizations),
            text => match text.parse() {
                Ok(id) => Ok(Self::Id(id)),
                Err(_) => text.parse().map(Self::Domain),
            },
        }
    }
}

/// The id of a tenant: a GUID, in small letters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TenantId(Cow<'static, str>);

impl TenantId {
    /// The tenant of all personal accounts.
    pub const CONSUMERS: Self = Self(Cow::Borrowed("9188040d-6c67-4c5b-b112-36a304b66dad"));

    /// The GUID.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TenantId {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): not 32 hexadecimal digits in groups of 8, 4,
    /// 4, 4 and 12, joined by hyphens.
    fn from_str(text: &str) -> Result<Self> {
        let groups = text.split('-').map(str::len);
        let is_hex = text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        if !is_hex || !groups.eq([8, 4, 4, 4, 12]) {
            return Err(Error::config("a tenant's id is a GUID"));
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }
}

/// A domain of a tenant, in small letters: `oak.onmicrosoft.com`, or one that the tenant proved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TenantDomain(HostName);

impl TenantDomain {
    /// The domain.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for TenantDomain {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): not a name of letters, digits and hyphens
    /// with a dot in it.
    fn from_str(text: &str) -> Result<Self> {
        let broken = |_| Error::config("a tenant is common, organizations, consumers, or its own");
        text.parse().map(Self).map_err(broken)
    }
}

#[cfg(test)]
mod tests {
    use hallpass_core::ErrorKind;

    use super::*;

    #[test]
    fn a_tenant_is_a_word_an_id_or_a_domain_and_nothing_else() {
        for (text, want) in [
            ("common", Some("common")),
            ("Organizations", Some("organizations")),
            ("consumers", Some("consumers")),
            ("0A0A7E57-1111-4222-8333-0123456789AB", Some("0a0a7e57-1111-4222-8333-0123456789ab")),
            ("oak.onmicrosoft.com", Some("oak.onmicrosoft.com")),
            ("Oak.Test", Some("oak.test")),
            ("xn--bcher-kva.test", Some("xn--bcher-kva.test")),
            ("", None),
            ("oak", None),
            ("commons", None),
            ("common/../oak.test", None),
            ("{tenantid}", None),
            ("evil.test/#", None),
            ("a@b.test", None),
            ("a:b", None),
            ("evil.test:443", None),
            ("https://evil.test", None),
            ("evil%2e.test", None),
            ("..", None),
            ("127.0.0.1", None),
            ("[::1]", None),
            ("0a0a7e57111142228333-0123456789ab", None),
            ("{0a0a7e57-1111-4222-8333-0123456789ab}", None),
            ("0a0a7e57-1111-4222-8333-0123456789ag", None),
        ] {
            check(text, want);
        }
    }

    #[track_caller]
    fn check(text: &str, want: Option<&str>) {
        let got = text.parse::<Tenant>();
        assert_eq!(got.as_ref().ok().map(ToString::to_string).as_deref(), want, "{text:?}");
        assert!(got.err().is_none_or(|error| error.kind() == ErrorKind::Config), "{text:?}");
    }

    #[test]
    fn an_id_is_a_guid_and_no_domain() {
        let consumers: TenantId = "9188040D-6C67-4C5B-B112-36A304B66DAD".parse().unwrap();
        assert_eq!(consumers, TenantId::CONSUMERS);
        for text in ["", "common", "oak.test", "9188040d", "9188040d-6c67-4c5b-b112-36a304b66dad/"]
        {
            assert!(text.parse::<TenantId>().is_err(), "{text}");
        }
    }
}
