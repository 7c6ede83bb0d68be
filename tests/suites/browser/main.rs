//! What a person sees and clicks, in headless Chromium: `cargo test --test browser`.
//!
//! Screenshots are in the folder `tmp/browser` of the target folder.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod shared;
mod site;
mod harness;
mod checks;
mod cookies;
mod local_pages;
mod app;
mod login;
mod web;
mod web_pages;
mod example;
