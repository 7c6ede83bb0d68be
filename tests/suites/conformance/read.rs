//! Reading what was sent.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hallpass_core::{Json, url::Url};

/// A part of a JWT.
pub(crate) fn json(part: &str) -> Json {
    serde_json::from_slice(&bytes(part)).unwrap()
}

/// Bytes in base64url.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// A header of HTTP Basic.
pub(crate) fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

/// One parameter of a URL.
pub(crate) fn param(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    let found = url.query_pairs().find(|(known, _)| known == name)?.1.into_owned();
    Some(found)
}

/// The names of all its parameters, in the order of the alphabet.
pub(crate) fn names(url: &str) -> Vec<String> {
    let url = Url::parse(url).unwrap();
    let mut names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    names.sort();
    names
}
