//! The client behind a `dyn`: what OAuth 1 has, and what it has not.

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{
    ApiRequest, Authorization, AuthorizationRequest, BaseOAuth2, Callback, Descriptor, Endpoints,
    Error, Grant, IdEmail, JwtKind, OAuth2Token, Operation, PendingAuthorization, Profile,
    Response, Result, Revoke, Secret, VerifiedClaims,
};

use crate::OAuth1Client;

impl OAuth1Client {
    /// What a login is bound to.
    pub(super) fn known_endpoints(&self) -> Endpoints {
        let ours = &self.endpoints;
        let endpoints = Endpoints::new(ours.authorization.clone(), ours.token.clone());
        ours.origins.iter().cloned().fold(endpoints, Endpoints::with_api)
    }

    async fn unsupported<T>(&self, operation: Operation, message: &'static str) -> Result<T> {
        self.observed(operation, async { Err(Error::unsupported(message).with_unsent()) }).await
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl BaseOAuth2 for OAuth1Client {
    fn descriptor(&self) -> &Descriptor {
        self.descriptor()
    }

    fn client_id(&self) -> &str {
        self.client_id()
    }

    async fn get_authorization_url(&self, request: AuthorizationRequest) -> Result<Authorization> {
        self.get_authorization_url(request).await
    }

    async fn get_access_token(
        &self,
        callback: Callback,
        pending: PendingAuthorization,
    ) -> Result<OAuth2Token> {
        self.get_access_token(callback, pending).await
    }

    async fn refresh_token(&self, _: &OAuth2Token) -> Result<OAuth2Token> {
        self.unsupported(Operation::Refresh, "the tokens of OAuth 1 are not renewed").await
    }

    async fn revoke_token(&self, _: &OAuth2Token, _: Revoke) -> Result<()> {
        self.unsupported(Operation::Revoke, "OAuth 1 has no revocation").await
    }

    async fn get_profile(&self, token: &OAuth2Token) -> Result<Profile> {
        self.get_profile(token).await
    }

    async fn get_id_email(&self, token: &OAuth2Token) -> Result<IdEmail> {
        let work = async { Ok(self.read_profile(token).await?.into_id_email()) };
        self.observed(Operation::IdEmail, work).await
    }

    async fn request_token(&self, _: Grant<'_>) -> Result<OAuth2Token> {
        self.unsupported(Operation::RequestToken, "OAuth 1 has no other grants").await
    }

    async fn send(&self, request: ApiRequest<'_>) -> Result<Response> {
        self.send(request).await
    }

    async fn endpoints(&self) -> Result<Arc<Endpoints>> {
        Ok(Arc::new(self.known_endpoints()))
    }

    async fn verify_jwt(&self, _: &Secret, _: JwtKind) -> Result<VerifiedClaims> {
        self.unsupported(Operation::VerifyJwt, "OAuth 1 has no ID tokens").await
    }
}
