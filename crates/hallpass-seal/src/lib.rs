#![doc = include_str!("../README.md")]

mod cipher;
mod keys;

pub use crate::keys::SealingKeys;
