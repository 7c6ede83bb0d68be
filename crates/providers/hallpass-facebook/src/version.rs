use std::{fmt, str::FromStr};

use hallpass_core::{Error, Result};

/// A version of the Graph API, such as `v26.0`. Parsed before any URL is made of it.
///
/// Facebook keeps each for about two years ([the
/// list](https://developers.facebook.com/docs/graph-api/changelog/versions/)), and serves a call to
/// an older one by the oldest that lives. Default: `v25.0`, which is kept until July 2028.
///
/// ```
/// use hallpass_facebook::{Facebook, GraphVersion};
///
/// let facebook = Facebook::at_version(&"v26.0".parse::<GraphVersion>()?);
/// assert!("v26.0/../evil".parse::<GraphVersion>().is_err());
/// # Ok::<(), hallpass_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GraphVersion {
    major: u16,
    minor: u16,
}

impl Default for GraphVersion {
    fn default() -> Self {
        Self { major: 25, minor: 0 }
    }
}

impl FromStr for GraphVersion {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): not `v`, a number, a dot and a number.
    fn from_str(text: &str) -> Result<Self> {
        let number = |digits: &str| {
            let is_plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if is_plain { digits.parse().ok() } else { None }
        };
        let parts = text.strip_prefix('v').and_then(|text| text.split_once('.'));
        match parts.map(|(major, minor)| (number(major), number(minor))) {
            Some((Some(major), Some(minor))) => Ok(Self { major, minor }),
            _ => Err(Error::config("no version of the Graph API, such as v25.0")),
        }
    }
}

impl fmt::Display for GraphVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_two_numbers_and_nothing_else() {
        check("v25.0", Some("v25.0"));
        check("v100.12", Some("v100.12"));
        check("v025.0", Some("v25.0"));
        for bad in [
            "",
            "v",
            "v25",
            "v25.",
            "v.0",
            "25.0",
            "V25.0",
            "v25.0.1",
            "v+25.0",
            "v-1.0",
            "v25.0/",
            "v25.0/..",
            "v25.0?",
            "v25.0#",
            "../v25.0",
            " v25.0",
            "v25.0 ",
            "v25.0\n",
            "v25 .0",
            "v99999.0",
            "v２５.0",
            "vé.0",
            "evil.test",
            "a@b",
            "a:b",
            "[::1]",
            "127.0.0.1",
        ] {
            check(bad, None);
        }
    }

    #[track_caller]
    fn check(text: &str, want: Option<&str>) {
        let got = text.parse::<GraphVersion>();
        let shown = got.as_ref().ok().map(ToString::to_string);
        assert_eq!(shown.as_deref(), want, "{text:?}");
        assert!(got.err().is_none_or(|e| e.kind() == hallpass_core::ErrorKind::Config));
    }
}
