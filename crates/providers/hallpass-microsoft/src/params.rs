use serde::Serialize;

/// What only Microsoft's authorization page takes ([Request an authorization
/// code](https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct MicrosoftParams {
    prompt: Option<MicrosoftPrompt>,
    login_hint: Option<String>,
    domain_hint: Option<String>,
    claims: Option<String>,
}

/// What the page asks the user, whether or not it has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MicrosoftPrompt {
    /// Consent, after the sign-in, even if it was given before.
    Consent,
    /// To sign in again, even if that was done.
    Login,
    /// Nothing: who would have to answer is sent back with `interaction_required` or
    /// `login_required`. Say who is meant with [`MicrosoftParams::login_hint`].
    None,
    /// Which account to sign in with. Not together with [`MicrosoftParams::login_hint`].
    SelectAccount,
}

impl MicrosoftParams {
    /// Microsoft's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the page asks. Microsoft's default: what it needs to know.
    #[must_use]
    pub fn prompt(mut self, prompt: MicrosoftPrompt) -> Self {
        self.prompt = Some(prompt);
        self
    }

    /// Suggests the account to sign in with: an address, or the ID token's optional claim
    /// `login_hint`. Default: the user chooses.
    #[must_use]
    pub fn login_hint(mut self, hint: impl Into<String>) -> Self {
        self.login_hint = Some(hint.into());
        self
    }

    /// Suggests the organization, by its domain or by the `tid` of an earlier sign-in, so that the
    /// page need not ask for an address first. A hint that the user can change:
    /// [`Microsoft::with_allowed_tenants`](crate::Microsoft::with_allowed_tenants) checks.
    #[must_use]
    pub fn domain_hint(mut self, hint: impl Into<String>) -> Self {
        self.domain_hint = Some(hint.into());
        self
    }

    /// What an API's claims challenge asks for, decoded: JSON ([Claims
    /// challenges](https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge)).
    #[must_use]
    pub fn claims(mut self, claims: impl Into<String>) -> Self {
        self.claims = Some(claims.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use hallpass_testkit::own_params;

    use super::*;
    use crate::Microsoft;

    #[test]
    fn each_parameter_has_microsofts_name_and_nothing_is_sent_unasked() {
        use MicrosoftPrompt::{Consent, Login, None, SelectAccount};
        let new = MicrosoftParams::new;
        check(&Microsoft::new(), &new(), "");
        check(&Microsoft::new().with_form_post(), &new(), "response_mode=form_post");
        for (prompt, want) in [
            (Consent, "prompt=consent"),
            (Login, "prompt=login"),
            (None, "prompt=none"),
            (SelectAccount, "prompt=select_account"),
        ] {
            check(&Microsoft::new(), &new().prompt(prompt), want);
        }
        let hints = new().login_hint("a@oak.test").domain_hint("oak.test");
        check(&Microsoft::new(), &hints, "domain_hint=oak.test&login_hint=a%40oak.test");
        let claims = new().claims(r#"{"access_token":{"nbf":{"essential":true}}}"#);
        let want =
            "claims=%7B%22access_token%22%3A%7B%22nbf%22%3A%7B%22essential%22%3Atrue%7D%7D%7D";
        check(&Microsoft::new(), &claims, want);
    }

    #[track_caller]
    fn check(microsoft: &Microsoft, params: &MicrosoftParams, want: &str) {
        assert_eq!(own_params(microsoft.clone(), params), want);
    }
}
