use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

#[cfg(feature = "oauth1")]
use hallpass_core::Secret;
use hallpass_core::{
    Callback, Error, HttpClient as _, Purpose, Request, ReqwestClient, Response, Result,
    http::{HeaderValue, Method, StatusCode, header},
    url::{Url, form_urlencoded},
};

use crate::local::{Origins, is_http_to_loopback};

mod form;
mod jar;

use self::{form::Form, jar::Jar};

/// More redirects in a row than this are a circle.
const MOST_REDIRECTS: usize = 10;

/// A browser without a window, for the pages of a [`LocalProvider`](crate::LocalProvider) and of an
/// application on loopback: it follows redirects, keeps cookies, and posts the one form of a page.
///
/// It goes to 127.0.0.1, ::1 and `localhost` alone, over plain http; one made by
/// [`LocalProvider::browser`](crate::LocalProvider::browser) takes the URLs of the provider that is
/// emulated there, too. It runs no scripts, and sends each cookie to the host and path that it is
/// for, whatever its `SameSite` and `Secure` say.
#[derive(Debug)]
pub struct Browser {
    http: Arc<ReqwestClient>,
    origins: Option<Arc<Origins>>,
    jar: Mutex<Jar>,
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// A browser without cookies.
    #[must_use]
    pub fn new() -> Self {
        Self { http: Arc::default(), origins: None, jar: Mutex::default() }
    }

    /// Somebody else's browser, without cookies, over the connections of this one: a test of many
    /// browsers needs few.
    #[must_use]
    pub fn another(&self) -> Self {
        let (http, origins) = (Arc::clone(&self.http), self.origins.clone());
        Self { http, origins, jar: Mutex::default() }
    }

    pub(crate) fn at(origins: Arc<Origins>) -> Self {
        Self { origins: Some(origins), ..Self::new() }
    }

    /// Opens the authorization page, answers it as `user`, and stops where the provider sends the
    /// browser back.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the URL is not on loopback, the page shows
    /// an error (its status and text are in the error) or has no such user; fix the test.
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind): it is no page of a local provider.
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind): nobody answers.
    pub async fn sign_in(&self, url: impl AsRef<str>, user: User) -> Result<Landing> {
        let url = self.here(&parsed(url.as_ref())?)?;
        let response = self.send(Method::GET, &url, None).await?;
        let page = match arrival(&url, &response)? {
            Arrival::Left(landing) => return Ok(landing),
            Arrival::Page(page) => page.or_error()?,
        };
        let form = Form::of(&page.text).ok_or_else(|| no_page("has no form"))?;
        if !form.is_question() {
            // Nobody was asked: the answer is there already.
            return landing_of(&url, &page);
        }
        let fields = form.answer(&user)?;
        let action = url.join(&form.action).map_err(|_| no_page("has a form without a place"))?;
        let response = self.send(Method::POST, &action, Some(&fields)).await?;
        match arrival(&action, &response)? {
            Arrival::Left(landing) => Ok(landing),
            Arrival::Page(page) => landing_of(&action, &page.or_error()?),
        }
    }

    /// Types in the code of a device on its page, and answers as `user`.
    ///
    /// # Errors
    ///
    /// As [`sign_in`](Self::sign_in).
    pub async fn enter_code(
        &self,
        verification_uri: impl AsRef<str>,
        user_code: &str,
        user: User,
    ) -> Result<()> {
        let mut url = parsed(verification_uri.as_ref())?;
        url.query_pairs_mut().append_pair("user_code", user_code);
        let url = self.here(&url)?;
        let page = Page::new(url.clone(), &self.send(Method::GET, &url, None).await?).or_error()?;
        let form = Form::of(&page.text).filter(Form::is_question);
        let form = form.ok_or_else(|| no_page("asks nobody"))?;
        let fields = form.answer(&user)?;
        let action = url.join(&form.action).map_err(|_| no_page("has a form without a place"))?;
        let response = self.send(Method::POST, &action, Some(&fields)).await?;
        Page::new(action, &response).or_error().map(drop)
    }

    /// Opens the authorization page of a login that has no callback (`oob`), answers it as `user`,
    /// and reads the code that the page then shows.
    ///
    /// # Errors
    ///
    /// As [`sign_in`](Self::sign_in); [`ErrorKind::Malformed`](hallpass_core::ErrorKind) also where
    /// the page shows no code: the user refused, or the login has a callback.
    #[cfg(feature = "oauth1")]
    pub async fn read_code(&self, url: impl AsRef<str>, user: User) -> Result<Secret> {
        let url = self.here(&parsed(url.as_ref())?)?;
        let page = Page::new(url.clone(), &self.send(Method::GET, &url, None).await?).or_error()?;
        let form = Form::of(&page.text).filter(Form::is_question);
        let fields = form.ok_or_else(|| no_page("asks nobody"))?.answer(&user)?;
        let response = self.send(Method::POST, &url, Some(&fields)).await?;
        let page = Page::new(url, &response).or_error()?;
        form::code(&page.text).map(Secret::new).ok_or_else(|| no_page("shows no code"))
    }

    /// Opens the end of a session, and stops where the provider sends the browser back.
    ///
    /// # Errors
    ///
    /// As [`sign_in`](Self::sign_in); [`ErrorKind::Malformed`](hallpass_core::ErrorKind) also where
    /// the provider sends the browser nowhere, for want of a `post_logout_redirect_uri`.
    #[cfg(feature = "openid")]
    pub async fn sign_out(&self, url: impl AsRef<str>) -> Result<Landing> {
        let url = self.here(&parsed(url.as_ref())?)?;
        let response = self.send(Method::GET, &url, None).await?;
        match arrival(&url, &response)? {
            Arrival::Left(landing) => Ok(landing),
            Arrival::Page(page) => landing_of(&url, &page.or_error()?),
        }
    }

    /// Opens a page, following redirects: an application's own, or the authorization page that it
    /// sends the browser to. Whatever the status of the page, it is an `Ok`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the URL, or where it redirects to, is not
    /// on loopback. [`ErrorKind::Malformed`](hallpass_core::ErrorKind): redirects without end.
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind): nobody answers.
    pub async fn open(&self, url: impl AsRef<str>) -> Result<Page> {
        let url = self.here(&parsed(url.as_ref())?)?;
        let response = self.send(Method::GET, &url, None).await?;
        self.follow(url, response).await
    }

    /// Delivers a callback to the application, as the provider's redirect or form would, and
    /// follows what it answers.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn deliver(&self, landing: &Landing) -> Result<Page> {
        let url = self.here(&landing.url)?;
        let response = match &landing.form {
            Some(fields) => self.send(Method::POST, &url, Some(fields)).await?,
            None => self.send(Method::GET, &url, None).await?,
        };
        self.follow(url, response).await
    }

    async fn follow(&self, mut url: Url, mut response: Response) -> Result<Page> {
        for _ in 0..MOST_REDIRECTS {
            let Some(next) = location(&url, &response)? else {
                return Ok(Page::new(url, &response));
            };
            url = self.here(&next)?;
            response = self.send(Method::GET, &url, None).await?;
        }
        Err(Error::malformed("more than 10 redirects in a row"))
    }

    /// Where a URL is on loopback.
    fn here(&self, url: &Url) -> Result<Url> {
        let place = match &self.origins {
            Some(origins) => origins.place(url),
            None => is_http_to_loopback(url).then(|| url.clone()),
        };
        place.ok_or_else(|| {
            let origin = url.origin().ascii_serialization();
            Error::config(format!("the browser goes to loopback alone, not to {origin}"))
                .with_reason("origin")
        })
    }

    async fn send(&self, method: Method, url: &Url, form: Option<&Fields>) -> Result<Response> {
        let mut request = Request::new(method, url.clone(), Purpose::Api);
        request.headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
        if let Some(fields) = form {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers.insert(header::CONTENT_TYPE, form);
            request.body = encoded(fields).into_bytes();
        }
        if let Some(cookies) = self.jar().header(url) {
            request.headers.insert(header::COOKIE, cookies);
        }
        let response = self.http.send(request).await?;
        self.jar().keep(url, &response.headers);
        Ok(response)
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of a request to the provider: the way to somewhere else, or a page of its own.
enum Arrival {
    Left(Landing),
    Page(Page),
}

fn arrival(at: &Url, response: &Response) -> Result<Arrival> {
    Ok(match location(at, response)? {
        Some(url) => Arrival::Left(Landing { url, form: None }),
        None => Arrival::Page(Page::new(at.clone(), response)),
    })
}

/// Names and values of a form.
type Fields = Vec<(String, String)>;

/// What is chosen on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User(Choice);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    Deny,
    First,
    Named(String),
}

impl User {
    /// Allow, as the first user of the page.
    #[must_use]
    pub fn first() -> Self {
        Self(Choice::First)
    }

    /// Allow, as this user: a username, or when emulating the case of a fixture
    /// (`unverified_primary`).
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self(Choice::Named(name.into()))
    }

    /// Deny.
    #[must_use]
    pub fn deny() -> Self {
        Self(Choice::Deny)
    }
}

/// Where the provider sends the browser back to. `Debug` stops before the query: it holds code and
/// state.
#[derive(Clone)]
pub struct Landing {
    url: Url,
    form: Option<Fields>,
}

impl Landing {
    /// The whole URL, with code and state unless they are posted.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Whether the callback is a form that the browser posts.
    #[must_use]
    pub fn is_form_post(&self) -> bool {
        self.form.is_some()
    }

    /// What the application gets.
    ///
    /// # Errors
    ///
    /// As [`Callback::from_query`].
    pub fn callback(&self) -> Result<Callback> {
        match &self.form {
            Some(fields) => Callback::from_form(encoded(fields).as_bytes()),
            None => Callback::from_url(self.url()),
        }
    }
}

impl fmt::Debug for Landing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (origin, path) = (self.url.origin().ascii_serialization(), self.url.path());
        let method = if self.is_form_post() { "POST" } else { "GET" };
        write!(f, "Landing({method} {origin}{path})")
    }
}

/// A page on loopback. `Debug` shows status, origin and path alone.
pub struct Page {
    url: Url,
    status: StatusCode,
    text: String,
}

impl Page {
    fn new(url: Url, response: &Response) -> Self {
        let text = String::from_utf8_lossy(&response.body).into_owned();
        Self { url, status: response.status, text }
    }

    /// Where it is, redirects followed.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn or_error(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        let message = match form::alert(&self.text) {
            Some(alert) => format!("the page says: {alert}"),
            None => "the page shows an error".to_owned(),
        };
        Err(Error::config(message).with_status(self.status))
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (origin, path) = (self.url.origin().ascii_serialization(), self.url.path());
        write!(f, "Page({}, {origin}{path})", self.status.as_u16())
    }
}

/// The form that a provider wants posted, if it leads away from it.
fn landing_of(at: &Url, page: &Page) -> Result<Landing> {
    let form = Form::of(&page.text).ok_or_else(|| no_page("has no form"))?;
    let url = at.join(&form.action).map_err(|_| no_page("has a form without a place"))?;
    if url.origin() == at.origin() {
        return Err(no_page("asks once more"));
    }
    Ok(Landing { url, form: Some(form.hidden) })
}

fn no_page(what: &str) -> Error {
    Error::malformed(format!("this is no page of a local provider: it {what}"))
}

fn parsed(url: &str) -> Result<Url> {
    Url::parse(url).map_err(|error| Error::config("this is no URL").with_source(error))
}

fn location(at: &Url, response: &Response) -> Result<Option<Url>> {
    if !response.status.is_redirection() {
        return Ok(None);
    }
    let location = response.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let url = location.and_then(|location| at.join(location).ok());
    url.map(Some).ok_or_else(|| Error::malformed("a redirect to nowhere"))
}

fn encoded(fields: &Fields) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
