//! For the benchmarks of this repository alone: what has no public door.

use std::time::UNIX_EPOCH;

use crate::{
    Descriptor, OAuth2Token, Response, Result,
    reply::{self, Source},
};

/// Reads a token reply as each grant does. The ID token in it is not verified, and time runs from
/// 1970: the token is for looking at, not for use.
///
/// # Errors
///
/// As [`request_token`](crate::OAuth2Client::request_token), of what a reply can say.
pub fn read_token(response: &Response, descriptor: &Descriptor) -> Result<OAuth2Token> {
    let granted = reply::read(response, &Source::Body, descriptor, UNIX_EPOCH)?;
    Ok(OAuth2Token { id_token: granted.id_token, ..granted.token })
}
