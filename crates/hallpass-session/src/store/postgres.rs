use std::{str::FromStr as _, time::Duration};

use hallpass_core::{Result, Secret};
use sqlx::{
    Connection as _,
    postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions},
};
use tokio::time;

use crate::{
    AtRest, Entry, Lease, TokenKey, Version,
    owed::Owed,
    store::{
        distant::{self, PATIENCE},
        sql::{self, Statements, token_store},
    },
};

/// Tokens in PostgreSQL, for all processes of all machines. Leases go by the server's clock.
///
/// A call waits for 10 s at most; one for a lease that failed takes up to 2 s more, to give it back
/// where it was taken nevertheless. A connection that does not answer in time is closed, and
/// another one made. Needs PostgreSQL 9.6 or newer.
///
/// The isolation level has to be `read committed`, as it is by default. Where the role or the
/// database has a stricter one (`default_transaction_isolation`), a call fails with
/// [`ErrorKind::Transport`](hallpass_core::ErrorKind) wherever it meets another of the same user:
/// set it for the role, or in [`PgPoolOptions::after_connect`] of a pool of your own.
///
/// # TLS
///
/// It is there if the application turns on a feature of sqlx: `sqlx = { version = "0.8",
/// default-features = false, features = ["tls-rustls-ring"] }` (or `tls-rustls-aws-lc-rs`,
/// `tls-native-tls`). Without, `sslmode=require` and stricter are refused, and the default,
/// `prefer`, sends everything in the clear, as it does with a server that says that it has no TLS:
/// beyond loopback, say `sslmode=verify-full` in the URL.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    sql: Statements,
    at_rest: AtRest,
    owed: Owed,
}

/// Milliseconds at the beginning of the statement.
const NOW: &str = "CAST(extract(epoch FROM statement_timestamp()) * 1000 AS BIGINT)";

/// Who makes the table holds this lock: two at once would fail, `IF NOT EXISTS` or not. Any number
/// that nobody else has; these are the letters `hallpass`.
const CREATION_LOCK: i64 = i64::from_be_bytes(*b"hallpass");

/// For an idle connection to say that it is alive; one whose other end is gone never says anything.
const PING: Duration = Duration::from_secs(2);

impl PostgresStore {
    const IS_REMOTE: bool = true;

    /// What the table is named unless the application says otherwise.
    pub const TABLE: &str = "hallpass_tokens";

    /// The database at `url`, `postgres://user:password@host/database`
    /// ([`PgConnectOptions`] has the rest). The table [`TABLE`](Self::TABLE) is made if it is
    /// missing. Five connections at most.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `store`: the URL, the user or the
    /// database is wrong, or the user may not make the table.
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `store`: no answer in 10 s.
    pub async fn connect(url: &str, at_rest: AtRest) -> Result<Self> {
        let options = PgConnectOptions::from_str(url).map_err(|error| sql::failed(&error))?;
        let pool = PgPoolOptions::new()
            .max_connections(5)
            .acquire_timeout(PATIENCE)
            // The pool's own test waits for as long as it may take.
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(is_alive(connection)));
        let pool = sql::answer(pool.connect_with(options)).await?;
        Self::from_pool(pool, Self::TABLE, at_rest).await
    }

    /// A table of a database that the application has a pool for; it is made if it is missing. To
    /// make it by a migration of your own, take the columns from one that this made.
    ///
    /// How long an idle connection may take to say that it is alive is what the pool says; by
    /// default it has no bound but that of the call, so that each one that went silent fails a
    /// call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `store`: `table` is no name of small
    /// letters, digits and `_`, or may not be made.
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `store`: no answer in 10 s.
    pub async fn from_pool(pool: PgPool, table: &str, at_rest: AtRest) -> Result<Self> {
        // Names and users are compared byte for byte, whatever the database's own order is.
        let sql = Statements::new(table, r#"TEXT COLLATE "C""#, NOW)?;
        sql::answer(create(&pool, &sql)).await?;
        Ok(Self { pool, sql, at_rest, owed: Owed::default() })
    }
}

token_store!(PostgresStore);

/// The pool closes what is not, and makes another.
async fn is_alive(connection: &mut PgConnection) -> sqlx::Result<bool> {
    match time::timeout(PING, connection.ping()).await {
        Ok(alive) => alive.map(|()| true),
        Err(late) => Err(sqlx::Error::Io(late.into())),
    }
}

/// A user who may make no table can use one that is there.
async fn create(pool: &PgPool, sql: &Statements) -> sqlx::Result<()> {
    let is_there = sqlx::query_scalar::<_, bool>("SELECT to_regclass($1) IS NOT NULL");
    if is_there.bind(format!("\"{}\"", sql.table)).fetch_one(pool).await? {
        return Ok(());
    }
    let mut transaction = pool.begin().await?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(CREATION_LOCK);
    lock.execute(&mut *transaction).await?;
    sqlx::query(&sql.create).execute(&mut *transaction).await?;
    transaction.commit().await
}
