//! An application that is shown inside another site's page.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::Response,
};
use hallpass_core::{
    Callback,
    url::{Url, form_urlencoded},
};
use hallpass_web::{
    LocalRedirect,
    cookie::{Cookie, SameSite},
};

use super::{AGAIN, NAME, second_try, ways::Ways};
use crate::{login, page, routes, sign_in::Parts};

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What is around all of an application that signs in by the Hub.
#[derive(Clone)]
pub(super) struct Frame {
    parts: Arc<Parts>,
    /// Origins of the Space; none where it is no Space, and in no frame.
    hosts: Arc<[String]>,
    /// Who may show our pages.
    hub: Arc<str>,
    ways: Arc<Ways>,
}

impl Frame {
    pub(super) fn new(parts: Arc<Parts>, hosts: Vec<String>, hub: String) -> Self {
        Self { parts, hosts: hosts.into(), hub: hub.into(), ways: Arc::default() }
    }
}

pub(super) async fn around(
    State(frame): State<Frame>,
    mut request: Request,
    next: Next,
) -> Response {
    if !frame.hosts.is_empty() && frame.is_from_elsewhere(&request) {
        frame.leave_out_session(&mut request);
    }
    let mut response = match frame.login(&request) {
        Some(response) => response,
        None => match frame.second_try(request.method(), request.uri(), request.headers()).await {
            Some(response) => response,
            None => {
                let way = frame.way(&request);
                let response = next.run(request).await;
                frame.keep_way(way, &response);
                response
            }
        },
    };
    if !frame.hosts.is_empty() {
        frame.keep_in_frame(response.headers_mut());
        let is_ours = response.extensions().get::<page::Ours>().is_some();
        if is_ours || !response.headers().contains_key(header::CONTENT_SECURITY_POLICY) {
            frame.show_in_frame(response.headers_mut());
        }
    }
    response
}

impl Frame {
    /// Where there is nothing to choose from, the page with the choice is left out.
    fn login(&self, request: &Request) -> Option<Response> {
        let parts = &self.parts;
        let path = request.uri().path();
        let is_page = [parts.route("/login"), parts.route(&format!("{AGAIN}/login"))];
        let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
        if !is_get
            || parts.providers.len() + parts.hosted.len() > 1
            || !is_page.iter().any(|page| page == path)
        {
            return None;
        }
        let base = parts.attempts.base();
        // `_target_url`, as links for huggingface_hub have it.
        let uri = request.uri();
        let wish = param(uri, "return_to").or_else(|| param(uri, "_target_url"));
        let return_to = wish.and_then(|wish| {
            let checked = LocalRedirect::parse_at(&wish, base);
            checked.inspect_err(|error| tracing::warn!(%error, "a way back was refused")).ok()
        });
        let return_to = return_to.unwrap_or_else(|| LocalRedirect::home(base));
        let begin = page::with_return_to(parts.link(&format!("/login/{NAME}")), &return_to, base);
        Some(routes::see_other(&begin))
    }

    /// Where a login that begins is to lead, if that has to be kept for a second try.
    fn way(&self, request: &Request) -> Option<LocalRedirect> {
        let (parts, base) = (&self.parts, self.parts.attempts.base());
        let is_begin = request.uri().path() == parts.route(&format!("/login/{NAME}"));
        if !parts.has_second_try || !is_begin || *request.method() != Method::GET {
            return None;
        }
        let wish = param(request.uri(), "return_to")?;
        let way = LocalRedirect::parse_at(&wish, base).ok()?;
        (way != LocalRedirect::home(base)).then_some(way)
    }

    fn keep_way(&self, way: Option<LocalRedirect>, response: &Response) {
        let location = response.headers().get(header::LOCATION);
        let url = location.and_then(|location| Url::parse(location.to_str().ok()?).ok());
        let (Some(way), Some(url)) = (way, url) else { return };
        if let Some((_, state)) = url.query_pairs().find(|(name, _)| name == "state") {
            self.ways.keep(&state, way, self.parts.clock.now());
        }
    }

    /// A login that came back to a browser which has no cookie of it: begun in a frame, or at
    /// another host of the Space.
    async fn second_try(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Option<Response> {
        let parts = &self.parts;
        let is_callback =
            *method == Method::GET && uri.path() == parts.route(&format!("/callback/{NAME}"));
        if !parts.has_second_try || !is_callback {
            return None;
        }
        let callback = Callback::from_query(uri.query().unwrap_or_default()).ok()?;
        let has_code = param(uri, "code").is_some();
        if callback.is_refusal() || !has_code {
            return None;
        }
        let cookies = login::cookies(headers);
        let redirect_uri = parts.redirect_uri(NAME);
        // A store that does not answer is the callback's to tell.
        if !matches!(parts.attempts.has(NAME, &redirect_uri, &callback, &cookies).await, Ok(false))
        {
            return None;
        }
        let (second, base) = (second_try(parts), parts.attempts.base());
        let begin = format!("/login/{NAME}");
        let now = parts.clock.now();
        let way = param(uri, "state").and_then(|state| self.ways.take(&state, now));
        let way = way.unwrap_or_else(|| LocalRedirect::home(base));
        if is_in_frame(headers) {
            let again = page::with_return_to(second.link(&begin), &way, base);
            return Some(page::out_of_frame(parts, NAME, &again));
        }
        tracing::info!("a sign-in lost its attempt, and is begun once more");
        let again = page::with_return_to(base.join(&second.route(&begin)), &way, base);
        Some(routes::see_other(&again))
    }

    /// Whether another site's page sends it, with something to do: browsers say so, and a form of
    /// that page cannot.
    fn is_from_elsewhere(&self, request: &Request) -> bool {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        // A socket begins as a GET, and no rule of origins keeps another site from it.
        let is_socket = request.headers().contains_key(header::UPGRADE);
        if is_read && !is_socket {
            return false;
        }
        if let Some(site) = request.headers().get(SEC_FETCH_SITE) {
            return site != "same-origin" && site != "none";
        }
        let origin = request.headers().get(header::ORIGIN);
        origin.is_some_and(|origin| !self.hosts.iter().any(|host| origin == host.as_str()))
    }

    fn leave_out_session(&self, request: &mut Request) {
        let session = self.parts.session_name();
        let cookies = login::cookies(request.headers());
        let is_session = |pair: &&str| pair.split('=').next().map(str::trim) == Some(&session);
        let rest = cookies.split(';').map(str::trim).filter(|pair| !is_session(pair));
        let rest = HeaderValue::from_str(&rest.collect::<Vec<_>>().join("; "));
        request.headers_mut().remove(header::COOKIE);
        if let Ok(rest) = rest {
            request.headers_mut().insert(header::COOKIE, rest);
        }
    }

    /// The session's cookie as a frame keeps it: neither sessions' layer nor its removal knows of
    /// partitions.
    fn keep_in_frame(&self, headers: &mut HeaderMap) {
        let set: Vec<_> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
        headers.remove(header::SET_COOKIE);
        for value in set {
            let framed = self.framed(&value).unwrap_or(value);
            headers.append(header::SET_COOKIE, framed);
        }
    }

    fn framed(&self, value: &HeaderValue) -> Option<HeaderValue> {
        let mut cookie = Cookie::parse(value.to_str().ok()?).ok()?;
        if cookie.name() != self.parts.session_name() {
            return None;
        }
        cookie.set_same_site(SameSite::None);
        cookie.set_secure(true);
        cookie.set_partitioned(true);
        HeaderValue::from_str(&cookie.to_string()).ok()
    }

    /// Our pages are for nobody's frame; in a Space, for the Hub's. So are the application's,
    /// unless they have a policy: another Space could lay something over them.
    fn show_in_frame(&self, headers: &mut HeaderMap) {
        let wanted = format!("frame-ancestors {}", self.hub);
        let policy = headers.get(header::CONTENT_SECURITY_POLICY);
        let policy = policy.map_or(Some("frame-ancestors 'none'"), |policy| policy.to_str().ok());
        let Some(policy) = policy else { return };
        let policy = policy.replace("frame-ancestors 'none'", &wanted);
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
            // An older header that knows no origins.
            headers.remove(header::X_FRAME_OPTIONS);
        }
    }
}

/// As the browser says ([Fetch Metadata, section
/// 2.1](https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header)); one that says nothing is
/// served as if at the top.
fn is_in_frame(headers: &HeaderMap) -> bool {
    let place = headers.get(SEC_FETCH_DEST).and_then(|value| value.to_str().ok());
    matches!(place, Some("iframe" | "frame" | "fencedframe" | "embed" | "object"))
}

fn param(uri: &Uri, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}
