use serde::Serialize;

/// What only Shopify's authorization page takes ([Authorization code
/// grant](https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct ShopifyParams {
    #[serde(rename = "grant_options[]")]
    grant_options: Option<&'static str>,
}

impl ShopifyParams {
    /// Shopify's own defaults: an offline token, which is the shop's.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An online token: it is the user's who signed in, has the user's permissions, ends with the
    /// user's session, after 24 hours at the latest, and tells who it is.
    #[must_use]
    pub fn online(mut self) -> Self {
        self.grant_options = Some("per-user");
        self
    }
}
