use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass_core::{
    Request,
    http::{HeaderValue, Method, header},
};

use crate::words::Words;

/// A request as a fixture would say it: words in the place of values, HTTP Basic decoded.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) url: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
}

impl Sent {
    pub(crate) fn new(request: &Request, words: &Words) -> Self {
        let headers = request.headers.iter().map(|(name, value)| {
            let text = if name == header::AUTHORIZATION { decoded(value) } else { text(value) };
            (name.as_str().to_owned(), words.hide(&text))
        });
        let body = String::from_utf8_lossy(&request.body);
        Self {
            method: request.method.clone(),
            url: words.hide(request.url.as_str()),
            headers: headers.collect(),
            body: (!body.is_empty()).then(|| words.hide(&body)),
        }
    }

    /// All values of that name; `None` if there is none.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values = self.headers.iter().filter(|(known, _)| known == name);
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// The media type of the body, in lower case and without parameters.
    pub(crate) fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// `Basic ID:SECRET` instead of its base64; whatever else it is, as it is.
fn decoded(value: &HeaderValue) -> String {
    let text = text(value);
    let credentials = text.strip_prefix("Basic ").and_then(|text| STANDARD.decode(text).ok());
    match credentials.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(credentials) => format!("Basic {credentials}"),
        None => text,
    }
}

/// As the lines of a fixture, indented.
impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "    > {} {}", self.method, self.url)?;
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "user-agent") {
            writeln!(f, "    > {name}: {value}")?;
        }
        for line in self.body.iter().flat_map(|body| body.lines()) {
            writeln!(f, "    > {line}")?;
        }
        Ok(())
    }
}
