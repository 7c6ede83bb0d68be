use serde::Serialize;

/// What only Spotify's authorization page takes ([Authorization Code
/// Flow](https://developer.spotify.com/documentation/web-api/tutorials/code-flow)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct SpotifyParams {
    show_dialog: Option<bool>,
}

impl SpotifyParams {
    /// Spotify's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the page asks a user who approved the application before. Spotify's default: no.
    #[must_use]
    pub fn show_dialog(mut self, shown: bool) -> Self {
        self.show_dialog = Some(shown);
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
    use crate::Spotify;

    #[test]
    fn the_dialog_is_asked_for_by_spotifys_name_and_not_unasked() {
        check(&SpotifyParams::new(), None);
        check(&SpotifyParams::new().show_dialog(true), Some("true"));
        check(&SpotifyParams::new().show_dialog(false), Some("false"));
    }

    #[track_caller]
    fn check(params: &SpotifyParams, want: Option<&str>) {
        let config = ClientConfig::new("ID").with_redirect_uri("https://app.test/cb").unwrap();
        let spotify = OAuth2Client::new(Spotify::new(), config).unwrap();
        let login = at_once(spotify.authorize().params(params).start()).unwrap();
        let url = Url::parse(login.url.as_str()).unwrap();
        let got = url.query_pairs().find(|(name, _)| name == "show_dialog");
        assert_eq!(got.map(|(_, value)| value.into_owned()).as_deref(), want, "{url}");
    }

    /// Nothing here waits for anything.
    fn at_once<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => unreachable!("no request is sent"),
        }
    }
}
