use std::ops::Deref;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};
use hallpass_web::Identity as Who;
use tower_sessions::{Session, session::Error};

/// Where the session keeps who it is, and the word of its forms.
const IDENTITY: &str = "hallpass.identity";
const CSRF: &str = "hallpass.csrf";

/// Who is signed in, for a handler: 401 if nobody is. `Option<Identity>` for pages that anybody may
/// see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(pub Who);

impl Deref for Identity {
    type Target = Who;

    fn deref(&self) -> &Who {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Identity {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let who = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        who.ok_or_else(|| StatusCode::UNAUTHORIZED.into_response())
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Identity {
    type Rejection = Response;

    /// Not known is not nobody: a route outside [`SignIn::attach`](crate::SignIn::attach), or a store
    /// that is down, is answered 500.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Response> {
        let unknown = || StatusCode::INTERNAL_SERVER_ERROR.into_response();
        let Some(session) = parts.extensions.get::<Session>() else {
            tracing::error!("this route has no session: it was added after SignIn::attach");
            return Err(unknown());
        };
        match identity(session).await {
            Ok(who) => Ok(who.map(Self)),
            Err(error) => {
                tracing::error!(%error, "a session cannot be read");
                Err(unknown())
            }
        }
    }
}

pub(crate) async fn identity(session: &Session) -> Result<Option<Who>, Error> {
    session.get(IDENTITY).await
}

/// Under a new id: whoever knew the one of before does not know this one (session fixation).
pub(crate) async fn sign_in(session: &Session, identity: &Who) -> Result<(), Error> {
    session.cycle_id().await?;
    session.insert(IDENTITY, identity).await?;
    session.remove_value(CSRF).await?;
    session.save().await
}

/// Empties a session that is another's.
pub(crate) async fn make_way(session: &Session, next: &Who) -> Result<(), Error> {
    match identity(session).await? {
        Some(before) if before.key() != next.key() => session.flush().await,
        _ => Ok(()),
    }
}

/// The word that a form of this session must repeat; `None` where nobody is signed in.
pub(crate) async fn csrf(session: &Session) -> Result<Option<String>, Error> {
    if identity(session).await?.is_none() {
        return Ok(None);
    }
    if let Some(token) = known_csrf(session).await? {
        return Ok(Some(token));
    }
    let token = format!("{:032x}", rand::random::<u128>());
    session.insert(CSRF, &token).await?;
    Ok(Some(token))
}

/// The same, if there is one.
pub(crate) async fn known_csrf(session: &Session) -> Result<Option<String>, Error> {
    session.get(CSRF).await
}
