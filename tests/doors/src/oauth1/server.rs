//! A server's half of RFC 5849, read out of the RFC for this door: with the crate it shares the
//! hashes alone.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass::{
    core::{
        Request,
        http::{self, Method, Uri, header},
        url::Url,
    },
    oauth1::{SignatureMethod, Signed},
};
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};

use crate::world::NOW;

/// Name and value, decoded.
type Pair = (Vec<u8>, Vec<u8>);
/// The protocol's parameters of a request that was believed.
pub(crate) type Params = BTreeMap<String, String>;

/// A request as it comes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    method: String,
    scheme: String,
    host: String,
    /// Scheme, host and port, and path.
    base_uri: String,
    query: String,
    label: Option<String>,
    body: Vec<u8>,
    authorization: Option<String>,
}

pub(crate) struct Server<'a> {
    pub(crate) consumer_secret: &'a str,
    pub(crate) token_secret: &'a str,
}

impl Asked {
    pub(crate) fn new(method: &Method, url: &Url, label: Option<&str>, body: &[u8]) -> Self {
        // The `url` crate leaves a default port out.
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let host = url.host_str().unwrap_or_default();
        Self {
            method: method.as_str().to_owned(),
            scheme: url.scheme().to_owned(),
            host: host.to_owned(),
            base_uri: format!("{}://{host}{port}{}", url.scheme(), url.path()),
            query: url.query().unwrap_or_default().to_owned(),
            label: label.map(str::to_owned),
            body: body.to_vec(),
            authorization: None,
        }
    }

    pub(crate) fn of_request(request: &Request) -> Self {
        let header = |name| Some(request.headers.get(name)?.to_str().ok()?.to_owned());
        let label: Option<String> = header(header::CONTENT_TYPE);
        Self {
            authorization: header(header::AUTHORIZATION),
            ..Self::new(&request.method, &request.url, label.as_deref(), &request.body)
        }
    }

    pub(crate) fn of_uri(request: &http::Request<()>, body: &[u8]) -> Self {
        let uri: &Uri = request.uri();
        let (scheme, host) = (uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default());
        let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
        let port = match (scheme.as_str(), uri.port_u16()) {
            (_, None) | ("http", Some(80)) | ("https", Some(443)) => String::new(),
            (_, Some(port)) => format!(":{port}"),
        };
        let path = if uri.path().is_empty() { "/" } else { uri.path() };
        let header = |name| {
            let value = request.headers().get(name)?.as_bytes();
            Some(String::from_utf8_lossy(value).into_owned())
        };
        Self {
            method: request.method().as_str().to_owned(),
            base_uri: format!("{scheme}://{host}{port}{path}"),
            scheme,
            host,
            query: uri.query().unwrap_or_default().to_owned(),
            label: header(header::CONTENT_TYPE),
            body: body.to_vec(),
            authorization: header(header::AUTHORIZATION),
        }
    }

    /// With what signing adds to it, as an application puts it there.
    pub(crate) fn with(mut self, signed: &Signed) -> Self {
        match signed {
            Signed::Header(value) => {
                self.authorization = Some(value.to_str().expect("a header is text").to_owned());
            }
            Signed::Query(added) => {
                let and = if self.query.is_empty() { "" } else { "&" };
                self.query = format!("{}{and}{}", self.query, added.expose());
            }
            Signed::Form(added) => {
                let and: &[u8] = if self.body.is_empty() { b"" } else { b"&" };
                self.body = [&self.body, and, added.expose().as_bytes()].concat();
                self.label.get_or_insert_with(|| "application/x-www-form-urlencoded".to_owned());
            }
            other => panic!("a place that nobody knows: {other:?}"),
        }
        self
    }

    pub(crate) fn is_form(&self) -> bool {
        let label = self.label.as_deref().unwrap_or_default();
        let label = label.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        label == "application/x-www-form-urlencoded"
    }

    /// Whether parameters can go into its form: there is one, or room for one.
    pub(crate) fn may_be_form(&self) -> bool {
        let is_empty = self.label.is_none() && self.body.is_empty();
        self.is_form() || (is_empty && self.method != "GET" && self.method != "HEAD")
    }

    /// Nobody on the way reads it.
    pub(crate) fn is_private(&self) -> bool {
        let is_loopback = match self.host.as_str() {
            "localhost" | "[::1]" => true,
            host => host.parse::<std::net::Ipv4Addr>().is_ok_and(|it| it.is_loopback()),
        };
        self.scheme == "https" || is_loopback
    }

    /// Whether a parameter of its own has a name that the protocol sets.
    pub(crate) fn has_protocol_param(&self) -> bool {
        let is_protocol = |(name, _): &Pair| PROTOCOL.iter().any(|it| it.as_bytes() == name);
        self.own().iter().any(is_protocol)
    }

    /// The text that is signed (section 3.4.1), with these parameters beside its own.
    pub(crate) fn base_string(&self, others: Vec<Pair>) -> String {
        let all = self.own().into_iter().chain(others);
        let all = all.filter(|(name, _)| name != b"oauth_signature");
        let mut all: Vec<_> = all.map(|(n, v)| (encoded(&n), encoded(&v))).collect();
        all.sort();
        let all: Vec<_> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let method = self.method.to_uppercase();
        let uri = encoded(self.base_uri.as_bytes());
        format!("{method}&{uri}&{}", encoded(all.join("&").as_bytes()))
    }

    fn own(&self) -> Vec<Pair> {
        let mut own = pairs(self.query.as_bytes());
        if self.is_form() {
            own.extend(pairs(&self.body));
        }
        own
    }
}

const PROTOCOL: [&str; 11] = [
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

impl Server<'_> {
    /// Panics unless the request is signed with these secrets, and what the protocol sets is there
    /// once. Gives back what that is.
    pub(crate) fn verify(&self, asked: &Asked, method: SignatureMethod) -> Params {
        let of_header = asked.authorization.as_deref().map(of_header).unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it is text");
        let mut params = Params::new();
        for (name, value) in asked.own().iter().chain(&of_header) {
            if PROTOCOL.iter().any(|it| it.as_bytes() == name) {
                let before = params.insert(text(name), text(value));
                assert!(before.is_none(), "{} is there twice", text(name));
            }
        }
        let key = [self.consumer_secret, self.token_secret].map(|it| encoded(it.as_bytes()));
        let key = key.join("&");
        let base_string = asked.base_string(of_header);
        let want = match method {
            SignatureMethod::HmacSha1 => mac::<Hmac<Sha1>>(&key, &base_string),
            SignatureMethod::HmacSha256 => mac::<Hmac<Sha256>>(&key, &base_string),
            SignatureMethod::HmacSha512 => mac::<Hmac<Sha512>>(&key, &base_string),
            _ => key,
        };
        assert_eq!(params["oauth_signature"], want, "of {base_string}");
        assert_eq!(params["oauth_signature_method"], method.as_str());
        assert_eq!(params["oauth_timestamp"], NOW.to_string());
        assert_eq!(params["oauth_version"], "1.0");
        assert!(params["oauth_nonce"].len() >= 16);
        if let Some(hash) = params.get("oauth_body_hash") {
            assert!(!asked.is_form(), "the hash of a form, whose parameters are signed");
            let want = match method {
                SignatureMethod::HmacSha256 => STANDARD.encode(Sha256::digest(&asked.body)),
                SignatureMethod::HmacSha512 => STANDARD.encode(Sha512::digest(&asked.body)),
                _ => STANDARD.encode(Sha1::digest(&asked.body)),
            };
            assert_eq!(*hash, want);
        }
        params
    }
}

fn mac<M: Mac + KeyInit>(key: &str, text: &str) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).expect("any key will do");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Section 3.5.1.
fn of_header(header: &str) -> Vec<Pair> {
    let params = header.strip_prefix("OAuth ").expect("the scheme is OAuth").split(", ");
    let params = params.map(|param| {
        let (name, value) = param.split_once('=').expect("a parameter has a value");
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        (decoded(name.as_bytes()), decoded(value.expect("a value has quotes").as_bytes()))
    });
    params.filter(|(name, _)| name != b"realm").collect()
}

fn pairs(form: &[u8]) -> Vec<Pair> {
    let spaced: Vec<u8> =
        form.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let pairs = spaced.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let halves = pairs.map(|pair| match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => (decoded(&pair[..at]), decoded(&pair[at + 1..])),
        None => (decoded(pair), Vec::new()),
    });
    halves.collect()
}

/// What is no escape stands for itself.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut bytes, mut at) = (Vec::new(), 0);
    while at < text.len() {
        match (text[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap());
                at += 3;
            }
            (byte, ..) => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    bytes
}

/// Section 3.6.
fn encoded(bytes: &[u8]) -> String {
    let one = |byte: &u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(*byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first request of RFC 5849, section 1.2.
    #[test]
    fn the_example_of_the_rfc_is_believed_and_no_other() {
        let url = Url::parse("https://photos.example.net/initiate").unwrap();
        let asked = Asked::new(&Method::POST, &url, None, b"");
        let of_header = of_header(
            "OAuth realm=\"Photos\", oauth_consumer_key=\"dpf43f3p2l4k3l03\", \
             oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"137131200\", \
             oauth_nonce=\"wIjqoS\", \
             oauth_callback=\"http%3A%2F%2Fprinter.example.com%2Fready\", \
             oauth_signature=\"74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D\"",
        );
        let signature = of_header.last().unwrap().1.clone();
        let base_string = asked.base_string(of_header);
        let signed = |secret: &str| mac::<Hmac<Sha1>>(secret, &base_string).into_bytes();
        assert_eq!(signed("kd94hf93k423kf44&"), signature);
        assert_ne!(signed("kd94hf93k423kf45&"), signature);
    }

    #[test]
    fn text_is_encoded_and_decoded() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decoded(encoded(&all).as_bytes()), all);
        assert_eq!(encoded(b"a b+~%"), "a%20b%2B~%25");
        assert_eq!(decoded(b"%zz%4"), b"%zz%4");
        assert_eq!(
            pairs(b"a=1+2&&b&=c"),
            [
                (b"a".to_vec(), b"1 2".to_vec()),
                (b"b".to_vec(), Vec::new()),
                (Vec::new(), b"c".to_vec())
            ]
        );
    }
}
