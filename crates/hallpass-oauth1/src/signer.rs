use std::{fmt, sync::Arc, time::UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass_core::{
    Clock, Error, Random, Result, Secret, SystemClock, ThreadRandom,
    http::{HeaderValue, Request, Uri, header},
};

use crate::{
    ClientCredentials, RequestParts, SignatureMethod, TokenCredentials,
    encoding::{Pair, encoded, joined},
};

/// Where the protocol's parameters go ([RFC 5849, section
/// 3.5](https://www.rfc-editor.org/rfc/rfc5849#section-3.5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Placement {
    /// `Authorization: OAuth …`.
    Header,
    /// The URL's query.
    ///
    /// # Security
    ///
    /// Servers and proxies log URLs, and browsers tell them to others in `Referer`. What is there
    /// is a token and a signature that is good once. PLAINTEXT, whose signature is both secrets as
    /// they are, does not go there.
    Query,
    /// The form that is the body. Where the body is something else, nothing is signed: it is not
    /// turned into a form.
    Form,
}

/// Signs requests ([RFC 5849, section 3](https://www.rfc-editor.org/rfc/rfc5849#section-3)): pure
/// functions of a request's parts, but for the nonce and the time. A body is never changed, but
/// where the parameters go into the form, which gets longer.
///
/// ```
/// use hallpass_core::{Secret, http::Method, url::Url};
/// use hallpass_oauth1::{ClientCredentials, RequestParts, Signed, Signer, TokenCredentials};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let signer = Signer::new(ClientCredentials::new("key", "secret"));
/// let token = TokenCredentials::new("token", "token secret");
/// let url = Url::parse("https://api.test/photos?size=original")?;
/// match signer.sign(&RequestParts::new(&Method::GET, &url), Some(&token))? {
///     Signed::Header(value) => assert!(value.to_str()?.starts_with("OAuth oauth_consumer_key=")),
///     other => panic!("in the header unless told otherwise: {other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Signer {
    client: ClientCredentials,
    method: SignatureMethod,
    placement: Placement,
    realm: Option<Arc<str>>,
    has_body_hash: bool,
    has_version: bool,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// What a signature adds to a request. `Debug` shows where it goes, and no value.
#[derive(Clone)]
#[non_exhaustive]
pub enum Signed {
    /// The value of `Authorization`.
    Header(HeaderValue),
    /// What comes last in the query, encoded.
    Query(Secret),
    /// What comes last in the form, encoded. A body that is empty becomes this form, of the type
    /// `application/x-www-form-urlencoded`.
    Form(Secret),
}

impl Signer {
    /// By HMAC-SHA1, or by RSA-SHA1 for a client with a key; in the header.
    #[must_use]
    pub fn new(client: ClientCredentials) -> Self {
        let method = client.default_method();
        Self {
            client,
            method,
            placement: Placement::Header,
            realm: None,
            has_body_hash: false,
            has_version: true,
            clock: Arc::new(SystemClock),
            random: Arc::new(ThreadRandom),
        }
    }

    /// By another method.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the client has a secret and the method
    /// needs an RSA key, or the other way round.
    pub fn with_method(mut self, method: SignatureMethod) -> Result<Self> {
        method.check(&self.client)?;
        self.method = method;
        Ok(self)
    }

    /// Elsewhere than in the header.
    #[must_use]
    pub fn with_placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// `realm`: said in the header, and no part of what is signed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): it is not printable ASCII.
    pub fn with_realm(mut self, realm: &str) -> Result<Self> {
        if !realm.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
            return Err(Error::config("a realm is printable ASCII"));
        }
        self.realm = Some(realm.into());
        Ok(self)
    }

    /// Adds `oauth_body_hash` to each request whose body is no form and becomes none, one without a
    /// body too, so that the body is signed ([OAuth Request Body
    /// Hash](https://datatracker.ietf.org/doc/draft-eaton-oauth-bodyhash/)): by the hash of the
    /// method, SHA-1 for PLAINTEXT. PLAINTEXT signs nothing, and so not the hash either: who
    /// changes the body on the way changes that too.
    #[must_use]
    pub fn with_body_hash(mut self) -> Self {
        self.has_body_hash = true;
        self
    }

    /// Leaves `oauth_version` out, as [RFC 5849, section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc5849#section-3.1) allows.
    #[must_use]
    pub fn without_version(mut self) -> Self {
        self.has_version = false;
        self
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Another source of nonces, for tests.
    #[must_use]
    pub fn with_random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = random;
        self
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> SignatureMethod {
        self.method
    }

    /// Where the parameters go.
    #[must_use]
    pub fn placement(&self) -> Placement {
        self.placement
    }

    /// The consumer key.
    #[must_use]
    pub fn consumer_key(&self) -> &str {
        self.client.consumer_key()
    }

    /// Signs one request, with a nonce of 120 random bits and the time; without a token in the name
    /// of the application alone (two-legged). A request that is sent again is signed again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): a parameter of query or form has the name
    /// of one that signing adds (reason `reserved`), the parameters go into the form and the body
    /// is none, something in them is no text of a header, or PLAINTEXT is to go into the query.
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `plain_http`: PLAINTEXT over plain
    /// http to another host than loopback.
    pub fn sign(
        &self,
        parts: &RequestParts<'_>,
        token: Option<&TokenCredentials>,
    ) -> Result<Signed> {
        parts.check()?;
        if self.placement == Placement::Form && !parts.may_be_form() {
            let message = "the signature goes into the form, and the body of the request is none";
            return Err(Error::config(message));
        }
        self.check_placement()?;
        // check: 23
        if self.method == SignatureMethod::Plaintext && parts.is_plain_http() {
            let message = "PLAINTEXT over plain http to a host that is not loopback";
            return Err(Error::security("plain_http", message));
        }
        let mut params = self.protocol_params(parts, token);
        // PLAINTEXT signs nothing: no text is made for it.
        let base_string = match self.method {
            SignatureMethod::Plaintext => String::new(),
            _ => parts.base_string_of(params.clone()),
        };
        let secret = token.map(TokenCredentials::secret);
        let signature = self.method.sign(&base_string, &self.client, secret)?;
        let signature = encoded(signature.expose().as_bytes());
        params.push(("oauth_signature".to_owned(), signature));
        match self.placement {
            Placement::Header => self.header(&params).map(Signed::Header),
            Placement::Query => Ok(Signed::Query(Secret::new(joined(&params)))),
            Placement::Form => Ok(Signed::Form(Secret::new(joined(&params)))),
        }
    }

    /// Signs a request of another client, whose body is given, since its type is that client's: the
    /// header is set, or the URI gets longer. The URI must be absolute.
    ///
    /// # Security
    ///
    /// Where requests go, and whether in the clear, is the caller's to judge: a signature is good
    /// for its request alone, but by PLAINTEXT, which tells both secrets to whoever is asked.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign). [`ErrorKind::Config`](hallpass_core::ErrorKind) also: the URI is
    /// not absolute; the request has an `Authorization` or is for another `Host` than its URI
    /// (reason `reserved`); the signature goes into the form: put what [`sign`](Self::sign) gives
    /// there.
    pub fn sign_request<B>(
        &self,
        request: &mut Request<B>,
        body: &[u8],
        token: Option<&TokenCredentials>,
    ) -> Result<()> {
        if request.headers().contains_key(header::AUTHORIZATION) {
            let message = "the request has an Authorization already";
            return Err(Error::config(message).with_reason("reserved"));
        }
        let parts = RequestParts::of_uri(request.method(), request.uri())?;
        parts.check_host(request.headers())?;
        let signed = self.sign(&parts.with_headers(request.headers(), body), token)?;
        match signed {
            Signed::Header(value) => {
                request.headers_mut().insert(header::AUTHORIZATION, value);
            }
            Signed::Query(added) => *request.uri_mut() = with_query(request.uri(), &added)?,
            Signed::Form(_) => {
                let message = "the signature goes into the form: only who made the body can add it";
                return Err(Error::config(message));
            }
        }
        Ok(())
    }

    /// All but the signature, encoded.
    fn protocol_params(
        &self,
        parts: &RequestParts<'_>,
        token: Option<&TokenCredentials>,
    ) -> Vec<Pair> {
        let timestamp = self.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let (timestamp, nonce) = (timestamp.to_string(), self.nonce());
        // What the parameters go into is a form, if it was empty before, too.
        let is_form = parts.is_form() || self.placement == Placement::Form;
        let body_hash = (self.has_body_hash && !is_form)
            .then(|| STANDARD.encode(self.method.hash().of(parts.body())));
        let mut params = vec![
            ("oauth_consumer_key", self.client.consumer_key()),
            ("oauth_nonce", &*nonce),
            ("oauth_signature_method", self.method.as_str()),
            ("oauth_timestamp", &*timestamp),
        ];
        if self.has_version {
            params.push(("oauth_version", "1.0"));
        }
        params.extend(token.map(|token| ("oauth_token", token.token().expose())));
        params.extend(body_hash.as_deref().map(|hash| ("oauth_body_hash", hash)));
        params.extend(parts.protocol.iter().copied());
        let encode = |(name, value): (&str, &str)| (name.to_owned(), encoded(value.as_bytes()));
        params.into_iter().map(encode).collect()
    }

    /// [RFC 5849, section 3.3](https://www.rfc-editor.org/rfc/rfc5849#section-3.3): letters and
    /// digits alone, since some servers take nothing else.
    fn nonce(&self) -> String {
        let mut bytes = [0; 15];
        self.random.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// [RFC 5849, section 3.5.1](https://www.rfc-editor.org/rfc/rfc5849#section-3.5.1). What is
    /// encoded needs no escapes; the realm does.
    fn header(&self, params: &[Pair]) -> Result<HeaderValue> {
        let realm = self.realm.iter().map(|realm| {
            let escaped = realm.replace('\\', "\\\\").replace('"', "\\\"");
            format!("realm=\"{escaped}\"")
        });
        let params = params.iter().map(|(name, value)| format!("{name}=\"{value}\""));
        let all: Vec<_> = realm.chain(params).collect();
        let text = Secret::new(format!("OAuth {}", all.join(", ")));
        let mut value = HeaderValue::from_str(text.expose())
            .map_err(|_| Error::config("the signature is no text of a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// [RFC 5849, section 3.4.4](https://www.rfc-editor.org/rfc/rfc5849#section-3.4.4): by PLAINTEXT
    /// the signature is both secrets, and [section
    /// 3.5.3](https://www.rfc-editor.org/rfc/rfc5849#section-3.5.3) would put them into a URL.
    pub(crate) fn check_placement(&self) -> Result<()> {
        if self.method == SignatureMethod::Plaintext && self.placement == Placement::Query {
            return Err(Error::config("PLAINTEXT would put both secrets into the URL"));
        }
        Ok(())
    }

    pub(crate) fn without_body_hash(mut self) -> Self {
        self.has_body_hash = false;
        self
    }

    #[cfg(feature = "reqwest-middleware")]
    pub(crate) fn has_body_hash(&self) -> bool {
        self.has_body_hash
    }

    pub(crate) fn secrets(&self) -> Option<&Secret> {
        self.client.secret()
    }
}

/// The URI with more at the end of its query, and the rest of it untouched.
fn with_query(uri: &Uri, added: &Secret) -> Result<Uri> {
    let path = if uri.path().is_empty() { "/" } else { uri.path() };
    let query = match uri.query() {
        Some(query) if !query.is_empty() => {
            Secret::new(format!("{path}?{query}&{}", added.expose()))
        }
        _ => Secret::new(format!("{path}?{}", added.expose())),
    };
    let mut parts = uri.clone().into_parts();
    let no_uri = |_| Error::config("the URI does not take the signature");
    parts.path_and_query = Some(query.expose().parse().map_err(no_uri)?);
    Uri::from_parts(parts).map_err(|_| Error::config("the URI does not take the signature"))
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("client", &self.client)
            .field("method", &self.method)
            .field("placement", &self.placement)
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header(_) => "Header(..)",
            Self::Query(_) => "Query(..)",
            Self::Form(_) => "Form(..)",
        })
    }
}

#[cfg(test)]
mod tests;
