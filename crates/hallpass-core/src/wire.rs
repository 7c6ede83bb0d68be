use std::{
    fmt,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use http::{HeaderMap, Method, StatusCode, header};
use url::Url;

use crate::{Error, Json, Result};

/// How much of an answer is read unless a call says otherwise: 1 MiB, after decoding.
pub(crate) const BODY_LIMIT_BYTES: usize = 1 << 20;
/// Whoever adds an answer's wait to a clock must not overflow it.
const LONGEST_WAIT: Duration = Duration::from_secs(365 * 86_400);
/// How much of a metadata document or key set is read: 512 KiB.
pub(crate) const DOCUMENT_LIMIT_BYTES: usize = 512 << 10;

/// The seam for transports: proxies, tests, emulation, counting.
///
/// # Contract
///
/// An implementation sends the request once, as it is; follows no redirect; reads at most
/// [`Request::body_limit_bytes`] of the decoded body and refuses a longer one as
/// [`ErrorKind::Malformed`](crate::ErrorKind) with the reason `body_limit`; gives up after
/// [`Request::timeout`] with [`ErrorKind::Transport`](crate::ErrorKind). Any status is an `Ok`:
/// hallpass reads it. A wrapper forwards both, and logs neither headers, query nor body.
#[async_trait]
pub trait HttpClient: fmt::Debug + Send + Sync {
    /// Sends one request and reads its answer to the end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](crate::ErrorKind) if there was no whole answer: the caller may try
    /// again. [`ErrorKind::Malformed`](crate::ErrorKind) if it was too long.
    /// [`ErrorKind::Config`](crate::ErrorKind) if the transport cannot serve this URL at all.
    /// [`ErrorKind::Security`](crate::ErrorKind) if it must not: log it and stop.
    async fn send(&self, request: Request) -> Result<Response>;
}

/// A request on the wire.
///
/// `Debug` shows method, origin and path alone: headers, query and body hold secrets.
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to, query included.
    pub url: Url,
    /// All headers; credentials in them are marked sensitive.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// The longest answer that may be read, in bytes after decoding.
    pub body_limit_bytes: usize,
    /// How long connecting, sending and reading may take together.
    pub timeout: Duration,
    purpose: Purpose,
}

impl Request {
    /// A request without headers or body; limit 1 MiB, timeout 10 s.
    #[must_use]
    pub fn new(method: Method, url: Url, purpose: Purpose) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: Vec::new(),
            body_limit_bytes: BODY_LIMIT_BYTES,
            timeout: Duration::from_secs(10),
            purpose,
        }
    }

    /// Why it is sent: for transports that log, count or test.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.url.origin().ascii_serialization();
        write!(f, "Request({} {origin}{}, {:?})", self.method, self.url.path(), self.purpose)
    }
}

/// An answer, read to its end within the limit. `Debug` shows status and length alone.
#[non_exhaustive]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, decoded.
    pub body: Vec<u8>,
}

impl Response {
    /// An answer, for whoever implements [`HttpClient`].
    #[must_use]
    pub fn new(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { status, headers, body }
    }

    /// The body as JSON, whatever the content type says: providers label it `text/javascript`,
    /// `text/plain` or not at all. A leading byte order mark is skipped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](crate::ErrorKind): the provider's answer is not JSON.
    pub fn json(&self) -> Result<Json> {
        serde_json::from_slice(without_bom(&self.body)).map_err(|error| self.malformed(&error))
    }

    /// The body as a type of the caller's own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](crate::ErrorKind): the provider's answer has another shape.
    pub fn json_as<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(without_bom(&self.body)).map_err(|error| self.malformed(&error))
    }

    /// The media type, in lower case and without parameters.
    #[must_use]
    pub fn media_type(&self) -> Option<String> {
        let value = self.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// How long the sender asks to wait, a year at most, as seconds or as a date ([RFC 9110,
    /// section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
    #[must_use]
    pub fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let value = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds).min(LONGEST_WAIT));
        }
        let date = httpdate::parse_http_date(value).ok()?;
        Some(date.duration_since(now).unwrap_or_default().min(LONGEST_WAIT))
    }

    /// serde_json's own message quotes the value that did not fit, which may be a token.
    pub(crate) fn malformed(&self, error: &serde_json::Error) -> Error {
        let what = if error.is_data() { "JSON of another shape" } else { "no JSON" };
        let (line, column) = (error.line(), error.column());
        Error::malformed(format!("the body is {what} (line {line}, column {column})"))
            .with_status(self.status)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status.as_u16(), self.body.len())
    }
}

/// Why a request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// The provider's API, in the user's or the client's name.
    Api,
    /// An endpoint that the descriptor or discovery names.
    Endpoint(Endpoint),
    /// Discovery or keys: no credentials.
    Metadata,
    /// The token endpoint.
    Token,
}

/// Endpoints that are reached by name. The token endpoint is not among them: its answers go
/// through core's reader alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// Client-initiated backchannel authentication.
    BackchannelAuthentication,
    /// [RFC 8628](https://www.rfc-editor.org/rfc/rfc8628).
    DeviceAuthorization,
    /// [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662).
    Introspection,
    /// [RFC 9126](https://www.rfc-editor.org/rfc/rfc9126).
    PushedAuthorization,
    /// [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009).
    Revocation,
    /// [OpenID Connect Core, section 5.3](https://openid.net/specs/openid-connect-core-1_0.html#UserInfo).
    Userinfo,
}

/// Some servers put a byte order mark before their JSON; RFC 8259 section 8.1 lets a reader skip
/// it.
pub(crate) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(name: header::HeaderName, value: &str) -> Response {
        let headers = HeaderMap::from_iter([(name, value.parse().unwrap())]);
        Response::new(StatusCode::SERVICE_UNAVAILABLE, headers, Vec::new())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        check("120", now, Some(120));
        check("Sun, 06 Nov 1994 08:50:37 GMT", now, Some(60));
        check("Sun, 06 Nov 1994 08:00:00 GMT", now, Some(0));
        check("soon", now, None);
        check("-1", now, None);
        check("18446744073709551615", now, Some(365 * 86_400));
    }

    #[track_caller]
    fn check(value: &str, now: SystemTime, want: Option<u64>) {
        let got = response(header::RETRY_AFTER, value).retry_after(now);
        assert_eq!(got, want.map(Duration::from_secs));
    }

    #[test]
    fn a_media_type_loses_case_and_parameters() {
        let got = response(header::CONTENT_TYPE, "Text/JavaScript; charset=UTF-8").media_type();
        assert_eq!(got.as_deref(), Some("text/javascript"));
    }

    #[test]
    fn a_body_that_is_not_json_is_named_by_place_not_by_value() {
        let body = br#"{"access_token":"planted"x}"#.to_vec();
        let response = Response::new(StatusCode::OK, HeaderMap::new(), body);
        let error = response.json().unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Malformed);
        assert!(error.to_string().contains("line 1"));
        assert!(!format!("{error:?}{error}").contains("planted"));
    }

    #[test]
    fn a_byte_order_mark_does_no_harm() {
        let body = b"\xef\xbb\xbf{\"a\":1}".to_vec();
        let response = Response::new(StatusCode::OK, HeaderMap::new(), body);
        assert_eq!(response.json().unwrap()["a"], 1);
    }

    #[test]
    fn debug_shows_neither_query_nor_headers_nor_body() {
        let url = Url::parse("https://api.test/me?access_token=planted").unwrap();
        let mut request = Request::new(Method::GET, url, Purpose::Api);
        request.headers.insert("authorization", "planted".parse().unwrap());
        request.body = b"planted".to_vec();
        assert_eq!(format!("{request:?}"), "Request(GET https://api.test/me, Api)");
    }
}
