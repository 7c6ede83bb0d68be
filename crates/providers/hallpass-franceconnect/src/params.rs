use std::borrow::Cow;

use hallpass_openid::ClaimsRequest;
use serde::Serialize;

/// What FranceConnect's authorization page takes besides the rest ([its own
/// source](https://github.com/france-connect/sources)). `acr_values` is of the provider, or of the
/// login: [`with_acr_values_per_login`](crate::FranceConnect::with_acr_values_per_login).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct FranceConnectParams {
    prompt: Option<FranceConnectPrompt>,
    idp_hint: Option<Cow<'static, str>>,
    claims: Option<ClaimsRequest>,
    ui_locales: Option<Cow<'static, str>>,
}

/// What the page asks the user. FranceConnect asks for both in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FranceConnectPrompt {
    /// Whether the data may be handed on.
    Consent,
    /// To sign in.
    Login,
}

impl FranceConnectParams {
    /// FranceConnect's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the page asks. FranceConnect's default: `login consent`, whatever is said here.
    #[must_use]
    pub fn prompt(mut self, prompt: FranceConnectPrompt) -> Self {
        self.prompt = Some(prompt);
        self
    }

    /// The identity provider, by FranceConnect's id for it: the page that lists them is left out.
    /// Default: the user chooses.
    #[must_use]
    pub fn idp_hint(mut self, id: impl Into<Cow<'static, str>>) -> Self {
        self.idp_hint = Some(id.into());
        self
    }

    /// Single claims, such as `amr` in the ID token. Default: those of the scopes.
    #[must_use]
    pub fn claims(mut self, claims: ClaimsRequest) -> Self {
        self.claims = Some(claims);
        self
    }

    /// Languages for the page, the best first, joined by spaces. Default: FranceConnect's choice.
    #[must_use]
    pub fn ui_locales(mut self, locales: impl Into<Cow<'static, str>>) -> Self {
        self.ui_locales = Some(locales.into());
        self
    }
}
