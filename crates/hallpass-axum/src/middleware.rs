//! What is asked of every request.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use hallpass_core::url::form_urlencoded;
use hallpass_web::{LocalRedirect, cookie::Cookie};
use tower_sessions::{Expiry, Session, session::Id};

use crate::{
    SessionEnd, ending, guard, login, page, routes,
    sessions::{OverStaysOver, is_over},
    sign_in::{IDLE, Parts},
};

/// Signs out whom the application lets in no more: of every request of somebody who is signed in.
pub(crate) async fn check(
    State(parts): State<Arc<Parts>>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    // For what handlers take out of a request.
    request.extensions_mut().insert(Arc::clone(&parts));
    let here = Here(request.uri().clone());
    request.extensions_mut().insert(here);
    if let Err(error) = ending::end_what_is_over(&parts, &session).await {
        return routes::lost(&parts, &error);
    }
    match guard::identity(&session).await {
        Ok(Some(identity)) => match parts.hooks.check_session(&identity).await {
            Ok(true) => match touch(&parts, &session).await {
                Ok(None) => next.run(request).await,
                Ok(Some((id, cookie))) => {
                    let response = next.run(request).await;
                    let is_the_same = session.id() == Some(id);
                    let cookies: &[_] = if is_the_same { &[cookie] } else { &[] };
                    routes::with_cookies(response, cookies)
                }
                Err(error) => routes::lost(&parts, &error),
            },
            Ok(false) => {
                let provider = &identity.provider;
                tracing::info!(provider, "a session is ended by the application");
                match ending::end(&parts, &session, &identity, SessionEnd::NotLetIn).await {
                    Ok(_) => next.run(request).await,
                    Err(error) => routes::lost(&parts, &error),
                }
            }
            Err(error) => {
                tracing::error!(%error, "the application does not know whether to let somebody in");
                routes::private(StatusCode::SERVICE_UNAVAILABLE.into_response())
            }
        },
        Ok(None) => next.run(request).await,
        Err(error) => routes::lost(&parts, &error),
    }
}

/// A session lasts from its last use on: on each day it is written once more, and its cookie with
/// it. In a `Session` of its own, which is read, written and dropped: that of the request would be
/// written at its end, with all that others wrote meanwhile undone.
async fn touch(
    parts: &Parts,
    session: &Session,
) -> Result<Option<(Id, Cookie<'static>)>, tower_sessions::session::Error> {
    let day = guard::day(parts.clock.now());
    let (Some(id), Some(store)) = (session.id(), &parts.store) else { return Ok(None) };
    if guard::seen(session).await? == Some(day) {
        return Ok(None);
    }
    let store = OverStaysOver::new(Arc::clone(store), Arc::clone(&parts.clock));
    let own = Session::new(Some(id), Arc::new(store), Some(Expiry::OnInactivity(IDLE)));
    guard::see(&own, day).await?;
    own.save().await?;
    Ok(Some((id, parts.session_cookie(id.to_string()))))
}

/// The URI as this application was asked for it, whatever it is nested in, and whatever part of it
/// serves the request.
#[derive(Debug, Clone)]
struct Here(Uri);

/// The paths that anybody may see, besides those of sign-in.
#[derive(Clone)]
pub(crate) struct Open(pub(crate) Arc<[String]>);

impl Open {
    /// What may be in `open`: `/`, or a plain path of one segment or more.
    pub(crate) fn is_entry(path: &str) -> bool {
        path == "/" || (is_plain(path) && !path.ends_with('/') && path.len() > 1)
    }

    /// By whole segments: `/docs` opens `/docs/a`, and not `/docsx`; `/` is the front page alone.
    fn is_open(&self, path: &str) -> bool {
        let is_below = |known: &String| match known.as_str() {
            "/" => path == "/",
            known => {
                let rest = path.strip_prefix(known);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        };
        is_plain(path) && self.0.iter().any(is_below)
    }
}

/// Without a segment that another server may read in another way.
fn is_plain(path: &str) -> bool {
    let decoded = path.to_ascii_lowercase().replace("%2e", ".");
    let is_odd = |segment: &str| {
        matches!(segment, "." | "..") || segment.contains("%2f") || segment.contains("%5c")
    };
    path.starts_with('/')
        && !path.contains("//")
        && !path.contains('\\')
        && !decoded.split('/').any(is_odd)
}

/// The application behind a guard, if it has one.
pub(crate) fn closed(app: Router, open: Option<Open>) -> Router {
    match open {
        Some(open) => app.layer(from_fn_with_state(open, require_but_for)),
        None => app,
    }
}

async fn require_but_for(State(open): State<Open>, request: Request, next: Next) -> Response {
    let here = request.extensions().get::<Here>().map_or(request.uri(), |here| &here.0);
    match open.is_open(here.path()) {
        true => next.run(request).await,
        false => require_login(request, next).await,
    }
}

/// A layer for the part of an application that is for those who are signed in alone. Who is nobody
/// is sent to sign in and back where they asked for a page, and told 401 where a script asks. For
/// the whole of it see [`SignIn::require_login`](crate::SignIn::require_login).
///
/// ```
/// use axum::{Router, middleware::from_fn, routing::get};
/// use hallpass_axum::require_login;
///
/// let mine = Router::new().route("/mine", get(|| async { "yours" })).layer(from_fn(require_login));
/// let app: Router = Router::new().route("/", get(|| async { "everybody's" })).merge(mine);
/// // and then SignIn::attach, without which it answers 500
/// ```
pub async fn require_login(request: Request, next: Next) -> Response {
    let here = request.extensions().get::<Arc<Parts>>().cloned();
    let Some((parts, session)) = here.zip(request.extensions().get::<Session>().cloned()) else {
        tracing::error!("this route has no session: it was added after SignIn::attach");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match guard::identity(&session).await {
        Ok(Some(_)) => {
            let mut response = next.run(request).await;
            // What only they may see is in no cache that others have, nor there after a logout.
            let own = HeaderValue::from_static("private, no-cache");
            // check: 93
            response.headers_mut().entry(header::CACHE_CONTROL).or_insert(own);
            response
        }
        Ok(None) if is_for_a_page(&request) => {
            let here = request.extensions().get::<Here>().map_or(request.uri(), |here| &here.0);
            let path = here.path_and_query().map_or("/", |path| path.as_str());
            let base = parts.attempts.base();
            let root = base.path().trim_end_matches('/');
            let back = LocalRedirect::parse(&format!("{root}{path}"), base);
            let back = back.unwrap_or_else(|_| LocalRedirect::home(base));
            routes::see_other(&page::with_return_to(parts.link("/login"), &back, base))
        }
        Ok(None) => {
            let body = r#"{"error":"login_required"}"#;
            let json = [(header::CONTENT_TYPE, "application/json")];
            routes::private((StatusCode::UNAUTHORIZED, json, body).into_response())
        }
        Err(error) => routes::lost(&parts, &error),
    }
}

/// Of the session's cookie the raw name counts: tower-sessions decodes names, so that one with a
/// `%` in it, which any subdomain may set, would pass for ours and win over it. Which of two of the
/// very same name is ours nobody knows.
pub(crate) async fn untangle(
    State(parts): State<Arc<Parts>>,
    mut request: Request,
    next: Next,
) -> Response {
    let sent = login::cookies(request.headers());
    let ours = parts.session_name();
    let name_of = |pair: &str| pair.split('=').next().unwrap_or_default().trim().to_owned();
    let pairs = sent.split(';').map(str::trim);
    let is_twice = pairs.clone().filter(|pair| name_of(pair) == ours).count() > 1;
    let kept = pairs.filter(|pair| {
        let raw = name_of(pair);
        let decoded = form_urlencoded::parse(raw.as_bytes()).next();
        let is_read_as_ours = decoded.is_some_and(|(name, _)| name == ours);
        !is_read_as_ours || (raw == ours && !is_twice)
    });
    let kept = HeaderValue::from_str(&kept.collect::<Vec<_>>().join("; "));
    request.headers_mut().remove(header::COOKIE);
    if let Ok(kept) = kept {
        request.headers_mut().insert(header::COOKIE, kept);
    }
    let response = without_what_is_over(&parts, next.run(request).await).await;
    let mut response = with_our_removal(&parts, response, is_twice);
    // check: 93
    if response.headers().get_all(header::SET_COOKIE).iter().any(|set| is_of(set, &ours)) {
        keep_out_of_caches(response.headers_mut());
    }
    response
}

/// A request that was under way when its session ended would give the browser the cookie of that
/// one once more, perhaps in place of the next one's.
async fn without_what_is_over(parts: &Parts, mut response: Response) -> Response {
    let prefix = format!("{}=", parts.session_name());
    let id_of = |value: &HeaderValue| {
        let rest = value.to_str().ok()?.strip_prefix(&prefix)?;
        rest.split(';').next()?.parse::<Id>().ok()
    };
    let all: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    let (Some(id), Some(store)) = (all.iter().find_map(id_of), &parts.store) else {
        return response;
    };
    // Where that is not known, a cookie that is good for nothing does no harm.
    if is_over(&**store, &id).await.unwrap_or_default() {
        response.headers_mut().remove(header::SET_COOKIE);
        for cookie in all.into_iter().filter(|cookie| id_of(cookie).is_none()) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// tower-sessions removes the cookie of every session that it does not find, and without `Secure`:
/// browsers ignore that for a name that begins with `__Host-` ([RFC 6265bis, section
/// 4.1.3](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3)), and
/// for another it may come after a login that was meanwhile, and end that. Ours stands on the
/// answer to a logout, and where two cookies keep each other out; else a cookie that is good for
/// nothing stays, and does no harm.
fn with_our_removal(parts: &Parts, mut response: Response, is_twice: bool) -> Response {
    let removal = format!("{}=;", parts.session_name());
    let is_removal = |value: &HeaderValue| value.as_bytes().starts_with(removal.as_bytes());
    let all: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    response.headers_mut().remove(header::SET_COOKIE);
    for cookie in all.into_iter().filter(|cookie| !is_removal(cookie)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    match response.extensions().get::<ending::SignedOut>() {
        None if !is_twice => response,
        _ => routes::with_cookies(response, &[parts.session_removal()]),
    }
}

fn is_of(set: &HeaderValue, name: &str) -> bool {
    let rest = set.as_bytes().strip_prefix(name.as_bytes());
    rest.is_some_and(|rest| rest.starts_with(b"="))
}

/// An answer with somebody's session on it is nobody else's, whatever it is of itself: a file for
/// everybody, say ([RFC 9111, section 7.3](https://www.rfc-editor.org/rfc/rfc9111#section-7.3)).
fn keep_out_of_caches(headers: &mut HeaderMap) {
    let said = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
    let is_private = said.is_some_and(|said| said.contains("no-store") || said.contains("private"));
    if !is_private {
        let own = HeaderValue::from_static("private, no-cache");
        headers.insert(header::CACHE_CONTROL, own);
    }
}

/// A browser that goes somewhere, and no script that fetches something.
fn is_for_a_page(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    matches!(*request.method(), Method::GET | Method::HEAD)
        && accept.is_some_and(|accept| accept.contains("text/html"))
}
