use std::{fmt, time::Duration};

use async_trait::async_trait;
use hallpass_core::{Result, Secret};
use rand::{Rng as _, rand_core::UnwrapErr, rngs::SysRng};

use crate::TokenKey;

#[cfg(feature = "at-rest")]
mod at_rest;
#[cfg(any(feature = "postgres", feature = "redis", feature = "sqlite"))]
mod distant;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "at-rest")]
pub use at_rest::AtRest;
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

/// Never none at all, and never beyond about 30 years, so that no sum of it and the time of day
/// goes beyond what a clock or a database counts.
fn lease_length(length: Duration) -> Duration {
    length.clamp(Duration::from_millis(1), Duration::from_secs(1_000_000_000))
}

/// Where tokens are kept, one for each [`TokenKey`].
///
/// A store keeps text that it does not read: [`TokenManager`](crate::TokenManager) gives it the
/// stored form of a token. Two things make it safe with many writers, in one process or in many:
/// each write says which version it replaces, and whoever renews a token holds a lease on it.
///
/// # Contract
///
/// `contract::check` (feature `contract`) is a test of it, for whoever writes a store of their own.
///
/// - A write is seen whole by every later `load`, of every process, or not at all.
/// - No [`Version`] is given twice for one key, not even after a deletion.
/// - A lease is held by one at a time. It ends when it is released, or by itself at the end of its
///   length, so that no crash holds it for ever. Any length is one: the longest that a store can
///   keep is about 30 years at least, and none at all is a short one.
/// - What a lease says of an interruption survives the process that had it, until a token is
///   written while nobody holds the lease: whatever was in doubt is then of no matter.
/// - Keys are compared byte for byte, and may hold any character but NUL.
///
/// # Errors
///
/// All methods: [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `store`: the store did
/// not answer; the caller may try again. `load`: [`ErrorKind::Security`](hallpass_core::ErrorKind):
/// what is kept is not what was written; a login or a logout removes it.
#[async_trait]
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// What is kept for `key`.
    async fn load(&self, key: &TokenKey) -> Result<Option<Entry>>;

    /// Writes, if what is kept is still of the version `expected`; `None` expects nothing to be
    /// kept. The new version, or `None` if another one came first, and nothing was written.
    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<Version>,
        token: &Secret,
    ) -> Result<Option<Version>>;

    /// Forgets the token. A lease on it stays as it is.
    async fn delete(&self, key: &TokenKey) -> Result<()>;

    /// Takes the lease on `key` for `length`, or says that another has it.
    async fn lease(&self, key: &TokenKey, length: Duration) -> Result<Option<Lease>>;

    /// Gives a lease back, after its end, too; `is_in_doubt` is what the next one reads as
    /// [`was_interrupted`](Lease::was_interrupted). Changes nothing once another has the lease.
    async fn release(&self, lease: Lease, is_in_doubt: bool) -> Result<()>;
}

/// What a store keeps for one key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry {
    /// As it was written.
    pub token: Secret,
    /// Of this very write.
    pub version: Version,
}

impl Entry {
    /// For whoever writes a store.
    #[must_use]
    pub fn new(token: Secret, version: Version) -> Self {
        Self { token, version }
    }
}

/// Tells one write from every other: a number without order, made at random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(i64);

impl Version {
    /// One that was never used: 63 bits by chance, from the operating system, so that no copy of
    /// this process makes the same.
    ///
    /// # Panics
    ///
    /// If the operating system has no random bytes.
    #[must_use]
    pub fn random() -> Self {
        Self(i64::from_ne_bytes((UnwrapErr(SysRng).next_u64() >> 1).to_ne_bytes()))
    }

    /// As a database keeps it; never negative.
    #[must_use]
    pub fn get(self) -> i64 {
        self.0
    }

    /// What [`get`](Self::get) gave.
    #[must_use]
    pub fn from_stored(version: i64) -> Self {
        Self(version)
    }
}

/// The right to renew one token, for a while.
///
/// Not `Clone`: it is given back by value.
#[derive(Debug)]
pub struct Lease {
    key: TokenKey,
    holder: i64,
    was_interrupted: bool,
}

impl Lease {
    /// For whoever writes a store; `was_interrupted` if the one before was not released, or
    /// released in doubt.
    #[must_use]
    pub fn new(key: TokenKey, holder: i64, was_interrupted: bool) -> Self {
        Self { key, holder, was_interrupted }
    }

    /// On what.
    #[must_use]
    pub fn key(&self) -> &TokenKey {
        &self.key
    }

    /// A number by which the store tells this holder from every other.
    #[must_use]
    pub fn holder(&self) -> i64 {
        self.holder
    }

    /// Whether the holder before may have been given a token that it never wrote: it ended without
    /// a word, or did not know.
    #[must_use]
    pub fn was_interrupted(&self) -> bool {
        self.was_interrupted
    }
}
