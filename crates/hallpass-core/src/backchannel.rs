use std::{fmt, sync::Arc, time::SystemTime};

use async_trait::async_trait;
use http::{HeaderName, HeaderValue, Method, header};
use url::Url;

use crate::{
    ClientConfig, ClientKeys, Clock, Endpoints, Error, HttpClient, Purpose, Request, Response,
    Result, wire::DOCUMENT_LIMIT_BYTES,
};

/// What discovery and keys need, lent for one call: small GETs without credentials, the clock, the
/// client's HMAC.
#[derive(Debug, Clone, Copy)]
pub struct Backchannel<'a> {
    http: &'a dyn HttpClient,
    clock: &'a dyn Clock,
    config: &'a ClientConfig,
    headers: &'a [(HeaderName, HeaderValue)],
}

impl<'a> Backchannel<'a> {
    pub(crate) fn new(
        http: &'a dyn HttpClient,
        clock: &'a dyn Clock,
        config: &'a ClientConfig,
        headers: &'a [(HeaderName, HeaderValue)],
    ) -> Self {
        Self { http, clock, config, headers }
    }

    /// The client's clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// What can be computed with the client's secret.
    #[must_use]
    pub fn keys(&self) -> ClientKeys<'a> {
        ClientKeys::new(self.config)
    }

    /// Fetches a public document: no credentials, no redirects, at most 512 KiB, within the
    /// client's timeout, over https or to loopback.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](crate::ErrorKind), reason `plain_http`;
    /// [`ErrorKind::Transport`](crate::ErrorKind): try again;
    /// [`ErrorKind::Malformed`](crate::ErrorKind): the document is not there, or too long.
    pub async fn get_document(&self, url: &Url) -> Result<Response> {
        self.config.allowed_http.check(url)?;
        let mut request = Request::new(Method::GET, url.clone(), Purpose::Metadata);
        request.headers.extend(self.headers.iter().cloned());
        for name in [header::AUTHORIZATION, header::COOKIE, header::HOST] {
            request.headers.remove(name);
        }
        request.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        request.headers.insert(header::USER_AGENT, self.config.user_agent.clone());
        request.body_limit_bytes = DOCUMENT_LIMIT_BYTES;
        request.timeout = self.config.timeout;
        let response = self.http.send(request).await?;
        let status = response.status;
        if status.is_success() {
            return Ok(response);
        }
        let wait = response.retry_after(self.now());
        Err(if status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS {
            Error::transport("the document is not to be had now").with_retry_after(wait)
        } else {
            Error::malformed("there is no document")
        }
        .with_status(status))
    }
}

/// Finds endpoints, and caches them. For whoever writes discovery.
#[async_trait]
pub trait MetadataSource: fmt::Debug + Send + Sync {
    /// The provider's endpoints, from the cache if it is fresh.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](crate::ErrorKind): try again.
    /// [`ErrorKind::Malformed`](crate::ErrorKind) and [`ErrorKind::Security`](crate::ErrorKind): the
    /// document is wrong, or somebody else's.
    async fn endpoints(&self, net: Backchannel<'_>) -> Result<Arc<Endpoints>>;
}
