use std::{borrow::Cow, fmt, time::SystemTime};

use url::Url;

use crate::{OAuth2Token, Request, Response, Result};

/// Signs whole requests, last, for each attempt: DPoP
/// ([RFC 9449](https://www.rfc-editor.org/rfc/rfc9449)).
pub trait RequestSigner: fmt::Debug + Send + Sync {
    /// Signs what is about to be sent. `token` is the one it is sent with, if any.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): the key cannot sign this.
    fn sign(
        &self,
        request: &mut Request,
        token: Option<&OAuth2Token>,
        now: SystemTime,
    ) -> Result<()>;

    /// Keeps the server's nonce, of whatever answer; `true` if the server refused, unread, for want
    /// of one: core then signs anew and sends once more, and no oftener (RFC 9449 section 8).
    fn wants_retry(&self, url: &Url, response: &Response) -> bool;

    /// The `token_type` that a reply must then have, in any case of letters: `DPoP`.
    fn token_type(&self) -> &str;

    /// How it signs, by the name of [RFC 7518, section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc7518#section-3.1): where the provider's metadata
    /// lists what it takes ([`Endpoints::proof_algorithms`](crate::Endpoints::proof_algorithms)),
    /// another one is refused before anything is sent. `None`, the default: it is not asked.
    fn algorithm(&self) -> Option<&str> {
        None
    }

    /// Binds the authorization request to the key: `dpop_jkt` and its value (RFC 9449 section 10).
    fn authorization_parameter(&self) -> Option<(&'static str, Cow<'_, str>)>;
}
