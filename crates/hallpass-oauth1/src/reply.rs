//! What servers answer: credentials, and refusals in whatever shape.

use std::time::SystemTime;

use hallpass_core::{
    Error, ErrorKind, Json, OAuthError, Response, Result, Secret,
    http::{StatusCode, header},
};
use percent_encoding::percent_decode_str;

/// So much of what a server says of a refusal is kept.
const LONGEST_CHARS: usize = 300;
/// No server says more; whoever does is not read on.
const MOST_MEMBERS: usize = 64;

/// A token and its secret, and what else was said.
pub(crate) struct Granted {
    pub(crate) token: Secret,
    pub(crate) secret: Secret,
    others: Vec<(String, Json)>,
}

/// Which request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Temporary,
    Token,
    Api,
}

impl Granted {
    /// Reads the credentials in an answer: a form, as [RFC 5849, section
    /// 2.1](https://www.rfc-editor.org/rfc/rfc5849#section-2.1) says, or a JSON object.
    pub(crate) fn read(response: &Response) -> Result<Self> {
        let malformed = |message| Error::malformed(message).with_status(response.status);
        let mut fields = fields(response).ok_or_else(|| {
            malformed("the answer is no form and no object of 64 parameters at most, each once")
        })?;
        let mut take = |wanted: &str| {
            let at = fields.iter().position(|(name, _)| name == wanted)?;
            match fields.swap_remove(at).1 {
                Json::String(text) if !text.is_empty() => Some(Secret::new(text)),
                _ => None,
            }
        };
        let (token, secret) = (take("oauth_token"), take("oauth_token_secret"));
        let token = token.ok_or_else(|| malformed("the answer has no oauth_token"))?;
        let secret = secret.ok_or_else(|| malformed("the answer has no oauth_token_secret"))?;
        Ok(Self { token, secret, others: fields })
    }

    /// Whether the server took the callback URL along, and so is one of the protocol that nobody
    /// can begin a login for somebody else with.
    pub(crate) fn is_callback_confirmed(&self) -> bool {
        let said = self.others.iter().find(|(name, _)| name == "oauth_callback_confirmed");
        said.is_some_and(|(_, value)| match value {
            Json::String(text) => text.eq_ignore_ascii_case("true"),
            other => *other == Json::Bool(true),
        })
    }

    /// What else was said: `user_id`, `screen_name` …
    pub(crate) fn into_others(self) -> Vec<(String, Json)> {
        self.others
    }
}

/// The members of an object or of a form, each once, and not too many of them.
fn fields(response: &Response) -> Option<Vec<(String, Json)>> {
    let body = response.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&response.body);
    let text = std::str::from_utf8(body).ok()?.trim();
    match text.as_bytes().first()? {
        b'{' => {
            let members = response.members().ok()?;
            (members.len() <= MOST_MEMBERS).then(|| members.into_iter().collect())
        }
        b'<' | b'[' | b'"' => None,
        _ => form(text),
    }
}

fn form(text: &str) -> Option<Vec<(String, Json)>> {
    let decoded = |half: &str| -> Option<String> {
        let half = half.replace('+', " ");
        Some(percent_decode_str(&half).decode_utf8().ok()?.into_owned())
    };
    let mut fields: Vec<(String, Json)> = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name)?;
        // Counted before names are compared: an answer that is all names would take minutes.
        // check: 27
        if fields.len() == MOST_MEMBERS || fields.iter().any(|(known, _)| *known == name) {
            return None;
        }
        fields.push((name, Json::String(decoded(value)?)));
    }
    Some(fields)
}

/// The error for an answer outside 2xx; what was sent is still in it, if the server repeats it.
pub(crate) fn refused(response: &Response, step: Step, now: SystemTime) -> Error {
    let status = response.status;
    let problem = problem(response);
    let said = match &problem {
        Some(_) => String::new(),
        None => said(response).map_or_else(String::new, |said| format!(": {said}")),
    };
    let error = match &problem {
        _ if status == StatusCode::TOO_MANY_REQUESTS => {
            Error::transport(format!("too many requests{said}")).with_reason("rate_limited")
        }
        _ if status.is_server_error() => {
            Error::transport(format!("the provider is not able to answer{said}"))
        }
        Some(problem) => {
            let error = Error::new(kind_of(problem.code()), "the provider refused the request");
            if is_of_token(problem.code()) { error.with_reason("invalid_token") } else { error }
        }
        None if status.is_redirection() => {
            Error::malformed("the provider redirects, which is not followed")
                .with_reason("redirect")
        }
        None => unnamed(status, step, &said),
    };
    let error = error.with_status(status).with_retry_after(response.retry_after(now));
    match problem {
        Some(problem) => error.with_oauth(problem),
        None => error,
    }
}

/// A refusal by its status alone: [RFC 5849, section
/// 3.2](https://www.rfc-editor.org/rfc/rfc5849#section-3.2).
fn unnamed(status: StatusCode, step: Step, said: &str) -> Error {
    let is_auth = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    match step {
        Step::Temporary if is_auth => {
            let message = "the provider does not accept the client's credentials or its signature";
            Error::config(format!("{message}{said}")).with_reason("client_auth")
        }
        // The very credentials and the signature were good a minute ago. That the request is a bad
        // one is all that some servers say of a wrong verifier.
        Step::Token if is_auth || status == StatusCode::BAD_REQUEST => {
            Error::denied(format!("the provider does not accept token or verifier{said}"))
        }
        Step::Api if status == StatusCode::UNAUTHORIZED => {
            Error::denied(format!("the API does not accept the token{said}"))
                .with_reason("invalid_token")
        }
        Step::Api if status == StatusCode::FORBIDDEN => {
            Error::denied(format!("the API forbids it with this token{said}"))
                .with_reason("forbidden")
        }
        _ => Error::config(format!("the provider does not take such a request{said}")),
    }
}

/// What to do about the codes of the extension for problem reporting, which many servers have.
fn kind_of(problem: &str) -> ErrorKind {
    match problem {
        "consumer_key_rejected"
        | "consumer_key_unknown"
        | "parameter_absent"
        | "parameter_rejected"
        | "signature_invalid"
        | "signature_method_rejected"
        | "timestamp_refused"
        | "version_rejected" => ErrorKind::Config,
        // Not for now; and a nonce that was seen before is another one next time.
        "consumer_key_refused" | "nonce_used" => ErrorKind::Transport,
        _ => ErrorKind::Denied,
    }
}

fn is_of_token(problem: &str) -> bool {
    matches!(problem, "token_expired" | "token_rejected" | "token_revoked" | "token_used")
}

/// `oauth_problem`, in the body or in `WWW-Authenticate`.
fn problem(response: &Response) -> Option<OAuthError> {
    let in_body = fields(response).unwrap_or_default();
    let in_body = |name: &str| {
        let found = in_body.iter().find(|(known, _)| known == name)?;
        Some(found.1.as_str()?.to_owned())
    };
    let challenges = response.headers.get_all(header::WWW_AUTHENTICATE).iter();
    let challenges: Vec<_> = challenges.filter_map(|value| value.to_str().ok()).collect();
    let in_header = |name: &str| challenges.iter().find_map(|value| challenge_param(value, name));
    let find = |name: &str| in_body(name).or_else(|| in_header(name));
    let problem = OAuthError::new(&find("oauth_problem").filter(|code| !code.is_empty())?);
    Some(match find("oauth_problem_advice") {
        Some(advice) => problem.with_description(&advice),
        None => problem,
    })
}

/// One parameter of a challenge, with or without quotes, decoded.
fn challenge_param(challenge: &str, name: &str) -> Option<String> {
    let params = challenge.split([',', ' ']).map(str::trim);
    let value = params.filter_map(|param| param.split_once('=')).find(|(it, _)| *it == name)?.1;
    Some(percent_decode_str(value.trim_matches('"')).decode_utf8_lossy().into_owned())
}

/// The sentence in an error, in the shapes that APIs have, or the whole of a short plain text.
fn said(response: &Response) -> Option<String> {
    const SENTENCES: [&str; 6] = [
        "/errors/0/message",
        "/errors/0/detail",
        "/errors/0/title",
        "/message",
        "/error_description",
        "/error",
    ];
    let text = match response.json() {
        Ok(json) => {
            SENTENCES.iter().find_map(|at| json.pointer(at)?.as_str().map(str::to_owned))?
        }
        Err(_) => std::str::from_utf8(&response.body).ok()?.trim().to_owned(),
    };
    // A page for people says nothing to us.
    if text.is_empty() || text.starts_with(['<', '{', '[']) {
        return None;
    }
    Some(text.chars().take(LONGEST_CHARS).collect())
}

#[cfg(test)]
mod tests;
