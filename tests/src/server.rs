//! Servers that nobody on this project wrote, as child processes.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::Failure;
use crate::registered::Registered;
use crate::tail::Tail;
use crate::user::User;

/// A running server; dropping it ends the process. It ends with the process of the tests too,
/// so that one in a `static`, which is never dropped, is not left behind.
#[derive(Debug)]
pub struct RealServer {
    child: Child,
    stderr: Tail,
    ready: Value,
}

impl RealServer {
    /// Installs the server if it is missing, starts it, and waits until it is ready: 600 s at
    /// most, and it blocks the thread. `servers/README.md` lists names and options.
    ///
    /// # Errors
    ///
    /// If the server is not ready in time. The message has the end of what it complained with.
    pub fn start(name: &str, options: &[&str]) -> Result<Self, Failure> {
        let mut command = Command::new("bash");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/servers/serve.sh"));
        command.arg(name).args(options).arg("--stop-at-eof");
        Self::run(command, START_LIMIT).map_err(Failure::of(format_args!("server {name}")))
    }

    fn run(mut command: Command, limit: Duration) -> Result<Self, Failure> {
        // Its stdin stays open for as long as `child` lives.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Failure::of("cannot be run"))?;
        let stderr = child.stderr.take().map(Tail::of).unwrap_or_default();
        let line = child.stdout.take().map(first_line);
        let mut server = Self { child, stderr, ready: Value::Null };
        let line = line.and_then(|line| line.recv_timeout(limit).ok());
        match line.as_deref().map(ready) {
            Some(Ok(ready)) => {
                #[cfg(hallpass_watch_secrets)]
                watch_password(&ready);
                server.ready = ready;
            }
            Some(Err(failure)) => return Err(server.give_up(&failure.to_string())),
            None => return Err(server.give_up(&format!("is not ready after {limit:?}"))),
        }
        Ok(server)
    }

    fn give_up(mut self, why: &str) -> Failure {
        self.stop();
        let complaints = self.stderr.text_within(Duration::from_secs(1));
        Failure::new(format!("{why}; it complained:\n{complaints}"))
    }

    fn stop(&mut self) {
        // Neither fails but for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// What the server said when it was ready.
    #[must_use]
    pub fn ready(&self) -> &Value {
        &self.ready
    }

    /// The name it was started by: `oidc-provider`.
    #[must_use]
    pub fn name(&self) -> &str {
        text(&self.ready, "server").unwrap_or_default()
    }

    /// The issuer, which is also the start of every endpoint's address.
    #[must_use]
    pub fn issuer(&self) -> &str {
        text(&self.ready, "issuer").unwrap_or_default()
    }

    /// Where a database is reached, with user and password; empty for any other server.
    #[must_use]
    pub fn url(&self) -> &str {
        text(&self.ready, "url").unwrap_or_default()
    }

    /// The last 4 KiB of what the server complained with until now: why it refused a request.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// A client that the server knows.
    ///
    /// # Errors
    ///
    /// If it knows none of this name.
    pub fn client(&self, id: &str) -> Result<Registered<'_>, Failure> {
        let clients = self.ready["clients"].as_array().map_or(&[][..], Vec::as_slice);
        let found = clients.iter().find(|client| client["client_id"] == id);
        found.map(Registered::new).ok_or_else(|| Failure::new(format!("no client {id:?}")))
    }

    /// Somebody with an account at the server, who knows the password. A server without a list
    /// of users takes whoever comes.
    ///
    /// # Errors
    ///
    /// If the server has a list, and nobody of this name is in it.
    pub fn user(&self, name: &str) -> Result<User, Failure> {
        let Some(users) = self.ready["users"].as_array() else {
            return Ok(User::named(name));
        };
        let found = users.iter().find(|user| user["name"] == name);
        let found = found.ok_or_else(|| Failure::new(format!("no user {name:?}")))?;
        Ok(User::named(name).password(text(found, "password")?))
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Ports of loopback for servers that come back at the same one: free now, each given once to this
/// process, and below those that the system gives to connections, of which one could take the place
/// of a server that is away. `None` if there are not as many.
#[must_use]
pub fn free_ports<const N: usize>() -> Option<[u16; N]> {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    // Two processes at once look in different places.
    let first = std::process::id() * 8;
    let next = || 20_000 + (first + TRIED.fetch_add(1, Ordering::Relaxed)) % 12_000;
    let ports =
        std::iter::repeat_with(next).take(2_000).filter_map(|port| u16::try_from(port).ok());
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    ports.filter(is_free).take(N).collect::<Vec<_>>().try_into().ok()
}

/// `cargo xtask secrets` looks for a database's password.
#[cfg(hallpass_watch_secrets)]
fn watch_password(ready: &Value) {
    let url = text(ready, "url").unwrap_or_default();
    let user = url.split_once("://").and_then(|(_, rest)| rest.split_once('@'));
    if let Some((_, password)) = user.and_then(|(user, _)| user.split_once(':')) {
        drop(hallpass_core::Secret::new(password));
    }
}

/// An installation comes first, if the server was never started here: ours, or somebody else's that
/// is under way.
const START_LIMIT: Duration = Duration::from_secs(600);

pub(crate) fn text<'a>(object: &'a Value, name: &str) -> Result<&'a str, Failure> {
    object[name].as_str().ok_or_else(|| Failure::new(format!("there is no {name}")))
}

/// Empty if the stream ended without one.
fn first_line(stdout: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        // What is not a line is no JSON either, and is refused as such.
        let _ = BufReader::new(stdout).read_line(&mut line);
        let _ = sender.send(line);
    });
    receiver
}

fn ready(line: &str) -> Result<Value, Failure> {
    if line.is_empty() {
        return Err(Failure::new("ended before it was ready"));
    }
    let ready: Value = serde_json::from_str(line).map_err(Failure::of("the ready line"))?;
    // A database has a URL instead.
    text(&ready, "url").or_else(|_| text(&ready, "issuer"))?;
    Ok(ready)
}

// The servers are scripts, which need a shell.
#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_ends_is_a_failure_with_its_complaints() {
        check("echo no such thing >&2; exit 1", "ended before it was ready; it complained:\nno su");
    }

    #[test]
    fn a_server_that_says_nothing_is_given_up() {
        let failure = run("cat", Duration::from_millis(10)).unwrap_err().to_string();
        assert!(failure.starts_with("is not ready after 10ms"), "{failure}");
    }

    #[test]
    fn a_server_that_says_something_else_is_a_failure() {
        check("echo hello; cat", "the ready line: expected value");
        check("echo '{\"control\":\"C\"}'; cat", "there is no issuer");
    }

    #[test]
    fn a_server_knows_its_clients_and_users() {
        let line = r#"{"issuer":"I","clients":[{"client_id":"a"}],
            "users":[{"name":"bob","password":"P"}]}"#;
        let server = run(&format!("echo '{}'; cat", line.replace('\n', "")), LIMIT).unwrap();
        assert_eq!(server.issuer(), "I");
        assert_eq!(server.client("a").unwrap().id().unwrap(), "a");
        assert!(server.client("b").unwrap_err().to_string().contains("\"b\""));
        let bob = format!("{:?}", server.user("bob").unwrap());
        assert!(bob.contains("\"bob\"") && bob.contains("\"P\""), "{bob}");
        assert!(server.user("alice").unwrap_err().to_string().contains("\"alice\""));
    }

    #[test]
    fn a_database_has_a_url_and_no_issuer() {
        let server = run("echo '{\"url\":\"U\"}'; cat", LIMIT).unwrap();
        assert_eq!((server.url(), server.issuer()), ("U", ""));
    }

    #[test]
    fn a_port_is_given_once_and_none_that_is_taken() {
        let [first, second] = free_ports().unwrap();
        assert!((20_000..32_000).contains(&first) && first != second, "{first} {second}");
        let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok();
        let taken: Vec<_> = (second + 1..second + 40).filter_map(bind).collect();
        let [third] = free_ports().unwrap();
        let is_taken = taken.iter().any(|it| it.local_addr().unwrap().port() == third);
        assert!(third != first && third != second && !is_taken, "{third}");
    }

    #[test]
    fn a_server_without_a_list_of_users_takes_anybody() {
        let server = run("echo '{\"issuer\":\"I\"}'; cat", LIMIT).unwrap();
        assert!(server.user("alice").is_ok());
    }

    /// More than it ever takes.
    const LIMIT: Duration = Duration::from_secs(60);

    fn run(script: &str, limit: Duration) -> Result<RealServer, Failure> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        RealServer::run(command, limit)
    }

    #[track_caller]
    fn check(script: &str, want: &str) {
        let failure = run(script, LIMIT).unwrap_err().to_string();
        assert!(failure.starts_with(want), "{failure}");
    }
}
