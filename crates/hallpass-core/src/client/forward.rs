//! The client behind a `dyn`: each verb forwards to the method of the same name.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    ApiRequest, Authorization, AuthorizationRequest, BaseOAuth2, Callback, Descriptor, Endpoints,
    Grant, IdEmail, JwtKind, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Response, Result, Revoke, Secret, VerifiedClaims,
};

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<P: Provider> BaseOAuth2 for OAuth2Client<P> {
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

    async fn refresh_token(&self, token: &OAuth2Token) -> Result<OAuth2Token> {
        self.refresh_token(token).await
    }

    async fn revoke_token(&self, token: &OAuth2Token, what: Revoke) -> Result<()> {
        self.revoke_token(token, what).await
    }

    async fn get_profile(&self, token: &OAuth2Token) -> Result<Profile> {
        self.get_profile(token).await
    }

    async fn get_id_email(&self, token: &OAuth2Token) -> Result<IdEmail> {
        self.get_id_email(token).await
    }

    async fn request_token(&self, grant: Grant<'_>) -> Result<OAuth2Token> {
        self.request_token(grant).await
    }

    async fn send(&self, request: ApiRequest<'_>) -> Result<Response> {
        self.send(request).await
    }

    async fn endpoints(&self) -> Result<Arc<Endpoints>> {
        self.endpoints().await
    }

    async fn verify_jwt(&self, jwt: &Secret, kind: JwtKind) -> Result<VerifiedClaims> {
        self.verify_jwt(jwt, kind).await
    }
}
