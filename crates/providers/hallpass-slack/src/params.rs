use serde::Serialize;

/// What only Slack's authorization page takes ([Sign in with
/// Slack](https://docs.slack.dev/authentication/sign-in-with-slack/)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct SlackParams {
    team: Option<String>,
}

impl SlackParams {
    /// Slack's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Suggests the workspace to sign in with, by its id (`T…`). A hint that the user can change:
    /// [`Slack::with_team`](crate::Slack::with_team) checks. Slack's default: the user chooses.
    #[must_use]
    pub fn team(mut self, id: impl Into<String>) -> Self {
        self.team = Some(id.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_has_slacks_name_and_nothing_is_sent_unasked() {
        let json = |params: &SlackParams| serde_json::to_value(params).unwrap();
        assert_eq!(json(&SlackParams::new()), serde_json::json!({ "team": null }));
        let chosen = SlackParams::new().team("T0AK1QZ5");
        assert_eq!(json(&chosen), serde_json::json!({ "team": "T0AK1QZ5" }));
    }
}
