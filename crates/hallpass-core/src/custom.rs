use std::borrow::Cow;

use http::{HeaderName, Method};
use serde::Deserialize;

use crate::{
    Api, ClientAuth, Descriptor, EmailSupport, EmailVerification, Endpoint, Error, Json, Profile,
    Provider, Result, Revocation, TokenPlacement, descriptor::Text,
};

/// A provider without a crate, made at run time: its [`Descriptor`], the URL that says who the user
/// is, and where in that answer id and address stand.
///
/// ```
/// use hallpass_core::{ClientConfig, CustomProvider, Descriptor, OAuth2Client};
///
/// let descriptor = Descriptor::new("corp", "https://id.corp.test/authorize", "https://id.corp.test/token")
///     .with_scopes(["profile", "email"]);
/// let corp = CustomProvider::new(descriptor, "https://api.corp.test/me", "/user/id")?
///     .with_email("/user/mail", Some("/user/mail_proven"))?;
/// let client = OAuth2Client::new(corp, ClientConfig::new("client-id").with_secret("secret"))?;
/// # Ok::<(), hallpass_core::Error>(())
/// ```
///
/// The same from a configuration file: [`CustomConfig`].
#[derive(Debug, Clone)]
pub struct CustomProvider {
    descriptor: Descriptor,
    profile_url: Text,
    profile_method: Method,
    id: Pointer,
    email: Option<Pointer>,
    email_verified: Option<Pointer>,
    name: Option<Pointer>,
    username: Option<Pointer>,
    picture: Option<Pointer>,
    locale: Option<Pointer>,
}

impl CustomProvider {
    /// `id` is a JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)) to the stable id
    /// in the answer of `profile_url`: text or an integer. The token may go to that URL's origin.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): a pointer that is neither empty nor begins with `/`.
    /// URLs are checked by [`OAuth2Client::new`](crate::OAuth2Client::new).
    pub fn new(
        descriptor: Descriptor,
        profile_url: impl Into<Cow<'static, str>>,
        id: impl Into<Cow<'static, str>>,
    ) -> Result<Self> {
        let profile_url = profile_url.into();
        Ok(Self {
            descriptor: descriptor.with_api(profile_url.clone()).with_email(EmailSupport::Never),
            profile_url,
            profile_method: Method::GET,
            id: Pointer::new(id)?,
            email: None,
            email_verified: None,
            name: None,
            username: None,
            picture: None,
            locale: None,
        })
    }

    /// Where the address stands, and the provider's flag that says whether it is proven: `true` or
    /// `"true"`. Without a flag every address is
    /// [`Unknown`](crate::EmailVerification::Unknown).
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_email(
        mut self,
        email: impl Into<Cow<'static, str>>,
        verified: Option<&str>,
    ) -> Result<Self> {
        self.email = Some(Pointer::new(email)?);
        self.email_verified = verified.map(|at| Pointer::new(at.to_owned())).transpose()?;
        let support = match self.email_verified {
            Some(_) => EmailSupport::Flagged,
            None => EmailSupport::Unflagged,
        };
        self.descriptor = self.descriptor.with_email(support);
        Ok(self)
    }

    /// Where the full name stands.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Result<Self> {
        self.name = Some(Pointer::new(name)?);
        Ok(self)
    }

    /// Where the handle stands.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_username(mut self, username: impl Into<Cow<'static, str>>) -> Result<Self> {
        self.username = Some(Pointer::new(username)?);
        Ok(self)
    }

    /// Where the URL of a picture stands.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_picture(mut self, picture: impl Into<Cow<'static, str>>) -> Result<Self> {
        self.picture = Some(Pointer::new(picture)?);
        Ok(self)
    }

    /// Where the language stands.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_locale(mut self, locale: impl Into<Cow<'static, str>>) -> Result<Self> {
        self.locale = Some(Pointer::new(locale)?);
        Ok(self)
    }

    /// The provider wants a POST without a body instead of a GET.
    #[must_use]
    pub fn with_profile_by_post(mut self) -> Self {
        self.profile_method = Method::POST;
        self
    }
}

impl Provider for CustomProvider {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let raw = api.request(self.profile_method.clone(), &self.profile_url).read().await?;
        let at = |pointer: &Option<Pointer>| raw.pointer(&pointer.as_ref()?.0);
        let text = |pointer| at(pointer).and_then(Json::as_str).map(str::to_owned);
        let (email, name, username) = (text(&self.email), text(&self.name), text(&self.username));
        let (picture, locale) = (text(&self.picture), text(&self.locale));
        let verification = EmailVerification::from_flag(at(&self.email_verified));
        let id = crate::identity::id_text(raw.pointer(&self.id.0))
            .ok_or_else(|| Error::malformed("the profile has no id where the pointer says"))?;
        Ok(Profile::new(id, raw)
            .with_email(email.as_deref(), verification)
            .with_name(name.as_deref())
            .with_username(username.as_deref())
            .with_picture(picture.as_deref())
            .with_locale(locale.as_deref()))
    }
}

/// A JSON pointer, checked.
#[derive(Debug, Clone)]
struct Pointer(Text);

impl Pointer {
    fn new(pointer: impl Into<Text>) -> Result<Self> {
        let pointer = pointer.into();
        if pointer.is_empty() || pointer.starts_with('/') {
            return Ok(Self(pointer));
        }
        let shown = crate::error::bounded(&pointer);
        Err(Error::config(format!("no JSON pointer, which begins with a slash: {shown}")))
    }
}

/// A [`CustomProvider`] as a configuration says it, in any format that serde reads. An unknown key
/// is refused, so that a misspelt one is not a silent default.
///
/// ```
/// use hallpass_core::{CustomConfig, CustomProvider};
///
/// let config: CustomConfig = serde_json::from_str(r#"{
///     "name": "corp",
///     "authorization_url": "https://id.corp.test/authorize",
///     "token_url": "https://id.corp.test/token",
///     "profile_url": "https://api.corp.test/me",
///     "client_auth": "basic",
///     "scopes": ["profile", "email"],
///     "id": "/user/id",
///     "email": "/user/mail",
///     "email_verified": "/user/mail_proven"
/// }"#)?;
/// let corp = CustomProvider::try_from(config)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CustomConfig {
    /// The stable name of the client.
    pub name: String,
    /// The name for people; [`name`](Self::name) by default.
    pub display_name: Option<String>,
    /// The authorization page.
    pub authorization_url: String,
    /// The token endpoint.
    pub token_url: String,
    /// What says who the user is.
    pub profile_url: String,
    /// The revocation endpoint (RFC 7009), authenticated as the token endpoint is.
    pub revocation_url: Option<String>,
    /// The issuer that a callback's `iss` must equal.
    pub issuer: Option<String>,
    /// What is asked for by default.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What stands between two scopes. Default: a space.
    pub scope_separator: Option<char>,
    /// How the client proves itself. Default: in the body.
    pub client_auth: Option<CustomClientAuth>,
    /// What the provider does with PKCE. Default: S256.
    pub pkce: Option<CustomPkce>,
    /// Whether the provider issues refresh tokens. Default: yes.
    pub refresh: Option<bool>,
    /// The header that the token goes into, alone. Default: `Authorization: Bearer`.
    pub token_header: Option<String>,
    /// The method of the profile request, `GET` or `POST`. Default: `GET`.
    pub profile_method: Option<CustomMethod>,
    /// JSON pointer to the id.
    pub id: String,
    /// JSON pointer to the address.
    pub email: Option<String>,
    /// JSON pointer to the flag that says whether the address is proven.
    pub email_verified: Option<String>,
    /// JSON pointer to the full name.
    pub full_name: Option<String>,
    /// JSON pointer to the handle.
    pub username: Option<String>,
    /// JSON pointer to the URL of a picture.
    pub picture: Option<String>,
    /// JSON pointer to the language.
    pub locale: Option<String>,
}

/// [`ClientAuth`], as far as a configuration can choose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CustomClientAuth {
    /// [`ClientAuth::Assertion`]
    Assertion,
    /// [`ClientAuth::Basic`]
    Basic,
    /// [`ClientAuth::BasicRaw`]
    BasicRaw,
    /// [`ClientAuth::None`]
    None,
    /// [`ClientAuth::Post`]
    Post,
}

/// [`Pkce`](crate::Pkce), as far as a configuration can choose it: it cannot be turned off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CustomPkce {
    /// The provider knows the method `plain` alone.
    Plain,
    /// The provider insists on it.
    Required,
    /// S256.
    S256,
}

/// How the profile is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum CustomMethod {
    /// GET.
    Get,
    /// POST without a body.
    Post,
}

impl From<CustomClientAuth> for ClientAuth {
    fn from(auth: CustomClientAuth) -> Self {
        match auth {
            CustomClientAuth::Assertion => Self::Assertion,
            CustomClientAuth::Basic => Self::Basic,
            CustomClientAuth::BasicRaw => Self::BasicRaw,
            CustomClientAuth::None => Self::None,
            CustomClientAuth::Post => Self::Post,
        }
    }
}

impl TryFrom<CustomConfig> for CustomProvider {
    type Error = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): a pointer or a header name that is none, or a flag
    /// for an address that is nowhere.
    fn try_from(config: CustomConfig) -> Result<Self> {
        let descriptor = descriptor(&config)?;
        let mut provider = Self::new(descriptor, config.profile_url, config.id)?;
        match (config.email, config.email_verified) {
            (Some(email), flag) => provider = provider.with_email(email, flag.as_deref())?,
            (None, Some(_)) => {
                return Err(Error::config("email_verified says nothing without email"));
            }
            (None, None) => {}
        }
        if let Some(name) = config.full_name {
            provider = provider.with_name(name)?;
        }
        if let Some(username) = config.username {
            provider = provider.with_username(username)?;
        }
        if let Some(picture) = config.picture {
            provider = provider.with_picture(picture)?;
        }
        if let Some(locale) = config.locale {
            provider = provider.with_locale(locale)?;
        }
        if config.profile_method == Some(CustomMethod::Post) {
            provider = provider.with_profile_by_post();
        }
        Ok(provider)
    }
}

fn descriptor(config: &CustomConfig) -> Result<Descriptor> {
    let auth = config.client_auth.map_or(ClientAuth::Post, ClientAuth::from);
    let (authorize, token) = (config.authorization_url.clone(), config.token_url.clone());
    let mut descriptor = Descriptor::new(config.name.clone(), authorize, token)
        .with_scopes(config.scopes.clone())
        .with_scope_separator(config.scope_separator.unwrap_or(' '))
        .with_client_auth(auth);
    if let Some(name) = &config.display_name {
        descriptor = descriptor.with_display_name(name.clone());
    }
    if let Some(url) = &config.revocation_url {
        descriptor = descriptor
            .with_endpoint(Endpoint::Revocation, url.clone())
            .with_revocation(Revocation::Rfc7009(auth));
    }
    if let Some(issuer) = &config.issuer {
        descriptor = descriptor.with_issuer(issuer.clone());
    }
    descriptor = match config.pkce {
        None | Some(CustomPkce::S256) => descriptor,
        Some(CustomPkce::Plain) => descriptor.with_pkce_plain(),
        Some(CustomPkce::Required) => descriptor.with_pkce_required(),
    };
    if config.refresh == Some(false) {
        descriptor = descriptor.without_refresh();
    }
    if let Some(header) = &config.token_header {
        let header = HeaderName::try_from(header.as_str())
            .map_err(|error| Error::config("token_header is no header").with_source(error))?;
        descriptor = descriptor.with_token_placement(TokenPlacement::Header(header));
    }
    Ok(descriptor)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{ClientConfig, ErrorKind, OAuth2Client};

    /// A configuration with one key changed; `null` leaves it out.
    fn with(key: &str, value: Json) -> serde_json::Result<CustomConfig> {
        let mut config = json!({
            "name": "corp",
            "authorization_url": "https://id.corp.test/authorize",
            "token_url": "https://id.corp.test/token",
            "profile_url": "https://api.corp.test/me",
            "id": "/user/id",
            "email": "/user/mail",
            "email_verified": "/user/proven",
        });
        if let Some(members) = config.as_object_mut() {
            members.insert(key.to_owned(), value);
            members.retain(|_, value| !value.is_null());
        }
        serde_json::from_value(config)
    }

    #[test]
    fn a_configuration_that_cannot_work_is_refused() {
        check("name", &json!("corp"), true);
        check("id", &json!(""), true);
        check("id", &json!("user.id"), false);
        check("email", &json!("mail"), false);
        check("email", &json!(null), false);
        check("picture", &json!("avatar"), false);
        check("token_header", &json!("x-token"), true);
        check("token_header", &json!("x token"), false);
        check("token_url", &json!("http://id.corp.test/token"), false);
        check("token_url", &json!("token"), false);
        check("profile_url", &json!("ftp://api.corp.test/me"), false);
        check("revocation_url", &json!("https://id.corp.test/revoke"), true);
        check("client_auth", &json!("assertion"), false);
    }

    #[track_caller]
    fn check(key: &str, value: &Json, works: bool) {
        let config = with(key, value.clone()).unwrap();
        let client = CustomProvider::try_from(config).and_then(|provider| {
            OAuth2Client::new(provider, ClientConfig::new("id").with_secret("secret"))
        });
        assert_eq!(client.is_ok(), works, "{key}: {value}");
        assert!(
            client.err().is_none_or(|error| error.kind() == ErrorKind::Config),
            "{key}: {value}"
        );
    }

    #[test]
    fn a_configuration_says_nothing_that_nobody_reads_and_cannot_lower_pkce() {
        assert!(with("scope", json!(["misspelt"])).is_err());
        for pkce in ["ignored", "refused", "none"] {
            assert!(with("pkce", json!(pkce)).is_err(), "{pkce}");
        }
        assert!(with("client_auth", json!("guess")).is_err());
        assert!(with("token_url", json!(null)).is_err(), "what is required is required");
    }

    #[test]
    fn a_configuration_becomes_the_descriptor_that_it_says() {
        let config = with("scopes", json!(["a", "b"])).unwrap();
        let config = CustomConfig {
            display_name: Some("Corp".into()),
            scope_separator: Some(','),
            client_auth: Some(CustomClientAuth::Basic),
            pkce: Some(CustomPkce::Required),
            refresh: Some(false),
            revocation_url: Some("https://id.corp.test/revoke".into()),
            issuer: Some("https://id.corp.test".into()),
            ..config
        };
        let provider = CustomProvider::try_from(config).unwrap();
        let descriptor = provider.descriptor();
        assert_eq!(descriptor.display_name(), "Corp");
        assert_eq!(descriptor.scopes().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(descriptor.scope_separator(), ',');
        assert_eq!(descriptor.client_auth(), ClientAuth::Basic);
        assert_eq!(descriptor.pkce(), crate::Pkce::Required);
        assert!(!descriptor.offers_refresh());
        assert_eq!(descriptor.revocation(), Revocation::Rfc7009(ClientAuth::Basic));
        assert_eq!(descriptor.issuer(), Some("https://id.corp.test"));
        assert_eq!(descriptor.email(), EmailSupport::Flagged);
    }
}
