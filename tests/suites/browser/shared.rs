//! One Chromium for all tests, a context for each.

use std::path::Path;
use std::sync::LazyLock;

use hallpass_tests::browser::{Chromium, Context, ContextOptions, Page};

static CHROMIUM: LazyLock<Chromium> = LazyLock::new(|| Chromium::start().unwrap());

/// Somebody with a browser of their own.
pub(crate) async fn person(options: &ContextOptions) -> Context {
    CHROMIUM.context(options).await.unwrap()
}

/// A tab of somebody new, at a desk.
pub(crate) async fn tab() -> Page {
    person(&ContextOptions::desktop()).await.page().await.unwrap()
}

/// A picture of the page, for people to look at.
pub(crate) async fn keep(page: &Page, name: &str, options: &ContextOptions) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    page.screenshot(&folder.join(format!("{name}-{options}.png"))).await.unwrap();
}
