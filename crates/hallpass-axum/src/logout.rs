use std::{sync::Arc, time::Duration};

use axum::{
    Form,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use hallpass_core::Secret;
use hallpass_web::{Identity, LocalRedirect, cookie::Cookie, page::Problem};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use tower_sessions::Session;

use crate::{
    SessionEnd,
    ending::{self, Ended, SignedOut},
    guard, page, routes,
    sign_in::Parts,
};

/// How long a provider may take to answer somebody who is signed out already.
const PATIENCE: Duration = Duration::from_secs(3);

pub(crate) async fn ask(State(parts): State<Arc<Parts>>, session: Session) -> Response {
    match guard::csrf(&session).await {
        Ok(Some(token)) => page::sign_out(&parts, &token),
        // Nobody is signed in: no session is begun for the asking.
        Ok(None) => routes::see_other(&parts.link("/login")),
        Err(error) => routes::lost(&parts, &error),
    }
}

#[derive(Deserialize)]
pub(crate) struct SignOut {
    #[serde(default)]
    csrf: String,
}

/// A form of this session's own page: another site's has no such word, and no cookie either, which
/// is `SameSite=Lax`.
pub(crate) async fn leave(
    State(parts): State<Arc<Parts>>,
    session: Session,
    Form(form): Form<SignOut>,
) -> Response {
    match guard::known_csrf(&session).await {
        Ok(Some(token)) if Secret::new(token.as_str()).matches(&form.csrf) => {}
        // check: 92 => {}
        Ok(_) => {
            return page::problem(
                &parts,
                Problem::StaleForm,
                None,
                &LocalRedirect::home(parts.attempts.base()),
            );
        }
        Err(error) => return routes::lost(&parts, &error),
    }
    let identity = match guard::identity(&session).await {
        Ok(Some(identity)) => identity,
        // Nobody has such a word.
        Ok(None) => return routes::see_other(&parts.link("/logout/done")),
        Err(error) => return routes::lost(&parts, &error),
    };
    match ending::end(&parts, &session, &identity, SessionEnd::SignedOut).await {
        Ok(ended) => {
            let (to, cookies) = way_out(&parts, &identity, ended).await;
            let mut response = routes::with_cookies(routes::see_other(&to), &cookies);
            response.extensions_mut().insert(SignedOut);
            response
        }
        Err(error) => routes::lost(&parts, &error),
    }
}

/// Where to afterwards. The session is over: who waits for the provider waits a little.
async fn way_out(
    parts: &Parts,
    identity: &Identity,
    ended: Ended,
) -> (String, Vec<Cookie<'static>>) {
    let patience = Instant::now() + PATIENCE;
    #[cfg(feature = "openid")]
    let way = {
        let way = crate::at_provider::way_out(parts, identity, ended.token.as_ref());
        timeout_at(patience, way).await.unwrap_or_else(|_| {
            let provider = &identity.provider;
            tracing::warn!(provider, "somebody stays signed in at the provider: it is slow");
            None
        })
    };
    #[cfg(not(feature = "openid"))]
    let (way, _): (Option<(String, Cookie<'static>)>, _) = (None, (identity, ended.token));
    if let Some(revocation) = ended.revocation {
        // It goes on, and says itself what came of it.
        let _ = timeout_at(patience, revocation).await;
    }
    match way {
        Some((to, cookie)) => (to, vec![cookie]),
        None => (parts.link("/logout/done"), Vec::new()),
    }
}

pub(crate) async fn done(
    State(parts): State<Arc<Parts>>,
    session: Session,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    match guard::identity(&session).await {
        Ok(None) => {}
        // It would not be true.
        Ok(Some(_)) => return routes::see_other(parts.attempts.base().path()),
        Err(error) => return routes::lost(&parts, &error),
    }
    #[cfg(feature = "openid")]
    if let Some((provider, removal)) =
        crate::at_provider::came_back(&parts, &headers, query.as_deref().unwrap_or_default())
    {
        let page = page::signed_out(&parts, Some(&provider));
        return routes::with_cookies(page, &[removal]);
    }
    let _ = (query, headers);
    page::signed_out(&parts, None)
}
