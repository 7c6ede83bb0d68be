//! One span for each operation: who, what, how it ended, how long it took. Nothing secret.

use std::{future::Future, time::SystemTime};

use tracing::{Instrument as _, Span, field::Empty};

use crate::{Error, OAuth2Client, Operation, Provider, Result};

impl<P: Provider> OAuth2Client<P> {
    /// Runs `work` in its span, and says in its error whose call it was. The future is made here,
    /// where it stays: handed over it would be kept twice, in 4,200 bytes for an exchange.
    pub(super) async fn observed<T, W>(
        &self,
        operation: Operation,
        work: impl FnOnce() -> W,
    ) -> Result<T>
    where
        W: Future<Output = Result<T>>,
    {
        let span = self.span(operation);
        let context = |error: Error| error.in_context(self.descriptor.name(), operation);
        if span.is_disabled() {
            return work().await.map_err(context);
        }
        let began = self.clock.now();
        let result = work().instrument(span.clone()).await.map_err(context);
        self.ended(&span, began, result.as_ref().err());
        result
    }

    /// The same for work that waits for nothing.
    pub(super) fn observed_now<T>(
        &self,
        operation: Operation,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let span = self.span(operation);
        let context = |error: Error| error.in_context(self.descriptor.name(), operation);
        if span.is_disabled() {
            return work().map_err(context);
        }
        let began = self.clock.now();
        let result = span.in_scope(work).map_err(context);
        self.ended(&span, began, result.as_ref().err());
        result
    }

    fn span(&self, operation: Operation) -> Span {
        tracing::info_span!(
            "hallpass",
            provider = self.descriptor.name(),
            operation = operation.as_str(),
            status = Empty,
            outcome = Empty,
            reason = Empty,
            elapsed_ms = Empty,
        )
    }

    fn ended(&self, span: &Span, began: SystemTime, error: Option<&Error>) {
        let elapsed = self.clock.now().duration_since(began).unwrap_or_default();
        span.record("elapsed_ms", u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
        match error {
            None => {
                span.record("outcome", "ok");
            }
            Some(error) => {
                span.record("outcome", error.kind().as_str());
                span.record("reason", error.reason());
            }
        }
    }
}

/// The status of the last answer within the operation.
pub(super) fn answered(status: http::StatusCode) {
    Span::current().record("status", status.as_u16());
}
