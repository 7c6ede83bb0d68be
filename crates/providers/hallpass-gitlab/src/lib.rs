#![doc = include_str!("../README.md")]

mod fixtures;
mod host;
mod params;
mod token_info;

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, IdTokenVerifier, Json, Revocation,
};
use hallpass_openid::{IssuerRule, OpenId, standard_profile};

pub use crate::{
    fixtures::FIXTURES, host::GitLabHost, params::GitLabParams, token_info::GitLabTokenInfo,
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};

/// The client, by the name that its neighbours have.
pub type GitLabOAuth2 = OAuth2Client<GitLab>;

const GITLAB_COM: &str = "https://gitlab.com";

/// GitLab: gitlab.com, or a server of one's own.
#[derive(Debug, Clone)]
pub struct GitLab {
    openid: OpenId<GitLabParams>,
    base: String,
}

impl Default for GitLab {
    fn default() -> Self {
        Self::new()
    }
}

impl GitLab {
    /// gitlab.com. Asks for `openid profile email`.
    #[must_use]
    pub fn new() -> Self {
        Self::at(GITLAB_COM.to_owned())
    }

    /// A server of one's own, or GitLab Dedicated. Give each client a name of its own
    /// ([`ClientConfig::with_name`]) where an application has several.
    #[must_use]
    pub fn self_managed(host: &GitLabHost) -> Self {
        Self::at(host.url())
    }

    /// The user's own JSON ([Retrieve the current
    /// user](https://docs.gitlab.com/api/users/#retrieve-the-current-user)): more than userinfo
    /// has. Needs the scope `read_user`. Its `id`, a number, is the profile's id.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`]: 403, code `insufficient_scope`, without the scope.
    /// [`ErrorKind::Malformed`] if it is not JSON.
    pub async fn user(&self, api: Api<'_>) -> Result<Json> {
        api.get(&format!("{}/api/v4/user", self.base)).read().await
    }

    /// Whether the token is one of this application's, and what it may ([Retrieve the token
    /// information](https://docs.gitlab.com/api/oauth2/#retrieve-the-token-information)): for
    /// tokens that somebody else hands in.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`], reason `invalid_token`: it is another application's, or dead.
    pub async fn check_token(&self, api: Api<'_>) -> Result<GitLabTokenInfo> {
        let call = api.get(&format!("{}/oauth/token/info", self.base));
        let info: GitLabTokenInfo = call.read_as().await?;
        if info.application() == Some(api.client_id()) {
            return Ok(info);
        }
        // quirk: foreign-token => Ok(info)
        Err(Error::denied("the token is not one of this application's")
            .with_reason("invalid_token"))
    }

    /// The paths of the groups that the user is a member of, directly or by a group above, from a
    /// profile. A group's path can change hands once the group is renamed.
    ///
    /// None where userinfo did not say: without the scope `openid`, for one.
    pub fn groups(profile: &Profile) -> impl Iterator<Item = &str> {
        // quirk: groups => let groups = profile.raw()["groups_direct"].as_array();
        let groups = profile.raw()["groups"].as_array();
        groups.into_iter().flatten().filter_map(Json::as_str)
    }

    fn at(base: String) -> Self {
        let at = |path: &str| format!("{base}{path}");
        let descriptor = Descriptor::new("gitlab", at("/oauth/authorize"), at("/oauth/token"))
            .with_display_name("GitLab")
            .with_monogram("GL", "#c2410c")
            .with_registration_url(at("/-/user_settings/applications"))
            // quirk: iss
            .with_issuer(base.clone())
            .with_endpoint(Endpoint::DeviceAuthorization, at("/oauth/authorize_device"))
            .with_endpoint(Endpoint::Introspection, at("/oauth/introspect"))
            .with_endpoint(Endpoint::Revocation, at("/oauth/revoke"))
            .with_endpoint(Endpoint::Userinfo, at("/oauth/userinfo"))
            .with_api(base.clone())
            // quirk: id-token => .with_scopes(["profile", "email"])
            .with_scopes(["openid", "profile", "email"])
            .with_client_auth(ClientAuth::Post)
            // quirk: refresh-redirect
            .with_redirect_uri_on_refresh()
            .with_revocation(Revocation::Rfc7009(ClientAuth::Post))
            .with_email(EmailSupport::Flagged);
        let issuer = IssuerRule::Exact(base.clone());
        let openid = OpenId::pinned(descriptor, issuer, at("/oauth/discovery/keys"));
        Self { openid, base }
    }
}

impl Provider for GitLab {
    type Params = GitLabParams;

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(&self.openid)
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let profile = standard_profile(api).await?;
        // quirk: nickname => let nickname: Option<String> = None;
        let nickname = profile.raw()["nickname"].as_str().map(str::to_owned);
        if profile.username().is_some() {
            return Ok(profile);
        }
        Ok(profile.with_username(nickname.as_deref()))
    }
}
