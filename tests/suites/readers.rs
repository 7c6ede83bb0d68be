//! Whatever bytes a provider's API answers with: an identity with an id, or a typed error.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use hallpass::{
    BaseOAuth2, ClientConfig, ErrorKind, OAuth2Token, Result,
    core::{
        ClientAuth, HttpClient, Request, Response,
        http::{HeaderMap, StatusCode},
    },
    franceconnect::{self, FranceConnect},
};
use hallpass_tests::providers::{self, Known};
use proptest::prelude::*;

#[derive(Debug)]
struct Answers(Vec<u8>);

#[async_trait]
impl HttpClient for Answers {
    async fn send(&self, _request: Request) -> Result<Response> {
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), self.0.clone()))
    }
}

fn client(known: &Known, body: &[u8]) -> Arc<dyn BaseOAuth2> {
    let config = ClientConfig::new("ID").with_secret("SECRET");
    let config = match known.descriptor().client_auth() {
        // No key is at hand, and nothing here is authenticated.
        ClientAuth::PostSigned => config.with_client_auth(ClientAuth::Post),
        _ => config,
    };
    known.client(config, Arc::new(Answers(body.to_vec()))).unwrap()
}

/// Each provider of the workspace; userinfo unsigned, or no body would be read.
static EVERYONE: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let unsigned = FranceConnect::new().with_unsigned_userinfo();
    let mut all = providers::everyone().unwrap();
    all.retain(|known| !known.descriptor().is_userinfo_signed());
    all.push(Known::new(unsigned, franceconnect::FIXTURES));
    all
});

#[test]
fn every_provider_of_the_workspace_is_here() {
    let mut names: Vec<_> = EVERYONE.iter().map(|it| it.descriptor().name().to_owned()).collect();
    names.sort();
    let all: Vec<_> = hallpass::descriptors().iter().map(|d| d.name().to_owned()).collect();
    assert_eq!(names, all);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_answer_is_an_identity_or_a_typed_error(body in body()) {
        let token = OAuth2Token::from_access_token("TOKEN");
        for known in &*EVERYONE {
            let (client, name) = (client(known, &body), known.descriptor().name());
            match at_once(client.get_id_email(&token)) {
                Ok(who) => prop_assert!(!who.id.is_empty(), "{name}"),
                // What is discovered is about somebody else, as far as anybody can tell.
                Err(error) if client.descriptor().authorize_and_token().is_none() => {
                    let kinds = [ErrorKind::Malformed, ErrorKind::Security];
                    prop_assert!(kinds.contains(&error.kind()), "{name}: {error}");
                }
                // Its ID token says who it is, this token came without one, and nobody is asked.
                Err(error) if error.reason() == Some("no_id_token") => {}
                Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Malformed, "{}", name),
            }
        }
    }
}

/// Any bytes, and JSON that looks as if it could be the answer.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        "[a-z@.]{0,12}".prop_map(|text| format!("{text:?}")),
        Just("true".to_owned()),
        Just("[{}]".to_owned()),
    ];
    let names = "(id|sub|login|username|global_name|email|name|avatar|avatar_url|picture|primary|\
        verified|email_verified|hd|locale)";
    let member = (names, value);
    let object = prop::collection::vec(member, 0..8).prop_map(|members| {
        let members = members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    });
    let list = object.clone().prop_map(|object| format!("[{object}]"));
    prop_oneof![
        any::<Vec<u8>>(),
        object.prop_map(String::into_bytes),
        list.prop_map(String::into_bytes),
    ]
}

/// Nothing here waits for anything.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("a test transport answers at once"),
    }
}
