use serde::Serialize;

/// What only Facebook's login dialog takes ([Manually build a login
/// flow](https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct FacebookParams {
    auth_type: Option<FacebookAuthType>,
    auth_nonce: Option<String>,
    display: Option<FacebookDisplay>,
    config_id: Option<String>,
    return_scopes: Option<bool>,
}

/// What the dialog asks of a user who was here before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FacebookAuthType {
    /// The password again.
    Reauthenticate,
    /// What the user declined before. Without it Facebook does not ask twice.
    Rerequest,
}

/// How the dialog is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FacebookDisplay {
    /// For a whole page.
    Page,
    /// For a small window.
    Popup,
    /// For a telephone.
    Touch,
}

impl FacebookParams {
    /// Facebook's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the dialog asks of a user who was here before. Facebook's default: nothing that was
    /// answered.
    #[must_use]
    pub fn auth_type(mut self, auth_type: FacebookAuthType) -> Self {
        self.auth_type = Some(auth_type);
        self
    }

    /// A value of the application's own that Facebook takes once, with
    /// [`FacebookAuthType::Reauthenticate`].
    #[must_use]
    pub fn auth_nonce(mut self, nonce: impl Into<String>) -> Self {
        self.auth_nonce = Some(nonce.into());
        self
    }

    /// How the dialog is drawn. Facebook's default: for a whole page.
    #[must_use]
    pub fn display(mut self, display: FacebookDisplay) -> Self {
        self.display = Some(display);
        self
    }

    /// A configuration of Facebook Login for Business, which says what is asked for.
    #[must_use]
    pub fn config_id(mut self, id: impl Into<String>) -> Self {
        self.config_id = Some(id.into());
        self
    }

    /// Whether the callback says what was granted and what declined: the token's
    /// `extra("granted_scopes")` and `extra("denied_scopes")`, joined by commas. They come by the
    /// browser, and its user can change them.
    #[must_use]
    pub fn return_scopes(mut self, returned: bool) -> Self {
        self.return_scopes = Some(returned);
        self
    }
}

#[cfg(test)]
mod tests {
    use hallpass_testkit::own_params;

    use super::*;
    use crate::Facebook;

    #[test]
    fn each_parameter_has_facebooks_name_and_nothing_is_sent_unasked() {
        let new = FacebookParams::new;
        check(&new(), "");
        check(&new().auth_type(FacebookAuthType::Rerequest), "auth_type=rerequest");
        let again = new().auth_type(FacebookAuthType::Reauthenticate).auth_nonce("n1");
        check(&again, "auth_nonce=n1&auth_type=reauthenticate");
        check(&new().display(FacebookDisplay::Page), "display=page");
        check(&new().display(FacebookDisplay::Popup), "display=popup");
        check(&new().display(FacebookDisplay::Touch), "display=touch");
        check(&new().config_id("4207"), "config_id=4207");
        check(&new().return_scopes(true), "return_scopes=true");
    }

    #[track_caller]
    fn check(params: &FacebookParams, want: &str) {
        assert_eq!(own_params(Facebook::new(), params), want);
    }
}
