//! Signing out at the provider too: the browser goes there, and comes back.

use std::sync::Arc;

use axum::http::HeaderMap;
use hallpass_core::{ErrorKind, OAuth2Token, Result, Secret};
use hallpass_openid::{LogoutRequest, PendingLogout, logout};
use hallpass_web::{
    Identity,
    cookie::{Cookie, time::Duration},
};
use serde::{Deserialize, Serialize};

use crate::{SignIn, login, sign_in::Parts, tokens};

/// How long somebody may take at the provider's page.
const LIFETIME: Duration = Duration::minutes(10);
/// What else the same keys seal is bound to other words.
const PURPOSE: &str = "hallpass logout";

/// Signing out at the provider too.
impl SignIn {
    /// Once the session is over, `/logout` sends the browser on to the provider's own page to sign
    /// out, where the provider has one ([RP-Initiated
    /// Logout](https://openid.net/specs/openid-connect-rpinitiated-1_0.html)). It comes back to
    /// `/logout/done`: register that URL with the provider as `post_logout_redirect_uri`.
    ///
    /// With [`tokens`](Self::tokens) the provider is told by the ID token whose session it is;
    /// without, most ask. Where the provider has no such page, or does not say within 3 s where it
    /// is, the logout is the application's alone. The browser that comes back brings a `state`,
    /// which is compared with a sealed cookie of this browser and these ten minutes: `/logout/done`
    /// says that the provider was asked where it is the right one, and nothing of the provider
    /// where not.
    #[must_use]
    pub fn sign_out_at_provider(mut self) -> Self {
        Arc::make_mut(&mut self.parts).ending.leads_to_provider = true;
        self
    }
}

/// What the cookie holds.
#[derive(Serialize, Deserialize)]
struct Sealed {
    provider: String,
    pending: String,
}

/// Where to send the browser, and what it keeps; `None` where the logout is ours alone.
pub(crate) async fn way_out(
    parts: &Parts,
    identity: &Identity,
    token: Option<&OAuth2Token>,
) -> Option<(String, Cookie<'static>)> {
    if !parts.ending.leads_to_provider {
        return None;
    }
    match leaving(parts, identity, token).await {
        Ok(way) => Some(way),
        Err(error) => {
            let provider = &identity.provider;
            match error.kind() {
                ErrorKind::Unsupported => tracing::debug!(provider, "it has no page to sign out"),
                _ => tracing::warn!(provider, %error, "somebody stays signed in at the provider"),
            }
            None
        }
    }
}

async fn leaving(
    parts: &Parts,
    identity: &Identity,
    token: Option<&OAuth2Token>,
) -> Result<(String, Cookie<'static>)> {
    let provider = &identity.provider;
    let client = parts.client_of(identity).await?;
    let back = parts.attempts.base().join(&parts.route("/logout/done"));
    // That of another browser's login would name another session there.
    let hint = token.filter(|token| tokens::is_of_session(token, identity));
    let request = LogoutRequest::new().with_redirect_uri(back);
    let leaving = logout(&*client, hint, request).await?;
    let pending = leaving.pending.expose_for_session();
    let sealed = Sealed { provider: provider.clone(), pending: pending.expose().to_owned() };
    // Two texts: serde_json cannot fail on it.
    let sealed = Secret::new(serde_json::to_string(&sealed).unwrap_or_default());
    let value = parts.keys.seal(&sealed, &context(parts))?;
    let cookie = cookie(parts, value.expose().to_owned(), LIFETIME);
    Ok((leaving.url.as_str().to_owned(), cookie))
}

/// Who was asked to sign this browser's user out, as people call it, and what takes the cookie
/// away; `None` if `query` answers no logout that this browser has begun.
pub(crate) fn came_back(
    parts: &Parts,
    headers: &HeaderMap,
    query: &str,
) -> Option<(String, Cookie<'static>)> {
    let sent = login::cookies(headers);
    let mut pairs = sent.split(';').map(str::trim);
    let name = name(parts);
    let provider = pairs.find_map(|pair| {
        let value = pair.strip_prefix(&name)?.strip_prefix('=')?;
        let text = parts.keys.open(value, &context(parts)).ok()?;
        let Sealed { provider, pending } = serde_json::from_str(text.expose()).ok()?;
        let pending = PendingLogout::from_session(&Secret::new(pending)).ok()?;
        // check: 80
        pending.verify(query).ok()?;
        Some(provider)
    })?;
    let name = parts.face(&provider)?.display_name().to_owned();
    Some((name, cookie(parts, String::new(), Duration::ZERO)))
}

fn context(parts: &Parts) -> [&str; 2] {
    [PURPOSE, parts.attempts.base().as_str()]
}

fn name(parts: &Parts) -> String {
    parts.attempts.base().cookie_name("logout")
}

/// The way back is a link that the provider's page follows: with that, a browser sends `Lax`.
fn cookie(parts: &Parts, value: String, max_age: Duration) -> Cookie<'static> {
    parts.cookie(name(parts), value, max_age)
}
