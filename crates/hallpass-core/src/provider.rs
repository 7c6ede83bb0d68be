use std::{fmt, future::Future, time::SystemTime};

use serde::Serialize;

use crate::{
    Api, CallbackParams, ClientKeys, CustomAuth, Descriptor, Error, IdEmail, IdTokenVerifier,
    MetadataSource, OAuth2Token, Profile, Request, Response, Result, Revoke, TokenForm, TokenReply,
};

/// How one provider differs: a [`Descriptor`], the way to an identity, and hooks where it is odd.
///
/// # Contract
///
/// Whoever writes a provider says what is different; core does everything else. A hook adds or
/// refuses. Core's own checks run after it, on its result, so that no hook can switch one off. A
/// hook sees no client secret, code, state or verifier: [`ClientKeys`] computes with the secret.
///
/// A provider's own grant is a function that returns a [`Grant`](crate::Grant); its further calls
/// are methods that take an [`Api`].
pub trait Provider: fmt::Debug + Send + Sync + 'static {
    /// Parameters that only this provider's authorization page takes; `()` if none.
    type Params: Serialize;

    /// Everything about it that is data.
    fn descriptor(&self) -> &Descriptor;

    /// The identity: from the API, from the verified claims of `api.token()`, or from what the
    /// token reply kept. The id is the provider's stable one; an address is `Verified` by the
    /// provider's own flag alone.
    fn profile(&self, api: Api<'_>) -> impl Future<Output = Result<Profile>> + Send;

    /// Id and email, where they take fewer or more calls than the profile.
    fn id_email(&self, api: Api<'_>) -> impl Future<Output = Result<IdEmail>> + Send {
        async move { Ok(self.profile(api).await?.into_id_email()) }
    }

    /// Discovery, where endpoints are not pinned.
    fn metadata(&self) -> Option<&dyn MetadataSource> {
        None
    }

    /// Without one, an ID token is dropped unread, and `openid` among the default scopes is a
    /// `Config` error.
    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        None
    }

    /// A signature over the callback, before core's own checks.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](crate::ErrorKind) for a callback that is not the provider's. An error of
    /// another kind counts only where the callback's `state` is that of the login.
    fn check_callback(
        &self,
        callback: &CallbackParams,
        keys: ClientKeys<'_>,
        now: SystemTime,
    ) -> Result<()> {
        let _ = (callback, keys, now);
        Ok(())
    }

    /// Parameters and headers for the token endpoint; core's own names are refused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind) where a setting does not fit.
    fn token_request(&self, form: &mut TokenForm<'_>) -> Result<()> {
        let _ = form;
        Ok(())
    }

    /// Client authentication of the provider's own, for
    /// [`ClientAuth::Custom`](crate::ClientAuth::Custom).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind) where the client's credential does not fit.
    fn authenticate(&self, client: &mut CustomAuth<'_>) -> Result<()> {
        let _ = client;
        Err(Error::config("the provider declares a client authentication that it does not write"))
    }

    /// Puts an odd reply into RFC 6749's words before core reads it; keeps fields of the callback.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](crate::ErrorKind) for a reply that cannot be put right.
    fn token_reply(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        let _ = reply;
        Ok(())
    }

    /// A refusal that status and RFC 6749 do not show, on any response. It cannot clear one.
    fn refusal(&self, response: &Response) -> Option<Error> {
        let _ = response;
        None
    }

    /// What each API call in a user's name carries, before core adds body, token and signature.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind) where the client lacks what the call needs.
    fn api_request(
        &self,
        request: &mut Request,
        token: &OAuth2Token,
        keys: ClientKeys<'_>,
    ) -> Result<()> {
        let _ = (request, token, keys);
        Ok(())
    }

    /// Revocation of the provider's own, for [`Revocation::Custom`](crate::Revocation::Custom).
    /// Core asks only for what is listed there.
    ///
    /// # Errors
    ///
    /// Those of the calls that it makes.
    fn revoke(&self, api: Api<'_>, what: Revoke) -> impl Future<Output = Result<()>> + Send {
        let _ = (api, what);
        async { Err(Error::unsupported("the provider does not write the revocation it declares")) }
    }
}
