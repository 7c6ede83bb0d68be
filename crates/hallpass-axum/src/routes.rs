use std::sync::Arc;

use axum::{
    Form, Router,
    body::Bytes,
    extract::{Path, Query, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use hallpass_core::{AuthorizationRequest, BaseOAuth2, Callback, Error, Result, Secret};
use hallpass_web::{Attempt, Identity, LocalRedirect, cookie::Cookie, page::Problem};
use serde::Deserialize;
use tower_sessions::Session;

use crate::{Decision, LoginContext, guard, page, sign_in::Parts};

pub(crate) fn router(parts: Arc<Parts>) -> Router {
    let callback = get(callback_get).post(callback_post);
    Router::new()
        .route(&parts.route("/login"), get(login_page))
        .route(&parts.route("/login/{provider}"), get(begin))
        .route(&parts.route("/callback/{provider}"), callback)
        .route(&parts.route("/logout"), get(ask_logout).post(logout))
        .with_state(parts)
}

#[derive(Deserialize)]
struct Wish {
    return_to: Option<String>,
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
    page::login(&parts, &wish.return_to(&parts))
}

async fn begin(
    State(parts): State<Arc<Parts>>,
    Path(provider): Path<String>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    let return_to = wish.return_to(&parts);
    let Some(client) = parts.client(&provider) else {
        return page::problem(&parts, Problem::UnknownProvider, None, &return_to);
    };
    match authorization(&parts, client, &return_to, &headers).await {
        Ok((location, cookies)) => with_cookies(see_other(&location), &cookies),
        Err(error) => failed(&parts, &provider, &error, &return_to),
    }
}

async fn authorization(
    parts: &Parts,
    client: &Arc<dyn BaseOAuth2>,
    return_to: &LocalRedirect,
    headers: &HeaderMap,
) -> Result<(String, Vec<Cookie<'static>>)> {
    let redirect_uri = parts.redirect_uri(client.descriptor().name());
    let request = AuthorizationRequest::new().redirect_uri(&redirect_uri);
    let login = client.get_authorization_url(request).await?;
    let now = parts.clock.now();
    let cookies =
        parts.attempts.begin(login.pending, &redirect_uri, return_to, &cookies(headers), now)?;
    Ok((login.url.into_string(), cookies))
}

async fn callback_get(
    State(parts): State<Arc<Parts>>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    session: Session,
) -> Response {
    let callback = Callback::from_query(query.as_deref().unwrap_or_default());
    finish(&parts, &provider, callback, &headers, &session).await
}

async fn callback_post(
    State(parts): State<Arc<Parts>>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    session: Session,
    body: Bytes,
) -> Response {
    finish(&parts, &provider, Callback::from_form(&body), &headers, &session).await
}

async fn finish(
    parts: &Parts,
    provider: &str,
    callback: Result<Callback>,
    headers: &HeaderMap,
    session: &Session,
) -> Response {
    let home = LocalRedirect::home(parts.attempts.base());
    let Some(client) = parts.client(provider) else {
        return page::problem(parts, Problem::UnknownProvider, None, &home);
    };
    let callback = match callback {
        Ok(callback) => callback,
        Err(error) => return failed(parts, provider, &error, &home),
    };
    let redirect_uri = parts.redirect_uri(provider);
    let taken = parts.attempts.take(provider, &redirect_uri, &callback, &cookies(headers));
    let response = match taken.attempt {
        Some(attempt) => redeem(parts, client, callback, attempt, session).await,
        None => page::problem(parts, Problem::Unknown, Some(provider), &home),
    };
    with_cookies(response, &taken.cookies)
}

async fn redeem(
    parts: &Parts,
    client: &Arc<dyn BaseOAuth2>,
    callback: Callback,
    attempt: Attempt,
    session: &Session,
) -> Response {
    let Attempt { pending, return_to, .. } = attempt;
    let provider = client.descriptor().name();
    let signed_in = match client.sign_in(callback, pending).await {
        Ok(signed_in) => signed_in,
        Err(error) => return failed(parts, provider, &error, &return_to),
    };
    let identity = Identity::new(provider, &signed_in.profile, &signed_in.token);
    // What somebody else left in this browser is not the next one's.
    if let Err(error) = guard::make_way(session, &identity).await {
        return lost(parts, &error);
    }
    let decision = parts.hooks.on_login(LoginContext {
        identity: &identity,
        token: &signed_in.token,
        profile: &signed_in.profile,
        return_to: &return_to,
        session,
    });
    let to = match decision.await {
        Ok(Decision::Allow) => return_to,
        Ok(Decision::Redirect(elsewhere)) => elsewhere,
        Err(error) => {
            return failed(parts, provider, &error.with_preface("the application"), &return_to);
        }
        Ok(Decision::Deny(why)) => {
            if let Err(error) = session.flush().await {
                return lost(parts, &error);
            }
            let refused = Problem::Refused { reason: Some(&why) };
            return page::problem(parts, refused, Some(provider), &return_to);
        }
    };
    match guard::sign_in(session, &identity).await {
        Ok(()) => see_other(to.as_str()),
        Err(error) => lost(parts, &error),
    }
}

async fn ask_logout(State(parts): State<Arc<Parts>>, session: Session) -> Response {
    match guard::csrf(&session).await {
        Ok(Some(token)) => page::sign_out(&parts, &token),
        // Nobody is signed in: no session is begun for the asking.
        Ok(None) => see_other(&parts.link("/login")),
        Err(error) => lost(&parts, &error),
    }
}

#[derive(Deserialize)]
struct SignOut {
    #[serde(default)]
    csrf: String,
}

/// A form of this session's own page: another site's has no such word, and no cookie either, which
/// is `SameSite=Lax`.
async fn logout(
    State(parts): State<Arc<Parts>>,
    session: Session,
    Form(form): Form<SignOut>,
) -> Response {
    match guard::known_csrf(&session).await {
        Ok(Some(token)) if Secret::new(token.as_str()).matches(&form.csrf) => {}
        Ok(_) => {
            return page::problem(
                &parts,
                Problem::StaleForm,
                None,
                &LocalRedirect::home(parts.attempts.base()),
            );
        }
        Err(error) => return lost(&parts, &error),
    }
    if let Ok(Some(identity)) = guard::identity(&session).await {
        parts.hooks.on_logout(&identity).await;
    }
    match session.flush().await {
        // tower-sessions removes it without `Secure`, which browsers ignore for this name.
        Ok(()) => with_cookies(see_other(&parts.link("/login")), &[parts.session_removal()]),
        Err(error) => lost(&parts, &error),
    }
}

/// What the log is told, and what the person is.
fn failed(parts: &Parts, provider: &str, error: &Error, return_to: &LocalRedirect) -> Response {
    let reference = format!("{:08x}", rand::random::<u32>());
    tracing::warn!(provider, %error, reference, "a sign-in did not come to its end");
    page::problem(parts, Problem::of(error, &reference), Some(provider), return_to)
}

/// The store of the sessions does not do what it should.
pub(crate) fn lost(parts: &Parts, error: &tower_sessions::session::Error) -> Response {
    let reference = format!("{:08x}", rand::random::<u32>());
    tracing::error!(%error, reference, "a session cannot be read or written");
    let problem = Problem::Misconfigured { reference: &reference };
    page::problem(parts, problem, None, &LocalRedirect::home(parts.attempts.base()))
}

fn cookies(headers: &HeaderMap) -> String {
    // Another's cookie may hold any byte; ours do not.
    let values = headers.get_all(header::COOKIE).iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect::<Vec<_>>().join("; ")
}

/// 303, so that a form's POST is not repeated there ([RFC 9700, section
/// 4.12](https://www.rfc-editor.org/rfc/rfc9700#section-4.12)).
pub(crate) fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    private((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

fn with_cookies(mut response: Response, cookies: &[Cookie<'_>]) -> Response {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
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
