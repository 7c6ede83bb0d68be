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
    use hallpass_testkit::own_params;

    use super::*;
    use crate::Spotify;

    #[test]
    fn the_dialog_is_asked_for_by_spotifys_name_and_not_unasked() {
        check(&SpotifyParams::new(), "");
        check(&SpotifyParams::new().show_dialog(true), "show_dialog=true");
        check(&SpotifyParams::new().show_dialog(false), "show_dialog=false");
    }

    #[track_caller]
    fn check(params: &SpotifyParams, want: &str) {
        assert_eq!(own_params(Spotify::new(), params), want);
    }
}
