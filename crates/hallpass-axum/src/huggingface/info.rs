//! Who is signed in, and with what token.

use std::{sync::Arc, time::SystemTime};

use async_trait::async_trait;
use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts, Request},
    http::{StatusCode, request},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use hallpass_core::{ErrorKind, Json, OAuth2Token, Profile, Result, Secret};
use hallpass_huggingface::{HuggingFaceOrganization, HuggingFaceUser};
use hallpass_web::Identity;
use tower_sessions::Session;

use super::NAME;
use crate::{
    Decision, LoginContext, SessionEnd, SignInHooks, ending, guard, sign_in::Parts, tokens,
};

/// Where the session keeps what the Hub says of the user, which holds no token.
const USER: &str = "hallpass.huggingface";
/// What [`HuggingFaceUser`] reads, and nothing else of the profile.
const MEMBERS: [&str; 5] = ["profile", "website", "isPro", "canPay", "orgs"];

/// Who is signed in by Hugging Face, for a handler, and their token: 401 if nobody is.
/// `Option<OAuthInfo>` for pages that anybody may see.
///
/// The user is as of the login, the token good for use. One that is over and cannot be renewed is
/// nobody's: the session has ended. A store or a Hub that does not answer is told as 503.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OAuthInfo {
    /// Id, names, address and picture.
    pub identity: Identity,
    /// What else the Hub says, organizations among it.
    pub user: HuggingFaceUser,
    /// The token, as the Hub gave or renewed it.
    pub token: Arc<OAuth2Token>,
}

impl OAuthInfo {
    /// What calls to the Hub are made with.
    #[must_use]
    pub fn access_token(&self) -> &Secret {
        self.token.access_token()
    }

    /// When that ends, unless it is renewed; `None` if the Hub did not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.token.expires_at()
    }

    /// What the user granted, one by one.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.token.scopes()
    }

    /// The organizations that the user lets the application see.
    #[must_use]
    pub fn organizations(&self) -> &[HuggingFaceOrganization] {
        &self.user.organizations
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OAuthInfo {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut request::Parts,
        state: &S,
    ) -> std::result::Result<Self, Response> {
        let info = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        info.ok_or_else(|| StatusCode::UNAUTHORIZED.into_response())
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for OAuthInfo {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut request::Parts,
        _: &S,
    ) -> std::result::Result<Option<Self>, Response> {
        let unknown = |status: StatusCode| status.into_response();
        let (identity, token) = match parts.extensions.get::<Held>() {
            Some(Held::Token(identity, token)) if identity.provider == NAME => (identity, token),
            Some(Held::Token(..) | Held::Nobody) => return Ok(None),
            Some(Held::Unknown(status)) => return Err(unknown(*status)),
            None => {
                tracing::error!("this route was added after hallpass_axum::huggingface::attach");
                return Err(unknown(StatusCode::INTERNAL_SERVER_ERROR));
            }
        };
        let Some(session) = parts.extensions.get::<Session>() else {
            return Err(unknown(StatusCode::INTERNAL_SERVER_ERROR));
        };
        match user(session, identity).await {
            Ok(user) => Ok(Some(Self {
                identity: Identity::clone(identity),
                user,
                token: Arc::clone(token),
            })),
            Err(error) => {
                tracing::error!(%error, "what a session keeps of a user cannot be read");
                Err(unknown(StatusCode::INTERNAL_SERVER_ERROR))
            }
        }
    }
}

type Anything = Box<dyn std::error::Error + Send + Sync>;

async fn user(
    session: &Session,
    identity: &Identity,
) -> std::result::Result<HuggingFaceUser, Anything> {
    let kept = session.get::<Json>(USER).await?;
    // A session of before has none of it.
    let kept = kept.unwrap_or_else(|| Json::Object(serde_json::Map::new()));
    Ok(HuggingFaceUser::from_profile(&Profile::new(identity.id.as_str(), kept))?)
}

/// What the session of a request comes to.
#[derive(Clone)]
enum Held {
    Token(Box<Identity>, Arc<OAuth2Token>),
    Nobody,
    Unknown(StatusCode),
}

/// Signs out whoever has no token any more: of every request for a page of the application.
pub(super) async fn expire(session: Session, mut request: Request, next: Next) -> Response {
    if let Some(parts) = request.extensions().get::<Arc<Parts>>().cloned() {
        let held = held(&parts, &session).await;
        request.extensions_mut().insert(held);
    }
    next.run(request).await
}

async fn held(parts: &Arc<Parts>, session: &Session) -> Held {
    let lost = |error: &dyn std::error::Error| {
        tracing::error!(%error, "a session cannot be read or ended");
        Held::Unknown(StatusCode::INTERNAL_SERVER_ERROR)
    };
    let identity = match guard::identity(session).await {
        Ok(Some(identity)) => identity,
        Ok(None) => return Held::Nobody,
        Err(error) => return lost(&error),
    };
    let manager = match parts.manager_of(&identity).await {
        Ok(Some(manager)) => manager,
        Ok(None) => return Held::Unknown(StatusCode::INTERNAL_SERVER_ERROR),
        Err(error) => {
            tracing::error!(%error, "there is no client for a token");
            return Held::Unknown(StatusCode::INTERNAL_SERVER_ERROR);
        }
    };
    match manager.session(&tokens::user(&identity)).token().await {
        Ok(token) => Held::Token(Box::new(identity), token),
        Err(error) if error.kind() == ErrorKind::Denied => {
            tracing::info!(%error, "a session ends with its token");
            match ending::end(parts, session, &identity, SessionEnd::TokenOver).await {
                Ok(_) => Held::Nobody,
                Err(error) => lost(&error),
            }
        }
        Err(error) => {
            tracing::warn!(%error, "nobody knows whether a token is good");
            Held::Unknown(match error.kind() {
                ErrorKind::Transport => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            })
        }
    }
}

/// The application's hooks, after which the session keeps what [`OAuthInfo`] has.
#[derive(Debug)]
pub(super) struct Remembering {
    hooks: Arc<dyn SignInHooks>,
}

impl Remembering {
    pub(super) fn new(hooks: Arc<dyn SignInHooks>) -> Self {
        Self { hooks }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl SignInHooks for Remembering {
    async fn on_login(&self, login: LoginContext<'_>) -> Result<Decision> {
        let (profile, session) = (login.profile, login.session);
        let is_hub = login.identity.provider == NAME;
        let decision = self.hooks.on_login(login).await?;
        if is_hub && !matches!(decision, Decision::Deny(_)) {
            // Here, and not when it is asked for: what cannot be read is no login.
            HuggingFaceUser::from_profile(profile)?;
            let member = |name: &str| Some((name.to_owned(), profile.raw().get(name)?.clone()));
            let kept: serde_json::Map<_, _> = MEMBERS.into_iter().filter_map(member).collect();
            session.insert(USER, kept).await.map_err(|error| {
                let message = "the session does not take what the Hub says of the user";
                hallpass_core::Error::transport(message).with_source(error)
            })?;
        }
        Ok(decision)
    }

    async fn check_session(&self, identity: &Identity) -> Result<bool> {
        self.hooks.check_session(identity).await
    }

    async fn on_logout(&self, identity: &Identity, why: SessionEnd) {
        self.hooks.on_logout(identity, why).await;
    }
}
