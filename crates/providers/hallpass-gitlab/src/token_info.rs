use std::time::{Duration, SystemTime};

use serde::Deserialize;

/// What a token is, as GitLab says ([Retrieve the token
/// information](https://docs.gitlab.com/api/oauth2/#retrieve-the-token-information)).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GitLabTokenInfo {
    resource_owner_id: Option<u64>,
    #[serde(default)]
    scope: Vec<String>,
    expires_in: Option<i64>,
    application: Option<Application>,
    created_at: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Application {
    uid: Option<String>,
}

impl GitLabTokenInfo {
    /// The user's id, which is the profile's; `None` for a token that is nobody's.
    #[must_use]
    pub fn user_id(&self) -> Option<String> {
        self.resource_owner_id.map(|id| id.to_string())
    }

    /// The client id of the application that it was given to; `None` for a personal one.
    #[must_use]
    pub fn application(&self) -> Option<&str> {
        self.application.as_ref()?.uid.as_deref()
    }

    /// What it may.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.iter().map(String::as_str)
    }

    /// How long it is still good, in whole seconds; `None` if it does not end.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        // quirk: no-end => Some(Duration::from_secs(self.expires_in.unwrap_or(0).unsigned_abs()))
        self.expires_in.map(|seconds| Duration::from_secs(seconds.try_into().unwrap_or(0)))
    }

    /// When it was made; `None` also for a time that is none.
    #[must_use]
    pub fn created_at(&self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.created_at?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whatever_a_server_says_and_never_panic() {
        check(r#"{"expires_in":7,"created_at":3}"#, Some(7), Some(3));
        check(r#"{"expires_in":-7}"#, Some(0), None);
        check(r#"{"expires_in":null,"created_at":null}"#, None, None);
        check(r#"{"expires_in":9223372036854775807}"#, Some(u64::MAX / 2), None);
        let last: GitLabTokenInfo =
            serde_json::from_str(r#"{"created_at":18446744073709551615}"#).unwrap();
        assert_eq!(last.created_at(), None);
    }

    #[track_caller]
    fn check(json: &str, expires_in: Option<u64>, created_at: Option<u64>) {
        let info: GitLabTokenInfo = serde_json::from_str(json).unwrap();
        assert_eq!(info.expires_in().map(|it| it.as_secs()), expires_in, "{json}");
        let since = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        assert_eq!(info.created_at().map(since), created_at, "{json}");
    }
}
