use std::{fmt, time::Duration};

use ::redis::cmd;
use async_trait::async_trait;
use hallpass_core::{Error, Result, Secret};
use hallpass_web::AttemptStore;
use tower_sessions::session_store;

use crate::sessions::Link;

/// Logins on their way, in Redis 6.2 or newer, for all processes of an application: for
/// [`SignIn::attempt_store`](crate::SignIn::attempt_store), which says who needs one. Feature `redis`.
///
/// Each is a sealed text under `hallpass:attempt:` and its id, which Redis itself deletes after an
/// hour. A call waits for 10 s at most. Anybody can begin logins: a limit on how often one address
/// may belongs in front of `/login/{provider}`.
pub struct RedisAttempts {
    link: Link,
}

impl RedisAttempts {
    /// At a `url` as of [`Sessions::redis`](crate::Sessions::redis), over a connection of its own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `attempt_store`: the URL or the password
    /// is wrong. [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `attempt_store`: no
    /// answer in 10 s, or it still reads then what it kept.
    pub async fn connect(url: &str) -> Result<Self> {
        let link = Link::open(url).await.map_err(|error| {
            let message = "the store of the logins cannot be used, or does not answer";
            Error::new(error.kind(), message).with_reason("attempt_store").with_source(error)
        })?;
        Ok(Self { link })
    }
}

fn key(id: &str) -> String {
    format!("hallpass:attempt:{id}")
}

/// What was sealed is text; anything else is no login of ours.
fn sealed(found: Vec<u8>) -> Option<Secret> {
    String::from_utf8(found).ok().map(Secret::new)
}

fn failed(error: session_store::Error) -> Error {
    Error::transport("the store of the logins does not answer").with_source(error)
}

#[async_trait]
impl AttemptStore for RedisAttempts {
    async fn put(&self, id: &str, sealed: &Secret, lasting: Duration) -> Result<()> {
        let lasting = u64::try_from(lasting.as_millis()).unwrap_or(u64::MAX >> 1).max(1);
        let mut set = cmd("SET");
        set.arg(key(id)).arg(sealed.expose()).arg("PX").arg(lasting);
        self.link.ask::<String>(&set).await.map(drop).map_err(failed)
    }

    async fn find(&self, id: &str) -> Result<Option<Secret>> {
        let mut get = cmd("GET");
        get.arg(key(id));
        Ok(self.link.ask::<Option<Vec<u8>>>(&get).await.map_err(failed)?.and_then(sealed))
    }

    async fn take(&self, id: &str) -> Result<Option<Secret>> {
        let mut take = cmd("GETDEL");
        take.arg(key(id));
        Ok(self.link.ask::<Option<Vec<u8>>>(&take).await.map_err(failed)?.and_then(sealed))
    }
}

/// Not where it is: that has a password in it.
impl fmt::Debug for RedisAttempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisAttempts")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_no_login_of_ours() {
        assert!(sealed(b"hps1.\xff".to_vec()).is_none());
        assert_eq!(sealed(b"hps1.a".to_vec()).unwrap().expose(), "hps1.a");
    }

    #[tokio::test]
    async fn a_redis_that_is_not_there_is_an_error_that_repeats_no_password() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = nobody.local_addr().unwrap();
        drop(nobody);
        for url in [format!("redis://:planted@{address}"), "redis://[planted".to_owned()] {
            let error = RedisAttempts::connect(&url).await.unwrap_err();
            assert_eq!(error.reason(), Some("attempt_store"), "{error}");
            assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
        }
    }
}
