//! The stores of tower-sessions-sqlx-store, which keep a row for each session: opened as the stores
//! of tokens are, asked in time, and swept.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use hallpass_core::Error;
use tokio::{task::AbortHandle, time};
use tower_sessions::{
    ExpiredDeletion, SessionStore,
    session::{Id, Record},
    session_store::Result,
};

use crate::sessions::distant::{answered, away, unusable};

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

/// How often rows are deleted that are over.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// A sweep that takes longer is given up until the next one.
const SWEEP_LIMIT: Duration = Duration::from_secs(60);

/// A store with a task that deletes what is over; it ends with the last of these.
struct Swept<S> {
    store: S,
    _sweeping: Arc<Ending>,
}

struct Ending(AbortHandle);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<S: ExpiredDeletion + Clone> Swept<S> {
    fn new(store: S) -> Self {
        let swept = store.clone();
        let task = tokio::spawn(async move {
            let mut times = time::interval(SWEEP_EVERY);
            times.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
            loop {
                times.tick().await;
                match time::timeout(SWEEP_LIMIT, swept.delete_expired()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::warn!(%error, "sessions that are over stay"),
                    Err(_) => tracing::warn!("sessions that are over stay: no answer in 60 s"),
                }
            }
        });
        Self { store, _sweeping: Arc::new(Ending(task.abort_handle())) }
    }
}

#[async_trait]
impl<S: SessionStore> SessionStore for Swept<S> {
    async fn create(&self, record: &mut Record) -> Result<()> {
        answered(self.store.create(record)).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        answered(self.store.save(record)).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        answered(self.store.load(id)).await
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        answered(self.store.delete(id)).await
    }
}

/// Not the pool, which knows a password.
impl<S> fmt::Debug for Swept<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Swept")
    }
}

/// An error of the database, without its details.
fn failed(error: &sqlx::Error) -> Error {
    match error {
        sqlx::Error::Configuration(_) | sqlx::Error::Tls(_) => unusable(error.to_string()),
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            let said = format!("{} ({code})", error.message());
            // PostgreSQL, appendix A: authorization, no such database, no privilege or table. The
            // codes of SQLite are shorter.
            let is_final =
                code.len() == 5 && ["28", "3D", "42"].iter().any(|it| code.starts_with(it));
            if is_final { unusable(said) } else { away(said) }
        }
        _ => away(error.to_string()),
    }
}
