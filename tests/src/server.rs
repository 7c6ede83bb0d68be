//! Servers that nobody on this project wrote, as child processes.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::Failure;
use crate::http::{self, Method, Request};
use crate::tail::Tail;

/// A running server; dropping it ends the process. It ends with the process of the tests too,
/// so that one in a `static`, which is never dropped, is not left behind.
#[derive(Debug)]
pub struct RealServer {
    child: Child,
    stderr: Tail,
    ready: Value,
}

impl RealServer {
    /// Installs the server if it is missing, starts it, and waits until it is ready: 120 s at
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
            Some(Ok(ready)) => server.ready = ready,
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

    /// The issuer, which is also the start of every endpoint's address.
    #[must_use]
    pub fn issuer(&self) -> &str {
        text(&self.ready, "issuer").unwrap_or_default()
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
        found.map(Registered).ok_or_else(|| Failure::new(format!("no client {id:?}")))
    }

    /// Looks at the server or changes it, through its control URL. `Value::Null` is no body.
    ///
    /// # Errors
    ///
    /// If the server does not know the path, or refuses the body.
    pub async fn control(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, Failure> {
        let url = format!("{}{path}", text(&self.ready, "control")?);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder().method(method).uri(&url).body(body);
        let answer = http::send(request.map_err(Failure::of(&url))?).await?;
        if !answer.status().is_success() {
            return Err(Failure::new(format!("{url}: {}", answer.body())));
        }
        serde_json::from_str(answer.body()).map_err(Failure::of(url))
    }

    /// The requests that the server saw on `path` (`/token`), oldest first.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub async fn requests(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let path = format!("/requests?path={path}");
        match self.control(Method::GET, &path, &Value::Null).await? {
            Value::Array(requests) => Ok(requests),
            other => Err(Failure::new(format!("{path} is {other}"))),
        }
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A client as the server knows it.
#[derive(Debug, Clone, Copy)]
pub struct Registered<'a>(&'a Value);

impl<'a> Registered<'a> {
    /// All of its metadata (RFC 7591), and `private_jwks` and `private_pem` if it has keys.
    #[must_use]
    pub fn metadata(self) -> &'a Value {
        self.0
    }

    /// The client id.
    ///
    /// # Errors
    ///
    /// As [`Registered::secret`].
    pub fn id(self) -> Result<&'a str, Failure> {
        text(self.0, "client_id")
    }

    /// The client secret.
    ///
    /// # Errors
    ///
    /// If the client has none.
    pub fn secret(self) -> Result<&'a str, Failure> {
        text(self.0, "client_secret")
    }

    /// The first of the redirect URIs. Where its host is loopback, a port may be added.
    ///
    /// # Errors
    ///
    /// If the client has none.
    pub fn redirect_uri(self) -> Result<&'a str, Failure> {
        let first = self.0["redirect_uris"][0].as_str();
        first.ok_or_else(|| Failure::new("the client has no redirect URI"))
    }
}

/// An installation comes first, if the server was never started here.
const START_LIMIT: Duration = Duration::from_secs(120);

fn text<'a>(object: &'a Value, name: &str) -> Result<&'a str, Failure> {
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
    text(&ready, "issuer")?;
    text(&ready, "control")?;
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
        check("echo '{\"issuer\":\"http://server.test\"}'; cat", "there is no control");
    }

    #[test]
    fn a_server_knows_its_clients() {
        let line = r#"{"issuer":"I","control":"C","clients":[{"client_id":"a"}]}"#;
        let server = run(&format!("echo '{line}'; cat"), LIMIT).unwrap();
        assert_eq!(server.issuer(), "I");
        assert_eq!(server.client("a").unwrap().id().unwrap(), "a");
        assert!(server.client("b").unwrap_err().to_string().contains("\"b\""));
        assert!(server.client("a").unwrap().secret().is_err());
        assert!(server.client("a").unwrap().redirect_uri().is_err());
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
