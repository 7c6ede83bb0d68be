use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::driver::{Driver, nothing};
use super::found::{Cookie, list};
use super::page::Page;
use crate::Failure;
use crate::server::text;

/// A running Chromium. It ends with this value, and with the process of the tests, so that one in
/// a `static` is not left behind.
#[derive(Debug)]
pub struct Chromium(Arc<Driver>);

impl Chromium {
    /// Installs Chromium and its driver if they are missing, and starts them: in 600 s at most,
    /// and it blocks the thread. One is enough for a suite: contexts do not see each other.
    ///
    /// # Errors
    ///
    /// If it is not ready in time. The message has the end of what the driver complained with.
    pub fn start() -> Result<Self, Failure> {
        Ok(Self(Arc::new(Driver::start()?)))
    }

    /// A browser of its own to the web: cookies, cache and history of nobody else.
    ///
    /// # Errors
    ///
    /// If Chromium has ended.
    pub async fn context(&self, options: &ContextOptions) -> Result<Context, Failure> {
        let id = self.0.ask("context", options.to_json()).await?;
        Ok(Context(Arc::new(Profile { driver: Arc::clone(&self.0), id })))
    }
}

/// What a context looks like to a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct ContextOptions {
    width: u32,
    height: u32,
    is_phone: bool,
    is_dark: bool,
    has_java_script: bool,
    time_limit: Duration,
}

impl ContextOptions {
    /// 1280 × 800 CSS pixels, light, with JavaScript.
    pub fn desktop() -> Self {
        let [width, height] = [1280, 800];
        let time_limit = Duration::from_secs(60);
        Self { width, height, is_phone: false, is_dark: false, has_java_script: true, time_limit }
    }

    /// 360 × 740 CSS pixels, light, with JavaScript: a page that does not say `width=device-width`
    /// is laid out for a wide screen and made small, as phones do.
    pub fn phone() -> Self {
        Self { width: 360, height: 740, is_phone: true, ..Self::desktop() }
    }

    /// Whoever uses it prefers light letters on a dark ground.
    pub fn dark(mut self) -> Self {
        self.is_dark = true;
        self
    }

    /// Runs no script of a page.
    pub fn without_java_script(mut self) -> Self {
        self.has_java_script = false;
        self
    }

    /// As wide as this, in CSS pixels.
    pub fn with_width(mut self, width: u32) -> Self {
        self.width = width;
        self
    }

    /// Waits no longer than this for whatever it is asked, instead of 60 s: for a test of what does
    /// not come.
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Phone and desktop, light and dark, with JavaScript and without it.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let sizes = [Self::phone(), Self::desktop()];
        let schemes = sizes.into_iter().flat_map(|size| [size, size.dark()]);
        schemes.flat_map(|scheme| [scheme, scheme.without_java_script()]).collect()
    }

    /// Four of them, in which each two of device, scheme and script meet: enough for a page whose
    /// parts do not depend on all three.
    #[must_use]
    pub fn pairwise() -> Vec<Self> {
        vec![
            Self::phone(),
            Self::phone().dark().without_java_script(),
            Self::desktop().without_java_script(),
            Self::desktop().dark(),
        ]
    }

    fn to_json(self) -> Value {
        json!({
            "viewport": { "width": self.width, "height": self.height },
            "mobile": self.is_phone,
            "dark": self.is_dark,
            "script": self.has_java_script,
            "limit": u64::try_from(self.time_limit.as_millis()).unwrap_or(u64::MAX),
        })
    }
}

/// For the name of a screenshot: `phone-dark`, `desktop-light-no-script`.
impl fmt::Display for ContextOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let device = if self.is_phone { "phone" } else { "desktop" };
        let scheme = if self.is_dark { "dark" } else { "light" };
        let script = if self.has_java_script { "" } else { "-no-script" };
        write!(f, "{device}-{scheme}{script}")
    }
}

/// One browser of one person. It is forgotten when this value and its pages are dropped.
#[derive(Debug, Clone)]
pub struct Context(Arc<Profile>);

impl Context {
    /// Opens a tab.
    ///
    /// # Errors
    ///
    /// If Chromium has ended.
    pub async fn page(&self) -> Result<Page, Failure> {
        let ids = self.0.ask("page", nothing()).await?;
        let [page, frame] = ["page", "frame"].map(|name| ids[name].clone());
        Ok(Page::new(Arc::clone(&self.0), page, frame))
    }

    /// All cookies, of whatever host.
    ///
    /// # Errors
    ///
    /// If Chromium has ended.
    pub async fn cookies(&self) -> Result<Vec<Cookie>, Failure> {
        list(self.0.ask("cookies", nothing()).await?, Cookie::of)
    }

    /// The cookie of this name, if there is one.
    ///
    /// # Errors
    ///
    /// As [`Context::cookies`].
    pub async fn cookie(&self, name: &str) -> Result<Option<Cookie>, Failure> {
        Ok(self.cookies().await?.into_iter().find(|cookie| cookie.name == name))
    }
}

/// A context that the driver knows.
#[derive(Debug)]
pub(super) struct Profile {
    driver: Arc<Driver>,
    id: Value,
}

impl Profile {
    pub(super) async fn ask(&self, verb: &str, mut details: Value) -> Result<Value, Failure> {
        details["context"] = self.id.clone();
        self.driver.ask(verb, details).await
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        self.driver.tell("close_context", json!({ "context": self.id }));
    }
}

/// The string in an answer that is one.
pub(super) fn string(answer: &Value) -> Result<String, Failure> {
    let wrapped = json!({ "answer": answer });
    text(&wrapped, "answer").map(str::to_owned)
}
