#![doc = include_str!("../README.md")]

mod emails;
mod fixtures;
mod host;
mod params;

use std::borrow::Cow;

use hallpass_core::{
    Api, Call, ClientAuth, Descriptor, EmailSupport, Endpoint, Json, Revocation,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    url::Url,
};

pub use crate::{
    emails::GitHubEmail, fixtures::FIXTURES, host::EnterpriseHost, params::GitHubParams,
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};

/// The client, by the name that httpx-oauth's users look for.
pub type GitHubOAuth2 = OAuth2Client<GitHub>;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.github+json");
const VERSION_HEADER: HeaderName = HeaderName::from_static("x-github-api-version");
const VERSION: HeaderValue = HeaderValue::from_static("2022-11-28");

/// GitHub: OAuth apps and GitHub Apps, on github.com, an Enterprise Server or ghe.com.
#[derive(Debug, Clone)]
pub struct GitHub {
    descriptor: Descriptor,
    api: Cow<'static, str>,
    api_version: HeaderValue,
}

impl Default for GitHub {
    fn default() -> Self {
        Self::new()
    }
}

impl GitHub {
    /// github.com. Asks for `read:user user:email`, speaks version 2022-11-28 of the API.
    #[must_use]
    pub fn new() -> Self {
        Self::at("https://github.com", "https://api.github.com".into())
            // quirk: iss
            .with_issuer("https://github.com/login/oauth")
    }

    /// An Enterprise Server, or a company's own ghe.com. Give each client a name of its own
    /// ([`ClientConfig::with_name`]) where an application has several.
    #[must_use]
    pub fn enterprise(host: &EnterpriseHost) -> Self {
        Self::at(&host.web(), host.api().into())
    }

    /// The issuer that a callback's `iss` must equal where it is present. An Enterprise Server
    /// sends none as far as is known, so none is expected there.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<Cow<'static, str>>) -> Self {
        self.descriptor = self.descriptor.with_issuer(issuer);
        self
    }

    /// Another version of the REST API, such as `2026-03-10`. A version that the server does not
    /// know is answered with 410.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if it holds what a header cannot.
    pub fn with_api_version(mut self, version: &str) -> Result<Self> {
        self.api_version = HeaderValue::try_from(version)
            .map_err(|error| Error::config("no API version").with_source(error))?;
        Ok(self)
    }

    /// The user's own JSON ([Get the authenticated
    /// user](https://docs.github.com/rest/users/users#get-the-authenticated-user)): one call where
    /// the profile takes two.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`]; [`ErrorKind::Malformed`] if it is not JSON.
    pub async fn user(&self, api: Api<'_>) -> Result<Json> {
        self.call(api, Method::GET, &format!("{}/user", self.api)).read().await
    }

    /// All addresses with their flags ([List email
    /// addresses](https://docs.github.com/rest/users/emails#list-email-addresses-for-the-authenticated-user)).
    /// Needs the scope `user:email`, or a GitHub App's permission "Email addresses: read".
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`]: 403 or 404 without the scope. [`ErrorKind::Malformed`] if it is
    /// no such list.
    pub async fn emails(&self, api: Api<'_>) -> Result<Vec<GitHubEmail>> {
        self.call(api, Method::GET, &format!("{}/user/emails", self.api)).read_as().await
    }

    /// Whether the token is one of this application's, and what it may ([Check a
    /// token](https://docs.github.com/rest/apps/oauth-applications#check-a-token)): for tokens that
    /// somebody else hands in. In the application's name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`], reason `invalid_token`: it is another application's, or dead.
    pub async fn check_token(&self, api: Api<'_>) -> Result<Json> {
        self.as_application(api, Method::POST, "token")?.read().await.map_err(unknown_token)
    }

    fn at(web: &str, api: Cow<'static, str>) -> Self {
        let authorize = format!("{web}/login/oauth/authorize");
        let descriptor =
            Descriptor::new("github", authorize, format!("{web}/login/oauth/access_token"))
                .with_display_name("GitHub")
                .with_monogram("GH", "#24292f")
                .with_registration_url(format!("{web}/settings/applications/new"))
                .with_endpoint(Endpoint::DeviceAuthorization, format!("{web}/login/device/code"))
                .with_api(api.clone())
                .with_scopes(["read:user", "user:email"])
                .with_client_auth(ClientAuth::Post)
                .with_email(EmailSupport::Flagged)
                // quirk: revocation
                .with_revocation(Revocation::Custom(&[Revoke::AccessToken, Revoke::Grant]))
                // quirk: error-words
                .with_error_kind("application_suspended", ErrorKind::Config)
                .with_error_kind("device_flow_disabled", ErrorKind::Config)
                // quirk: error-words
                .with_error_kind("incorrect_client_credentials", ErrorKind::Config);
        Self { descriptor, api, api_version: VERSION }
    }

    fn call<'a>(&self, api: Api<'a>, method: Method, url: &str) -> Call<'a> {
        api.request(method, url)
            // quirk: api-headers
            .header(header::ACCEPT, MEDIA_TYPE)
            // quirk: api-headers
            .header(VERSION_HEADER, self.api_version.clone())
    }

    /// A call about a token in the application's name: the token is in the body.
    fn as_application<'a>(&self, api: Api<'a>, method: Method, object: &str) -> Result<Call<'a>> {
        let broken = || Error::config("the API's URL cannot be extended");
        let mut url = Url::parse(&self.api).map_err(|_| broken())?;
        url.path_segments_mut().map_err(|()| broken())?.pop_if_empty().extend([
            "applications",
            api.client_id(),
            object,
        ]);
        let body = serde_json::json!({ "access_token": api.token().access_token().expose() });
        Ok(self.call(api, method, url.as_str()).client_auth(ClientAuth::Basic).json(&body))
    }
}

impl Provider for GitHub {
    type Params = GitHubParams;

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        // Whoever is nobody is asked for no address.
        let profile = Profile::from_json(self.user(api).await?, "id")?;
        let emails = match self.emails(api).await {
            Ok(emails) => emails,
            // quirk: no-email-permission
            Err(error) if is_one_of(&error, [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND]) => {
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let text = |name: &str| profile.raw()[name].as_str().map(str::to_owned);
        let (name, username, picture) = (text("name"), text("login"), text("avatar_url"));
        // quirk: no-address => let public = Some(profile.raw()["email"].to_string());
        let public = text("email");
        let (email, verification) = match emails.iter().find(|email| email.is_primary()) {
            Some(email) if email.is_verified() => {
                (Some(email.email()), EmailVerification::Verified)
            }
            // quirk: primary-address => (Some(email.email()), EmailVerification::Verified)
            Some(email) => (Some(email.email()), EmailVerification::Unverified),
            None => (public.as_deref(), EmailVerification::Unknown),
        };
        Ok(profile
            .with_email(email, verification)
            .with_name(name.as_deref())
            .with_username(username.as_deref())
            .with_picture(picture.as_deref()))
    }

    async fn revoke(&self, api: Api<'_>, what: Revoke) -> Result<()> {
        let object = if what == Revoke::Grant { "grant" } else { "token" };
        let call = self.as_application(api, Method::DELETE, object)?;
        call.send().await.map(drop).map_err(unknown_token)
    }
}

/// The API says 404 of a token that is dead or another application's.
fn unknown_token(error: Error) -> Error {
    // quirk: unknown-token => return error;
    if !is_one_of(&error, [StatusCode::NOT_FOUND]) {
        return error;
    }
    Error::denied("the token is not one of this application's")
        .with_reason("invalid_token")
        .with_status(StatusCode::NOT_FOUND)
}

fn is_one_of<const N: usize>(error: &Error, statuses: [StatusCode; N]) -> bool {
    error.status().is_some_and(|status| statuses.contains(&status))
}
