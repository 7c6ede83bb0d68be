//! What X says of its refusals: RFC 6749's words with meanings of its own at the token endpoint,
//! and problems, by type, at the API.

use hallpass_core::{Error, Json, OAuthError, Response, http::StatusCode};

/// What is said of a code or a refresh token that is spent, too old or somebody else's.
const SPENT: [&str; 3] = [
    "the authorization code was invalid",
    "the code verifier did not match the code challenge",
    "the token was invalid",
];

/// A refusal that status and code do not tell.
pub(crate) fn refusal(response: &Response) -> Option<Error> {
    let body = match response.status {
        StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN => response.json().ok()?,
        _ => return None,
    };
    // quirk: spent-code => not_enrolled(&body)
    // quirk: not-enrolled => spent(&body)
    spent(&body).or_else(|| not_enrolled(&body))
}

/// `invalid_request`, which elsewhere is a fault of the program.
fn spent(body: &Json) -> Option<Error> {
    let description = body["error_description"].as_str()?;
    if body["error"] != "invalid_request" || !SPENT.iter().any(|said| description.contains(said)) {
        return None;
    }
    let error = Error::denied("the code or the refresh token is spent, too old or another one's");
    Some(error.with_oauth(OAuthError::new("invalid_request").with_description(description)))
}

fn not_enrolled(body: &Json) -> Option<Error> {
    let problem = described(body)?;
    (problem.code() == "client-forbidden").then(|| {
        let error = Error::config("the app is not enrolled for this API: see the dashboard");
        error.with_reason("client_forbidden").with_oauth(problem)
    })
}

/// Why an answer of status 200 has no data.
pub(crate) fn of_errors(errors: &Json) -> Error {
    // quirk: partial-errors => Error::malformed("an answer without data")
    match described(&errors[0]) {
        Some(problem) if problem.code() == "internal-error" => {
            Error::transport("X is not able to answer").with_oauth(problem)
        }
        Some(problem) => Error::denied("X has no data for it").with_oauth(problem),
        None => Error::malformed("an answer with neither data nor errors"),
    }
}

/// A problem by the last part of its type; its `detail` is for developers.
fn described(problem: &Json) -> Option<OAuthError> {
    let (_, code) = problem["type"].as_str()?.rsplit_once("/problems/")?;
    let described = OAuthError::new(code);
    Some(match problem["detail"].as_str() {
        Some(detail) => described.with_description(detail),
        None => described,
    })
}
