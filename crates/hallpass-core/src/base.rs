use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::{
    ApiRequest, Authorization, AuthorizationRequest, Callback, Descriptor, Endpoints, Grant,
    IdEmail, JwtKind, OAuth2Token, PendingAuthorization, Profile, Response, Result, Revoke, Secret,
    VerifiedClaims,
};

/// A client whose provider is chosen at run time: `Arc<dyn BaseOAuth2>`.
///
/// Every [`OAuth2Client`](crate::OAuth2Client) is one. No method has a default body, so that a
/// wrapper which forwards them all loses none, and one that forgets one does not compile. The
/// errors are those of the client's own methods.
///
/// ```compile_fail,E0046
/// # use hallpass_core::{BaseOAuth2, Descriptor};
/// #[derive(Debug)]
/// struct Wrapper(std::sync::Arc<dyn BaseOAuth2>);
///
/// #[async_trait::async_trait]
/// impl BaseOAuth2 for Wrapper {
///     fn descriptor(&self) -> &Descriptor {
///         self.0.descriptor()
///     }
///     // and the other eleven?
/// }
/// ```
///
/// A wrapper of [`Provider`](crate::Provider), whose hooks do have bodies, is kept whole by
/// `#[deny(clippy::missing_trait_methods)]` on its `impl`.
#[async_trait]
pub trait BaseOAuth2: fmt::Debug + Send + Sync {
    /// What is known of the provider: its name, its logo, what it offers.
    fn descriptor(&self) -> &Descriptor;

    /// The client id.
    fn client_id(&self) -> &str;

    /// See [`OAuth2Client::get_authorization_url`](crate::OAuth2Client::get_authorization_url).
    async fn get_authorization_url(&self, request: AuthorizationRequest) -> Result<Authorization>;

    /// See [`OAuth2Client::get_access_token`](crate::OAuth2Client::get_access_token).
    async fn get_access_token(
        &self,
        callback: Callback,
        pending: PendingAuthorization,
    ) -> Result<OAuth2Token>;

    /// See [`OAuth2Client::refresh_token`](crate::OAuth2Client::refresh_token).
    async fn refresh_token(&self, token: &OAuth2Token) -> Result<OAuth2Token>;

    /// See [`OAuth2Client::revoke_token`](crate::OAuth2Client::revoke_token).
    async fn revoke_token(&self, token: &OAuth2Token, what: Revoke) -> Result<()>;

    /// See [`OAuth2Client::get_profile`](crate::OAuth2Client::get_profile).
    async fn get_profile(&self, token: &OAuth2Token) -> Result<Profile>;

    /// See [`OAuth2Client::get_id_email`](crate::OAuth2Client::get_id_email).
    async fn get_id_email(&self, token: &OAuth2Token) -> Result<IdEmail>;

    /// See [`OAuth2Client::request_token`](crate::OAuth2Client::request_token).
    async fn request_token(&self, grant: Grant<'_>) -> Result<OAuth2Token>;

    /// See [`OAuth2Client::send`](crate::OAuth2Client::send).
    async fn send(&self, request: ApiRequest<'_>) -> Result<Response>;

    /// See [`OAuth2Client::endpoints`](crate::OAuth2Client::endpoints).
    async fn endpoints(&self) -> Result<Arc<Endpoints>>;

    /// See [`OAuth2Client::verify_jwt`](crate::OAuth2Client::verify_jwt).
    async fn verify_jwt(&self, jwt: &Secret, kind: JwtKind) -> Result<VerifiedClaims>;
}

/// Conveniences, made of the verbs: a wrapper need not forward them.
impl dyn BaseOAuth2 + '_ {
    /// The second half of a login in one call: the code for a token, the token for a profile.
    ///
    /// # Errors
    ///
    /// Those of [`get_access_token`](BaseOAuth2::get_access_token) and
    /// [`get_profile`](BaseOAuth2::get_profile).
    pub async fn sign_in(
        &self,
        callback: Callback,
        pending: PendingAuthorization,
    ) -> Result<SignIn> {
        let data = pending.data().map(str::to_owned);
        let token = self.get_access_token(callback, pending).await?;
        let profile = self.get_profile(&token).await?;
        Ok(SignIn { token, profile, data })
    }
}

/// A finished login. `Debug` leaves out the application's own data.
#[non_exhaustive]
pub struct SignIn {
    /// What the provider gave.
    pub token: OAuth2Token,
    /// Who it is.
    pub profile: Profile,
    /// What the application gave to [`AuthorizationRequest::data`].
    pub data: Option<String>,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("token", &self.token)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}
