use serde::Serialize;

/// What only LinkedIn's authorization page takes (LinkedIn's page "Authorization Code Flow (3-legged
/// OAuth)").
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct LinkedInParams {
    enable_extended_login: Option<bool>,
}

impl LinkedInParams {
    /// LinkedIn's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the page also offers to sign in with Google, Apple or a passkey where it otherwise
    /// hides that, as in browsers inside of apps. LinkedIn's default: no.
    #[must_use]
    pub fn enable_extended_login(mut self, enabled: bool) -> Self {
        self.enable_extended_login = Some(enabled);
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

    use hallpass_core::{ClientConfig, OAuth2Client};

    use super::*;
    use crate::LinkedIn;

    #[test]
    fn the_parameter_has_linkedins_name_and_nothing_is_sent_unasked() {
        check(&LinkedInParams::new(), "");
        let extended = LinkedInParams::new().enable_extended_login(true);
        check(&extended, "enable_extended_login=true");
    }

    /// The page's URL ends in these pairs, and has none of LinkedIn's own beside them.
    #[track_caller]
    fn check(params: &LinkedInParams, want: &str) {
        let config = ClientConfig::new("ID").with_redirect_uri("https://app.test/cb").unwrap();
        let linkedin = OAuth2Client::new(LinkedIn::new(), config).unwrap();
        let login = at_once(linkedin.authorize().params(params).start()).unwrap();
        let url = hallpass_core::url::Url::parse(login.url.as_str()).unwrap();
        let own = url.query_pairs().filter(|(name, _)| !OF_CORE.contains(&&**name));
        let mut query = hallpass_core::url::form_urlencoded::Serializer::new(String::new());
        assert_eq!(query.extend_pairs(own).finish(), want);
    }

    const OF_CORE: [&str; 6] =
        ["client_id", "nonce", "redirect_uri", "response_type", "scope", "state"];

    /// Nothing here waits for anything.
    fn at_once<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => unreachable!("no request is sent"),
        }
    }
}
