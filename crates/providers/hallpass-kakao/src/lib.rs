#![doc = include_str!("../README.md")]

mod errors;
mod fixtures;
mod openid_fixtures;
mod params;
mod token_info;

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, IdTokenVerifier, Json, Response,
    Revocation,
};
use hallpass_openid::{IssuerRule, OpenId};

pub use crate::{
    fixtures::FIXTURES,
    openid_fixtures::OPENID_FIXTURES,
    params::{KakaoParams, KakaoPrompt},
    token_info::KakaoTokenInfo,
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};

/// The client, by the name that httpx-oauth's users look for.
pub type KakaoOAuth2 = OAuth2Client<Kakao>;

const ISSUER: &str = "https://kauth.kakao.com";
const JWKS: &str = "https://kauth.kakao.com/.well-known/jwks.json";
const AUTHORIZE: &str = "https://kauth.kakao.com/oauth/authorize";
const TOKEN: &str = "https://kauth.kakao.com/oauth/token";
const API: &str = "https://kapi.kakao.com";
const USERINFO: &str = "https://kapi.kakao.com/v1/oidc/userinfo";
const CONSOLE: &str = "https://developers.kakao.com/console/app";

/// Kakao: [`new`](Self::new) by OAuth 2.0, [`openid`](Self::openid) by OpenID Connect.
#[derive(Debug, Clone)]
pub struct Kakao {
    descriptor: Descriptor,
    openid: Option<OpenId<KakaoParams>>,
}

impl Default for Kakao {
    fn default() -> Self {
        Self::new()
    }
}

impl Kakao {
    /// By OAuth 2.0. Asks for `profile_nickname account_email`.
    #[must_use]
    pub fn new() -> Self {
        let descriptor = common().with_scopes(["profile_nickname", "account_email"]);
        Self { descriptor, openid: None }
    }

    /// By OpenID Connect, which must be switched on for the app: each login brings a verified ID
    /// token besides, and the profile is about its user. Asks for `openid profile_nickname
    /// account_email`. The ids are those of [`new`](Self::new).
    #[must_use]
    pub fn openid() -> Self {
        let descriptor = common()
            .with_issuer(ISSUER)
            .with_endpoint(Endpoint::Userinfo, USERINFO)
            .with_scopes(["openid", "profile_nickname", "account_email"]);
        let issuer = IssuerRule::Exact(ISSUER.to_owned());
        let openid = OpenId::pinned(descriptor.clone(), issuer, JWKS);
        Self { descriptor, openid: Some(openid) }
    }

    /// Ends the link between the user and the app, and all its tokens of this user with it: the
    /// next login asks for everything anew
    /// ([Unlink](https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#unlink)). For who
    /// closes an account; [`revoke_token`](OAuth2Client::revoke_token) logs out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`], reason `invalid_token`: the token is dead. Otherwise as
    /// [`OAuth2Client::send`].
    pub async fn unlink(&self, api: Api<'_>) -> Result<()> {
        // quirk: unlink => api.post(&format!("{API}/v1/user/logout")).send().await.map(drop)
        api.post(&format!("{API}/v1/user/unlink")).send().await.map(drop)
    }

    /// Whose the token is, for which app, and for how long ([Get access token
    /// information](https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#get-token-info)):
    /// for tokens that somebody else hands in. See [`KakaoTokenInfo::is_for`].
    ///
    /// # Errors
    ///
    /// As [`unlink`](Self::unlink); [`ErrorKind::Malformed`] if it is no such answer.
    pub async fn token_info(&self, api: Api<'_>) -> Result<KakaoTokenInfo> {
        api.get(&format!("{API}/v1/user/access_token_info")).read_as().await
    }
}

fn common() -> Descriptor {
    Descriptor::new("kakao", AUTHORIZE, TOKEN)
        .with_display_name("Kakao")
        .with_monogram("K", "#3c1e1e")
        .with_registration_url(CONSOLE)
        .with_api(API)
        // quirk: comma-scope
        .with_scope_separator(',')
        .with_client_auth(ClientAuth::Post)
        .with_email(EmailSupport::Flagged)
        // quirk: revocation
        .with_revocation(Revocation::Custom(&[Revoke::AccessToken, Revoke::RefreshToken]))
}

impl Provider for Kakao {
    type Params = KakaoParams;

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        self.openid.as_ref().map(|openid| openid as &dyn IdTokenVerifier)
    }

    /// From the API by OpenID Connect too: userinfo has one flag for the address, the API both.
    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        // quirk: https-pictures => let call = api.get(&format!("{API}/v2/user/me"));
        let call = api.get(&format!("{API}/v2/user/me")).query("secure_resource", "true");
        let profile = Profile::from_json(call.read().await?, "id")?;
        // quirk: same-user
        if api.token().claims().is_some_and(|claims| claims.subject() != profile.id()) {
            return Err(Error::security("subject", "the profile is about somebody else"));
        }
        let account = &profile.raw()["kakao_account"];
        let shown = &account["profile"];
        let text = |value: &Json| value.as_str().map(str::to_owned);
        let (email, name) = (text(&account["email"]), text(&shown["nickname"]));
        // quirk: default-image => let has_picture = true;
        let has_picture = shown["is_default_image"] != true;
        let picture = text(&shown["profile_image_url"]).filter(|_| has_picture);
        let verification = verification(account);
        Ok(profile
            .with_email(email.as_deref(), verification)
            .with_name(name.as_deref())
            .with_picture(picture.as_deref()))
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        errors::refusal(response)
    }

    async fn revoke(&self, api: Api<'_>, _what: Revoke) -> Result<()> {
        // The access token and its refresh token end together.
        api.post(&format!("{API}/v1/user/logout")).send().await.map(drop)
    }
}

/// An address can be proven and no longer be the user's: `is_email_valid` says whether it still is.
fn verification(account: &Json) -> EmailVerification {
    use EmailVerification::{Unknown, Unverified, Verified};
    let flag = |name: &str| EmailVerification::from_flag(account.get(name));
    // quirk: two-flags => flag("is_email_verified")
    match (flag("is_email_valid"), flag("is_email_verified")) {
        (Verified, Verified) => Verified,
        (Unverified, _) | (_, Unverified) => Unverified,
        _ => Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_is_verified_only_if_both_flags_say_so() {
        use EmailVerification::{Unknown, Unverified, Verified};
        check(json!({ "is_email_valid": true, "is_email_verified": true }), Verified);
        check(json!({ "is_email_valid": true, "is_email_verified": false }), Unverified);
        check(json!({ "is_email_valid": false, "is_email_verified": true }), Unverified);
        check(json!({ "is_email_valid": false, "is_email_verified": false }), Unverified);
        check(json!({ "is_email_valid": true }), Unknown);
        check(json!({ "is_email_verified": true }), Unknown);
        check(json!({ "is_email_valid": true, "is_email_verified": null }), Unknown);
        check(json!({ "is_email_valid": false }), Unverified);
        check(json!({ "is_email_verified": false }), Unverified);
        check(json!({ "is_email_valid": true, "is_email_verified": 1 }), Unverified);
        check(json!({}), Unknown);
        check(json!(null), Unknown);
    }

    #[track_caller]
    #[allow(clippy::needless_pass_by_value)]
    fn check(account: Json, want: EmailVerification) {
        assert_eq!(verification(&account), want, "{account}");
    }
}
