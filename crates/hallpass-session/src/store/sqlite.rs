use std::{
    fs::OpenOptions,
    io,
    path::{Path, absolute},
    time::Duration,
};

use hallpass_core::{Result, Secret};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    AtRest, Entry, Lease, TokenKey, Version,
    owed::Owed,
    store::{
        distant::{self, PATIENCE},
        sql::{self, Statements, token_store},
    },
};

/// Tokens in an SQLite file, for all processes of one machine that open it.
///
/// Leases go by the clock of the machine. A file on a network's disk is not safe with several
/// machines ([SQLite's own words](https://www.sqlite.org/useovernet.html)): that is what the other
/// stores are for.
///
/// A call that another process holds up waits for 8 s, and any for 10 s at most; one for a lease
/// that failed takes up to 2 s more, to give it back where it was taken nevertheless.
///
/// Needs SQLite 3.42 or newer; the one that sqlx brings is newer, the system's may not be.
///
/// ```no_run
/// # use hallpass_session::{AtRest, SealingKeys, SqliteStore};
/// # async fn example(key: String) -> hallpass_core::Result<()> {
/// let at_rest = AtRest::sealed(SealingKeys::new(key)?);
/// let store = SqliteStore::open("tokens.db", at_rest).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
    sql: Statements,
    at_rest: AtRest,
    owed: Owed,
}

/// For a lock that another process has on the file; shorter than all of a call.
const BUSY: Duration = Duration::from_secs(8);

/// Between two attempts where SQLite does not wait by itself.
const AGAIN: Duration = Duration::from_millis(5);

/// Milliseconds; of one statement, all are the same.
const NOW: &str = "CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER)";

impl SqliteStore {
    const IS_REMOTE: bool = false;

    /// What the table is named unless the application says otherwise.
    pub const TABLE: &str = "hallpass_tokens";

    /// The file at `path`, which is made if it is missing: readable for its owner alone (on Unix),
    /// with a write-ahead log beside it (`-wal`, `-shm`) and the table [`TABLE`](Self::TABLE). A
    /// file that exists keeps its permissions. Four connections at most.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `store`: the file cannot be made.
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `store`: it is no database, or
    /// another process does not let go of it.
    pub async fn open(path: impl AsRef<Path>, at_rest: AtRest) -> Result<Self> {
        let pool = sql::answer(Self::pool(path)).await?;
        Self::from_pool(pool, Self::TABLE, at_rest).await
    }

    /// The file at `path` as [`open`](Self::open) has it, without a table: for what the application
    /// keeps beside its tokens. A statement waits for another process for 8 s, and this call for
    /// 10 s.
    ///
    /// # Errors
    ///
    /// [`sqlx::Error::Configuration`] where the file cannot be made, with the reason as its source;
    /// any other where it is no database, or another process does not let go of it
    /// ([`sqlx::Error::PoolTimedOut`] after the 10 s).
    pub async fn pool(path: impl AsRef<Path>) -> sqlx::Result<SqlitePool> {
        let made = |error: io::Error| sqlx::Error::Configuration(error.into());
        // Absolute, since SQLite takes some names for something else (`:memory:`).
        let path = absolute(path.as_ref()).map_err(made)?;
        create(&path).map_err(made)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY)
            // What was written is there after a power failure, too: the old token may be of no use
            // any more.
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(PATIENCE);
        let pool = pool.connect_lazy_with(options);
        timeout(PATIENCE, keep_log(&pool)).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
        Ok(pool)
    }

    /// A table of a database that the application has a pool for; it is made if it is missing. How
    /// long a connection waits for another process, and whether there is a write-ahead log, is what
    /// the pool says.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `store`: `table` is no name of small
    /// letters, digits and `_`. [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `store`:
    /// the database does not answer.
    pub async fn from_pool(pool: SqlitePool, table: &str, at_rest: AtRest) -> Result<Self> {
        let sql = Statements::new(table, "TEXT COLLATE BINARY", NOW)?;
        sql::answer(sqlx::query(&sql.create).execute(&pool)).await?;
        Ok(Self { pool, sql, at_rest, owed: Owed::default() })
    }
}

token_store!(SqliteStore);

/// Readers and one writer at the same time. The file remembers it.
///
/// SQLite begins this with a read and then asks to write, and such a step it refuses at once
/// instead of waiting for [`BUSY`]: two that had read would wait for each other. Here nothing was
/// read that must still hold, so that it is asked again.
async fn keep_log(pool: &SqlitePool) -> sqlx::Result<()> {
    let until = Instant::now() + BUSY;
    loop {
        match sqlx::query("PRAGMA journal_mode = WAL").execute(pool).await {
            Err(error) if is_busy(&error) && Instant::now() < until => sleep(AGAIN).await,
            answer => return answer.map(drop),
        }
    }
}

/// [`SQLITE_BUSY`](https://www.sqlite.org/rescode.html#busy), or what SQLite says more closely of
/// it in the bits above the lowest eight.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

/// An empty file is an empty database. SQLite gives the files beside it the same permissions.
fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
