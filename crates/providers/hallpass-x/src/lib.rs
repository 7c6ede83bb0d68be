#![doc = include_str!("../README.md")]

mod fixtures;
mod problem;

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, Json, Response, Revocation,
};

pub use crate::fixtures::FIXTURES;
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};

/// The client, named as httpx-oauth names its own.
pub type XOAuth2 = OAuth2Client<X>;

/// The client, by the name that X had before.
pub type TwitterOAuth2 = XOAuth2;

const AUTHORIZE: &str = "https://x.com/i/oauth2/authorize";
const TOKEN: &str = "https://api.x.com/2/oauth2/token";
const REVOKE: &str = "https://api.x.com/2/oauth2/revoke";
const ME: &str = "https://api.x.com/2/users/me";
const DASHBOARD: &str = "https://developer.x.com/en/portal/dashboard";

const SCOPES: [&str; 3] = ["users.read", "tweet.read", "users.email"];
const OFFLINE: &str = "offline.access";

/// X, formerly Twitter. Its page takes no parameters of its own.
#[derive(Debug, Clone)]
pub struct X {
    descriptor: Descriptor,
}

impl Default for X {
    fn default() -> Self {
        Self::new()
    }
}

impl X {
    /// Asks for `users.read tweet.read users.email`: a token of two hours, and no refresh token.
    #[must_use]
    pub fn new() -> Self {
        let descriptor = Descriptor::new("x", AUTHORIZE, TOKEN)
            .with_display_name("X")
            .with_monogram("X", "#000000")
            .with_registration_url(DASHBOARD)
            .with_endpoint(Endpoint::Revocation, REVOKE)
            // quirk: two-scopes => .with_scopes(["users.read", "users.email"])
            .with_scopes(SCOPES)
            // quirk: basic
            .with_client_auth(ClientAuth::Basic)
            // quirk: pkce => .with_pkce_refused(DASHBOARD)
            .with_pkce_required()
            .with_email(EmailSupport::Flagged)
            // quirk: revocation
            .with_revocation(Revocation::Rfc7009(ClientAuth::Basic));
        Self { descriptor }
    }

    /// Asks for `offline.access` too, and so for a refresh token, good once and for about half a
    /// year: each refresh brings the next one. [`ClientConfig::with_scopes`] replaces all scopes,
    /// this one among them.
    #[must_use]
    pub fn with_offline_access(mut self) -> Self {
        // quirk: offline
        self.descriptor = self.descriptor.with_scopes(SCOPES.into_iter().chain([OFFLINE]));
        self
    }

    /// The user, with id, name, username and the fields that are named here, such as `verified` or
    /// `public_metrics` ([Get my User](https://docs.x.com/x-api/users/get-my-user)): what stands in
    /// `data` of the answer. Without any, X gives id, name and username.
    ///
    /// A field that this token may not see is left out, and no error.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`]. [`ErrorKind::Config`], reason `client_forbidden`: the app is not
    /// enrolled for this API. [`ErrorKind::Denied`], with X's code: there is no such user.
    /// [`ErrorKind::Transport`]: try again.
    /// [`ErrorKind::Malformed`]: it is no such answer.
    pub async fn me(&self, api: Api<'_>, fields: &[&str]) -> Result<Json> {
        let call = api.get(ME);
        let call = match fields {
            [] => call,
            fields => call.query("user.fields", fields.join(",")),
        };
        let mut answer = call.read().await?;
        // quirk: nested => Ok(answer)
        match answer.get_mut("data").map(Json::take) {
            Some(user) if user.is_object() => Ok(user),
            _ => Err(problem::of_errors(&answer["errors"])),
        }
    }
}

impl Provider for X {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let user = self.me(api, &["confirmed_email", "profile_image_url"]).await?;
        let profile = Profile::from_json(user, "id")?;
        let text = |name: &str| profile.raw()[name].as_str().map(str::to_owned);
        let (name, username) = (text("name"), text("username"));
        // quirk: confirmed-email => let email = text("email");
        let email = text("confirmed_email");
        let picture = text("profile_image_url");
        Ok(profile
            // quirk: confirmed-email => .with_email(email.as_deref(), EmailVerification::Unknown)
            .with_email(email.as_deref(), EmailVerification::Verified)
            .with_name(name.as_deref())
            .with_username(username.as_deref())
            .with_picture(picture.as_deref()))
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        problem::refusal(response)
    }
}
