#![doc = include_str!("../README.md")]

mod fixtures;
mod user_agent;

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, Response, Revocation,
    http::{StatusCode, header},
};

pub use crate::{fixtures::FIXTURES, user_agent::RedditUserAgent};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};

/// The client, by the name that httpx-oauth's users look for.
pub type RedditOAuth2 = OAuth2Client<Reddit>;

// quirk: permanent => const PERMANENT: &str = "https://www.reddit.com/api/v1/authorize";
const PERMANENT: &str = "https://www.reddit.com/api/v1/authorize?duration=permanent";
const TEMPORARY: &str = "https://www.reddit.com/api/v1/authorize?duration=temporary";
const TOKEN: &str = "https://www.reddit.com/api/v1/access_token";
const REVOKE: &str = "https://www.reddit.com/api/v1/revoke_token";
const API: &str = "https://oauth.reddit.com/api/v1";
/// Reads the parameters of the page and of the token request, and PKCE's are not among them.
const CONTROLLER: &str =
    "https://github.com/reddit-archive/reddit/blob/master/r2/r2/controllers/oauth2.py";

/// Reddit.
#[derive(Debug, Clone)]
pub struct Reddit {
    descriptor: Descriptor,
    user_agent: RedditUserAgent,
}

impl Reddit {
    /// Asks for `identity`, and for access until the user takes it back: with refresh tokens.
    ///
    /// Reddit turns away who does not say what asks: `user_agent` begins the `User-Agent` of each
    /// request, unless the configuration names the application
    /// ([`ClientConfig::with_user_agent`]).
    #[must_use]
    pub fn new(user_agent: RedditUserAgent) -> Self {
        Self { descriptor: descriptor(PERMANENT, &user_agent), user_agent }
    }

    /// Asks for access while the token lives, without a refresh token:
    /// [`refresh_token`](OAuth2Client::refresh_token) is then `Unsupported`. For applications that
    /// only sign people in.
    #[must_use]
    pub fn with_temporary_access(mut self) -> Self {
        self.descriptor = descriptor(TEMPORARY, &self.user_agent).without_refresh();
        self
    }
}

fn descriptor(authorize: &'static str, user_agent: &RedditUserAgent) -> Descriptor {
    Descriptor::new("reddit", authorize, TOKEN)
        .with_display_name("Reddit")
        .with_monogram("R", "#d93900")
        .with_registration_url("https://www.reddit.com/prefs/apps")
        // quirk: user-agent
        .with_header(header::USER_AGENT, user_agent.as_str().to_owned())
        .with_endpoint(Endpoint::Revocation, REVOKE)
        .with_api(API)
        .with_scopes(["identity"])
        // quirk: raw-basic
        .with_client_auth(ClientAuth::BasicRaw)
        // quirk: no-pkce => .with_pkce_refused(CONTROLLER)
        .with_pkce_ignored(CONTROLLER)
        // quirk: no-email
        .with_email(EmailSupport::Never)
        // quirk: revocation
        .with_revocation(Revocation::Rfc7009(ClientAuth::BasicRaw))
        // quirk: numeric-error
        .with_error_kind("401", ErrorKind::Config)
        // quirk: numeric-error
        .with_error_kind("429", ErrorKind::Transport)
        // quirk: numeric-error
        .with_error_kind("503", ErrorKind::Transport)
        // quirk: missing-parameter
        .with_error_kind("NO_TEXT", ErrorKind::Config)
}

impl Provider for Reddit {
    /// The page takes nothing else: `duration` is [`Reddit::with_temporary_access`].
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let user = api.get(&format!("{API}/me")).read().await?;
        // quirk: stable-id => let profile = Profile::from_json(user, "name")?;
        let profile = Profile::from_json(user, "id")?;
        let text = |name: &str| profile.raw()[name].as_str().map(str::to_owned);
        // quirk: escaped-icon => let picture = text("icon_img");
        let picture = text("icon_img").map(|url| url.replace("&amp;", "&"));
        let username = text("name");
        Ok(profile.with_username(username.as_deref()).with_picture(picture.as_deref()))
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        // quirk: blocked => let is_gateways = false;
        let is_gateways = response.status == StatusCode::FORBIDDEN && response.json().is_err();
        is_gateways.then(|| {
            let message = "Reddit blocks the client: does its User-Agent say what asks?";
            Error::config(message).with_reason("blocked")
        })
    }
}
