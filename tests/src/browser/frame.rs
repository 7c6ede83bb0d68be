#![allow(clippy::missing_errors_doc, reason = "they are the same for each: the type has them")]

use std::sync::Arc;

use serde_json::{Value, json};

use super::context::{Profile, string};
use super::driver::nothing;
use super::found::{Violation, list};
use crate::Failure;

/// A document in a page: the page's own, or one in an `iframe`, whatever it comes to show.
///
/// Each call waits until what it names is there, 60 s at most.
///
/// # Errors
///
/// Each fails if that takes longer, if there are several that fit, or if the page asked for a
/// host that is not on loopback.
#[derive(Debug, Clone)]
pub struct Frame {
    profile: Arc<Profile>,
    page: Value,
    frame: Value,
}

impl Frame {
    pub(super) fn new(profile: Arc<Profile>, page: Value, frame: Value) -> Self {
        Self { profile, page, frame }
    }

    /// Another document of the same page.
    pub(super) fn sibling(&self, frame: Value) -> Self {
        Self { frame, ..self.clone() }
    }

    pub(super) async fn ask(&self, verb: &str, mut details: Value) -> Result<Value, Failure> {
        details["page"] = self.page.clone();
        details["frame"] = self.frame.clone();
        self.profile.ask(verb, details).await
    }

    /// Where it is, with query and fragment.
    pub async fn url(&self) -> Result<String, Failure> {
        string(&self.ask("url", nothing()).await?)
    }

    /// Its title.
    pub async fn title(&self) -> Result<String, Failure> {
        string(&self.ask("title", nothing()).await?)
    }

    /// What can be read: no hidden text, a line break where one is seen.
    pub async fn text(&self) -> Result<String, Failure> {
        string(&self.ask("text", nothing()).await?)
    }

    /// How many elements fit a CSS selector now; it does not wait.
    pub async fn count(&self, css: &str) -> Result<u64, Failure> {
        let count = self.ask("count", json!({ "css": css })).await?;
        count.as_u64().ok_or_else(|| Failure::new("count: not a number"))
    }

    /// An attribute of the one element that fits a CSS selector.
    pub async fn attribute(&self, css: &str, name: &str) -> Result<Option<String>, Failure> {
        let answer = self.ask("attribute", json!({ "css": css, "name": name })).await?;
        Ok(answer.as_str().map(str::to_owned))
    }

    /// Clicks what a screen reader calls so, by its ARIA role and its whole name: `("radio",
    /// "Ben")`. Waits for no page that comes of it: that does [`Frame::follow`].
    pub async fn click(&self, role: &str, name: &str) -> Result<(), Failure> {
        self.ask("click", json!({ "role": role, "name": name })).await.map(drop)
    }

    /// Clicks the one element that fits a CSS selector; otherwise as [`Frame::click`].
    pub async fn click_css(&self, css: &str) -> Result<(), Failure> {
        self.ask("click", json!({ "css": css })).await.map(drop)
    }

    /// Clicks, and waits until the page that this leads to is loaded, behind all redirects.
    /// Returns its status.
    pub async fn follow(&self, role: &str, name: &str) -> Result<u16, Failure> {
        let details = json!({ "by": "click", "role": role, "name": name });
        status(&self.ask("follow", details).await?)
    }

    /// As [`Frame::follow`], by a CSS selector.
    pub async fn follow_css(&self, css: &str) -> Result<u16, Failure> {
        status(&self.ask("follow", json!({ "by": "click", "css": css })).await?)
    }

    /// Presses a key (`Enter`) where the focus is; otherwise as [`Frame::follow`].
    pub async fn follow_key(&self, key: &str) -> Result<u16, Failure> {
        status(&self.ask("follow", json!({ "by": "press", "key": key })).await?)
    }

    /// Writes into the field that fits a CSS selector, in place of what is there.
    pub async fn fill(&self, css: &str, value: &str) -> Result<(), Failure> {
        self.ask("fill", json!({ "css": css, "value": value })).await.map(drop)
    }

    /// What [axe-core](https://github.com/dequelabs/axe-core) says against it: all rules of WCAG
    /// 2.2 up to AA and its own advice; 4.5 is asked of the contrast of large letters too. Frames
    /// inside are other documents.
    pub async fn axe(&self) -> Result<Vec<Violation>, Failure> {
        list(self.ask("axe", nothing()).await?, Violation::of)
    }
}

/// 0 for what was not fetched, such as `about:blank`.
pub(super) fn status(answer: &Value) -> Result<u16, Failure> {
    let status = answer.as_u64().and_then(|status| u16::try_from(status).ok());
    status.ok_or_else(|| Failure::new(format!("no status: {answer}")))
}
