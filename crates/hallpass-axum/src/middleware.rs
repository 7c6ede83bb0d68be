//! What is asked of every request.

use std::sync::Arc;

use axum::{
    extract::{OriginalUri, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use hallpass_web::LocalRedirect;
use tower_sessions::Session;

use crate::{guard, page, routes, sign_in::Parts};

/// Signs out whom the application lets in no more: of every request of somebody who is signed in.
pub(crate) async fn check(
    State(parts): State<Arc<Parts>>,
    session: Session,
    request: Request,
    next: Next,
) -> Response {
    match guard::identity(&session).await {
        Ok(Some(identity)) => match parts.hooks.check_session(&identity).await {
            Ok(true) => next.run(request).await,
            Ok(false) => {
                let provider = identity.provider;
                tracing::info!(provider, "a session is ended by the application");
                match session.flush().await {
                    Ok(()) => next.run(request).await,
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

/// What a guard knows: the paths that anybody may see, besides those of sign-in.
#[derive(Clone)]
pub(crate) struct Guarded {
    pub(crate) parts: Arc<Parts>,
    pub(crate) open: Arc<[String]>,
}

impl Guarded {
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
        is_plain(path) && self.open.iter().any(is_below)
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

pub(crate) async fn require(
    State(guarded): State<Guarded>,
    OriginalUri(uri): OriginalUri,
    session: Session,
    request: Request,
    next: Next,
) -> Response {
    let parts = &guarded.parts;
    if guarded.is_open(uri.path()) {
        return next.run(request).await;
    }
    match guard::identity(&session).await {
        Ok(Some(_)) => next.run(request).await,
        Ok(None) if is_for_a_page(&request) => {
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
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
        Err(error) => routes::lost(parts, &error),
    }
}

/// Of the session's cookie the raw name counts: tower-sessions decodes names, so that one with a `%`
/// in it, which any subdomain may set, would pass for ours and win over it.
pub(crate) async fn untangle(mut request: Request, next: Next) -> Response {
    let values = request.headers().get_all(header::COOKIE).iter();
    let all: Vec<_> =
        values.map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned()).collect();
    let pairs = all.iter().flat_map(|value| value.split(';')).map(str::trim);
    let name_of = |pair: &str| pair.split('=').next().unwrap_or_default().trim().to_owned();
    let is_session = |name: &str| name.ends_with("hallpass.session");
    let sessions = pairs.clone().filter(|pair| is_session(&name_of(pair))).count();
    let kept = pairs.filter(|pair| {
        let name = name_of(pair);
        let is_one_of_two = is_session(&name) && sessions > 1;
        !name.contains('%') && !is_one_of_two
    });
    let kept = HeaderValue::from_str(&kept.collect::<Vec<_>>().join("; "));
    request.headers_mut().remove(header::COOKIE);
    if let Ok(kept) = kept {
        request.headers_mut().insert(header::COOKIE, kept);
    }
    next.run(request).await
}

/// A browser that goes somewhere, and no script that fetches something.
fn is_for_a_page(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    matches!(*request.method(), Method::GET | Method::HEAD)
        && accept.is_some_and(|accept| accept.contains("text/html"))
}
