#![doc = include_str!("../README.md")]

mod fixtures;
mod params;
mod space;
mod user;

use hallpass_core::{Api, ClientAuth, Descriptor, EmailSupport, Endpoint, IdTokenVerifier};
use hallpass_openid::{IssuerRule, OpenId, standard_profile};

pub use crate::{
    fixtures::FIXTURES,
    params::HuggingFaceParams,
    space::Space,
    user::{HuggingFaceOrganization, HuggingFaceRole, HuggingFaceUser, SecurityRestriction},
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, Grant, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile,
    Provider, Result, Revoke, Secret, SignIn,
};

/// The client, by the name that its neighbours have.
pub type HuggingFaceOAuth2 = OAuth2Client<HuggingFace>;

const HUB: &str = "https://huggingface.co";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const USER_EMAIL: &str = "urn:huggingface:token-type:user-email";

/// Hugging Face: users of the Hub.
#[derive(Debug, Clone)]
pub struct HuggingFace {
    openid: OpenId<HuggingFaceParams>,
}

impl Default for HuggingFace {
    fn default() -> Self {
        Self::new()
    }
}

impl HuggingFace {
    /// The Hub at huggingface.co. Asks for `openid profile email`.
    #[must_use]
    pub fn new() -> Self {
        Self::at(HUB)
    }

    /// A token for a member of the application's organization, by the address of their account,
    /// without asking them ([Token exchange for
    /// organizations](https://huggingface.co/docs/hub/oauth#token-exchange-for-organizations-rfc-8693)).
    /// For [`request_token`](OAuth2Client::request_token); the application must be an
    /// organization's on the Enterprise plan, with the right to do so. For less than all of its
    /// scopes add `scope` by [`Grant::param`]. There is no refresh token.
    ///
    /// # Errors
    ///
    /// Those of the request: [`ErrorKind::Denied`], code `invalid_grant`, for somebody who is no
    /// member; [`ErrorKind::Config`], code `invalid_client`, where the application has no right to
    /// it.
    #[must_use]
    pub fn token_exchange(member: impl Into<Secret>) -> Grant<'static> {
        Grant::new(TOKEN_EXCHANGE)
            .param("subject_token", member)
            .param("subject_token_type", USER_EMAIL)
    }

    /// The Hub at this origin, without a slash at its end.
    fn at(hub: &str) -> Self {
        let at = |path: &str| format!("{hub}{path}");
        let descriptor = Descriptor::new("huggingface", at("/oauth/authorize"), at("/oauth/token"))
            .with_display_name("Hugging Face")
            .with_monogram("HF", "#b45309")
            .with_registration_url(at("/settings/applications/new"))
            // quirk: iss
            .with_issuer(hub.to_owned())
            .with_endpoint(Endpoint::DeviceAuthorization, at("/oauth/device"))
            .with_endpoint(Endpoint::Userinfo, at("/oauth/userinfo"))
            .with_api(hub.to_owned())
            // quirk: id-token => .with_scopes(["profile", "email"])
            .with_scopes(["openid", "profile", "email"])
            // quirk: client-auth
            .with_client_auth(ClientAuth::Basic)
            .with_email(EmailSupport::Flagged);
        let issuer = IssuerRule::Exact(hub.to_owned());
        Self { openid: OpenId::pinned(descriptor, issuer, at("/oauth/jwks")) }
    }
}

impl Provider for HuggingFace {
    type Params = HuggingFaceParams;

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(&self.openid)
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        standard_profile(api).await
    }
}
