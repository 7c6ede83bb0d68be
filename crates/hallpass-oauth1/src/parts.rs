use std::{borrow::Cow, fmt};

use hallpass_core::{
    Error, Result,
    http::{HeaderMap, Method, Uri, header},
    is_loopback_host,
    url::{Host, Url},
};

use crate::encoding::{Pair, decoded, encoded, joined, pairs};

const FORM: &str = "application/x-www-form-urlencoded";

/// Protocol parameters: no request of a caller's has one of them among its own ([RFC 5849, section
/// 3.1](https://www.rfc-editor.org/rfc/rfc5849#section-3.1)).
pub(crate) const PROTOCOL: [&str; 11] = [
    "oauth_body_hash",
    "oauth_callback",
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_token",
    "oauth_token_secret",
    "oauth_verifier",
    "oauth_version",
];

/// What of a request its signature covers, as it goes over the wire. `Debug` shows neither query
/// nor body.
#[derive(Clone)]
#[must_use]
pub struct RequestParts<'a> {
    method: &'a Method,
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
    path: &'a str,
    query: Option<&'a str>,
    content_type: Option<Cow<'a, str>>,
    body: &'a [u8],
    pub(crate) protocol: Vec<(&'static str, &'a str)>,
}

impl<'a> RequestParts<'a> {
    /// A request without a body.
    pub fn new(method: &'a Method, url: &'a Url) -> Self {
        Self {
            method,
            scheme: url.scheme(),
            host: url.host_str().unwrap_or_default(),
            port: url.port(),
            path: url.path(),
            query: url.query(),
            content_type: None,
            body: &[],
            protocol: Vec::new(),
        }
    }

    /// A request whose URL is an absolute [`Uri`]. Its path is taken as it is, dots and all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the URI has no scheme or no host.
    pub fn of_uri(method: &'a Method, uri: &'a Uri) -> Result<Self> {
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return Err(Error::config(
                "a request is signed with its whole URL, scheme and host too",
            ));
        };
        Ok(Self {
            method,
            scheme,
            host,
            port: uri.port_u16(),
            path: uri.path(),
            query: uri.query(),
            content_type: None,
            body: &[],
            protocol: Vec::new(),
        })
    }

    /// The body and its media type. One of type `application/x-www-form-urlencoded` is signed;
    /// another one is not, unless [`with_body_hash`](crate::Signer::with_body_hash) hashes it.
    pub fn with_body(mut self, content_type: &'a str, body: &'a [u8]) -> Self {
        self.content_type = Some(Cow::Borrowed(content_type));
        self.body = body;
        self
    }

    /// The body, and its media type from among the headers.
    pub fn with_headers(mut self, headers: &'a HeaderMap, body: &'a [u8]) -> Self {
        let value = headers.get(header::CONTENT_TYPE);
        self.content_type = value.map(|value| String::from_utf8_lossy(value.as_bytes()));
        self.body = body;
        self
    }

    /// `oauth_callback`: in the request for temporary credentials alone ([RFC 5849, section
    /// 2.1](https://www.rfc-editor.org/rfc/rfc5849#section-2.1)).
    pub fn with_callback(mut self, callback: &'a str) -> Self {
        self.protocol.push(("oauth_callback", callback));
        self
    }

    /// `oauth_verifier`: in the request for token credentials alone ([RFC 5849, section
    /// 2.3](https://www.rfc-editor.org/rfc/rfc5849#section-2.3)).
    pub fn with_verifier(mut self, verifier: &'a str) -> Self {
        self.protocol.push(("oauth_verifier", verifier));
        self
    }

    /// The text that is signed ([RFC 5849, section
    /// 3.4.1](https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1)), with the parameters that go
    /// into the header: for finding out what a server and this crate disagree about. `realm` and
    /// `oauth_signature` are left out.
    #[must_use]
    pub fn base_string(&self, of_header: &[(&str, &str)]) -> String {
        let signed = of_header.iter().filter(|(name, _)| *name != "realm");
        let signed =
            signed.map(|(name, value)| (encoded(name.as_bytes()), encoded(value.as_bytes())));
        self.base_string_of(signed.collect())
    }

    pub(crate) fn base_string_of(&self, of_header: Vec<Pair>) -> String {
        let mut all = self.own();
        all.extend(of_header);
        all.retain(|(name, _)| name != "oauth_signature");
        all.sort();
        let method = self.method.as_str().to_ascii_uppercase();
        let uri = encoded(self.base_uri().as_bytes());
        format!("{method}&{uri}&{}", encoded(joined(&all).as_bytes()))
    }

    /// [RFC 5849, section 3.4.1.2](https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.2).
    fn base_uri(&self) -> String {
        let scheme = self.scheme.to_ascii_lowercase();
        let host = self.host.to_ascii_lowercase();
        let is_default = |port: &u16| matches!((&*scheme, port), ("http", 80) | ("https", 443));
        let port = self.port.filter(|port| !is_default(port));
        let port = port.map_or_else(String::new, |port| format!(":{port}"));
        let path = if self.path.is_empty() { "/" } else { self.path };
        format!("{scheme}://{host}{port}{path}")
    }

    /// The parameters of query and form.
    fn own(&self) -> Vec<Pair> {
        let mut own = pairs(self.query.unwrap_or_default().as_bytes());
        if self.is_form() {
            own.extend(pairs(self.body));
        }
        own
    }

    /// None is there that the signature brings.
    pub(crate) fn check(&self) -> Result<()> {
        let is_protocol = |pair: &Pair| PROTOCOL.iter().any(|it| it.as_bytes() == decoded(&pair.0));
        if self.own().iter().any(is_protocol) {
            let message = "a parameter of the request has the name of one that signing adds";
            return Err(Error::config(message).with_reason("reserved"));
        }
        Ok(())
    }

    pub(crate) fn is_form(&self) -> bool {
        let of = |text: &str| {
            text.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case(FORM))
        };
        self.content_type.as_deref().is_some_and(of)
    }

    /// Whether a form can carry more: it is one, or nothing yet and of a method that has a body.
    pub(crate) fn may_be_form(&self) -> bool {
        let has_none = self.body.is_empty() && self.content_type.is_none();
        self.is_form() || (has_none && !matches!(*self.method, Method::GET | Method::HEAD))
    }

    pub(crate) fn body(&self) -> &'a [u8] {
        self.body
    }

    pub(crate) fn is_plain_http(&self) -> bool {
        let is_loopback = Host::parse(self.host).is_ok_and(|host| is_loopback_host(&host));
        !self.scheme.eq_ignore_ascii_case("https") && !is_loopback
    }

    /// That each `Host` among the headers is the URL's own: with another one a request goes to
    /// another server behind the same address than the one that it is signed for.
    pub(crate) fn check_host(&self, headers: &HeaderMap) -> Result<()> {
        if headers.get_all(header::HOST).iter().any(|host| !self.is_host(host.as_bytes())) {
            let message = "the request is for another host than its URL";
            return Err(Error::config(message).with_reason("reserved"));
        }
        Ok(())
    }

    fn is_host(&self, said: &[u8]) -> bool {
        let default = match self.scheme.eq_ignore_ascii_case("https") {
            true => 443,
            false => 80,
        };
        let Ok(said) = std::str::from_utf8(said) else { return false };
        // An address of IPv6 has colons of its own, in brackets.
        let (host, port) = match said.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
            _ => (said, Some(default)),
        };
        host.eq_ignore_ascii_case(self.host) && port == Some(self.port.unwrap_or(default))
    }
}

impl fmt::Debug for RequestParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestParts({} {})", self.method, self.base_uri())
    }
}

#[cfg(test)]
mod tests;
