//! What is found in a browser.

use std::fmt;

use ::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::Failure;
use crate::server::text;

/// A cookie as the browser keeps it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Cookie {
    /// With its prefix.
    pub name: String,
    /// As it was sent.
    pub value: String,
    /// `127.0.0.1`, or `.example.localhost` where subdomains have it too.
    pub domain: String,
    /// `/` mostly.
    pub path: String,
    /// No script reads it.
    pub http_only: bool,
    /// Not sent without TLS, but for loopback.
    pub secure: bool,
    /// `Strict`, `Lax` or `None`; `Lax` also where nothing was said.
    pub same_site: String,
    /// Kept apart for each page that its server is embedded in.
    pub partitioned: bool,
    /// Seconds since 1970; `None` if it ends with the browser.
    pub expires: Option<f64>,
}

impl Cookie {
    pub(super) fn of(found: &Value) -> Result<Self, Failure> {
        Ok(Self {
            name: owned(found, "name")?,
            value: owned(found, "value")?,
            domain: owned(found, "domain")?,
            path: owned(found, "path")?,
            http_only: flag(found, "httpOnly")?,
            secure: flag(found, "secure")?,
            same_site: owned(found, "sameSite")?,
            partitioned: flag(found, "partitioned")?,
            expires: found["expires"].as_f64().filter(|&seconds| seconds >= 0.0),
        })
    }
}

/// An answer of a server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Seen {
    /// Of the request.
    pub method: String,
    /// What was asked for.
    pub url: String,
    /// 303 for a redirect.
    pub status: u16,
    /// As they came: each `set-cookie`, `location`, `content-security-policy`.
    pub headers: HeaderMap,
}

impl Seen {
    pub(super) fn of(found: &Value) -> Result<Self, Failure> {
        let mut headers = HeaderMap::new();
        for pair in found["headers"].as_array().into_iter().flatten() {
            let [name, value] = [0, 1].map(|at| pair[at].as_str().unwrap_or_default());
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(Failure::of("a header"))?;
            let value = HeaderValue::from_str(value).map_err(Failure::of(&name))?;
            headers.append(name, value);
        }
        let [method, url] = [owned(found, "method")?, owned(found, "url")?];
        Ok(Self { method, url, status: super::frame::status(&found["status"])?, headers })
    }

    /// The first header of this name; empty if there is none, or one that is not ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// An error in the console.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsoleError {
    /// What it says.
    pub text: String,
    /// The document, script or resource that it is about.
    pub url: String,
}

impl ConsoleError {
    pub(super) fn of(found: &Value) -> Result<Self, Failure> {
        Ok(Self { text: owned(found, "text")?, url: owned(found, "url")? })
    }
}

impl fmt::Display for ConsoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in the console: {} ({})", self.text, self.url)
    }
}

/// What axe-core has against a page.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Violation {
    /// `color-contrast`.
    pub rule: String,
    /// `minor`, `moderate`, `serious` or `critical`; empty if axe does not say.
    pub impact: String,
    /// What to do, in a sentence.
    pub help: String,
    /// Whether axe is sure. If not, a person must look, or the page must be made so that none must.
    pub is_certain: bool,
    /// Each element, and what is wrong with it.
    pub targets: Vec<String>,
}

impl Violation {
    pub(super) fn of(found: &Value) -> Result<Self, Failure> {
        Ok(Self {
            rule: owned(found, "rule")?,
            impact: owned(found, "impact")?,
            help: owned(found, "help")?,
            is_certain: flag(found, "certain")?,
            targets: list(found["targets"].clone(), super::context::string)?,
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doubt = if self.is_certain { "" } else { ", perhaps" };
        write!(f, "{}{doubt}: {}: {}", self.rule, self.help, self.targets.join("; "))
    }
}

/// A walk through a page by the Tab key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FocusWalk {
    /// Where it stopped, in this order.
    pub stops: Vec<Stop>,
    /// The start tags of visible controls where it did not. Of a group of radio buttons one is
    /// enough: arrow keys reach the others.
    pub missed: Vec<String>,
}

impl FocusWalk {
    pub(super) fn of(found: &Value) -> Result<Self, Failure> {
        let stops = list(found["stops"].clone(), Stop::of)?;
        Ok(Self { stops, missed: list(found["missed"].clone(), super::context::string)? })
    }
}

/// Where the Tab key stops.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Stop {
    /// Its role to a screen reader: `button`, `link`, `radio`, `textbox`.
    pub role: String,
    /// Its name to a screen reader.
    pub name: String,
    /// Whether outline or shadow of it or of its label are others than without the focus, and
    /// can be seen.
    pub has_visible_focus: bool,
    /// Left, top, width and height in CSS pixels, from the corner of the window.
    pub bounds: [f64; 4],
}

impl Stop {
    fn of(found: &Value) -> Result<Self, Failure> {
        let bounds = [0, 1, 2, 3].map(|at| found["box"][at].as_f64().unwrap_or_default());
        let has_visible_focus = flag(found, "has_visible_focus")?;
        Ok(Self {
            role: owned(found, "role")?,
            name: owned(found, "name")?,
            has_visible_focus,
            bounds,
        })
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.role, self.name)
    }
}

pub(super) fn list<T>(
    found: Value,
    read: impl Fn(&Value) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    match found {
        Value::Array(list) => list.iter().map(read).collect(),
        other => Err(Failure::new(format!("not a list: {other}"))),
    }
}

fn owned(object: &Value, name: &str) -> Result<String, Failure> {
    text(object, name).map(str::to_owned)
}

fn flag(object: &Value, name: &str) -> Result<bool, Failure> {
    object[name].as_bool().ok_or_else(|| Failure::new(format!("there is no {name}")))
}
