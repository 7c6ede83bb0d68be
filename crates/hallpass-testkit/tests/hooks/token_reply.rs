//! `token_reply`: it moves what the reply says, and makes nothing up.

use std::{borrow::Cow, sync::Arc, time::SystemTime};

use hallpass_core::{
    ErrorKind, Json, OAuth2Token, Request, RequestSigner, Response, Result, http::HeaderValue,
    url::Url,
};
use serde_json::json;

use crate::support::{Careless, World, refused};

/// Puts these members over those of the reply, whatever they are.
fn forging(clear: bool, members: Json) -> Careless {
    Careless {
        reply: Some(Box::new(move |reply| {
            let fields = reply.fields()?;
            if clear {
                fields.clear();
            }
            fields.extend(members.as_object().unwrap().clone());
            Ok(())
        })),
        ..Careless::default()
    }
}

#[tokio::test]
async fn no_refusal_becomes_a_token() {
    use ErrorKind::{Denied, Malformed, Transport};
    for (status, reply, kind) in [
        (200, json!({ "error": "invalid_grant" }), Denied),
        (200, json!({ "error": "invalid_grant", "access_token": "TOKEN" }), Denied),
        (200, json!({ "error": { "code": "invalid_grant" } }), Denied),
        (400, json!({ "error": "invalid_grant" }), Denied),
        (400, json!({ "access_token": "TOKEN" }), Malformed),
        (403, json!({ "access_token": "TOKEN" }), Denied),
        (302, json!({ "access_token": "TOKEN" }), Malformed),
        (503, json!({ "access_token": "TOKEN" }), Transport),
    ] {
        for clear in [true, false] {
            let forged = json!({ "access_token": "TOKEN", "error": null });
            let world = World::of(forging(clear, forged));
            let got = world.login(status, &reply).await;
            let Err(error) = got else { panic!("{status} {reply} is a token") };
            assert_eq!(error.kind(), kind, "{status} {reply}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_the_reply_does_not_hold_is_none() {
    for reply in [
        json!({}),
        json!({ "ok": true }),
        json!({ "ok": true, "data": {} }),
        json!({ "access_token": "" }),
        json!({ "data": { "access_token": "TOKE" } }),
    ] {
        let world = World::of(forging(false, json!({ "access_token": "TOKEN" })));
        refused(world.login(200, &reply).await, ErrorKind::Malformed, None);
    }
    let careless = Careless { reply: Some(Box::new(|_| Ok(()))), ..Careless::default() };
    refused(World::of(careless).login(200, &json!({})).await, ErrorKind::Malformed, None);
}

#[tokio::test]
async fn a_token_may_be_moved_from_wherever_it_is() {
    for reply in [
        json!({ "access_token": "TOKEN" }),
        json!({ "a": { "b": ["x", "TOKEN"] } }),
        json!({ "access_token": "OTHER", "user": { "token": "TOKEN" } }),
    ] {
        let world = World::of(forging(true, json!({ "access_token": "TOKEN" })));
        let token = world.login(200, &reply).await.unwrap();
        assert_eq!(token.access_token().expose(), "TOKEN");
    }
}

#[tokio::test]
async fn a_token_bound_to_a_key_stays_bound() {
    for reply in [
        json!({ "access_token": "TOKEN", "token_type": "DPoP" }),
        json!({ "access_token": "TOKEN", "token_type": "mac" }),
        json!({ "data": { "access_token": "TOKEN", "token_type": "dpop" } }),
    ] {
        for clear in [true, false] {
            let forged = json!({ "access_token": "TOKEN", "token_type": "Bearer" });
            let got = World::of(forging(clear, forged)).login(200, &reply).await;
            refused(got, ErrorKind::Security, Some("key_binding"));
        }
    }
}

#[tokio::test]
async fn a_token_that_is_not_bound_to_the_key_is_not_made_so() {
    for (reply, fits) in [
        (json!({ "access_token": "TOKEN" }), false),
        (json!({ "access_token": "TOKEN", "token_type": "Bearer" }), false),
        (json!({ "access_token": "TOKEN", "kind": "Bearer" }), false),
        (json!({ "data": { "access_token": "TOKEN", "token_type": "bearer" } }), false),
        (json!({ "data": { "access_token": "TOKEN", "token_type": "DPoP" } }), true),
        (json!({ "access_token": "TOKEN", "kind": "dpop" }), true),
    ] {
        let forged = json!({ "access_token": "TOKEN", "token_type": "DPoP" });
        let mut world = World::of(forging(true, forged));
        world.client = world.client.with_request_signer(Arc::new(Signer));
        let got = world.login(200, &reply).await;
        if fits {
            assert_eq!(got.unwrap().access_token().expose(), "TOKEN");
        } else {
            refused(got, ErrorKind::Security, Some("key_binding"));
        }
    }
}

#[tokio::test]
async fn what_is_kept_of_the_callback_is_no_credential() {
    let careless = Careless {
        reply: Some(Box::new(|reply| {
            for name in ["code", "state"] {
                assert_eq!(reply.callback(name), None, "{name}");
            }
            assert_eq!(reply.callback("shop"), Some("7"));
            Ok(())
        })),
        ..Careless::default()
    };
    let world = World::of(careless);
    world.login(200, &json!({ "access_token": "TOKEN" })).await.unwrap();
}

/// Stands for DPoP.
#[derive(Debug)]
struct Signer;

impl RequestSigner for Signer {
    fn sign(&self, request: &mut Request, _: Option<&OAuth2Token>, _: SystemTime) -> Result<()> {
        request.headers.insert("dpop", HeaderValue::from_static("proof"));
        Ok(())
    }

    fn wants_retry(&self, _: &Url, _: &Response) -> bool {
        false
    }

    fn token_type(&self) -> &str {
        "DPoP"
    }

    fn authorization_parameter(&self) -> Option<(&'static str, Cow<'_, str>)> {
        None
    }
}
