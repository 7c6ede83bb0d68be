use std::{
    fs::OpenOptions,
    path::{Path, absolute},
    time::Duration,
};

use hallpass_core::Result;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use tower_sessions_sqlx_store::SqliteStore;

use super::{Swept, failed};
use crate::{
    Sessions,
    sessions::distant::{PATIENCE, opened, unusable},
};

/// For a lock that another process has on the file; shorter than all of a call.
const BUSY: Duration = Duration::from_secs(8);

const TABLE: &str = "hallpass_sessions";

impl Sessions {
    /// In an SQLite file, for all processes of one machine: sessions outlive a restart. Feature
    /// `sqlite`.
    ///
    /// The file is made if it is missing: readable for its owner alone (on Unix), with a
    /// write-ahead log beside it (`-wal`, `-shm`) and the table `hallpass_sessions`. A file that
    /// exists keeps its permissions, and may be that of the tokens. Four connections at most; what
    /// is over is deleted every 10 minutes, as long as the application lives. Whoever reads the
    /// file has the sessions in it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `sessions`: the file cannot be made.
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `sessions`: it is no database, or
    /// another process does not let go of it.
    pub async fn sqlite(path: impl AsRef<Path>) -> Result<Self> {
        // Absolute, since SQLite takes some names for something else (`:memory:`).
        let path = absolute(path.as_ref()).map_err(|error| unusable(error.to_string()))?;
        create(&path).map_err(|error| unusable(error.to_string()))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY)
            // A logout is there after a power failure, too.
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(PATIENCE);
        let pool = pool.connect_lazy_with(options);
        let store = SqliteStore::new(pool.clone()).with_table_name(TABLE).map_err(unusable)?;
        let making = async {
            // Readers and one writer at the same time. The file remembers it.
            sqlx::query("PRAGMA journal_mode = WAL").execute(&pool).await?;
            store.migrate().await
        };
        opened(async { making.await.map_err(|error| failed(&error)) }).await?;
        Ok(Self::elsewhere("in SQLite", Swept::new(store)))
    }
}

/// An empty file is an empty database. SQLite gives the files beside it the same permissions.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
