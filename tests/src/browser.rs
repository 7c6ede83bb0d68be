//! A user with a browser: headless Chromium, driven by `servers/browser`.
//!
//! ```no_run
//! use hallpass_tests::browser::{Chromium, ContextOptions};
//!
//! # async fn test(url: &str) -> Result<(), hallpass_tests::Failure> {
//! let chromium = Chromium::start()?;
//! let context = chromium.context(&ContextOptions::phone().dark()).await?;
//! let page = context.page().await?;
//! assert_eq!(page.goto(url).await?, 200);
//! assert_eq!(page.follow("button", "Allow").await?, 200);
//! assert_eq!(page.faults().await?, [""; 0]);
//! assert!(context.cookies().await?.iter().all(|cookie| cookie.http_only));
//! # Ok(())
//! # }
//! ```
//!
//! Nothing waits longer than 60 s, or [`ContextOptions::with_time_limit`]. What goes wrong is a
//! [`Failure`](crate::Failure) with the URL and the text of the page.
//!
//! Only hosts of loopback are found: `127.0.0.1`, `[::1]`, `localhost` and whatever ends in
//! `.localhost`. A request to any other does not leave the machine, and is a failure of whatever
//! is asked of the page next, unless [`Page::foreign_requests`] is.
//!
//! # Cookies on loopback
//!
//! Chromium 156 takes `http` to loopback, by address or by name, for as good as `https`. It keeps
//! cookies with `Secure` that come over it, also those named `__Host-` and `__Secure-`, and sends
//! them back. Do not rely on it in an application: Chromium of 2024 still refused the two names
//! there, and Safari drops `Secure` on any `http`.
//!
//! The other rules hold there as anywhere: `SameSite=None` without `Secure` is dropped, and so is
//! `Partitioned` without it. A port makes no other site, and no other cookie jar: two servers at
//! `127.0.0.1` share their cookies, and a form that one posts to the other brings cookies with
//! `SameSite=Lax`. `127.0.0.1` and `localhost` are two sites. `suites/browser/cookies.rs` has the
//! tests.

mod context;
mod driver;
mod found;
mod frame;
mod page;

pub use self::context::{Chromium, Context, ContextOptions};
pub use self::found::{ConsoleError, Cookie, FocusWalk, Seen, Stop, Violation};
pub use self::frame::Frame;
pub use self::page::Page;
