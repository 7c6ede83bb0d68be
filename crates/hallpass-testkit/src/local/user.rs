use hallpass_core::{EmailVerification, Json};
use serde_json::{Map, json};

/// Somebody who can sign in at a [`LocalProvider`](crate::LocalProvider).
#[derive(Debug, Clone)]
pub struct LocalUser {
    id: String,
    username: String,
    name: Option<String>,
    email: Option<String>,
    email_verification: EmailVerification,
    picture: Option<String>,
    locale: Option<String>,
}

impl LocalUser {
    /// A user by stable id and handle; the handle is what
    /// [`User::named`](crate::User::named) looks for.
    #[must_use]
    pub fn new(id: impl Into<String>, username: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            username: username.into(),
            name: None,
            email: None,
            email_verification: EmailVerification::Unknown,
            picture: None,
            locale: None,
        }
    }

    /// The full name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The address, and whether it is proven; `Unknown` sends no flag.
    #[must_use]
    pub fn with_email(
        mut self,
        address: impl Into<String>,
        verification: EmailVerification,
    ) -> Self {
        self.email = Some(address.into());
        self.email_verification = verification;
        self
    }

    /// The URL of a picture.
    #[must_use]
    pub fn with_picture(mut self, url: impl Into<String>) -> Self {
        self.picture = Some(url.into());
        self
    }

    /// The language: `en-GB`.
    #[must_use]
    pub fn with_locale(mut self, locale: impl Into<String>) -> Self {
        self.locale = Some(locale.into());
        self
    }

    /// The stable id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The handle.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The address, proven or not.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Who signs in unless the builder says otherwise: an address that is proven, one that is not,
    /// and none.
    pub(super) fn usual() -> Vec<Self> {
        vec![
            Self::new("1001", "ada")
                .with_name("Ada Okafor")
                .with_email("ada@users.test", EmailVerification::Verified)
                .with_picture("https://users.test/ada.png")
                .with_locale("en-GB"),
            Self::new("1002", "ben")
                .with_name("Ben Núñez")
                .with_email("ben@users.test", EmailVerification::Unverified)
                .with_picture("https://users.test/ben.png")
                .with_locale("es-MX"),
            Self::new("1003", "cleo").with_name("Cleo Martin").with_locale("fr"),
        ]
    }

    /// For the page: whom one chooses.
    pub(super) fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.username)
    }

    /// For the page: what the application will learn of the address.
    pub(super) fn detail(&self) -> String {
        match (&self.email, self.email_verification) {
            (None, _) => "no email address".to_owned(),
            (Some(email), EmailVerification::Verified) => format!("{email}, verified"),
            (Some(email), EmailVerification::Unverified) => format!("{email}, not verified"),
            (Some(email), _) => email.clone(),
        }
    }

    /// The standard claims that the scopes ask for ([OpenID Connect Core, section
    /// 5.4](https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims)).
    pub(super) fn userinfo(&self, scopes: &[String]) -> Json {
        let asks = |scope: &str| scopes.iter().any(|known| known == scope);
        let mut claims = Map::from_iter([("sub".to_owned(), json!(self.id))]);
        let mut put = |name: &str, value: Json| {
            if !value.is_null() {
                claims.insert(name.to_owned(), value);
            }
        };
        if asks("profile") {
            put("preferred_username", json!(self.username));
            put("name", json!(self.name));
            put("picture", json!(self.picture));
            put("locale", json!(self.locale));
        }
        if asks("email") {
            put("email", json!(self.email));
            let flag = match self.email_verification {
                EmailVerification::Verified => Some(true),
                EmailVerification::Unverified => Some(false),
                _ => None,
            };
            put("email_verified", json!(flag.filter(|_| self.email.is_some())));
        }
        Json::Object(claims)
    }
}
