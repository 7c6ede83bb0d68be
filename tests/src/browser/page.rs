#![allow(clippy::missing_errors_doc, reason = "they are the same for each: the type has them")]

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::context::{Profile, string};
use super::driver::nothing;
use super::found::{ConsoleError, FocusWalk, Seen, list};
use super::frame::{Frame, status};
use crate::Failure;

/// A tab. It derefs to its main document, since that is what a test mostly talks to.
///
/// # Errors
///
/// As [`Frame`]'s.
#[derive(Debug, Clone)]
pub struct Page(Frame);

impl Deref for Page {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.0
    }
}

impl Page {
    pub(super) fn new(profile: Arc<Profile>, page: Value, frame: Value) -> Self {
        Self(Frame::new(profile, page, frame))
    }

    /// Goes to an address as if it was typed in, waits until the page is loaded, and returns its
    /// status.
    pub async fn goto(&self, url: &str) -> Result<u16, Failure> {
        status(&self.ask("goto", json!({ "url": url })).await?)
    }

    /// The back button; otherwise as [`Page::goto`]. The page comes from the cache if it may, and
    /// is built anew: there is no page kept alive to go back to.
    pub async fn back(&self) -> Result<u16, Failure> {
        status(&self.ask("back", nothing()).await?)
    }

    /// The reload button; otherwise as [`Page::goto`]. A form that was posted is posted again.
    pub async fn reload(&self) -> Result<u16, Failure> {
        status(&self.ask("reload", nothing()).await?)
    }

    /// Presses a key where the focus is: `Tab`, `Shift+Tab`, `Enter`, `ArrowDown`, `a`.
    pub async fn press(&self, key: &str) -> Result<(), Failure> {
        self.ask("press", json!({ "key": key })).await.map(drop)
    }

    /// Waits until the page has loaded something whose address starts so.
    pub async fn wait_for_url(&self, start: &str) -> Result<(), Failure> {
        self.ask("wait_for_url", json!({ "start": start })).await.map(drop)
    }

    /// The document in an `iframe` whose address starts so.
    pub async fn frame(&self, start: &str) -> Result<Frame, Failure> {
        Ok(self.sibling(self.ask("frame", json!({ "start": start })).await?))
    }

    /// Presses Tab until it has been everywhere.
    pub async fn focus_walk(&self) -> Result<FocusWalk, Failure> {
        FocusWalk::of(&self.ask("focus_walk", nothing()).await?)
    }

    /// Whether the page is wider than the window.
    pub async fn has_horizontal_scroll(&self) -> Result<bool, Failure> {
        let answer = self.ask("has_horizontal_scroll", nothing()).await?;
        answer.as_bool().ok_or_else(|| Failure::new("has_horizontal_scroll: neither yes nor no"))
    }

    /// A PNG of the whole page. Folders are made.
    pub async fn screenshot(&self, path: &Path) -> Result<(), Failure> {
        self.ask("screenshot", json!({ "path": path.display().to_string() })).await.map(drop)
    }

    /// Every answer of a server to this tab, redirects and frames too, oldest first.
    pub async fn responses(&self) -> Result<Vec<Seen>, Failure> {
        list(self.ask("responses", nothing()).await?, Seen::of)
    }

    /// What the console has in red, oldest first: errors of scripts, what a content security
    /// policy kept out, what could not be loaded. A question in a dialog is answered with no, and
    /// is among them. The status of the page itself, which the test has seen, is not.
    pub async fn console_errors(&self) -> Result<Vec<ConsoleError>, Failure> {
        list(self.ask("console_errors", nothing()).await?, ConsoleError::of)
    }

    /// The addresses outside of loopback that were asked for, in vain, since the last call. They
    /// are forgiven: what is asked next does not fail for them.
    pub async fn foreign_requests(&self) -> Result<Vec<String>, Failure> {
        list(self.ask("foreign_requests", nothing()).await?, string)
    }

    /// What is wrong with the page, a line each, of all that holds for every page: axe has nothing
    /// to say, no horizontal scroll, each control is reached by Tab and shows it, no errors in the
    /// console.
    pub async fn faults(&self) -> Result<Vec<String>, Failure> {
        let axe = self.axe().await?.into_iter().map(|it| it.to_string());
        let console = self.console_errors().await?.into_iter().map(|it| it.to_string());
        let mut faults: Vec<_> = axe.chain(console).collect();
        if self.has_horizontal_scroll().await? {
            faults.push("it is wider than the window".to_owned());
        }
        let walk = self.focus_walk().await?;
        faults.extend(walk.missed.iter().map(|html| format!("Tab does not reach {html}")));
        let unseen = walk.stops.iter().filter(|stop| !stop.has_visible_focus);
        faults.extend(unseen.map(|stop| format!("no visible focus on {stop}")));
        Ok(faults)
    }
}
