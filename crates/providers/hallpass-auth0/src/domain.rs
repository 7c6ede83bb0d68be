use std::{fmt, str::FromStr};

use hallpass_core::{Error, Result, url::Host};

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
pub struct Auth0Domain(String);

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
        let name = text.to_ascii_lowercase();
        let labels: Vec<_> = name.split('.').collect();
        // A last label of digits would be an address, which URL parsers spell anew.
        let named =
            labels.last().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_alphabetic()));
        let named = named && is_host(&name);
        if labels.len() < 2 || name.len() > 253 || !named || !labels.iter().all(|l| is_label(l)) {
            return Err(Error::config("no host name of an Auth0 tenant"));
        }
        if DASHBOARD.contains(&name.as_str()) {
            return Err(Error::config("that is Auth0's dashboard: the domain is in the settings"));
        }
        Ok(Self(name))
    }
}

/// As it is in a URL.
impl fmt::Display for Auth0Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Hosts of Auth0's own, which are no tenants.
const DASHBOARD: [&str; 3] = ["auth0.com", "manage.auth0.com", "www.auth0.com"];

/// A label that begins with `xn--` must be one that a URL parser takes, too.
fn is_host(name: &str) -> bool {
    matches!(Host::parse(name), Ok(Host::Domain(host)) if host == name)
}

fn is_label(label: &str) -> bool {
    let inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
}

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
            "xn--a.test",
            "",
            "auth0",
            "auth0.com",
            "Manage.Auth0.com",
            "www.auth0.com",
            "localhost",
            "evil.test/#",
            "evil.test/",
            "evil.test/authorize",
            "evil.test?",
            "evil.test#",
            "evil.test\\",
            "evil.test%2f",
            "user@evil.test",
            "user:word@evil.test",
            "evil.test:443",
            "evil.test:",
            "-evil.test",
            "evil-.test",
            "evil..test",
            ".evil.test",
            "evil.test.",
            "127.0.0.1",
            "0x7f.1",
            "1.2.3.0x4",
            "2130706433",
            "[::1]",
            "::1",
            "evil test.test",
            " evil.test",
            "https://evil.test",
            "//evil.test",
            "évil.test",
            "evil。test",
            "evil.test\n",
            "evil.test\0",
            "*.evil.test",
            "{yourAuth0Domain}",
        ] {
            check(bad, None);
        }
        check(
            &format!("{}.test", "a".repeat(63)),
            Some(&format!("https://{}.test", "a".repeat(63))),
        );
        check(&format!("{}.test", "a".repeat(64)), None);
        check(&format!("{}test", "a.".repeat(130)), None);
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
