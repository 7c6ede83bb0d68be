//! A provider that does not exist, and the world around its client: wire, clock, randomness.

mod acme;
mod openid;
mod shown;
mod signer;
mod wire;
mod world;

pub(crate) use acme::{Acme, Bare, Params, acme};
pub(crate) use openid::{Discovery, Seen, Verifier, id_token};
pub(crate) use shown::{Shown, show, show_text};
pub(crate) use signer::Signer;
pub(crate) use wire::{Sent, Wire, json_response, response};
pub(crate) use world::{
    CODE, CountingRandom, Key, SECRET, World, callback, config, json, now, pairs, param, public,
    refused,
};
