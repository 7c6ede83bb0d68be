use std::{fmt, str::FromStr};

use hallpass_core::{Error, Result};

/// What asks, as Reddit wants to be told: `<platform>:<app ID>:<version> (by /u/<username>)`
/// ([API rules](https://github.com/reddit-archive/reddit/wiki/API#rules)). Unique and true: Reddit
/// limits defaults, and bans those that pass for somebody else.
///
/// ```
/// use hallpass_reddit::RedditUserAgent;
///
/// let user_agent: RedditUserAgent = "server:test.app:v1.0.2 (by /u/robin_oak)".parse()?;
/// assert!("curl/8.5.0".parse::<RedditUserAgent>().is_err());
/// # Ok::<(), hallpass_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedditUserAgent(Box<str>);

/// Longer parts than anybody needs.
const LONGEST_PART_BYTES: usize = 100;

impl RedditUserAgent {
    /// The text, as it was parsed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RedditUserAgent {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): it is not of the form above.
    fn from_str(text: &str) -> Result<Self> {
        let parts = text.strip_suffix(')').and_then(|text| text.split_once(" (by /u/"));
        let is_good = parts.is_some_and(|(application, username)| {
            let parts: Vec<_> = application.split(':').collect();
            parts.len() == 3 && parts.into_iter().all(is_part) && is_username(username)
        });
        if !is_good {
            let form = "<platform>:<app ID>:<version> (by /u/<username>)";
            return Err(Error::config(format!("Reddit wants a User-Agent of the form {form}")));
        }
        Ok(Self(text.into()))
    }
}

fn is_part(part: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._+-/".contains(&b);
    (1..=LONGEST_PART_BYTES).contains(&part.len()) && part.bytes().all(is_plain)
}

fn is_username(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (3..=20).contains(&name.len()) && name.bytes().all(is_plain)
}

impl fmt::Display for RedditUserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_says_platform_application_version_and_whose_it_is() {
        check("linux:test.oak.app:v1.2.3 (by /u/robin_oak)", true);
        check("server:oak/app:2026-01+1 (by /u/r-o)", true);
        for bad in [
            "",
            "hallpass/0.1.0",
            "curl/8.5.0",
            "Mozilla/5.0 (X11; Linux x86_64)",
            "linux:test.oak.app:v1.2.3",
            "linux:test.oak.app:v1.2.3 (by robin_oak)",
            "linux:test.oak.app:v1.2.3 (by /u/robin_oak) ",
            " linux:test.oak.app:v1.2.3 (by /u/robin_oak)",
            "linux:test.oak.app:v1.2.3  (by /u/robin_oak)",
            "linux:test.oak.app:v1.2.3 (by /u/robin oak)",
            "linux:test.oak.app:v1.2.3 (by /u/ro)",
            "linux:test.oak.app:v1.2.3 (by /u/twenty-one-characters)",
            "linux:test.oak.app:v1.2.3 (by /u/robin_oak))",
            "linux:test.oak.app:v1.2.3 (by /u/a) (by /u/robin_oak)",
            "linux:test.oak.app (by /u/robin_oak)",
            "linux:test.oak.app:v1:2 (by /u/robin_oak)",
            "linux::v1 (by /u/robin_oak)",
            ":: (by /u/robin_oak)",
            "linux:oak app:v1 (by /u/robin_oak)",
            "linux:oak@app:v1 (by /u/robin_oak)",
            "linux:oak#app:v1 (by /u/robin_oak)",
            "linux:éiche:v1 (by /u/robin_oak)",
            "linux:oak\r\nx-evil: 1:v1 (by /u/robin_oak)",
            "linux:oak:v1 (by /u/robin\n_oak)",
            "linux:oak:v1 (by /u/robin_oak)\n",
            "linux:oak:v1\0 (by /u/robin_oak)",
        ] {
            check(bad, false);
        }
        check(&format!("linux:{}:v1 (by /u/robin_oak)", "o".repeat(100)), true);
        check(&format!("linux:{}:v1 (by /u/robin_oak)", "o".repeat(101)), false);
    }

    #[track_caller]
    fn check(text: &str, is_good: bool) {
        match text.parse::<RedditUserAgent>() {
            Ok(user_agent) => assert!(is_good && user_agent.to_string() == text, "{text:?}"),
            Err(error) => {
                assert!(!is_good, "{text:?}");
                assert_eq!(error.kind(), hallpass_core::ErrorKind::Config);
            }
        }
    }
}
