use std::time::{Duration, UNIX_EPOCH};

use hallpass_core::http::{HeaderMap, HeaderValue};

use super::*;

fn answer(status: u16, body: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    Response::new(status, HeaderMap::new(), body.as_bytes().to_vec())
}

#[test]
fn credentials_are_read_from_a_form_or_an_object() {
    for body in [
        "oauth_token=a%20b&oauth_token_secret=c%26d&oauth_callback_confirmed=true&user_id=7",
        "\u{feff}oauth_token=a+b&&oauth_token_secret=c%26d&oauth_callback_confirmed=true&user_id=7\n",
        r#" {"oauth_token":"a b","oauth_token_secret":"c&d","oauth_callback_confirmed":"true","user_id":"7"}"#,
        r#"{"oauth_token":"a b","oauth_token_secret":"c&d","oauth_callback_confirmed":true,"user_id":"7"}"#,
    ] {
        let got = Granted::read(&answer(200, body)).unwrap();
        assert!(got.token.matches("a b") && got.secret.matches("c&d"), "{body}");
        assert!(got.is_callback_confirmed(), "{body}");
        assert!(got.into_others().contains(&("user_id".into(), Json::from("7"))), "{body}");
    }
}

#[test]
fn what_holds_no_credentials_is_none() {
    for body in [
        "",
        "oauth_token=a",
        "oauth_token_secret=b",
        "oauth_token=&oauth_token_secret=b",
        "oauth_token=a&oauth_token_secret=",
        "oauth_token=a&oauth_token=b&oauth_token_secret=c",
        "oauth_token=a&oauth_token_secret=c&oauth_callback_confirmed=false&oauth_callback_confirmed=true",
        r#"{"oauth_token":"a","oauth_token_secret":"b","oauth_token":"c"}"#,
        r#"{"oauth_token":"a","oauth_token_secret":"b","oauth_callback_confirmed":false,"oauth_callback_confirmed":true}"#,
        "oauth_token=%ff&oauth_token_secret=c",
        "<html><body>oauth_token=a&oauth_token_secret=b</body></html>",
        r#"{"oauth_token":1,"oauth_token_secret":"b"}"#,
        r#"{"oauth_token":"a","oauth_token_secret":null}"#,
        r#"["oauth_token","oauth_token_secret"]"#,
        "{",
    ] {
        let error = Granted::read(&answer(200, body)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{body}");
        assert_eq!(error.status(), Some(StatusCode::OK), "{body}");
    }
}

#[test]
fn more_than_64_parameters_are_not_read() {
    let names = |count: usize| (0..count).map(|at| format!("{at:04}"));
    let form = |count: usize| {
        let names: Vec<_> = names(count - 2).collect();
        format!("oauth_token=a&oauth_token_secret=b&{}", names.join("&"))
    };
    let object = |count: usize| {
        let members: Vec<_> = names(count - 2).map(|name| format!("\"{name}\":1")).collect();
        let members = members.join(",");
        format!("{{\"oauth_token\":\"a\",\"oauth_token_secret\":\"b\",{members}}}")
    };
    for at_most in [form(64), object(64)] {
        assert!(Granted::read(&answer(200, &at_most)).is_ok());
    }
    for too_many in [form(65), object(65), form(200_000)] {
        let error = Granted::read(&answer(200, &too_many)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }
    // Nor is a problem looked for among them.
    for (count, is_read) in [(63, true), (64, false)] {
        let refusal = answer(401, &format!("oauth_problem=token_expired&{}", form(count)));
        assert_eq!(refused(&refusal, Step::Token, UNIX_EPOCH).oauth().is_some(), is_read);
    }
}

#[test]
fn only_true_confirms_a_callback() {
    let check = |said: &str, want: bool| {
        let body = format!("oauth_token=a&oauth_token_secret=b{said}");
        let got = Granted::read(&answer(200, &body)).unwrap();
        assert_eq!(got.is_callback_confirmed(), want, "{said}");
    };
    check("&oauth_callback_confirmed=true", true);
    check("", false);
    check("&oauth_callback_confirmed=", false);
    check("&oauth_callback_confirmed=false", false);
    check("&oauth_callback_confirmed=1", false);
    check("&oauth_callback_accepted=true", false);
}

#[test]
fn a_refusal_by_status_depends_on_the_step() {
    use ErrorKind::{Config, Denied, Malformed, Transport};
    use Step::{Api, Temporary, Token};
    check_status(401, Temporary, Config, Some("client_auth"));
    check_status(403, Temporary, Config, Some("client_auth"));
    check_status(401, Token, Denied, None);
    check_status(403, Token, Denied, None);
    check_status(401, Api, Denied, Some("invalid_token"));
    check_status(403, Api, Denied, Some("forbidden"));
    check_status(400, Temporary, Config, None);
    check_status(400, Token, Denied, None);
    check_status(400, Api, Config, None);
    for step in [Temporary, Token, Api] {
        check_status(404, step, Config, None);
        check_status(429, step, Transport, Some("rate_limited"));
        check_status(500, step, Transport, None);
        check_status(302, step, Malformed, Some("redirect"));
    }
}

#[track_caller]
fn check_status(status: u16, step: Step, kind: ErrorKind, reason: Option<&str>) {
    for body in ["", "<html>no</html>", "no", r#"{"errors":[{"code":32,"message":"no"}]}"#] {
        let error = refused(&answer(status, body), step, UNIX_EPOCH);
        assert_eq!((error.kind(), error.reason()), (kind, reason), "{status} {step:?} {body}");
        assert_eq!(error.status().map(|it| it.as_u16()), Some(status));
        assert!(!error.to_string().contains("html"), "{error}");
    }
}

#[test]
fn a_named_problem_says_what_to_do() {
    use ErrorKind::{Config, Denied, Transport};
    check_problem("signature_invalid", Config, None);
    check_problem("timestamp_refused", Config, None);
    check_problem("consumer_key_unknown", Config, None);
    check_problem("parameter_absent", Config, None);
    check_problem("nonce_used", Transport, None);
    check_problem("consumer_key_refused", Transport, None);
    check_problem("token_expired", Denied, Some("invalid_token"));
    check_problem("token_rejected", Denied, Some("invalid_token"));
    check_problem("permission_denied", Denied, None);
    check_problem("verifier_invalid", Denied, None);
    check_problem("something_else", Denied, None);
}

#[track_caller]
fn check_problem(problem: &str, kind: ErrorKind, reason: Option<&str>) {
    let in_body = answer(401, &format!("oauth_problem={problem}&oauth_problem_advice=Try+less"));
    let mut in_header = answer(401, "<html></html>");
    let challenge = format!(
        "OAuth realm=\"r\", oauth_problem=\"{problem}\", oauth_problem_advice=\"Try%20less\""
    );
    let challenge = HeaderValue::from_str(&challenge).unwrap();
    in_header.headers.insert(header::WWW_AUTHENTICATE, challenge);
    for response in [in_body, in_header] {
        let error = refused(&response, Step::Api, UNIX_EPOCH);
        assert_eq!((error.kind(), error.reason()), (kind, reason), "{problem}");
        let oauth = error.oauth().unwrap();
        assert_eq!((oauth.code(), oauth.description()), (problem, Some("Try less")));
    }
}

#[test]
fn what_is_said_is_kept_short_and_without_control_characters() {
    let shown = |body: &str| refused(&answer(400, body), Step::Api, UNIX_EPOCH).to_string();
    assert!(shown("Failed to validate oauth signature and token").contains("Failed to validate"));
    assert!(shown(r#"{"errors":[{"code":89,"message":"Expired token."}]}"#).contains("Expired"));
    assert!(shown(r#"{"meta":{"status":401}}"#).len() < 100);
    let long = shown(&format!("a\u{1b}[31m{}", "x".repeat(4_000)));
    assert!(long.len() < 600 && !long.contains('\u{1b}'), "{long}");
}

#[test]
fn how_long_to_wait_is_kept() {
    let mut response = answer(503, "");
    response.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
    let error = refused(&response, Step::Temporary, UNIX_EPOCH);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
}
