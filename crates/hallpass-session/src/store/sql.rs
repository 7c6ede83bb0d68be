//! What the stores in an SQL database have in common: one table, a row for each key.
//!
//! Each step is one statement, so that no other comes in between. A row is there as long as it says
//! something: a token, a lease, or a doubt. `in_doubt` is true while somebody holds the lease,
//! since they may never come back; `was_interrupted` is what it was before that.

use std::future::Future;

use hallpass_core::Result;
use sqlx::{Database, Pool, pool::PoolConnection};

use crate::store::distant::{CLOCK_LEEWAY, away, in_time, refused, said_no};

/// The statements for one table.
#[derive(Clone)]
pub(super) struct Statements {
    pub(super) table: String,
    pub(super) create: String,
    pub(super) load: String,
    pub(super) insert: String,
    pub(super) update: String,
    pub(super) forget: String,
    pub(super) lease: String,
    pub(super) release: String,
    /// Removes a row that says nothing.
    pub(super) sweep: String,
}

impl Statements {
    /// `text` is the type of a text that is compared byte for byte; `now` is the database's word
    /// for the time in milliseconds, the same at each place of one statement.
    pub(super) fn new(table: &str, text: &str, now: &str) -> Result<Self> {
        if !is_name(table) {
            let message = "the name of a table is a-z, 0-9 and `_`, 63 at most, no digit first";
            return Err(refused(message));
        }
        let key = "user_id = $1 AND provider = $2";
        // Not before its beginning either: a clock that was set back would hold it for as long.
        let is_held = format!("(kept.lease_from <= {now} AND {now} < kept.lease_until)");
        // A write while nobody holds the lease ends the doubt.
        let written = format!(
            "holder = CASE WHEN {is_held} THEN kept.holder END,
             in_doubt = CASE WHEN {is_held} THEN kept.in_doubt ELSE FALSE END,
             lease_from = CASE WHEN {is_held} THEN kept.lease_from END,
             lease_until = CASE WHEN {is_held} THEN kept.lease_until END"
        );
        let leeway = CLOCK_LEEWAY.as_millis();
        let conflict = "ON CONFLICT (user_id, provider) DO UPDATE SET";
        Ok(Self {
            create: format!(
                r#"CREATE TABLE IF NOT EXISTS "{table}" (
                    user_id {text} NOT NULL,
                    provider {text} NOT NULL,
                    token TEXT,
                    version BIGINT,
                    holder BIGINT,
                    lease_from BIGINT,
                    lease_until BIGINT,
                    in_doubt BOOLEAN NOT NULL DEFAULT FALSE,
                    was_interrupted BOOLEAN NOT NULL DEFAULT FALSE,
                    PRIMARY KEY (user_id, provider)
                )"#
            ),
            load: format!(
                r#"SELECT token, version FROM "{table}" WHERE {key} AND token IS NOT NULL"#
            ),
            insert: format!(
                r#"INSERT INTO "{table}" AS kept (user_id, provider, token, version)
                VALUES ($1, $2, $3, $4)
                {conflict} token = excluded.token, version = excluded.version, {written}
                WHERE kept.token IS NULL"#
            ),
            update: format!(
                r#"UPDATE "{table}" AS kept SET token = $3, version = $4, {written}
                WHERE {key} AND version = $5"#
            ),
            forget: format!(r#"UPDATE "{table}" SET token = NULL, version = NULL WHERE {key}"#),
            lease: format!(
                r#"INSERT INTO "{table}" AS kept
                    (user_id, provider, holder, lease_from, lease_until, in_doubt)
                VALUES ($1, $2, $3, {now} - {leeway}, {now} + $4, TRUE)
                {conflict} holder = excluded.holder, lease_from = excluded.lease_from,
                    lease_until = excluded.lease_until,
                    was_interrupted = kept.in_doubt, in_doubt = TRUE
                WHERE {is_held} IS NOT TRUE
                RETURNING was_interrupted"#
            ),
            // Without a word of the holder's, the doubt is what it was before.
            release: format!(
                r#"UPDATE "{table}" SET holder = NULL, lease_from = NULL, lease_until = NULL,
                    in_doubt = COALESCE($4, was_interrupted)
                WHERE {key} AND holder = $3"#
            ),
            sweep: format!(
                r#"DELETE FROM "{table}"
                WHERE {key} AND token IS NULL AND holder IS NULL AND NOT in_doubt"#
            ),
            table: table.to_owned(),
        })
    }
}

/// One that no quoting and no database makes another one of.
fn is_name(table: &str) -> bool {
    let is_good = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    (1..=63).contains(&table.len())
        && table.bytes().all(is_good)
        && !table.starts_with(|first: char| first.is_ascii_digit())
}

/// What the database says in time.
pub(super) async fn answer<T>(
    answer: impl Future<Output = std::result::Result<T, sqlx::Error>>,
) -> Result<T> {
    in_time(async { answer.await.map_err(|error| failed(&error)) }).await
}

/// A connection that goes back to its pool once it has answered. Who is not waited for any more, or
/// whose connection broke, would keep its place there until an answer comes that may never come:
/// such a connection is closed.
pub(super) struct Taken<DB: Database> {
    connection: PoolConnection<DB>,
    is_to_be_closed: bool,
}

impl<DB: Database> Taken<DB> {
    /// One to another machine, if `is_remote`. A file answers sooner or later, and what has no file
    /// is gone with its connection.
    pub(super) async fn of(pool: &Pool<DB>, is_remote: bool) -> sqlx::Result<Self> {
        Ok(Self { connection: pool.acquire().await?, is_to_be_closed: is_remote })
    }

    pub(super) fn connection(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }

    /// Passes on what it answered.
    pub(super) fn answered<T>(mut self, answer: sqlx::Result<T>) -> sqlx::Result<T> {
        if matches!(answer, Ok(_) | Err(sqlx::Error::Database(_))) {
            self.is_to_be_closed = false;
        }
        answer
    }
}

impl<DB: Database> Drop for Taken<DB> {
    fn drop(&mut self) {
        if self.is_to_be_closed {
            self.connection.close_on_drop();
        }
    }
}

/// What `query` gives when it is run by `method`, in time. Never `fetch_optional`: that stops at
/// the first row, before SQLite has written anything, and keeps an error of that to itself.
macro_rules! ask {
    ($store:ident, $query:ident.$method:ident()) => {
        sql::answer(async {
            let mut taken = sql::Taken::of(&$store.pool, Self::IS_REMOTE).await?;
            let answer = $query.$method(taken.connection()).await;
            taken.answered(answer)
        })
        .await
    };
}
pub(super) use ask;

/// An error of the database, without its details: they may be the values of a row.
pub(super) fn failed(error: &sqlx::Error) -> hallpass_core::Error {
    match error {
        sqlx::Error::Configuration(_) | sqlx::Error::Tls(_) => refused(error.to_string()),
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            let said = format!("{} ({code})", error.message());
            // PostgreSQL, appendix A: authorization, no such database, no privilege or table. The
            // codes of SQLite are shorter.
            let is_final =
                code.len() == 5 && ["28", "3D", "42"].iter().any(|it| code.starts_with(it));
            // Lost connections, an operator's intervention, "completion unknown": that may be a
            // pooler's word that lost its server. Whoever else says no has undone the statement.
            let is_in_doubt = code == "40003"
                || (code.len() == 5 && ["08", "57"].iter().any(|it| code.starts_with(it)));
            match (is_final, is_in_doubt) {
                (true, _) => refused(said),
                (_, true) => away(said),
                (_, false) => said_no(said),
            }
        }
        // Nothing was sent.
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => said_no(error.to_string()),
        _ => away(error.to_string()),
    }
}

/// A [`TokenStore`](crate::TokenStore) of `pool`, `sql`, `at_rest`, `owed` and `IS_REMOTE`. A
/// macro, since what sqlx asks of a type that stands for any database is longer than this.
macro_rules! token_store {
    ($store:ty) => {
        #[async_trait::async_trait]
        impl crate::TokenStore for $store {
            async fn load(&self, key: &TokenKey) -> Result<Option<Entry>> {
                let row = sqlx::query_as::<_, (String, i64)>(&self.sql.load)
                    .bind(key.user())
                    .bind(key.provider());
                let rows = sql::ask!(self, row.fetch_all())?;
                let Some((stored, version)) = rows.into_iter().next() else { return Ok(None) };
                let stored = Secret::new(stored);
                let token = self.at_rest.open(key, stored.expose())?;
                Ok(Some(Entry::new(token, Version::from_stored(version))))
            }

            async fn compare_and_swap(
                &self,
                key: &TokenKey,
                expected: Option<Version>,
                token: &Secret,
            ) -> Result<Option<Version>> {
                let stored = self.at_rest.seal(key, token)?;
                let version = Version::random();
                let sql = if expected.is_some() { &self.sql.update } else { &self.sql.insert };
                let mut write = sqlx::query(sql)
                    .bind(key.user())
                    .bind(key.provider())
                    .bind(stored.expose())
                    .bind(version.get());
                if let Some(expected) = expected {
                    write = write.bind(expected.get());
                }
                let written = sql::ask!(self, write.execute())?;
                Ok((written.rows_affected() == 1).then_some(version))
            }

            async fn delete(&self, key: &TokenKey) -> Result<()> {
                self.on_key(&self.sql.forget, key).await?;
                self.on_key(&self.sql.sweep, key).await
            }

            async fn lease(&self, key: &TokenKey, length: Duration) -> Result<Option<Lease>> {
                let holder = Version::random().get();
                let lease = sqlx::query_scalar::<_, bool>(&self.sql.lease)
                    .bind(key.user())
                    .bind(key.provider())
                    .bind(holder)
                    .bind(distant::millis(length));
                let taken = sql::ask!(self, lease.fetch_all());
                if let Err(error) = &taken {
                    let (store, key) = (self.clone(), key.clone());
                    let give_back = move || {
                        let (store, key) = (store.clone(), key.clone());
                        async move { store.give_back(&key, holder, None).await }
                    };
                    distant::unheard(&self.owed, error, length, give_back).await;
                }
                let was_interrupted = taken?.into_iter().next();
                Ok(was_interrupted.map(|it| Lease::new(key.clone(), holder, it)))
            }

            async fn release(&self, lease: Lease, is_in_doubt: bool) -> Result<()> {
                self.give_back(lease.key(), lease.holder(), Some(is_in_doubt)).await
            }
        }

        impl $store {
            async fn on_key(&self, sql: &str, key: &TokenKey) -> Result<()> {
                let done = sqlx::query(sql).bind(key.user()).bind(key.provider());
                sql::ask!(self, done.execute()).map(drop)
            }

            /// With nothing said of a doubt, it is what it was before the lease.
            async fn give_back(
                &self,
                key: &TokenKey,
                holder: i64,
                is_in_doubt: Option<bool>,
            ) -> Result<()> {
                let release = sqlx::query(&self.sql.release)
                    .bind(key.user())
                    .bind(key.provider())
                    .bind(holder)
                    .bind(is_in_doubt);
                let released = sql::ask!(self, release.execute())?;
                if released.rows_affected() == 1 && is_in_doubt != Some(true) {
                    self.on_key(&self.sql.sweep, key).await?;
                }
                Ok(())
            }
        }

        /// Not where it is: that has a password in it.
        impl std::fmt::Debug for $store {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($store))
                    .field("table", &self.sql.table)
                    .field("at_rest", &self.at_rest)
                    .finish_non_exhaustive()
            }
        }
    };
}
pub(super) use token_store;

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, error::Error as StdError, fmt, io};

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::failed;
    use crate::store::distant::tests::check_doubt;

    /// A database that says this code.
    #[derive(Debug)]
    struct Says(&'static str);

    impl fmt::Display for Says {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl StdError for Says {}

    impl DatabaseError for Says {
        fn message(&self) -> &str {
            "no"
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    #[test]
    fn a_database_that_says_no_leaves_no_lease_in_doubt() {
        let said = |code| failed(&sqlx::Error::Database(Box::new(Says(code))));
        // PostgreSQL: read only, disk full, deadlock. SQLite: busy, readonly, full.
        for code in ["25006", "53100", "40P01", "5", "8", "13"] {
            check_doubt(&said(code), false);
        }
        for code in ["08P01", "57P01", "40003"] {
            check_doubt(&said(code), true);
        }
        check_doubt(&failed(&sqlx::Error::Io(io::ErrorKind::BrokenPipe.into())), true);
        check_doubt(&failed(&sqlx::Error::PoolTimedOut), false);
    }
}
