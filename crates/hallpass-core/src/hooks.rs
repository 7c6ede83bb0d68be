use std::fmt;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    Descriptor, OAuth2Token, Request, Result, Secret, TokenForm, TokenReply,
    descriptor::Text,
    grant::{add_param, header_names, param_names},
};

/// What an application does at a step of its own client: adds to what is sent, puts an answer
/// right, or refuses. [`OAuth2Client::with_hooks`](crate::OAuth2Client::with_hooks) takes it,
/// several of them run in the order given. Write the steps that are wanted; the others do nothing.
///
/// # Contract
///
/// A hook runs after the provider's own and before every check of core's: destination, reserved
/// parameters, client authentication, `Authorization`, the transport's headers, limit, timeout and
/// signature are core's, and so is reading a reply. A hook adds or refuses; it cannot switch a
/// check off. Its error ends the operation, and is the operation's error: of a hook that runs
/// before a request, nothing was sent but what discovery asks. Secrets of the request, and of the
/// token that it is about, are blotted out of the error's message; its
/// [`source`](std::error::Error::source) is the hook's own, and must hold none.
///
/// Token, revocation and introspection hooks run once in an operation; that of a protected request
/// runs for each attempt, of which there are two where a
/// [`RequestSigner`](crate::RequestSigner) has to sign anew. A hook sees neither the client's
/// secret nor the code, `state` or verifier. It waits within the operation and without a time limit
/// of its own.
///
/// The authorization page, pushed requests, device authorization, discovery, and calls of an API
/// without the user's token have no hook.
///
/// ```
/// use hallpass_core::{Hooks, OAuth2Token, Request, Result, TokenForm, http::HeaderValue};
///
/// #[derive(Debug)]
/// struct Audience(&'static str);
///
/// #[async_trait::async_trait]
/// impl Hooks for Audience {
///     async fn before_token_request(&self, form: &mut TokenForm<'_>) -> Result<()> {
///         form.param("audience", self.0)
///     }
///
///     async fn before_protected_request(&self, request: &mut Request, _: &OAuth2Token) -> Result<()> {
///         request.headers.insert("x-request-from", HeaderValue::from_static("billing"));
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Hooks: fmt::Debug + Send + Sync {
    /// Before a token is asked for: by a code, or by any grant but a refresh.
    ///
    /// # Errors
    ///
    /// Whatever the hook refuses with. The code is not sent, and spent all the same: start the
    /// login again.
    async fn before_token_request(&self, form: &mut TokenForm<'_>) -> Result<()> {
        let _ = form;
        Ok(())
    }

    /// After an answer of status 2xx to what [`before_token_request`](Self::before_token_request)
    /// saw. Puts it right, as [`Provider::token_reply`](crate::Provider::token_reply) does: no
    /// refusal becomes a token, and no token is made up.
    ///
    /// # Errors
    ///
    /// Whatever the hook refuses with; the answer's token is lost.
    async fn after_token_response(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        let _ = reply;
        Ok(())
    }

    /// Before `token` is renewed by its refresh token.
    ///
    /// # Errors
    ///
    /// Whatever the hook refuses with; the refresh token is still good.
    async fn before_refresh(&self, form: &mut TokenForm<'_>, token: &OAuth2Token) -> Result<()> {
        let _ = (form, token);
        Ok(())
    }

    /// After an answer of status 2xx to a refresh of `token`. As
    /// [`after_token_response`](Self::after_token_response).
    ///
    /// # Errors
    ///
    /// Whatever the hook refuses with. The answer's token is lost, and the refresh token may be
    /// spent: refuse only what must not be used.
    async fn after_refresh(&self, reply: &mut TokenReply<'_>, token: &OAuth2Token) -> Result<()> {
        let _ = (reply, token);
        Ok(())
    }

    /// Before any request with the user's `token`: profile, id and email, userinfo, and what
    /// [`send`](crate::OAuth2Client::send) is given. The call's own body is written afterwards, and
    /// a URL that was changed is checked like any other.
    ///
    /// # Errors
    ///
    /// Whatever the hook refuses with.
    async fn before_protected_request(
        &self,
        request: &mut Request,
        token: &OAuth2Token,
    ) -> Result<()> {
        let _ = (request, token);
        Ok(())
    }

    /// Before each request to the revocation endpoint, and before each that a provider's own way to
    /// revoke makes. If that goes with the token,
    /// [`before_protected_request`](Self::before_protected_request) is next.
    ///
    /// # Errors
    ///
    /// Whatever the hook refuses with; the token still lives.
    async fn before_revoke(&self, form: &mut EndpointForm<'_>) -> Result<()> {
        let _ = form;
        Ok(())
    }

    /// Before each request to the introspection endpoint.
    ///
    /// # Errors
    ///
    /// Whatever the hook refuses with.
    async fn before_introspect(&self, form: &mut EndpointForm<'_>) -> Result<()> {
        let _ = form;
        Ok(())
    }
}

/// A request to revoke or to introspect, while a hook may still add to it.
pub struct EndpointForm<'a> {
    pub(crate) descriptor: &'a Descriptor,
    pub(crate) params: &'a mut Vec<(Text, Secret)>,
    pub(crate) headers: &'a mut HeaderMap,
}

impl EndpointForm<'_> {
    /// A header. `Authorization` set here is overwritten or removed when the client authenticates.
    pub fn header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// A parameter. It makes a form of a request without a body; one with JSON is refused then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind), reason `reserved`: core sets this one, or it is
    /// there already.
    pub fn param(&mut self, name: &'static str, value: &str) -> Result<()> {
        add_param(self.params, name, value, self.descriptor)
    }
}

/// No values: neither those of the parameters nor those of the headers.
impl fmt::Debug for EndpointForm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointForm")
            .field("params", &param_names(self.params))
            .field("headers", &header_names(self.headers))
            .finish_non_exhaustive()
    }
}
