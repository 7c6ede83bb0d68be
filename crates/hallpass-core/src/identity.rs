use std::fmt;

use crate::{Error, Json, Result};

/// Who signed in: the provider's own JSON, and the fields that most providers have.
///
/// Key accounts by provider (or issuer) and [`id`](Self::id), never by email: an address changes
/// hands. `Debug` shows no personal data.
#[derive(Clone)]
pub struct Profile {
    provider: Box<str>,
    issuer: Option<Box<str>>,
    id: Box<str>,
    email: Option<Box<str>>,
    email_verification: EmailVerification,
    name: Option<Box<str>>,
    username: Option<Box<str>>,
    picture: Option<Box<str>>,
    locale: Option<Box<str>>,
    raw: Json,
}

/// What the provider says of an email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EmailVerification {
    /// The provider has no flag, or did not send it.
    Unknown,
    /// The provider says that it is not proven.
    Unverified,
    /// The provider says that it is proven.
    Verified,
}

impl EmailVerification {
    /// A provider's flag: `true` or `"true"` is a proof, no flag is [`Self::Unknown`], and anything
    /// else is none.
    #[must_use]
    pub fn from_flag(flag: Option<&Json>) -> Self {
        match flag {
            // check: 75 => Self::Verified
            None | Some(Json::Null) => Self::Unknown,
            Some(Json::Bool(true)) => Self::Verified,
            Some(Json::String(text)) if text == "true" => Self::Verified,
            // check: 75 => Self::Verified
            Some(_) => Self::Unverified,
        }
    }
}

impl Profile {
    /// A profile with the id as the provider's own stable one.
    #[must_use]
    pub fn new(id: impl Into<Box<str>>, raw: Json) -> Self {
        Self {
            provider: "".into(),
            issuer: None,
            id: id.into(),
            email: None,
            email_verification: EmailVerification::Unknown,
            name: None,
            username: None,
            picture: None,
            locale: None,
            raw,
        }
    }

    /// A profile whose id stands in the reply, as text or as an integer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](crate::ErrorKind): there is no id, or it is a number that JSON
    /// readers round.
    pub fn from_json(raw: Json, id: &str) -> Result<Self> {
        match id_text(raw.get(id)) {
            Some(id) => Ok(Self::new(id, raw)),
            None => Err(Error::malformed(format!("the profile has no {id}"))),
        }
    }

    /// The address and what the provider says of it. An empty one is none; without one the
    /// verification is `Unknown`.
    #[must_use]
    pub fn with_email(mut self, email: Option<&str>, verification: EmailVerification) -> Self {
        self.email = email.filter(|email| !email.is_empty()).map(Into::into);
        self.email_verification = match self.email {
            Some(_) => verification,
            None => EmailVerification::Unknown,
        };
        self
    }

    /// The full name, as the user wants it shown.
    #[must_use]
    pub fn with_name(mut self, name: Option<&str>) -> Self {
        self.name = name.filter(|name| !name.is_empty()).map(Into::into);
        self
    }

    /// The handle. It may change hands.
    #[must_use]
    pub fn with_username(mut self, username: Option<&str>) -> Self {
        self.username = username.filter(|username| !username.is_empty()).map(Into::into);
        self
    }

    /// The URL of a picture.
    #[must_use]
    pub fn with_picture(mut self, picture: Option<&str>) -> Self {
        self.picture = picture.filter(|picture| !picture.is_empty()).map(Into::into);
        self
    }

    /// The language, as the provider spells it.
    #[must_use]
    pub fn with_locale(mut self, locale: Option<&str>) -> Self {
        self.locale = locale.filter(|locale| !locale.is_empty()).map(Into::into);
        self
    }

    /// The name of the client that asked.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The issuer, where the provider has one: with the id, the key of an account.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The provider's stable id of the user.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The address, proven or not: see [`email_verification`](Self::email_verification).
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// What the provider says of the address.
    #[must_use]
    pub fn email_verification(&self) -> EmailVerification {
        self.email_verification
    }

    /// The address, only if the provider says that it is proven.
    #[must_use]
    pub fn verified_email(&self) -> Option<&str> {
        self.email().filter(|_| self.email_verification == EmailVerification::Verified)
    }

    /// The full name, as the user wants it shown.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The handle. It may change hands.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// The URL of a picture. Untrusted.
    #[must_use]
    pub fn picture(&self) -> Option<&str> {
        self.picture.as_deref()
    }

    /// The language, as the provider spells it.
    #[must_use]
    pub fn locale(&self) -> Option<&str> {
        self.locale.as_deref()
    }

    /// The provider's own JSON. Untrusted.
    #[must_use]
    pub fn raw(&self) -> &Json {
        &self.raw
    }

    /// Id and email alone.
    #[must_use]
    pub fn into_id_email(self) -> IdEmail {
        IdEmail {
            id: self.id.into(),
            email: self.email.map(Into::into),
            email_verification: self.email_verification,
        }
    }

    /// Says whose user it is. For the client of another protocol:
    /// [`OAuth2Client`](crate::OAuth2Client) does it itself.
    #[must_use]
    pub fn stamped(mut self, provider: &str, issuer: Option<&str>) -> Self {
        self.provider = provider.into();
        self.issuer = issuer.map(Into::into);
        self
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("provider", &self.provider)
            .field("issuer", &self.issuer)
            .field("id", &self.id)
            .field("email_verification", &self.email_verification)
            .finish_non_exhaustive()
    }
}

/// The two things that every application asks for, as httpx-oauth's `get_id_email` gives them, with
/// what the provider says of the address.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdEmail {
    /// The provider's stable id of the user.
    pub id: String,
    /// The address, proven or not.
    pub email: Option<String>,
    /// What the provider says of the address; `Unknown` where there is none.
    pub email_verification: EmailVerification,
}

impl IdEmail {
    /// An identity by its id, without an address.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), email: None, email_verification: EmailVerification::Unknown }
    }

    /// The address, only if the provider says that it is proven.
    #[must_use]
    pub fn verified_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.email_verification == EmailVerification::Verified)
    }
}

impl fmt::Debug for IdEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdEmail")
            .field("id", &self.id)
            .field("email_verification", &self.email_verification)
            .finish_non_exhaustive()
    }
}

/// An id as text: text as it is, an integer in digits. A float has been rounded already.
pub(crate) fn id_text(id: Option<&Json>) -> Option<String> {
    match id? {
        Json::String(text) if !text.is_empty() => Some(text.clone()),
        Json::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_is_text_whatever_its_type_on_the_wire() {
        check(json!({ "id": "x" }), Some("x"));
        check(json!({ "id": 18_446_744_073_709_551_615_u64 }), Some("18446744073709551615"));
        check(json!({ "id": 1.0e20 }), None);
        check(json!({ "id": "" }), None);
        check(json!({ "id": null }), None);
        check(json!({ "id": { "a": 1 } }), None);
        check(json!({}), None);
        check(json!([]), None);
        check(json!("id"), None);
    }

    #[track_caller]
    fn check(raw: Json, want: Option<&str>) {
        let got = Profile::from_json(raw, "id");
        assert_eq!(got.as_ref().ok().map(Profile::id), want);
        assert!(got.err().is_none_or(|error| error.kind() == crate::ErrorKind::Malformed));
    }

    #[test]
    fn only_the_providers_flag_proves_an_address() {
        use EmailVerification::{Unknown, Unverified, Verified};
        for (flag, want) in [
            (json!(true), Verified),
            (json!("true"), Verified),
            (json!(false), Unverified),
            (json!("false"), Unverified),
            (json!(1), Unverified),
            (json!("yes"), Unverified),
            (json!(null), Unknown),
        ] {
            let verification = EmailVerification::from_flag(Some(&flag));
            assert_eq!(verification, want, "{flag}");
            let profile = Profile::new("1", json!({})).with_email(Some("a@b.test"), verification);
            assert_eq!(profile.email(), Some("a@b.test"), "always returned");
            assert_eq!(profile.verified_email().is_some(), want == Verified, "{flag}");
            let who = profile.into_id_email();
            assert_eq!(who.verified_email().is_some(), want == Verified, "{flag}");
        }
        assert_eq!(EmailVerification::from_flag(None), Unknown);
    }

    #[test]
    fn an_empty_address_is_none_and_proves_nothing() {
        let profile =
            Profile::new("1", json!({})).with_email(Some(""), EmailVerification::Verified);
        assert_eq!(profile.email(), None);
        assert_eq!(profile.email_verification(), EmailVerification::Unknown);
    }
}
