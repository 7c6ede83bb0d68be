//! A user without a browser: logs in, consents or refuses, at whatever pages the server shows.

use std::collections::BTreeMap;
use std::process::{Command, Output};

use serde_json::Value;

use crate::Failure;

/// Logs in as `alice` and consents. Short for [`User::sign_in`].
///
/// # Errors
///
/// As [`User::sign_in`].
pub async fn sign_in(url: &str, redirect_uri: &str) -> Result<Landing, Failure> {
    User::new().sign_in(url, redirect_uri).await
}

/// Who logs in, and what they do.
#[derive(Debug, Clone, Default)]
pub struct User {
    arguments: Vec<String>,
}

impl User {
    /// `alice`, who consents to everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Somebody else, who consents to everything and types no password that anybody knows;
    /// [`RealServer::user`](crate::server::RealServer::user) knows it.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::new().with(&["--user", name])
    }

    /// Types this password.
    #[must_use]
    pub fn password(self, password: &str) -> Self {
        #[cfg(hallpass_watch_secrets)]
        drop(hallpass_core::Secret::new(password));
        self.with(&["--password", password])
    }

    /// Logs in, but refuses to consent.
    #[must_use]
    pub fn deny(self) -> Self {
        self.with(&["--deny"])
    }

    /// Types this code into the form of a device login.
    #[must_use]
    pub fn user_code(self, code: &str) -> Self {
        self.with(&["--user-code", code])
    }

    /// Keeps cookies in this file: who is logged in stays so in the next call.
    #[must_use]
    pub fn jar(self, file: &str) -> Self {
        self.with(&["--jar", file])
    }

    /// Sends the last redirect too, to an application that listens on the redirect URI.
    #[must_use]
    pub fn deliver(self) -> Self {
        self.with(&["--deliver"])
    }

    fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// Opens an authorization URL and goes on until the server sends the browser to
    /// `redirect_uri`, or shows a page without a form.
    ///
    /// # Errors
    ///
    /// If neither happens: the pages go in a circle, or the server does not answer. A refusal
    /// of the server is a [`Landing`].
    pub async fn sign_in(&self, url: &str, redirect_uri: &str) -> Result<Landing, Failure> {
        self.clone().with(&["--redirect-uri", redirect_uri]).open(url).await
    }

    /// As [`User::sign_in`] where there is no redirect URI: a device login.
    ///
    /// # Errors
    ///
    /// As [`User::sign_in`].
    pub async fn open(&self, url: &str) -> Result<Landing, Failure> {
        let mut command = Command::new("python3");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/servers/headless/headless_user.py"));
        command.args(&self.arguments).arg(url);
        // On another thread, so that the runtime can serve the application meanwhile.
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        let output = output.map_err(Failure::of("user"))?.map_err(Failure::of("python3"))?;
        landing(&output)
    }
}

/// Where the browser is in the end.
#[derive(Debug, Clone)]
pub struct Landing {
    /// How it ended.
    pub outcome: Outcome,
    /// Where: the redirect with its parameters, or the last page.
    pub url: String,
    /// The authorization response as it is on the wire: query, fragment or form. Empty for a page.
    pub response: String,
    /// The same, decoded.
    pub params: BTreeMap<String, String>,
    /// What the last page says, title left out. Empty for a redirect.
    pub text: String,
    /// All that [`User`]'s script said: `method`, `status`, `pages`, `delivered` …
    pub json: Value,
}

/// How a visit ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// With a page: a device login is done, or the server refuses to redirect.
    Page,
    /// With a redirect to the application, or a form that posts itself there.
    Redirect,
}

fn landing(output: &Output) -> Result<Landing, Failure> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let json: Value = serde_json::from_str(&stdout).map_err(|error| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        Failure::new(format!("the user said no JSON: {error}\n{stdout}{stderr}"))
    })?;
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let outcome = match text("outcome").as_str() {
        "page" => Outcome::Page,
        "redirect" => Outcome::Redirect,
        _ => return Err(Failure::new(format!("the user is stuck: {json:#}"))),
    };
    let params = json["params"].as_object().into_iter().flatten();
    let params = params
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    let (url, response, text) = (text("url"), text("response"), text("text"));
    Ok(Landing { outcome, url, response, params, text, json })
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn a_redirect_has_its_parameters() {
        let landing = read(
            r#"{"outcome":"redirect","url":"http://app.test/cb?code=C&state=a+b",
                "response":"code=C&state=a+b","params":{"code":"C","state":"a b"}}"#,
        )
        .unwrap();
        assert_eq!(landing.outcome, Outcome::Redirect);
        assert_eq!(landing.url, "http://app.test/cb?code=C&state=a+b");
        assert_eq!(landing.response, "code=C&state=a+b");
        assert_eq!(landing.params["state"], "a b");
    }

    #[test]
    fn a_page_has_its_text() {
        let landing = read(r#"{"outcome":"page","url":"http://op.test/","text":"Done"}"#).unwrap();
        assert_eq!(landing.outcome, Outcome::Page);
        assert_eq!(landing.text, "Done");
        assert!(landing.params.is_empty());
    }

    #[test]
    fn a_stuck_user_is_a_failure() {
        let failure = read(r#"{"outcome":"stuck","error":"a circle"}"#).unwrap_err();
        assert!(failure.to_string().contains("a circle"), "{failure}");
    }

    #[test]
    fn a_script_that_breaks_is_a_failure_with_its_complaints() {
        let failure = read("").unwrap_err();
        assert!(failure.to_string().contains("Traceback"), "{failure}");
    }

    fn read(stdout: &str) -> Result<Landing, Failure> {
        let (status, stderr) = (ExitStatus::default(), b"Traceback".to_vec());
        landing(&Output { status, stdout: stdout.into(), stderr })
    }
}
