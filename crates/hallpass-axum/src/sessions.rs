//! Where sessions live.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use hallpass_core::{Clock, Error, Result};
use tower_sessions::{SessionStore, session::Id, session_store};

use crate::sessions::memory::{Limits, MemoryStore};

#[cfg(any(feature = "postgres", feature = "redis", feature = "sqlite"))]
mod distant;
mod memory;
pub(crate) mod over;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;

#[cfg(feature = "redis")]
pub(crate) use self::redis::Link;
pub(crate) use over::{OverStaysOver, is_over};

/// Where the sessions of an application live, for
/// [`SignIn::attach_with`](crate::SignIn::attach_with): in memory, SQLite, PostgreSQL, Redis, or any store of tower-sessions 0.14, which becomes one by
/// `into()`. A call to one of ours waits for 10 s at most.
///
/// Each application needs a place of its own, a file or a database: who is signed in at one of two
/// that share it has a session that is good at the other one. Processes of one application share
/// it, with the keys that seal attempts: a login that is begun at one is finished at another.
///
/// What is over is deleted by itself. `Debug` says what sort of place it is, not where.
#[derive(Clone)]
pub struct Sessions {
    place: Place,
}

#[derive(Clone)]
enum Place {
    Memory(MemoryStore),
    Elsewhere { name: &'static str, store: Arc<dyn SessionStore>, taking: Option<Arc<dyn Take>> },
}

/// What a store can do beside its [`SessionStore`] that cannot tell a record that is there from one
/// that is not in one step.
#[async_trait]
pub(crate) trait Take: Send + Sync {
    /// Deletes a session: whether it was there. Of however many at once, one is told so.
    async fn take(&self, id: &Id) -> session_store::Result<bool>;
}

impl Sessions {
    /// How many sessions [`memory`](Self::memory) has room for.
    pub const MOST_IN_MEMORY: usize = 100_000;

    /// How many bytes they may take there together: 256 MiB, counted as what is kept, and about
    /// what is around it.
    pub const MOST_BYTES_IN_MEMORY: usize = 256 << 20;

    /// How many bytes each of them may take there: 256 KiB. What a login keeps takes up to 12.
    pub const MOST_BYTES_OF_ONE_IN_MEMORY: usize = 256 << 10;

    /// How many words about sessions it has room for beside them: that one is over, who signed in,
    /// or whom a provider [signed out](crate::SignIn::backchannel_logout). They weigh less than
    /// 200 bytes each.
    pub const MOST_MARKS_IN_MEMORY: usize = 400_000;

    /// In the memory of this process, and gone with it: for one process, whose users may sign in
    /// once more after a restart.
    ///
    /// Room for [`MOST_IN_MEMORY`](Self::MOST_IN_MEMORY) and for
    /// [`MOST_BYTES_IN_MEMORY`](Self::MOST_BYTES_IN_MEMORY); beyond it, that which is over first goes
    /// first, the user of which signs in again. A write that would make one larger than
    /// [`MOST_BYTES_OF_ONE_IN_MEMORY`](Self::MOST_BYTES_OF_ONE_IN_MEMORY) is refused
    /// ([`session_store::Error::Encode`](tower_sessions::session_store::Error::Encode)), and the
    /// session stays as it was.
    ///
    /// What is remembered about sessions has room of its own,
    /// [`MOST_MARKS_IN_MEMORY`](Self::MOST_MARKS_IN_MEMORY), and pushes none of them out; beyond it,
    /// that goes first which is of no use first.
    #[must_use]
    pub fn memory() -> Self {
        let limits = Limits {
            records: Self::MOST_IN_MEMORY,
            bytes: Self::MOST_BYTES_IN_MEMORY,
            bytes_of_one: Self::MOST_BYTES_OF_ONE_IN_MEMORY,
        };
        // A time, under a name of one length.
        let bytes = Self::MOST_MARKS_IN_MEMORY * 256;
        let of_marks = Limits { records: Self::MOST_MARKS_IN_MEMORY, bytes, ..limits };
        Self { place: Place::Memory(MemoryStore::new(limits, of_marks)) }
    }

    /// What `url` says: `memory:`, `sqlite:` and a path, `redis://…`, `rediss://…`,
    /// `redis+unix://…` or `postgres://…`.
    ///
    /// ```
    /// # use hallpass_axum::Sessions;
    /// # async fn example() -> hallpass_core::Result<()> {
    /// let url = std::env::var("SESSIONS").unwrap_or_else(|_| "memory:".to_owned());
    /// let sessions = Sessions::from_url(&url).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `sessions`: there is no such place,
    /// or this program was built without the feature for it, which the error names. The rest as for
    /// each place.
    pub async fn from_url(url: &str) -> Result<Self> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        match scheme {
            "memory" if rest.is_empty() => Ok(Self::memory()),
            "sqlite" => Self::of_sqlite(rest).await,
            "redis" | "rediss" | "redis+unix" => Self::of_redis(url).await,
            "postgres" | "postgresql" => Self::of_postgres(url).await,
            // Not the rest, which may have a password in it.
            _ => Err(refused("sessions live in memory:, sqlite:, redis: or postgres:")),
        }
    }

    #[cfg(feature = "sqlite")]
    async fn of_sqlite(rest: &str) -> Result<Self> {
        // `sqlite:///var/a.db` and `sqlite:/var/a.db` are one path, as are `sqlite://a.db` and
        // `sqlite:a.db`.
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.is_empty() || path.contains('?') || path.contains(":memory:") {
            return Err(refused("sqlite: wants the path of a file after it, and nothing else"));
        }
        Self::sqlite(path).await
    }

    #[cfg(not(feature = "sqlite"))]
    async fn of_sqlite(_: &str) -> Result<Self> {
        Err(refused("sessions in SQLite need the feature sqlite of hallpass-axum"))
    }

    #[cfg(feature = "redis")]
    async fn of_redis(url: &str) -> Result<Self> {
        Self::redis(url).await
    }

    #[cfg(not(feature = "redis"))]
    async fn of_redis(_: &str) -> Result<Self> {
        Err(refused("sessions in Redis need the feature redis of hallpass-axum"))
    }

    #[cfg(feature = "postgres")]
    async fn of_postgres(url: &str) -> Result<Self> {
        Self::postgres(url).await
    }

    #[cfg(not(feature = "postgres"))]
    async fn of_postgres(_: &str) -> Result<Self> {
        Err(refused("sessions in PostgreSQL need the feature postgres of hallpass-axum"))
    }

    /// The store itself, by this clock if it is ours to say.
    pub(crate) fn store(self, clock: &Arc<dyn Clock>) -> Arc<dyn SessionStore> {
        match self.place {
            Place::Memory(store) => Arc::new(store.with_clock(Arc::clone(clock))),
            Place::Elsewhere { store, .. } => store,
        }
    }

    pub(crate) fn taking(&self) -> Option<Arc<dyn Take>> {
        match &self.place {
            Place::Memory(_) => None,
            Place::Elsewhere { taking, .. } => taking.clone(),
        }
    }

    fn elsewhere(name: &'static str, store: impl SessionStore) -> Self {
        Self { place: Place::Elsewhere { name, store: Arc::new(store), taking: None } }
    }

    #[cfg(feature = "postgres")]
    fn taken_by(self, taker: impl Take + 'static) -> Self {
        match self.place {
            Place::Elsewhere { name, store, .. } => {
                let taking: Option<Arc<dyn Take>> = Some(Arc::new(taker));
                Self { place: Place::Elsewhere { name, store, taking } }
            }
            memory @ Place::Memory(_) => Self { place: memory },
        }
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self::memory()
    }
}

/// A store of tower-sessions 0.14, whose deletion of what is over and whose patience are its own.
impl<S: SessionStore> From<S> for Sessions {
    fn from(store: S) -> Self {
        Self::elsewhere("of the application", store)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.place {
            Place::Memory(_) => "in memory",
            Place::Elsewhere { name, .. } => *name,
        };
        write!(f, "Sessions({name})")
    }
}

fn refused(message: &'static str) -> Error {
    Error::config(message).with_reason("sessions")
}

#[cfg(test)]
mod tests;
