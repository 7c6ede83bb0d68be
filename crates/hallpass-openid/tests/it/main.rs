//! What an application does with `OAuth2Client<OpenId>`, against a provider that is a script.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod algorithms;
mod backchannel;
mod cache;
mod client_auth;
mod discovery;
mod dpop;
mod introspection;
mod keys;
mod leaving;
mod login;
mod printed;
mod profile;
mod sources;
mod support;
mod third_party;
