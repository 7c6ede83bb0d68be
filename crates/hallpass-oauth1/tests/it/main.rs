//! The client through its public interface, against a transport that answers as it is told.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod api;
mod local;
mod login;
#[cfg(feature = "reqwest-middleware")]
mod middleware;
mod refusals;
mod secrets;
mod session;
mod support;
mod traced;
