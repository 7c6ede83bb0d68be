#![doc = include_str!("../README.md")]

mod domain;
mod fixtures;
mod params;

use hallpass_core::{
    Api, Descriptor, IdTokenVerifier, MetadataSource, OAuthError, Response, http::StatusCode,
};
use hallpass_openid::{OpenId, standard_profile};

pub use crate::{
    domain::{OktaDomain, OktaServer},
    fixtures::FIXTURES,
    params::{OktaParams, OktaPrompt},
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, Grant, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile,
    Provider, Result, Revoke, Secret, SignIn,
};
pub use hallpass_openid::{JwtSigner, Logout, LogoutRequest, PendingLogout, logout};

/// The client, by the name that httpx-oauth's users look for.
pub type OktaOAuth2 = OAuth2Client<Okta>;

const REGISTRATION: &str = "https://developer.okta.com/login/";
/// "Invalid token provided" ([Okta error
/// codes](https://developer.okta.com/docs/reference/error-codes/)).
const DEAD_TOKEN: &str = "E0000011";

/// Okta: the authorization server that every organisation has, or one of its own making. Found by
/// its issuer, on first use; a clone shares what was found.
#[derive(Debug, Clone)]
pub struct Okta {
    openid: OpenId<OktaParams>,
}

impl Okta {
    /// The organisation's own authorization server: sign-in, and Okta's APIs. Asks for
    /// `openid email profile`. Its access tokens are Okta's business alone: do not look into them
    /// ([Authorization servers](https://developer.okta.com/docs/concepts/auth-servers/)).
    #[must_use]
    pub fn new(domain: &OktaDomain) -> Self {
        Self::at(domain.url())
    }

    /// A custom authorization server, with scopes and claims of its own; a ready one is called
    /// `default`. It is another issuer: the same user has the same id there.
    #[must_use]
    pub fn custom(domain: &OktaDomain, server: &OktaServer) -> Self {
        // quirk: custom-server => Self::at(format!("{}/{}", domain.url(), server.as_str()))
        Self::at(format!("{}/oauth2/{}", domain.url(), server.as_str()))
    }

    fn at(issuer: String) -> Self {
        let openid = OpenId::new("okta", issuer).with_descriptor(|descriptor| {
            descriptor
                .with_display_name("Okta")
                .with_monogram("O", "#00297a")
                .with_registration_url(REGISTRATION)
                // quirk: dpop
                .with_error_kind("invalid_dpop_proof", ErrorKind::Config)
                // quirk: dpop
                .with_error_kind("use_dpop_nonce", ErrorKind::Config)
        });
        Self { openid }
    }
}

impl Provider for Okta {
    type Params = OktaParams;

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    fn metadata(&self) -> Option<&dyn MetadataSource> {
        Some(&self.openid)
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(&self.openid)
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        standard_profile(api).await
    }

    /// Errors of Okta's other APIs, whose words stand under names of Okta's own.
    fn refusal(&self, response: &Response) -> Option<Error> {
        let status = response.status;
        // quirk: rate-limit
        if !status.is_client_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let body = response.json().ok()?;
        // quirk: error-code => let code: &str = None?;
        let code = body["errorCode"].as_str()?;
        let oauth = OAuthError::new(code);
        let oauth = match body["errorSummary"].as_str() {
            Some(summary) => oauth.with_description(summary),
            None => oauth,
        };
        let says = |kind| Error::new(kind, "Okta refused the request").with_oauth(oauth);
        // A number (`E…`) is none of the standards' words: the status says what to do.
        Some(match status {
            _ if code == DEAD_TOKEN => says(ErrorKind::Denied).with_reason("invalid_token"),
            _ if !code.starts_with('E') => says(self.descriptor().error_kind(code)),
            StatusCode::UNAUTHORIZED => says(ErrorKind::Denied).with_reason("invalid_token"),
            StatusCode::FORBIDDEN => says(ErrorKind::Denied).with_reason("forbidden"),
            _ => says(ErrorKind::Config),
        })
    }
}
