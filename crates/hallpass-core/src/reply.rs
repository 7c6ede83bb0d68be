use std::{
    borrow::Cow,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::StatusCode;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Map;

use crate::{
    Descriptor, Error, Json, OAuth2Token, OAuthError, Response, Result, Secret, claims::Fields,
    loose::Loose, query, token, wire::without_bom,
};

/// The members of a token reply, of whatever types: RFC 6749 sections 5.1 and 5.2. Text is borrowed
/// from the body.
#[derive(Debug, Default)]
struct Members<'a> {
    access_token: Loose<'a>,
    token_type: Loose<'a>,
    refresh_token: Loose<'a>,
    id_token: Loose<'a>,
    scope: Loose<'a>,
    expires_in: Loose<'a>,
    error: Loose<'a>,
    error_description: Loose<'a>,
    error_uri: Loose<'a>,
    extra: Map<String, Json>,
}

/// A token reply that was read; an ID token is still unverified.
pub(crate) struct Granted {
    pub(crate) token: OAuth2Token,
    pub(crate) id_token: Option<Secret>,
}

/// Where the reader finds the reply: in the body, or in the map that a provider put right.
#[derive(Debug)]
pub(crate) enum Source<'a> {
    Body,
    Fields(&'a Map<String, Json>),
}

/// Reads a token reply. Tolerant of shape (JSON or form, any 2xx, numbers as text), strict on
/// meaning: an object with an `access_token` and without an `error`.
///
/// `asked_at` is when the request left, so that a token never seems to live longer than it does.
pub(crate) fn read(
    response: &Response,
    source: &Source<'_>,
    descriptor: &Descriptor,
    asked_at: SystemTime,
) -> Result<Granted> {
    let form;
    let mut members = Members::default();
    let read = match source {
        Source::Fields(fields) => members.fill(*fields).map_err(|error| response.malformed(&error)),
        Source::Body if is_form(response) => {
            form =
                form_fields(&response.body).map_err(|error| error.with_status(response.status))?;
            members.fill(&form).map_err(|error| response.malformed(&error))
        }
        Source::Body => {
            members.fill_from_json(&response.body).map_err(|error| response.malformed(&error))
        }
    };
    let status = response.status;
    match read {
        Ok(()) => {
            // check: 28
            if let Some(oauth) = members.refusal() {
                return Err(refused(response, Some(oauth), descriptor, asked_at));
            }
        }
        Err(error) if status.is_success() => return Err(error),
        Err(_) => {}
    }
    if !status.is_success() {
        return Err(refused(response, None, descriptor, asked_at));
    }
    members.grant(asked_at, status)
}

/// The body of a token reply as a map, for a provider's hook to put right.
pub(crate) fn fields(response: &Response) -> Result<Map<String, Json>> {
    if is_form(response) {
        return form_fields(&response.body);
    }
    response.members()
}

impl Response {
    /// The members of the object that the body is. One that is there twice refuses it: what the
    /// second one means is anybody's guess ([RFC 8259, section
    /// 4](https://www.rfc-editor.org/rfc/rfc8259#section-4)).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](crate::ErrorKind), without a value of the body.
    pub fn members(&self) -> Result<Map<String, Json>> {
        // A map keeps the last of two members in silence, and an `error` would be gone: the strict
        // reader goes first.
        let strict = Members::default().fill_from_json(&self.body);
        // check: 27
        strict.map_err(|error| self.malformed(&error))?;
        match self.json()? {
            Json::Object(fields) => Ok(fields),
            _ => Err(Error::malformed("the body is no JSON object").with_status(self.status)),
        }
    }
}

/// All text and numbers in a reply, at whatever depth, each with the name that it stands under.
pub(crate) fn values<'a>(json: &'a Json, name: &'a str, found: &mut Vec<(&'a str, Cow<'a, str>)>) {
    match json {
        Json::Object(members) => {
            members.iter().for_each(|(name, value)| values(value, name, found));
        }
        Json::Array(list) => list.iter().for_each(|value| values(value, name, found)),
        Json::String(text) => found.push((name, Cow::Borrowed(text))),
        Json::Number(number) => found.push((name, Cow::Owned(number.to_string()))),
        Json::Null | Json::Bool(_) => {}
    }
}

/// What the provider says of a refusal, if it says it as RFC 6749 section 5.2 does, or nearly.
pub(crate) fn oauth_error(response: &Response) -> Option<OAuthError> {
    let form;
    let mut members = Members::default();
    if is_form(response) {
        form = form_fields(&response.body).ok()?;
        members.fill(&form).ok()?;
    } else {
        members.fill_from_json(&response.body).ok()?;
    }
    members.refusal()
}

/// A refusal by the token endpoint or another one that authenticates the client.
pub(crate) fn refused(
    response: &Response,
    oauth: Option<OAuthError>,
    descriptor: &Descriptor,
    now: SystemTime,
) -> Error {
    let status = response.status;
    let error = match &oauth {
        _ if status == StatusCode::TOO_MANY_REQUESTS => {
            Error::transport("too many requests").with_reason("rate_limited")
        }
        _ if status.is_server_error() => Error::transport("the provider is not able to answer"),
        Some(oauth) => {
            Error::new(descriptor.error_kind(oauth.code()), "the provider refused the request")
        }
        None if status == StatusCode::UNAUTHORIZED => {
            Error::config("the provider does not accept the client's credentials")
                .with_reason("client_auth")
        }
        None if status == StatusCode::FORBIDDEN => {
            Error::denied("the provider forbids it").with_reason("forbidden")
        }
        None if status.is_redirection() => {
            Error::malformed("the endpoint redirects, which is not followed")
                .with_reason("redirect")
        }
        None if status.is_client_error() && status != StatusCode::BAD_REQUEST => {
            Error::config("the endpoint does not take such a request")
        }
        None => Error::malformed("a refusal that does not say why"),
    };
    let error = error.with_status(status).with_retry_after(response.retry_after(now));
    match oauth {
        Some(oauth) => error.with_oauth(oauth),
        None => error,
    }
}

impl<'a> Members<'a> {
    /// Reads an object, in place: handed up through serde's layers by value, the members are moved
    /// five times, which was a tenth of the instructions that GitHub's reply takes.
    fn fill<D: Deserializer<'a>>(&mut self, object: D) -> Result<(), D::Error> {
        object.deserialize_map(self)
    }

    /// Checked for UTF-8 as a whole: serde_json checks a slice text by text, which for Google's
    /// reply is 1,100 instructions more.
    fn fill_from_json(&mut self, body: &'a [u8]) -> serde_json::Result<()> {
        let body = without_bom(body);
        let Ok(text) = std::str::from_utf8(body) else {
            // It says where the bad byte is.
            return serde_json::from_slice(body)
                .and_then(|_: Json| Err(de::Error::custom("a text that is no UTF-8")));
        };
        let mut json = serde_json::Deserializer::from_str(text);
        self.fill(&mut json)?;
        json.end()
    }

    /// `error`, unless it is one of the ways in which providers say that there is none.
    fn refusal(&mut self) -> Option<OAuthError> {
        let oauth = match std::mem::take(&mut self.error) {
            Loose::Null | Loose::Bool(false) => return None,
            Loose::Number(number) if number.as_f64() == Some(0.0) => return None,
            Loose::Text(text) if text.is_empty() || text.eq_ignore_ascii_case("ok") => return None,
            Loose::Json(Json::Object(error)) if error.is_empty() => return None,
            Loose::Json(Json::Array(list)) if list.is_empty() => return None,
            Loose::Json(Json::Object(error)) => nested_error(&error),
            Loose::Text(code) => OAuthError::new(&code),
            Loose::Number(code) if !code.is_f64() => OAuthError::new(&code.to_string()),
            Loose::Bool(true) | Loose::Number(_) | Loose::Json(_) => OAuthError::new("error"),
        };
        let text = |loose: &mut Loose<'a>| std::mem::take(loose).text();
        let oauth = match text(&mut self.error_description) {
            Some(description) => oauth.with_description(&description),
            None => oauth,
        };
        Some(match text(&mut self.error_uri) {
            Some(uri) => oauth.with_uri(&uri),
            None => oauth,
        })
    }

    fn grant(self, asked_at: SystemTime, status: StatusCode) -> Result<Granted> {
        let malformed = |message| Err(Error::malformed(message).with_status(status));
        let access_token = match self.access_token.text() {
            Some(token) if !token.is_empty() => token,
            // check: 27 => Cow::Borrowed("")
            _ => return malformed("a token reply without an access_token"),
        };
        // RFC 6749 appendix A.12: printable ASCII. Anything else could break out of a header.
        // check: 88
        if !is_printable(&access_token) {
            return malformed("an access_token with control or foreign characters");
        }
        let secret = |loose: Loose<'a>| {
            loose.text().filter(|text| !text.is_empty()).map(|text| Secret::new(text.into_owned()))
        };
        let token = OAuth2Token {
            access_token: Secret::new(access_token),
            token_type: match self.token_type.text() {
                Some(kind) if kind.eq_ignore_ascii_case("bearer") => Cow::Borrowed("Bearer"),
                Some(kind) if !kind.is_empty() => token::normal_type(kind.into_owned()),
                _ => Cow::Borrowed("Bearer"),
            },
            refresh_token: secret(self.refresh_token),
            id_token: None,
            scope: scope(self.scope),
            issued_at: Some(asked_at),
            expires_at: expires_at(&self.expires_in, &self.extra, asked_at),
            claims: None,
            extra: Fields(self.extra),
        };
        Ok(Granted { token, id_token: secret(self.id_token) })
    }
}

/// Every byte is looked at, whatever the one before was, so that the compiler takes 16 at a time:
/// 1,300 instructions less for a token as long as Google's.
fn is_printable(text: &str) -> bool {
    text.bytes().fold(true, |so_far, byte| so_far & (0x20..=0x7e).contains(&byte))
}

/// An error that is an object: `{"message", "type", "code"}` and its relatives.
fn nested_error(error: &Map<String, Json>) -> OAuthError {
    let word = |name: &str| match error.get(name)? {
        Json::String(text) if !text.is_empty() => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let code = ["type", "code", "error", "status", ".tag"].iter().find_map(|name| word(name));
    let oauth = OAuthError::new(code.as_deref().unwrap_or("error"));
    match ["message", "error_description", "description"].iter().find_map(|name| word(name)) {
        Some(description) => oauth.with_description(&description),
        None => oauth,
    }
}

/// `scope` as text, or as a list that becomes text joined by spaces.
fn scope(scope: Loose<'_>) -> Option<Box<str>> {
    match scope {
        Loose::Text(text) => Some(text.into()),
        Loose::Json(Json::Array(scopes)) => {
            let scopes: Vec<_> = scopes.iter().filter_map(Json::as_str).collect();
            Some(scopes.join(" ").into_boxed_str())
        }
        _ => None,
    }
}

/// No token lives for a century; a reply that says so must not overflow the clock.
const LONGEST_LIFE: Duration = Duration::from_secs(100 * 365 * 86_400);

/// By the clock and `expires_in`; where a provider says `expires_at` in unix seconds alone, by
/// that.
fn expires_at(
    expires_in: &Loose<'_>,
    extra: &Map<String, Json>,
    asked_at: SystemTime,
) -> Option<SystemTime> {
    if let Some(seconds) = expires_in.seconds() {
        // check: 30 => return Some(asked_at + Duration::from_secs(seconds));
        return asked_at.checked_add(Duration::from_secs(seconds).min(LONGEST_LIFE));
    }
    let at = Loose::deserialize(extra.get("expires_at")?).ok()?.seconds()?;
    let longest = asked_at.checked_add(LONGEST_LIFE)?;
    Some(UNIX_EPOCH.checked_add(Duration::from_secs(at)).map_or(longest, |at| at.min(longest)))
}

/// Some providers answer with a form unless asked for JSON, and label it as they like.
fn is_form(response: &Response) -> bool {
    let body = without_bom(&response.body).trim_ascii_start();
    if body.is_empty() || matches!(body[0], b'{' | b'[' | b'<' | b'"') {
        return false;
    }
    match response.media_type().as_deref() {
        Some("application/x-www-form-urlencoded") => true,
        Some("application/json") => false,
        _ => body.starts_with(b"access_token=") || body.starts_with(b"error="),
    }
}

fn form_fields(body: &[u8]) -> Result<Map<String, Json>> {
    let body = std::str::from_utf8(without_bom(body))
        .map_err(|_| Error::malformed("a form that is no UTF-8"))?;
    let mut fields = Map::new();
    for (name, value) in query::pairs(body.trim())? {
        // check: 27 => fields.insert(name, Json::String(value));
        if fields.insert(name, Json::String(value)).is_some() {
            return Err(Error::malformed("a member twice"));
        }
    }
    Ok(fields)
}

impl<'de> Visitor<'de> for &mut Members<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = 0_u16;
        while let Some(Name(name)) = map.next_key()? {
            let value: Loose<'de> = map.next_value()?;
            let (slot, bit) = match &*name {
                "access_token" => (&mut self.access_token, 1),
                "token_type" => (&mut self.token_type, 1 << 1),
                "refresh_token" => (&mut self.refresh_token, 1 << 2),
                "id_token" => (&mut self.id_token, 1 << 3),
                "scope" => (&mut self.scope, 1 << 4),
                "expires_in" => (&mut self.expires_in, 1 << 5),
                "error" => (&mut self.error, 1 << 6),
                "error_description" => (&mut self.error_description, 1 << 7),
                "error_uri" => (&mut self.error_uri, 1 << 8),
                _ => {
                    // RFC 8259 section 4: what a second one means is anybody's guess.
                    // check: 27 => self.extra.insert(name.into_owned(), value.into_json());
                    if self.extra.insert(name.into_owned(), value.into_json()).is_some() {
                        return Err(de::Error::custom("a member twice"));
                    }
                    continue;
                }
            };
            // check: 27
            if seen & bit != 0 {
                return Err(de::Error::custom("a member twice"));
            }
            seen |= bit;
            *slot = value;
        }
        Ok(())
    }
}

/// A member's name, borrowed unless it is written with escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests;
