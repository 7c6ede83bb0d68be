//! Every operation against every fault of a network and of a server: what the caller is told, how
//! many requests left, and that the same client works again. What is expected is in `table.txt`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod answers; // providers of OAuth 1 that are nobody
mod body; // what is done to a good answer
mod cancelled; // operations that nobody waits for
mod diverting; // the way from a client to the fault
mod fault; // each fault, by the table's name
mod operation; // each operation, by the table's name
mod place; // who is good before and after
mod providers; // the readers of every provider
mod server; // a server that misbehaves
mod table; // what is expected
mod walk; // all operations of one provider of each shape
