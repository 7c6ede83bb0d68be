use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, EmailVerification, Endpoint, Json, Profile,
    Provider, Result, Revocation, http::Method,
};

/// The provider that a [`LocalProvider`](crate::LocalProvider) serves when it emulates no other.
///
/// RFC 6749, 7009, 7636, 8628 and 9207 by the letter; users are told by the standard claims of its
/// `/userinfo`.
#[derive(Debug, Clone)]
pub struct Local(Descriptor);

/// What differs between two local providers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    pub(super) client_auth: ClientAuth,
    pub(super) refresh: bool,
    pub(super) form_post: bool,
    pub(super) plain_pkce: bool,
}

impl Local {
    /// The provider at `base`: `http://127.0.0.1:PORT`.
    pub(super) fn at(base: &str, issuer: &str, traits: Traits) -> Self {
        let url = |path: &str| format!("{base}{path}");
        let mut descriptor = Descriptor::new("local", url("/authorize"), url("/token"))
            .with_display_name("Local provider")
            .with_monogram("Lo", "#0f766e")
            .with_endpoint(Endpoint::Revocation, url("/revoke"))
            .with_endpoint(Endpoint::Userinfo, url("/userinfo"))
            .with_endpoint(Endpoint::DeviceAuthorization, url("/device_authorization"))
            .with_issuer(issuer.to_owned())
            .with_iss_promised()
            .with_scopes(["profile", "email"])
            .with_client_auth(traits.client_auth)
            .with_revocation(Revocation::Rfc7009(traits.client_auth))
            .with_email(EmailSupport::Flagged);
        descriptor = match traits.plain_pkce {
            true => descriptor.with_pkce_plain(),
            false => descriptor.with_pkce_required(),
        };
        if traits.form_post {
            descriptor = descriptor.with_form_post();
        }
        if !traits.refresh {
            descriptor = descriptor.without_refresh();
        }
        Self(descriptor)
    }
}

impl Provider for Local {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        profile(api.endpoint(Method::GET, Endpoint::Userinfo).read().await?)
    }
}

/// The standard claims.
pub(super) fn profile(claims: Json) -> Result<Profile> {
    let text = |name: &str| claims[name].as_str().map(str::to_owned);
    let [email, name, username] = ["email", "name", "preferred_username"].map(text);
    let [picture, locale] = ["picture", "locale"].map(text);
    let verification = EmailVerification::from_flag(claims.get("email_verified"));
    Ok(Profile::from_json(claims, "sub")?
        .with_email(email.as_deref(), verification)
        .with_name(name.as_deref())
        .with_username(username.as_deref())
        .with_picture(picture.as_deref())
        .with_locale(locale.as_deref()))
}
