//! What does not end the wait.

use std::time::Duration;

use hallpass_cli::LoopbackReceiver;
use hallpass_core::{Descriptor, ErrorKind};
use tokio::{io::AsyncWriteExt, time::Instant};

use crate::{
    acme::{Begun, begin, descriptor},
    raw::{assert_status, connect, connect_many, exchange, get, port, post},
};

/// Sends a request of `bad`, which is made of port and state; then the right one, which can only
/// arrive if the first did not end the wait.
async fn check(descriptor: Descriptor, bad: impl FnOnce(u16, &str) -> String, want: u16) -> String {
    let receiver = LoopbackReceiver::bind().await.unwrap();
    let Begun { pending, state } = begin(descriptor, receiver.redirect_uri()).await;
    let port = port(receiver.redirect_uri());
    let browser = async {
        let refused = exchange(port, &bad(port, &state)).await;
        let right = get(port, &format!("/callback?code=RIGHT&state={state}"));
        assert_status(&exchange(port, &right).await, 200);
        refused
    };
    let (callback, refused) =
        tokio::join!(receiver.receive(&pending, Duration::from_secs(60)), browser);
    callback.unwrap();
    assert_status(&refused, want);
    assert!(!refused.contains(&state), "{refused}");
    refused
}

/// A request that is right but for its target.
async fn check_target(target: impl FnOnce(&str) -> String, want: u16) -> String {
    check(descriptor(), |port, state| get(port, &target(state)), want).await
}

#[tokio::test]
async fn another_path() {
    check_target(|_| "/favicon.ico".to_owned(), 404).await;
    check_target(|state| format!("/?code=CODE&state={state}"), 404).await;
    check_target(|state| format!("/callback/?code=CODE&state={state}"), 404).await;
    check_target(|state| format!("/CALLBACK?code=CODE&state={state}"), 404).await;
    check_target(|state| format!("//callback?code=CODE&state={state}"), 404).await;
}

#[tokio::test]
async fn another_state_or_none() {
    check_target(|_| "/callback?code=CODE&state=another".to_owned(), 400).await;
    check_target(|_| "/callback?code=CODE".to_owned(), 400).await;
    check_target(|_| "/callback".to_owned(), 400).await;
    check_target(|_| "/callback?error=access_denied".to_owned(), 400).await;
    check_target(|state| format!("/callback?code=CODE&state={}", &state[1..]), 400).await;
    check_target(|state| format!("/callback?code=CODE&state={state}x"), 400).await;
}

#[tokio::test]
async fn a_callback_that_nobody_can_read() {
    check_target(|state| format!("/callback?code=CODE&state={state}&state={state}"), 400).await;
    check_target(|state| format!("/callback?code=A&code=B&state={state}"), 400).await;
    check_target(|state| format!("/callback?code=%ff&state={state}"), 400).await;
}

#[tokio::test]
async fn another_host() {
    let of = |head: fn(u16) -> String| {
        move |port, state: &str| {
            format!("GET /callback?code=CODE&state={state} HTTP/1.1\r\n{}\r\n", head(port))
        }
    };
    check(descriptor(), of(|port| format!("Host: evil.test:{port}\r\n")), 421).await;
    check(descriptor(), of(|port| format!("Host: 127.0.0.1.evil.test:{port}\r\n")), 421).await;
    check(descriptor(), of(|port| format!("Host: localhost.:{port}\r\n")), 421).await;
    check(descriptor(), of(|port| format!("Host: user@localhost:{port}\r\n")), 421).await;
    check(descriptor(), of(|port| format!("Host: 127.0.0.1:{}\r\n", port ^ 1)), 421).await;
    check(descriptor(), of(|_| "Host: 127.0.0.1\r\n".to_owned()), 421).await;
    check(descriptor(), of(|_| "Host: 127.0.0.1:\r\n".to_owned()), 421).await;
    check(descriptor(), of(|_| "Host:\r\n".to_owned()), 421).await;
    check(descriptor(), of(|_| String::new()), 421).await;
    check(descriptor(), of(|port| format!("Host: localhost:{port}\r\n").repeat(2)), 421).await;
}

#[tokio::test]
async fn another_host_in_the_target() {
    let bad = |port, state: &str| get(port, &format!("http://evil.test/callback?state={state}"));
    check(descriptor(), bad, 421).await;
}

#[tokio::test]
async fn another_method() {
    let of = |method: &'static str| {
        move |port, state: &str| {
            let request = get(port, &format!("/callback?code=CODE&state={state}"));
            request.replacen("GET", method, 1)
        }
    };
    for method in ["HEAD", "PUT", "DELETE", "OPTIONS", "BREW"] {
        let refused = check(descriptor(), of(method), 405).await;
        assert!(refused.contains("\r\nallow: GET\r\n"), "{refused}");
        let refused = check(descriptor().with_form_post(), of(method), 405).await;
        assert!(refused.contains("\r\nallow: GET, POST\r\n"), "{refused}");
    }
    let form = |port, state: &str| post(port, FORM, &format!("code=CODE&state={state}"));
    check(descriptor(), form, 405).await;
}

const FORM: &str = "application/x-www-form-urlencoded";

/// A form where the provider answers with one.
async fn check_form(bad: impl FnOnce(u16, &str) -> String, want: u16) {
    check(descriptor().with_form_post(), bad, want).await;
}

#[tokio::test]
async fn a_form_of_another_login_or_media_type() {
    check_form(|port, _| post(port, FORM, "code=CODE&state=another"), 400).await;
    check_form(|port, _| post(port, FORM, ""), 400).await;
    check_form(|port, state| post(port, "text/plain", &format!("code=C&state={state}")), 415).await;
    check_form(|port, state| post(port, "", &format!("code=C&state={state}")), 415).await;
}

#[tokio::test]
async fn the_state_of_a_form_does_not_come_from_its_address() {
    let bad = |port, state: &str| {
        post(port, FORM, "code=CODE").replacen("/callback", &format!("/callback?state={state}"), 1)
    };
    check_form(bad, 400).await;
}

#[tokio::test]
async fn a_form_of_more_than_64_kib() {
    let head = |port| format!("POST /callback HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n");
    // Said to be too long: refused before it is sent.
    let said = |port, _: &str| {
        format!("{}Content-Type: {FORM}\r\nContent-Length: 65537\r\n\r\n", head(port))
    };
    check_form(said, 413).await;
    // Found to be too long, by the last byte.
    let found = |port, state: &str| {
        let start = format!("state={state}&code=");
        let body = format!("{start}{}", "x".repeat((64 << 10) + 1 - start.len()));
        let head = head(port);
        let length = body.len();
        format!(
            "{head}Content-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}"
        )
    };
    check_form(found, 413).await;
}

#[tokio::test]
async fn what_is_no_http() {
    check(descriptor(), |_, _| "hello\r\n\r\n".to_owned(), 400).await;
    check(descriptor(), |_, state| format!("GET /callback?state={state}\r\n\r\n"), 400).await;
    let spaced = |port, state: &str| get(port, &format!("/callback?state={state} x"));
    check(descriptor(), spaced, 400).await;
    let long = |port, _: &str| get(port, &format!("/callback?state={}", "x".repeat(70 << 10)));
    check(descriptor(), long, 414).await;
}

#[tokio::test]
async fn a_connection_that_says_nothing() {
    let receiver = LoopbackReceiver::bind().await.unwrap();
    let login = begin(descriptor(), receiver.redirect_uri()).await;
    let port = port(receiver.redirect_uri());
    let browser = async {
        drop(connect(port).await);
        let idle = connect(port).await;
        let right = get(port, &format!("/callback?code=CODE&state={}", login.state));
        assert_status(&exchange(port, &right).await, 200);
        drop(idle);
    };
    let wait = receiver.receive(&login.pending, Duration::from_secs(60));
    tokio::join!(wait, browser).0.unwrap();
}

#[tokio::test(start_paused = true)]
async fn slow_connections_keep_a_place_for_five_seconds() {
    // With a place left, the browser need not wait.
    assert_eq!(wait_behind(31, "", 60).await, Ok(0));
    assert_eq!(wait_behind(32, "", 60).await, Ok(5));
    assert_eq!(wait_behind(32, "GET /callback HTTP/1.1\r\nHost: ", 60).await, Ok(5));
    assert_eq!(wait_behind(64, "", 60).await, Ok(10));
    assert_eq!(wait_behind(32, "", 4).await, Err(Some("expired")));
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_keeps_a_place_for_five_seconds_too() {
    let slow = format!("Content-Type: {FORM}\r\nContent-Length: 99\r\n\r\ncode=");
    assert_eq!(wait_behind(32, &format!("HOST{slow}"), 60).await, Ok(5));
}

/// How many seconds a browser waits behind `others` that begin with the same words and say no more.
async fn wait_behind(others: usize, words: &str, limit: u64) -> Result<u64, Option<&'static str>> {
    let receiver = LoopbackReceiver::bind().await.unwrap();
    let login = begin(descriptor().with_form_post(), receiver.redirect_uri()).await;
    let port = port(receiver.redirect_uri());
    let host = format!("POST /callback HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n");
    let words = words.replace("HOST", &host);
    let mut slow = connect_many(port, others).await;
    for other in &mut slow {
        other.write_all(words.as_bytes()).await.unwrap();
    }
    let mut browser = connect(port).await;
    let right = get(port, &format!("/callback?code=CODE&state={}", login.state));
    browser.write_all(right.as_bytes()).await.unwrap();

    let begun = Instant::now();
    match receiver.receive(&login.pending, Duration::from_secs(limit)).await {
        Ok(_) => Ok(begun.elapsed().as_secs()),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Denied);
            Err(error.reason())
        }
    }
}

#[tokio::test]
async fn localhost_is_loopback_too() {
    let receiver = LoopbackReceiver::bind().await.unwrap();
    let login = begin(descriptor(), receiver.redirect_uri()).await;
    let port = port(receiver.redirect_uri());
    let right = get(port, &format!("/callback?code=CODE&state={}", login.state));
    let right = right.replace("127.0.0.1", "LocalHost");
    let wait = receiver.receive(&login.pending, Duration::from_secs(60));
    let (callback, page) = tokio::join!(wait, exchange(port, &right));
    callback.unwrap();
    assert_status(&page, 200);
}
