//! What an answer outside 2xx means for the caller.

use std::time::UNIX_EPOCH;

use super::*;
use crate::support::{now, response};

#[tokio::test]
async fn each_status_of_the_api_has_one_meaning() {
    for status in 200..600 {
        let world = World::of(acme());
        let token = token();
        world.wire.answer_text(status, "text/html", "<html>");
        let got = world.client.api(&token).get(ME).send().await;
        let meaning = match status {
            200..=299 => None,
            300..=399 => Some((ErrorKind::Malformed, Some("redirect"))),
            401 => Some((ErrorKind::Denied, Some("invalid_token"))),
            403 => Some((ErrorKind::Denied, Some("forbidden"))),
            429 => Some((ErrorKind::Transport, Some("rate_limited"))),
            500.. => Some((ErrorKind::Transport, None)),
            _ => Some((ErrorKind::Config, None)),
        };
        check(got.map(drop), status, meaning);
        world.wire.only();
    }
}

#[tokio::test]
async fn each_status_of_an_endpoint_that_wants_the_client_has_one_meaning() {
    for status in 200..600 {
        let meaning = match status {
            200..=299 => None,
            300..=399 => Some((ErrorKind::Malformed, Some("redirect"))),
            400 => Some((ErrorKind::Malformed, None)),
            401 => Some((ErrorKind::Config, Some("client_auth"))),
            403 => Some((ErrorKind::Denied, Some("forbidden"))),
            429 => Some((ErrorKind::Transport, Some("rate_limited"))),
            500.. => Some((ErrorKind::Transport, None)),
            _ => Some((ErrorKind::Config, None)),
        };
        let world = World::of(acme());
        world.wire.answer_text(status, "text/html", "<html>");
        let request = ApiRequest::form(Endpoint::Introspection, [("token", "T")]);
        check(world.client.send(request).await.map(drop), status, meaning);

        let world = World::of(acme());
        world.wire.answer_text(status, "text/html", "<html>");
        let at_token = meaning.or(Some((ErrorKind::Malformed, None)));
        check(world.login().await.map(drop), status, at_token);
        world.wire.only();
    }
}

#[track_caller]
fn check(
    got: hallpass_core::Result<()>,
    status: u16,
    want: Option<(ErrorKind, Option<&'static str>)>,
) {
    let seen = got.as_ref().err().map(|error| error.status().unwrap().as_u16());
    assert_eq!(got.err().map(|error| (error.kind(), error.reason())), want, "{status}");
    assert_eq!(seen, want.map(|_| status));
}

#[tokio::test]
async fn the_wait_that_a_provider_asks_for_is_told_by_the_clients_clock() {
    let seconds = now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(seconds, 1_700_000_000, "Tue, 14 Nov 2023 22:13:20 GMT");
    for (value, want) in [
        ("120", Some(120)),
        ("Tue, 14 Nov 2023 22:15:20 GMT", Some(120)),
        ("Tue, 14 Nov 2023 22:00:00 GMT", Some(0)),
        ("soon", None),
        ("-5", None),
        ("99999999999999999999999", None),
    ] {
        for status in [429, 503] {
            let world = World::of(acme());
            let answer = move || {
                let mut answer = response(status, "", "");
                answer.headers.insert(header::RETRY_AFTER, HeaderValue::from_static(value));
                Ok(answer)
            };
            world.wire.answer_with(move |_| answer());
            world.wire.answer_with(move |_| answer());
            let error = world.client.api(&token()).get(ME).send().await.err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Transport);
            assert_eq!(error.retry_after(), want.map(Duration::from_secs), "{value}");
            let error = world.login().await.err().unwrap();
            assert_eq!(error.retry_after(), want.map(Duration::from_secs), "{value}");
        }
    }
}

#[tokio::test]
async fn what_an_api_says_is_bounded_escaped_and_without_the_token() {
    let said = format!("No\r\n\u{1b}[2J\u{202e}the-access-token{}", "x".repeat(9_000));
    for status in [400, 401, 403, 429, 500] {
        let world = World::of(acme());
        let body = json!({
            "message": said,
            "error": said,
            "error_description": said,
            "error_uri": said,
        });
        world.wire.answer(status, &body);
        let error = world.client.api(&token()).get(ME).send().await.err().unwrap();
        assert!(error.to_string().contains("No\\u{d}\\u{a}"), "it is told: {error}");
        let text = format!("{error} {error:?}");
        assert!(!text.contains(char::is_control), "{text}");
        assert!(!text.contains('\u{202e}'), "{text}");
        assert!(!text.contains("the-access-token"), "{text}");
        assert!(text.len() < 6_000, "{} bytes", text.len());
        let oauth = error.oauth().unwrap();
        for part in [Some(oauth.code()), oauth.description(), oauth.uri()] {
            assert!(part.unwrap().len() < 600);
        }
    }
}

#[tokio::test]
async fn a_refusal_that_the_status_hides_is_the_providers_to_find() {
    let world = World::of(acme().on_response(|response| {
        (response.json().ok()?["ok"] == false).then(|| Error::denied("it is not ok"))
    }));
    world.wire.answer(200, &json!({ "ok": false }));
    let error = refused(world.client.api(&token()).get(ME).send().await, ErrorKind::Denied, None);
    assert_eq!(error.status().unwrap().as_u16(), 200);
    // It adds refusals; it cannot clear one.
    world.wire.answer(500, &json!({ "ok": true }));
    refused(world.client.api(&token()).get(ME).send().await, ErrorKind::Transport, None);
}

#[tokio::test]
async fn a_transport_that_fails_is_asked_once() {
    let world = World::of(acme());
    world.wire.fail(Error::transport("no connection").with_reason("connect"));
    let got = world.client.api(&token()).get(ME).send().await;
    let error = refused(got, ErrorKind::Transport, Some("connect"));
    assert_eq!((error.provider(), error.operation()), (Some("acme"), Some(Operation::Send)));
    world.wire.only();
}
