#![doc = include_str!("../README.md")]

// In reading order, foundation first.
mod credentials;
mod encoding; // text as it is signed
mod method; // how it is signed
#[cfg(feature = "rsa")]
mod rsa_key;
mod parts; // what is signed
mod signer;
mod provider; // how one provider differs
mod providers; // two of them
mod config; // who we are
mod reply; // what a server answers
mod client; // all of it together
#[cfg(feature = "reqwest-middleware")]
mod middleware;

#[cfg(feature = "reqwest-middleware")]
pub use crate::middleware::{SigningMiddleware, WithoutSignature};
#[cfg(feature = "rsa")]
pub use crate::rsa_key::RsaKey;
pub use crate::{
    client::OAuth1Client,
    config::OAuth1Config,
    credentials::{ClientCredentials, TokenCredentials},
    method::SignatureMethod,
    parts::RequestParts,
    provider::{OAuth1Provider, ProfileReader},
    signer::{Placement, Signed, Signer},
};
