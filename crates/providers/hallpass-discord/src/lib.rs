#![doc = include_str!("../README.md")]

mod authorization;
mod fixtures;
mod guild;
mod openid_fixtures;
mod params;

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, IdTokenVerifier, Json, Response,
    Revocation, http::StatusCode,
};
use hallpass_openid::{IssuerRule, OpenId};

pub use crate::{
    authorization::DiscordAuthorization,
    fixtures::FIXTURES,
    guild::DiscordGuild,
    openid_fixtures::OPENID_FIXTURES,
    params::{DiscordInstall, DiscordParams, DiscordPrompt},
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};

/// The client, by the name that httpx-oauth's users look for.
pub type DiscordOAuth2 = OAuth2Client<Discord>;

const ISSUER: &str = "https://discord.com";
/// Where Discord's own metadata names the keys: without a version.
const JWKS: &str = "https://discord.com/api/oauth2/keys";
const AUTHORIZE: &str = "https://discord.com/oauth2/authorize";
// quirk: versioned-api => const API: &str = "https://discord.com/api";
const API: &str = "https://discord.com/api/v10";
// quirk: versioned-api => const TOKEN: &str = "https://discord.com/api/oauth2/token";
const TOKEN: &str = "https://discord.com/api/v10/oauth2/token";
const REVOKE: &str = "https://discord.com/api/v10/oauth2/token/revoke";
const USERINFO: &str = "https://discord.com/api/v10/oauth2/userinfo";
const AVATARS: &str = "https://cdn.discordapp.com/avatars";

/// Discord, by version 10 of its API: [`new`](Self::new) by OAuth 2.0, [`openid`](Self::openid) by
/// OpenID Connect.
#[derive(Debug, Clone)]
pub struct Discord {
    descriptor: Descriptor,
    openid: Option<OpenId<DiscordParams>>,
}

impl Default for Discord {
    fn default() -> Self {
        Self::new()
    }
}

impl Discord {
    /// By OAuth 2.0. Asks for `identify email`.
    #[must_use]
    pub fn new() -> Self {
        Self { descriptor: common().with_scopes(["identify", "email"]), openid: None }
    }

    /// By OpenID Connect: each login brings a verified ID token besides, and the profile is about
    /// its user. Asks for `openid identify email`. The ids are those of [`new`](Self::new).
    ///
    /// The ID token says who it is and no more. [`Api::userinfo`] has the standard claims
    /// ([OpenAPI description](https://github.com/discord/discord-api-spec), `/oauth2/userinfo`).
    #[must_use]
    pub fn openid() -> Self {
        let descriptor = common()
            .with_endpoint(Endpoint::Userinfo, USERINFO)
            .with_scopes(["openid", "identify", "email"]);
        let issuer = IssuerRule::Exact(ISSUER.to_owned());
        let openid = OpenId::pinned(descriptor.clone(), issuer, JWKS);
        Self { descriptor, openid: Some(openid) }
    }

    /// The guilds (servers) that the user is a member of: all of them, 200 at most ([Get current
    /// user guilds](https://discord.com/developers/docs/resources/user#get-current-user-guilds)).
    /// Needs the scope `guilds`.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`]: [`ErrorKind::Denied`] without the scope.
    /// [`ErrorKind::Malformed`] if it is no such list.
    pub async fn guilds(&self, api: Api<'_>) -> Result<Vec<DiscordGuild>> {
        api.get(&format!("{API}/users/@me/guilds")).read_as().await
    }

    /// Whose the token is, for which application, and what it may ([Get current authorization
    /// information](https://discord.com/developers/docs/topics/oauth2#get-current-authorization-information)):
    /// for tokens that somebody else hands in. See [`DiscordAuthorization::is_for`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`], reason `invalid_token`, if it is dead. Otherwise as
    /// [`OAuth2Client::send`]; [`ErrorKind::Malformed`] if it is no such answer.
    pub async fn current_authorization(&self, api: Api<'_>) -> Result<DiscordAuthorization> {
        api.get(&format!("{API}/oauth2/@me")).read_as().await
    }
}

fn common() -> Descriptor {
    Descriptor::new("discord", AUTHORIZE, TOKEN)
        .with_display_name("Discord")
        .with_monogram("D", "#5865f2")
        .with_registration_url("https://discord.com/developers/applications")
        // quirk: iss
        .with_issuer(ISSUER)
        .with_endpoint(Endpoint::Revocation, REVOKE)
        .with_api(API)
        // quirk: basic
        .with_client_auth(ClientAuth::Basic)
        .with_email(EmailSupport::Flagged)
        // quirk: revocation
        .with_revocation(Revocation::Rfc7009(ClientAuth::Basic))
}

impl Provider for Discord {
    type Params = DiscordParams;

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        self.openid.as_ref().map(|openid| openid as &dyn IdTokenVerifier)
    }

    /// From the API by OpenID Connect too: one profile for both ways, and of userinfo only `sub` is
    /// promised.
    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let user: Json = api.get(&format!("{API}/users/@me")).read().await?;
        let profile = Profile::from_json(user, "id")?;
        // quirk: same-user
        if api.token().claims().is_some_and(|claims| claims.subject() != profile.id()) {
            return Err(Error::security("subject", "the profile is about somebody else"));
        }
        let text = |name: &str| {
            profile.raw()[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (email, username) = (text("email"), text("username"));
        // quirk: display-name => let name = text("global_name");
        let name = text("global_name").or_else(|| username.clone());
        let (picture, locale) = (picture(&profile), text("locale"));
        // quirk: unverified-email => let verification = EmailVerification::Verified;
        let verification = EmailVerification::from_flag(profile.raw().get("verified"));
        Ok(profile
            // quirk: optional-email => .with_email(email.as_deref().or(Some("null")), verification)
            .with_email(email.as_deref(), verification)
            .with_name(name.as_deref())
            .with_username(username.as_deref())
            .with_picture(picture.as_deref())
            .with_locale(locale.as_deref()))
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        // quirk: blocked => let is_gateways = false;
        let is_gateways = response.status == StatusCode::FORBIDDEN && response.json().is_err();
        is_gateways.then(|| {
            let message = "a gateway in front of Discord blocks the client: name it in User-Agent";
            Error::config(message).with_reason("blocked")
        })
    }
}

/// The avatar is a hash, to be put into a URL; neither it nor the id may lead elsewhere.
fn picture(profile: &Profile) -> Option<String> {
    let hash = profile.raw()["avatar"].as_str()?;
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let id = profile.id();
    // quirk: avatar => Some(hash.to_owned())
    (is_plain(id) && is_plain(hash)).then(|| format!("{AVATARS}/{id}/{hash}.png"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_made_of_an_id_and_a_hash_and_of_nothing_else() {
        let animated = "https://cdn.discordapp.com/avatars/42/a_0b1c.png";
        check("42", "a_0b1c", Some(animated));
        for (id, hash) in [("42", ""), ("42", "../x"), ("42", "a?b"), ("42", "é"), ("4/2", "0b1c")]
        {
            check(id, hash, None);
        }
    }

    #[track_caller]
    fn check(id: &str, hash: &str, want: Option<&str>) {
        let profile = Profile::new(id, serde_json::json!({ "avatar": hash }));
        assert_eq!(picture(&profile).as_deref(), want, "{id} {hash}");
    }
}
