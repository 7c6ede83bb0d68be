#![doc = include_str!("../README.md")]

// In reading order.
mod base_url; // where the application is
mod local_redirect; // where in it
mod attempt; // one login on its way
mod identity; // who came back
pub mod page; // what the browser is shown
mod problem; // why nobody came back

pub use crate::{
    attempt::{Attempt, AttemptStore, Attempts, MemoryAttempts, Posted, Taken, TakenPosted},
    base_url::BaseUrl,
    identity::Identity,
    local_redirect::LocalRedirect,
};

// Their types stand in signatures here.
pub use cookie;
pub use hallpass_seal::SealingKeys;
