#![doc = include_str!("../README.md")]

mod errors;
mod fixtures;
mod params;
mod validation;

use hallpass_core::{
    Api, ClientAuth, ClientKeys, Descriptor, EmailSupport, Endpoint, IdTokenVerifier, Json,
    Request, Response, Revocation,
    http::{HeaderName, HeaderValue},
};
use hallpass_openid::{IssuerRule, OpenId};

pub use crate::{
    fixtures::FIXTURES,
    params::{TwitchClaim, TwitchParams},
    validation::TwitchValidation,
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};

/// The client, by a name in httpx-oauth's manner.
pub type TwitchOAuth2 = OAuth2Client<Twitch>;

const ISSUER: &str = "https://id.twitch.tv/oauth2";
const JWKS: &str = "https://id.twitch.tv/oauth2/keys";
const AUTHORIZE: &str = "https://id.twitch.tv/oauth2/authorize";
const TOKEN: &str = "https://id.twitch.tv/oauth2/token";
const USERINFO: &str = "https://id.twitch.tv/oauth2/userinfo";
const REVOKE: &str = "https://id.twitch.tv/oauth2/revoke";
const VALIDATE: &str = "https://id.twitch.tv/oauth2/validate";
const API: &str = "https://api.twitch.tv";
const API_HOST: &str = "api.twitch.tv";
const CLIENT_ID: HeaderName = HeaderName::from_static("client-id");
/// Lists the parameters of both endpoints, and PKCE's are not among them.
const SPECIFICATION: &str = "https://dev.twitch.tv/docs/authentication/getting-tokens-oidc/";
const CONSOLE: &str = "https://dev.twitch.tv/console/apps/create";

/// Twitch, by OpenID Connect.
#[derive(Debug, Clone)]
pub struct Twitch {
    openid: OpenId<TwitchParams>,
}

impl Default for Twitch {
    fn default() -> Self {
        Self::new()
    }
}

impl Twitch {
    /// Asks for `openid user:read:email`. Twitch takes no PKCE: the nonce ties a code to its login.
    #[must_use]
    pub fn new() -> Self {
        let descriptor = Descriptor::new("twitch", AUTHORIZE, TOKEN)
            .with_display_name("Twitch")
            .with_monogram("T", "#9146ff")
            .with_registration_url(CONSOLE)
            .with_issuer(ISSUER)
            .with_endpoint(Endpoint::Userinfo, USERINFO)
            .with_api(API)
            // quirk: id-token => .with_scopes(["user:read:email"])
            .with_scopes(["openid", "user:read:email"])
            .with_client_auth(ClientAuth::Post)
            // quirk: no-pkce => .with_pkce_refused(SPECIFICATION)
            .with_pkce_ignored(SPECIFICATION)
            .with_email(EmailSupport::Flagged)
            // quirk: revocation
            .with_revocation(Revocation::Custom(&[Revoke::AccessToken]))
            // quirk: callback-words
            .with_error_kind("redirect_mismatch", ErrorKind::Config);
        let issuer = IssuerRule::Exact(ISSUER.to_owned());
        Self { openid: OpenId::pinned(descriptor, issuer, JWKS) }
    }

    /// Whose the token is, for which application, and for how long ([Validating
    /// tokens](https://dev.twitch.tv/docs/authentication/validate-tokens/)). Twitch wants it asked
    /// at each start and every hour for as long as a session stands on the token, and the session
    /// ended when it is refused. For a token that somebody else hands in, see
    /// [`TwitchValidation::is_for`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`], reason `invalid_token`: the user disconnected the application, or the
    /// token is dead. [`ErrorKind::Malformed`]: it is no user's token. Otherwise as
    /// [`OAuth2Client::send`].
    pub async fn validate(&self, api: Api<'_>) -> Result<TwitchValidation> {
        api.get(VALIDATE).read_as().await
    }
}

impl Provider for Twitch {
    type Params = TwitchParams;

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(&self.openid)
    }

    /// From the API: userinfo has no more than an id, unless each claim was asked for.
    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let profile = Profile::from_json(
            only_user(api.get(&format!("{API}/helix/users")).read().await?)?,
            "id",
        )?;
        // quirk: same-user
        if api.token().claims().is_some_and(|claims| claims.subject() != profile.id()) {
            return Err(Error::security("subject", "the profile is about somebody else"));
        }
        let text = |name: &str| profile.raw()[name].as_str().map(str::to_owned);
        let (email, name) = (text("email"), text("display_name"));
        let (username, picture) = (text("login"), text("profile_image_url"));
        Ok(profile
            // quirk: verified-alone => .with_email(email.as_deref(), EmailVerification::Unknown)
            .with_email(email.as_deref(), EmailVerification::Verified)
            .with_name(name.as_deref())
            .with_username(username.as_deref())
            .with_picture(picture.as_deref()))
    }

    fn api_request(
        &self,
        request: &mut Request,
        _token: &OAuth2Token,
        keys: ClientKeys<'_>,
    ) -> Result<()> {
        // quirk: client-id
        if request.url.host_str() == Some(API_HOST) {
            let id = HeaderValue::from_str(keys.client_id())
                .map_err(|_| Error::config("a client id that no header can hold"))?;
            request.headers.insert(CLIENT_ID, id);
        }
        Ok(())
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        errors::refusal(response)
    }

    async fn revoke(&self, api: Api<'_>, _what: Revoke) -> Result<()> {
        let form = [("token", api.token().access_token().clone())];
        api.post(REVOKE).client_auth(ClientAuth::None).form(form).send().await.map(drop)
    }
}

/// Asked without an id, the API answers with a list of one: the token's user.
fn only_user(mut answer: Json) -> Result<Json> {
    match answer.get_mut("data").and_then(Json::as_array_mut) {
        // quirk: envelope
        Some(users) if users.len() == 1 => Ok(users.remove(0)),
        _ => Err(Error::malformed("the answer is not about one user").with_reason("empty_id")),
    }
}
