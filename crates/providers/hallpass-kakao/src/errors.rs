use hallpass_core::{Error, ErrorKind, Json, OAuthError, Response, http::StatusCode};

/// What Kakao says of a refusal beyond the standards: the API in `code` and `msg`, the token
/// endpoint in `error_code` ([Error
/// codes](https://developers.kakao.com/docs/latest/en/rest-api/error-code)).
pub(crate) fn refusal(response: &Response) -> Option<Error> {
    if response.status.is_success() {
        return None;
    }
    let body = response.json().ok()?;
    of_token_endpoint(&body).or_else(|| of_api(&body, response.status))
}

/// Where `error` alone would be understood wrongly.
fn of_token_endpoint(body: &Json) -> Option<Error> {
    let code = body["error"].as_str()?;
    let error = match body["error_code"].as_str()? {
        // quirk: redirect-mismatch
        "KOE303" => Error::config("the redirect URI is not that of the login"),
        // quirk: token-limit
        "KOE237" => Error::transport("too many token requests").with_reason("rate_limited"),
        // quirk: token-outage
        "KOE003" => Error::transport("Kakao is not able to answer"),
        _ => return None,
    };
    let oauth = OAuthError::new(code);
    Some(error.with_oauth(match body["error_description"].as_str() {
        Some(description) => oauth.with_description(description),
        None => oauth,
    }))
}

fn of_api(body: &Json, status: StatusCode) -> Option<Error> {
    // quirk: api-error => let code: i64 = None?;
    let code = body["code"].as_i64()?;
    let (kind, reason) = reaction(code, status);
    let oauth = OAuthError::new(&code.to_string());
    let oauth = match body["msg"].as_str() {
        Some(message) => oauth.with_description(message),
        None => oauth,
    };
    let error = Error::new(kind, "Kakao's API refused the request").with_oauth(oauth);
    Some(match reason {
        Some(reason) => error.with_reason(reason),
        None => error,
    })
}

fn reaction(code: i64, status: StatusCode) -> (ErrorKind, Option<&'static str>) {
    use ErrorKind::{Config, Denied, Transport};
    match code {
        // quirk: api-outage
        -1 | -7 | -603 | -9798 => (Transport, None),
        // quirk: quota
        -10 => (Transport, Some("rate_limited")),
        -401 => (Denied, Some("invalid_token")),
        // quirk: user-not-let-in
        -4 | -101 | -103 | -406 => (Denied, None),
        // quirk: app-not-set-up
        -3 | -5 | -12 => (Config, None),
        _ if status == StatusCode::UNAUTHORIZED => (Denied, Some("invalid_token")),
        _ if status == StatusCode::FORBIDDEN => (Denied, Some("forbidden")),
        _ if status == StatusCode::TOO_MANY_REQUESTS => (Transport, Some("rate_limited")),
        _ if status.is_server_error() => (Transport, None),
        _ => (Config, None),
    }
}

#[cfg(test)]
mod tests {
    use hallpass_core::http::HeaderMap;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_number_of_the_api_has_its_reaction() {
        use ErrorKind::{Config, Denied, Transport};
        for (code, status, want) in [
            (-1, 400, (Transport, None)),
            (-2, 400, (Config, None)),
            (-3, 403, (Config, None)),
            (-4, 403, (Denied, None)),
            (-5, 403, (Config, None)),
            (-6, 403, (Denied, Some("forbidden"))),
            (-7, 400, (Transport, None)),
            (-8, 400, (Config, None)),
            (-10, 400, (Transport, Some("rate_limited"))),
            (-12, 403, (Config, None)),
            (-101, 400, (Denied, None)),
            (-103, 400, (Denied, None)),
            (-401, 401, (Denied, Some("invalid_token"))),
            (-402, 403, (Denied, Some("forbidden"))),
            (-406, 401, (Denied, None)),
            (-603, 400, (Transport, None)),
            (-9798, 503, (Transport, None)),
            (-999, 401, (Denied, Some("invalid_token"))),
            (-999, 429, (Transport, Some("rate_limited"))),
            (-999, 500, (Transport, None)),
        ] {
            let error = check(status, &json!({ "msg": "No.", "code": code })).unwrap();
            assert_eq!((error.kind(), error.reason()), want, "{code} {status}");
            assert_eq!(error.oauth().unwrap().code(), code.to_string());
            assert_eq!(error.oauth().unwrap().description(), Some("No."));
        }
    }

    #[test]
    fn a_refusal_in_the_standards_words_is_left_to_them() {
        for (status, body) in [
            (400, json!({ "error": "invalid_grant", "error_code": "KOE320" })),
            (401, json!({ "error": "invalid_client", "error_code": "KOE010" })),
            (400, json!({ "error": "invalid_grant" })),
            (400, json!({ "error_code": "KOE303" })),
            (400, json!({ "msg": "No.", "code": "-401" })),
            (400, json!([])),
            (200, json!({ "msg": "No.", "code": -401 })),
        ] {
            assert!(check(status, &body).is_none(), "{body}");
        }
    }

    fn check(status: u16, body: &Json) -> Option<Error> {
        let status = StatusCode::from_u16(status).unwrap();
        refusal(&Response::new(status, HeaderMap::new(), body.to_string().into_bytes()))
    }
}
