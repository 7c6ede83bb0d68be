//! One span for each operation: who, what, how it ended, how long it took. Nothing secret.

use std::future::Future;

use tracing::{Instrument as _, Span, field::Empty};

use crate::{OAuth2Client, Operation, Provider, Result};

impl<P: Provider> OAuth2Client<P> {
    /// Runs `work` in its span, and says in its error whose call it was.
    pub(super) async fn observed<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let provider = self.descriptor.name();
        let span = tracing::info_span!(
            "hallpass",
            provider,
            operation = operation.as_str(),
            status = Empty,
            outcome = Empty,
            reason = Empty,
            elapsed_ms = Empty,
        );
        let context = |error: crate::Error| error.in_context(provider, operation);
        if span.is_disabled() {
            return work.await.map_err(context);
        }
        let began = self.clock.now();
        let result = work.instrument(span.clone()).await.map_err(context);
        let elapsed = self.clock.now().duration_since(began).unwrap_or_default();
        span.record("elapsed_ms", u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
        match &result {
            Ok(_) => {
                span.record("outcome", "ok");
            }
            Err(error) => {
                span.record("outcome", error.kind().as_str());
                span.record("reason", error.reason());
            }
        }
        result
    }
}

/// The status of the last answer within the operation.
pub(super) fn answered(status: http::StatusCode) {
    Span::current().record("status", status.as_u16());
}
