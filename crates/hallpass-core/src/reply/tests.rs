use http::{HeaderMap, HeaderValue, header};

use super::*;
use crate::ErrorKind;

const NOW: SystemTime = UNIX_EPOCH;

fn answer(status: u16, media_type: &str, body: &str) -> Response {
    let mut headers = HeaderMap::new();
    if !media_type.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap());
    }
    Response::new(StatusCode::from_u16(status).unwrap(), headers, body.into())
}

fn read_it(status: u16, media_type: &str, body: &str) -> Result<OAuth2Token> {
    let descriptor = Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t");
    let granted = read(&answer(status, media_type, body), &Source::Body, &descriptor, NOW)?;
    Ok(granted.token)
}

/// The fifteen answers that providers give, each of which must come out right. The two that only a
/// provider's own hook can put right are in the tests of the client.
#[test]
fn every_shape_of_a_token_is_a_token() {
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    for (what, status, media_type, body) in [
        ("RFC 6749", 200, json, r#"{"access_token":"T","token_type":"Bearer","expires_in":3600}"#),
        ("a form", 200, form, "access_token=T&scope=a%2Cb&token_type=bearer"),
        ("a form, mislabelled", 200, "text/plain", "access_token=T&expires_in=3600"),
        ("scope is a list", 200, json, r#"{"access_token":"T","scope":["a","b"]}"#),
        ("expires_in is text", 200, json, r#"{"access_token":"T","expires_in":"3600"}"#),
        ("expires_in is a float", 200, json, r#"{"access_token":"T","expires_in":3600.0}"#),
        ("no token_type", 200, json, r#"{"access_token":"T"}"#),
        ("JSON as text", 200, "text/plain", r#"{"access_token":"T"}"#),
        ("JSON unlabelled", 200, "", r#"{"access_token":"T"}"#),
        ("status 201", 201, json, r#"{"access_token":"T"}"#),
        ("nulls", 200, json, r#"{"access_token":"T","refresh_token":null,"error":null}"#),
        ("a byte order mark", 200, json, "\u{feff}{\"access_token\":\"T\"}"),
    ] {
        let token = read_it(status, media_type, body).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(token.access_token().expose(), "T", "{what}");
        assert_eq!(token.token_type(), "Bearer", "{what}");
        let expires = body.contains("expires_in").then(|| NOW + Duration::from_secs(3600));
        assert_eq!(token.expires_at(), expires, "{what}");
        let scopes = if body.contains("scope") { vec!["a", "b"] } else { vec![] };
        assert_eq!(token.scopes().collect::<Vec<_>>(), scopes, "{what}");
    }
}

#[test]
fn every_shape_of_a_refusal_is_typed() {
    use ErrorKind::{Config, Denied, Malformed, Transport};
    check(400, r#"{"error":"invalid_grant"}"#, Denied, Some("invalid_grant"));
    check(200, r#"{"error":"invalid_grant"}"#, Denied, Some("invalid_grant"));
    check(200, r#"{"error":"invalid_grant","access_token":"T"}"#, Denied, Some("invalid_grant"));
    check(200, r#"{"ok":false,"error":"invalid_code"}"#, Denied, Some("invalid_code"));
    check(200, "error=bad_code&error_description=Old.", Denied, Some("bad_code"));
    check(200, "\u{feff}error=bad_code&access_token=T", Denied, Some("bad_code"));
    check(401, r#"{"error":"invalid_client"}"#, Config, Some("invalid_client"));
    check(200, r#"{"message":"No.","error":404}"#, Denied, Some("404"));
    let nested = r#"{"error":{"message":"No.","type":"OAuthException","code":100}}"#;
    check(400, nested, Denied, Some("OAuthException"));
    check(400, r#"{"error":{"status":400,"message":"No."}}"#, Denied, Some("400"));
    check(400, r#"{"error":["a"]}"#, Denied, Some("error"));
    check(400, r#"{"error":true}"#, Denied, Some("error"));
    check(502, "<html>Bad gateway</html>", Transport, None);
    check(
        503,
        r#"{"error":"temporarily_unavailable"}"#,
        Transport,
        Some("temporarily_unavailable"),
    );
    check(500, r#"{"error":"invalid_grant"}"#, Transport, Some("invalid_grant"));
    check(429, "", Transport, None);
    check(401, "", Config, None);
    check(403, "", Denied, None);
    check(404, "<html>", Config, None);
    check(400, "", Malformed, None);
    check(301, "", Malformed, None);
}

#[track_caller]
fn check(status: u16, body: &str, kind: ErrorKind, code: Option<&str>) {
    let error = read_it(status, "", body).unwrap_err();
    assert_eq!(error.kind(), kind, "{status} {body}");
    assert_eq!(error.oauth().map(OAuthError::code), code, "{status} {body}");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{status} {body}");
}

#[test]
fn what_is_no_error_is_none() {
    for none in ["null", "\"\"", "0", "0.0", "\"ok\"", "\"OK\"", "false", "{}", "[]"] {
        let body = format!(r#"{{"access_token":"T","error":{none}}}"#);
        assert!(read_it(200, "", &body).is_ok(), "{none}");
    }
}

#[test]
fn what_holds_no_token_is_none() {
    for body in [
        "",
        " ",
        "{}",
        "[]",
        "null",
        "42",
        "\"access_token=T\"",
        "<html></html>",
        "hello",
        "scope=a",
        r#"{"access_token":""}"#,
        r#"{"access_token":null}"#,
        r#"{"access_token":1}"#,
        r#"{"access_token":["T"]}"#,
        r#"{"access_token":"T\nX: 1"}"#,
        r#"{"access_token":"T","access_token":"U"}"#,
        r#"{"access_token":null,"access_token":"U"}"#,
        r#"{"access_token":"T","team":1,"team":2}"#,
        "access_token=T&access_token=U",
        "access_token=%ff",
        r#"{"access_token":"T""#,
        r#"{"access_token":"T","expires_in":NaN}"#,
    ] {
        let error = read_it(200, "", body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{body}");
    }
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = format!(r#"{{"access_token":"T","a":{}"#, "[".repeat(10_000));
    assert_eq!(read_it(200, "", &deep).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn whatever_depth_is_read_is_readable_in_a_stored_token_too() {
    let of = |opens: &str, closes: &str, levels| {
        let (opens, closes) = (opens.repeat(levels), closes.repeat(levels));
        read_it(200, "", &format!(r#"{{"access_token":"T","a":{opens}1{closes}}}"#))
    };
    for (opens, closes) in [("[", "]"), (r#"{"a":"#, "}")] {
        let stored = of(opens, closes, 100).unwrap().expose_for_storage();
        let inside = format!(r#"{{"rows":[{{"token":{}}}]}}"#, stored.expose());
        assert!(serde_json::from_str::<Json>(&inside).is_ok());
        assert!(OAuth2Token::from_storage(&stored).unwrap().extra("a").is_some());
        assert_eq!(of(opens, closes, 101).unwrap_err().kind(), ErrorKind::Malformed);
        // Other protocols keep members that have a meaning here.
        for name in ["scope", "error", "a"] {
            let (opens, closes) = (opens.repeat(101), closes.repeat(101));
            let body = format!(r#"{{"{name}":{opens}1{closes}}}"#);
            let error = answer(200, "", &body).members().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{name}");
        }
    }
}

#[test]
fn a_life_without_end_does_not_overflow_the_clock() {
    for huge in ["18446744073709551615", "1e308", "99999999999999999999", "\"1e99\""] {
        let token = read_it(200, "", &format!(r#"{{"access_token":"T","expires_in":{huge}}}"#));
        assert_eq!(token.unwrap().expires_at(), Some(NOW + LONGEST_LIFE), "{huge}");
    }
    let token = read_it(200, "", r#"{"access_token":"T","expires_in":-1}"#).unwrap();
    assert_eq!(token.expires_at(), Some(NOW));
}

#[test]
fn a_reply_with_expires_at_alone_is_understood() {
    let token = read_it(200, "", r#"{"access_token":"T","expires_at":5000}"#).unwrap();
    assert_eq!(token.expires_at(), Some(UNIX_EPOCH + Duration::from_secs(5000)));
    let token = read_it(200, "", r#"{"access_token":"T","expires_at":"2030-01-01"}"#).unwrap();
    assert_eq!(token.expires_at(), None);
    assert_eq!(token.extra("expires_at").unwrap(), "2030-01-01");
}

#[test]
fn unknown_members_are_kept_with_their_types() {
    let body = r#"{"access_token":"T","n":1,"f":1.5,"b":true,"z":null,"o":{"a":[1]},"s":"\u00e9"}"#;
    let token = read_it(200, "", body).unwrap();
    let extra = serde_json::to_string(&token.extra.0).unwrap();
    assert_eq!(extra, r#"{"b":true,"f":1.5,"n":1,"o":{"a":[1]},"s":"é","z":null}"#);
}

#[test]
fn an_object_has_each_member_once() {
    let of = |body: &str| {
        Response::new(StatusCode::OK, HeaderMap::new(), body.as_bytes().to_vec()).members()
    };
    let members = of("\u{feff}{\"a\":1,\"error\":{\"a\":2}}").unwrap();
    assert_eq!((&members["a"], &members["error"]["a"]), (&1.into(), &2.into()));
    for body in
        [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"{"error":1,"error":1}"#, "[]", "a=1", "{"]
    {
        assert_eq!(of(body).unwrap_err().kind(), ErrorKind::Malformed, "{body}");
    }
}
