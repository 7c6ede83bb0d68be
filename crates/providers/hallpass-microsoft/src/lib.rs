#![doc = include_str!("../README.md")]

mod cloud;
mod email;
mod fixtures;
mod params;
mod tenant;

use async_trait::async_trait;
use hallpass_core::{
    Api, Backchannel, Descriptor, EmailSupport, Endpoint, Expected, IdTokenVerifier, Json,
    VerifiedClaims,
};
use hallpass_openid::{IssuerRule, OpenId, standard_profile};

pub use crate::{
    cloud::MicrosoftCloud,
    fixtures::FIXTURES,
    params::{MicrosoftParams, MicrosoftPrompt},
    tenant::{Tenant, TenantDomain, TenantId},
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientAuth, ClientConfig,
    EmailVerification, Error, ErrorKind, Grant, IdEmail, OAuth2Client, OAuth2Token,
    PendingAuthorization, Profile, Provider, Result, Revoke, Secret, SignIn,
};
pub use hallpass_openid::{JwtSigner, Logout, LogoutRequest, PendingLogout, logout};

/// The client.
pub type MicrosoftOAuth2 = OAuth2Client<Microsoft>;
/// The client, by the name that httpx-oauth's users look for.
pub type MicrosoftGraphOAuth2 = OAuth2Client<Microsoft>;

const SCOPES: [&str; 5] = ["openid", "profile", "email", "offline_access", "User.Read"];

/// Microsoft: work, school and personal accounts, in one tenant or in all.
///
/// A certificate in place of the client's secret ([Microsoft: certificate
/// credentials](https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials)):
///
/// ```no_run
/// # use hallpass_microsoft::{ClientAuth, ClientConfig, JwtSigner, Result};
/// # fn config(private_key: String, certificate: &str) -> Result<ClientConfig> {
/// let key = JwtSigner::ps256(private_key)?.with_certificate(certificate)?;
/// let config = ClientConfig::new("client-id").with_assertion(key);
/// Ok(config.with_client_auth(ClientAuth::Assertion))
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Microsoft {
    openid: OpenId<MicrosoftParams>,
    settings: Settings,
}

#[derive(Debug, Clone)]
struct Settings {
    tenant: Tenant,
    cloud: MicrosoftCloud,
    allowed: Vec<TenantId>,
    is_form_post: bool,
}

impl Default for Microsoft {
    fn default() -> Self {
        Self::new()
    }
}

impl Microsoft {
    /// Any Microsoft account ([`Tenant::Common`]), in the global cloud. Asks for `openid profile
    /// email offline_access User.Read`.
    #[must_use]
    pub fn new() -> Self {
        Self::for_tenant(Tenant::Common)
    }

    /// Whose accounts may sign in.
    #[must_use]
    pub fn for_tenant(tenant: Tenant) -> Self {
        let cloud = MicrosoftCloud::Global;
        Self::build(Settings { tenant, cloud, allowed: Vec::new(), is_form_post: false })
    }

    /// A national cloud: another sign-in host, another Graph, and a registration of its own.
    /// Default: [`MicrosoftCloud::Global`].
    #[must_use]
    pub fn with_cloud(self, cloud: MicrosoftCloud) -> Self {
        Self::build(Settings { cloud, ..self.settings })
    }

    /// Lets in the users of these tenants alone: an ID token of any other is
    /// [`ErrorKind::Security`], reason `iss`. Without it anybody who makes a tenant of their own
    /// can sign in where the tenant is [`Tenant::Common`] or [`Tenant::Organizations`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`]: the list is empty, which would let in everybody; the tenant is one
    /// tenant already; or it is [`Tenant::Organizations`], and the list has
    /// [`TenantId::CONSUMERS`].
    pub fn with_allowed_tenants(self, tenants: impl IntoIterator<Item = TenantId>) -> Result<Self> {
        let allowed: Vec<_> = tenants.into_iter().collect();
        let tenant = &self.settings.tenant;
        if allowed.is_empty() {
            return Err(Error::config("no tenant would be let in"));
        }
        if tenant.id().is_some() {
            return Err(Error::config("one tenant is let in already"));
        }
        if !tenant.admits_consumers() && allowed.contains(&TenantId::CONSUMERS) {
            return Err(Error::config("personal accounts are in no organization"));
        }
        Ok(Self::build(Settings { allowed, ..self.settings }))
    }

    /// The callback is a form that the browser posts (`response_mode=form_post`), as Microsoft
    /// recommends; its cookies then need `SameSite=None`. Default: the query of the callback URL.
    #[must_use]
    pub fn with_form_post(self) -> Self {
        Self::build(Settings { is_form_post: true, ..self.settings })
    }

    /// The user in Microsoft Graph ([Get a
    /// user](https://learn.microsoft.com/en-us/graph/api/user-get)), which needs the scope
    /// `User.Read`. `mail` is not proven, and can be null; `userPrincipalName` is no address.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`]; [`ErrorKind::Malformed`] if it is not JSON.
    pub async fn me(&self, api: Api<'_>) -> Result<Json> {
        api.get(&self.settings.cloud.graph("/v1.0/me")).read().await
    }

    /// The same, with these properties alone, which may be others than Graph gives unasked; with
    /// none named, it is [`me`](Self::me).
    ///
    /// # Errors
    ///
    /// As [`me`](Self::me).
    pub async fn me_select(&self, api: Api<'_>, properties: &[&str]) -> Result<Json> {
        if properties.is_empty() {
            return self.me(api).await;
        }
        let me = api.get(&self.settings.cloud.graph("/v1.0/me"));
        me.query("$select", properties.join(",")).read().await
    }

    /// The tenant in which somebody signed in, if the profile is of a verified ID token.
    #[must_use]
    pub fn tenant_id(profile: &Profile) -> Option<&str> {
        profile.raw()["tid"].as_str()
    }

    /// The user's id in that tenant, the same for all applications, if the profile is of a verified
    /// ID token.
    #[must_use]
    pub fn object_id(profile: &Profile) -> Option<&str> {
        // quirk: stable-id => profile.raw()["sub"].as_str()
        profile.raw()["oid"].as_str()
    }

    fn build(settings: Settings) -> Self {
        let (cloud, tenant) = (settings.cloud, &settings.tenant);
        let at = |page: &str| cloud.login(&format!("/{tenant}{page}"));
        let (authorize, token) = (at("/oauth2/v2.0/authorize"), at("/oauth2/v2.0/token"));
        let descriptor = Descriptor::new("microsoft", authorize, token)
            .with_display_name("Microsoft")
            .with_monogram("M", "#0067b8")
            .with_registration_url(cloud.portal())
            .with_endpoint(Endpoint::DeviceAuthorization, at("/oauth2/v2.0/devicecode"))
            // quirk: graph-userinfo
            .with_endpoint(Endpoint::Userinfo, cloud.graph("/oidc/userinfo"))
            .with_end_session(at("/oauth2/v2.0/logout"))
            // quirk: offline => .with_scopes(["openid", "profile", "email", "User.Read"])
            // quirk: id-token => .with_scopes(["profile", "email", "offline_access", "User.Read"])
            .with_scopes(SCOPES)
            .with_client_auth(ClientAuth::Post)
            .with_email(EmailSupport::Flagged)
            // quirk: error-words
            .with_error_kind("invalid_resource", ErrorKind::Config);
        let descriptor =
            if settings.is_form_post { descriptor.with_form_post() } else { descriptor };
        // quirk: issuer-template => let template = cloud.login("/v2.0");
        let template = cloud.login("/{tenantid}/v2.0");
        let allowed = settings.allowed.iter().map(ToString::to_string).collect();
        let openid = match tenant.id() {
            None => {
                let rule = IssuerRule::PerTenant { template, allowed };
                OpenId::pinned(descriptor, rule, at("/discovery/v2.0/keys"))
            }
            Some(id) => {
                let issuer = template.replace("{tenantid}", id.as_str());
                let descriptor = descriptor.with_issuer(issuer.clone());
                let rule = IssuerRule::Exact(issuer);
                OpenId::pinned(descriptor, rule, at("/discovery/v2.0/keys"))
            }
        };
        Self { openid, settings }
    }
}

impl Provider for Microsoft {
    type Params = MicrosoftParams;

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(self)
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let profile = standard_profile(api).await?;
        // quirk: upn => let email = profile.email().or(profile.username()).map(str::to_owned);
        let email = profile.email().map(str::to_owned);
        // quirk: unproven-email => let verification = EmailVerification::Verified;
        let verification = email::verification(email.as_deref(), api.token().claims());
        // quirk: picture => Ok(profile.with_email(email.as_deref(), verification))
        Ok(profile.with_email(email.as_deref(), verification).with_picture(None))
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl IdTokenVerifier for Microsoft {
    /// As OpenID Connect has it; and `tid` is the issuer's tenant, and not that of all personal
    /// accounts where tenants alone are let in.
    async fn verify(
        &self,
        jwt: &Secret,
        expected: Expected<'_>,
        net: Backchannel<'_>,
    ) -> Result<VerifiedClaims> {
        let claims = self.openid.verify(jwt, expected, net).await?;
        let tid = claims.get("tid").and_then(Json::as_str).unwrap_or_default();
        let of_tenant = self.settings.cloud.login(&format!("/{tid}/v2.0"));
        // quirk: tenant-claim
        if claims.issuer() != Some(&of_tenant) {
            return Err(Error::security("iss", "the JWT says not of which tenant it is"));
        }
        // quirk: personal-accounts
        if tid == TenantId::CONSUMERS.as_str() && !self.settings.tenant.admits_consumers() {
            return Err(Error::security("iss", "a personal account, where tenants are let in"));
        }
        Ok(claims)
    }
}
