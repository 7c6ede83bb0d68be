//! `refusal`: it makes a refusal of a success, and nothing of a refusal.

use hallpass_core::{Error, ErrorKind, OAuth2Token};
use serde_json::json;

use crate::{
    granted,
    support::{Careless, World, refused},
};

fn sees_none() -> Careless {
    Careless { refusal: Some(Box::new(|_| None)), ..Careless::default() }
}

#[tokio::test]
async fn a_hook_that_sees_no_refusal_clears_none_of_the_token_endpoint() {
    use ErrorKind::{Config, Denied, Transport};
    for (status, reply, kind) in [
        (200, json!({ "error": "invalid_grant", "access_token": "TOKEN" }), Denied),
        (400, json!({ "error": "invalid_grant", "access_token": "TOKEN" }), Denied),
        (401, json!({ "access_token": "TOKEN" }), Config),
        (403, json!({ "access_token": "TOKEN" }), Denied),
        (429, json!({ "access_token": "TOKEN" }), Transport),
        (503, json!({ "access_token": "TOKEN" }), Transport),
    ] {
        let got = World::of(sees_none()).login(status, &reply).await;
        let Err(error) = got else { panic!("{status} {reply} is a token") };
        assert_eq!(error.kind(), kind, "{status} {reply}: {error:?}");
    }
}

#[tokio::test]
async fn a_hook_that_sees_no_refusal_clears_none_of_the_api() {
    use ErrorKind::{Config, Denied, Malformed, Transport};
    let token = OAuth2Token::from_access_token("TOKEN");
    for (status, kind) in [
        (302, Malformed),
        (400, Config),
        (401, Denied),
        (403, Denied),
        (429, Transport),
        (503, Transport),
    ] {
        let world = World::of(sees_none());
        world.wire.answer(status, &json!({ "id": 42 }));
        let Err(error) = world.client.get_profile(&token).await else { panic!("{status}") };
        assert_eq!(error.kind(), kind, "{status}: {error:?}");
    }
}

#[tokio::test]
async fn a_refusal_by_a_hook_is_an_error_with_the_status_that_came() {
    let always = || Careless {
        refusal: Some(Box::new(|_| Some(Error::transport("not today")))),
        ..Careless::default()
    };
    for status in [200, 201, 400, 429, 503] {
        let world = World::of(always());
        let wait = (status == 429).then(|| std::time::Duration::from_secs(7));
        let error = refused(world.login(status, &granted()).await, ErrorKind::Transport, None);
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.retry_after(), wait);
        world.wire.answer(status, &json!({ "id": 42 }));
        let got = world.client.get_profile(&OAuth2Token::from_access_token("TOKEN")).await;
        let error = refused(got, ErrorKind::Transport, None);
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.retry_after(), wait);
    }
}
