//! How the library behaves for those who use it: through its public interface alone, against a
//! provider that does not exist.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

mod api;
mod authorize;
mod callback_flow;
mod compile_time;
mod discovery;
mod hooks;
mod identity;
mod listed_auth;
mod properties;
mod pushed;
mod revoke;
mod secrets;
mod token;
mod transport;
mod userinfo;
mod written_out;
