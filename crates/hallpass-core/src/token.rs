use std::{
    borrow::Cow,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, json};

use crate::{Error, Json, Result, Secret, VerifiedClaims, claims::Fields};

/// What a token endpoint gave: [RFC 6749, section
/// 5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1), and whatever else it said.
///
/// Written out by [`expose_for_storage`](Self::expose_for_storage) alone; `Debug` shows no value,
/// of unknown members neither.
#[derive(Clone)]
pub struct OAuth2Token {
    pub(crate) access_token: Secret,
    pub(crate) token_type: Cow<'static, str>,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) id_token: Option<Secret>,
    pub(crate) scope: Option<Box<str>>,
    pub(crate) issued_at: Option<SystemTime>,
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) claims: Option<VerifiedClaims>,
    pub(crate) extra: Fields,
}

const BEARER: Cow<'static, str> = Cow::Borrowed("Bearer");

impl OAuth2Token {
    /// A token that came from elsewhere. Nothing is known of whom it is about: what needs verified
    /// claims says so.
    #[must_use]
    pub fn from_access_token(access_token: impl Into<Secret>) -> Self {
        Self {
            access_token: access_token.into(),
            token_type: BEARER,
            refresh_token: None,
            id_token: None,
            scope: None,
            issued_at: None,
            expires_at: None,
            claims: None,
            extra: Fields::default(),
        }
    }

    /// A refresh token that came from elsewhere. Expired from the start: refresh it first.
    #[must_use]
    pub fn from_refresh_token(refresh_token: impl Into<Secret>) -> Self {
        Self {
            refresh_token: Some(refresh_token.into()),
            expires_at: Some(UNIX_EPOCH),
            ..Self::from_access_token("")
        }
    }

    /// What the API takes. Empty only after [`from_refresh_token`](Self::from_refresh_token).
    #[must_use]
    pub fn access_token(&self) -> &Secret {
        &self.access_token
    }

    /// `Bearer` where the provider did not say; compare without regard to case (RFC 6749 section
    /// 7.1).
    #[must_use]
    pub fn token_type(&self) -> &str {
        &self.token_type
    }

    /// Whether it is for no API: what a token exchange gave is of another sort ([RFC 8693, section
    /// 2.2.1](https://www.rfc-editor.org/rfc/rfc8693#section-2.2.1)).
    pub(crate) fn is_no_access_token(&self) -> bool {
        self.token_type.eq_ignore_ascii_case("N_A")
    }

    /// That it is one that goes along as it is: not one of OAuth 1, which signs and is not shown to
    /// anybody without its signature.
    pub(crate) fn check_bearer(&self) -> Result<()> {
        // check: 29
        if self.token_type.eq_ignore_ascii_case("OAuth1") {
            let message = "the token is one of OAuth 1: the client of that protocol signs with it";
            return Err(Error::config(message).with_reason("no_bearer").with_unsent());
        }
        Ok(())
    }

    /// What [`refresh_token`](crate::OAuth2Client::refresh_token) redeems.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.refresh_token.as_ref()
    }

    /// For `id_token_hint`; present only if it was verified.
    #[must_use]
    pub fn id_token(&self) -> Option<&Secret> {
        self.id_token.as_ref()
    }

    /// The verified claims of the ID token. They survive storage and refresh.
    #[must_use]
    pub fn claims(&self) -> Option<&VerifiedClaims> {
        self.claims.as_ref()
    }

    /// What was granted, as the provider spells it: order and even names differ from what was
    /// asked. Where the reply says nothing, it is what was asked (RFC 6749 section 5.1).
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// What was granted, one by one. Replies are joined by spaces or by commas.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        let scope = self.scope.as_deref().unwrap_or_default();
        scope.split([' ', ',']).filter(|scope| !scope.is_empty())
    }

    /// When hallpass asked for it; `None` for a token from elsewhere.
    #[must_use]
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.issued_at
    }

    /// When the provider stops accepting the token; `None` if it did not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// Whether the token is past `expires_at`, or will be within `leeway`. One that says nothing
    /// of its end never is.
    #[must_use]
    pub fn is_expired_at(&self, now: SystemTime, leeway: Duration) -> bool {
        self.expires_at.is_some_and(|at| at.duration_since(now).unwrap_or_default() <= leeway)
    }

    /// A member of the reply that RFC 6749 does not name. Untrusted.
    #[must_use]
    pub fn extra(&self, name: &str) -> Option<&Json> {
        self.extra.0.get(name)
    }

    /// Another type than `Bearer`: what is not one is not sent as one.
    #[must_use]
    pub fn with_token_type(mut self, token_type: impl Into<Cow<'static, str>>) -> Self {
        self.token_type = token_type.into();
        self
    }

    /// Adds a member of one's own: another protocol's client keeps its own secret here. At most 100
    /// levels deep: a deeper one is written by [`expose_for_storage`](Self::expose_for_storage),
    /// and may not be readable again.
    #[must_use]
    pub fn with_extra(mut self, name: impl Into<String>, value: Json) -> Self {
        self.extra.0.insert(name.into(), value);
        self
    }

    /// The whole token as JSON, claims included, times as unix seconds: for a store that keeps
    /// secrets.
    ///
    /// A number with a fraction and more than 15 digits, in a claim or in [`extra`](Self::extra),
    /// may change in its last place each time it is read.
    #[must_use]
    pub fn expose_for_storage(&self) -> Secret {
        let mut stored = Map::new();
        let mut put = |name: &str, value: Json| {
            if !value.is_null() {
                stored.insert(name.into(), value);
            }
        };
        let text = |secret: &Option<Secret>| json!(secret.as_ref().map(Secret::expose));
        put("access_token", json!(self.access_token.expose()));
        put("token_type", json!(self.token_type));
        put("refresh_token", text(&self.refresh_token));
        put("id_token", text(&self.id_token));
        put("scope", json!(self.scope));
        put("issued_at", json!(self.issued_at.map(unix_seconds)));
        put("expires_at", json!(self.expires_at.map(unix_seconds)));
        put("claims", json!(self.claims.as_ref().map(VerifiedClaims::as_map)));
        if !self.extra.0.is_empty() {
            put("extra", Json::Object(self.extra.0.clone()));
        }
        Secret::new(Json::Object(stored).to_string())
    }

    /// Reads what [`expose_for_storage`](Self::expose_for_storage) wrote. Trusts the store: the
    /// claims count as verified.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](crate::ErrorKind): the store holds something else. Start a new
    /// login.
    pub fn from_storage(stored: &Secret) -> Result<Self> {
        let broken = |what| Error::malformed(format!("the stored token has no readable {what}"));
        let Ok(Json::Object(mut stored)) = serde_json::from_str(stored.expose()) else {
            return Err(broken("JSON object"));
        };
        let mut text = |name: &'static str| match stored.remove(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(broken(name)),
        };
        let access_token = text("access_token")?.ok_or_else(|| broken("access_token"))?;
        let token_type = text("token_type")?.map_or(BEARER, normal_type);
        let refresh_token = text("refresh_token")?.map(Secret::new);
        let id_token = text("id_token")?.map(Secret::new);
        let scope = text("scope")?.map(String::into_boxed_str);
        let time = |name: &'static str| match stored.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(value) => {
                let seconds = value.as_u64().ok_or_else(|| broken(name))?;
                let at = UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
                at.map(Some).ok_or_else(|| broken(name))
            }
        };
        let (issued_at, expires_at) = (time("issued_at")?, time("expires_at")?);
        let mut object = |name: &'static str| match stored.remove(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Object(members)) => Ok(Some(members)),
            Some(_) => Err(broken(name)),
        };
        let claims = object("claims")?.map(VerifiedClaims::from_store);
        let extra = Fields(object("extra")?.unwrap_or_default());
        Ok(Self {
            token_type,
            refresh_token,
            id_token,
            scope,
            issued_at,
            expires_at,
            claims,
            extra,
            ..Self::from_access_token(access_token)
        })
    }
}

impl fmt::Debug for OAuth2Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth2Token")
            .field("token_type", &crate::error::bounded(&self.token_type))
            .field("refresh_token", &self.refresh_token)
            .field("id_token", &self.id_token)
            .field("issued_at", &self.issued_at)
            .field("expires_at", &self.expires_at)
            .field("claims", &self.claims)
            .field("extra_members", &self.extra.0.len())
            .finish_non_exhaustive()
    }
}

/// Most replies say `bearer` in one spelling or another: no allocation for those.
pub(crate) fn normal_type(token_type: String) -> Cow<'static, str> {
    if token_type.eq_ignore_ascii_case("bearer") { BEARER } else { Cow::Owned(token_type) }
}

pub(crate) fn unix_seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn full() -> OAuth2Token {
        let at = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        let claims = Map::from_iter([("sub".to_owned(), json!("42"))]);
        OAuth2Token {
            refresh_token: Some(Secret::new("refresh")),
            id_token: Some(Secret::new("id")),
            scope: Some("a,b c".into()),
            issued_at: at(1_000),
            expires_at: at(4_600),
            claims: Some(VerifiedClaims::dangerously_assume_verified(claims)),
            ..OAuth2Token::from_access_token("access")
        }
        .with_extra("team", json!({ "id": 7 }))
    }

    #[test]
    fn storage_loses_nothing() {
        let token = OAuth2Token::from_storage(&full().expose_for_storage()).unwrap();
        assert_eq!(token.expose_for_storage().expose(), full().expose_for_storage().expose());
        assert_eq!(token.access_token().expose(), "access");
        assert_eq!(token.claims().unwrap().subject(), "42");
        assert_eq!(token.extra("team").unwrap()["id"], 7);
        assert_eq!(token.scopes().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(token.expires_at(), full().expires_at());
    }

    #[test]
    fn the_type_of_another_protocol_survives_storage() {
        let token = OAuth2Token::from_access_token("a").with_token_type("OAuth1");
        let token = OAuth2Token::from_storage(&token.expose_for_storage()).unwrap();
        assert_eq!(token.token_type(), "OAuth1");
    }

    #[test]
    fn a_store_that_holds_something_else_is_told_so() {
        for stored in [
            "",
            "[]",
            "{}",
            r#"{"access_token":1}"#,
            r#"{"access_token":"a","expires_at":"soon"}"#,
            r#"{"access_token":"a","expires_at":18446744073709551615}"#,
            r#"{"access_token":"a","claims":[]}"#,
            r#"{"access_token":"a","refresh_token":{}}"#,
        ] {
            let error = OAuth2Token::from_storage(&Secret::new(stored)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{stored}");
        }
    }

    #[test]
    fn expiry_counts_the_leeway() {
        check(3_599, 0, false);
        check(4_600, 0, true);
        check(4_540, 60, true);
        check(4_539, 60, false);
        check(9_999, 0, true);
        let bare = OAuth2Token::from_access_token("a");
        assert!(!bare.is_expired_at(SystemTime::now(), Duration::MAX));
        assert!(OAuth2Token::from_refresh_token("r").is_expired_at(UNIX_EPOCH, Duration::ZERO));
    }

    #[track_caller]
    fn check(now: u64, leeway: u64, want: bool) {
        let now = UNIX_EPOCH + Duration::from_secs(now);
        assert_eq!(full().is_expired_at(now, Duration::from_secs(leeway)), want);
    }
}
