use std::{fmt, sync::Arc, time::Duration};

use ::redis::{
    Client, Cmd, ErrorKind, IntoConnectionInfo as _, RedisError, RedisResult, Script,
    ServerErrorKind,
    aio::{ConnectionManager, ConnectionManagerConfig},
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};
use arc_swap::ArcSwap;
use async_trait::async_trait;
use hallpass_core::{Error, Result, Secret};

use crate::{
    AtRest, Entry, Lease, TokenKey, TokenStore, Version,
    owed::Owed,
    store::distant::{CLOCK_LEEWAY, PATIENCE, away, in_time, millis, refused, said_no, unheard},
};

/// Tokens in Redis, for all processes of all machines. Leases go by the server's clock.
///
/// A call waits for 10 s at most; one for a lease that failed takes up to 2 s more, to give it back
/// where it was taken nevertheless, and goes on with that afterwards. Needs Redis 5 or newer, or
/// what speaks its protocol and runs Lua scripts.
///
/// What Redis loses is lost, and a renewed token of a provider that rotates them with it: the user
/// signs in again. To keep tokens and leases through a crash takes `appendonly yes` and
/// `appendfsync always` (the default, `everysec`, loses the last second), and `maxmemory-policy
/// noeviction` where there is a limit. Replication is asynchronous: a failover to a replica can
/// lose tokens and leases that were written just before.
///
/// There is one hash for each key, named `hallpass:` (see [`with_prefix`](Self::with_prefix)), the
/// length of the user in bytes, `:`, the user, `:` and the provider; none has an expiry, since what
/// a lease says of an interruption has none.
///
/// # TLS
///
/// `rediss://` is there if the application turns on a feature of the redis crate: `redis = {
/// version = "1", default-features = false, features = ["tokio-rustls-comp"] }` (or
/// `tokio-native-tls-comp`). Without, it is refused.
#[derive(Clone)]
pub struct RedisStore {
    link: Arc<Link>,
    prefix: String,
    at_rest: AtRest,
    scripts: Scripts,
    owed: Owed,
}

/// The way to the server.
struct Link {
    manager: ArcSwap<ConnectionManager>,
    /// How to make another one, if it is ours to make.
    anew: Option<(Client, ConnectionManagerConfig)>,
}

impl Link {
    /// A manager sees a connection that broke, and none that went silent: what is sent on that is
    /// answered never, until the system gives it up after many minutes. So after one answer that
    /// did not come, the next call goes over a new one.
    fn replace(&self, silent: &Arc<ConnectionManager>) {
        let Some((client, config)) = self.anew.clone() else { return };
        if let Ok(manager) = ConnectionManager::new_lazy_with_config(client, config) {
            // Of many that were not answered, one does it.
            self.manager.compare_and_swap(silent, Arc::new(manager));
        }
    }
}

/// Each is one step: Redis runs nothing in between.
#[derive(Clone)]
struct Scripts {
    swap: Script,
    lease: Script,
    release: Script,
}

/// Milliseconds. Lua's own way from number to text keeps 14 digits, and says large ones with `e`.
const NOW: &str = "
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local function is_held()
        local begins = redis.call('HGET', KEYS[1], 'from')
        local ends = redis.call('HGET', KEYS[1], 'until')
        return begins and ends and tonumber(begins) <= now and now < tonumber(ends)
    end";

/// Expected version or nothing, new version, token. A write while nobody holds the lease ends the
/// doubt.
const SWAP: &str = "
    if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[1], 'version', ARGV[2], 'token', ARGV[3])
    if not is_held() then redis.call('HDEL', KEYS[1], 'holder', 'from', 'until', 'doubt') end
    return 1";

/// Holder, milliseconds, and how much later than now it may begin: a clock that was set back would
/// hold it for as long. There is a doubt until the holder says that there is none; whether there
/// was one before is its value.
const LEASE: &str = "
    if is_held() then return false end
    local doubt = redis.call('HEXISTS', KEYS[1], 'doubt')
    local begins = string.format('%.0f', now - ARGV[3])
    local ends = string.format('%.0f', now + ARGV[2])
    redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'from', begins, 'until', ends, 'doubt', doubt)
    return doubt";

/// Holder, whether there is a doubt; empty, there is one if there was one before. A hash without
/// fields is gone.
const RELEASE: &str = "
    if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
    local doubt = ARGV[2]
    if doubt == '' then doubt = redis.call('HGET', KEYS[1], 'doubt') end
    redis.call('HDEL', KEYS[1], 'holder', 'from', 'until')
    if doubt ~= '1' then redis.call('HDEL', KEYS[1], 'doubt') end
    return 1";

/// For one answer; shorter than all of a call, so that its connection is known to be silent.
const ANSWER: Duration = Duration::from_secs(5);

impl RedisStore {
    /// The server at `url`: `redis://user:password@host:6379/0`, or `redis+unix:///path`. One
    /// connection, which is made anew when it breaks, and when an answer takes longer than 5 s.
    ///
    /// A server that was just started and still reads what it kept (`LOADING`) is connected to, and
    /// each call fails with `Transport` until it has read it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `store`: the URL or the password is
    /// wrong. [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `store`: no answer in 10
    /// s.
    pub async fn connect(url: &str, at_rest: AtRest) -> Result<Self> {
        let info = url.into_connection_info().map_err(|error| failed(&error))?;
        let client = Client::open(info.set_tcp_settings(tcp())).map_err(|error| failed(&error))?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(2)
            .set_connection_timeout(Some(PATIENCE / 4))
            .set_response_timeout(Some(ANSWER));
        let connecting = ConnectionManager::new_with_config(client.clone(), config.clone());
        let manager = in_time(async { connecting.await.map_err(|error| failed(&error)) }).await?;
        Ok(Self::over(manager, Some((client, config)), at_rest))
    }

    /// Over a connection that the application has.
    ///
    /// A manager makes a connection anew that broke, and none that went silent, as when a firewall
    /// forgot it: then each call fails, for as long as the system waits. So set, on the
    /// application's client, TCP's keepalive and user timeout (`ConnectionInfo::set_tcp_settings`),
    /// and on the manager a response timeout of less than 10 s.
    #[must_use]
    pub fn from_manager(connection: ConnectionManager, at_rest: AtRest) -> Self {
        Self::over(connection, None, at_rest)
    }

    fn over(
        manager: ConnectionManager,
        anew: Option<(Client, ConnectionManagerConfig)>,
        at_rest: AtRest,
    ) -> Self {
        let link = Arc::new(Link { manager: ArcSwap::from_pointee(manager), anew });
        let script = |code| Script::new(&format!("{NOW}{code}"));
        let scripts =
            Scripts { swap: script(SWAP), lease: script(LEASE), release: script(RELEASE) };
        Self { link, prefix: "hallpass".to_owned(), at_rest, scripts, owed: Owed::default() }
    }

    /// Where one server is shared: `prefix` begins the name of each key, in place of `hallpass`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `store`: it is empty, or has anything
    /// but letters, digits, `_`, `-` and `.` in it.
    pub fn with_prefix(mut self, prefix: &str) -> Result<Self> {
        // Without a colon, the keys of two prefixes are never the same.
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if prefix.is_empty() || !prefix.bytes().all(is_good) {
            return Err(refused("a prefix is made of letters, digits, `_`, `-` and `.`"));
        }
        prefix.clone_into(&mut self.prefix);
        Ok(self)
    }

    /// No two users and providers make the same one: the length says where the user ends.
    fn name(&self, key: &TokenKey) -> String {
        let (user, provider) = (key.user(), key.provider());
        format!("{}:{}:{user}:{provider}", self.prefix, user.len())
    }

    fn connection(&self) -> Arc<ConnectionManager> {
        self.link.manager.load_full()
    }

    /// What the server says in time, over the connection `used`.
    async fn answer<T>(
        &self,
        used: &Arc<ConnectionManager>,
        answer: impl Future<Output = RedisResult<T>>,
    ) -> Result<T> {
        let mut is_silent = true;
        let answer = in_time(async {
            let answer = answer.await;
            is_silent = answer.as_ref().is_err_and(RedisError::is_timeout);
            answer.map_err(|error| failed(&error))
        });
        let answer = answer.await;
        if is_silent {
            self.link.replace(used);
        }
        answer
    }

    /// With nothing said of a doubt, it is what it was before the lease.
    async fn give_back(
        &self,
        key: &TokenKey,
        holder: i64,
        is_in_doubt: Option<bool>,
    ) -> Result<()> {
        let mut release = self.scripts.release.key(self.name(key));
        let doubt = is_in_doubt.map(|it| i64::from(it).to_string()).unwrap_or_default();
        release.arg(holder).arg(doubt);
        let used = self.connection();
        self.answer(&used, release.invoke_async(&mut ConnectionManager::clone(&used))).await
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

#[async_trait]
impl TokenStore for RedisStore {
    async fn load(&self, key: &TokenKey) -> Result<Option<Entry>> {
        let mut get = Cmd::new();
        get.arg("HMGET").arg(self.name(key)).arg("token").arg("version");
        let used = self.connection();
        let kept: (Option<String>, Option<i64>) =
            self.answer(&used, get.query_async(&mut ConnectionManager::clone(&used))).await?;
        let (Some(stored), Some(version)) = kept else { return Ok(None) };
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
        let expected = expected.map(|it| it.get().to_string()).unwrap_or_default();
        let mut swap = self.scripts.swap.key(self.name(key));
        swap.arg(expected).arg(version.get()).arg(stored.expose());
        let used = self.connection();
        let is_written: bool =
            self.answer(&used, swap.invoke_async(&mut ConnectionManager::clone(&used))).await?;
        Ok(is_written.then_some(version))
    }

    async fn delete(&self, key: &TokenKey) -> Result<()> {
        let mut forget = Cmd::new();
        forget.arg("HDEL").arg(self.name(key)).arg("token").arg("version");
        let used = self.connection();
        self.answer(&used, forget.query_async(&mut ConnectionManager::clone(&used))).await
    }

    async fn lease(&self, key: &TokenKey, length: Duration) -> Result<Option<Lease>> {
        let holder = Version::random().get();
        let mut lease = self.scripts.lease.key(self.name(key));
        lease.arg(holder).arg(millis(length)).arg(millis(CLOCK_LEEWAY));
        let used = self.connection();
        let taken =
            self.answer(&used, lease.invoke_async(&mut ConnectionManager::clone(&used))).await;
        if let Err(error) = &taken {
            let (store, key) = (self.clone(), key.clone());
            let give_back = move || {
                let (store, key) = (store.clone(), key.clone());
                async move { store.give_back(&key, holder, None).await }
            };
            unheard(&self.owed, error, length, give_back).await;
        }
        let was_interrupted: Option<bool> = taken?;
        Ok(was_interrupted.map(|it| Lease::new(key.clone(), holder, it)))
    }

    async fn release(&self, lease: Lease, is_in_doubt: bool) -> Result<()> {
        self.give_back(lease.key(), lease.holder(), Some(is_in_doubt)).await
    }
}

/// An error of the server or of the way there. Of what the server says, its code alone: a server
/// that does not know a command repeats what it was sent.
fn failed(error: &RedisError) -> Error {
    let said = match error.code() {
        Some(code) => format!("{} ({code})", error.category()),
        None if error.is_io_error() => error.to_string(),
        None => error.category().to_owned(),
    };
    let is_final = match error.kind() {
        ErrorKind::AuthenticationFailed
        | ErrorKind::InvalidClientConfig
        | ErrorKind::Server(ServerErrorKind::NoPerm) => true,
        _ => matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "WRONGTYPE")),
    };
    // A script that ended in an error wrote nothing: each of ours writes last.
    match (is_final, error.code()) {
        (true, _) => refused(said),
        (false, Some(_)) => said_no(said),
        (false, None) => away(said),
    }
}

/// Not where it is: that has a password in it.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.prefix)
            .field("at_rest", &self.at_rest)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use ::redis::make_extension_error;

    use super::*;
    use crate::store::distant::tests::check_doubt;

    #[test]
    fn a_server_that_says_no_leaves_no_lease_in_doubt() {
        let said = |code: &str| failed(&make_extension_error(code.to_owned(), None));
        for code in ["READONLY", "LOADING", "OOM", "MISCONF", "ERR"] {
            check_doubt(&said(code), false);
        }
        check_doubt(&failed(&std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()), true);
        check_doubt(&failed(&(ErrorKind::UnexpectedReturnType, "no such type").into()), true);
    }
}
