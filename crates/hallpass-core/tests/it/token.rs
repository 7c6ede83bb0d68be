//! What the token endpoint says, and what a token is worth.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use hallpass_core::{
    ClientAuth, Descriptor, Error, ErrorKind, Grant, Json, JwtKind, OAuth2Token, OAuthError,
    Operation, Purpose, Secret, VerifiedClaims,
};
use serde_json::json;

use crate::support::{
    Acme, SECRET, Seen, Signer, Verifier, World, acme, callback, config, id_token, now, param,
    public, refused,
};

mod grants;
mod ids;
mod nonce;
mod quirks;
mod refresh;
mod signed;
