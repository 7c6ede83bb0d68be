//! A local OpenID provider does what a real one does, and lies when it is told to. The client here
//! is written by hand, and believes nothing that it did not verify.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod support;

mod client_auth;
mod discovery;
mod end_session;
mod id_token;
mod pushed;
mod rotation;
mod tamper;
mod tokens;
mod userinfo;
