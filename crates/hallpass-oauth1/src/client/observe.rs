//! One span for each operation, with the fields that core's have. Nothing secret.

use std::future::Future;

use hallpass_core::{Operation, Result, http::StatusCode};
use tracing::{Instrument as _, Span, field::Empty};

use crate::OAuth1Client;

impl OAuth1Client {
    /// Runs `work` in its span, and says in its error whose call it was.
    pub(super) async fn observed<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let name = self.descriptor.name();
        let span = tracing::info_span!(
            "hallpass",
            provider = name,
            operation = operation.as_str(),
            status = Empty,
            outcome = Empty,
            reason = Empty,
            elapsed_ms = Empty,
        );
        let began = self.clock.now();
        let result = work.instrument(span.clone()).await;
        let result = result.map_err(|error| error.in_context(name, operation));
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
pub(super) fn answered(status: StatusCode) {
    Span::current().record("status", status.as_u16());
}
