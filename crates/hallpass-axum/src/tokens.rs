use std::{ops::Deref, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{StatusCode, request},
    response::{IntoResponse as _, Response},
};
use hallpass_core::{BaseOAuth2, Descriptor, OAuth2Token, Revoke};
use hallpass_session::{Session, TokenManager};
use hallpass_web::Identity;

use crate::{guard, sign_in::Parts};

/// The token of who is signed in, renewed when it is needed, for calls to the provider's API: 401
/// if nobody is, 500 if the application keeps no tokens
/// ([`SignIn::tokens`](crate::SignIn::tokens)). `Option<UserToken>` for pages that anybody may see.
///
/// ```
/// use axum::http::StatusCode;
/// use hallpass_axum::{UserToken, hallpass_session::ApiClient};
///
/// async fn repositories(token: UserToken) -> Result<String, StatusCode> {
///     let api = ApiClient::new(token.0, "https://api.github.com");
///     let api = api.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
///     let repositories = api.get("/user/repos").read().await;
///     repositories.map(|all| all.to_string()).map_err(|_| StatusCode::BAD_GATEWAY)
/// }
/// # let _ = axum::routing::get::<_, _, ()>(repositories);
/// ```
#[derive(Debug, Clone)]
pub struct UserToken(pub Session);

impl Deref for UserToken {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for UserToken {
    type Rejection = Response;

    async fn from_request_parts(request: &mut request::Parts, state: &S) -> Result<Self, Response> {
        let token = <Self as OptionalFromRequestParts<S>>::from_request_parts(request, state);
        token.await?.ok_or_else(|| StatusCode::UNAUTHORIZED.into_response())
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for UserToken {
    type Rejection = Response;

    /// `None` is nobody; who is signed in and has no token signed out elsewhere, and the call to
    /// the API says so.
    async fn from_request_parts(
        request: &mut request::Parts,
        state: &S,
    ) -> Result<Option<Self>, Response> {
        type Who = guard::Identity;
        let who = <Who as OptionalFromRequestParts<S>>::from_request_parts(request, state).await?;
        let Some(who) = who else { return Ok(None) };
        let parts = request.extensions.get::<Arc<Parts>>();
        let manager = match parts {
            Some(parts) => parts.manager_of(&who).await,
            None => Ok(None),
        };
        let provider = &who.provider;
        match manager {
            Ok(Some(manager)) => return Ok(Some(Self(manager.session(&user(&who))))),
            Ok(None) => tracing::error!(provider, "no token is kept: see SignIn::tokens"),
            Err(error) => tracing::error!(provider, %error, "there is no client for a token"),
        }
        Err(StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

impl Parts {
    /// Who keeps the tokens of this client's users, if they are kept.
    pub(crate) fn manager_for(&self, client: &Arc<dyn BaseOAuth2>) -> Option<TokenManager> {
        let tokens = Arc::clone(self.tokens.as_ref()?);
        let manager = TokenManager::new(Arc::clone(client), tokens);
        let manager = manager.with_clock(Arc::clone(&self.clock));
        Some(match self.token_lease {
            Some(length) => manager.with_lease(length),
            None => manager,
        })
    }

    /// Who keeps the tokens of this provider's users; `None` where they are not kept.
    pub(crate) fn manager(&self, provider: &str) -> Option<&TokenManager> {
        self.managers.get(provider)
    }

    /// The token of somebody as it is in the store: it is not renewed for a logout.
    pub(crate) async fn kept_token(&self, identity: &Identity) -> Option<OAuth2Token> {
        let (store, manager) = (self.tokens.as_ref()?, self.manager_of(identity).await.ok()??);
        let kept = store.load(&manager.key(&user(identity))).await;
        let token = kept
            .and_then(|kept| kept.map(|kept| OAuth2Token::from_storage(&kept.token)).transpose());
        token.unwrap_or_else(|error| {
            let provider = &identity.provider;
            tracing::warn!(provider, %error, "what is kept of somebody cannot be read");
            None
        })
    }

    /// Takes the token out of the store, and ends it at the provider. `kept` is what is there.
    pub(crate) async fn revoke_token(&self, identity: &Identity, kept: Option<&OAuth2Token>) {
        let Ok(Some(manager)) = self.manager_of(identity).await else { return };
        let what = revocable(manager.client().descriptor(), kept);
        if let Err(error) = manager.sign_out(&user(identity), Some(what)).await {
            let provider = &identity.provider;
            tracing::warn!(provider, %error, "who signed out has a token that is not revoked");
        }
    }
}

/// The refresh token with all that comes of it, where that is possible. Never the grant: what ends
/// it may uninstall the application.
fn revocable(descriptor: &Descriptor, token: Option<&OAuth2Token>) -> Revoke {
    let renews = token.is_some_and(|token| token.refresh_token().is_some());
    match renews && descriptor.offers_revocation(Revoke::RefreshToken) {
        true => Revoke::RefreshToken,
        false => Revoke::AccessToken,
    }
}

/// Whether a token is of the login at the provider that this session came of, and not of a later
/// one in another browser.
pub(crate) fn is_of_session(token: &OAuth2Token, identity: &Identity) -> bool {
    let sid = token.claims().and_then(|claims| claims.get("sid")?.as_str());
    sid == identity.provider_session.as_deref()
}

/// Whose token it is, for the store: one word of [`Identity::key`].
pub(crate) fn user(identity: &Identity) -> String {
    let (issuer, id) = identity.key();
    // No issuer has a space in it, so that nobody's id makes another one's word.
    format!("{issuer} {id}")
}
