//! The default transport: the one module whose public API names a type of reqwest.

use std::{fmt, sync::OnceLock, time::Duration};

use async_trait::async_trait;
use http::{HeaderValue, Method, header};
use url::{Position, Url};

use self::guard::{Guard, NotPublic};
use crate::{Error, HttpClient, Request, Response, Result, is_loopback};

mod address;
mod guard;
#[cfg(test)]
mod tests;

/// [`HttpClient`] over reqwest: HTTP/1.1, no redirects, no referer, no retries, 5 s to connect.
///
/// Built on first use, so that an idle client costs nothing; the TLS configuration is built once
/// per process and holds the operating system's certificates. The connection pool belongs to this
/// value. Proxies are taken from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, but a
/// request to loopback never goes through one. On a machine without such certificates, plain http
/// to loopback works, https to loopback trusts nobody, and every other request is refused as
/// [`ErrorKind::Config`](crate::ErrorKind): install them.
#[derive(Default)]
pub struct ReqwestClient {
    remote: OnceLock<reqwest::Client>,
    loopback: OnceLock<reqwest::Client>,
    reach: Reach,
}

/// Where to, and by whose client.
#[derive(Default)]
enum Reach {
    /// Anywhere, by ours.
    #[default]
    Anywhere,
    /// Wherever the application's goes.
    Own,
    /// Public addresses alone, by ours.
    Public(Guard),
}

impl ReqwestClient {
    /// The default transport, spelled out.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The default transport, for a host that a user typed or a stranger's document names: an
    /// issuer, an instance, a shop. It reaches servers of the Internet alone, never loopback, the
    /// machine's own network or a cloud's metadata
    /// ([CWE-918](https://cwe.mitre.org/data/definitions/918.html)).
    ///
    /// Refused as [`ErrorKind::Security`](crate::ErrorKind), reason `private_address`, before
    /// anything is sent: an address that IANA's registries of special-purpose addresses do not
    /// call globally reachable, in whatever spelling; `localhost`; and a name of whose addresses
    /// one is such. A name is looked up once, by the operating system, and the connection goes to
    /// the addresses that were judged, so that a name which changes its mind (DNS rebinding) gains
    /// nothing. Refused as well, reason `plain_http`, is all but https, to allowed hosts too.
    ///
    /// No proxy is taken from the environment, since a proxy looks names up by itself. Where one
    /// is the only way out, give it to [`from_client`](Self::from_client), and let it refuse what
    /// this would.
    ///
    /// This does not see that a network reaches its own services at a public address, or
    /// translates others (NAT64 by a prefix of its own), nor what the operating system asks for
    /// while it verifies a certificate: Windows and macOS may fetch revocation lists and issuers
    /// from where a stranger's certificate says. There a firewall is the guard.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hallpass_core::{CustomConfig, CustomProvider, ClientConfig, OAuth2Client, ReqwestClient, Result};
    /// # fn client(provider: CustomProvider, config: ClientConfig) -> Result<()> {
    /// let client = OAuth2Client::new(provider, config)?;
    /// let client = client.with_http_client(Arc::new(ReqwestClient::public_only()));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn public_only() -> Self {
        Self { reach: Reach::Public(Guard::new()), ..Self::default() }
    }

    /// Sends through a `reqwest::Client` of the application's own: another proxy, another set of
    /// certificates, another resolver.
    ///
    /// hallpass goes on setting, per request: the total timeout, the limit on the decoded body and
    /// the User-Agent. The application takes over what only a client can set, and answers for it:
    ///
    /// - **redirects**: `redirect(reqwest::redirect::Policy::none())`. An answer that comes from
    ///   another URL than the one asked is refused as [`ErrorKind::Security`](crate::ErrorKind),
    ///   but by then the request has been sent there;
    /// - **referer**: `referer(false)`;
    /// - **time to connect**: `connect_timeout(…)`;
    /// - **retries**: `retry(reqwest::retry::never().max_retries_per_request(0))`, since a code is
    ///   sent once;
    /// - **TLS**: certificates, versions, client certificates, the cryptographic backend. hallpass
    ///   turns reqwest's TLS on without a backend: whoever turns none of reqwest's on either calls
    ///   `CryptoProvider::install_default` of rustls first, or `build` panics;
    /// - **private addresses**: what [`public_only`](Self::public_only) refuses, this does not. A
    ///   `dns_resolver(…)` of the application's can, for names; it is not asked for a host that is
    ///   an address, nor where a proxy is;
    /// - **proxy, DNS, local address, pool, HTTP/2, default headers, cookies, decompression**.
    #[must_use]
    pub fn from_client(client: reqwest::Client) -> Self {
        Self { remote: OnceLock::from(client), reach: Reach::Own, ..Self::default() }
    }

    /// One of two, since only a client as a whole can be told to use no proxy.
    fn client(&self, url: &Url) -> Result<&reqwest::Client> {
        let is_loopback = matches!(self.reach, Reach::Anywhere) && is_loopback(url);
        let kept = if is_loopback { &self.loopback } else { &self.remote };
        if let Some(client) = kept.get() {
            return Ok(client);
        }
        let client = build(&self.reach, is_loopback)?;
        Ok(kept.get_or_init(|| client))
    }

    /// Refuses what this transport cannot or must not serve, before there is a request.
    fn check(&self, url: &Url) -> Result<()> {
        if let Reach::Public(guard) = &self.reach {
            // check: 24
            guard.check(url)?;
        }
        let is_ours = !matches!(self.reach, Reach::Own);
        if is_ours && !cfg!(feature = "__tls") && url.scheme() == "https" {
            return Err(Error::config("built without TLS: turn the feature aws-lc or ring on")
                .with_reason("no_tls"));
        }
        Ok(())
    }
}

/// Not what it is built of: an application's default headers may hold its credentials.
impl fmt::Debug for ReqwestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reach = match self.reach {
            Reach::Anywhere => "anywhere",
            Reach::Own => "own",
            Reach::Public(_) => "public",
        };
        f.debug_struct("ReqwestClient").field("reach", &reach).finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpClient for ReqwestClient {
    async fn send(&self, request: Request) -> Result<Response> {
        self.check(&request.url)?;
        let limit = request.body_limit_bytes;
        let asked = request.url.clone();
        let has_body = matches!(request.method, Method::PATCH | Method::POST | Method::PUT);
        let client = self.client(&asked)?;
        // Not by reqwest's builder, which copies the headers one by one: 2,000 instructions less.
        let mut sent = reqwest::Request::new(request.method, request.url);
        *sent.headers_mut() = request.headers;
        // check: 26
        *sent.timeout_mut() = Some(request.timeout);
        if !request.body.is_empty() {
            *sent.body_mut() = Some(request.body.into());
        } else if has_body {
            // RFC 9110 section 8.6; without it some servers answer 411.
            sent.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut answer = client.execute(sent).await.map_err(no_answer)?;
        // The fragment was never sent, and some answers come without it.
        // check: 22
        if answer.url()[..Position::AfterQuery] != asked[..Position::AfterQuery] {
            return Err(Error::security("redirect", "the transport followed a redirect"));
        }
        let announced = answer.content_length().unwrap_or(0);
        // check: 25
        if announced > limit as u64 {
            return Err(too_long(limit, &answer));
        }
        let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0).min(FIRST_BYTES));
        while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
            // check: 25
            if body.len() + chunk.len() > limit {
                return Err(too_long(limit, &answer));
            }
            body.extend_from_slice(&chunk);
        }
        let headers = std::mem::take(answer.headers_mut());
        Ok(Response::new(answer.status(), headers, body))
    }
}

/// What is set aside before the first byte came: an announced length is only a word.
const FIRST_BYTES: usize = 64 << 10;

fn too_long(limit: usize, answer: &reqwest::Response) -> Error {
    Error::malformed(format!("the answer is longer than {limit} bytes"))
        .with_reason("body_limit")
        .with_status(answer.status())
}

fn no_answer(error: reqwest::Error) -> Error {
    // check: 86 => let error = error;
    let error = error.without_url();
    if NotPublic::is_behind(&error) {
        return NotPublic.into();
    }
    let (reason, message) = if error.is_timeout() {
        ("timeout", "no answer in time")
    } else if error.is_connect() {
        ("connect", "no connection")
    } else {
        ("interrupted", "the connection broke before the answer was whole")
    };
    Error::transport(message).with_reason(reason).with_source(error)
}

fn build(reach: &Reach, is_loopback: bool) -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        // check: 22
        .redirect(reqwest::redirect::Policy::none())
        // `never` alone still copies each request, secrets and all, for a retry that it then
        // refuses.
        .retry(reqwest::retry::never().max_retries_per_request(0))
        .referer(false)
        .connect_timeout(Duration::from_secs(5));
    let builder = match reach {
        // check: 24 => builder.no_proxy()
        // check: 24 => builder.dns_resolver(guard.clone())
        Reach::Public(guard) => builder.no_proxy().dns_resolver(guard.clone()),
        _ if is_loopback => builder.no_proxy(),
        _ => builder,
    };
    #[cfg(feature = "__tls")]
    let builder = builder.tls_backend_preconfigured(tls(is_loopback)?);
    builder
        .build()
        .map_err(|error| Error::config("the HTTP client cannot be built").with_source(error))
}

/// Reading the system's certificates takes milliseconds: once per process, not per client.
#[cfg(feature = "__tls")]
fn tls(is_loopback: bool) -> Result<rustls::ClientConfig> {
    use rustls_platform_verifier::BuilderVerifierExt as _;

    static CONFIG: OnceLock<rustls::ClientConfig> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    // Given by hand, so that a process-wide default of the application's is neither used nor set,
    // and both features on at once are no conflict.
    #[cfg(feature = "aws-lc")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(all(feature = "ring", not(feature = "aws-lc")))]
    let provider = rustls::crypto::ring::default_provider();
    let broken = |error: rustls::Error| {
        Error::config("TLS cannot be set up: are there system certificates?").with_source(error)
    };
    let builder = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(broken)?;
    let config = match builder.clone().with_platform_verifier() {
        Ok(builder) => builder.with_no_client_auth(),
        // A tool that signs in on a bare machine, a test: plain http needs nobody's certificate,
        // and https trusts none of them.
        Err(_) if is_loopback => {
            let nobody = rustls::RootCertStore::empty();
            return Ok(builder.with_root_certificates(nobody).with_no_client_auth());
        }
        Err(error) => return Err(broken(error)),
    };
    Ok(CONFIG.get_or_init(|| config).clone())
}
