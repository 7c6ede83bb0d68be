use std::{collections::HashMap, fmt, sync::Arc};

use ::redis::cmd;
use async_trait::async_trait;
use hallpass_core::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_sessions::{
    SessionStore,
    cookie::time::OffsetDateTime,
    session::{Id, Record},
    session_store,
};

pub(crate) use self::link::Link;
use crate::Sessions;

mod link;

/// How often another id is tried, of which 2^128 are free.
const TRIES: usize = 8;

impl Sessions {
    /// In Redis, for all processes of all machines. Feature `redis`.
    ///
    /// `url` is `redis://user:password@host:6379/0`, or `redis+unix:///path`; `rediss://` is there
    /// if the application turns on a feature of the redis crate (`tokio-rustls-comp` or
    /// `tokio-native-tls-comp`). One connection, which is made anew when it breaks, and when an
    /// answer takes longer than 5 s.
    ///
    /// A session is a text under `hallpass:session:` and its id, which Redis itself deletes when it
    /// is over. What Redis loses is lost: to keep sessions, and the end of one, through a crash
    /// takes `appendonly yes`. Where there is a limit, `maxmemory-policy noeviction`, or
    /// `volatile-ttl`, which drops what ends first. With
    /// [`backchannel_logout`](crate::SignIn::backchannel_logout) it is `noeviction`: what is kept of
    /// logouts, and of each login at a provider that is at many hosts, is there for longer than any
    /// session, so that `volatile-ttl` would drop the sessions first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `sessions`: the URL or the password
    /// is wrong. [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `sessions`: no answer
    /// in 10 s, or it still reads then what it kept.
    pub async fn redis(url: &str) -> Result<Self> {
        let link = Arc::new(Link::open(url).await?);
        Ok(Self::elsewhere("in Redis", RedisStore { link }))
    }
}

/// Ours, since the one that is published (tower-sessions-redis-store) stands on `fred`: a second
/// client of Redis beside that of the tokens.
struct RedisStore {
    link: Arc<Link>,
}

/// What is kept of a session; its id is in the key. Milliseconds since 1970.
#[derive(Serialize, Deserialize)]
struct Kept {
    data: HashMap<String, Value>,
    expires_at: i64,
}

impl RedisStore {
    /// Writes it if `only` says so (`NX`, `XX`): whether it is written. How long it lasts is said
    /// and not until when, since the server's clock may be another.
    async fn set(&self, record: &Record, only: &str) -> session_store::Result<bool> {
        let left = (record.expiry_date - OffsetDateTime::now_utc()).whole_milliseconds();
        // Nothing lasts for no time at all.
        let left = i64::try_from(left.max(1)).unwrap_or(i64::MAX >> 1);
        let expires_at = record.expiry_date.unix_timestamp_nanos() / 1_000_000;
        let expires_at = i64::try_from(expires_at).unwrap_or(i64::MAX);
        let kept = Kept { data: record.data.clone(), expires_at };
        let text = serde_json::to_string(&kept)
            .map_err(|error| session_store::Error::Encode(error.to_string()))?;
        let mut set = cmd("SET");
        set.arg(key(&record.id)).arg(text).arg("PX").arg(left).arg(only);
        let written: Option<String> = self.link.ask(&set).await?;
        Ok(written.is_some())
    }
}

fn key(id: &Id) -> String {
    format!("hallpass:session:{id}")
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        for _ in 0..TRIES {
            if self.set(record, "NX").await? {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(session_store::Error::Backend("there is no free id".to_owned()))
    }

    /// What was deleted in between stays deleted.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        self.set(record, "XX").await.map(drop)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let mut get = cmd("GET");
        get.arg(key(id));
        let text: Option<Vec<u8>> = self.link.ask(&get).await?;
        let Some(text) = text else { return Ok(None) };
        let decode = |error: String| session_store::Error::Decode(error);
        // Its place alone: the error may repeat what it is about.
        let kept: Kept = serde_json::from_slice(&text)
            .map_err(|error| decode(format!("no session, at byte {}", error.column())))?;
        let nanos = i128::from(kept.expires_at) * 1_000_000;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .map_err(|error| decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data: kept.data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let mut del = cmd("DEL");
        del.arg(key(id));
        self.link.ask::<i64>(&del).await.map(drop)
    }
}

/// Not where it is: that has a password in it.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisStore")
    }
}
