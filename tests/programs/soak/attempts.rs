//! Logins on their way, in Redis: both instances know them, and each is used once.

use std::time::Duration;

use async_trait::async_trait;
use hallpass_axum::web::AttemptStore;
use hallpass_core::{Error, Result, Secret};
use redis::{
    Client, Cmd, FromRedisValue, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
    cmd,
};

/// For one answer, and for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct RedisAttempts(ConnectionManager);

impl RedisAttempts {
    pub(crate) async fn connect(url: &str) -> Result<Self> {
        let client = Client::open(url).map_err(away)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(2)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        Ok(Self(ConnectionManager::new_with_config(client, config).await.map_err(away)?))
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T> {
        command.query_async(&mut self.0.clone()).await.map_err(away)
    }
}

#[async_trait]
impl AttemptStore for RedisAttempts {
    async fn put(&self, id: &str, sealed: &Secret, lasting: Duration) -> Result<()> {
        let mut set = cmd("SET");
        set.arg(key(id)).arg(sealed.expose()).arg("PX").arg(lasting.as_millis() as u64);
        self.ask(&set).await
    }

    async fn find(&self, id: &str) -> Result<Option<Secret>> {
        let found: Option<String> = self.ask(cmd("GET").arg(key(id))).await?;
        Ok(found.map(Secret::new))
    }

    async fn take(&self, id: &str) -> Result<Option<Secret>> {
        let taken: Option<String> = self.ask(cmd("GETDEL").arg(key(id))).await?;
        Ok(taken.map(Secret::new))
    }
}

fn key(id: &str) -> String {
    format!("soak:attempt:{id}")
}

fn away(error: RedisError) -> Error {
    Error::transport("Redis does not answer").with_reason("attempt_store").with_source(error)
}

impl std::fmt::Debug for RedisAttempts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisAttempts")
    }
}
