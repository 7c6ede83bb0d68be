//! A wrapper around any client: each verb, and what came of it.

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{
    ApiRequest, Authorization, AuthorizationRequest, BaseOAuth2, Callback, Descriptor, Endpoints,
    Grant, IdEmail, JwtKind, OAuth2Token, PendingAuthorization, Profile, Response, Result, Revoke,
    Secret, VerifiedClaims,
};

/// Prints what is asked and whether it worked: the kind and the reason of an error, and nothing of
/// what was sent or answered.
#[derive(Debug)]
pub(crate) struct Logged {
    inner: Arc<dyn BaseOAuth2>,
}

impl Logged {
    pub(crate) fn new(inner: Arc<dyn BaseOAuth2>) -> Self {
        Self { inner }
    }

    fn outcome<T>(&self, verb: &str, outcome: Result<T>) -> Result<T> {
        let provider = self.inner.descriptor().name();
        match &outcome {
            Ok(_) => println!("  {provider}: {verb}: ok"),
            Err(error) => {
                let reason = error.reason().map_or_else(String::new, |why| format!(" ({why})"));
                println!("  {provider}: {verb}: {:?}{reason}", error.kind());
            }
        }
        outcome
    }
}

// No method of the trait has a body of its own, so the compiler finds what is left out here. The
// lint is for the day that one gets one: a wrapper would lose it in silence.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl BaseOAuth2 for Logged {
    fn descriptor(&self) -> &Descriptor {
        self.inner.descriptor()
    }

    fn client_id(&self) -> &str {
        self.inner.client_id()
    }

    async fn get_authorization_url(&self, request: AuthorizationRequest) -> Result<Authorization> {
        let outcome = self.inner.get_authorization_url(request).await;
        self.outcome("get_authorization_url", outcome)
    }

    async fn get_access_token(
        &self,
        callback: Callback,
        pending: PendingAuthorization,
    ) -> Result<OAuth2Token> {
        let outcome = self.inner.get_access_token(callback, pending).await;
        self.outcome("get_access_token", outcome)
    }

    async fn refresh_token(&self, token: &OAuth2Token) -> Result<OAuth2Token> {
        self.outcome("refresh_token", self.inner.refresh_token(token).await)
    }

    async fn revoke_token(&self, token: &OAuth2Token, what: Revoke) -> Result<()> {
        self.outcome("revoke_token", self.inner.revoke_token(token, what).await)
    }

    async fn get_profile(&self, token: &OAuth2Token) -> Result<Profile> {
        self.outcome("get_profile", self.inner.get_profile(token).await)
    }

    async fn get_id_email(&self, token: &OAuth2Token) -> Result<IdEmail> {
        self.outcome("get_id_email", self.inner.get_id_email(token).await)
    }

    async fn request_token(&self, grant: Grant<'_>) -> Result<OAuth2Token> {
        self.outcome("request_token", self.inner.request_token(grant).await)
    }

    async fn send(&self, request: ApiRequest<'_>) -> Result<Response> {
        self.outcome("send", self.inner.send(request).await)
    }

    async fn endpoints(&self) -> Result<Arc<Endpoints>> {
        self.outcome("endpoints", self.inner.endpoints().await)
    }

    async fn verify_jwt(&self, jwt: &Secret, kind: JwtKind) -> Result<VerifiedClaims> {
        self.outcome("verify_jwt", self.inner.verify_jwt(jwt, kind).await)
    }
}
