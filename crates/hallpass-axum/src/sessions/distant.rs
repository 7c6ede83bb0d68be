//! What the stores have in common that somebody else answers for.

use std::{future::Future, time::Duration};

use hallpass_core::{Error, Result};
use tokio::time;
use tower_sessions::session_store;

/// A store that is gone does not hold up those who ask it for longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The way to a store, in time.
pub(super) async fn opened<T>(opening: impl Future<Output = Result<T>>) -> Result<T> {
    match time::timeout(PATIENCE, opening).await {
        Ok(opened) => opened,
        Err(_) => Err(away("did not answer in 10 s")),
    }
}

/// What a store says of a session, in time.
pub(super) async fn answered<T>(
    answer: impl Future<Output = session_store::Result<T>>,
) -> session_store::Result<T> {
    match time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(session_store::Error::Backend("did not answer in 10 s".to_owned())),
    }
}

/// It may answer later.
pub(super) fn away(why: impl Into<String>) -> Error {
    let message = "the store of the sessions does not answer";
    Error::transport(message).with_reason("sessions").with_source(why.into())
}

/// It never will.
pub(super) fn unusable(why: impl Into<String>) -> Error {
    let message = "the store of the sessions cannot be used as it is set up";
    Error::config(message).with_reason("sessions").with_source(why.into())
}
