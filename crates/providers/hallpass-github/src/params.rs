use serde::Serialize;

/// What only GitHub's authorization page takes ([Authorizing OAuth
/// apps](https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct GitHubParams {
    login: Option<String>,
    allow_signup: Option<bool>,
    prompt: Option<&'static str>,
}

impl GitHubParams {
    /// GitHub's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Suggests the account to sign in with. Default: the one that is signed in.
    #[must_use]
    pub fn login(mut self, login: impl Into<String>) -> Self {
        self.login = Some(login.into());
        self
    }

    /// Whether whoever has no account may make one on the way. GitHub's default: yes.
    #[must_use]
    pub fn allow_signup(mut self, allowed: bool) -> Self {
        self.allow_signup = Some(allowed);
        self
    }

    /// Lets the user choose between accounts even if one is signed in.
    #[must_use]
    pub fn select_account(mut self) -> Self {
        self.prompt = Some("select_account");
        self
    }
}
