//! `authenticate`: it says who the client is, and nothing else.

use hallpass_core::{
    ErrorKind,
    http::{HeaderValue, header},
};

use crate::{
    granted,
    support::{CODE, Careless, World, refused},
};

/// All that the request of a login says by then.
const SAID: [&str; 6] =
    ["code", "code_verifier", "grant_type", "redirect_uri", "state", "token_kind"];

#[tokio::test]
async fn what_the_request_says_is_not_overwritten() {
    for name in SAID {
        let world = World::of(Careless {
            auth: Some(Box::new(move |client| client.param(name, "evil"))),
            ..Careless::default()
        });
        let got = world.login(200, &granted()).await;
        refused(got, ErrorKind::Config, Some("reserved"));
        world.wire.assert_silent();
    }
}

#[tokio::test]
async fn what_the_request_says_stays_though_the_hook_goes_on() {
    let world = World::of(Careless {
        auth: Some(Box::new(|client| {
            for name in SAID {
                assert!(client.param(name, "evil").is_err(), "{name}");
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
async fn a_refresh_token_is_not_exchanged_for_another() {
    let world = World::of(Careless {
        auth: Some(Box::new(|client| client.param("refresh_token", "evil"))),
        ..Careless::default()
    });
    let token = hallpass_core::OAuth2Token::from_refresh_token("AGAIN");
    let got = world.client.refresh_token(&token).await;
    refused(got, ErrorKind::Config, Some("reserved"));
    world.wire.assert_silent();
}

#[tokio::test]
async fn no_header_changes_the_body_or_the_host() {
    let world = World::of(Careless {
        auth: Some(Box::new(|client| {
            client.header(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            client.header(header::HOST, HeaderValue::from_static("evil.test"));
            client.header(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
            Ok(())
        })),
        ..Careless::default()
    });
    world.login(200, &granted()).await.unwrap();
    let sent = world.wire.only();
    assert_eq!(sent.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!((sent.header("host"), sent.header("transfer-encoding")), (None, None));
}
