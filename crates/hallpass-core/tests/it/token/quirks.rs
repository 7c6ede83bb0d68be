//! The fifteen ways in which providers answer a token request: each comes out right.

use super::*;

/// A provider with the two hooks that some of the fifteen need: the token of a person is nested,
/// and a refusal may be no more than `"ok": false`.
fn odd() -> Acme {
    acme()
        .on_token_reply(|reply| {
            let fields = reply.fields()?;
            if let Some(Json::Object(user)) = fields.get("authed_user").cloned() {
                fields.extend(user);
            }
            Ok(())
        })
        .on_response(|response| {
            let said = response.json().ok()?;
            let refused = said["ok"] == false && said.get("error").is_none();
            refused.then(|| Error::denied("it is not ok").with_oauth(OAuthError::new("not_ok")))
        })
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn every_token_is_found() {
    for (what, status, media_type, body) in [
        ("RFC 6749", 200, JSON, r#"{"access_token":"T","token_type":"bearer","expires_in":3600}"#),
        ("a form", 200, FORM, "access_token=T&scope=a+b&token_type=bearer"),
        ("scope is a list", 200, JSON, r#"{"access_token":"T","scope":["a","b"]}"#),
        ("expires_in is text", 200, JSON, r#"{"access_token":"T","expires_in":"3600"}"#),
        ("expires_in is a float", 200, JSON, r#"{"access_token":"T","expires_in":3600.0}"#),
        ("no token_type", 200, JSON, r#"{"access_token":"T"}"#),
        ("JSON as text", 200, "text/plain", r#"{"access_token":"T"}"#),
        ("status 201", 201, JSON, r#"{"access_token":"T"}"#),
        ("nulls", 200, JSON, r#"{"access_token":"T","refresh_token":null,"error":null}"#),
        ("nested", 200, JSON, r#"{"ok":true,"authed_user":{"access_token":"T","scope":"a,b"}}"#),
    ] {
        // The hooks must not spoil the answers that need none.
        let providers = if what == "nested" { vec![odd()] } else { vec![acme(), odd()] };
        for provider in providers {
            let world = World::of(provider);
            world.wire.answer_text(status, media_type, body);
            let token = world.login().await.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(token.access_token().expose(), "T", "{what}");
            assert_eq!(token.token_type(), "Bearer", "{what}");
            let life = body.contains("3600").then(|| now() + Duration::from_secs(3600));
            assert_eq!(token.expires_at(), life, "{what}");
            assert!(token.refresh_token().is_none(), "{what}");
            if body.contains("scope") {
                assert_eq!(token.scopes().collect::<Vec<_>>(), ["a", "b"], "{what}");
            }
        }
    }
}

#[tokio::test]
async fn every_refusal_is_typed() {
    use ErrorKind::{Config, Denied, Transport};
    let object = r#"{"error":{"message":"No.","type":"OAuthException","code":100}}"#;
    for (what, status, body, kind, code) in [
        ("an error in 200", 200, r#"{"error":"bad_code"}"#, Denied, Some("bad_code")),
        ("ok is false", 200, r#"{"ok":false,"error":"bad_code"}"#, Denied, Some("bad_code")),
        ("ok is false, no error", 200, r#"{"ok":false}"#, Denied, Some("not_ok")),
        ("an object", 400, object, Denied, Some("OAuthException")),
        ("RFC 6749", 400, r#"{"error":"invalid_scope"}"#, Config, Some("invalid_scope")),
        ("HTML", 502, "<html>Bad gateway</html>", Transport, None),
    ] {
        let world = World::of(odd());
        world.wire.answer_text(status, "", body);
        let error = refused(world.login().await, kind, None);
        assert_eq!(error.oauth().map(OAuthError::code), code, "{what}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{what}");
        world.wire.only();
    }
}

#[tokio::test]
async fn a_reply_that_holds_no_token_is_none() {
    for body in [
        "{}",
        "[]",
        "",
        "null",
        r#"{"access_token":""}"#,
        r#"{"access_token":null}"#,
        r#"{"access_token":"T\r\nx-injected: 1"}"#,
        r#"{"access_token":"\u00e9"}"#,
    ] {
        for provider in [acme(), odd()] {
            let world = World::of(provider);
            world.wire.answer_text(200, JSON, body);
            refused(world.login().await, ErrorKind::Malformed, None);
        }
    }
}

#[tokio::test]
async fn a_hook_makes_no_token_of_a_refusal() {
    let forging = |clear: bool| {
        acme().on_token_reply(move |reply| {
            let fields = reply.fields()?;
            if clear {
                fields.clear();
            }
            fields.insert("access_token".into(), json!("forged"));
            fields.insert("error".into(), Json::Null);
            Ok(())
        })
    };
    for (status, body) in [
        (200, r#"{"error":"invalid_grant"}"#),
        (200, r#"{"error":"invalid_grant","access_token":"T"}"#),
        (200, r#"{"error":{"type":"invalid_grant"}}"#),
        (200, "error=invalid_grant"),
        (400, r#"{"error":"invalid_grant"}"#),
        (400, r#"{"access_token":"T","error":"invalid_grant"}"#),
    ] {
        for clear in [true, false] {
            let world = World::of(forging(clear));
            world.wire.answer_text(status, "", body);
            let error = refused(world.login().await, ErrorKind::Denied, None);
            assert_eq!(error.oauth().unwrap().code(), "invalid_grant", "{body}");
        }
    }
    let world = World::of(forging(true));
    world.wire.answer_text(500, "", r#"{"access_token":"T"}"#);
    refused(world.login().await, ErrorKind::Transport, None);
}

#[tokio::test]
async fn a_hook_does_not_make_a_member_that_came_twice_come_once() {
    let looking = || acme().on_token_reply(|reply| reply.fields().map(drop));
    for body in [
        r#"{"access_token":"T","error":"invalid_grant","error":null}"#,
        r#"{"access_token":"T","access_token":"U"}"#,
        r#"{"access_token":"T","team":1,"team":2}"#,
        "access_token=T&access_token=U",
    ] {
        for provider in [acme(), looking()] {
            let world = World::of(provider);
            world.wire.answer_text(200, "", body);
            refused(world.login().await, ErrorKind::Malformed, None);
        }
    }
}

#[tokio::test]
async fn a_refusal_by_a_hook_on_a_success_names_the_status() {
    let world = World::of(odd());
    world.wire.answer_text(203, JSON, r#"{"ok":false,"access_token":"T"}"#);
    let error = refused(world.login().await, ErrorKind::Denied, None);
    assert_eq!(error.status().unwrap().as_u16(), 203);
    assert_eq!(error.provider(), Some("acme"));
}

#[tokio::test]
async fn a_hook_keeps_what_the_callback_said_and_reads_no_credential_in_it() {
    let keeping = acme().on_token_reply(|reply| {
        assert_eq!((reply.callback("code"), reply.callback("state")), (None, None));
        let user = reply.callback("user").map(str::to_owned);
        if let Some(user) = user {
            reply.fields()?.insert("user".into(), json!(user));
        }
        Ok(())
    });
    let world = World::of(keeping);
    let (state, pending) = world.begin().await;
    world.wire.answer(200, &json!({ "access_token": "T" }));
    let query = format!("code=c&state={state}&user=Ann");
    let callback = hallpass_core::Callback::from_query(&query).unwrap();
    let token = world.client.get_access_token(callback, pending).await.unwrap();
    assert_eq!(token.extra("user").unwrap(), "Ann");
}

#[tokio::test]
async fn the_life_of_a_token_counts_from_when_it_was_asked_for() {
    for (life, seconds) in [
        (json!(3600), Some(3600)),
        (json!("3600"), Some(3600)),
        (json!(0), Some(0)),
        (json!(-1), Some(0)),
        (json!(1e300), Some(100 * 365 * 86_400)),
        (json!(u64::MAX), Some(100 * 365 * 86_400)),
        (json!("soon"), None),
        (json!(null), None),
        (json!({}), None),
    ] {
        let world = World::of(acme());
        world.clock.advance(5);
        let body = json!({ "access_token": "T", "expires_in": life });
        let clock = Arc::clone(&world.clock);
        world.wire.answer_with(move |_| {
            clock.advance(9);
            Ok(crate::support::json_response(200, &body))
        });
        let token = world.login().await.unwrap();
        let asked = now() + Duration::from_secs(5);
        assert_eq!(token.issued_at(), Some(asked), "when the request left, not when it came back");
        assert_eq!(token.expires_at(), seconds.map(|s| asked + Duration::from_secs(s)), "{life}");
    }
}
