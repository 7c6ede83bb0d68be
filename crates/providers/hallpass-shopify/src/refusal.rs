//! How Shopify says no, where it is neither RFC 6749's way nor a plain status.

use hallpass_core::{Descriptor, Error, ErrorKind, Json, OAuthError, Response, http::StatusCode};

/// How a page of HTML begins to say what is wrong.
const PAGE: &str = "Oauth error ";
/// More than any such page has before that.
const LONGEST_PAGE_BYTES: usize = 64 << 10;

pub(crate) fn of(response: &Response, descriptor: &Descriptor) -> Option<Error> {
    let status = response.status;
    if status.is_success() {
        // quirk: error-in-200 => return None;
        return graphql(&response.json().ok()?, descriptor);
    }
    // quirk: frozen-shop
    if status == StatusCode::PAYMENT_REQUIRED || status == StatusCode::LOCKED {
        return Some(Error::denied("the shop is frozen or locked").with_reason("shop_inactive"));
    }
    let is_page = response.media_type().as_deref() == Some("text/html");
    if !is_page || !status.is_client_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    // quirk: html-refusal
    if let Some(oauth) = page(&response.body) {
        let kind = descriptor.error_kind(oauth.code());
        return Some(Error::new(kind, "Shopify refused the request").with_oauth(oauth));
    }
    // quirk: unknown-shop => let is_absent = false;
    let is_absent = status == StatusCode::NOT_FOUND;
    is_absent.then(|| Error::denied("there is no such shop").with_reason("unknown_shop"))
}

/// `{"errors": [{"message", "extensions": {"code"}}]}`, with status 200.
fn graphql(body: &Json, descriptor: &Descriptor) -> Option<Error> {
    let error = body["errors"].as_array()?.first()?;
    let oauth = OAuthError::new(error["extensions"]["code"].as_str().unwrap_or("errors"));
    let oauth = match error["message"].as_str() {
        Some(message) => oauth.with_description(message),
        None => oauth,
    };
    let (kind, reason) = match oauth.code() {
        "ACCESS_DENIED" => (ErrorKind::Denied, Some("forbidden")),
        "SHOP_INACTIVE" => (ErrorKind::Denied, Some("shop_inactive")),
        code @ "THROTTLED" => (descriptor.error_kind(code), Some("rate_limited")),
        code @ "INTERNAL_SERVER_ERROR" => (descriptor.error_kind(code), None),
        // Everything else is about the query.
        _ => (ErrorKind::Config, None),
    };
    let error = Error::new(kind, "the API refused the query").with_oauth(oauth);
    Some(match reason {
        Some(reason) => error.with_reason(reason),
        None => error,
    })
}

/// `Oauth error invalid_request: The authorization code …`, in the title of a page.
fn page(body: &[u8]) -> Option<OAuthError> {
    let body = String::from_utf8_lossy(&body[..body.len().min(LONGEST_PAGE_BYTES)]);
    let (_, said) = body.split_once(PAGE)?;
    let said = said.split('<').next()?;
    let (code, description) = said.split_once(':').unwrap_or((said, ""));
    let is_code = !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_code.then(|| match description.trim() {
        "" => OAuthError::new(code),
        text => OAuthError::new(code).with_description(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_is_wrong_in_its_title() {
        check(
            "<title>Oauth error invalid_request: Gone</title>",
            Some(("invalid_request", "Gone")),
        );
        check("<h1>Oauth error access_denied</h1>", Some(("access_denied", "")));
        check("Oauth error <b>x</b>", None);
        check("Oauth error Not a code: x", None);
        check("<html>Sorry</html>", None);
        check("", None);
    }

    #[track_caller]
    fn check(body: &str, want: Option<(&str, &str)>) {
        let got = page(body.as_bytes());
        let got = got.as_ref().map(|oauth| (oauth.code(), oauth.description().unwrap_or_default()));
        assert_eq!(got, want, "{body}");
    }
}
