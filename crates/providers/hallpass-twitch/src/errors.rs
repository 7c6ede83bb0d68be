use hallpass_core::{Error, ErrorKind, OAuthError, Response, http::StatusCode};

/// What Twitch says in a sentence, by the standards' word for it: the token endpoint has no
/// `error`, or one that repeats the status.
const SENTENCES: [(&str, &str, ErrorKind); 8] = [
    ("client does not exist", "invalid_client", ErrorKind::Config),
    ("invalid authorization code", "invalid_grant", ErrorKind::Denied),
    ("invalid client", "invalid_client", ErrorKind::Config),
    ("invalid client secret", "invalid_client", ErrorKind::Config),
    ("invalid grant", "invalid_grant", ErrorKind::Denied),
    ("invalid refresh token", "invalid_grant", ErrorKind::Denied),
    ("invalid token", "invalid_token", ErrorKind::Denied),
    (
        "parameter redirect_uri does not match registered uri",
        "redirect_uri_mismatch",
        ErrorKind::Config,
    ),
];

/// `{"status":…,"message":"…"}`. Limits and outages speak for themselves.
pub(crate) fn refusal(response: &Response) -> Option<Error> {
    if !response.status.is_client_error() || response.status == StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let body = response.json().ok()?;
    let message = body["message"].as_str()?;
    let word = body["error"].as_str().filter(|word| !word.is_empty());
    let sentence = message.to_ascii_lowercase();
    let known = SENTENCES.iter().find(|(known, ..)| *known == sentence);
    let (code, kind) = match (known, word) {
        // quirk: sentences => return None
        (Some((_, code, kind)), _) => (*code, *kind),
        (None, _) if sentence.starts_with("missing ") => ("invalid_request", ErrorKind::Config),
        // quirk: dead-token
        (None, _) if response.status == StatusCode::UNAUTHORIZED => {
            ("invalid_token", ErrorKind::Denied)
        }
        // quirk: sentences => return None
        (None, None) => ("error", ErrorKind::Denied),
        // The API's own refusals, which have a status that fits.
        (None, Some(_)) => return None,
    };
    let oauth = OAuthError::new(code).with_description(message);
    let error = Error::new(kind, "Twitch refused the request").with_oauth(oauth);
    Some(if code == "invalid_token" { error.with_reason("invalid_token") } else { error })
}

#[cfg(test)]
mod tests {
    use hallpass_core::{Json, http::HeaderMap};
    use serde_json::json;

    use super::*;

    #[test]
    fn each_sentence_has_its_reaction() {
        use ErrorKind::{Config, Denied};
        for (status, message, want) in [
            (400, "Invalid authorization code", (Denied, "invalid_grant")),
            (400, "Invalid refresh token", (Denied, "invalid_grant")),
            (401, "Invalid refresh token", (Denied, "invalid_grant")),
            (400, "Invalid grant", (Denied, "invalid_grant")),
            (400, "invalid client", (Config, "invalid_client")),
            (403, "invalid client secret", (Config, "invalid_client")),
            (404, "client does not exist", (Config, "invalid_client")),
            (400, "missing client id", (Config, "invalid_request")),
            (400, "Invalid token", (Denied, "invalid_token")),
            (401, "invalid access token", (Denied, "invalid_token")),
            (401, "something new", (Denied, "invalid_token")),
            (400, "something new", (Denied, "error")),
        ] {
            let error = check(status, &json!({ "status": status, "message": message })).unwrap();
            let oauth = error.oauth().unwrap();
            assert_eq!((error.kind(), oauth.code()), want, "{message}");
            assert_eq!(oauth.description(), Some(message));
        }
    }

    #[test]
    fn what_core_understands_is_left_alone() {
        for (status, body) in [
            (200, json!({ "message": "Invalid token" })),
            (400, json!({ "error": "Bad Request", "status": 400, "message": "Malformed query" })),
            (400, json!({ "error": "invalid_grant" })),
            (400, json!({ "message": 1 })),
            (400, json!([])),
            (429, json!({ "status": 429, "message": "Too many" })),
            (500, json!({ "status": 500, "message": "invalid client" })),
        ] {
            assert!(check(status, &body).is_none(), "{status} {body}");
        }
    }

    fn check(status: u16, body: &Json) -> Option<Error> {
        let status = StatusCode::from_u16(status).unwrap();
        refusal(&Response::new(status, HeaderMap::new(), body.to_string().into_bytes()))
    }
}
