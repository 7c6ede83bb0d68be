#![doc = include_str!("../README.md")]

mod fixtures;
mod introspection;
mod params;

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, IdTokenVerifier, Json, OAuthError,
    Response,
    http::{Method, StatusCode},
};
use hallpass_openid::{IssuerRule, OpenId, standard_profile};

pub use crate::{fixtures::FIXTURES, introspection::LinkedInIntrospection, params::LinkedInParams};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};

/// The client, by the name that httpx-oauth's users look for.
pub type LinkedInOAuth2 = OAuth2Client<LinkedIn>;

const ISSUER: &str = "https://www.linkedin.com/oauth";
// quirk: older-issuer => const OLDER_ISSUER: &str = ISSUER;
const OLDER_ISSUER: &str = "https://www.linkedin.com";
const JWKS: &str = "https://www.linkedin.com/oauth/openid/jwks";
const AUTHORIZE: &str = "https://www.linkedin.com/oauth/v2/authorization";
const TOKEN: &str = "https://www.linkedin.com/oauth/v2/accessToken";
const INTROSPECT: &str = "https://www.linkedin.com/oauth/v2/introspectToken";
const USERINFO: &str = "https://api.linkedin.com/v2/userinfo";
const NEW_APP_PAGE: &str = "https://www.linkedin.com/developers/apps/new";
/// Web apps that send a verifier are refused. LinkedIn's own page, "Authorization Code Flow for
/// Native Clients (PKCE)", is for native apps that it lets in one by one, at another address.
const PKCE_PAGE: &str = "https://github.com/nextauthjs/next-auth/issues/8831";
/// LinkedIn's own developers are asked for a nonce.
const NONCE_PAGE: &str = "https://github.com/linkedin-developers/linkedin-api-js-client/issues/34";

/// LinkedIn: "Sign In with LinkedIn using OpenID Connect".
#[derive(Debug, Clone)]
pub struct LinkedIn {
    openid: OpenId<LinkedInParams>,
}

impl Default for LinkedIn {
    fn default() -> Self {
        Self::new()
    }
}

impl LinkedIn {
    /// Asks for `openid profile email`.
    #[must_use]
    pub fn new() -> Self {
        let descriptor = Descriptor::new("linkedin", AUTHORIZE, TOKEN)
            .with_display_name("LinkedIn")
            .with_monogram("in", "#0a66c2")
            .with_registration_url(NEW_APP_PAGE)
            .with_issuer(ISSUER)
            .with_endpoint(Endpoint::Introspection, INTROSPECT)
            .with_endpoint(Endpoint::Userinfo, USERINFO)
            // quirk: id-token => .with_scopes(["profile", "email"])
            .with_scopes(["openid", "profile", "email"])
            // quirk: body-credentials => .with_client_auth(ClientAuth::Basic)
            .with_client_auth(ClientAuth::Post)
            // quirk: no-pkce
            .with_pkce_refused(PKCE_PAGE)
            // quirk: no-nonce
            .with_nonce_not_echoed(NONCE_PAGE)
            .with_email(EmailSupport::Flagged)
            // quirk: vague-refusal
            .with_error_kind("invalid_request", ErrorKind::Denied)
            .with_error_kind("invalid_scope_error", ErrorKind::Config)
            // quirk: scope-words
            .with_error_kind("unauthorized_scope_error", ErrorKind::Config);
        let issuer = IssuerRule::OneOf(vec![ISSUER.to_owned(), OLDER_ISSUER.to_owned()]);
        Self { openid: OpenId::pinned(descriptor, issuer, JWKS) }
    }

    /// What LinkedIn knows of the token: whether it lives, whose application it was given to, and
    /// for what (LinkedIn's page "Token Introspection"). In the application's name. For a token
    /// that somebody else hands in, look at [`LinkedInIntrospection::is_for`] too.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`]; [`ErrorKind::Config`]: the client's credentials are wrong.
    /// [`ErrorKind::Malformed`]: the answer does not say whether the token lives.
    pub async fn introspect(&self, api: Api<'_>) -> Result<LinkedInIntrospection> {
        let token = api.token().access_token().clone();
        api.endpoint(Method::POST, Endpoint::Introspection)
            // quirk: introspection
            .client_auth(ClientAuth::Post)
            .form([("token", token)])
            .read_as()
            .await
    }
}

impl Provider for LinkedIn {
    type Params = LinkedInParams;

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(&self.openid)
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let profile = standard_profile(api).await?;
        // quirk: locale-object => let locale: Option<String> = None;
        let locale = spelled_out(&profile.raw()["locale"]);
        Ok(match locale {
            Some(locale) => profile.with_locale(Some(&locale)),
            None => profile,
        })
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        let error = match response.status {
            StatusCode::UNAUTHORIZED => {
                Error::denied("the API does not accept the token").with_reason("invalid_token")
            }
            StatusCode::FORBIDDEN => {
                Error::denied("the API forbids it with this token").with_reason("forbidden")
            }
            _ => return None,
        };
        // quirk: api-error => let body = Json::Null;
        let body = response.json().ok()?;
        body.get("serviceErrorCode")?;
        let oauth = OAuthError::new(&body["code"].as_str()?.to_ascii_lowercase());
        Some(error.with_oauth(match body["message"].as_str() {
            Some(message) => oauth.with_description(message),
            None => oauth,
        }))
    }
}

/// A locale that is an object, as the one word that others write.
fn spelled_out(locale: &Json) -> Option<String> {
    let language = locale["language"].as_str()?;
    Some(match locale["country"].as_str() {
        Some(country) => format!("{language}-{country}"),
        None => language.to_owned(),
    })
}
