use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
};

use hallpass_core::{
    ErrorKind, HttpClient, Purpose, Request, Response, Result,
    http::{HeaderName, HeaderValue, Method},
    url::Url,
};
use hallpass_testkit::{Fixture, Replay};

const TEXT: &str = r#"# acme.test/docs, read 2026-01-15
> POST https://acme.test/token?b=2&a=1
> x-many: 1, 2
> grant=code&code=CODE
< 201
< x-id: 1
< x-id: 2
< plain text
> GET https://acme.test/me
< 404
= Token
"#;

fn fixture(text: &str) -> Fixture {
    Fixture::parse("access_token.accepted.http", text).unwrap()
}

fn request(method: Method, url: &str, body: &str) -> Request {
    let mut request = Request::new(method, Url::parse(url).unwrap(), Purpose::Api);
    request.body = body.into();
    request
}

fn first() -> Request {
    let mut request =
        request(Method::POST, "https://acme.test/token?a=1&b=2", "code=CODE&grant=code");
    for (name, value) in
        [("x-many", "1"), ("x-many", "2"), ("content-type", "application/x-www-form-urlencoded")]
    {
        request.headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    request
}

fn first_with(body: &[u8]) -> Request {
    let mut request = first();
    request.body = body.to_vec();
    request
}

fn second() -> Request {
    request(Method::GET, "https://acme.test/me", "")
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn send(replay: &Replay, request: Request) -> Result<Response> {
    wait(replay.send(request))
}

/// Sends as many requests as there are exchanges: each is answered, whatever else is wrong.
pub(crate) fn play(fixture: &Fixture) {
    let replay = Replay::new(fixture);
    for exchange in fixture.exchanges() {
        let response = send(&replay, second()).unwrap();
        assert_eq!(response.status.as_u16(), exchange.response().status());
    }
    let _ = replay.check();
}

#[test]
fn a_fixture_is_answered_in_its_order() {
    let replay = Replay::new(&fixture(TEXT));
    let response = send(&replay, first()).unwrap();
    assert_eq!(response.status.as_u16(), 201);
    assert_eq!(response.headers.get_all("x-id").iter().count(), 2);
    assert_eq!(response.body, b"plain text");
    assert_eq!(send(&replay, second()).unwrap().status.as_u16(), 404);
    assert_eq!(replay.check(), [""; 0]);
}

#[test]
fn the_order_of_requests_counts() {
    let replay = Replay::new(&fixture(TEXT));
    let _ = (send(&replay, second()), send(&replay, first()));
    let got = replay.check();
    assert_eq!(got.len(), 2, "{got:#?}");
    assert!(got[0].contains("- POST\n    + GET\n"), "{}", got[0]);
    assert!(got[1].starts_with("access_token.accepted.http: request 2 differs"), "{}", got[1]);
}

#[test]
fn pairs_count_as_often_as_they_are_there() {
    let text = TEXT.replace("grant=code&code=CODE", "a=1&a=1&b=2");
    let replay = Replay::new(&fixture(&text));
    let _ = send(&replay, first_with(b"a=1&b=2&b=2"));
    let got = replay.check();
    assert!(got[0].contains("- form a=1\n    + form b=2\n"), "{}", got[0]);
}

#[test]
fn a_name_with_an_equals_sign_is_not_a_value() {
    let text = TEXT.replace("grant=code&code=CODE", "a%3Db=c");
    let replay = Replay::new(&fixture(&text));
    let _ = send(&replay, first_with(b"a=b%3Dc"));
    assert_eq!(replay.check().len(), 2, "the body, and the exchange that nobody asked for");
}

#[test]
fn a_content_type_that_is_listed_decides_how_bodies_compare() {
    for (listed, body, sent, is_same) in [
        ("text/plain", "a=1&b=2", "b=2&a=1", false),
        ("text/plain", "a=1&b=2", "a=1&b=2", true),
        ("text/plain", "{\"a\":1}", "{ \"a\": 1 }", true),
        ("text/plain", "{\"a\"", "{\"a\"", false),
        ("application/x-www-form-urlencoded; charset=utf-8", "a=1&b=2", "b=2&a=1", true),
    ] {
        let headers = format!("> content-type: {listed}\n> {body}");
        let text = TEXT.replace("> x-many: 1, 2\n> grant=code&code=CODE", &headers);
        let replay = Replay::new(&fixture(&text));
        let mut request = first();
        request.headers.insert("content-type", HeaderValue::from_static(listed));
        request.body = sent.into();
        let _ = (send(&replay, request), send(&replay, second()));
        assert_eq!(replay.check().is_empty(), is_same, "{listed}, {body}: {:#?}", replay.check());
    }
}

#[test]
fn a_word_stands_for_its_value() {
    let text = TEXT.replace("code=CODE", "code_verifier=VERIFIER");
    let replay = Replay::new(&fixture(&text)).with_word("VERIFIER", "s3cret");
    let _ = send(&replay, first_with(b"grant=x&code_verifier=s3cret"));
    let got = replay.check();
    assert!(got[0].contains("> grant=x&code_verifier=VERIFIER"), "{}", got[0]);
    assert!(!got[0].contains("s3cret") && !got[0].contains("form code_verifier"), "{}", got[0]);
}

#[test]
fn a_request_too_many_gets_no_answer() {
    let replay = Replay::new(&fixture(TEXT));
    let _ = (send(&replay, first()), send(&replay, second()));
    let error = send(&replay, second()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let got = replay.check();
    assert!(got[0].contains("a request too many, the fixture has no more:\n    > GET"), "{got:#?}");
}

#[test]
fn an_answer_longer_than_the_limit_is_refused() {
    let replay = Replay::new(&fixture(TEXT));
    let mut request = first();
    request.body_limit_bytes = 9;
    let error = send(&replay, request).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Malformed, Some("body_limit")));
    assert!(send(&replay, second()).is_ok());
    assert!(replay.check().is_empty());
}

#[test]
fn a_replay_that_nobody_checks_cries_out() {
    let unused = catch_unwind(|| drop(Replay::new(&fixture(TEXT)))).unwrap_err();
    let text = unused.downcast_ref::<String>().unwrap();
    assert!(text.contains("request 1 was never sent"), "{text}");

    let replay = Replay::new(&fixture(TEXT));
    let _ = (replay.check(), send(&replay, second()));
    let late = catch_unwind(AssertUnwindSafe(|| drop(replay))).unwrap_err();
    let text = late.downcast_ref::<String>().unwrap();
    assert!(text.contains("request 1 differs"), "what comes after a check counts: {text}");

    let replay = Replay::new(&fixture(TEXT));
    let _ = (send(&replay, first()), send(&replay, second()));
    drop(replay);
}

#[test]
fn debug_shows_the_name_alone() {
    let replay = Replay::new(&fixture(TEXT)).with_word("STATE", "planted");
    let _ = replay.check();
    assert_eq!(format!("{replay:?}"), "Replay { name: \"access_token.accepted.http\", .. }");
}
