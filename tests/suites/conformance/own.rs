//! What the suite does not ask, in rows of the same shape.

mod answers;
mod claims;
mod keys;
mod logout;
mod requests;

use crate::row::Row;

pub(crate) use self::{
    answers::ANSWERS, claims::CLAIMS, keys::KEYS, logout::LOGOUT, requests::REQUESTS,
};

/// All rows of our own.
pub(crate) fn table() -> Vec<Row> {
    [CLAIMS, KEYS, REQUESTS, ANSWERS, LOGOUT].concat()
}
