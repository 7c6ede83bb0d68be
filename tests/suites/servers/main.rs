//! Against servers that nobody on this project wrote: `cargo test --test servers`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod shared;
mod raw;
mod harness;
mod control;
mod clients;
mod logout;
mod op;
mod custom;
mod login;
mod refusals;
mod canaille;
mod oauth1;
mod openid;
mod grants;
mod processes;
mod sessions;
mod instances;
mod stores;
mod web;
