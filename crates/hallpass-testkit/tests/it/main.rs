//! The testkit through its public API: that what is right passes, and that what is wrong fails.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod contract;
mod fixture;
mod replay;
mod toy;
