#![doc = include_str!("../README.md")]

mod errors;
mod fixtures;
mod params;
mod token_info;

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, IdTokenVerifier, Json, Revocation,
    TokenReply, VerifiedClaims,
};
use hallpass_openid::{Algorithm, IssuerRule, OpenId};

pub use crate::{
    fixtures::FIXTURES,
    params::{LineBotPrompt, LineParams, LinePrompt},
    token_info::LineTokenInfo,
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};

/// The client, by a name in httpx-oauth's manner.
pub type LineOAuth2 = OAuth2Client<Line>;

const ISSUER: &str = "https://access.line.me";
const AUTHORIZE: &str = "https://access.line.me/oauth2/v2.1/authorize";
const TOKEN: &str = "https://api.line.me/oauth2/v2.1/token";
const JWKS: &str = "https://api.line.me/oauth2/v2.1/certs";
const USERINFO: &str = "https://api.line.me/oauth2/v2.1/userinfo";
const VERIFY: &str = "https://api.line.me/oauth2/v2.1/verify";
const REVOKE: &str = "https://api.line.me/oauth2/v2.1/revoke";
const PROFILE: &str = "https://api.line.me/v2/profile";
const DEAUTHORIZE: &str = "https://api.line.me/user/v1/deauthorize";
const CONSOLE: &str = "https://developers.line.biz/console/";
/// What the callback says of the official account.
const FRIENDSHIP: &str = "friendship_status_changed";

/// LINE Login, version 2.1.
#[derive(Debug, Clone)]
pub struct Line {
    openid: OpenId<LineParams>,
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

impl Line {
    /// Asks for `profile openid email`. A channel without the permission for addresses leaves
    /// `email` out ([`ClientConfig::with_scopes`]).
    #[must_use]
    pub fn new() -> Self {
        let descriptor = Descriptor::new("line", AUTHORIZE, TOKEN)
            .with_display_name("LINE")
            .with_monogram("L", "#04a648")
            .with_registration_url(CONSOLE)
            .with_issuer(ISSUER)
            .with_endpoint(Endpoint::Userinfo, USERINFO)
            // quirk: id-token => .with_scopes(["profile", "email"])
            .with_scopes(["profile", "openid", "email"])
            .with_client_auth(ClientAuth::Post)
            .with_email(EmailSupport::Unflagged)
            // quirk: revocation
            .with_revocation(Revocation::Custom(&[Revoke::AccessToken]));
        let issuer = IssuerRule::Exact(ISSUER.to_owned());
        let openid = OpenId::pinned(errors::with_kinds(descriptor), issuer, JWKS)
            // quirk: hmac
            .with_algorithms([Algorithm::Hs256, Algorithm::Es256]);
        Self { openid }
    }

    /// For which channel the token is, and for how long ([Verify access token
    /// validity](https://developers.line.biz/en/reference/line-login/#verify-access-token)): for
    /// tokens that somebody else hands in. See [`LineTokenInfo::is_for`]. LINE takes the token in
    /// the URL here.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`], reason `invalid_token`: the token is dead. Otherwise as
    /// [`OAuth2Client::send`].
    pub async fn verify(&self, api: Api<'_>) -> Result<LineTokenInfo> {
        let call = api.get(VERIFY).query("access_token", api.token().access_token().clone());
        call.read_as().await.map_err(errors::about_the_token)
    }

    /// Takes back everything that a user granted to the channel
    /// ([Deauthorize](https://developers.line.biz/en/reference/line-login/#deauthorize)): LINE
    /// wants it for who closes an account. `channel` is the API for a channel access token of the
    /// channel, which is got elsewhere; `user` is the user's own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`], reason `invalid_token`: the user's token is dead, or the grant is
    /// taken back already. Otherwise as [`OAuth2Client::send`].
    pub async fn deauthorize(&self, channel: Api<'_>, user: &OAuth2Token) -> Result<()> {
        let body = serde_json::json!({ "userAccessToken": user.access_token().expose() });
        // quirk: deauthorize => let sent = channel.post(DEAUTHORIZE).send().await;
        let sent = channel.post(DEAUTHORIZE).json(&body).send().await;
        sent.map(drop).map_err(errors::about_the_token)
    }
}

impl Provider for Line {
    type Params = LineParams;

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(&self.openid)
    }

    fn token_reply(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        // quirk: friendship
        if let Some(changed) = reply.callback(FRIENDSHIP).map(|changed| changed == "true") {
            reply.fields()?.insert(FRIENDSHIP.to_owned(), changed.into());
        }
        Ok(())
    }

    /// The profile from the API; the address from the verified ID token, which alone has it.
    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let claims = api.token().claims();
        let profile = Profile::from_json(api.get(PROFILE).read().await?, "userId")?;
        // quirk: same-user
        if claims.is_some_and(|claims| claims.subject() != profile.id()) {
            return Err(Error::security("subject", "the profile is about somebody else"));
        }
        let text = |name: &str| profile.raw()[name].as_str().map(str::to_owned);
        // quirk: own-names => let (name, picture) = (text("name"), text("picture"));
        let (name, picture) = (text("displayName"), text("pictureUrl"));
        Ok(profile
            // quirk: no-flag => .with_email(email(claims), EmailVerification::Verified)
            .with_email(email(claims), EmailVerification::Unknown)
            .with_name(name.as_deref())
            .with_picture(picture.as_deref()))
    }

    async fn revoke(&self, api: Api<'_>, _what: Revoke) -> Result<()> {
        let form = [("access_token", api.token().access_token().clone())];
        let call = api.post(REVOKE).client_auth(ClientAuth::Post).form(form);
        call.send().await.map(drop).map_err(errors::about_the_token)
    }
}

fn email(claims: Option<&VerifiedClaims>) -> Option<&str> {
    // quirk: email-in-id-token => None
    claims.and_then(|claims| claims.get("email")).and_then(Json::as_str)
}
