//! A local server of OAuth 1.0a does what a real one does: verifies, grants, refuses, breaks.
#![cfg(feature = "oauth1")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod support;

mod faults;
mod flow;
mod refusals;
mod verified;
