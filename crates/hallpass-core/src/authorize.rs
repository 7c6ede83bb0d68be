use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use url::{Url, form_urlencoded};

use crate::{
    ClientConfig, Clock, Descriptor, Endpoints, Error, Json, PendingAuthorization, Pkce, Random,
    Result, Secret, config::checked_redirect_uri, descriptor::Text, grant::refuse_reserved,
    pending::Bound, query,
};

/// Parameters that core alone sets.
const RESERVED: [&str; 13] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "max_age",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// What to ask the provider for: the run-time form of [`Authorize`](crate::Authorize).
#[derive(Clone, Default)]
pub struct AuthorizationRequest {
    scopes: Option<Vec<Text>>,
    typed: Option<Json>,
    params: Vec<(Text, String)>,
    token_params: Vec<(Text, Secret)>,
    redirect_uri: Option<String>,
    max_age: Option<Duration>,
    acr_values: Vec<Text>,
    resources: Vec<String>,
    pushed: bool,
    data: Option<Box<str>>,
}

impl AuthorizationRequest {
    /// The defaults of the configuration and of the provider.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What to ask for, instead of the defaults. An empty list asks for nothing by name: no `scope`
    /// parameter, or `openid` alone where there are ID tokens.
    #[must_use]
    pub fn scopes<S: Into<Cow<'static, str>>>(
        mut self,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// A parameter that hallpass does not know, for the authorization page. One that it sets itself
    /// is refused when the request is started.
    #[must_use]
    pub fn param(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// A parameter of the token request that will follow (`resource`, `audience`); it travels in
    /// the pending authorization.
    #[must_use]
    pub fn token_param(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Secret>,
    ) -> Self {
        self.token_params.push((name.into(), value.into()));
        self
    }

    /// Where the provider sends the browser back to, instead of the configuration's.
    #[must_use]
    pub fn redirect_uri(mut self, redirect_uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(redirect_uri.into());
        self
    }

    /// How long ago the user may have signed in at the provider, in whole seconds. Needs `openid`
    /// among the scopes: the ID token says when it was
    /// ([OpenID Connect Core, section
    /// 3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)).
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// How the user must sign in, in the provider's words: the ID token must then say one of them,
    /// as `acr`. Needs `openid` among the scopes. For a wish rather than a condition, give
    /// `acr_values` as a [`param`](Self::param) ([OpenID Connect Core, section
    /// 3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)).
    #[must_use]
    pub fn acr_values<S: Into<Cow<'static, str>>>(
        mut self,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        self.acr_values = values.into_iter().map(Into::into).collect();
        self
    }

    /// An API that the token is to be good for, as an absolute URI without a fragment; more than
    /// one may be named. Sent to the authorization page and with the code ([RFC 8707, section
    /// 2](https://www.rfc-editor.org/rfc/rfc8707#section-2)).
    #[must_use]
    pub fn resource(mut self, uri: impl Into<String>) -> Self {
        self.resources.push(uri.into());
        self
    }

    /// Pushes the request to the provider first, so that the browser carries a reference to it and
    /// no parameter ([RFC 9126](https://www.rfc-editor.org/rfc/rfc9126)). Done without being asked
    /// where the provider requires it.
    #[must_use]
    pub fn pushed(mut self) -> Self {
        self.pushed = true;
        self
    }

    /// Whether the application asks for a pushed request.
    pub(crate) fn is_pushed(&self) -> bool {
        self.pushed
    }

    /// The application's own data, such as where to return to. It is not sent; the pending
    /// authorization carries it, and [`SignIn`](crate::SignIn) gives it back.
    #[must_use]
    pub fn data(mut self, data: impl Into<Box<str>>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// What every protocol's login can have: for the client of another one (OAuth 1).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind): it asks for scopes, resources, `max_age`,
    /// `acr_values`, a push or a provider's own parameters, which OAuth 2 alone has.
    pub fn into_parts(self) -> Result<AuthorizationParts> {
        let of_oauth2 = self.scopes.is_some_and(|scopes| !scopes.is_empty())
            || self.typed.is_some()
            || self.max_age.is_some()
            || !self.acr_values.is_empty()
            || !self.resources.is_empty()
            || self.pushed;
        if of_oauth2 {
            return Err(Error::unsupported("this protocol's login cannot be asked for that"));
        }
        Ok(AuthorizationParts {
            params: self.params,
            token_params: self.token_params,
            redirect_uri: self.redirect_uri,
            data: self.data,
        })
    }

    /// A provider's own parameters, already serialized.
    pub(crate) fn typed(mut self, params: Json) -> Self {
        self.typed = Some(params);
        self
    }
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |params: &[(Text, String)]| -> Vec<String> {
            params.iter().map(|(name, _)| name.clone().into_owned()).collect()
        };
        f.debug_struct("AuthorizationRequest")
            .field("scopes", &self.scopes)
            .field("params", &names(&self.params))
            .field("redirect_uri", &self.redirect_uri)
            .field("max_age", &self.max_age)
            .field("acr_values", &self.acr_values)
            .field("pushed", &self.pushed)
            .finish_non_exhaustive()
    }
}

/// What [`AuthorizationRequest::into_parts`] gives. `Debug` shows no value.
#[non_exhaustive]
pub struct AuthorizationParts {
    /// Parameters of the authorization page.
    pub params: Vec<(Cow<'static, str>, String)>,
    /// Parameters of the exchange.
    pub token_params: Vec<(Cow<'static, str>, Secret)>,
    /// Where the provider sends the browser, unchecked; `None` for the configuration's.
    pub redirect_uri: Option<String>,
    /// The application's own data.
    pub data: Option<Box<str>>,
}

impl fmt::Debug for AuthorizationParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.params.iter().map(|(name, _)| name).collect();
        f.debug_struct("AuthorizationParts").field("params", &names).finish_non_exhaustive()
    }
}

/// Where to send the browser, and what to keep for it until it comes back.
#[derive(Debug)]
#[non_exhaustive]
pub struct Authorization {
    /// Where to send the browser, with a 302 or 303.
    pub url: AuthorizationUrl,
    /// What to keep, for this browser alone.
    pub pending: PendingAuthorization,
}

impl Authorization {
    /// For the client of another protocol.
    #[must_use]
    pub fn new(url: AuthorizationUrl, pending: PendingAuthorization) -> Self {
        Self { url, pending }
    }
}

/// The URL of the authorization page. It holds `state`, so it has no `Display` and its `Debug`
/// stops before the query.
#[derive(Clone)]
pub struct AuthorizationUrl(String);

impl AuthorizationUrl {
    /// The whole URL, for a `Location` header or a browser.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole URL.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// The parameters that were added to `endpoint`: what a pushed request says in its body.
    pub(crate) fn added_to(&self, endpoint: &Url) -> Vec<(Text, Secret)> {
        let added = self.0.get(endpoint.as_str().len()..).unwrap_or_default();
        let pairs = form_urlencoded::parse(added.trim_start_matches(['?', '&']).as_bytes());
        pairs.map(|(name, value)| (Cow::Owned(name.into_owned()), Secret::new(value))).collect()
    }

    /// The page for a request that was pushed: RFC 9126 section 4.
    pub(crate) fn of_pushed(endpoint: &Url, client: (&str, &str), request_uri: &str) -> Self {
        let mut url = endpoint.as_str().to_owned();
        if endpoint.query() == Some("") {
            url.pop();
        }
        let separator = if endpoint.query().is_some_and(|own| !own.is_empty()) { '&' } else { '?' };
        query::append(&mut url, separator, client.0, client.1);
        query::append(&mut url, '&', "request_uri", request_uri);
        Self(url)
    }
}

impl From<Url> for AuthorizationUrl {
    fn from(url: Url) -> Self {
        Self(url.into())
    }
}

impl AsRef<str> for AuthorizationUrl {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AuthorizationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let page = self.0.split('?').next().unwrap_or_default();
        f.debug_tuple("AuthorizationUrl").field(&page).finish()
    }
}

/// All of the URL that is the same for each login of a client, encoded once: building it anew costs
/// more than the randomness and the hash together.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// `https://…?response_type=code&client_id=…`
    head: String,
    redirect_uri: Option<(Arc<str>, String)>,
    scope: (Arc<str>, String),
    /// Names in the endpoint's own query, which must not come twice.
    taken: Vec<String>,
    /// What the configuration adds unless the login says it itself: name, and `&name=value`.
    defaults: Vec<(Text, String)>,
    /// The nonce is all that ties the code to the login.
    needs_nonce: bool,
    bound: Arc<Bound>,
}

/// What a login is made of besides its [`Plan`].
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) descriptor: &'a Descriptor,
    pub(crate) config: &'a ClientConfig,
    /// Whether the provider has an ID-token verifier.
    pub(crate) has_id_tokens: bool,
    pub(crate) random: &'a dyn Random,
    pub(crate) clock: &'a dyn Clock,
    /// `dpop_jkt`, where a signer binds the request to its key.
    pub(crate) signer_param: Option<(&'a str, &'a str)>,
}

impl Plan {
    /// Whose logins these are.
    pub(crate) fn bound(&self) -> &Arc<Bound> {
        &self.bound
    }

    pub(crate) fn new(
        descriptor: &Descriptor,
        config: &ClientConfig,
        has_id_tokens: bool,
        endpoints: &Endpoints,
    ) -> Result<Self> {
        let endpoint = endpoints.authorization();
        config.allowed_http.check(endpoint)?;
        // What follows a fragment never leaves the browser, `state` among it.
        if endpoint.fragment().is_some() {
            return Err(Error::config("the authorization endpoint has a fragment"));
        }
        let taken: Vec<_> = endpoint.query_pairs().map(|(name, _)| name.into_owned()).collect();
        if let Some(name) = taken.iter().find(|name| is_reserved(name, descriptor)) {
            let message = format!("the authorization endpoint's own query has {name}");
            return Err(Error::config(message).with_reason("reserved"));
        }
        let defaults = defaults(config, descriptor, &taken)?;
        let mut head = endpoint.as_str().to_owned();
        let first = match endpoint.query() {
            Some("") => None,
            Some(_) => Some('&'),
            None => Some('?'),
        };
        match first {
            Some(separator) => query::append(&mut head, separator, "response_type", "code"),
            None => head.push_str("response_type=code"),
        }
        query::append(&mut head, '&', &descriptor.client_params.0, &config.client_id);
        if descriptor.form_post {
            head.push_str("&response_mode=form_post");
        }
        let scope = joined_scope(&descriptor.scopes, descriptor, has_id_tokens);
        let redirect_uri = config.redirect_uri.clone().map(|uri| {
            let encoded = pair("redirect_uri", &uri);
            (uri, encoded)
        });
        let needs_nonce = matches!(descriptor.pkce, Pkce::Ignored | Pkce::Refused)
            && descriptor.nonce_echoed
            && has_id_tokens
            && has_openid(&scope.0);
        let bound = Bound::new(descriptor, config.client_id.clone(), Some(endpoints));
        Ok(Self { head, redirect_uri, scope, taken, defaults, needs_nonce, bound: bound.into() })
    }

    /// Makes state, verifier and nonce, and the URL. Pure but for clock and randomness.
    pub(crate) fn begin(
        &self,
        parts: Parts<'_>,
        request: AuthorizationRequest,
    ) -> Result<Authorization> {
        let Parts { descriptor, .. } = parts;
        for (name, _) in &request.token_params {
            refuse_reserved(name, descriptor)?;
        }
        let own_redirect = match &request.redirect_uri {
            Some(uri) => {
                let uri = checked_redirect_uri(uri, &parts.config.allowed_http)?;
                let encoded = pair("redirect_uri", &uri);
                Some((uri, encoded))
            }
            None => None,
        };
        let (redirect_uri, redirect_pair) = own_redirect
            .as_ref()
            .or(self.redirect_uri.as_ref())
            .ok_or_else(|| Error::config("neither configuration nor call has a redirect URI"))?;
        let own_scope = request
            .scopes
            .as_ref()
            .map(|scopes| joined_scope(scopes, descriptor, parts.has_id_tokens));
        let (scope, scope_pair) = own_scope.as_ref().unwrap_or(&self.scope);
        let wants_nonce = parts.has_id_tokens && has_openid(scope);
        if self.needs_nonce && !wants_nonce {
            return Err(unbound());
        }

        check_asked(&request, wants_nonce)?;
        let fresh = Fresh::new(parts.random, wants_nonce);
        let mut url =
            String::with_capacity(self.head.len() + redirect_pair.len() + scope_pair.len() + 256);
        url.push_str(&self.head);
        url.push_str(redirect_pair);
        url.push_str(scope_pair);
        url.push_str("&state=");
        url.push_str(fresh.state.expose());
        push_challenge(&mut url, descriptor.pkce, &fresh.verifier);
        if let Some(nonce) = &fresh.nonce {
            url.push_str("&nonce=");
            url.push_str(nonce.expose());
        }
        let acr_values = push_asked(&mut url, &request);
        if let Some((name, value)) = parts.signer_param {
            query::append(&mut url, '&', name, value);
        }
        self.push_params(&mut url, descriptor, &request)?;

        let mut token_params = request.token_params;
        let resources = request.resources.into_iter().map(Secret::new);
        token_params.extend(resources.map(|uri| (Cow::Borrowed("resource"), uri)));
        let pending = PendingAuthorization {
            bound: Arc::clone(&self.bound),
            redirect_uri: Arc::clone(redirect_uri),
            correlator_name: Cow::Borrowed("state"),
            correlator: fresh.state,
            code_name: Cow::Borrowed("code"),
            proof: (descriptor.pkce != Pkce::Refused).then_some(fresh.verifier),
            nonce: fresh.nonce,
            scope: Arc::clone(scope),
            max_age: request.max_age,
            acr_values: acr_values.map(Into::into),
            token_params,
            data: request.data,
            created_at: parts.clock.now(),
        };
        Ok(Authorization { url: AuthorizationUrl(url), pending })
    }

    /// The provider's typed parameters and the caller's own: none that core sets, none twice.
    fn push_params(
        &self,
        url: &mut String,
        descriptor: &Descriptor,
        request: &AuthorizationRequest,
    ) -> Result<()> {
        let mut seen: Vec<&str> = self.taken.iter().map(String::as_str).collect();
        let mut push = |name: &'_ str, value: &str| -> Result<()> {
            refuse_own(name, descriptor)?;
            query::append(url, '&', name, value);
            Ok(())
        };
        let typed = typed_params(request.typed.as_ref())?;
        for (name, value) in &typed {
            push(name, value)?;
        }
        for (name, value) in &request.params {
            push(name, value)?;
        }
        let acr_values = (!request.acr_values.is_empty()).then_some("acr_values");
        let resource = (!request.resources.is_empty()).then_some("resource");
        let names =
            acr_values.into_iter().chain(resource).chain(typed.iter().map(|(name, _)| *name));
        for name in names.chain(request.params.iter().map(|(name, _)| name.as_ref())) {
            if seen.contains(&name) {
                return Err(given_twice(name));
            }
            seen.push(name);
        }
        for (_, pair) in self.defaults.iter().filter(|(name, _)| !seen.contains(&name.as_ref())) {
            url.push_str(pair);
        }
        Ok(())
    }
}

/// The configuration's parameters, encoded: none that core sets, none that is in the endpoint's own
/// query, none twice.
pub(crate) fn defaults(
    config: &ClientConfig,
    descriptor: &Descriptor,
    taken: &[String],
) -> Result<Vec<(Text, String)>> {
    let mut defaults: Vec<(Text, String)> = Vec::new();
    for (name, value) in &*config.authorization_params {
        refuse_own(name, descriptor)?;
        if taken.iter().any(|taken| taken == name) || defaults.iter().any(|(said, _)| said == name)
        {
            return Err(given_twice(name));
        }
        defaults.push((name.clone(), pair(name, value.expose())));
    }
    Ok(defaults)
}

/// `Config` for a parameter that core sets.
fn refuse_own(name: &str, descriptor: &Descriptor) -> Result<()> {
    if is_reserved(name, descriptor) {
        let message = format!("hallpass sets the parameter {name} itself");
        return Err(Error::config(message).with_reason("reserved"));
    }
    Ok(())
}

pub(crate) fn given_twice(name: &str) -> Error {
    Error::config(format!("the parameter {name} is given twice")).with_reason("reserved")
}

/// What the caller asks for, and cannot be had or said.
fn check_asked(request: &AuthorizationRequest, wants_nonce: bool) -> Result<()> {
    let asks_of_id_token = request.max_age.is_some() || !request.acr_values.is_empty();
    if asks_of_id_token && !wants_nonce {
        let message = "max_age or acr_values is asked for, and no ID token will answer it";
        return Err(Error::config(message));
    }
    // A space stands between two of them.
    if request.acr_values.iter().any(|value| value.is_empty() || value.contains(' ')) {
        return Err(Error::config("one of acr_values is empty or has a space in it"));
    }
    // check: 20 => Ok(())
    request.resources.iter().try_for_each(|uri| check_resource(uri))
}

/// Gives `acr_values` as they are sent.
fn push_asked(url: &mut String, request: &AuthorizationRequest) -> Option<String> {
    if let Some(max_age) = request.max_age {
        query::append(url, '&', "max_age", &max_age.as_secs().to_string());
    }
    let acr_values = (!request.acr_values.is_empty()).then(|| request.acr_values.join(" "));
    if let Some(values) = &acr_values {
        query::append(url, '&', "acr_values", values);
    }
    for uri in &request.resources {
        query::append(url, '&', "resource", uri);
    }
    acr_values
}

/// RFC 8707 section 2.
fn check_resource(uri: &str) -> Result<()> {
    let url = Url::parse(uri)
        .map_err(|error| Error::config("a resource is no absolute URI").with_source(error))?;
    if url.fragment().is_some() {
        return Err(Error::config("a resource has a fragment"));
    }
    Ok(())
}

fn has_openid(scope: &str) -> bool {
    scope.split(' ').any(|scope| scope == "openid")
}

/// Whether core alone sets it, under this provider's name for it.
fn is_reserved(name: &str, descriptor: &Descriptor) -> bool {
    RESERVED.contains(&name) || name == descriptor.client_params.0
}

/// The provider ignores or refuses PKCE: only the nonce of an ID token ties the code to the login,
/// and who leaves `openid` out would leave that out too.
pub(crate) fn unbound() -> Error {
    Error::config("this provider's code is bound by its ID token alone: keep the scope openid")
        .with_reason("code_binding")
}

/// A provider's own parameters as pairs: nulls left out, booleans as `true` and `false`.
fn typed_params(typed: Option<&Json>) -> Result<Vec<(&str, Cow<'_, str>)>> {
    let members = match typed {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Object(members)) => members,
        Some(_) => return Err(Error::config("a provider's parameters are a struct")),
    };
    let mut pairs = Vec::with_capacity(members.len());
    for (name, value) in members {
        let value = match value {
            Json::Null => continue,
            Json::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Json::Number(number) => Cow::Owned(number.to_string()),
            Json::String(text) => Cow::Borrowed(text.as_str()),
            Json::Array(_) | Json::Object(_) => {
                return Err(Error::config(format!(
                    "the parameter {name} is neither text nor number"
                )));
            }
        };
        pairs.push((name.as_str(), value));
    }
    Ok(pairs)
}

/// 256 bits each, made in one go.
struct Fresh {
    state: Secret,
    verifier: Secret,
    nonce: Option<Secret>,
}

impl Fresh {
    fn new(random: &dyn Random, wants_nonce: bool) -> Self {
        let mut bytes = [0; 96];
        let wanted = if wants_nonce { 96 } else { 64 };
        random.fill(&mut bytes[..wanted]);
        let secret = |part: &[u8]| Secret::new(URL_SAFE_NO_PAD.encode(part));
        let fresh = Self {
            state: secret(&bytes[..32]),
            verifier: secret(&bytes[32..64]),
            nonce: wants_nonce.then(|| secret(&bytes[64..])),
        };
        // Overwritten as a whole: zeroize's own types write byte by byte, 100 instructions more.
        bytes.fill(0);
        zeroize::optimization_barrier(&bytes);
        fresh
    }
}

/// RFC 7636 section 4.2.
fn push_s256(out: &mut String, verifier: &Secret) {
    URL_SAFE_NO_PAD.encode_string(Sha256::digest(verifier.expose()), out);
}

fn push_challenge(url: &mut String, pkce: Pkce, verifier: &Secret) {
    match pkce {
        Pkce::Refused => {}
        Pkce::Plain => {
            url.push_str("&code_challenge=");
            url.push_str(verifier.expose());
            url.push_str("&code_challenge_method=plain");
        }
        // check: 7 => {}
        Pkce::Ignored | Pkce::Required | Pkce::S256 => {
            url.push_str("&code_challenge=");
            push_s256(url, verifier);
            url.push_str("&code_challenge_method=S256");
        }
    }
}

/// The scopes joined by spaces, for us, and as the provider wants them in its query. An empty list
/// is no parameter, or `openid` alone where there are ID tokens.
fn joined_scope(
    scopes: &[Text],
    descriptor: &Descriptor,
    has_id_tokens: bool,
) -> (Arc<str>, String) {
    if scopes.is_empty() {
        let only: &str = if has_id_tokens { "openid" } else { "" };
        let encoded = if has_id_tokens { pair("scope", only) } else { String::new() };
        return (only.into(), encoded);
    }
    let plain = scopes.join(" ");
    let encoded = match descriptor.scope_separator {
        ' ' => pair("scope", &plain),
        separator => pair("scope", &scopes.join(separator.encode_utf8(&mut [0; 4]))),
    };
    (plain.into(), encoded)
}

fn pair(name: &str, value: &str) -> String {
    let mut out = String::with_capacity(name.len() + value.len() + 16);
    query::append(&mut out, '&', name, value);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let mut challenge = String::new();
        push_s256(&mut challenge, &verifier);
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn scopes_are_joined_with_the_providers_separator() {
        check(&["a", "b"], ' ', false, "a b", "&scope=a+b");
        check(&["a", "b"], ',', false, "a b", "&scope=a%2Cb");
        check(&[], ' ', false, "", "");
        check(&[], ' ', true, "openid", "&scope=openid");
    }

    #[track_caller]
    fn check(scopes: &[&'static str], separator: char, ids: bool, plain: &str, encoded: &str) {
        let descriptor = Descriptor::discovered("acme").with_scope_separator(separator);
        let scopes: Vec<Text> = scopes.iter().map(|scope| Text::Borrowed(scope)).collect();
        let got = joined_scope(&scopes, &descriptor, ids);
        assert_eq!((&*got.0, got.1.as_str()), (plain, encoded));
    }

    #[test]
    fn another_protocol_gets_what_every_login_has_and_nothing_else() {
        let plain = || AuthorizationRequest::new().param("a", "1").token_param("b", "2");
        let parts = plain().redirect_uri("oob").data("d").scopes([""; 0]).into_parts().unwrap();
        assert_eq!(parts.params, [("a".into(), "1".to_owned())]);
        assert_eq!((&*parts.token_params[0].0, parts.token_params[0].1.expose()), ("b", "2"));
        assert_eq!(
            (parts.redirect_uri.as_deref(), parts.data.as_deref()),
            (Some("oob"), Some("d"))
        );
        for of_oauth2 in [
            plain().scopes(["a"]),
            plain().max_age(Duration::ZERO),
            plain().acr_values(["gold"]),
            plain().resource("https://api.test"),
            plain().pushed(),
            plain().typed(Json::Null),
        ] {
            let error = of_oauth2.into_parts().unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Unsupported);
        }
    }

    #[test]
    fn typed_parameters_are_text_numbers_and_lower_case_booleans() {
        let typed = serde_json::json!({ "a": true, "b": false, "c": 3, "d": "x", "e": null });
        let got = typed_params(Some(&typed)).unwrap();
        let got: Vec<_> = got.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        assert_eq!(got, [("a", "true"), ("b", "false"), ("c", "3"), ("d", "x")]);
        assert!(typed_params(Some(&Json::Null)).unwrap().is_empty());
        assert!(typed_params(Some(&serde_json::json!({ "a": [1] }))).is_err());
        assert!(typed_params(Some(&serde_json::json!([1]))).is_err());
    }
}
