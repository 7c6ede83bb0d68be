#![doc = include_str!("../README.md")]

mod domain;
mod fixtures;
mod params;

use std::borrow::Cow;

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, IdTokenVerifier, Json, OAuthError,
    Response, Revocation, VerifiedClaims,
    http::{Method, StatusCode},
};
use hallpass_openid::{IssuerRule, OpenId, standard_profile};

pub use crate::{
    domain::Auth0Domain,
    fixtures::FIXTURES,
    params::{Auth0Params, Auth0Prompt},
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, Grant, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile,
    Provider, Result, Revoke, Secret, SignIn,
};
pub use hallpass_openid::{Algorithm, JwtSigner, Logout, LogoutRequest, PendingLogout, logout};

/// The client, by the name that its neighbours have.
pub type Auth0OAuth2 = OAuth2Client<Auth0>;

const REGISTRATION: &str = "https://manage.auth0.com/#/applications";

/// One Auth0 tenant.
#[derive(Debug, Clone)]
pub struct Auth0 {
    openid: OpenId<Auth0Params>,
    organization: Option<Cow<'static, str>>,
}

impl Auth0 {
    /// The tenant at this domain. Asks for `openid profile email`.
    #[must_use]
    pub fn new(domain: &Auth0Domain) -> Self {
        let at = |path: &str| format!("{}{path}", domain.url());
        // quirk: slash => let issuer = at("");
        let issuer = at("/");
        let descriptor = Descriptor::new("auth0", at("/authorize"), at("/oauth/token"))
            .with_display_name("Auth0")
            .with_monogram("A0", "#191919")
            .with_registration_url(REGISTRATION)
            .with_issuer(issuer.clone())
            .with_endpoint(Endpoint::DeviceAuthorization, at("/oauth/device/code"))
            .with_endpoint(Endpoint::PushedAuthorization, at("/oauth/par"))
            .with_endpoint(Endpoint::Revocation, at("/oauth/revoke"))
            .with_endpoint(Endpoint::Userinfo, at("/userinfo"))
            .with_end_session(at("/oidc/logout"))
            // quirk: id-token => .with_scopes(["profile", "email"])
            .with_scopes(["openid", "profile", "email"])
            .with_client_auth(ClientAuth::Post)
            .with_email(EmailSupport::Flagged)
            // quirk: revocation
            .with_revocation(Revocation::Custom(&[Revoke::RefreshToken]));
        let issuer = IssuerRule::Exact(issuer);
        let openid = OpenId::pinned(descriptor, issuer, at("/.well-known/jwks.json"));
        Self { openid, organization: None }
    }

    /// Lets in members of one organization alone, by its id (`org_…`) or its name.
    ///
    /// The verified ID token must carry the same `org_id` or `org_name`, else reading the profile
    /// (and with it [`sign_in`](OAuth2Client::sign_in)) is [`ErrorKind::Denied`] with the reason
    /// `organization`. [`Auth0Params::organization`] is only a hint, which the user can change in
    /// the address bar: set both. A token is not checked before its profile is read ([Work with
    /// tokens and organizations](https://auth0.com/docs/manage-users/organizations/using-tokens)).
    #[must_use]
    pub fn with_organization(mut self, organization: impl Into<Cow<'static, str>>) -> Self {
        self.organization = Some(organization.into());
        self
    }

    /// The signature algorithm of the application's ID tokens, if its settings say another than
    /// RS256: `PS256`, or `HS256` with the client's secret.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        // quirk: algorithm
        self.openid = self.openid.with_algorithms(algorithms);
        self
    }

    fn check_organization(&self, claim: impl Fn(&'static str) -> Option<Json>) -> Result<()> {
        let Some(want) = &self.organization else { return Ok(()) };
        let is_id = want.starts_with("org_");
        let got = claim(if is_id { "org_id" } else { "org_name" });
        let got = got.as_ref().and_then(Json::as_str).unwrap_or_default();
        // Names are in lower case, whatever the application writes; ids are as they are.
        let is_it = if is_id { want == got } else { want.eq_ignore_ascii_case(got) };
        if is_it && !got.is_empty() {
            return Ok(());
        }
        // quirk: organization => Ok(())
        Err(Error::denied("the user is not signed in to the organization that is let in")
            .with_reason("organization"))
    }
}

impl Provider for Auth0 {
    type Params = Auth0Params;

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(&self.openid)
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let claims = api.token().claims();
        self.check_organization(|name| claims.and_then(|claims| of(claims, name)))?;
        standard_profile(api).await
    }

    /// At the token endpoint, the words for a user who says no stand for a wrong secret too.
    fn refusal(&self, response: &Response) -> Option<Error> {
        // quirk: denied
        if response.status != StatusCode::UNAUTHORIZED {
            return None;
        }
        let body = response.json().ok()?;
        if body["error"] != "access_denied" {
            return None;
        }
        let oauth = OAuthError::new("access_denied");
        let oauth = match body["error_description"].as_str() {
            Some(description) => oauth.with_description(description),
            None => oauth,
        };
        let error = Error::config("Auth0 does not accept the client's credentials");
        // quirk: wrong-secret => None
        Some(error.with_reason("client_auth").with_oauth(oauth))
    }

    async fn revoke(&self, api: Api<'_>, _: Revoke) -> Result<()> {
        let token = api.token().refresh_token().cloned().ok_or_else(|| {
            Error::denied("the token has no refresh token").with_reason("no_refresh_token")
        })?;
        let call = api.endpoint(Method::POST, Endpoint::Revocation).form([("token", token)]);
        call.client_auth(ClientAuth::Post).send().await.map(drop)
    }
}

fn of(claims: &VerifiedClaims, name: &str) -> Option<Json> {
    claims.get(name).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_let_in_by_the_organization_of_the_id_token_alone() {
        check(None, None, None, true);
        check(None, Some("org_oak"), Some("oak"), true);
        check(Some("org_oak"), Some("org_oak"), None, true);
        check(Some("org_oak"), Some("org_Oak"), None, false);
        check(Some("org_oak"), Some("org_oak2"), None, false);
        check(Some("org_oak"), None, Some("org_oak"), false);
        check(Some("org_oak"), None, None, false);
        check(Some("Oak"), Some("org_1"), Some("oak"), true);
        check(Some("oak"), Some("oak"), None, false);
        check(Some("oak"), None, Some("oaks"), false);
        check(Some(""), Some(""), Some(""), false);
        check(Some(""), None, None, false);
    }

    #[track_caller]
    fn check(want: Option<&'static str>, id: Option<&str>, name: Option<&str>, is_let_in: bool) {
        let domain: Auth0Domain = "login.oak.test".parse().unwrap();
        let organization = want.map(Cow::Borrowed);
        let auth0 = Auth0 { organization, ..Auth0::new(&domain) };
        let claim = |claim| if claim == "org_id" { id } else { name };
        let got = auth0.check_organization(|name| claim(name).map(Json::from));
        assert_eq!(got.is_ok(), is_let_in, "{want:?} {id:?} {name:?}");
        assert!(got.err().is_none_or(|error| error.reason() == Some("organization")));
    }
}
