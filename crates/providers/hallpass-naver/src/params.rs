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
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use hallpass_core::{ClientConfig, OAuth2Client, url::Url};

    use super::*;
    use crate::Naver;

    #[test]
    fn each_parameter_has_navers_name_and_nothing_is_sent_unasked() {
        let of_type = |auth_type| NaverParams::new().auth_type(auth_type);
        check(&NaverParams::new(), None);
        check(&of_type(NaverAuthType::Autologin), Some("autologin"));
        check(&of_type(NaverAuthType::Reauthenticate), Some("reauthenticate"));
        check(&of_type(NaverAuthType::Reprompt), Some("reprompt"));
    }

    #[track_caller]
    fn check(params: &NaverParams, want: Option<&str>) {
        let config = ClientConfig::new("ID").with_redirect_uri("https://app.test/cb").unwrap();
        for naver in [Naver::new(), Naver::openid()] {
            let naver = OAuth2Client::new(naver, config.clone()).unwrap();
            let login = at_once(naver.authorize().params(params).start()).unwrap();
            let url = Url::parse(login.url.as_str()).unwrap();
            let got = url.query_pairs().find(|(name, _)| name == "auth_type");
            assert_eq!(got.map(|(_, value)| value.into_owned()).as_deref(), want, "{url}");
        }
    }

    /// Nothing here waits for anything.
    fn at_once<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => unreachable!("no request is sent"),
        }
    }
}
