//! hallpass-cli through its public interface, against a provider that is a script and a browser
//! that is a socket.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod acme;
mod raw;

mod receiver;
mod refusals;
mod login;
mod token_file;
#[cfg(unix)]
mod owners;
mod processes;
#[cfg(feature = "keyring")]
mod keyring;
#[cfg(target_os = "linux")]
mod browser;
