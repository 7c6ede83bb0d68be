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
    let members = match source {
        Source::Fields(fields) => Members::deserialize(*fields).map_err(|e| response.malformed(&e)),
        Source::Body if is_form(response) => {
            form =
                form_fields(&response.body).map_err(|error| error.with_status(response.status))?;
            Members::deserialize(&form).map_err(|error| response.malformed(&error))
        }
        Source::Body => serde_json::from_slice(without_bom(&response.body))
            .map_err(|error| response.malformed(&error)),
    };
    let status = response.status;
    let members = match members {
        Ok(mut members) => match members.refusal() {
            // check: 28 => members
            Some(oauth) => return Err(refused(response, Some(oauth), descriptor, asked_at)),
            None => members,
        },
        Err(_) if !status.is_success() => {
            return Err(refused(response, None, descriptor, asked_at));
        }
        Err(error) => return Err(error),
    };
    if !status.is_success() {
        return Err(refused(response, None, descriptor, asked_at));
    }
    members.grant(asked_at).map_err(|error| error.with_status(status))
}

/// The body of a token reply as a map, for a provider's hook to put right.
pub(crate) fn fields(response: &Response) -> Result<Map<String, Json>> {
    if is_form(response) {
        return form_fields(&response.body);
    }
    // A map keeps the last of two members in silence, and an `error` would be gone: the strict
    // reader goes first.
    let strict: std::result::Result<Members<'_>, _> =
        serde_json::from_slice(without_bom(&response.body));
    // check: 27
    strict.map_err(|error| response.malformed(&error))?;
    match response.json()? {
        Json::Object(fields) => Ok(fields),
        _ => Err(Error::malformed("the body is no JSON object").with_status(response.status)),
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
    if is_form(response) {
        return Members::deserialize(&form_fields(&response.body).ok()?).ok()?.refusal();
    }
    let mut members: Members<'_> = serde_json::from_slice(without_bom(&response.body)).ok()?;
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
    /// `error`, unless it is one of the ways in which providers say that there is none.
    fn refusal(&mut self) -> Option<OAuthError> {
        let oauth = match std::mem::take(&mut self.error) {
            Loose::Null | Loose::Bool(false) | Loose::Integer(0) => return None,
            Loose::Float(0.0) => return None,
            Loose::Text(text) if text.is_empty() || text.eq_ignore_ascii_case("ok") => return None,
            Loose::Json(Json::Object(error)) if error.is_empty() => return None,
            Loose::Json(Json::Array(list)) if list.is_empty() => return None,
            Loose::Json(Json::Object(error)) => nested_error(&error),
            Loose::Text(code) => OAuthError::new(&code),
            Loose::Integer(code) => OAuthError::new(&code.to_string()),
            Loose::Bool(true) | Loose::Float(_) | Loose::Json(_) => OAuthError::new("error"),
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

    fn grant(self, asked_at: SystemTime) -> Result<Granted> {
        let access_token = match self.access_token.text() {
            Some(token) if !token.is_empty() => token,
            // check: 27 => Cow::Borrowed("")
            _ => return Err(Error::malformed("a token reply without an access_token")),
        };
        // RFC 6749 appendix A.12: printable ASCII. Anything else could break out of a header.
        // check: 88
        if !access_token.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
            return Err(Error::malformed("an access_token with control or foreign characters"));
        }
        let secret = |loose: Loose<'a>| {
            loose.text().filter(|text| !text.is_empty()).map(|text| Secret::new(text.into_owned()))
        };
        let token = OAuth2Token {
            token_type: match self.token_type.text() {
                Some(kind) if kind.eq_ignore_ascii_case("bearer") => Cow::Borrowed("Bearer"),
                Some(kind) if !kind.is_empty() => token::normal_type(kind.into_owned()),
                _ => Cow::Borrowed("Bearer"),
            },
            refresh_token: secret(self.refresh_token),
            scope: scope(self.scope),
            issued_at: Some(asked_at),
            expires_at: expires_at(&self.expires_in, &self.extra, asked_at),
            extra: Fields(self.extra),
            ..OAuth2Token::from_access_token(access_token.into_owned())
        };
        Ok(Granted { token, id_token: secret(self.id_token) })
    }
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

/// By the clock and `expires_in`; where a provider says `expires_at` in unix seconds alone, by that.
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

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        let mut seen = 0_u16;
        while let Some(Name(name)) = map.next_key()? {
            let value: Loose<'de> = map.next_value()?;
            let (slot, bit) = match &*name {
                "access_token" => (&mut members.access_token, 1),
                "token_type" => (&mut members.token_type, 1 << 1),
                "refresh_token" => (&mut members.refresh_token, 1 << 2),
                "id_token" => (&mut members.id_token, 1 << 3),
                "scope" => (&mut members.scope, 1 << 4),
                "expires_in" => (&mut members.expires_in, 1 << 5),
                "error" => (&mut members.error, 1 << 6),
                "error_description" => (&mut members.error_description, 1 << 7),
                "error_uri" => (&mut members.error_uri, 1 << 8),
                _ => {
                    // RFC 8259 section 4: what a second one means is anybody's guess.
                    // check: 27 => members.extra.insert(name.into_owned(), value.into_json());
                    if members.extra.insert(name.into_owned(), value.into_json()).is_some() {
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
        Ok(members)
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
