//! A local provider does what a real one does: grants, refuses, breaks.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod support;

mod browser;
mod device;
mod emulated;
mod faults;
mod native;
mod refusals;
mod server;
