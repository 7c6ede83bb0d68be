//! A request read to its end, and an answer about to be written.

use std::collections::HashSet;

use hallpass_core::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    url::{
        Url,
        form_urlencoded::{self, byte_serialize},
    },
};
use maud::Markup;
use serde_json::json;

use super::words;
use crate::FixtureResponse;

/// A request, read to its end.
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// As the client knows it: the provider's own URL when emulating.
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(super) fn query(&self) -> Params {
        Params::of_form(self.url.query().unwrap_or_default().as_bytes())
    }

    /// The members of the body, form or JSON object; `None` if it is neither.
    pub(super) fn params(&self) -> Option<Params> {
        match self.media_type().as_deref() {
            Some("application/x-www-form-urlencoded") => Some(Params::of_form(&self.body)),
            Some("application/json") => Params::of_json(&self.body),
            _ => None,
        }
    }

    pub(super) fn is_form(&self) -> bool {
        self.media_type().as_deref() == Some("application/x-www-form-urlencoded")
    }

    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What follows the scheme in `Authorization`, which has any case (RFC 9110 section 11.1).
    pub(super) fn authorization(&self, scheme: &str) -> Option<&str> {
        let (got, rest) = self.header(&header::AUTHORIZATION)?.split_once(' ')?;
        got.eq_ignore_ascii_case(scheme).then(|| rest.trim_start())
    }

    fn media_type(&self) -> Option<String> {
        let value = self.header(&header::CONTENT_TYPE)?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }
}

/// Parameters of a query, a form or a JSON object.
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    pub(super) fn of_form(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    pub(super) fn of_json(body: &[u8]) -> Option<Self> {
        let Ok(Json::Object(members)) = serde_json::from_slice(body) else { return None };
        let text = |value: Json| match value {
            Json::String(text) => text,
            other => other.to_string(),
        };
        Some(Self(members.into_iter().map(|(name, value)| (name, text(value))).collect()))
    }

    /// RFC 6749 section 3.1: a parameter without a value counts as left out.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// RFC 6749 section 3.1: none comes twice.
    pub(super) fn repeats_one(&self) -> bool {
        let mut seen = HashSet::new();
        !self.0.iter().all(|(name, _)| seen.insert(name))
    }

    #[cfg(feature = "openid")]
    pub(super) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    /// One value in the place of any other.
    #[cfg(feature = "openid")]
    pub(super) fn with(self, name: &str, value: &str) -> Self {
        let mut params = self.without(&[name]);
        params.0.push((name.to_owned(), value.to_owned()));
        params
    }

    /// How many of these parameters, a fixture's, are not as they were sent, or were sent besides:
    /// those that say what is asked for, and those that a word stands for.
    pub(super) fn differing(&self, sent: &Self, is: impl Fn(&str, &str) -> bool) -> (usize, usize) {
        let fits = |(name, want): &(String, String)| {
            sent.0.iter().any(|(known, got)| known == name && words::fits(want, got, &is))
        };
        let other: Vec<_> = self.0.iter().filter(|pair| !fits(pair)).collect();
        let of_words = other.iter().filter(|(_, want)| words::is_word(want)).count();
        let besides =
            sent.0.iter().filter(|(name, _)| self.0.iter().all(|(known, _)| known != name));
        (other.len() - of_words + besides.count(), of_words)
    }

    /// The first parameter with such a value.
    pub(super) fn name_of(&self, is: impl Fn(&str) -> bool) -> Option<&str> {
        self.0.iter().find(|(_, value)| is(value)).map(|(name, _)| name.as_str())
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, value)| value.as_str())
    }
}

/// An answer. All of them say `Cache-Control: no-store` (RFC 6749 section 5.1).
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// The pages hold a style of their own and nothing else. No `form-action`: browsers apply it to the
/// redirect that follows, which is the point of the form.
const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

impl Answer {
    pub(super) fn empty(status: StatusCode) -> Self {
        let no_store = HeaderValue::from_static("no-store");
        let headers = HeaderMap::from_iter([(header::CACHE_CONTROL, no_store)]);
        Self { status, headers, body: Vec::new() }
    }

    pub(super) fn json(status: StatusCode, body: &Json) -> Self {
        Self::typed(status, "application/json", body.to_string())
    }

    #[cfg(feature = "oauth1")]
    pub(super) fn form(status: StatusCode, pairs: String) -> Self {
        Self::typed(status, "application/x-www-form-urlencoded", pairs)
    }

    pub(super) fn text(status: StatusCode, body: impl Into<String>) -> Self {
        Self::typed(status, "text/plain; charset=utf-8", body)
    }

    pub(super) fn page(status: StatusCode, page: Markup) -> Self {
        Self::typed(status, "text/html; charset=utf-8", page.into_string())
            .with(header::CONTENT_SECURITY_POLICY, PAGE_POLICY)
            .with(header::REFERRER_POLICY, "no-referrer")
    }

    /// 303, so that a form's POST is not repeated there (RFC 9700 section 4.12).
    pub(super) fn see_other(location: &str) -> Self {
        Self::empty(StatusCode::SEE_OTHER).with(header::LOCATION, location)
    }

    /// The same, with these parameters in the query.
    pub(super) fn see_other_with(uri: &str, params: &[(String, String)]) -> Self {
        let mut location = uri.to_owned();
        for (name, value) in params {
            location.push(if location.contains('?') { '&' } else { '?' });
            location.push_str(name);
            location.push('=');
            location.extend(byte_serialize(value.as_bytes()));
        }
        Self::see_other(&location)
    }

    pub(super) fn not_allowed(methods: &'static str) -> Self {
        Self::empty(StatusCode::METHOD_NOT_ALLOWED).with(header::ALLOW, methods)
    }

    /// RFC 6749 section 5.2.
    pub(super) fn refusal(status: StatusCode, code: &str, description: &str) -> Self {
        Self::json(status, &json!({ "error": code, "error_description": description }))
    }

    /// A recorded answer with another body. Lengths and connections are this server's own business.
    pub(super) fn recorded(response: &FixtureResponse, body: String) -> Self {
        let status = StatusCode::from_u16(response.status()).unwrap_or(StatusCode::OK);
        let mut answer = Self { body: body.into_bytes(), ..Self::empty(status) };
        for (name, value) in response.headers() {
            let Ok(name) = HeaderName::try_from(name.as_str()) else { continue };
            let of_connection =
                [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION];
            if !of_connection.contains(&name) {
                answer = answer.with(name, value);
            }
        }
        answer
    }

    /// A header; one that no header can hold is left out.
    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(super) fn typed(status: StatusCode, media_type: &str, body: impl Into<String>) -> Self {
        let answer = Self { body: body.into().into_bytes(), ..Self::empty(status) };
        answer
            .with(header::CONTENT_TYPE, media_type)
            .with(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
    }
}
