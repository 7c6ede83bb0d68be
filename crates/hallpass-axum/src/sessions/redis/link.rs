//! The way to a server of Redis, for whatever is kept there.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use ::redis::{
    Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo as _, RedisError, RedisResult,
    ServerErrorKind,
    aio::{ConnectionManager, ConnectionManagerConfig},
    cmd,
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};
use hallpass_core::{Error, Result};
use tokio::time;
use tower_sessions::session_store;

use crate::sessions::distant::{PATIENCE, answered, away, opened, unusable};

/// For one answer; shorter than all of a call, so that its connection is known to be silent.
const ANSWER: Duration = Duration::from_secs(5);

/// Until a server that is not ready yet is asked again.
const AGAIN: Duration = Duration::from_millis(50);

/// The way to the server.
pub(crate) struct Link {
    manager: RwLock<Arc<ConnectionManager>>,
    /// To make another one.
    client: Client,
    config: ConnectionManagerConfig,
}

impl Link {
    /// One connection, which is made anew when it breaks, and when an answer takes longer than 5 s.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let info = url.into_connection_info().map_err(|error| failed(&error))?;
        let client = Client::open(info.set_tcp_settings(tcp())).map_err(|error| failed(&error))?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(2)
            .set_connection_timeout(Some(PATIENCE / 4))
            .set_response_timeout(Some(ANSWER));
        let connecting = ConnectionManager::new_with_config(client.clone(), config.clone());
        let manager = async {
            let manager = connecting.await.map_err(|error| failed(&error))?;
            ready(&mut manager.clone()).await.map_err(|error| failed(&error))?;
            Ok(manager)
        };
        let manager = RwLock::new(Arc::new(opened(manager).await?));
        Ok(Self { manager, client, config })
    }

    fn manager(&self) -> Arc<ConnectionManager> {
        Arc::clone(&self.manager.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A manager sees a connection that broke, and none that went silent. So after one answer that
    /// did not come, the next call goes over a new one.
    fn replace(&self, silent: &Arc<ConnectionManager>) {
        let mut manager = self.manager.write().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&manager, silent) {
            return;
        }
        let (client, config) = (self.client.clone(), self.config.clone());
        if let Ok(new) = ConnectionManager::new_lazy_with_config(client, config) {
            *manager = Arc::new(new);
        }
    }

    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> session_store::Result<T> {
        let used = self.manager();
        let mut is_silent = true;
        let answer = answered(async {
            let answer = command.query_async(&mut ConnectionManager::clone(&used)).await;
            is_silent = answer.as_ref().is_err_and(RedisError::is_timeout);
            answer.map_err(|error| session_store::Error::Backend(said(&error)))
        });
        let answer = answer.await;
        if is_silent {
            self.replace(&used);
        }
        answer
    }
}

/// Waits until the server answers what it is asked: after a start it says for a while that it reads
/// what it kept, or, as a replica, that it has not heard of its master. One that wants a password
/// says so at the first command alone.
async fn ready(manager: &mut ConnectionManager) -> RedisResult<()> {
    loop {
        let answer: RedisResult<String> = cmd("PING").query_async(manager).await;
        match answer {
            Err(error) if matches!(error.code(), Some("LOADING" | "MASTERDOWN")) => {
                time::sleep(AGAIN).await;
            }
            answer => return answer.map(drop),
        }
    }
}

/// So that the system itself notices the end of a connection that nobody uses.
fn tcp() -> TcpSettings {
    let settings = TcpSettings::default();
    let keepalive = TcpKeepalive::new().with_time(PATIENCE);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let (settings, keepalive) =
        (settings.set_user_timeout(PATIENCE), keepalive.with_interval(PATIENCE));
    settings.set_keepalive(keepalive)
}

/// Of what the server says, its code alone: a server that does not know a command repeats what it
/// was sent.
fn said(error: &RedisError) -> String {
    match error.code() {
        Some(code) => format!("{} ({code})", error.category()),
        None if error.is_io_error() => error.to_string(),
        None => error.category().to_owned(),
    }
}

fn failed(error: &RedisError) -> Error {
    let is_final = match error.kind() {
        ErrorKind::AuthenticationFailed
        | ErrorKind::InvalidClientConfig
        | ErrorKind::Server(ServerErrorKind::NoPerm) => true,
        _ => matches!(error.code(), Some("NOAUTH" | "WRONGPASS")),
    };
    if is_final { unusable(said(error)) } else { away(said(error)) }
}

/// Not where it is: that has a password in it.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, BufRead as _, BufReader, Write as _},
        net::TcpListener,
        thread,
    };

    use super::*;

    /// A server that answers `PING` so, one after another, until it has no more answers; all else
    /// is fine with it.
    fn server(answers: Vec<&'static str>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        thread::spawn(move || serve(&listener, &answers));
        url
    }

    fn serve(listener: &TcpListener, answers: &[&str]) -> io::Result<()> {
        let (stream, _) = listener.accept()?;
        let mut answers = answers.iter();
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        // A command is `*` and a number, and so many texts, each after a line with its length.
        while let Some(head) = lines.next().transpose()? {
            let count: usize = head[1..].parse().unwrap();
            let words: Vec<_> = lines.by_ref().take(2 * count).collect::<io::Result<_>>()?;
            let answer = match &*words[1] {
                "PING" => answers.next(),
                _ => Some(&"+OK"),
            };
            let Some(answer) = answer else { break };
            (&stream).write_all(format!("{answer}\r\n").as_bytes())?;
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_server_that_still_reads_what_it_kept_is_waited_for() {
        let url = server(vec!["-LOADING it reads", "-LOADING it reads", "-MASTERDOWN", "+PONG"]);
        Link::open(&url).await.unwrap();
    }

    #[tokio::test]
    async fn a_server_that_says_no_is_not_waited_for() {
        for (answer, kind) in [
            ("-NOAUTH Authentication required.", hallpass_core::ErrorKind::Config),
            ("-MISCONF planted", hallpass_core::ErrorKind::Transport),
        ] {
            let url = server(vec![answer, "+PONG"]);
            let Err(error) = Link::open(&url).await else { panic!("{answer}") };
            assert_eq!((error.kind(), error.reason()), (kind, Some("sessions")), "{answer}");
            assert!(!format!("{error:?}").contains("planted"), "{error:?}");
        }
    }
}
