use serde::Serialize;

/// What only Naver's authorization page takes ([Development guide, sections 4.1.5, 4.2 and
/// 5.1](https://developers.naver.com/docs/login/devguide/devguide.md)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct NaverParams {
    auth_type: Option<NaverAuthType>,
}

/// What the page does beside a plain sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum NaverAuthType {
    /// Asks nothing, inside Naver's own app; a user who would have to answer is sent back with
    /// `access_denied`.
    Autologin,
    /// Asks for the password, even of somebody who is signed in.
    Reauthenticate,
    /// Asks again for the items of the profile that the user refused.
    Reprompt,
}

impl NaverParams {
    /// Naver's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the page does beside a plain sign-in. Default: nothing.
    #[must_use]
    pub fn auth_type(mut self, auth_type: NaverAuthType) -> Self {
        self.auth_type = Some(auth_type);
        self
    }
}

#[cfg(test)]
mod tests {
    use hallpass_testkit::own_params;

    use super::*;
    use crate::Naver;

    #[test]
    fn each_parameter_has_navers_name_and_nothing_is_sent_unasked() {
        let of_type = |auth_type| NaverParams::new().auth_type(auth_type);
        check(&NaverParams::new(), "");
        check(&of_type(NaverAuthType::Autologin), "auth_type=autologin");
        check(&of_type(NaverAuthType::Reauthenticate), "auth_type=reauthenticate");
        check(&of_type(NaverAuthType::Reprompt), "auth_type=reprompt");
    }

    #[track_caller]
    fn check(params: &NaverParams, want: &str) {
        for naver in [Naver::new(), Naver::openid()] {
            assert_eq!(own_params(naver, params), want);
        }
    }
}
