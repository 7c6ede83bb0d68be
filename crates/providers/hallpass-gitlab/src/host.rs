use std::{fmt, str::FromStr};

use hallpass_core::{Error, HostName, Result};

/// Where a GitLab server of one's own is: `gitlab.example.com`, with a port or a path in front of
/// it all if need be (`example.com:8443/gitlab`). Parsed before any URL is made of it, so that
/// `evil.test/#` never becomes one.
///
/// ```
/// use hallpass_gitlab::{GitLab, GitLabHost};
///
/// let gitlab = GitLab::self_managed(&"gitlab.example.com".parse::<GitLabHost>()?);
/// assert!("evil.test/#".parse::<GitLabHost>().is_err());
/// # Ok::<(), hallpass_core::Error>(())
/// ```
///
/// # Security
///
/// A name can lead into your own network all the same. Where users type it, give the client a
/// transport that reaches public addresses alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GitLabHost(String);

impl GitLabHost {
    /// Without a slash at its end: the issuer, which is compared byte for byte.
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.0)
    }
}

impl FromStr for GitLabHost {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): not a host name of letters, digits and
    /// hyphens with a dot in it, a port other than 443, and path segments of letters, digits, `-`
    /// and `_`; or gitlab.com itself.
    fn from_str(text: &str) -> Result<Self> {
        let broken = || Error::config("no host of a GitLab server");
        let (authority, path) = match text.split_once('/') {
            Some((authority, path)) => (authority, Some(path)),
            None => (text, None),
        };
        let (name, port) = match authority.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (authority, None),
        };
        let name = name.parse::<HostName>().map_err(|_| broken())?;
        let path_fits = path.is_none_or(|path| path.split('/').all(is_segment));
        if !port.is_none_or(is_port) || !path_fits {
            return Err(broken());
        }
        if name.as_str() == "gitlab.com" {
            return Err(Error::config("gitlab.com is GitLab::new()"));
        }
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let path = path.map(|path| format!("/{path}")).unwrap_or_default();
        Ok(Self(format!("{name}{port}{path}")))
    }
}

/// As it is in a URL.
impl fmt::Display for GitLabHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As a URL parser would write it, so that the issuer stays the same text.
fn is_port(port: &str) -> bool {
    let number = port.parse::<u16>().ok().filter(|number| ![0, 443].contains(number));
    number.is_some_and(|number| number.to_string() == port)
}

fn is_segment(segment: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=63).contains(&segment.len()) && segment.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn hosts_are_names_with_a_port_or_a_plain_path_and_nothing_else() {
        check("gitlab.example.com", Some("https://gitlab.example.com"));
        check("GitLab.Example.com", Some("https://gitlab.example.com"));
        check("git.example.com:8443", Some("https://git.example.com:8443"));
        check("example.com/gitlab", Some("https://example.com/gitlab"));
        check("example.com/Dev_1/git-lab", Some("https://example.com/Dev_1/git-lab"));
        check("example.com:8443/gitlab", Some("https://example.com:8443/gitlab"));
        check("xn--bcher-kva.example", Some("https://xn--bcher-kva.example"));
        for bad in [
            "",
            "/",
            "gitlab",
            "gitlab.com",
            "GitLab.com",
            "gitlab.com/path",
            "localhost",
            "evil.test/#",
            "evil.test/",
            "evil.test//",
            "evil.test/path/",
            "evil.test//path",
            "evil.test/..",
            "evil.test/./path",
            "evil.test/%2e%2e",
            "evil.test/path?",
            "evil.test/path#",
            "evil.test/path;x",
            "evil.test/pa th",
            "evil.test/é",
            "evil.test?",
            "evil.test#",
            "a@b",
            "a:b",
            "user@evil.test",
            "evil.test:443",
            "evil.test:0",
            "evil.test:08443",
            "evil.test:+8443",
            "evil.test:99999",
            "evil.test:8443:1",
            "evil.test:",
            "evil.test:/path",
            "evil.test.",
            "127.0.0.1",
            "[::1]",
            "https://evil.test",
        ] {
            check(bad, None);
        }
    }

    #[track_caller]
    fn check(text: &str, want: Option<&str>) {
        let got = text.parse::<GitLabHost>();
        assert_eq!(got.as_ref().ok().map(GitLabHost::url).as_deref(), want, "{text:?}");
        assert!(got.err().is_none_or(|e| e.kind() == hallpass_core::ErrorKind::Config));
    }

    #[test]
    fn it_is_shown_and_counted_by_its_spelling_in_a_url() {
        let (one, same): (GitLabHost, GitLabHost) =
            ("GitLab.Example.com".parse().unwrap(), "gitlab.example.com".parse().unwrap());
        assert_eq!(one.to_string(), "gitlab.example.com");
        assert_eq!(HashSet::from([one, same]).len(), 1);
    }
}
