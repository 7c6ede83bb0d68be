use hallpass_core::{Descriptor, Error, ErrorKind, OAuthError, Response};

/// What of Slack's words the program or its registration is to blame for ([errors of
/// openid.connect.token](https://docs.slack.dev/reference/methods/openid.connect.token)).
const CONFIG: [&str; 9] = [
    "bad_client_secret",
    "bad_redirect_uri",
    "invalid_arguments",
    "invalid_client_id",
    "invalid_grant_type",
    "method_deprecated",
    "missing_scope",
    "not_allowed_token_type",
    "oauth_authorization_url_mismatch",
];

/// What passes by itself.
const TRANSPORT: [&str; 5] =
    ["fatal_error", "internal_error", "ratelimited", "request_timeout", "service_unavailable"];

/// What says that the access token is no good, or no more.
const BAD_TOKEN: [&str; 5] =
    ["account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"];

/// Every other word counts as a refusal: sign in again.
pub(crate) fn with_kinds(descriptor: Descriptor) -> Descriptor {
    let kinds = [(&CONFIG[..], ErrorKind::Config), (&TRANSPORT[..], ErrorKind::Transport)];
    let words = kinds.iter().flat_map(|(words, kind)| words.iter().map(move |word| (*word, *kind)));
    // quirk: error-words => descriptor
    words.fold(descriptor, |descriptor, (word, kind)| descriptor.with_error_kind(word, kind))
}

/// `{"ok":false,"error":"…"}`, with status 200, from every method. Other statuses speak for
/// themselves.
pub(crate) fn refusal(response: &Response, descriptor: &Descriptor) -> Option<Error> {
    if !response.status.is_success() {
        return None;
    }
    let body = response.json().ok()?;
    // quirk: error-in-200 => return None;
    if body["ok"] != false {
        return None;
    }
    let Some(code) = body["error"].as_str().filter(|code| !code.is_empty()) else {
        return Some(Error::malformed("Slack refuses, and says not why"));
    };
    let error = Error::new(descriptor.error_kind(code), "Slack refused the request");
    let error = match code {
        "ratelimited" => error.with_reason("rate_limited"),
        // quirk: bad-token
        _ if BAD_TOKEN.contains(&code) => error.with_reason("invalid_token"),
        _ => error,
    };
    Some(error.with_oauth(OAuthError::new(code)))
}

#[cfg(test)]
mod tests {
    use hallpass_core::{
        Json,
        http::{HeaderMap, StatusCode},
    };
    use serde_json::json;

    use super::*;

    #[test]
    fn each_word_has_its_reaction() {
        use ErrorKind::{Config, Denied, Transport};
        for (code, want) in [
            ("invalid_code", (Denied, None)),
            ("invalid_refresh_token", (Denied, None)),
            ("a_new_word", (Denied, None)),
            ("invalid_auth", (Denied, Some("invalid_token"))),
            ("token_revoked", (Denied, Some("invalid_token"))),
            ("account_inactive", (Denied, Some("invalid_token"))),
            ("bad_client_secret", (Config, None)),
            ("missing_scope", (Config, None)),
            ("internal_error", (Transport, None)),
            ("ratelimited", (Transport, Some("rate_limited"))),
        ] {
            let error = check(200, &json!({ "ok": false, "error": code })).unwrap();
            assert_eq!((error.kind(), error.reason()), want, "{code}");
            assert_eq!(error.oauth().unwrap().code(), code);
        }
    }

    #[test]
    fn what_is_no_refusal_in_a_good_status_is_left_alone() {
        for (status, body) in [
            (200, json!({ "ok": true, "error": "" })),
            (200, json!({ "sub": "U1" })),
            (200, json!([])),
            (429, json!({ "ok": false, "error": "ratelimited" })),
            (500, json!({ "ok": false, "error": "internal_error" })),
        ] {
            assert!(check(status, &body).is_none(), "{body}");
        }
        for body in [json!({ "ok": false }), json!({ "ok": false, "error": "" })] {
            assert_eq!(check(200, &body).unwrap().kind(), ErrorKind::Malformed, "{body}");
        }
    }

    fn check(status: u16, body: &Json) -> Option<Error> {
        let status = StatusCode::from_u16(status).unwrap();
        let response = Response::new(status, HeaderMap::new(), body.to_string().into_bytes());
        refusal(&response, &with_kinds(Descriptor::discovered("slack")))
    }
}
