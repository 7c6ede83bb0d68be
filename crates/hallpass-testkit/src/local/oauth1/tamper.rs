use std::{fmt, sync::Arc};

type Params = Vec<(String, String)>;

/// A lie of a [`LocalOAuth1`](crate::LocalOAuth1): it changes one sort of answer before it leaves,
/// and nothing else. Set it with [`tamper`](crate::LocalOAuth1::tamper); it applies to all that
/// follow, until [`clear_tampering`](crate::LocalOAuth1::clear_tampering).
///
/// ```
/// # use hallpass_testkit::OAuth1Tamper;
/// let tampers = [
///     OAuth1Tamper::temporary_credentials(|params| params.retain(|(name, _)| name != "oauth_callback_confirmed")),
///     OAuth1Tamper::callback(|params| params[0].1 = "somebody else's".into()),
/// ];
/// # assert_eq!(format!("{:?}", tampers[1]), "OAuth1Tamper(Callback)");
/// ```
pub struct OAuth1Tamper {
    answer: Sort,
    change: Box<dyn Fn(&mut Params) + Send + Sync>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Callback,
    TemporaryCredentials,
    TokenCredentials,
}

impl OAuth1Tamper {
    /// The parameters of the answer to a request for temporary credentials: `oauth_token`,
    /// `oauth_token_secret`, `oauth_callback_confirmed`.
    #[must_use]
    pub fn temporary_credentials(
        change: impl Fn(&mut Vec<(String, String)>) + Send + Sync + 'static,
    ) -> Self {
        Self { answer: Sort::TemporaryCredentials, change: Box::new(change) }
    }

    /// The parameters that the browser brings back: `oauth_token` and `oauth_verifier`, or
    /// `denied`.
    #[must_use]
    pub fn callback(change: impl Fn(&mut Vec<(String, String)>) + Send + Sync + 'static) -> Self {
        Self { answer: Sort::Callback, change: Box::new(change) }
    }

    /// The parameters of the answer that has the token: `oauth_token`, `oauth_token_secret`,
    /// `user_id`, `screen_name`.
    #[must_use]
    pub fn token_credentials(
        change: impl Fn(&mut Vec<(String, String)>) + Send + Sync + 'static,
    ) -> Self {
        Self { answer: Sort::TokenCredentials, change: Box::new(change) }
    }
}

impl fmt::Debug for OAuth1Tamper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OAuth1Tamper({:?})", self.answer)
    }
}

/// Names and values as they leave.
pub(super) fn tampered(
    tampers: &[Arc<OAuth1Tamper>],
    sort: Sort,
    pairs: &[(&str, &str)],
) -> Params {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut params = pairs.iter().map(own).collect();
    for tamper in tampers.iter().filter(|tamper| tamper.answer == sort) {
        (tamper.change)(&mut params);
    }
    params
}
