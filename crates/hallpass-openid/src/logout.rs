use std::{borrow::Cow, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{
    AuthorizationUrl, BaseOAuth2, Error, OAuth2Token, Random, Result, Secret, ThreadRandom,
};
use serde::{Deserialize, Serialize};

use crate::form::Form;

/// Signs the user out at the provider too, for any client: where to send the browser, and what to
/// keep until it comes back ([RP-Initiated Logout, section
/// 2](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout)).
///
/// End the application's own session first: the browser may never come back.
///
/// ```
/// use hallpass_core::{BaseOAuth2, OAuth2Token, Result};
/// use hallpass_openid::{LogoutRequest, PendingLogout, logout};
///
/// # async fn sign_out(client: &dyn BaseOAuth2, token: &OAuth2Token, query: &str) -> Result<()> {
/// let request = LogoutRequest::new().with_redirect_uri("https://app.test/goodbye");
/// let leaving = logout(client, Some(token), request).await?;
/// // send the browser to leaving.url, keep leaving.pending; then, at /goodbye:
/// leaving.pending.verify(query)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`ErrorKind::Unsupported`](hallpass_core::ErrorKind): the provider has no such page; end the
/// application's own session alone. [`ErrorKind::Config`](hallpass_core::ErrorKind), reason
/// `issuer`: the token is of another provider, which this one has no business to see. Where
/// endpoints are discovered, also those of [`BaseOAuth2::endpoints`].
pub async fn logout(
    client: &dyn BaseOAuth2,
    token: Option<&OAuth2Token>,
    request: LogoutRequest,
) -> Result<Logout> {
    logout_with(client, token, request, &ThreadRandom).await
}

/// As [`logout`], with another source of randomness, for tests.
///
/// # Errors
///
/// As [`logout`].
pub async fn logout_with(
    client: &dyn BaseOAuth2,
    token: Option<&OAuth2Token>,
    request: LogoutRequest,
    random: &dyn Random,
) -> Result<Logout> {
    let endpoints = client.endpoints().await?;
    let page = endpoints
        .end_session()
        .ok_or_else(|| Error::unsupported("the provider has no page to sign out at"))?;
    let issuers = (endpoints.issuer(), token.and_then(|token| token.claims()?.issuer()));
    // check: 80
    if matches!(issuers, (Some(ours), Some(theirs)) if ours != theirs) {
        return Err(Error::config("the token is another provider's").with_reason("issuer"));
    }
    let mut url = page.clone();
    let state = request.redirect_uri.is_some().then(|| {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        Secret::new(URL_SAFE_NO_PAD.encode(bytes))
    });
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", client.client_id());
        let hint = token.and_then(OAuth2Token::id_token).filter(|_| !request.is_without_hint);
        if let Some(hint) = hint {
            query.append_pair("id_token_hint", hint.expose());
        }
        if let (Some(uri), Some(state)) = (&request.redirect_uri, &state) {
            query.append_pair("post_logout_redirect_uri", uri);
            query.append_pair("state", state.expose());
        }
        for (name, value) in
            [("logout_hint", &request.logout_hint), ("ui_locales", &request.ui_locales)]
        {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
    }
    Ok(Logout { url: url.into(), pending: PendingLogout { state } })
}

/// What to ask of the provider when the user signs out.
///
/// `Debug` does not show who.
#[derive(Clone, Default)]
#[must_use]
pub struct LogoutRequest {
    redirect_uri: Option<Cow<'static, str>>,
    logout_hint: Option<Cow<'static, str>>,
    ui_locales: Option<Cow<'static, str>>,
    is_without_hint: bool,
}

impl LogoutRequest {
    /// Signs out, and leaves the user at the provider.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the browser comes back to: a URL that is registered with the provider for this.
    pub fn with_redirect_uri(mut self, uri: impl Into<Cow<'static, str>>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// Who signs out, in words that the provider knows, where the ID token does not say.
    pub fn with_logout_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.logout_hint = Some(hint.into());
        self
    }

    /// Languages for the page, the best first, joined by spaces.
    pub fn with_ui_locales(mut self, locales: impl Into<Cow<'static, str>>) -> Self {
        self.ui_locales = Some(locales.into());
        self
    }

    /// Leaves the ID token out of the URL: where it is too long, or holds what a browser's history
    /// should not. Most providers then ask the user.
    pub fn without_id_token_hint(mut self) -> Self {
        self.is_without_hint = true;
        self
    }
}

impl fmt::Debug for LogoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutRequest")
            .field("redirect_uri", &self.redirect_uri)
            .field("ui_locales", &self.ui_locales)
            .finish_non_exhaustive()
    }
}

/// Where to send the browser to sign out, and what to keep until it comes back.
#[derive(Debug)]
#[non_exhaustive]
pub struct Logout {
    /// Where to send the browser, with a 302 or 303. It holds the ID token.
    pub url: AuthorizationUrl,
    /// What to keep, for this browser alone.
    pub pending: PendingLogout,
}

/// What must survive until the browser is back from signing out.
#[must_use]
pub struct PendingLogout {
    state: Option<Secret>,
}

/// The one member, and no other: what else an application keeps is not taken for it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// Not left out, though it may be null.
    #[serde(deserialize_with = "Option::deserialize")]
    state: Option<String>,
}

impl PendingLogout {
    /// Checks that the query of the request that came back answers this logout.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `state`: it answers another one, or
    /// somebody made it up; do not take it for the end of this logout. Reason `duplicate` or
    /// `too_long`: it is no provider's.
    pub fn verify(self, query: &str) -> Result<()> {
        let form = Form::from_query(query)?;
        let got = form.get("state");
        let is_ours = match (&self.state, got) {
            (Some(state), Some(got)) => state.matches(got),
            (None, None) => true,
            _ => false,
        };
        // check: 80 => Ok(())
        if is_ours { Ok(()) } else { Err(wrong_state()) }
    }

    /// For this browser's session: a sealed cookie, or a row on the server.
    #[must_use]
    pub fn expose_for_session(self) -> Secret {
        let stored = Stored { state: self.state.map(|state| state.expose().to_owned()) };
        // A text or nothing: serde_json cannot fail on it.
        Secret::new(serde_json::to_string(&stored).unwrap_or_default())
    }

    /// Reads what [`expose_for_session`](Self::expose_for_session) wrote.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind): it is something else.
    pub fn from_session(stored: &Secret) -> Result<Self> {
        let stored: Stored = serde_json::from_str(stored.expose())
            .map_err(|_| Error::malformed("no pending logout").with_reason("pending"))?;
        Ok(Self { state: stored.state.map(Secret::new) })
    }
}

fn wrong_state() -> Error {
    Error::security("state", "the browser comes back from another logout")
}

impl fmt::Debug for PendingLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogout").field("state", &self.state).finish()
    }
}
