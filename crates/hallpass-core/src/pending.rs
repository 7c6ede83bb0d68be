use std::{
    borrow::Cow,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{Descriptor, Endpoints, Error, Result, Secret, descriptor::Text, token::unix_seconds};

/// How long the user may take at the provider.
pub(crate) const LIFETIME: Duration = Duration::from_secs(600);
/// Where a provider that cannot send the browser back shows the code to the user instead ([RFC
/// 5849, section 2.1](https://www.rfc-editor.org/rfc/rfc5849#section-2.1)). No redirect URI of
/// OAuth 2.
pub(crate) const OUT_OF_BAND: &str = "oob";
/// How far the clocks of two instances of one application may differ.
pub(crate) const SKEW: Duration = Duration::from_secs(60);

/// What must survive until the callback: kept for this browser alone, used once.
///
/// Holds `state`, the PKCE verifier, the nonce, the redirect URI, and whose login it is: provider,
/// client, token endpoint and issuer. It is spent by value, lives 10 minutes, and is written out by
/// [`expose_for_session`](Self::expose_for_session) alone. That it is used once over many processes
/// is the caller's part: delete the cookie or row when the callback comes, whatever comes of it.
///
/// ```compile_fail
/// # fn twice(pending: hallpass_core::PendingAuthorization) {
/// let copy = pending.clone();
/// # }
/// ```
pub struct PendingAuthorization {
    pub(crate) bound: Arc<Bound>,
    pub(crate) redirect_uri: Arc<str>,
    pub(crate) correlator_name: Text,
    pub(crate) correlator: Secret,
    pub(crate) code_name: Text,
    pub(crate) proof: Option<Secret>,
    pub(crate) nonce: Option<Secret>,
    pub(crate) scope: Arc<str>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) acr_values: Option<Box<str>>,
    pub(crate) token_params: Vec<(Text, Secret)>,
    pub(crate) data: Option<Box<str>>,
    pub(crate) created_at: SystemTime,
}

/// Whose login it is. Shared by all logins of a client.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bound {
    pub(crate) provider: Box<str>,
    pub(crate) client_id: Arc<str>,
    pub(crate) token_endpoint: Option<Box<str>>,
    pub(crate) issuer: Option<Arc<str>>,
    pub(crate) iss_promised: bool,
    pub(crate) form_post: bool,
}

impl Bound {
    pub(crate) fn new(
        descriptor: &Descriptor,
        client_id: Arc<str>,
        endpoints: Option<&Endpoints>,
    ) -> Self {
        Self {
            provider: descriptor.name.as_ref().into(),
            client_id,
            token_endpoint: endpoints.map(|endpoints| endpoints.token().as_str().into()),
            issuer: endpoints.and_then(Endpoints::shared_issuer),
            iss_promised: endpoints.is_some_and(Endpoints::is_iss_promised),
            form_post: descriptor.form_post,
        }
    }
}

impl Bound {
    /// A name is not enough to tell two shops or tenants apart: their endpoints are.
    pub(crate) fn is_of(&self, endpoints: &Endpoints) -> bool {
        // check: 10 => self.issuer.as_deref() == endpoints.issuer()
        // check: 10 => self.token_endpoint.as_deref() == Some(endpoints.token().as_str())
        self.token_endpoint.as_deref() == Some(endpoints.token().as_str())
            && self.issuer.as_deref() == endpoints.issuer()
    }
}

impl PendingAuthorization {
    /// For the client of another protocol: the endpoints that the login is begun at, a value that
    /// the callback must repeat (`state`, `oauth_token`), and the name of the callback's code with
    /// a secret that its exchange needs (PKCE verifier, token secret). There is no pending
    /// authorization without one of them. [`VerifiedCode::check_begun_at`](crate::VerifiedCode)
    /// compares endpoints and names.
    #[must_use]
    pub fn correlated(
        descriptor: &Descriptor,
        endpoints: &Endpoints,
        client_id: &str,
        redirect_uri: &str,
        correlator: (&'static str, Secret),
        code: (&'static str, Secret),
        now: SystemTime,
    ) -> Self {
        Self {
            bound: Arc::new(Bound::new(descriptor, client_id.into(), Some(endpoints))),
            redirect_uri: redirect_uri.into(),
            correlator_name: Cow::Borrowed(correlator.0),
            correlator: correlator.1,
            code_name: Cow::Borrowed(code.0),
            proof: Some(code.1),
            nonce: None,
            scope: "".into(),
            max_age: None,
            acr_values: None,
            token_params: Vec::new(),
            data: None,
            created_at: now,
        }
    }

    /// Parameters of the exchange that will follow: see
    /// [`VerifiedCode::token_params`](crate::VerifiedCode::token_params).
    #[must_use]
    pub fn with_token_params(mut self, params: Vec<(Text, Secret)>) -> Self {
        self.token_params = params;
        self
    }

    /// The application's own data: see [`data`](Self::data).
    #[must_use]
    pub fn with_data(mut self, data: &str) -> Self {
        self.data = Some(data.into());
        self
    }

    /// The name of the client whose login this is.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.bound.provider
    }

    /// The application's own data, such as where to return to.
    #[must_use]
    pub fn data(&self) -> Option<&str> {
        self.data.as_deref()
    }

    /// Whether the answer comes as a cross-site POST, so that its cookie needs `SameSite=None`.
    #[must_use]
    pub fn is_form_post(&self) -> bool {
        self.bound.form_post
    }

    /// Everything, for this browser's session: a sealed cookie, or a row on the server that is
    /// deleted when it is used. About 600 bytes.
    #[must_use]
    pub fn expose_for_session(self) -> Secret {
        let secret = |secret: &Option<Secret>| secret.as_ref().map(|s| s.expose().to_owned());
        let stored = Stored {
            v: VERSION,
            bound: self.bound,
            redirect_uri: self.redirect_uri,
            correlator_name: self.correlator_name,
            correlator: self.correlator.expose().to_owned(),
            code_name: self.code_name,
            proof: secret(&self.proof),
            nonce: secret(&self.nonce),
            scope: self.scope,
            max_age: self.max_age.map(|age| age.as_secs()),
            acr_values: self.acr_values,
            token_params: self
                .token_params
                .iter()
                .map(|(name, value)| (name.clone(), value.expose().to_owned()))
                .collect(),
            data: self.data,
            created_at: unix_seconds(self.created_at),
        };
        // Text, numbers and lists of them: serde_json cannot fail on it.
        Secret::new(serde_json::to_string(&stored).unwrap_or_default())
    }

    /// Reads what [`expose_for_session`](Self::expose_for_session) wrote.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`](crate::ErrorKind), reason `pending`: it was written by another version
    /// of hallpass, so start the login again. [`ErrorKind::Malformed`](crate::ErrorKind): it is
    /// something else.
    pub fn from_session(stored: &Secret) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let broken = |_| Error::malformed("no pending authorization").with_reason("pending");
        let Version { v } = serde_json::from_str(stored.expose()).map_err(broken)?;
        if v != VERSION {
            return Err(Error::denied("the login was begun by another version of hallpass")
                .with_reason("pending"));
        }
        let stored: Stored = serde_json::from_str(stored.expose()).map_err(broken)?;
        let created_at = UNIX_EPOCH.checked_add(Duration::from_secs(stored.created_at));
        Ok(Self {
            bound: stored.bound,
            redirect_uri: stored.redirect_uri,
            correlator_name: stored.correlator_name,
            correlator: stored.correlator.into(),
            code_name: stored.code_name,
            proof: stored.proof.map(Secret::new),
            nonce: stored.nonce.map(Secret::new),
            scope: stored.scope,
            max_age: stored.max_age.map(Duration::from_secs),
            acr_values: stored.acr_values,
            token_params: stored.token_params.into_iter().map(|(n, v)| (n, v.into())).collect(),
            data: stored.data,
            created_at: created_at.ok_or_else(|| {
                Error::malformed("no pending authorization").with_reason("pending")
            })?,
        })
    }

    /// Whether it may still be used.
    pub(crate) fn is_fresh(&self, now: SystemTime) -> bool {
        match now.duration_since(self.created_at) {
            // check: 1 => true
            Ok(age) => age <= LIFETIME,
            // check: 1 => true
            Err(ahead) => ahead.duration() <= SKEW,
        }
    }

    /// What a provider might repeat in its description of an error.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let fixed = [Some(&self.correlator), self.proof.as_ref(), self.nonce.as_ref()];
        let params = self.token_params.iter().map(|(_, value)| value);
        fixed.into_iter().flatten().chain(params).cloned().collect()
    }

    pub(crate) fn asks_openid(&self) -> bool {
        self.scope.split(' ').any(|scope| scope == "openid")
    }
}

impl fmt::Debug for PendingAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingAuthorization")
            .field("provider", &self.bound.provider)
            .field("client_id", &self.bound.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .field("scope", &self.scope)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

const VERSION: u32 = 2;

/// The written form. A change of it counts [`VERSION`] up.
#[derive(Serialize, Deserialize)]
struct Stored {
    v: u32,
    bound: Arc<Bound>,
    redirect_uri: Arc<str>,
    correlator_name: Text,
    correlator: String,
    code_name: Text,
    proof: Option<String>,
    nonce: Option<String>,
    scope: Arc<str>,
    max_age: Option<u64>,
    acr_values: Option<Box<str>>,
    token_params: Vec<(Text, String)>,
    data: Option<Box<str>>,
    created_at: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn pending() -> PendingAuthorization {
        let descriptor = Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t");
        let at = |url| url::Url::parse(url).unwrap();
        PendingAuthorization::correlated(
            &descriptor,
            &Endpoints::new(at("https://acme.test/a"), at("https://acme.test/t")),
            "client",
            "https://app.test/cb",
            ("state", Secret::new("STATE")),
            ("code", Secret::new("VERIFIER")),
            UNIX_EPOCH + Duration::from_secs(1_000),
        )
        .with_data("/return")
    }

    #[test]
    fn a_session_loses_nothing() {
        let stored = pending().expose_for_session();
        let again = PendingAuthorization::from_session(&stored).unwrap();
        assert_eq!(again.data(), Some("/return"));
        assert_eq!(again.provider(), "acme");
        assert!(again.proof.as_ref().unwrap().matches("VERIFIER"));
        assert_eq!(again.expose_for_session().expose(), stored.expose());
    }

    #[test]
    fn what_another_version_wrote_starts_the_login_again() {
        let stored = pending().expose_for_session().expose().replace("\"v\":2", "\"v\":1");
        check(&stored, ErrorKind::Denied);
    }

    #[test]
    fn what_is_no_pending_authorization_is_refused() {
        check("", ErrorKind::Malformed);
        check("{}", ErrorKind::Malformed);
        check(r#"{"v":2}"#, ErrorKind::Malformed);
        check(r#"{"v":-1}"#, ErrorKind::Malformed);
        let stored = pending().expose_for_session();
        check(&stored.expose().replace("1000", "18446744073709551615"), ErrorKind::Malformed);
    }

    #[track_caller]
    fn check(stored: &str, want: ErrorKind) {
        let error = PendingAuthorization::from_session(&Secret::new(stored)).unwrap_err();
        assert_eq!((error.kind(), error.reason()), (want, Some("pending")));
    }

    #[test]
    fn ten_minutes_and_a_little_skew() {
        let at = |seconds| pending().is_fresh(UNIX_EPOCH + Duration::from_secs(seconds));
        assert!(at(1_000) && at(1_600) && at(940));
        assert!(!at(1_601) && !at(939));
    }

    #[test]
    fn it_is_small() {
        assert!(size_of::<PendingAuthorization>() < 512);
    }
}
