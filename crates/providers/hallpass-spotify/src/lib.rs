#![doc = include_str!("../README.md")]

mod fixtures;
mod params;

use hallpass_core::{Api, ClientAuth, Descriptor, EmailSupport, Json};

pub use crate::{fixtures::FIXTURES, params::SpotifyParams};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};

/// The client, by a name in httpx-oauth's manner.
pub type SpotifyOAuth2 = OAuth2Client<Spotify>;

const AUTHORIZE: &str = "https://accounts.spotify.com/authorize";
const TOKEN: &str = "https://accounts.spotify.com/api/token";
const API: &str = "https://api.spotify.com/v1";

/// Spotify.
#[derive(Debug, Clone)]
pub struct Spotify {
    descriptor: Descriptor,
}

impl Default for Spotify {
    fn default() -> Self {
        Self::new()
    }
}

impl Spotify {
    /// Asks for `user-read-email user-read-private`.
    #[must_use]
    pub fn new() -> Self {
        let descriptor = Descriptor::new("spotify", AUTHORIZE, TOKEN)
            .with_display_name("Spotify")
            .with_monogram("S", "#1a7f42")
            .with_registration_url("https://developer.spotify.com/dashboard")
            .with_api(API)
            .with_scopes(["user-read-email", "user-read-private"])
            // quirk: basic
            .with_client_auth(ClientAuth::Basic)
            .with_email(EmailSupport::Unflagged);
        Self { descriptor }
    }
}

impl Provider for Spotify {
    type Params = SpotifyParams;

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let user: Json = api.get(&format!("{API}/me")).read().await?;
        // quirk: account-id => let has_account_id = true;
        let has_account_id = user.get("account_id").is_some_and(|id| !id.is_null());
        // quirk: account-id => let profile = Profile::from_json(user, "id")?;
        let profile = Profile::from_json(user, if has_account_id { "account_id" } else { "id" })?;
        // quirk: missing-fields => let text = |name: &str| Some(profile.raw()[name].to_string());
        let text = |name: &str| profile.raw()[name].as_str().map(str::to_owned);
        let (email, name, username) = (text("email"), text("display_name"), text("id"));
        let picture = profile.raw()["images"][0]["url"].as_str().map(str::to_owned);
        Ok(profile
            // quirk: unproven-address => .with_email(email.as_deref(), EmailVerification::Verified)
            .with_email(email.as_deref(), EmailVerification::Unknown)
            // quirk: missing-fields => .with_name(name.as_deref().or(Some("null")))
            .with_name(name.as_deref())
            .with_username(username.as_deref())
            .with_picture(picture.as_deref()))
    }
}
