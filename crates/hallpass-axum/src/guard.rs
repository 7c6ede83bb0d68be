use std::{
    ops::Deref,
    time::{Duration, SystemTime},
};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};
use hallpass_core::{Json, OAuth2Token};
use hallpass_web::Identity as Who;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};
use tower_sessions::{Session, session::Error};

/// Where the session keeps who it is, and the word of its forms.
const IDENTITY: &str = "hallpass.identity";
const CSRF: &str = "hallpass.csrf";
const BEGAN: &str = "hallpass.began";

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

    /// Not known is not nobody: a route outside [`SignIn::attach`](crate::SignIn::attach), or a
    /// store that is down, is answered 500.
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
    kept(session, IDENTITY).await
}

/// What a session keeps under one of our names. [`Error::SerdeJson`] if nobody wrote it so, which
/// says nothing of what is there: it may be anybody's name or address.
async fn kept<T: DeserializeOwned>(session: &Session, name: &str) -> Result<Option<T>, Error> {
    let Some(value) = session.get_value(name).await? else { return Ok(None) };
    // serde would take a list for a struct.
    let value = Some(value).filter(|value| !value.is_array());
    let read = value.and_then(|value| serde_json::from_value(value).ok());
    let unreadable = || serde_json::Error::custom(format!("{name} is not as it was written"));
    read.map(Some).ok_or_else(|| Error::SerdeJson(unreadable()))
}

/// Under a new id: whoever knew the one of before does not know this one (session fixation).
pub(crate) async fn sign_in(session: &Session, identity: &Who, began: &Began) -> Result<(), Error> {
    session.cycle_id().await?;
    session.insert(IDENTITY, identity).await?;
    session.insert(BEGAN, began).await?;
    // Now, and not when the first form is shown: two tabs would make one each.
    session.insert(CSRF, format!("{:032x}", rand::random::<u128>())).await?;
    see(session, began.at / DAY).await?;
    session.save().await
}

/// In seconds.
const DAY: u64 = 86_400;
/// The day that a session was last used, from 1970 on.
const SEEN: &str = "hallpass.seen";

pub(crate) fn day(now: SystemTime) -> u64 {
    now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() / DAY
}

/// `None` also where it cannot be read: it is written anew.
pub(crate) async fn seen(session: &Session) -> Result<Option<u64>, Error> {
    match kept(session, SEEN).await {
        Err(Error::SerdeJson(_)) => Ok(None),
        seen => seen,
    }
}

pub(crate) async fn see(session: &Session, day: u64) -> Result<(), Error> {
    session.insert(SEEN, day).await
}

/// How the login came about that a session is of.
#[derive(Serialize, Deserialize)]
pub(crate) struct Began {
    /// By our clock, in seconds since 1970.
    pub(crate) at: u64,
    /// What its ID token said; the session at the provider is the identity's. Always written: a
    /// session that lost it would not end by the provider's word.
    #[serde(deserialize_with = "there")]
    pub(crate) login: Option<Login>,
}

/// An ID token, as far as a later word of its provider is about it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// By the provider's clock.
    pub(crate) at: u64,
}

/// Without a default, which serde has for an `Option`.
fn there<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Login>, D::Error> {
    Option::deserialize(json)
}

impl Began {
    pub(crate) fn new(token: &OAuth2Token, now: SystemTime) -> Self {
        let at = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let login = token.claims().and_then(|claims| {
            let issued = claims.get("iat").and_then(Json::as_f64).map(Duration::try_from_secs_f64);
            Some(Login {
                issuer: claims.issuer()?.to_owned(),
                subject: claims.subject().to_owned(),
                at: issued.and_then(Result::ok).map_or(at, |issued| issued.as_secs()),
            })
        });
        Self { at, login }
    }
}

pub(crate) async fn began(session: &Session) -> Result<Option<Began>, Error> {
    kept(session, BEGAN).await
}

/// The word that a form of this session must repeat; `None` where nobody is signed in.
pub(crate) async fn csrf(session: &Session) -> Result<Option<String>, Error> {
    match identity(session).await? {
        Some(_) => known_csrf(session).await,
        None => Ok(None),
    }
}

/// The same of a session that may be anybody's. `None` also where it is no word of ours: it goes
/// into pages as it is.
pub(crate) async fn known_csrf(session: &Session) -> Result<Option<String>, Error> {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    match kept::<String>(session, CSRF).await {
        Err(Error::SerdeJson(_)) => Ok(None),
        word => Ok(word?.filter(|word| word.len() == 32 && word.bytes().all(is_hex))),
    }
}
