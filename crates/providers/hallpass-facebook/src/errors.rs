use hallpass_core::{Error, ErrorKind, Json, OAuthError, Response, http::StatusCode};

/// What Facebook says of a refusal, at the token endpoint as in the API ([Handling
/// errors](https://developers.facebook.com/docs/graph-api/guides/error-handling)).
pub(crate) fn refusal(response: &Response) -> Option<Error> {
    if response.status.is_success() {
        return None;
    }
    let body = response.json().ok()?;
    let said = body.get("error")?.as_object()?;
    let number = |name: &str| said.get(name).and_then(Json::as_u64);
    let message = said.get("message").and_then(Json::as_str).unwrap_or_default();
    let code = number("code")?;
    let (kind, reason) = reaction(code, number("error_subcode"), message, response.status);
    let oauth = OAuthError::new(&code.to_string()).with_description(message);
    let error = Error::new(kind, "Facebook refused the request").with_oauth(oauth);
    // quirk: nested-error => None
    Some(match reason {
        Some(reason) => error.with_reason(reason),
        None => error,
    })
}

type Reaction = (ErrorKind, Option<&'static str>);

fn reaction(code: u64, subcode: Option<u64>, message: &str, status: StatusCode) -> Reaction {
    use ErrorKind::{Config, Denied, Transport};
    match code {
        // quirk: client-secret
        1 if message.contains("client secret") => (Config, Some("client_auth")),
        // quirk: outage
        1 | 2 | 368 => (Transport, None),
        // quirk: throttled
        4 | 17 | 32 | 341 | 613 | 80_000..=80_014 => (Transport, Some("rate_limited")),
        // quirk: no-permission
        10 | 200..=299 => (Denied, Some("forbidden")),
        // quirk: bad-code
        100 if is_dead_code(subcode, message) => (Denied, None),
        // quirk: foreign-token
        100 if message.contains("appsecret_proof") => (Denied, Some("invalid_token")),
        102 | 190 => (Denied, Some("invalid_token")),
        _ if status == StatusCode::UNAUTHORIZED => (Denied, Some("invalid_token")),
        _ if status == StatusCode::FORBIDDEN => (Denied, Some("forbidden")),
        _ if status == StatusCode::TOO_MANY_REQUESTS => (Transport, Some("rate_limited")),
        _ if status.is_server_error() => (Transport, None),
        _ => (Config, None),
    }
}

/// A code that was used, is too old or none at all: 100 is the number of any bad parameter, and the
/// subcode is not always there.
fn is_dead_code(subcode: Option<u64>, message: &str) -> bool {
    matches!(subcode, Some(36_007 | 36_009))
        || message.starts_with("This authorization code has")
        || message.starts_with("Invalid verification code format")
}

#[cfg(test)]
mod tests {
    use hallpass_core::http::HeaderMap;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_number_has_its_reaction() {
        use ErrorKind::{Config, Denied, Transport};
        for (code, status, want) in [
            (1, 400, (Transport, None)),
            (2, 500, (Transport, None)),
            (3, 400, (Config, None)),
            (4, 403, (Transport, Some("rate_limited"))),
            (17, 400, (Transport, Some("rate_limited"))),
            (341, 400, (Transport, Some("rate_limited"))),
            (79_999, 400, (Config, None)),
            (80_000, 400, (Transport, Some("rate_limited"))),
            (80_004, 400, (Transport, Some("rate_limited"))),
            (80_014, 400, (Transport, Some("rate_limited"))),
            (80_015, 400, (Config, None)),
            (9, 429, (Transport, Some("rate_limited"))),
            (10, 403, (Denied, Some("forbidden"))),
            (199, 400, (Config, None)),
            (200, 403, (Denied, Some("forbidden"))),
            (299, 400, (Denied, Some("forbidden"))),
            (300, 403, (Denied, Some("forbidden"))),
            (300, 400, (Config, None)),
            (100, 400, (Config, None)),
            (102, 400, (Denied, Some("invalid_token"))),
            (190, 400, (Denied, Some("invalid_token"))),
            (803, 401, (Denied, Some("invalid_token"))),
            (803, 503, (Transport, None)),
        ] {
            let body = json!({ "error": { "message": "No.", "code": code } });
            let error = refusal(&response(status, &body)).unwrap();
            assert_eq!((error.kind(), error.reason()), want, "{code} {status}");
            assert_eq!(error.oauth().unwrap().code(), code.to_string());
            assert_eq!(error.oauth().unwrap().description(), Some("No."));
        }
    }

    #[test]
    fn a_refusal_in_another_shape_is_left_to_the_standards() {
        for body in [
            json!({ "error": "invalid_request" }),
            json!({ "error": { "message": "No." } }),
            json!({ "error": { "code": "190" } }),
            json!([]),
        ] {
            assert!(refusal(&response(400, &body)).is_none(), "{body}");
        }
        let bad = json!({ "error": { "code": 190 } });
        assert!(refusal(&response(200, &bad)).is_none(), "no refusal at all");
    }

    fn response(status: u16, body: &Json) -> Response {
        let status = StatusCode::from_u16(status).unwrap();
        Response::new(status, HeaderMap::new(), body.to_string().into_bytes())
    }
}
