//! A browser, an application on axum, and a real authorization server, all on loopback.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod app;
mod browsing;
#[cfg(feature = "dev-login")]
mod dev_login;
mod elsewhere;
mod entry;
mod shop;
mod contract;
mod guard;
mod hooks;
mod hosts;
#[cfg(feature = "huggingface")]
mod huggingface;
mod ids;
mod kept;
mod login;
mod posted;
mod leaving;
mod pages;
#[cfg(feature = "openid")]
mod at_provider;
#[cfg(feature = "openid")]
mod backchannel;
mod beside;
#[cfg(feature = "openid")]
mod ends;
#[cfg(feature = "openid")]
mod hosts_logout;
mod refusals;
mod sessions;
mod steps;
mod unreadable;
mod wire;
