//! A browser, an application on axum, and a real authorization server, all on loopback.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod app;
mod guard;
mod login;
mod refusals;
