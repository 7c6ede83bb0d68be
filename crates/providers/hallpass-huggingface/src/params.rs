use std::borrow::Cow;

use serde::Serialize;

/// What only the Hub's authorization page takes ([Accessing organization
/// resources](https://huggingface.co/docs/hub/oauth#accessing-organization-resources)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct HuggingFaceParams {
    #[serde(rename = "orgIds")]
    org_ids: Option<Cow<'static, str>>,
}

impl HuggingFaceParams {
    /// The Hub's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An organization whose resources the application needs, by its id: the page selects it for
    /// the user, who may still say no. The id is
    /// [`HuggingFaceOrganization::sub`](crate::HuggingFaceOrganization::sub). Default: none.
    #[must_use]
    pub fn organization(mut self, id: impl Into<Cow<'static, str>>) -> Self {
        self.org_ids = Some(id.into());
        self
    }
}
