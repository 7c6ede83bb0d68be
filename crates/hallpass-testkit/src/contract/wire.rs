use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use hallpass_core::{Error, HttpClient, Purpose, Request, Response, Result};

use crate::{Replay, replay::Sent, words::Words};

/// A replay that may refuse token requests and keep them instead: whether a code would have been
/// sent is the question that `authorize` ends with.
#[derive(Debug)]
pub(super) struct Wire {
    replay: Replay,
    refuses_tokens: bool,
    refused: Mutex<Vec<Sent>>,
}

impl Wire {
    pub(super) fn new(replay: Replay, refuses_tokens: bool) -> Self {
        Self { replay, refuses_tokens, refused: Mutex::default() }
    }

    pub(super) fn replay(&self) -> &Replay {
        &self.replay
    }

    /// The token requests that were refused.
    pub(super) fn refused(&self) -> Vec<Sent> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Wire {
    async fn send(&self, request: Request) -> Result<Response> {
        if !self.refuses_tokens || request.purpose() != Purpose::Token {
            return self.replay.send(request).await;
        }
        let sent = Sent::new(&request, &Words::fixed());
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
        Err(Error::transport("the contract sends no code"))
    }
}
