//! What a server wants to see in the next proof: RFC 9449 sections 8 and 9.

use std::collections::VecDeque;

use hallpass_core::{
    Response,
    http::{HeaderName, StatusCode, header},
    url::Origin,
};

const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
const WANTED: &str = "use_dpop_nonce";
/// A client has an authorization server and some APIs.
const MOST_ORIGINS: usize = 64;
/// Each proof repeats it, in a header.
const LONGEST_NONCE_BYTES: usize = 1024;

/// The newest nonce of each origin, the origin heard of last at the end.
#[derive(Default)]
pub(super) struct Nonces(VecDeque<(Origin, String)>);

impl Nonces {
    pub(super) fn of(&self, origin: &Origin) -> Option<String> {
        // check: 35 => let found = self.0.front();
        let found = self.0.iter().find(|(known, _)| known == origin);
        found.map(|(_, nonce)| nonce.clone())
    }

    pub(super) fn keep(&mut self, origin: Origin, nonce: String) {
        self.0.retain(|(known, _)| *known != origin);
        while self.0.len() >= MOST_ORIGINS {
            self.0.pop_front();
        }
        self.0.push_back((origin, nonce));
    }
}

/// The nonce of an answer, whatever its status; none if it is not of the form of section 8.1, or
/// there are two.
pub(super) fn given(response: &Response) -> Option<String> {
    let mut values = response.headers.get_all(NONCE).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let nonce = value.to_str().ok()?;
    let is_one = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    let fits = (1..=LONGEST_NONCE_BYTES).contains(&nonce.len()) && nonce.bytes().all(is_one);
    fits.then(|| nonce.to_owned())
}

/// Whether the request was refused for its nonce: by an authorization server with an error of
/// status 400 (section 8), by an API with a challenge of status 401 (section 9).
pub(super) fn is_wanted(response: &Response) -> bool {
    match response.status {
        StatusCode::BAD_REQUEST => response.json().is_ok_and(|body| body["error"] == WANTED),
        StatusCode::UNAUTHORIZED => {
            let challenges = response.headers.get_all(header::WWW_AUTHENTICATE).iter();
            challenges.filter_map(|value| value.to_str().ok()).any(is_challenged)
        }
        _ => false,
    }
}

/// Whether a list of challenges ([RFC 9110, section
/// 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)) has one of DPoP with this error.
fn is_challenged(challenges: &str) -> bool {
    let mut is_dpop = false;
    for item in items(challenges) {
        let item = item.trim();
        // A scheme stands before a space, or alone; around the `=` of a parameter there may be
        // spaces too.
        let (word, rest) = item.split_once([' ', '\t']).unwrap_or((item, ""));
        let is_param = word.contains('=') || rest.trim_start().starts_with('=');
        let param = if is_param {
            item
        } else {
            is_dpop = word.eq_ignore_ascii_case("dpop");
            rest
        };
        let Some((name, value)) = param.split_once('=') else { continue };
        let is_error = name.trim().eq_ignore_ascii_case("error");
        if is_dpop && is_error && value.trim().trim_matches('"') == WANTED {
            return true;
        }
    }
    false
}

/// Parts between commas that do not stand in quotes.
fn items(text: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character| {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => return character == ',' && !is_quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use hallpass_core::{
        http::{HeaderMap, HeaderValue},
        url::Url,
    };

    use super::*;

    fn origin(host: &str) -> Origin {
        Url::parse(host).unwrap().origin()
    }

    fn response(status: u16, headers: &[(HeaderName, &str)], body: &str) -> Response {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect();
        let status = StatusCode::from_u16(status).unwrap();
        Response::new(status, headers, body.into())
    }

    #[test]
    fn each_origin_has_its_own_nonce_and_the_newest_wins() {
        let mut nonces = Nonces::default();
        let (op, api) = (origin("https://op.test/token"), origin("https://api.test/"));
        assert_eq!(nonces.of(&op), None);
        nonces.keep(op.clone(), "1".into());
        nonces.keep(api.clone(), "2".into());
        nonces.keep(op.clone(), "3".into());
        assert_eq!(nonces.of(&op).as_deref(), Some("3"));
        assert_eq!(nonces.of(&api).as_deref(), Some("2"));
        for elsewhere in ["http://op.test/", "https://op.test:8443/", "https://x.op.test/"] {
            assert_eq!(nonces.of(&origin(elsewhere)), None, "{elsewhere}");
        }
    }

    #[test]
    fn no_more_than_64_origins_are_kept() {
        let mut nonces = Nonces::default();
        let nth = |nth: usize| origin(&format!("https://api-{nth}.test"));
        for one in 0..MOST_ORIGINS {
            nonces.keep(nth(one), "n".into());
        }
        // Heard of again, and so no longer the oldest.
        nonces.keep(nth(0), "n".into());
        nonces.keep(nth(MOST_ORIGINS), "n".into());
        assert_eq!(nonces.0.len(), MOST_ORIGINS);
        assert_eq!(nonces.of(&nth(1)), None);
        assert!(nonces.of(&nth(0)).is_some() && nonces.of(&nth(MOST_ORIGINS)).is_some());
    }

    #[test]
    fn a_nonce_is_taken_of_any_answer_and_has_the_form_of_the_standard() {
        check_given(&["eyJ7S_zG.eyJH0-Z.HX4w-7v"], Some("eyJ7S_zG.eyJH0-Z.HX4w-7v"));
        check_given(&["!#[]~"], Some("!#[]~"));
        check_given(&[], None);
        check_given(&[""], None);
        check_given(&["a b"], None);
        check_given(&["a\"b"], None);
        check_given(&["a\\b"], None);
        check_given(&["a", "b"], None);
        check_given(&[&"n".repeat(1024)], Some(&"n".repeat(1024)));
        check_given(&[&"n".repeat(1025)], None);
    }

    #[track_caller]
    fn check_given(values: &[&str], want: Option<&str>) {
        for status in [200, 204, 400, 401, 503] {
            let headers: Vec<_> = values.iter().map(|value| (NONCE, *value)).collect();
            let mut response = response(status, &[], "");
            for (name, value) in headers {
                response.headers.append(name, HeaderValue::from_str(value).unwrap());
            }
            assert_eq!(given(&response).as_deref(), want, "{values:?}");
        }
    }

    #[test]
    fn an_authorization_server_wants_one_by_an_error_of_status_400() {
        let error = r#"{"error":"use_dpop_nonce"}"#;
        for (status, body, want) in [
            (400, error, true),
            (401, error, false),
            (200, error, false),
            (500, error, false),
            (400, r#"{"error":"invalid_dpop_proof"}"#, false),
            (400, r#"{"error":"invalid_grant","error_description":"use_dpop_nonce"}"#, false),
            (400, "use_dpop_nonce", false),
            (400, "", false),
        ] {
            assert_eq!(is_wanted(&response(status, &[], body)), want, "{status} {body}");
        }
    }

    #[test]
    fn an_api_wants_one_by_a_challenge_of_status_401() {
        for (challenge, want) in [
            (r#"DPoP error="use_dpop_nonce", error_description="needs a nonce""#, true),
            (r#"DPoP realm="a, b", algs="ES256", error="use_dpop_nonce""#, true),
            (r#"dpop Error=use_dpop_nonce"#, true),
            (r#"DPoP error = "use_dpop_nonce""#, true),
            (r#"Bearer realm="x", DPoP algs="ES256", error="use_dpop_nonce""#, true),
            (r#"Bearer, DPoP error="use_dpop_nonce""#, true),
            (r#"Bearer error="use_dpop_nonce""#, false),
            (r#"DPoP algs="ES256", Bearer error="use_dpop_nonce""#, false),
            (r#"DPoP error="invalid_token", error_description="use_dpop_nonce""#, false),
            (r#"DPoP realm="\", error=use_dpop_nonce, ""#, false),
            (r#"DPoP realm=", error=use_dpop_nonce, ""#, false),
            ("DPoP", false),
            ("error=use_dpop_nonce", false),
            ("", false),
        ] {
            let headers = [(header::WWW_AUTHENTICATE, challenge)];
            assert_eq!(is_wanted(&response(401, &headers, "")), want, "{challenge}");
            assert!(!is_wanted(&response(400, &headers, "")), "{challenge}");
            assert!(!is_wanted(&response(403, &headers, "")), "{challenge}");
        }
    }
}
