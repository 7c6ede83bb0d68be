use std::borrow::Cow;

use hallpass_core::{
    Error, Result,
    http::Method,
    url::{Origin, Url},
};

use crate::Session;

mod call;

pub use call::ApiCall;

/// An API that is called in one user's name, with a token that stays alive.
///
/// The token goes to the origin of the base URL and to those of
/// [`allow_origin`](Self::allow_origin), and nowhere else; no redirect is followed. A whole URL in
/// place of a path is bound to these origins, not to the path of the base URL.
///
/// A call that the API refuses for its token (status 401, or reason `invalid_token`) is made once
/// more with a new one, a POST too: the API did not carry it out. A call that may be made twice is
/// made again, at most twice, when the answer got lost or the server was busy: with growing pauses,
/// or as `Retry-After` says, 50 ms at least. One that asks for more than 20 s is the caller's.
#[derive(Debug, Clone)]
pub struct ApiClient {
    session: Session,
    base: Url,
    allowed: Vec<Origin>,
    placement: Placement,
    tries: u32,
}

/// Where an API wants the token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placement {
    /// In a header, as the provider's descriptor says: `Authorization: Bearer` of most ([RFC 6750,
    /// section 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).
    Header,
    /// In the form, under this name; a call without a form has it in the header ([RFC 6750, section
    /// 2.2](https://www.rfc-editor.org/rfc/rfc6750#section-2.2)).
    Form(Cow<'static, str>),
    /// In the URL, under this name. Servers and proxies log URLs: only where the API takes nothing
    /// else ([RFC 6750, section 2.3](https://www.rfc-editor.org/rfc/rfc6750#section-2.3)).
    Query(Cow<'static, str>),
}

impl ApiClient {
    /// The API below `base_url`, in the name of the session's user. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the URL is none of http or https, or has a
    /// user, a password, a query or a fragment.
    pub fn new(session: Session, base_url: &str) -> Result<Self> {
        let base = self::base_url(base_url)?;
        let placement = Placement::Header;
        Ok(Self { session, base, allowed: Vec::new(), placement, tries: 3 })
    }

    /// Lets the token go to one more origin, that of `url`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the URL is none of http or https, or has a
    /// user or a password.
    pub fn allow_origin(mut self, url: &str) -> Result<Self> {
        self.allowed.push(web_url(url)?.origin());
        Ok(self)
    }

    /// Where the API wants the token, instead of the header.
    #[must_use]
    pub fn with_placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// How often a call is made at most whose answer gets lost. Default 3; 1 never tries again.
    #[must_use]
    pub fn with_tries(mut self, tries: u32) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// A GET of a path below the base URL, or of a URL.
    pub fn get(&self, path: &str) -> ApiCall<'_> {
        self.request(Method::GET, path)
    }

    /// A POST. Made once, since nobody can tell whether one without an answer was carried out; and
    /// once more if the API refuses its token.
    pub fn post(&self, path: &str) -> ApiCall<'_> {
        self.request(Method::POST, path)
    }

    /// A PUT.
    pub fn put(&self, path: &str) -> ApiCall<'_> {
        self.request(Method::PUT, path)
    }

    /// A PATCH. Made once, like a POST.
    pub fn patch(&self, path: &str) -> ApiCall<'_> {
        self.request(Method::PATCH, path)
    }

    /// A DELETE.
    pub fn delete(&self, path: &str) -> ApiCall<'_> {
        self.request(Method::DELETE, path)
    }

    /// Any method.
    pub fn request(&self, method: Method, path: &str) -> ApiCall<'_> {
        ApiCall::new(self, method, path)
    }

    /// Whose token calls are made with.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The URL of a call. A path never leaves the base URL's, however it is spelled.
    fn url(&self, path: &str) -> Result<Url> {
        if without_query(path).contains("://") {
            let url = Url::parse(path)
                .map_err(|error| Error::config("the URL of the call is none").with_source(error))?;
            let origin = url.origin();
            if origin != self.base.origin() && !self.allowed.contains(&origin) {
                let message = "the token goes to the API's own origins alone: see allow_origin";
                return Err(Error::security("origin", message));
            }
            return Ok(url);
        }
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let mut url = self.base.clone();
        url.set_path(&format!("{}{}", self.base.path(), path.trim_start_matches('/')));
        url.set_query(query);
        if climbs(path) || !url.path().starts_with(self.base.path()) {
            return Err(Error::config("the path leaves the base URL, or may do so at the server"));
        }
        Ok(url)
    }
}

/// What paths can be put behind.
pub(crate) fn base_url(base_url: &str) -> Result<Url> {
    let mut base = web_url(base_url)?;
    if base.query().is_some() || base.fragment().is_some() {
        return Err(Error::config("a base URL has a path, and neither query nor fragment"));
    }
    if !base.path().ends_with('/') {
        let path = format!("{}/", base.path());
        base.set_path(&path);
    }
    Ok(base)
}

/// What a token may be sent to, if it is named so.
fn web_url(url: &str) -> Result<Url> {
    let url = Url::parse(url)
        .map_err(|error| Error::config("the API's URL is none").with_source(error))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Error::config("the API's URL is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::config("the API's URL has a user or a password in it"));
    }
    Ok(url)
}

fn without_query(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// Whether a server may read a dot segment out of it, or a slash where there is none: some decode
/// a path before they take it apart.
fn climbs(path: &str) -> bool {
    // Those a URL parser leaves out.
    let path = path.replace(['\t', '\n', '\r'], "").to_ascii_lowercase();
    let is_dots = |segment: &str| matches!(&*segment.replace("%2e", "."), "." | "..");
    path.contains("%2f") || path.contains("%5c") || path.split(['/', '\\']).any(is_dots)
}
