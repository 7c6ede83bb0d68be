use std::{fmt, str::FromStr};

use hallpass_core::{Error, HostName, Result};

/// The host of an Okta organisation: `example.okta.com`, or a custom domain such as
/// `login.example.com`. Parsed before any URL is made of it, so that `evil.test/#` never becomes
/// one.
///
/// ```
/// use hallpass_okta::{Okta, OktaDomain};
///
/// let okta = Okta::new(&"example.okta.com".parse::<OktaDomain>()?);
/// assert!("evil.test/#".parse::<OktaDomain>().is_err());
/// # Ok::<(), hallpass_core::Error>(())
/// ```
///
/// # Security
///
/// Whoever names the domain is sent the client's secret: take it from your configuration, or from a
/// list of your own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OktaDomain(HostName);

impl OktaDomain {
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.0)
    }
}

impl FromStr for OktaDomain {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): not a host name of letters, digits and
    /// hyphens, with a dot in it and no port, or that of the Admin Console
    /// (`example-admin.okta.com`), which issues nothing.
    fn from_str(text: &str) -> Result<Self> {
        let broken = |_| Error::config("no host name of an Okta organisation");
        let name = text.parse::<HostName>().map_err(broken)?;
        let is_oktas = OWN.iter().any(|own| name.as_str().ends_with(own));
        if is_oktas && name.first_label().ends_with("-admin") {
            return Err(Error::config("that is the Admin Console: leave -admin out"));
        }
        Ok(Self(name))
    }
}

/// Domains that Okta gives out. Elsewhere a name may end in `-admin` as it likes.
const OWN: [&str; 3] = [".okta.com", ".okta-emea.com", ".oktapreview.com"];

/// The id of a custom authorization server: `default`, or one such as `aus1f2e3d4c5b6a7980h7`.
///
/// ```
/// use hallpass_okta::{Okta, OktaDomain, OktaServer};
///
/// let (domain, server) = ("example.okta.com".parse()?, "default".parse::<OktaServer>()?);
/// let okta = Okta::custom(&domain, &server);
/// # Ok::<(), hallpass_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OktaServer(String);

impl OktaServer {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OktaServer {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): not up to 64 letters and digits. `v1` is
    /// the path of the organisation's own server, and no id.
    fn from_str(text: &str) -> Result<Self> {
        let fits =
            (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !fits || text == "v1" {
            return Err(Error::config("no id of an authorization server"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// As it is in a URL.
impl fmt::Display for OktaDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// As it is in a URL.
impl fmt::Display for OktaServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn domains_are_names_and_nothing_else() {
        check("example.okta.com", Some("https://example.okta.com"));
        check("Dev-123456.OktaPreview.com", Some("https://dev-123456.oktapreview.com"));
        check("login.example.co.uk", Some("https://login.example.co.uk"));
        check("our-admin.example.com", Some("https://our-admin.example.com"));
        check("xn--bcher-kva.example", Some("https://xn--bcher-kva.example"));
        for bad in [
            "",
            "okta",
            "localhost",
            "example-admin.okta.com",
            "Example-Admin.oktapreview.com",
            "evil.test/#",
            "evil.test/oauth2/default",
            "user@evil.test",
            "evil.test:443",
            "evil.test.",
            "127.0.0.1",
            "[::1]",
            "https://evil.test",
            "{yourOktaDomain}",
        ] {
            check(bad, None);
        }
    }

    #[track_caller]
    fn check(text: &str, url: Option<&str>) {
        let got = text.parse::<OktaDomain>();
        assert_eq!(got.as_ref().ok().map(OktaDomain::url).as_deref(), url, "{text:?}");
        assert!(got.err().is_none_or(|e| e.kind() == hallpass_core::ErrorKind::Config));
    }

    #[test]
    fn a_server_is_one_word() {
        for good in ["default", "aus1f2e3d4c5b6a7980h7"] {
            assert_eq!(good.parse::<OktaServer>().unwrap().as_str(), good);
        }
        for bad in ["", "v1", "a/b", "../v1", "a?b", "a#b", "a b", "a%2fb", "é", "a\n", "a.b"] {
            let error = bad.parse::<OktaServer>().unwrap_err();
            assert_eq!(error.kind(), hallpass_core::ErrorKind::Config, "{bad:?}");
        }
        assert!("a".repeat(65).parse::<OktaServer>().is_err());
    }

    #[test]
    fn it_is_shown_and_counted_by_its_spelling_in_a_url() {
        let (one, same): (OktaDomain, OktaDomain) =
            ("Example.Okta.com".parse().unwrap(), "example.okta.com".parse().unwrap());
        assert_eq!(one.to_string(), "example.okta.com");
        assert_eq!(HashSet::from([one, same]).len(), 1);
        let (one, same): (OktaServer, OktaServer) =
            ("default".parse().unwrap(), "default".parse().unwrap());
        assert_eq!(one.to_string(), "default");
        assert_eq!(HashSet::from([one, same]).len(), 1);
    }
}
