//! The places where bytes of somebody else come in that are fuzzed, as functions of these bytes.
//!
//! A door takes whatever bytes there are, hands them to hallpass the way an application, a browser
//! or a provider would, and panics if what comes out breaks a promise: what is accepted is what was
//! sent, what is refused repeats no secret, and nothing panics by itself. The fuzzers in `fuzz/`
//! call these functions, and so does the test that replays their corpus.
//!
//! Bytes at the beginning of an input choose: which provider, which reader, which status. Their
//! meaning is told at each door; every byte means something, so that no input is lost. Where an
//! input has parts, a zero byte is between them, which is in no JSON and in no header.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a door fails by panicking")]

pub mod corpus;
pub mod seeds;

mod callback;
mod discovery;
mod hosts;
mod jwks;
mod jwt;
mod oauth1;
mod oracle;
mod providers;
mod receiver;
mod replies;
mod session_record;
mod stored;
mod token_file;
mod token_response;
mod web;
mod wire;
mod world;

pub use crate::{
    callback::callback, discovery::discovery, hosts::hosts, jwks::jwks, jwt::jwt, oauth1::oauth1,
    providers::providers, receiver::receiver, replies::replies, session_record::session_record,
    stored::stored, token_file::token_file, token_response::token_response, web::web,
};

/// A door, by the name of its fuzzer and of its corpus.
pub type Door = (&'static str, fn(&[u8]));

/// All of them.
pub const DOORS: &[Door] = &[
    ("callback", callback),
    ("discovery", discovery),
    ("hosts", hosts),
    ("jwks", jwks),
    ("jwt", jwt),
    ("oauth1", oauth1),
    ("providers", providers),
    ("receiver", receiver),
    ("replies", replies),
    ("session_record", session_record),
    ("stored", stored),
    ("token_file", token_file),
    ("token_response", token_response),
    ("web", web),
];
