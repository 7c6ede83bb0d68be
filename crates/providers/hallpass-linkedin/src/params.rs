use serde::Serialize;

/// What only LinkedIn's authorization page takes (LinkedIn's page "Authorization Code Flow
/// (3-legged OAuth)").
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct LinkedInParams {
    enable_extended_login: Option<bool>,
}

impl LinkedInParams {
    /// LinkedIn's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the page also offers to sign in with Google, Apple or a passkey where it otherwise
    /// hides that, as in browsers inside of apps. LinkedIn's default: no.
    #[must_use]
    pub fn enable_extended_login(mut self, enabled: bool) -> Self {
        self.enable_extended_login = Some(enabled);
        self
    }
}

#[cfg(test)]
mod tests {
    use hallpass_testkit::own_params;

    use super::*;
    use crate::LinkedIn;

    #[test]
    fn the_parameter_has_linkedins_name_and_nothing_is_sent_unasked() {
        check(&LinkedInParams::new(), "");
        let extended = LinkedInParams::new().enable_extended_login(true);
        check(&extended, "enable_extended_login=true");
    }

    #[track_caller]
    fn check(params: &LinkedInParams, want: &str) {
        assert_eq!(own_params(LinkedIn::new(), params), want);
    }
}
