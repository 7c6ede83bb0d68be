//! What a person sees: plain pages without a script, light and dark, for fingers, keys and screen
//! readers.
//!
//! Each page is a value that somebody fills in, and a pure function to a [`Page`]: a status, HTML,
//! and the headers that fit it. All text is escaped, links are [`Href`]s, and the policy of a page
//! lets in its one style sheet and nothing else.
//!
//! ```
//! use hallpass_core::Descriptor;
//! use hallpass_web::page::{Button, ErrorPage, Href, LoginPage, Policy, Problem, Site};
//!
//! # fn main() -> hallpass_core::Result<()> {
//! let acme = Descriptor::new("acme", "https://acme.test/authorize", "https://acme.test/token")
//!     .with_display_name("Acme");
//! let site = Site::new("Pocket Shop").with_home(Href::new("/")?);
//!
//! let buttons = [Button::new(&acme, Href::new("/login/acme?return_to=%2Fbasket")?)];
//! let page = LoginPage::new(site, &buttons).render();
//! assert_eq!(page.status(), 200);
//! assert!(page.html().contains("Continue with"));
//!
//! let login = Href::new("/login?return_to=%2Fbasket")?;
//! let page = ErrorPage::new(site, Problem::Expired).with_again(login).render();
//! assert_eq!(page.status(), 410);
//! let headers = page.headers(&Policy::default());
//! assert_eq!(headers["cache-control"], "no-store");
//! # Ok(())
//! # }
//! ```
//!
//! An application with pages of its own implements [`Pages`], as much of it as it likes.

mod href;
mod login;
mod policy;
mod problem;
mod profile;
mod site;
mod style;

use std::fmt;

use hallpass_core::http::StatusCode;

pub use self::{
    href::Href,
    login::{Button, HostField, LoginPage, Notice},
    policy::Policy,
    problem::{ErrorPage, Problem},
    profile::{ProfilePage, SignOut, SignOutPage, SignedOutPage},
    site::Site,
};

/// A page to answer with. `Debug` shows the status alone: the rest may be about a person.
#[derive(Clone)]
pub struct Page {
    status: StatusCode,
    html: String,
    kind: Kind,
}

/// Who wrote a page, and what its policy has to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ours(Forms),
    Theirs,
}

/// What a page of ours sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Forms {
    None,
    Get,
    Post,
}

impl Page {
    /// A page of the application's own. Its [`headers`](Self::headers) say nothing of what it may
    /// load, since only its author knows.
    #[must_use]
    pub fn new(status: StatusCode, html: impl Into<String>) -> Self {
        Self { status, html: html.into(), kind: Kind::Theirs }
    }

    fn ours(status: StatusCode, html: String, forms: Forms) -> Self {
        Self { status, html, kind: Kind::Ours(forms) }
    }

    /// The status to answer with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The whole document, in UTF-8.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.html
    }

    /// The whole document, to send.
    #[must_use]
    pub fn into_html(self) -> String {
        self.html
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Which pages a person sees: ours, unless the application replaces one.
///
/// ```
/// use hallpass_web::page::{LoginPage, Page, Pages};
///
/// #[derive(Debug)]
/// struct Mine;
///
/// impl Pages for Mine {
///     fn login(&self, page: &LoginPage<'_>) -> Page {
///         // A template engine escapes what it is given; here there is nothing to escape.
///         let links = page.buttons.iter().map(|button| button.href.as_str());
///         let links: String = links.map(|href| format!("<a href=\"{href}\">Sign in</a>")).collect();
///         Page::new(page.render().status(), links)
///     }
/// }
/// ```
pub trait Pages: fmt::Debug + Send + Sync {
    /// The choice of providers.
    fn login(&self, page: &LoginPage<'_>) -> Page {
        page.render()
    }

    /// What went wrong, and the way back.
    fn error(&self, page: &ErrorPage<'_>) -> Page {
        page.render()
    }

    /// The question whether to sign out.
    fn sign_out(&self, page: &SignOutPage<'_>) -> Page {
        page.render()
    }

    /// The end of a session.
    fn signed_out(&self, page: &SignedOutPage<'_>) -> Page {
        page.render()
    }
}

/// The pages of this crate, none replaced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlainPages;

impl Pages for PlainPages {}

#[cfg(test)]
mod tests;
