use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use hallpass_web::{Identity, LocalRedirect, cookie::Cookie, page::Problem};
use serde::Deserialize;
use tower_sessions::{Session, session};

#[cfg(feature = "openid")]
use crate::backchannel;
use crate::{
    Decision, LoginContext, ending,
    guard::{self, Began},
    login::{self, Unbegun},
    logout, page,
    sign_in::Parts,
    steps::{Begin, FinishedLogin, UsedAttempt},
};

pub(crate) fn router(parts: Arc<Parts>) -> Router {
    // Who asks for the headers alone begins nothing, and uses nothing up.
    let back = get(callback).post(callback).head(not_asked);
    Router::new()
        .route(&parts.route("/login"), get(login_page))
        .route(&parts.route("/login/{provider}"), get(begin).head(not_asked))
        .route(&parts.route("/callback/{provider}"), back)
        .route(&parts.route("/error"), get(error_page))
        .route(&parts.route("/logout"), get(logout::ask).post(logout::leave))
        .route(&parts.route("/logout/done"), get(logout::done))
        .merge(backchannel(&parts))
        .with_state(parts)
}

/// Where a provider says that somebody signed out, if the application listens to it.
fn backchannel(parts: &Parts) -> Router<Arc<Parts>> {
    #[cfg(feature = "openid")]
    if parts.ending.backchannel.is_some() {
        return backchannel::router(parts);
    }
    let _ = parts;
    Router::new()
}

#[derive(Deserialize)]
struct Wish {
    return_to: Option<String>,
    /// Of a provider that is at many.
    host: Option<String>,
}

impl Wish {
    /// Where to afterwards; what leads elsewhere leads home.
    fn return_to(&self, parts: &Parts) -> LocalRedirect {
        let base = parts.attempts.base();
        let Some(text) = &self.return_to else { return LocalRedirect::home(base) };
        LocalRedirect::parse_at(text, base).unwrap_or_else(|error| {
            tracing::warn!(%error, "a way back was refused");
            LocalRedirect::home(base)
        })
    }
}

async fn login_page(State(parts): State<Arc<Parts>>, Query(wish): Query<Wish>) -> Response {
    page::login(&parts, &wish.return_to(&parts), None)
}

async fn begin(
    State(parts): State<Arc<Parts>>,
    Path(provider): Path<String>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    if !login::is_navigation(&headers, parts.attempts.is_framed()) {
        return private(StatusCode::FORBIDDEN.into_response());
    }
    let return_to = wish.return_to(&parts);
    let mut options = Begin::new().return_to(return_to.clone());
    if let Some(host) = &wish.host {
        options = options.at_host(host);
    }
    match login::start(&parts, &provider, options, &headers).await {
        Ok(begun) => begun.into_response(),
        Err(Unbegun::UnknownProvider) => {
            page::problem(&parts, Problem::UnknownProvider, None, &return_to)
        }
        Err(Unbegun::Host(error)) => {
            tracing::info!(provider, %error, "a host was refused");
            let typed = wish.host.as_deref().unwrap_or_default();
            page::login(&parts, &return_to, Some((&provider, typed)))
        }
        Err(Unbegun::Failed(error)) => page::failed(&parts, &provider, &error, &return_to),
    }
}

async fn not_asked() -> Response {
    private((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response())
}

#[derive(Deserialize)]
struct Known {
    problem: Option<String>,
    return_to: Option<String>,
}

/// For an application that knows what went wrong: a word of a list, and nothing else of the URL.
async fn error_page(State(parts): State<Arc<Parts>>, Query(known): Query<Known>) -> Response {
    let problem = match known.problem.as_deref() {
        Some("denied") => Problem::Denied,
        Some("expired") => Problem::Expired,
        Some("misconfigured") => Problem::Misconfigured { reference: "" },
        Some("provider_down") => Problem::ProviderDown { retry_after: None },
        Some("refused") => Problem::Refused { reason: None },
        Some("stale_form") => Problem::StaleForm,
        Some("unknown_provider") => Problem::UnknownProvider,
        _ => Problem::Unknown,
    };
    let wish = Wish { return_to: known.return_to, host: None };
    page::problem(&parts, problem, None, &wish.return_to(&parts))
}

async fn callback(
    State(parts): State<Arc<Parts>>,
    Path(provider): Path<String>,
    session: Session,
    request: Request,
) -> Response {
    match login::finish(&parts, &provider, request).await {
        Ok(login) => admit(&parts, login, &session).await,
        Err(unfinished) => unfinished.into_response(),
    }
}

/// Asks the application, and signs in.
async fn admit(parts: &Arc<Parts>, login: FinishedLogin, session: &Session) -> Response {
    let FinishedLogin { identity, token, profile, return_to, data, used } = login;
    let UsedAttempt(cookies) = used;
    let context = LoginContext {
        identity: &identity,
        token: &token,
        profile: &profile,
        return_to: &return_to,
        data: data.as_deref(),
        session,
    };
    let began = Began::new(&token, parts.clock.now());
    let decided = match remembered(parts, &identity, &began).await {
        Ok(()) => decided(parts, context).await,
        Err(error) => Err(lost(parts, &error)),
    };
    let response = match decided {
        Err(response) => response,
        // Before there is a session: who is signed in has a token.
        Ok(to) => match parts.keep(&identity, token).await {
            Err(error) => page::ours(parts, &identity.provider, &error, &to),
            Ok(()) => match guard::sign_in(session, &identity, &began).await {
                Ok(()) => see_other(to.as_str()),
                Err(error) => lost(parts, &error),
            },
        },
    };
    with_cookies(response, &cookies)
}

/// Before anybody is asked, which may take its time: a session whose end could not be told
/// meanwhile would outlive it.
async fn remembered(
    parts: &Parts,
    identity: &Identity,
    began: &Began,
) -> Result<(), session::Error> {
    #[cfg(feature = "openid")]
    backchannel::remember(parts, identity, began).await?;
    let _ = (parts, identity, began);
    Ok(())
}

/// Where to, if the application lets them in.
async fn decided(parts: &Arc<Parts>, login: LoginContext<'_>) -> Result<LocalRedirect, Response> {
    let LoginContext { identity, return_to, session, .. } = login;
    let provider = identity.provider.as_str();
    // What somebody else left in this browser is not the next one's.
    ending::make_way(parts, session, identity).await.map_err(|error| lost(parts, &error))?;
    match parts.hooks.on_login(login).await {
        Ok(Decision::Allow) => Ok(return_to.clone()),
        Ok(Decision::Redirect(elsewhere)) => Ok(elsewhere),
        Ok(Decision::Deny(why)) => {
            ending::refuse(parts, session).await.map_err(|error| lost(parts, &error))?;
            let refused = Problem::Refused { reason: Some(&why) };
            Err(page::problem(parts, refused, Some(provider), return_to))
        }
        Err(error) => {
            // With what it wrote before it failed.
            ending::refuse(parts, session).await.map_err(|error| lost(parts, &error))?;
            Err(page::ours(parts, provider, &error, return_to))
        }
    }
}

/// The store of the sessions does not do what it should.
pub(crate) fn lost(parts: &Parts, error: &session::Error) -> Response {
    let reference = format!("{:08x}", rand::random::<u32>());
    tracing::error!(%error, reference, "a session cannot be read or written");
    let problem = Problem::Misconfigured { reference: &reference };
    page::problem(parts, problem, None, &LocalRedirect::home(parts.attempts.base()))
}

/// 303, so that a form's POST is not repeated there ([RFC 9700, section
/// 4.12](https://www.rfc-editor.org/rfc/rfc9700#section-4.12)).
pub(crate) fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    private((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

pub(crate) fn with_cookies(mut response: Response, cookies: &[Cookie<'_>]) -> Response {
    set_cookies(response.headers_mut(), cookies);
    response
}

pub(crate) fn set_cookies(headers: &mut HeaderMap, cookies: &[Cookie<'_>]) {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            headers.append(header::SET_COOKIE, value);
        }
    }
}

/// Nobody keeps it, and nobody is told where the browser was: the callback's URL has a code in it.
pub(crate) fn private(mut response: Response) -> Response {
    let headers: [(HeaderName, &'static str); 3] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
