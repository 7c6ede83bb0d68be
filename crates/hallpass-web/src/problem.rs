use hallpass_core::{Error, ErrorKind, OAuthError};

use crate::page::Problem;

impl<'a> Problem<'a> {
    /// What a person is told of an error of a login; what it says itself is for the log.
    /// `reference` finds it there.
    #[must_use]
    pub fn of(error: &Error, reference: &'a str) -> Self {
        let code = error.oauth().map(OAuthError::code);
        match (error.kind(), error.reason(), code) {
            // Ours, and no provider's.
            (_, Some("attempt_store"), _) => Problem::Misconfigured { reference },
            // The attempt, or its code.
            (ErrorKind::Denied, Some("expired"), _)
            | (ErrorKind::Denied, _, Some("invalid_grant")) => Problem::Expired,
            (ErrorKind::Denied, Some("pending"), _) | (ErrorKind::Security, Some("state"), _) => {
                Problem::Unknown
            }
            // Whatever it is that came, no provider of ours sends it.
            (_, Some("duplicate" | "too_long" | "no_code"), _) => Problem::Unknown,
            (ErrorKind::Denied, ..) => Problem::Denied,
            (ErrorKind::Transport, ..) => {
                Problem::ProviderDown { retry_after: error.retry_after() }
            }
            _ => Problem::Misconfigured { reference },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_error_is_one_problem_of_the_person_s() {
        check(Error::denied("no").with_oauth(OAuthError::new("access_denied")), Problem::Denied);
        check(Error::denied("late").with_reason("expired"), Problem::Expired);
        check(
            Error::denied("spent").with_oauth(OAuthError::new("invalid_grant")),
            Problem::Expired,
        );
        check(Error::denied("old").with_reason("pending"), Problem::Unknown);
        check(Error::security("state", "another"), Problem::Unknown);
        check(Error::malformed("state twice").with_reason("duplicate"), Problem::Unknown);
        check(Error::malformed("a long one").with_reason("too_long"), Problem::Unknown);
        let ours = Problem::Misconfigured { reference: "7f3a" };
        check(Error::security("nonce", "another"), ours);
        check(Error::config("no redirect URI"), ours);
        check(Error::malformed("what?"), ours);
        check(Error::unsupported("not that"), ours);
        check(Error::transport("away").with_reason("attempt_store"), ours);
        let retry_after = Some(Duration::from_secs(7));
        let down = Error::transport("busy").with_retry_after(retry_after);
        check(down, Problem::ProviderDown { retry_after });
        check(Error::transport("away"), Problem::ProviderDown { retry_after: None });
    }

    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "a table of them")]
    fn check(error: Error, want: Problem<'_>) {
        assert_eq!(Problem::of(&error, "7f3a"), want, "{error}");
    }
}
