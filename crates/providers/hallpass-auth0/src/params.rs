use serde::Serialize;

/// What Auth0's authorization page takes beyond the standard ([Authorize
/// application](https://auth0.com/docs/api/authentication/authorization-code-flow/authorize-application)).
/// `max_age` and `acr_values` are methods of the login itself, since their answers are checked.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Auth0Params {
    audience: Option<String>,
    connection: Option<String>,
    invitation: Option<String>,
    login_hint: Option<String>,
    organization: Option<String>,
    prompt: Option<Auth0Prompt>,
    screen_hint: Option<&'static str>,
    ui_locales: Option<String>,
}

/// What the page asks the user, whether or not it has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Auth0Prompt {
    /// Consent, even if it was given before.
    Consent,
    /// To sign in, even if that was done.
    Login,
    /// Nothing: who would have to answer is sent back with an error.
    None,
}

impl Auth0Params {
    /// Auth0's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The API that the access token is for, by its identifier. Default: the tenant's default
    /// audience, or userinfo alone, with an opaque token.
    #[must_use]
    pub fn audience(mut self, identifier: impl Into<String>) -> Self {
        self.audience = Some(identifier.into());
        self
    }

    /// Sends the user on to one connection, by its name: `google-oauth2`, `github` … Default: the
    /// user chooses.
    #[must_use]
    pub fn connection(mut self, name: impl Into<String>) -> Self {
        self.connection = Some(name.into());
        self
    }

    /// The ticket of an invitation to an organization; goes with
    /// [`organization`](Self::organization).
    #[must_use]
    pub fn invitation(mut self, ticket: impl Into<String>) -> Self {
        self.invitation = Some(ticket.into());
        self
    }

    /// Fills in the address or user name. Default: an empty field.
    #[must_use]
    pub fn login_hint(mut self, hint: impl Into<String>) -> Self {
        self.login_hint = Some(hint.into());
        self
    }

    /// Signs in to one organization, by id (`org_…`) or name. A hint that the user can change:
    /// [`Auth0::with_organization`](crate::Auth0::with_organization) checks.
    #[must_use]
    pub fn organization(mut self, organization: impl Into<String>) -> Self {
        self.organization = Some(organization.into());
        self
    }

    /// What the page asks. Default: what it needs to know.
    #[must_use]
    pub fn prompt(mut self, prompt: Auth0Prompt) -> Self {
        self.prompt = Some(prompt);
        self
    }

    /// Begins with the page that makes an account. Default: the one that signs in.
    #[must_use]
    pub fn sign_up(mut self) -> Self {
        self.screen_hint = Some("signup");
        self
    }

    /// Languages for the page, the best first, joined by spaces. Default: the browser's.
    #[must_use]
    pub fn ui_locales(mut self, locales: impl Into<String>) -> Self {
        self.ui_locales = Some(locales.into());
        self
    }
}
