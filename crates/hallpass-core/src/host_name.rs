use std::{fmt, str::FromStr};

use url::Host;

use crate::{Error, Result};

/// A name of a host, in small letters: `login.example.com`. What a type of a provider's hosts is
/// parsed by, before any URL is made of it, so that `evil.test/#` never becomes one.
///
/// It has at least two labels of letters, digits and hyphens, 63 bytes each and 253 in all ([RFC
/// 1123, section 2.1](https://www.rfc-editor.org/rfc/rfc1123#section-2.1)); no port, no dot at its
/// end, nothing that would have to be encoded. The last label begins with a letter: one of digits
/// (`127.1`, `1.2.3.0x4`) would be an address, which URL parsers spell anew. A name in another
/// script is one in `xn--` that a URL parser takes, too.
///
/// ```
/// use hallpass_core::HostName;
///
/// let host: HostName = "Login.Example.com".parse()?;
/// assert_eq!(format!("https://{host}"), "https://login.example.com");
/// assert!("evil.test/#".parse::<HostName>().is_err());
/// # Ok::<(), hallpass_core::Error>(())
/// ```
///
/// # Security
///
/// A name can lead into your own network all the same. Where users type it, give the client
/// [`ReqwestClient::public_only`](crate::ReqwestClient::public_only).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostName(Box<str>);

impl HostName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first label: `login`.
    #[must_use]
    pub fn first_label(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }
}

impl FromStr for HostName {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): it is no such name.
    fn from_str(text: &str) -> Result<Self> {
        let name = text.to_ascii_lowercase();
        let labels: Vec<_> = name.split('.').collect();
        let is_named =
            labels.last().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()));
        let fits = labels.len() > 1 && name.len() <= 253 && labels.iter().all(|l| is_label(l));
        // As the parser has it, so that what is compared with it later stays the same text.
        let is_kept = || matches!(Host::parse(&name), Ok(Host::Domain(host)) if host == name);
        if !fits || !is_named || !is_kept() {
            return Err(Error::config("no name of a host"));
        }
        Ok(Self(name.into()))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_label(label: &str) -> bool {
    let inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn a_name_has_labels_of_letters_digits_and_hyphens() {
        check("example.test", Some("example.test"));
        check("Dev-123456.EU.Example.Test", Some("dev-123456.eu.example.test"));
        check("1.2.3.test", Some("1.2.3.test"));
        check("a--b.test", Some("a--b.test"));
        check("xn--bcher-kva.example", Some("xn--bcher-kva.example"));
        let longest = format!("{}.test", "a".repeat(63));
        check(&longest, Some(&longest));
        check(&format!("{}.test", "a".repeat(64)), None);
        check(&format!("{}test", "a.".repeat(124)), Some(&format!("{}test", "a.".repeat(124))));
        check(&format!("{}test", "a.".repeat(125)), None);
    }

    #[test]
    fn what_would_end_the_host_of_a_url_is_refused() {
        for bad in [
            "evil.test/",
            "evil.test/#",
            "evil.test/authorize",
            "evil.test?",
            "evil.test#",
            "evil.test\\",
            "evil.test%2f",
            "user@evil.test",
            "user:word@evil.test",
            "evil.test:",
            "evil.test:443",
            "https://evil.test",
            "//evil.test",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn what_a_url_parser_would_spell_anew_is_refused() {
        for bad in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.1",
            "1.2.3.0x4",
            "[::1]",
            "::1",
            "évil.test",
            "evil。test",
            "evil\u{200b}.test",
            "xn--a.test",
            "evil.test.",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in [
            "",
            ".",
            "..",
            "evil",
            "localhost",
            "-evil.test",
            "evil-.test",
            "evil..test",
            ".evil.test",
            "evil test.test",
            " evil.test",
            "evil.test\n",
            "evil.test\0",
            "evil\t.test",
            "evil_1.test",
            "*.evil.test",
            "{yourDomain}",
            "a.test,b.test",
        ] {
            check(bad, None);
        }
    }

    #[track_caller]
    fn check(text: &str, want: Option<&str>) {
        let got = text.parse::<HostName>();
        assert_eq!(got.as_ref().ok().map(HostName::as_str), want, "{text:?}");
        assert!(got.err().is_none_or(|error| error.kind() == ErrorKind::Config), "{text:?}");
    }

    #[test]
    fn the_first_label_is_what_stands_before_the_dot() {
        assert_eq!("a-b.c.test".parse::<HostName>().unwrap().first_label(), "a-b");
    }
}
