//! `token_request`: it adds, and replaces nothing.

use std::sync::{Arc, Mutex};

use hallpass_core::{
    ErrorKind,
    http::{HeaderName, HeaderValue, header},
};

use crate::{
    granted,
    support::{CODE, Careless, World, refused},
};

/// What core sets, the names that this platform has for the client's id and secret last.
const RESERVED: [&str; 13] = [
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "grant_type",
    "password",
    "redirect_uri",
    "refresh_token",
    "state",
    "client_key",
    "client_proof",
];

#[tokio::test]
async fn no_reserved_name_is_set() {
    for name in RESERVED {
        let world = World::of(Careless {
            form: Some(Box::new(move |form| form.param(name, "evil"))),
            ..Careless::default()
        });
        let got = world.login(200, &granted()).await;
        refused(got, ErrorKind::Config, Some("reserved"));
        world.wire.assert_silent();
    }
}

#[tokio::test]
async fn a_refusal_that_the_hook_ignores_sets_nothing() {
    let world = World::of(Careless {
        form: Some(Box::new(|form| {
            for name in RESERVED {
                assert!(form.param(name, "evil").is_err(), "{name}");
            }
            Ok(())
        })),
        ..Careless::default()
    });
    world.login(200, &granted()).await.unwrap();
    let sent = world.wire.only();
    assert_eq!(sent.form("code").as_deref(), Some(CODE));
    assert!(!sent.has_value("evil"), "{}", sent.body);
}

#[tokio::test]
async fn nothing_is_sent_twice() {
    let twice = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&twice);
    let world = World::of(Careless {
        form: Some(Box::new(move |form| {
            form.send_state();
            form.send_state();
            form.param("audience", "one")?;
            *kept.lock().unwrap() = form.param("audience", "two").err();
            Ok(())
        })),
        ..Careless::default()
    });
    world.login(200, &granted()).await.unwrap();
    let sent = world.wire.only();
    assert!(sent.form("state").is_some(), "once, says the helper");
    assert_eq!(sent.form("audience").as_deref(), Some("one"));
    let error = twice.lock().unwrap().take().unwrap();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("reserved")));
}

#[tokio::test]
async fn no_header_takes_the_request_elsewhere_or_speaks_for_the_client() {
    let set: [(HeaderName, &str); 6] = [
        (header::AUTHORIZATION, "Basic ZXZpbA=="),
        (header::HOST, "evil.test"),
        (header::CONTENT_LENGTH, "3"),
        (header::TRANSFER_ENCODING, "chunked"),
        (header::CONTENT_TYPE, "text/plain"),
        (header::USER_AGENT, "evil"),
    ];
    let world = World::of(Careless {
        form: Some(Box::new(move |form| {
            for (name, value) in &set {
                form.header(name.clone(), HeaderValue::from_static(value));
            }
            Ok(())
        })),
        ..Careless::default()
    });
    world.login(200, &granted()).await.unwrap();
    let sent = world.wire.only();
    for name in ["authorization", "host", "content-length", "transfer-encoding"] {
        assert_eq!(sent.header(name), None, "{name}");
    }
    assert_eq!(sent.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_ne!(sent.header("user-agent"), Some("evil"));
}
