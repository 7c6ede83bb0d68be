use std::{str::FromStr as _, time::Duration};

use async_trait::async_trait;
use hallpass_core::Result;
use sqlx::{
    Connection as _,
    postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions},
};
use tokio::time;
use tower_sessions::{session::Id, session_store};
use tower_sessions_sqlx_store::PostgresStore;

use super::{Swept, failed};
use crate::{
    Sessions,
    sessions::{
        Take,
        distant::{PATIENCE, answered, opened, unusable},
    },
};

/// Who makes the table holds this lock: of two at once, one would be told that it is there before
/// it is. Any number that nobody else has; these are the letters `sessions`.
const CREATION_LOCK: i64 = i64::from_be_bytes(*b"sessions");

/// For a connection to say that it is alive; one whose other end is gone never says anything.
const PING: Duration = Duration::from_secs(1);

const SCHEMA: &str = "hallpass";
const TABLE: &str = "sessions";

impl Sessions {
    /// In PostgreSQL, for all processes of all machines. Feature `postgres`.
    ///
    /// `url` is `postgres://user:password@host/database` ([`PgConnectOptions`] has the rest). The
    /// table `sessions` of the schema `hallpass` is made if it is missing. Five connections at
    /// most; what is over is deleted every 10 minutes, as long as the application lives.
    ///
    /// For TLS turn on a feature of sqlx, and say `sslmode=verify-full` in the URL: see the store
    /// of tokens in hallpass-session, also for the isolation level that it has to be.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `sessions`: the URL, the user or the
    /// database is wrong, or the user may not make the table.
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `sessions`: no answer in 10 s.
    pub async fn postgres(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url).map_err(|error| failed(&error))?;
        let pool = PgPoolOptions::new()
            .max_connections(5)
            .acquire_timeout(PATIENCE)
            // The pool's own test waits for as long as it may take, before a connection is used and
            // when it comes back, as it does from a call that was given up. A test of its own when
            // one comes back cannot be switched off: a server that falls silent between this one
            // and that keeps the connection until the system notices.
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(is_alive(connection)))
            .after_release(|connection, _| Box::pin(is_alive(connection)));
        let connecting = async {
            let pool = pool.connect_with(options).await.map_err(|error| failed(&error))?;
            let store = PostgresStore::new(pool.clone());
            let store = store.with_schema_name(SCHEMA).map_err(unusable)?;
            let store = store.with_table_name(TABLE).map_err(unusable)?;
            create(&pool, &store).await.map_err(|error| failed(&error))?;
            Ok((store, Rows(pool)))
        };
        let (store, rows) = opened(connecting).await?;
        Ok(Self::elsewhere("in PostgreSQL", Swept::new(store)).taken_by(rows))
    }
}

/// The store of tower-sessions looks whether an id is there, and then writes: of two at once both
/// succeed. A row is deleted once.
struct Rows(PgPool);

#[async_trait]
impl Take for Rows {
    async fn take(&self, id: &Id) -> session_store::Result<bool> {
        let delete = format!("DELETE FROM \"{SCHEMA}\".\"{TABLE}\" WHERE id = $1");
        let deleting = async {
            let deleted = sqlx::query(&delete).bind(id.to_string()).execute(&self.0).await;
            deleted.map_err(|error| session_store::Error::Backend(failed(&error).to_string()))
        };
        Ok(answered(deleting).await?.rows_affected() > 0)
    }
}

/// One that is not is closed, and another made.
async fn is_alive(connection: &mut PgConnection) -> sqlx::Result<bool> {
    match time::timeout(PING, connection.ping()).await {
        Ok(alive) => alive.map(|()| true),
        Err(late) => Err(sqlx::Error::Io(late.into())),
    }
}

/// A user who may make no table can use one that is there.
async fn create(pool: &PgPool, store: &PostgresStore) -> sqlx::Result<()> {
    let is_there = sqlx::query_scalar::<_, bool>("SELECT to_regclass($1) IS NOT NULL");
    if is_there.bind(format!("\"{SCHEMA}\".\"{TABLE}\"")).fetch_one(pool).await? {
        return Ok(());
    }
    let mut alone = pool.begin().await?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(CREATION_LOCK);
    lock.execute(&mut *alone).await?;
    // Over another connection, while this one has the lock.
    store.migrate().await?;
    alone.commit().await
}
