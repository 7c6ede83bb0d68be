#![doc = include_str!("../README.md")]

mod eidas;
mod fixtures;
mod params;

use hallpass_core::{Api, Descriptor, EmailSupport, Endpoint, IdTokenVerifier, Revocation};
use hallpass_openid::{IssuerRule, OpenId, standard_profile};

pub use crate::{
    eidas::Eidas,
    fixtures::FIXTURES,
    params::{FranceConnectParams, FranceConnectPrompt},
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientAuth, ClientConfig,
    EmailVerification, Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization,
    Profile, Provider, Result, Revoke, Secret, SignIn,
};
pub use hallpass_openid::{
    Algorithm, ClaimsRequest, JwtSigner, Logout, LogoutRequest, PendingLogout, logout,
};

/// The client, by the name that httpx-oauth's users look for.
pub type FranceConnectOAuth2 = OAuth2Client<FranceConnect>;

const PRODUCTION: &str = "https://oidc.franceconnect.gouv.fr/api/v2";
const INTEGRATION: &str = "https://fcp-low.sbx.dev-franceconnect.fr/api/v2";
const REGISTRATION: &str = "https://partenaires.franceconnect.gouv.fr";

/// FranceConnect, version 2: French citizens, by the identity providers of the state.
#[derive(Debug, Clone)]
pub struct FranceConnect {
    base: &'static str,
    openid: OpenId<FranceConnectParams>,
}

impl Default for FranceConnect {
    fn default() -> Self {
        Self::new()
    }
}

impl FranceConnect {
    /// The real one. Asks for `openid email`, at the level [`Eidas::Eidas1`], which is the lowest:
    /// what the ID token says of it is compared only where each login asks
    /// ([`with_acr_values_per_login`](Self::with_acr_values_per_login)). Takes ES256 and RS256; a
    /// registration that signs with HS256 needs [`with_algorithms`](Self::with_algorithms).
    #[must_use]
    pub fn new() -> Self {
        Self::at(PRODUCTION)
    }

    /// The one for tests, with citizens who do not exist and a registration of its own.
    #[must_use]
    pub fn integration() -> Self {
        Self::at(INTEGRATION)
    }

    /// Leaves `acr_values` to each login, which must then name it: FranceConnect refuses one
    /// without.
    ///
    /// Where the login names it, the ID token must say the same level, else
    /// [`get_access_token`](OAuth2Client::get_access_token) is [`ErrorKind::Security`] with the
    /// reason `acr`. Without this, every login asks for `eidas1`, the lowest level and the only one
    /// that FranceConnect knows, and a login that names one is a `Config` error.
    ///
    /// ```
    /// # use hallpass_franceconnect::{ClientConfig, Eidas, FranceConnect, OAuth2Client, Result};
    /// # async fn login(config: ClientConfig) -> Result<()> {
    /// let provider = FranceConnect::new().with_acr_values_per_login();
    /// let franceconnect = OAuth2Client::new(provider, config)?;
    /// let login = franceconnect.authorize().acr_values([Eidas::Eidas1]).start().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_acr_values_per_login(mut self) -> Self {
        let (page, token) = (format!("{}/authorize", self.base), format!("{}/token", self.base));
        self.openid = self.openid.with_descriptor(|d| d.with_authorize_and_token(page, token));
        self
    }

    /// For a registration without a signature algorithm for userinfo, whose userinfo is plain JSON.
    /// It is still compared with the ID token's subject, and a signed one is still verified.
    #[must_use]
    pub fn with_unsigned_userinfo(mut self) -> Self {
        let plain = describe(self.base);
        self.openid = self.openid.with_descriptor(|signed| match signed.authorize_and_token() {
            Some((page, token)) => {
                plain.with_authorize_and_token(page.to_owned(), token.to_owned())
            }
            None => plain,
        });
        self
    }

    /// The signature algorithms of the registration, for ID tokens and userinfo, if they are others
    /// than ES256 and RS256: `HS256` is keyed with the client's secret.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.openid = self.openid.with_algorithms(algorithms);
        self
    }

    fn at(base: &'static str) -> Self {
        // quirk: signed-userinfo => let descriptor = describe(base);
        let descriptor = describe(base).with_signed_userinfo();
        let issuer = IssuerRule::Exact(base.to_owned());
        let openid = OpenId::pinned(descriptor, issuer, format!("{base}/jwks"))
            // quirk: algorithm => .with_algorithms([Algorithm::Es256])
            // quirk: algorithm => .with_algorithms([Algorithm::Rs256])
            .with_algorithms([Algorithm::Es256, Algorithm::Rs256]);
        Self { base, openid }
    }
}

fn describe(base: &str) -> Descriptor {
    let at = |path: &str| format!("{base}{path}");
    // quirk: acr-values => let page = at("/authorize");
    let page = at("/authorize?acr_values=eidas1");
    Descriptor::new("franceconnect", page, at("/token"))
        .with_display_name("FranceConnect")
        .with_monogram("FC", "#000091")
        .with_registration_url(REGISTRATION)
        // quirk: iss
        .with_issuer(base.to_owned())
        .with_endpoint(Endpoint::Revocation, at("/token/revocation"))
        .with_endpoint(Endpoint::Userinfo, at("/userinfo"))
        .with_end_session(at("/session/end"))
        // quirk: id-token => .with_scopes(["email"])
        .with_scopes(["openid", "email"])
        // quirk: client-auth => .with_client_auth(ClientAuth::Basic)
        .with_client_auth(ClientAuth::Post)
        .without_refresh()
        .with_revocation(Revocation::Rfc7009(ClientAuth::Post))
        .with_email(EmailSupport::Unflagged)
}

impl Provider for FranceConnect {
    type Params = FranceConnectParams;

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(&self.openid)
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let profile = standard_profile(api).await?;
        let text = |name: &str| profile.raw()[name].as_str().filter(|text| !text.is_empty());
        // quirk: used-name => let surname = text("family_name");
        let surname = text("preferred_username").or_else(|| text("family_name"));
        let names: Vec<_> = text("given_name").into_iter().chain(surname).collect();
        let name = names.join(" ");
        // quirk: no-email => let email = Some(text("email").unwrap_or("null").to_owned());
        let email = text("email").map(str::to_owned);
        // quirk: unflagged-address => let profile = profile;
        let profile = profile.with_email(email.as_deref(), EmailVerification::Unknown);
        // quirk: used-name => let profile = profile;
        let profile = profile.with_username(None);
        Ok(profile.with_name(Some(&name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_environment_is_a_host_of_its_own() {
        check(&FranceConnect::new(), "https://oidc.franceconnect.gouv.fr/api/v2");
        check(&FranceConnect::default(), "https://oidc.franceconnect.gouv.fr/api/v2");
        check(&FranceConnect::integration(), "https://fcp-low.sbx.dev-franceconnect.fr/api/v2");
    }

    #[track_caller]
    fn check(franceconnect: &FranceConnect, base: &str) {
        let at = |path: &str| format!("{base}{path}");
        let descriptor = franceconnect.descriptor();
        let both = (at("/authorize?acr_values=eidas1"), at("/token"));
        assert_eq!(descriptor.authorize_and_token(), Some((both.0.as_str(), both.1.as_str())));
        assert_eq!(descriptor.issuer(), Some(base));
        assert_eq!(descriptor.end_session(), Some(at("/session/end").as_str()));
        assert!(descriptor.endpoints().all(|(_, url)| url.starts_with(base)));
    }

    #[test]
    fn one_choice_leaves_the_other_as_it_is() {
        let signed = FranceConnect::integration().with_acr_values_per_login();
        assert!(signed.descriptor().is_userinfo_signed());
        let both = signed.with_unsigned_userinfo();
        assert!(!both.descriptor().is_userinfo_signed());
        let page = both.descriptor().authorize_and_token().map(|(page, _)| page.to_owned());
        assert_eq!(page, Some(format!("{INTEGRATION}/authorize")));
        let plain = FranceConnect::new().with_unsigned_userinfo();
        let page = plain.descriptor().authorize_and_token().map(|(page, _)| page.to_owned());
        assert_eq!(page, Some(format!("{PRODUCTION}/authorize?acr_values=eidas1")));
    }
}
