use std::{fmt, str::FromStr};

use hallpass_core::{Error, HostName, Result};

/// The host of an Enterprise Server (`github.example.com`, with a port if need be), or a company's
/// own part of ghe.com (`octocorp.ghe.com`). Parsed before any URL is made of it, so that
/// `evil.test/#` never becomes one.
///
/// ```
/// use hallpass_github::{EnterpriseHost, GitHub};
///
/// let github = GitHub::enterprise(&"github.example.com".parse::<EnterpriseHost>()?);
/// assert!("evil.test/#".parse::<EnterpriseHost>().is_err());
/// # Ok::<(), hallpass_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnterpriseHost(String);

impl EnterpriseHost {
    pub(crate) fn web(&self) -> String {
        format!("https://{}", self.0)
    }

    /// ghe.com has the API on a host of its own, a server under a path.
    pub(crate) fn api(&self) -> String {
        // quirk: enterprise-api => format!("https://{}/api/v3", self.0)
        if self.0.ends_with(".ghe.com") {
            format!("https://api.{}", self.0)
        } else {
            format!("https://{}/api/v3", self.0)
        }
    }
}

impl FromStr for EnterpriseHost {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): not a host name of letters, digits and
    /// hyphens, with a dot in it, or github.com itself.
    fn from_str(text: &str) -> Result<Self> {
        let (name, port) = match text.split_once(':') {
            Some((name, "443")) => (name, None),
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        };
        let broken = || Error::config("no host name of an Enterprise Server");
        let name = name.parse::<HostName>().map_err(|_| broken())?;
        // As a URL parser would write it.
        let is_port =
            |port: &str| port.parse::<u16>().is_ok_and(|n| n > 0 && n.to_string() == port);
        if !port.is_none_or(is_port) {
            return Err(broken());
        }
        if name.as_str() == "github.com" {
            return Err(Error::config("github.com is GitHub::new()"));
        }
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self(format!("{name}{port}")))
    }
}

/// As it is in a URL.
impl fmt::Display for EnterpriseHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn hosts_are_names_and_nothing_else() {
        check("github.example.com", Some("https://github.example.com/api/v3"));
        check("GitHub.Example.com:8443", Some("https://github.example.com:8443/api/v3"));
        check("github.example.com:443", Some("https://github.example.com/api/v3"));
        check("octocorp.ghe.com", Some("https://api.octocorp.ghe.com"));
        for bad in [
            "evil.test:+1",
            "evil.test:0443",
            "",
            "github.com",
            "localhost",
            "evil.test/#",
            "evil.test/",
            "evil.test?",
            "user@evil.test",
            "evil.test:0",
            "evil.test:99999",
            "evil.test:443:1",
            "evil.test:+1/",
            "evil.test.",
            "127.0.0.1",
            "[::1]",
            "https://evil.test",
        ] {
            check(bad, None);
        }
    }

    #[track_caller]
    fn check(text: &str, api: Option<&str>) {
        let got = text.parse::<EnterpriseHost>();
        assert_eq!(got.as_ref().ok().map(EnterpriseHost::api).as_deref(), api, "{text:?}");
        assert!(got.err().is_none_or(|e| e.kind() == hallpass_core::ErrorKind::Config));
    }

    #[test]
    fn it_is_shown_and_counted_by_its_spelling_in_a_url() {
        let (one, same): (EnterpriseHost, EnterpriseHost) =
            ("GitHub.Example.com:443".parse().unwrap(), "github.example.com".parse().unwrap());
        assert_eq!(one.to_string(), "github.example.com");
        assert_eq!(HashSet::from([one, same]).len(), 1);
    }
}
