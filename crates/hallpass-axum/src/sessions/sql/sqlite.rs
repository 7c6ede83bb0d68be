use std::path::Path;

use hallpass_core::Result;
use hallpass_session::SqliteStore as TokenStore;
use tower_sessions_sqlx_store::SqliteStore;

use super::{Swept, failed};
use crate::{Sessions, sessions::distant::opened};

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
        let opening = async {
            let pool = TokenStore::pool(path).await?;
            // The only error is a bad name.
            let store = SqliteStore::new(pool);
            let store = store.with_table_name(TABLE).map_err(sqlx::Error::Protocol)?;
            store.migrate().await?;
            Ok(store)
        };
        let store = opened(async { opening.await.map_err(|error| failed(&error)) }).await?;
        Ok(Self::elsewhere("in SQLite", Swept::new(store)))
    }
}
