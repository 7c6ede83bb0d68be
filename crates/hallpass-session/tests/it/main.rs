//! Tokens that stay alive, against a real authorization server on loopback.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api_client;
#[cfg(feature = "at-rest")]
mod at_rest;
#[cfg(all(feature = "postgres", feature = "redis"))]
mod away;
mod cancelled;
mod crash;
mod device;
mod grants;
mod hooks;
mod login;
#[cfg(feature = "reqwest-middleware")]
mod middleware;
#[cfg(feature = "sqlite")]
mod says_no;
mod single_flight;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod store_away;
mod support;
mod trouble;
