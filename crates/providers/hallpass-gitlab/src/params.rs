use std::borrow::Cow;

use serde::Serialize;

/// What only GitLab's authorization page takes ([Authorization code with
/// PKCE](https://docs.gitlab.com/api/oauth2/#authorization-code-with-proof-key-for-code-exchange-pkce)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct GitLabParams {
    root_namespace_id: Option<Cow<'static, str>>,
}

impl GitLabParams {
    /// GitLab's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The top-level group, by its id, whose members sign in by SAML: the user is sent there first.
    /// A hint that the user can take out of the address: it proves no membership. Default: none.
    #[must_use]
    pub fn root_namespace_id(mut self, id: impl Into<Cow<'static, str>>) -> Self {
        self.root_namespace_id = Some(id.into());
        self
    }
}
