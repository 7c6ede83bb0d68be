use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use http::StatusCode;
use url::form_urlencoded::byte_serialize;

use crate::{Json, Secret};

/// What every fallible call of hallpass returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in terms of what to do next: see [`ErrorKind`].
///
/// One pointer wide. `Display` is one sentence; it never holds a secret, and what a provider said
/// in it is bounded and has its control characters escaped. Cloned where one failure is the answer
/// to many callers.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    reason: Option<&'static str>,
    provider: Option<Box<str>>,
    operation: Option<Operation>,
    status: Option<StatusCode>,
    oauth: Option<OAuthError>,
    retry_after: Option<Duration>,
    is_unsent: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What the caller does next: one variant for each reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program or its registration with the provider is wrong: fix it.
    Config,
    /// The provider or the user refused, or the attempt is too old: start the login again.
    Denied,
    /// The answer is not what the standard or the provider's page says: tell us.
    Malformed,
    /// Somebody tampers, or two parties disagree about who is who: log it and stop.
    Security,
    /// No answer, or "not now": the same call may work later, after [`Error::retry_after`].
    Transport,
    /// The provider does not offer this, and nothing was sent: hide the button.
    Unsupported,
}

/// Which call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `get_access_token`: callback, code, token.
    AccessToken,
    /// `get_authorization_url`.
    Authorize,
    /// `endpoints`.
    Endpoints,
    /// `get_id_email`.
    IdEmail,
    /// `get_profile`.
    Profile,
    /// `refresh_token`.
    Refresh,
    /// `request_token`: every other grant.
    RequestToken,
    /// `revoke_token`.
    Revoke,
    /// `send`: one request to the provider's API.
    Send,
    /// `verify_jwt`.
    VerifyJwt,
}

impl Operation {
    /// A stable word for logs and traces: `access_token`, `refresh` …
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::Authorize => "authorize",
            Self::Endpoints => "endpoints",
            Self::IdEmail => "id_email",
            Self::Profile => "profile",
            Self::Refresh => "refresh",
            Self::RequestToken => "request_token",
            Self::Revoke => "revoke",
            Self::Send => "send",
            Self::VerifyJwt => "verify_jwt",
        }
    }
}

impl ErrorKind {
    /// A stable word for logs and traces: `config`, `denied` …
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Denied => "denied",
            Self::Malformed => "malformed",
            Self::Security => "security",
            Self::Transport => "transport",
            Self::Unsupported => "unsupported",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Config => "fix the configuration",
            Self::Denied => "start the login again",
            Self::Malformed => "report it: the answer does not follow the provider's own page",
            Self::Security => "log it and stop this attempt",
            Self::Transport => "try again later",
            Self::Unsupported => "do not offer it",
        }
    }

    /// The reaction to an OAuth error code: RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core
    /// section 3.1.2.6, RFC 6750 section 3.1, RFC 7009 section 2.2.1, RFC 7591 section 3.2.2, RFC
    /// 8628 section 3.5, RFC 8707 section 2, RFC 9449 section 5, and `redirect_uri_mismatch`, which
    /// several providers say for want of a standard word. Any other code counts as a refusal.
    pub(crate) fn of_code(code: &str) -> Self {
        match code {
            "invalid_client"
            | "invalid_dpop_proof"
            | "invalid_redirect_uri"
            | "invalid_request"
            | "invalid_scope"
            | "invalid_target"
            | "redirect_uri_mismatch"
            | "unauthorized_client"
            | "unsupported_grant_type"
            | "unsupported_response_type" => Self::Config,
            "authorization_pending"
            | "server_error"
            | "slow_down"
            | "temporarily_unavailable"
            | "use_dpop_nonce" => Self::Transport,
            "unsupported_token_type" => Self::Unsupported,
            _ => Self::Denied,
        }
    }
}

impl Error {
    /// An error of `kind`. The message is a clause without a full stop and without secrets.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            reason: None,
            provider: None,
            operation: None,
            status: None,
            oauth: None,
            retry_after: None,
            is_unsent: false,
            source: None,
        }))
    }

    /// [`ErrorKind::Config`].
    #[must_use]
    pub fn config(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// [`ErrorKind::Denied`].
    #[must_use]
    pub fn denied(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Denied, message)
    }

    /// [`ErrorKind::Malformed`].
    #[must_use]
    pub fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Malformed, message)
    }

    /// [`ErrorKind::Security`], with the [`reason`](Self::reason) that tests and alerts look for.
    #[must_use]
    pub fn security(reason: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Security, message).with_reason(reason)
    }

    /// [`ErrorKind::Transport`].
    #[must_use]
    pub fn transport(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Transport, message)
    }

    /// [`ErrorKind::Unsupported`].
    #[must_use]
    pub fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// A stable word for [`reason`](Self::reason).
    #[must_use]
    pub fn with_reason(mut self, reason: &'static str) -> Self {
        self.0.reason = Some(reason);
        self
    }

    /// The HTTP status that the provider answered with.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    /// What the provider said.
    #[must_use]
    pub fn with_oauth(mut self, oauth: OAuthError) -> Self {
        self.0.oauth = Some(oauth);
        self
    }

    /// How long the provider asks to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    /// The error underneath. It must hold no secret: give `reqwest::Error` without its URL.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Marks what failed before the operation's own request left: see
    /// [`is_unsent`](Self::is_unsent).
    #[must_use]
    pub fn with_unsent(mut self) -> Self {
        self.0.is_unsent = true;
        self
    }

    /// Says before the message what failed for it, in a clause: the rest stays.
    #[must_use]
    pub fn with_preface(mut self, what: &str) -> Self {
        self.0.message = format!("{what}: {}", self.0.message).into();
        self
    }

    /// Of a call that somebody else made on the way: what another server said to it is not this
    /// operation's status or refusal. It stays as the source.
    #[must_use]
    pub(crate) fn of_another_call(self) -> Self {
        if self.0.oauth.is_none() && self.0.status.is_none() {
            return self;
        }
        let mut outer = Self::new(self.0.kind, self.0.message.clone());
        outer.0.is_unsent = self.0.is_unsent;
        let outer = outer.with_retry_after(self.0.retry_after);
        let outer = match self.0.reason {
            Some(reason) => outer.with_reason(reason),
            None => outer,
        };
        outer.with_source(self)
    }

    /// Says whose call failed, unless an inner call already did. For the client of another
    /// protocol: [`OAuth2Client`](crate::OAuth2Client) does it itself.
    #[must_use]
    pub fn in_context(mut self, provider: &str, operation: Operation) -> Self {
        self.0.provider.get_or_insert_with(|| provider.into());
        self.0.operation.get_or_insert(operation);
        self
    }

    /// Blots out secrets that the provider repeats to us. For the client of another protocol:
    /// [`OAuth2Client`](crate::OAuth2Client) does it itself.
    #[must_use]
    pub fn without_secrets(mut self, secrets: &[Secret]) -> Self {
        for secret in secrets {
            if let Some(blotted) = blot(&self.0.message, secret) {
                self.0.message = blotted.into();
            }
        }
        self.0.oauth = self.0.oauth.take().map(|oauth| oauth.without(secrets));
        self
    }

    /// What to do next.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// A stable word for a refusal of hallpass's own, or of the API; `None` where the
    /// [`oauth`](Self::oauth) code says it all.
    ///
    /// Of the authorization page: `scheme`. Of the callback: `state`, `provider`, `client`,
    /// `issuer`, `endpoint`, `duplicate`, `too_long`, `no_code`, `expired`, `pending`. Of requests:
    /// `origin`, `plain_http`, `private_address`, `redirect`, `reserved`, `code_binding`, `no_tls`,
    /// `hmac`, `key_binding`, `no_refresh_token`, `no_access_token`.
    /// Of answers: `timeout`, `connect`, `interrupted`, `body_limit`, `invalid_token`, `forbidden`,
    /// `rate_limited`, `use_dpop_nonce`, `invalid_dpop_proof`, `client_auth`, `empty_id`,
    /// `request_uri`. Of ID tokens and userinfo: `id_token`, `nonce`, `auth_time`, `acr`,
    /// `subject`, `unsigned`. A provider's own crate, and those of OpenID Connect, sessions and
    /// stores, may add words: they say which.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        self.0.reason
    }

    /// The name of the provider's client, as [`Descriptor::name`](crate::Descriptor::name) says it.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.0.provider.as_deref()
    }

    /// Which call failed: the innermost one, where one is made of others.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        self.0.operation
    }

    /// The HTTP status of the answer, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The provider's own words ([RFC 6749, section
    /// 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)). Untrusted.
    #[must_use]
    pub fn oauth(&self) -> Option<&OAuthError> {
        self.0.oauth.as_ref()
    }

    /// Whether it is known that the operation's own request never left: it was refused on this
    /// side, what goes before it failed (discovery, a key that signs, a hook), or there was no
    /// connection. Then nothing was spent, and the very same may be tried again. `false` where it
    /// left, or nobody knows.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.0.is_unsent
    }

    /// How long the provider asks to wait ([RFC 9110, section
    /// 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(provider) = &inner.provider {
            write!(f, "{} ", Escaped(provider))?;
        }
        if let Some(operation) = inner.operation {
            write!(f, "{}: ", operation.as_str())?;
        }
        // A provider's crate may have put into it what the provider says.
        f.write_str(&cut_and_escaped(&inner.message, LONGEST_MESSAGE_CHARS))?;
        match (inner.status, &inner.oauth) {
            (Some(status), Some(oauth)) => write!(f, " (HTTP {}, {oauth})", status.as_u16())?,
            (Some(status), None) => write!(f, " (HTTP {})", status.as_u16())?,
            (None, Some(oauth)) => write!(f, " ({oauth})")?,
            (None, None) => {}
        }
        match inner.retry_after {
            Some(wait) => write!(f, "; {}, in {} s", inner.kind.advice(), wait.as_secs()),
            None => write!(f, "; {}", inner.kind.advice()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &cut_and_escaped(&inner.message, LONGEST_MESSAGE_CHARS))
            .field("reason", &inner.reason)
            .field("provider", &inner.provider)
            .field("operation", &inner.operation)
            .field("status", &inner.status)
            .field("oauth", &inner.oauth)
            .field("retry_after", &inner.retry_after)
            .field("source", &inner.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}

/// What a provider said of its refusal: `error`, `error_description`, `error_uri`.
///
/// Untrusted text: each part is cut at 500 characters, control characters are escaped, and what was
/// sent as a secret is blotted out where the provider repeats it. Show it to developers, not users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    code: Box<str>,
    description: Option<Box<str>>,
    uri: Option<Box<str>>,
}

/// Long enough for what providers say, short enough for a log line.
const LONGEST_PART_CHARS: usize = 500;
const LONGEST_MESSAGE_CHARS: usize = 2000;

impl OAuthError {
    /// A refusal by its code.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self { code: bounded(code), description: None, uri: None }
    }

    /// What the provider says for developers.
    #[must_use]
    pub fn with_description(mut self, description: &str) -> Self {
        self.description = Some(bounded(description));
        self
    }

    /// Where the provider explains it.
    #[must_use]
    pub fn with_uri(mut self, uri: &str) -> Self {
        self.uri = Some(bounded(uri));
        self
    }

    /// The code: `invalid_grant`, `access_denied`, or a word of the provider's own.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What the provider says for developers.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Where the provider explains it. Do not follow it by itself.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }

    /// Blots out secrets that the provider repeats to us.
    #[must_use]
    pub(crate) fn without<'a>(mut self, secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let parts = [Some(&mut self.code), self.description.as_mut(), self.uri.as_mut()];
        let mut parts: Vec<_> = parts.into_iter().flatten().collect();
        for secret in secrets {
            for part in &mut parts {
                if let Some(blotted) = blot(part, secret) {
                    **part = blotted.into();
                }
            }
        }
        self
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.description {
            Some(description) => write!(f, "{}: {description}", self.code),
            None => f.write_str(&self.code),
        }
    }
}

/// Untrusted text made fit for a log: at most 500 characters, control characters escaped.
pub(crate) fn bounded(text: &str) -> Box<str> {
    cut_and_escaped(text, LONGEST_PART_CHARS).into_boxed_str()
}

fn cut_and_escaped(text: &str, longest: usize) -> String {
    let mut out = String::with_capacity(text.len().min(longest));
    for c in text.chars().take(longest) {
        escape_into(&mut out, c);
    }
    out
}

/// `text` without `secret`; `None` if there is nothing of it in it. It is found as it is and as it
/// stands in a form or in JSON, whole or, where [`bounded`] cut the text, in part.
///
/// What is shorter than four characters would blot out ordinary words.
fn blot(text: &str, secret: &Secret) -> Option<String> {
    let secret = secret.expose();
    if secret.len() < SHORTEST_SECRET_BYTES {
        return None;
    }
    let in_form: String = byte_serialize(secret.as_bytes()).collect();
    let in_json = Json::from(secret).to_string();
    let mut blotted = Cow::Borrowed(text);
    for spelling in [secret, &in_form, in_json.trim_matches('"')] {
        if blotted.contains(spelling) {
            blotted = blotted.replace(spelling, REDACTED).into();
        }
        if let Some(kept) = without_half_a_secret(&blotted, spelling) {
            blotted = format!("{kept}{REDACTED}").into();
        }
    }
    match blotted {
        Cow::Borrowed(_) => None,
        Cow::Owned(blotted) => Some(blotted),
    }
}

const REDACTED: &str = "[redacted]";
const SHORTEST_SECRET_BYTES: usize = 4;
/// A shorter beginning of a secret is no more than a word that happens to be the same.
const SHORTEST_PART_BYTES: usize = 8;

/// `text` without the beginning of `secret` that it ends with.
fn without_half_a_secret<'a>(text: &'a str, secret: &str) -> Option<&'a str> {
    let cuts = (SHORTEST_PART_BYTES..secret.len()).rev();
    cuts.filter(|cut| secret.is_char_boundary(*cut))
        .find_map(|cut| text.strip_suffix(&secret[..cut]))
}

struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bounded(self.0))
    }
}

fn escape_into(out: &mut String, c: char) {
    // Bidirectional controls reorder a log line as newlines break it.
    let reorders = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if c.is_control() || reorders || matches!(c, '\u{2028}' | '\u{2029}') {
        out.extend(c.escape_unicode());
    } else {
        out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn the_sentence_names_provider_call_answer_and_next_step() {
        let error = Error::denied("the code was refused")
            .with_status(StatusCode::BAD_REQUEST)
            .with_oauth(OAuthError::new("invalid_grant").with_description("Too old."))
            .in_context("acme", Operation::AccessToken);
        assert_eq!(
            error.to_string(),
            "acme access_token: the code was refused (HTTP 400, invalid_grant: Too old.); start the login again"
        );
    }

    #[test]
    fn a_preface_comes_before_the_message_and_changes_nothing_else() {
        let error = Error::denied("no shop").with_reason("host").with_status(StatusCode::GONE);
        let error = error.with_source("underneath").with_preface("the client a cannot be made");
        let want = "the client a cannot be made: no shop (HTTP 410); start the login again";
        assert_eq!(error.to_string(), want);
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("host")));
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("underneath"));
    }

    #[test]
    fn an_inner_call_keeps_its_name() {
        let error = Error::transport("no answer").in_context("a", Operation::Send);
        let error = error.in_context("b", Operation::Profile);
        assert_eq!(error.provider(), Some("a"));
        assert_eq!(error.operation(), Some(Operation::Send));
    }

    #[test]
    fn what_a_provider_says_is_bounded_and_escaped() {
        let quoted = Error::denied(format!("it says a\nb{}", "x".repeat(10_000))).to_string();
        assert!(quoted.len() < 2_100 && quoted.contains("a\\u{a}b"), "{quoted}");
        let said = OAuthError::new("a\nb\u{202e}").with_description(&"x".repeat(10_000));
        assert_eq!(said.code(), "a\\u{a}b\\u{202e}");
        assert_eq!(said.description().map(str::len), Some(500));
    }

    #[test]
    fn a_secret_that_a_provider_repeats_is_blotted_out() {
        let said = OAuthError::new("invalid_grant").with_description("Invalid code: abcdef!");
        let said = said.without([&Secret::new("abcdef")]);
        assert_eq!(said.description(), Some("Invalid code: [redacted]!"));
    }

    #[test]
    fn a_secret_is_found_in_every_spelling_and_where_the_text_was_cut() {
        check_blot("a/b+c=d", "was a/b+c=d", Some("was [redacted]"));
        check_blot("a/b+c=d", "was x=a%2Fb%2Bc%3Dd&y", Some("was x=[redacted]&y"));
        check_blot("a\"b c", r#"{"x":"a\"b c"}"#, Some(r#"{"x":"[redacted]"}"#));
        check_blot("0123456789ab", "was 0123456789a", Some("was [redacted]"));
        check_blot("0123456789ab", "was 01234567", Some("was [redacted]"));
        check_blot("0123456789ab", "was 0123456", None);
        check_blot("0123456789ab", "was 01234567!", None);
        check_blot("abc", "abc", None);
        check_blot("ééééé", "was éééé", Some("was [redacted]"));
    }

    #[track_caller]
    fn check_blot(secret: &str, text: &str, want: Option<&str>) {
        assert_eq!(blot(text, &Secret::new(secret)).as_deref(), want, "{text}");
    }

    #[test]
    fn the_source_is_not_printed_twice() {
        let error = Error::transport("no answer").with_source("connection refused");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("connection refused"));
        assert!(!error.to_string().contains("connection refused"));
    }

    #[test]
    fn codes_map_to_the_callers_reaction() {
        check("invalid_client", ErrorKind::Config);
        check("redirect_uri_mismatch", ErrorKind::Config);
        check("invalid_grant", ErrorKind::Denied);
        check("login_required", ErrorKind::Denied);
        check("slow_down", ErrorKind::Transport);
        check("unsupported_token_type", ErrorKind::Unsupported);
        check("a word of their own", ErrorKind::Denied);
    }

    #[track_caller]
    fn check(code: &str, want: ErrorKind) {
        assert_eq!(ErrorKind::of_code(code), want);
    }
}
