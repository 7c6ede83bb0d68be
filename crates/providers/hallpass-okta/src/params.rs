use serde::Serialize;

/// What Okta's authorization page takes beyond the standard ([Authorize a
/// client](https://developer.okta.com/docs/api/openapi/okta-oauth/oauth/tag/OrgAS/#tag/OrgAS/operation/authorize)).
/// `max_age` and `acr_values` are methods of the login itself, since their answers are checked.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct OktaParams {
    idp: Option<String>,
    login_hint: Option<String>,
    prompt: Option<OktaPrompt>,
}

/// What the page asks the user, whether or not it has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OktaPrompt {
    /// Consent, even if it was given before.
    Consent,
    /// To sign in, even if that was done.
    Login,
    /// Nothing: who would have to answer is sent back with an error.
    None,
}

impl OktaParams {
    /// Okta's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends the user on to an identity provider that the organisation trusts, by its id
    /// (`0oa…`). Default: the organisation's routing rules.
    #[must_use]
    pub fn idp(mut self, id: impl Into<String>) -> Self {
        self.idp = Some(id.into());
        self
    }

    /// Fills in the user name. Default: an empty field.
    #[must_use]
    pub fn login_hint(mut self, hint: impl Into<String>) -> Self {
        self.login_hint = Some(hint.into());
        self
    }

    /// What the page asks. Default: what it needs to know.
    #[must_use]
    pub fn prompt(mut self, prompt: OktaPrompt) -> Self {
        self.prompt = Some(prompt);
        self
    }
}
