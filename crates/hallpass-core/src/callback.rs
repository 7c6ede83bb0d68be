use std::{fmt, time::SystemTime};

use crate::{
    ClientKeys, Descriptor, Endpoints, Error, ErrorKind, OAuthError, PendingAuthorization, Result,
    Secret, pending::OUT_OF_BAND, query,
};

/// Longer callbacks than any provider sends are refused unread.
const LONGEST_BYTES: usize = 64 << 10;
const MOST_PARAMETERS: usize = 64;
/// The code of OAuth 1 ([RFC 5849, section
/// 2.2](https://www.rfc-editor.org/rfc/rfc5849#section-2.2)), and what servers say beyond it of a
/// user who refuses.
const OAUTH1_CODE: &str = "oauth_verifier";
const OAUTH1_DENIED: &str = "denied";
const OAUTH1_PROBLEM: &str = "oauth_problem";

/// What the provider sent the browser back with: a query, a URL or a posted form.
///
/// Untrusted until [`get_access_token`](crate::OAuth2Client::get_access_token) has compared it with
/// the pending authorization of the same browser. A parameter given twice is refused ([RFC 6749,
/// section 3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1)); a fragment such as `#_=_` is
/// left out.
pub struct Callback(pub(crate) CallbackParams);

impl Callback {
    /// From the query of the request: `code=…&state=…`, with or without `?`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](crate::ErrorKind), reasons `duplicate` and `too_long`: log it and
    /// stop. [`ErrorKind::Malformed`](crate::ErrorKind): it is not UTF-8.
    pub fn from_query(query: &str) -> Result<Self> {
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        CallbackParams::parse(query.strip_prefix('?').unwrap_or(query)).map(Self)
    }

    /// From the whole URL. Only its query counts: host and path depend on proxies, and the redirect
    /// URI comes from the pending authorization.
    ///
    /// # Errors
    ///
    /// As [`from_query`](Self::from_query).
    pub fn from_url(url: &str) -> Result<Self> {
        let url = url.split_once('#').map_or(url, |(url, _)| url);
        Self::from_query(url.split_once('?').map_or("", |(_, query)| query))
    }

    /// From the body of a POST (`response_mode=form_post`).
    ///
    /// # Errors
    ///
    /// As [`from_query`](Self::from_query).
    pub fn from_form(body: &[u8]) -> Result<Self> {
        let body = std::str::from_utf8(body)
            .map_err(|_| Error::malformed("a callback that is no UTF-8"))?;
        CallbackParams::parse(body).map(Self)
    }

    /// From the code that the provider showed to the user, who typed it in: there was no callback.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): `pending` waits for a callback, not for a code that
    /// is typed in. Its redirect URI would have to be `oob`, which OAuth 2 has not.
    pub fn out_of_band(pending: &PendingAuthorization, code: impl Into<Secret>) -> Result<Self> {
        if &*pending.redirect_uri != OUT_OF_BAND {
            return Err(Error::config("the login was begun with a redirect URI: use its callback"));
        }
        let correlator = (pending.correlator_name.as_ref().into(), pending.correlator.clone());
        let code = (pending.code_name.as_ref().into(), code.into());
        Ok(Self(CallbackParams(vec![correlator, code])))
    }

    /// Whether this answers `pending`: its `state`, compared in constant time. For a receiver that
    /// waits for the right one; nothing else is checked yet.
    #[must_use]
    pub fn belongs_to(&self, pending: &PendingAuthorization) -> bool {
        let got = self.0.raw(&pending.correlator_name).or_else(|| self.denied(pending));
        got.is_some_and(|got| pending.correlator.matches(got.expose()))
    }

    /// The refusal of some login of OAuth 1, if this is one that does not say of which: there are
    /// servers that send the browser back with `error=access_denied` and no token. `None` where any
    /// name is there, or `pending` waits for another protocol's answer.
    ///
    /// # Security
    ///
    /// Whoever makes a browser open a URL can say so. It is an answer for the user, and no more:
    /// use no attempt up for it that was not in the caller's hands already. Nothing of its text is
    /// taken over.
    #[must_use]
    pub fn nameless_refusal(&self, pending: &PendingAuthorization) -> Option<Error> {
        let names = [&*pending.correlator_name, OAUTH1_CODE, OAUTH1_DENIED, "state", "code"];
        let says = |name| self.0.raw(name).map(Secret::expose);
        // check: 2
        if pending.code_name != OAUTH1_CODE || names.iter().any(|name| says(name).is_some()) {
            return None;
        }
        let is_refusal = says("error") == Some("access_denied")
            || matches!(says(OAUTH1_PROBLEM), Some("user_refused" | "permission_denied"));
        is_refusal.then(|| {
            Error::denied("the user or the provider said no")
                .with_reason("nameless")
                .with_oauth(OAuthError::new("access_denied"))
        })
    }

    /// Some servers of OAuth 1 send the browser of a user who refuses back with the token under
    /// this name, and not under its own.
    fn denied(&self, pending: &PendingAuthorization) -> Option<&Secret> {
        if pending.code_name != OAUTH1_CODE { None } else { self.0.raw(OAUTH1_DENIED) }
    }

    /// Whether the provider says that there is no code, in an `error` or as servers of OAuth 1 do.
    /// Unchecked: for a page that tells the user which of the two it was.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        let says = |name| self.0.raw(name).is_some();
        let has_code = says("code") || says(OAUTH1_CODE);
        self.error().is_some() || (!has_code && (says(OAUTH1_DENIED) || says(OAUTH1_PROBLEM)))
    }

    /// Checks that this callback answers `pending`, and uses both up: `state` in constant time,
    /// then provider and client, age, `error`, `iss`. Pure.
    /// [`get_access_token`](crate::OAuth2Client::get_access_token) calls it; whoever logs people in
    /// need not.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](crate::ErrorKind), reasons `state`, `provider`, `client` and
    /// `issuer`: log it and stop. [`ErrorKind::Denied`](crate::ErrorKind): the user or the provider
    /// refused, or the attempt is older than 10 minutes (reason `expired`); reason `nameless` where
    /// a server of OAuth 1 did not say which login was [refused](Self::nameless_refusal). Other
    /// kinds by the provider's error code. [`ErrorKind::Malformed`](crate::ErrorKind), reason
    /// `no_code`: neither a code nor an error.
    pub fn verify(
        self,
        pending: PendingAuthorization,
        descriptor: &Descriptor,
        client_id: &str,
        now: SystemTime,
    ) -> Result<VerifiedCode> {
        let is_ours = self.belongs_to(&pending);
        let nameless = if is_ours { None } else { self.nameless_refusal(&pending) };
        // check: 1, 2
        if !is_ours && nameless.is_none() {
            return Err(Error::security("state", "the callback answers another login"));
        }
        // check: 10
        if *pending.bound.provider != *descriptor.name() {
            return Err(Error::security("provider", "the login was begun with another provider"));
        }
        // check: 10
        if *pending.bound.client_id != *client_id {
            return Err(Error::security("client", "the login was begun with another client"));
        }
        // check: 1
        if !pending.is_fresh(now) {
            return Err(
                Error::denied("the login took longer than 10 minutes").with_reason("expired")
            );
        }
        if let Some(refusal) = nameless {
            return Err(refusal);
        }
        // check: 9
        self.check_issuer(&pending)?;
        if let Some(error) = self.refusal(descriptor, &pending) {
            // check: 86 => return Err(error);
            return Err(error.without_secrets(&pending.secrets()));
        }
        let code = match self.0.raw(&pending.code_name) {
            Some(code) if !code.is_empty() => code.clone(),
            _ => {
                return Err(Error::malformed("the callback has neither a code nor an error")
                    .with_reason("no_code"));
            }
        };
        Ok(VerifiedCode { code, params: self.0, pending, is_bare: false })
    }

    /// RFC 9207 section 2.4: compared wherever it is present, as text; required where the provider
    /// promised it, but for errors, which some providers send without.
    fn check_issuer(&self, pending: &PendingAuthorization) -> Result<()> {
        let refuse = |message| Err(Error::security("issuer", message));
        let bound = &pending.bound;
        match (self.0.raw("iss"), &bound.issuer) {
            // check: 9
            (Some(got), Some(want)) if !got.matches(want) => refuse("another issuer answered"),
            // check: 9
            (Some(_), None) if bound.iss_promised => refuse("no issuer is known to compare with"),
            // check: 9
            (None, _) if bound.iss_promised && self.error().is_none() => {
                refuse("the provider promised to say who it is, and did not")
            }
            _ => Ok(()),
        }
    }

    /// An empty `error` is none.
    fn error(&self) -> Option<&str> {
        self.0.raw("error").map(Secret::expose).filter(|error| !error.is_empty())
    }

    fn refusal(&self, descriptor: &Descriptor, pending: &PendingAuthorization) -> Option<Error> {
        let of_oauth1 = || match pending.code_name == OAUTH1_CODE {
            true => self.0.raw(OAUTH1_PROBLEM).map(Secret::expose).filter(|code| !code.is_empty()),
            false => None,
        };
        let code = match self.error().or_else(of_oauth1) {
            Some(code) => code,
            None => self.denied(pending).map(|_| "access_denied")?,
        };
        let mut oauth = OAuthError::new(code);
        if let Some(text) = self.0.raw("error_description") {
            oauth = oauth.with_description(text.expose());
        }
        if let Some(text) = self.0.raw("error_uri") {
            oauth = oauth.with_uri(text.expose());
        }
        let kind = descriptor.error_kind(code);
        let message = match (kind, code) {
            (ErrorKind::Denied, "access_denied") => "the user or the provider said no",
            _ => "the provider did not authorize the request",
        };
        // check: 86 => Some(Error::new(kind, message).with_oauth(oauth))
        Some(Error::new(kind, message).with_oauth(oauth.without(self.0.secrets())))
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Callback").field(&self.0).finish()
    }
}

/// The callback's parameters, each once. A provider's hook cannot read the credentials among them:
/// code, state and tokens. `Debug` shows names alone.
pub struct CallbackParams(Vec<(Box<str>, Secret)>);

/// What a hook may not read.
const CREDENTIALS: [&str; 7] =
    ["code", "state", "id_token", "access_token", "response", "oauth_token", "oauth_verifier"];

impl CallbackParams {
    /// One parameter; `None` for a credential.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        if CREDENTIALS.contains(&name) {
            return None;
        }
        self.raw(name).map(Secret::expose)
    }

    /// Verifies a signature over the callback: HMAC-SHA256, keyed with the client secret, of all
    /// parameters but the named ones as `name=value&…`, decoded and sorted by name; in hexadecimal.
    /// The message holds code and state, and is not shown.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](crate::ErrorKind), reason `hmac`: somebody else made the callback.
    /// [`ErrorKind::Config`](crate::ErrorKind): the client has no secret.
    pub fn verify_hmac_sha256(
        &self,
        keys: ClientKeys<'_>,
        without: &[&str],
        hex: &str,
    ) -> Result<()> {
        let joins = |text: &str| text.contains('&') || text.contains('=');
        let signed = self.0.iter().filter(|(name, _)| !without.contains(&&**name));
        // Two sets of parameters would have one message, and one signature.
        if signed.into_iter().any(|(name, value)| joins(name) || value.expose().contains('&')) {
            return Err(Error::security("hmac", "the signed message could be read in two ways"));
        }
        keys.verify_hmac_sha256(&self.sorted_query(without), hex)
    }

    fn sorted_query(&self, without: &[&str]) -> Secret {
        let mut pairs: Vec<_> =
            self.0.iter().filter(|(name, _)| !without.contains(&&**name)).collect();
        pairs.sort_by_key(|(name, _)| name);
        let mut message = String::new();
        for (name, value) in pairs {
            if !message.is_empty() {
                message.push('&');
            }
            message.push_str(name);
            message.push('=');
            message.push_str(value.expose());
        }
        Secret::new(message)
    }

    pub(crate) fn raw(&self, name: &str) -> Option<&Secret> {
        self.0.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// What a provider might repeat in its description of an error.
    fn secrets(&self) -> impl Iterator<Item = &Secret> {
        CREDENTIALS.iter().filter_map(|name| self.raw(name))
    }

    /// The pair of a code that did not come by a callback of this library.
    pub(crate) fn of_code(state: Secret, code: Secret) -> Self {
        Self(vec![("state".into(), state), ("code".into(), code)])
    }

    fn parse(query: &str) -> Result<Self> {
        // check: 90
        if query.len() > LONGEST_BYTES {
            return Err(Error::security("too_long", "the callback is longer than 64 KiB"));
        }
        let pairs = query::pairs(query)?;
        // check: 90
        if pairs.len() > MOST_PARAMETERS {
            return Err(Error::security("too_long", "the callback has more than 64 parameters"));
        }
        let mut params: Vec<(Box<str>, Secret)> = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            // check: 4
            if params.iter().any(|(known, _)| **known == *name) {
                return Err(Error::security("duplicate", "the callback has a parameter twice"));
            }
            params.push((name.into_boxed_str(), Secret::new(value)));
        }
        Ok(Self(params))
    }
}

impl fmt::Debug for CallbackParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| crate::error::bounded(name));
        f.debug_set().entries(names).finish()
    }
}

/// A code that belongs to this browser's login and to this client. Only [`Callback::verify`] makes
/// one, and it cannot be copied.
pub struct VerifiedCode {
    pub(crate) code: Secret,
    pub(crate) params: CallbackParams,
    pub(crate) pending: PendingAuthorization,
    /// It came without a callback: [`dangerously_exchange_code`](crate::OAuth2Client).
    pub(crate) is_bare: bool,
}

impl VerifiedCode {
    /// The code.
    #[must_use]
    pub fn code(&self) -> &Secret {
        &self.code
    }

    /// What the callback repeated: `state`, `oauth_token`.
    #[must_use]
    pub fn correlator(&self) -> &Secret {
        &self.pending.correlator
    }

    /// That the login was begun at these endpoints, and by the protocol whose callback has these
    /// names: a name of a client is not enough to tell two shops or tenants apart. Whoever redeems
    /// the code asks this first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](crate::ErrorKind), reason `endpoint`: log it and stop.
    pub fn check_begun_at(
        &self,
        endpoints: &Endpoints,
        correlator_name: &str,
        code_name: &str,
    ) -> Result<()> {
        let pending = &self.pending;
        // check: 10
        if pending.code_name != code_name || pending.correlator_name != correlator_name {
            let message = "the login was begun by another protocol";
            return Err(Error::security("endpoint", message));
        }
        // check: 10
        if !pending.bound.is_of(endpoints) {
            let message = "the login was begun at another host or issuer";
            return Err(Error::security("endpoint", message));
        }
        Ok(())
    }

    /// What [`AuthorizationRequest::token_param`](crate::AuthorizationRequest::token_param) added
    /// to the exchange.
    pub fn token_params(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.pending.token_params.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// The secret that the exchange needs besides: the PKCE verifier, or what
    /// [`PendingAuthorization::correlated`] was given.
    #[must_use]
    pub fn proof(&self) -> Option<&Secret> {
        self.pending.proof.as_ref()
    }

    /// Where the provider sent the browser.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.pending.redirect_uri
    }

    /// The callback's other parameters.
    #[must_use]
    pub fn params(&self) -> &CallbackParams {
        &self.params
    }
}

impl fmt::Debug for VerifiedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedCode").field("pending", &self.pending).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
