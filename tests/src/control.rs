//! What a test may look at and change while oidc-provider runs, through its control URL.
//!
//! `servers/README.md` has the requests. Other servers have no control URL: each call fails.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Failure;
use crate::http::{self, Method, Request};
use crate::server::{RealServer, text};

impl RealServer {
    /// Looks at the server or changes it. `Value::Null` is no body.
    ///
    /// # Errors
    ///
    /// If the server has no control URL, does not know the path, or refuses the body.
    pub async fn control(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, Failure> {
        let url = format!("{}{path}", text(self.ready(), "control")?);
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
    /// As [`RealServer::control`].
    pub async fn requests(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let path = format!("/requests?path={path}");
        list(self.control(Method::GET, &path, &Value::Null).await?)
    }

    /// Forgets the requests seen until now.
    ///
    /// # Errors
    ///
    /// As [`RealServer::control`].
    pub async fn clear_requests(&self) -> Result<(), Failure> {
        self.post("/requests/clear", &Value::Null).await.map(drop)
    }

    /// Makes new signing keys, and signs with them from now on. Returns the key ids that are
    /// published.
    ///
    /// # Errors
    ///
    /// As [`RealServer::control`].
    pub async fn rotate_keys(&self, old: OldKeys) -> Result<Vec<Value>, Failure> {
        let body = json!({ "keepOld": matches!(old, OldKeys::Published) });
        let mut answer = self.post("/rotate-keys", &body).await?;
        list(answer["kids"].take())
    }

    /// Sets the server's clock to so many seconds after the real time, or before it: what it
    /// issues from now on is from the future, or has long expired.
    ///
    /// # Errors
    ///
    /// As [`RealServer::control`].
    pub async fn shift_clock(&self, seconds: i64) -> Result<(), Failure> {
        self.post("/clock", &json!({ "offsetSeconds": seconds })).await.map(drop)
    }

    /// Changes settings: `{"rotate":"always","alwaysRefresh":true,"ttl":{"IdToken":5}}`, any of
    /// them. A lifetime is in seconds.
    ///
    /// # Errors
    ///
    /// As [`RealServer::control`].
    pub async fn set(&self, change: &Value) -> Result<(), Failure> {
        self.post("/set", change).await.map(drop)
    }

    /// Lets the server fail.
    ///
    /// # Errors
    ///
    /// As [`RealServer::control`].
    pub async fn fault(&self, fault: Fault) -> Result<(), Failure> {
        self.post("/fault", &fault.0).await.map(drop)
    }

    /// Takes back the faults that have not happened yet.
    ///
    /// # Errors
    ///
    /// As [`RealServer::control`].
    pub async fn clear_faults(&self) -> Result<(), Failure> {
        self.post("/fault/clear", &Value::Null).await.map(drop)
    }

    /// Ends all logins. Clients with a back-channel logout URI are told before this returns:
    /// `client_id`, `sub` and `sid` of each, and `error`, which is null if it answered 200.
    ///
    /// # Errors
    ///
    /// As [`RealServer::control`].
    pub async fn logout_all(&self) -> Result<Vec<Value>, Failure> {
        list(self.post("/logout-all", &Value::Null).await?)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.control(Method::POST, path, body).await
    }
}

/// What becomes of the keys that signed until now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OldKeys {
    /// They stay in the key set.
    Published,
    /// What they signed can no longer be verified.
    Gone,
}

/// An answer in place of the server's, once, on one path (`/token`).
#[derive(Debug, Clone)]
#[must_use]
pub struct Fault(Value);

impl Fault {
    /// This status, with a JSON body that says `temporarily_unavailable`.
    pub fn status(path: &str, status: u16) -> Self {
        Self(json!({ "path": path, "status": status, "headers": {} }))
    }

    /// The connection is cut.
    pub fn reset(path: &str) -> Self {
        Self(json!({ "path": path, "status": "reset" }))
    }

    /// The server's own answer, but late.
    pub fn late(path: &str, delay: Duration) -> Self {
        Self(json!({ "path": path, "status": "pass", "delayMs": delay.as_millis() }))
    }

    /// Happens this often.
    pub fn times(self, times: u32) -> Self {
        self.with("times", times)
    }

    /// Says this.
    pub fn body(self, body: &str) -> Self {
        self.with("body", body)
    }

    /// Has this header, in lower case; without it, the content type is JSON.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0["headers"][name] = value.into();
        self
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0[name] = value.into();
        self
    }
}

fn list(answer: Value) -> Result<Vec<Value>, Failure> {
    match answer {
        Value::Array(list) => Ok(list),
        other => Err(Failure::new(format!("not a list: {other}"))),
    }
}
