use hallpass_core::{Error, Json, OAuthError, Response, http::StatusCode};

/// What Naver says of a code or refresh token that is spent, foreign or too old.
const SPENT: &str = "no valid data in session";

/// What neither the status nor RFC 6749 shows. An outage is core's to read.
pub(crate) fn of(response: &Response) -> Option<Error> {
    let status = response.status;
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let body = response.json().ok()?;
    by_the_api(&body).or_else(|| by_the_token_endpoint(&body, status))
}

fn by_the_api(body: &Json) -> Option<Error> {
    // quirk: failure
    if body["result"] == "failure" {
        return Some(Error::denied("the API refused the call"));
    }
    // quirk: result-code => let code: &str = None?;
    let code = body["resultcode"].as_str().filter(|code| *code != "00")?;
    let error = match code {
        "024" | "028" => {
            Error::denied("the API does not accept the token").with_reason("invalid_token")
        }
        "403" => {
            Error::denied("the application has no permission for this API").with_reason("forbidden")
        }
        "500" => Error::transport("the API cannot answer"),
        _ => Error::denied("the API refused the call"),
    };
    Some(error.with_oauth(said(code, &body["message"])))
}

fn by_the_token_endpoint(body: &Json, status: StatusCode) -> Option<Error> {
    let code = body["error"].as_str().filter(|_| status.is_success())?;
    // quirk: spent-code => let is_spent = false;
    let is_spent = match code {
        "invalid_request" => body["error_description"] == SPENT,
        "unauthorized_client" => true,
        _ => false,
    };
    let error =
        is_spent.then(|| Error::denied("the code or refresh token is not good any more"))?;
    Some(error.with_oauth(said(code, &body["error_description"])))
}

fn said(code: &str, description: &Json) -> OAuthError {
    let oauth = OAuthError::new(code);
    match description.as_str() {
        Some(description) => oauth.with_description(description),
        None => oauth,
    }
}

#[cfg(test)]
mod tests {
    use hallpass_core::{ErrorKind, http::HeaderMap};

    use super::*;

    #[test]
    fn the_code_in_the_body_says_what_to_do() {
        check(200, r#"{"resultcode":"00"}"#, None);
        check(200, r#"{"resultcode":"024"}"#, Some((ErrorKind::Denied, Some("invalid_token"))));
        check(401, r#"{"resultcode":"028"}"#, Some((ErrorKind::Denied, Some("invalid_token"))));
        check(403, r#"{"resultcode":"403"}"#, Some((ErrorKind::Denied, Some("forbidden"))));
        check(200, r#"{"resultcode":"500"}"#, Some((ErrorKind::Transport, None)));
        check(200, r#"{"resultcode":"077"}"#, Some((ErrorKind::Denied, None)));
        check(200, r#"{"result":"failure"}"#, Some((ErrorKind::Denied, None)));
        check(200, r#"{"result":"success"}"#, None);
    }

    #[test]
    fn a_spent_code_is_told_from_a_wrong_program() {
        let spent = Some((ErrorKind::Denied, None));
        let said = |description: &str| {
            format!(r#"{{"error":"invalid_request","error_description":"{description}"}}"#)
        };
        check(200, &said(SPENT), spent);
        check(200, &said("redirect_uri is missing"), None);
        check(400, &said(SPENT), None);
        check(200, r#"{"error":"unauthorized_client"}"#, spent);
        check(401, r#"{"error":"unauthorized_client"}"#, None);
        check(200, r#"{"error":"server_error"}"#, None);
    }

    #[test]
    fn an_outage_is_cores_to_read() {
        check(500, r#"{"resultcode":"500"}"#, None);
        check(429, r#"{"resultcode":"024"}"#, None);
        check(401, "<html>", None);
    }

    #[track_caller]
    fn check(status: u16, body: &str, want: Option<(ErrorKind, Option<&str>)>) {
        let status = StatusCode::from_u16(status).unwrap();
        let got = of(&Response::new(status, HeaderMap::new(), body.into()));
        let got = got.as_ref().map(|error| (error.kind(), error.reason()));
        assert_eq!(got, want, "{status} {body}");
    }
}
