#![doc = include_str!("../README.md")]

mod api_client;
#[cfg(feature = "contract")]
pub mod contract;
mod flight;
mod key;
mod listener;
mod live;
mod login;
mod renew;
mod renewal;
mod session;
mod store;

pub use crate::{
    api_client::{ApiCall, ApiClient, Placement},
    key::TokenKey,
    listener::{TokenEvent, TokenListener, TokenReason},
    renewal::{RefreshToken, Renewal},
    session::{Session, TokenManager},
    store::{Entry, Lease, MemoryStore, TokenStore, Version},
};
