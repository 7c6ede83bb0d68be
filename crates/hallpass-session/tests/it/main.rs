//! Tokens that stay alive, against a real authorization server on loopback.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api_client;
mod crash;
mod login;
mod single_flight;
mod store;
mod store_away;
mod support;
mod trouble;
