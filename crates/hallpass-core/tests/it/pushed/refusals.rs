//! A provider that does not take what is pushed.

use super::*;

/// The error of a login that is pushed, answered so.
#[track_caller]
fn error<T>(got: hallpass_core::Result<T>, kind: ErrorKind, reason: Option<&str>) -> Error {
    let error = refused(got, kind, reason);
    assert_eq!((error.provider(), error.operation()), (Some("acme"), Some(Operation::Authorize)));
    error
}

#[tokio::test]
async fn a_refusal_is_typed_by_its_code() {
    use ErrorKind::{Config, Denied, Transport};
    for (status, code, kind) in [
        (400, "invalid_request", Config),
        (400, "invalid_scope", Config),
        (400, "invalid_target", Config),
        (401, "invalid_client", Config),
        (403, "unauthorized_client", Config),
        (400, "access_denied", Denied),
        (400, "invalid_request_object", Denied),
        (400, "server_error", Transport),
        // RFC 6749 knows none in an answer of this status; providers do.
        (200, "invalid_request", Config),
        (201, "access_denied", Denied),
    ] {
        let world = World::of(par());
        let said = json!({ "error": code, "error_description": "because", "request_uri": "urn:x" });
        world.wire.answer(status, &said);
        let got = world.client.authorize().pushed().start().await;
        let error = error(got, kind, None);
        let oauth = error.oauth().unwrap();
        assert_eq!((oauth.code(), oauth.description()), (code, Some("because")));
        assert_eq!(error.status().unwrap().as_u16(), status);
        world.wire.only();
    }
}

#[tokio::test]
async fn an_answer_that_says_no_more_than_its_status_is_typed_by_that() {
    use ErrorKind::{Config, Denied, Malformed, Transport};
    for (status, kind, reason) in [
        (302, Malformed, Some("redirect")),
        (400, Malformed, None),
        (401, Config, Some("client_auth")),
        (403, Denied, Some("forbidden")),
        (404, Config, None),
        (413, Config, None),
        (429, Transport, Some("rate_limited")),
        (500, Transport, None),
        (503, Transport, None),
    ] {
        let world = World::of(par());
        world.wire.answer_with(move |_| {
            // A reference in a refusal is none.
            let mut response = json_response(status, &reference());
            response.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("7"));
            Ok(response)
        });
        let got = world.client.authorize().pushed().start().await;
        let error = error(got, kind, reason);
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        world.wire.only();
    }
}

#[tokio::test]
async fn without_an_answer_there_is_no_login() {
    let world = World::of(par());
    world.wire.fail(Error::transport("late").with_reason("timeout"));
    let got = world.client.authorize().pushed().start().await;
    error(got, ErrorKind::Transport, Some("timeout"));
    world.wire.only();
    let world = World::of(par().on_response(|_| Some(Error::denied("a refusal of its own"))));
    world.wire.answer(201, &reference());
    let got = world.client.authorize().pushed().start().await;
    error(got, ErrorKind::Denied, None);
}

#[tokio::test]
async fn an_answer_without_a_reference_is_malformed() {
    let long = format!("urn:{}", "x".repeat(2045));
    for answer in [
        json!({}),
        json!({ "request_uri": "" }),
        json!({ "request_uri": null }),
        json!({ "request_uri": 7 }),
        json!({ "request_uri": ["urn:x"] }),
        json!({ "expires_in": 60 }),
        json!({ "request_uri": long }),
    ] {
        let world = World::of(par());
        world.wire.answer(201, &answer);
        let got = world.client.authorize().pushed().start().await;
        let error = error(got, ErrorKind::Malformed, Some("request_uri"));
        assert_eq!(error.status().unwrap().as_u16(), 201);
    }
    for body in [
        "",
        "<html>",
        "request_uri=urn:x",
        r#"["urn:x"]"#,
        r#"{"request_uri":"urn:x","request_uri":"urn:y"}"#,
        r#"{"request_uri":"urn:x","error":"invalid_request","error":"invalid_request"}"#,
    ] {
        let world = World::of(par());
        world.wire.answer_text(201, "text/plain", body);
        let got = world.client.authorize().pushed().start().await;
        error(got, ErrorKind::Malformed, None);
    }
    let world = World::of(par());
    world.wire.answer(201, &json!({ "request_uri": &long[1..] }));
    let login = world.client.authorize().pushed().start().await.unwrap();
    assert_eq!(param(login.url.as_str(), "request_uri").as_deref(), Some(&long[1..]));
}

#[tokio::test]
async fn a_reference_adds_no_parameter_to_the_page() {
    for odd in ["urn:x&state=forged", "urn:x#here", "urn:x\r\nset-cookie: a", "urn:é %26"] {
        let world = World::of(par());
        world.wire.answer(201, &json!({ "request_uri": odd }));
        let login = world.client.authorize().pushed().start().await.unwrap();
        assert!(login.url.as_str().bytes().all(|byte| byte.is_ascii_graphic()), "{odd:?}");
        let want = [("client_id", "client"), ("request_uri", odd)];
        let want = want.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs(login.url.as_str()), want);
        assert!(!login.url.as_str().contains('#'));
    }
}

#[tokio::test]
async fn a_refusal_shows_nothing_of_what_binds_the_login() {
    for name in ["state", "nonce", "code_challenge", "login_hint", "client_secret"] {
        let world = World::of(par());
        let (say, said) = std::sync::mpsc::channel();
        world.wire.answer_with(move |sent| {
            let value = sent.param(name).unwrap();
            say.send(value.clone()).unwrap();
            let text = format!("what is {value}?");
            let body = json!({ "error": text, "error_description": text, "error_uri": value });
            Ok(json_response(400, &body))
        });
        let got = world.client.get_authorization_url(full().pushed()).await;
        let error = error(got, ErrorKind::Denied, None);
        let value = said.recv().unwrap();
        let text = format!("{error} {error:?} {:?}", error.oauth());
        assert!(!text.contains(&value) && text.contains("what is"), "{name}: {text}");
    }
    // What helps to find the fault is not blotted out.
    for name in ["redirect_uri", "scope", "max_age", "acr_values", "resource", "client_id"] {
        let world = World::of(par());
        world.wire.answer_with(move |sent| {
            let value = sent.param(name).unwrap();
            Ok(json_response(400, &json!({ "error": "invalid_request", "error_uri": value })))
        });
        let got = world.client.get_authorization_url(full().pushed()).await;
        let error = error(got, ErrorKind::Config, None);
        let value = world.wire.only().param(name).unwrap();
        let shown = error.oauth().unwrap().uri().unwrap().to_owned();
        assert_eq!(shown, value, "{name}");
    }
}
