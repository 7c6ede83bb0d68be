use hallpass_core::{Callback, PendingAuthorization};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Method, Request,
    body::{Body, Incoming},
    header,
    http::request::Parts,
};

use crate::page::Refusal;

/// A form may be as long as a callback may be.
const FORM_LIMIT_BYTES: usize = 64 << 10;

/// The one request that ends the wait.
pub(crate) struct Awaited<'a> {
    pub(crate) port: u16,
    pub(crate) path: &'a str,
    pub(crate) pending: &'a PendingAuthorization,
}

impl Awaited<'_> {
    /// Reads a request, its body where that counts, and lets nothing through but the answer to the
    /// pending authorization.
    pub(crate) async fn read(&self, request: Request<Incoming>) -> Result<Callback, Refusal> {
        let (head, body) = request.into_parts();
        if !self.is_for_us(&head) {
            return Err(Refusal::Host);
        }
        if head.uri.path() != self.path {
            return Err(Refusal::Path);
        }
        let callback = match head.method {
            Method::GET => Callback::from_query(head.uri.query().unwrap_or_default()),
            Method::POST if self.pending.is_form_post() => {
                Callback::from_form(&form(&head.headers, body).await?)
            }
            _ if self.pending.is_form_post() => return Err(Refusal::Method("GET, POST")),
            _ => return Err(Refusal::Method("GET")),
        };
        let callback = callback.map_err(|_| Refusal::Unreadable)?;
        if !callback.belongs_to(self.pending) {
            return Err(Refusal::State);
        }
        Ok(callback)
    }

    /// Whether the browser knows that it talks to loopback. A page of a site whose name was made to
    /// resolve to 127.0.0.1 (DNS rebinding) sends that name.
    fn is_for_us(&self, head: &Parts) -> bool {
        let mut hosts = head.headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        // RFC 9112 section 3.2.2: a target may name a host too.
        let target = head.uri.authority();
        host.to_str().is_ok_and(|host| self.is_ours(host))
            && target.is_none_or(|target| self.is_ours(target.as_str()))
    }

    fn is_ours(&self, authority: &str) -> bool {
        // A browser leaves the scheme's own port out.
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
        port.parse() == Ok(self.port)
            && (host == "127.0.0.1" || host.eq_ignore_ascii_case("localhost"))
    }
}

async fn form(headers: &HeaderMap, body: Incoming) -> Result<Vec<u8>, Refusal> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::MediaType);
    }
    // Said to be too long: not a byte of it is read.
    if body.size_hint().lower() > FORM_LIMIT_BYTES as u64 {
        return Err(Refusal::TooLong);
    }
    match Limited::new(body, FORM_LIMIT_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::TooLong),
        Err(_) => Err(Refusal::Unreadable),
    }
}
