use std::{fmt, str::FromStr};

use hallpass_core::{Error, HostName, Result};

/// The host of an Auth0 tenant: `example.eu.auth0.com`, or a custom domain such as
/// `login.example.com`. Parsed before any URL is made of it, so that `evil.test/#` never becomes
/// one.
///
/// ```
/// use hallpass_auth0::{Auth0, Auth0Domain};
///
/// let auth0 = Auth0::new(&"example.eu.auth0.com".parse::<Auth0Domain>()?);
/// assert!("evil.test/#".parse::<Auth0Domain>().is_err());
/// # Ok::<(), hallpass_core::Error>(())
/// ```
///
/// # Security
///
/// Whoever names the domain is sent the client's secret: take it from your configuration, or from a
/// list of your own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Auth0Domain(HostName);

impl Auth0Domain {
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.0)
    }
}

impl FromStr for Auth0Domain {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): not a host name of letters, digits and
    /// hyphens, with a dot in it and no port, or that of the dashboard (`manage.auth0.com`), which
    /// issues nothing.
    fn from_str(text: &str) -> Result<Self> {
        let broken = |_| Error::config("no host name of an Auth0 tenant");
        let name = text.parse::<HostName>().map_err(broken)?;
        if DASHBOARD.contains(&name.as_str()) {
            return Err(Error::config("that is Auth0's dashboard: the domain is in the settings"));
        }
        Ok(Self(name))
    }
}

/// As it is in a URL.
impl fmt::Display for Auth0Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// Hosts of Auth0's own, which are no tenants.
const DASHBOARD: [&str; 3] = ["auth0.com", "manage.auth0.com", "www.auth0.com"];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn domains_are_names_and_nothing_else() {
        check("example.eu.auth0.com", Some("https://example.eu.auth0.com"));
        check("Dev-123456.US.Auth0.com", Some("https://dev-123456.us.auth0.com"));
        check("login.example.co.uk", Some("https://login.example.co.uk"));
        check("xn--bcher-kva.example", Some("https://xn--bcher-kva.example"));
        for bad in [
            "",
            "auth0",
            "auth0.com",
            "Manage.Auth0.com",
            "www.auth0.com",
            "localhost",
            "evil.test/#",
            "evil.test/authorize",
            "user@evil.test",
            "evil.test:443",
            "evil.test.",
            "127.0.0.1",
            "[::1]",
            "https://evil.test",
            "{yourAuth0Domain}",
        ] {
            check(bad, None);
        }
    }

    #[track_caller]
    fn check(text: &str, url: Option<&str>) {
        let got = text.parse::<Auth0Domain>();
        assert_eq!(got.as_ref().ok().map(Auth0Domain::url).as_deref(), url, "{text:?}");
        assert!(got.err().is_none_or(|e| e.kind() == hallpass_core::ErrorKind::Config));
    }

    #[test]
    fn it_is_shown_and_counted_by_its_spelling_in_a_url() {
        let (one, same): (Auth0Domain, Auth0Domain) =
            ("Example.EU.auth0.com".parse().unwrap(), "example.eu.auth0.com".parse().unwrap());
        assert_eq!(one.to_string(), "example.eu.auth0.com");
        assert_eq!(HashSet::from([one, same]).len(), 1);
    }
}
