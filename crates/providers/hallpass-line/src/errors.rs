use hallpass_core::{Descriptor, Error, ErrorKind, http::StatusCode};

/// The callback's errors are the standards' in capitals ([Error
/// codes](https://developers.line.biz/en/docs/line-login/integrate-line-login/#error-codes)). What
/// is not here is the user's refusal, or that the user must be asked: sign in again.
pub(crate) fn with_kinds(descriptor: Descriptor) -> Descriptor {
    descriptor
        // quirk: capitals
        .with_error_kind("INVALID_REQUEST", ErrorKind::Config)
        // quirk: capitals
        .with_error_kind("INVALID_SCOPE", ErrorKind::Config)
        .with_error_kind("UNSUPPORTED_RESPONSE_TYPE", ErrorKind::Config)
        // quirk: capitals
        .with_error_kind("SERVER_ERROR", ErrorKind::Transport)
}

/// Where a token is all that is asked about, LINE calls a dead one a bad request.
pub(crate) fn about_the_token(error: Error) -> Error {
    let oauth = error.oauth().cloned();
    let blames_token = oauth.as_ref().is_none_or(|oauth| oauth.code() == "invalid_request");
    // quirk: dead-token => return error;
    if error.status() != Some(StatusCode::BAD_REQUEST) || !blames_token {
        return error;
    }
    let error = Error::denied("LINE does not accept the token")
        .with_reason("invalid_token")
        .with_status(StatusCode::BAD_REQUEST);
    match oauth {
        Some(oauth) => error.with_oauth(oauth),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use hallpass_core::OAuthError;

    use super::*;

    #[test]
    fn a_bad_request_that_blames_the_token_is_a_refusal() {
        check(400, None, ErrorKind::Denied);
        check(400, Some("invalid_request"), ErrorKind::Denied);
        check(400, Some("invalid_client"), ErrorKind::Config);
        check(401, Some("invalid_request"), ErrorKind::Config);
        check(500, None, ErrorKind::Config);
    }

    #[track_caller]
    fn check(status: u16, code: Option<&str>, want: ErrorKind) {
        let error = Error::config("x").with_status(StatusCode::from_u16(status).unwrap());
        let error = match code {
            Some(code) => error.with_oauth(OAuthError::new(code)),
            None => error,
        };
        let got = about_the_token(error);
        assert_eq!(got.kind(), want, "{status} {code:?}");
        assert_eq!(got.oauth().map(OAuthError::code), code);
        assert_eq!(got.status().unwrap().as_u16(), status);
    }
}
