//! Every hook of a provider, and what it cannot do: none switches off a check of core.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod api_request;
mod authenticate;
mod callback;
mod flow;
mod identity;
mod lowered;
mod metadata;
mod openid;
mod refusal;
mod revoke;
mod support;
mod token_reply;
mod token_request;

/// A token reply of the platform.
fn granted() -> hallpass_core::Json {
    serde_json::json!({ "ok": true, "data": { "access_token": "TOKEN", "refresh_token": "AGAIN" } })
}
