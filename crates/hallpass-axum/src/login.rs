//! The login itself: where it leads, and what a callback is.

use std::sync::Arc;

use axum::{
    body::to_bytes,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header},
    response::Response,
};
use hallpass_core::{BaseOAuth2, Callback, Error, Result};
use hallpass_web::{Attempt, Identity, LocalRedirect, cookie::Cookie, page::Problem};

use crate::{
    hosts, page, routes,
    sign_in::Parts,
    steps::{Begin, BegunLogin, FinishedLogin, Unfinished, UnfinishedLogin, UsedAttempt},
};

/// Why a login did not begin.
pub(crate) enum Unbegun {
    UnknownProvider,
    /// The provider is at many hosts, and this is none of them.
    Host(Error),
    Failed(Error),
}

impl From<Error> for Unbegun {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Whether a browser goes there, as far as it says: another site's picture, frame or script begins
/// no login, and neither does a page that is fetched before anybody wants it ([Fetch Metadata,
/// section 2](https://www.w3.org/TR/fetch-metadata/#framework)).
pub(crate) fn is_navigation(headers: &HeaderMap, is_framed: bool) -> bool {
    let says = |name: &'static str| headers.get(name).map(HeaderValue::as_bytes);
    let dest = match says("sec-fetch-dest") {
        Some(b"iframe" | b"frame") => is_framed,
        dest => dest.is_none_or(|dest| dest == b"document"),
    };
    let is_early = says("sec-purpose").is_some_and(|purpose| purpose.starts_with(b"prefetch"));
    dest && !is_early && says("sec-fetch-mode").is_none_or(|mode| mode == b"navigate")
}

pub(crate) async fn start(
    parts: &Parts,
    provider: &str,
    begin: Begin,
    headers: &HeaderMap,
) -> std::result::Result<BegunLogin, Unbegun> {
    let (client, host) = match (parts.client(provider), parts.hosted(provider)) {
        (Some(client), _) => (Arc::clone(client), None),
        (None, None) => return Err(Unbegun::UnknownProvider),
        (None, Some(hosted)) => {
            let host = hosted.host(begin.host.as_deref().unwrap_or_default());
            let host = host.map_err(Unbegun::Host)?;
            let of_host = |error| match hosts::is_of_host(&error) {
                true => Unbegun::Host(error),
                false => Unbegun::Failed(error),
            };
            (parts.at_host(hosted, &host).await.map_err(of_host)?.client, Some(host))
        }
    };
    let redirect_uri = parts.redirect_uri(provider);
    let request = begin.request.redirect_uri(&redirect_uri);
    let login = client.get_authorization_url(request).await?;
    let home = || LocalRedirect::home(parts.attempts.base());
    let mut attempt = Attempt::new(login.pending, begin.return_to.unwrap_or_else(home));
    attempt.host = host;
    let now = parts.clock.now();
    let cookies = parts.attempts.begin(attempt, &redirect_uri, &cookies(headers), now).await?;
    Ok(BegunLogin { location: login.url.into_string(), cookies })
}

pub(crate) async fn finish(
    parts: &Parts,
    provider: &str,
    request: Request,
) -> std::result::Result<FinishedLogin, UnfinishedLogin> {
    let home = LocalRedirect::home(parts.attempts.base());
    if !parts.has(provider) {
        let page = page::problem(parts, Problem::UnknownProvider, None, &home);
        return Err(unfinished(Unfinished::UnknownProvider, page, &[]));
    }
    let failed = |error: Error, to: &LocalRedirect, cookies: &[Cookie<'_>]| {
        let page = page::failed(parts, provider, &error, to);
        unfinished(Unfinished::Failed(error), page, cookies)
    };
    let redirect_uri = parts.redirect_uri(provider);
    let answer = match answer(parts, provider, &redirect_uri, request).await {
        Ok(answer) => answer,
        Err(error) => return Err(failed(error, &home, &[])),
    };
    let Answer { found, cookies } = answer;
    let (callback, attempt) = match found {
        Found::Login(callback, attempt) => (callback, attempt),
        Found::Posted(location) => {
            let response = routes::see_other(&location);
            return Err(unfinished(Unfinished::Posted, response, &cookies));
        }
        Found::Failed(error) => return Err(failed(error, &home, &cookies)),
        Found::Nothing => {
            let page = page::problem(parts, Problem::Unknown, Some(provider), &home);
            return Err(unfinished(Unfinished::NotBegunHere, page, &cookies));
        }
    };
    let return_to = attempt.return_to.clone();
    match redeem(parts, provider, callback, *attempt).await {
        Ok(login) => Ok(FinishedLogin { used: UsedAttempt(cookies), ..login }),
        Err(error) => Err(failed(error, &return_to, &cookies)),
    }
}

fn unfinished(why: Unfinished, response: Response, cookies: &[Cookie<'_>]) -> UnfinishedLogin {
    UnfinishedLogin { why, response: Box::new(routes::with_cookies(response, cookies)) }
}

/// What a request to the callback is, and the cookies to set whatever becomes of it.
struct Answer {
    found: Found,
    cookies: Vec<Cookie<'static>>,
}

enum Found {
    Login(Callback, Box<Attempt>),
    /// It is sealed for the GET at this place.
    Posted(String),
    Failed(Error),
    Nothing,
}

/// Stands in the query of the GET that a posted answer leads to.
const POSTED: &str = "hallpass.posted=";

/// As long as a callback may be.
const LONGEST_BYTES: usize = 64 << 10;

/// Of a user's id, in bytes: every session keeps it, and instances are whoever sets one up.
const LONGEST_ID: usize = 512;

async fn answer(
    parts: &Parts,
    provider: &str,
    redirect_uri: &str,
    request: Request,
) -> Result<Answer> {
    let (attempts, now) = (&parts.attempts, parts.clock.now());
    let sent = cookies(request.headers());
    if !matches!(*request.method(), Method::GET | Method::POST) {
        // Who asks for the headers alone uses nothing up.
        return Ok(Answer { found: Found::Nothing, cookies: Vec::new() });
    }
    if request.method() == Method::POST {
        let form = to_bytes(request.into_body(), LONGEST_BYTES).await.map_err(|error| {
            Error::security("too_long", "the callback cannot be read").with_source(error)
        })?;
        let callback = Callback::from_form(&form)?;
        let mut taken = attempts.take(provider, redirect_uri, &callback, &sent).await?;
        let Some(attempt) = taken.attempt else {
            return Ok(Answer { found: Found::Nothing, cookies: taken.cookies });
        };
        // The attempt is used up, whatever becomes of the rest.
        let found = match attempts.post(attempt, &form, redirect_uri, now).await {
            Ok(posted) => {
                taken.cookies.push(posted.cookie);
                let location = parts.link(&format!("/callback/{provider}"));
                Found::Posted(format!("{location}?{POSTED}{}", posted.marker))
            }
            Err(error) => Found::Failed(error),
        };
        return Ok(Answer { found, cookies: taken.cookies });
    }
    let query = request.uri().query().unwrap_or_default();
    if let Some(marker) = query.strip_prefix(POSTED) {
        let taken = attempts.take_posted(provider, redirect_uri, marker, &sent, now).await?;
        let found = taken.found.map_or(Found::Nothing, |(callback, attempt)| {
            Found::Login(callback, Box::new(attempt))
        });
        return Ok(Answer { found, cookies: taken.cookies });
    }
    let callback = Callback::from_query(query)?;
    let taken = attempts.take(provider, redirect_uri, &callback, &sent).await?;
    let found = match taken.attempt {
        Some(attempt) => Found::Login(callback, Box::new(attempt)),
        // Another look at all of them, for what says no alone.
        None if !callback.is_refusal() => Found::Nothing,
        // Every attempt of this browser goes on: nobody knows who says so.
        None => attempts
            .nameless_refusal(provider, redirect_uri, &callback, &sent)
            .await?
            .map_or(Found::Nothing, Found::Failed),
    };
    Ok(Answer { found, cookies: taken.cookies })
}

async fn redeem(
    parts: &Parts,
    provider: &str,
    callback: Callback,
    attempt: Attempt,
) -> Result<FinishedLogin> {
    let Attempt { pending, return_to, host, .. } = attempt;
    let client: Arc<dyn BaseOAuth2> = match (parts.client(provider), parts.hosted(provider), &host)
    {
        (Some(client), _, None) => Arc::clone(client),
        (_, Some(hosted), Some(host)) => parts.at_host(hosted, host).await?.client,
        _ => {
            let message = "the login was begun when this provider was another";
            return Err(Error::denied(message).with_reason("pending"));
        }
    };
    let signed_in = client.sign_in(callback, pending).await?;
    // Without one, everybody would be the same user.
    if !(1..=LONGEST_ID).contains(&signed_in.profile.id().len()) {
        let message = "the user has no id, or a longer one than any provider's";
        return Err(Error::malformed(message).with_reason("profile_id"));
    }
    let mut identity = Identity::new(provider, &signed_in.profile, &signed_in.token);
    if let Some(host) = &host {
        identity = identity.at_host(host);
    }
    Ok(FinishedLogin {
        identity,
        token: signed_in.token,
        profile: signed_in.profile,
        return_to,
        data: signed_in.data,
        used: UsedAttempt(Vec::new()),
    })
}

pub(crate) fn cookies(headers: &HeaderMap) -> String {
    // Another's cookie may hold any byte; ours do not.
    let values = headers.get_all(header::COOKIE).iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect::<Vec<_>>().join("; ")
}
