//! The process that drives Chromium: one line of JSON for each question, one for each answer.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::Failure;
use crate::tail::Tail;

/// A running driver, and with it one Chromium. Both end with this value, and with the process of
/// the tests.
#[derive(Debug)]
pub(super) struct Driver {
    child: Mutex<Child>,
    stdin: Mutex<Option<ChildStdin>>,
    stderr: Tail,
    waiting: Arc<Mutex<Waiting>>,
    /// Its stdout: the first line, then its end.
    stdout: Mutex<Receiver<String>>,
    count: AtomicU64,
}

/// Who waits for the answer with which number; `None` when there are no answers any more.
type Waiting = Option<HashMap<u64, oneshot::Sender<Value>>>;

/// An installation comes first, if there was none here yet.
const START_LIMIT: Duration = Duration::from_secs(600);

/// Later than the limits that the driver has been told, and that it keeps itself: it knows what it
/// waits for.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);

const END_LIMIT: Duration = Duration::from_secs(30);

impl Driver {
    pub(super) fn start() -> Result<Self, Failure> {
        let mut command = Command::new("bash");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/servers/serve.sh"));
        command.args(["browser", "--stop-at-eof"]);
        Self::run(command, START_LIMIT).map_err(Failure::of("browser"))
    }

    fn run(mut command: Command, limit: Duration) -> Result<Self, Failure> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Failure::of("cannot be run"))?;
        let stderr = child.stderr.take().map(Tail::of).unwrap_or_default();
        let waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let stdin = Mutex::new(child.stdin.take());
        let stdout = child.stdout.take().ok_or_else(|| Failure::new("no stdout"))?;
        let stdout = Mutex::new(listen(stdout, Arc::clone(&waiting)));
        let child = Mutex::new(child);
        let driver = Self { child, stdin, stderr, waiting, stdout, count: AtomicU64::new(0) };
        let ready = locked(&driver.stdout).recv_timeout(limit);
        let is_ready = ready.is_ok_and(|line| line.contains("\"version\""));
        if is_ready { Ok(driver) } else { Err(driver.complaint("is not ready")) }
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask(&self, verb: &str, details: Value) -> Result<Value, Failure> {
        let what = described(verb, &details);
        let (sender, answer) = oneshot::channel();
        let id = self.count.fetch_add(1, Ordering::Relaxed);
        match &mut *locked(&self.waiting) {
            Some(waiting) => waiting.insert(id, sender),
            None => return Err(self.complaint(&what)),
        };
        self.write(id, verb, details);
        let answer = tokio::time::timeout(ANSWER_LIMIT, answer).await;
        match answer.map_err(Failure::of(format_args!("{what}: no answer")))? {
            Ok(answer) => value(&what, answer),
            Err(_) => Err(self.complaint(&what)),
        }
    }

    /// Tells what needs no answer.
    pub(super) fn tell(&self, verb: &str, details: Value) {
        self.write(self.count.fetch_add(1, Ordering::Relaxed), verb, details);
    }

    fn write(&self, id: u64, verb: &str, mut details: Value) {
        details["id"] = id.into();
        details["verb"] = verb.into();
        if let Some(stdin) = &mut *locked(&self.stdin) {
            // If it has ended, there is no answer, which is noticed.
            let _ = stdin.write_all(format!("{details}\n").as_bytes());
        }
    }

    fn complaint(&self, what: &str) -> Failure {
        let complaints = self.stderr.text_within(Duration::from_secs(1));
        Failure::new(format!("{what}: the driver complained:\n{complaints}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The end of its input ends it, and lets it clean up.
        *locked(&self.stdin) = None;
        let stdout = locked(&self.stdout);
        while stdout.recv_timeout(END_LIMIT).is_ok() {}
        let mut child = locked(&self.child);
        if stdout.recv_timeout(Duration::ZERO) != Err(RecvTimeoutError::Disconnected) {
            // It hangs. Chromium ends when the pipe to it does.
            let _ = child.kill();
        }
        let _ = child.wait();
    }
}

/// Passes the first line on, then hands out answers until there are no more.
fn listen(stdout: impl Read + Send + 'static, waiting: Arc<Mutex<Waiting>>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        if let Some(first) = lines.next() {
            // Whoever started it may have given up.
            let _ = sender.send(first);
        }
        for line in lines {
            let answer: Value = serde_json::from_str(&line).unwrap_or_default();
            let id = answer["id"].as_u64();
            let asker = id.and_then(|id| locked(&waiting).as_mut()?.remove(&id));
            // Nobody, if nobody waits for the answer or the asker waited for too long.
            if let Some(asker) = asker {
                let _ = asker.send(answer);
            }
        }
        *locked(&waiting) = None;
        drop(sender);
    });
    receiver
}

fn described(verb: &str, details: &Value) -> String {
    let shown = ["url", "role", "name", "css", "key", "start", "path"].iter();
    let shown = shown.filter_map(|&name| details[name].as_str());
    shown.fold(verb.to_owned(), |what, detail| format!("{what} {detail:?}"))
}

fn value(what: &str, mut answer: Value) -> Result<Value, Failure> {
    match answer["error"].as_str() {
        None => Ok(answer["value"].take()),
        Some(error) => {
            let [url, text] = ["url", "text"].map(|name| answer[name].as_str().unwrap_or(""));
            Err(Failure::new(format!("{what}: {error}\n\nat {url}, which says:\n{text}")))
        }
    }
}

/// For a verb that needs nothing more.
pub(super) fn nothing() -> Value {
    json!({})
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// What stands for the driver is a script, which needs a shell.
#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    const READY: &str = r#"echo '{"version":"1"}'; "#;

    fn run(script: &str) -> Result<Driver, Failure> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Driver::run(command, Duration::from_secs(60))
    }

    #[test]
    fn a_driver_that_does_not_start_is_a_failure_with_its_complaints() {
        let failure = run("echo no such thing >&2; exit 1").unwrap_err().to_string();
        assert!(failure.contains("is not ready") && failure.contains("no such thing"), "{failure}");
        let failure = run("echo hello").unwrap_err().to_string();
        assert!(failure.contains("is not ready"), "{failure}");
    }

    #[tokio::test]
    async fn an_answer_is_a_value_or_a_failure_with_the_page() {
        let script = r#"read line; echo '{"id":1,"value":7}'; echo '{"id":0,"value":[1]}'
            read line; echo '{"id":1,"error":"E","url":"U","text":"T"}'; cat"#;
        let driver = run(&format!("{READY}{script}")).unwrap();
        assert_eq!(driver.ask("responses", nothing()).await.unwrap(), json!([1]));
        let failure = driver.ask("goto", json!({ "url": "http://a" })).await.unwrap_err();
        assert_eq!(failure.to_string(), "goto \"http://a\": E\n\nat U, which says:\nT");
    }

    #[tokio::test]
    async fn a_driver_that_ends_answers_everybody_with_a_failure() {
        let driver = run(&format!("{READY}read line; echo it broke >&2")).unwrap();
        let failure = driver.ask("text", nothing()).await.unwrap_err().to_string();
        assert!(failure.contains("text") && failure.contains("it broke"), "{failure}");
        let failure = driver.ask("title", nothing()).await.unwrap_err().to_string();
        assert!(failure.contains("title") && failure.contains("it broke"), "{failure}");
    }

    #[test]
    fn a_driver_that_is_dropped_ends_by_itself_and_may_clean_up() {
        let folder = tempfile::tempdir().unwrap();
        let clean = folder.path().join("clean");
        drop(run(&format!("{READY}cat; touch {}", clean.display())).unwrap());
        assert!(clean.exists());
    }
}
