//! Whatever bytes a provider's API answers with: an identity with an id, or a typed error.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use hallpass::{
    BaseOAuth2, ClientConfig, ErrorKind, OAuth2Client, OAuth2Token, Provider, Result,
    core::{
        HttpClient, Request, Response,
        http::{HeaderMap, StatusCode},
    },
    discord::Discord,
    github::GitHub,
    google::Google,
};
use proptest::prelude::*;

#[derive(Debug)]
struct Answers(Vec<u8>);

#[async_trait]
impl HttpClient for Answers {
    async fn send(&self, _request: Request) -> Result<Response> {
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), self.0.clone()))
    }
}

fn client(provider: impl Provider, body: &[u8]) -> Arc<dyn BaseOAuth2> {
    let client = OAuth2Client::new(provider, ClientConfig::new("ID")).unwrap();
    Arc::new(client.with_http_client(Arc::new(Answers(body.to_vec()))))
}

/// Each provider of the workspace.
fn everyone(body: &[u8]) -> Vec<Arc<dyn BaseOAuth2>> {
    vec![client(Discord::new(), body), client(GitHub::new(), body), client(Google::new(), body)]
}

#[test]
fn every_provider_of_the_workspace_is_here() {
    let names: Vec<_> = everyone(b"").iter().map(|c| c.descriptor().name().to_owned()).collect();
    let all: Vec<_> = hallpass::descriptors().iter().map(|d| d.name().to_owned()).collect();
    assert_eq!(names, all);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_answer_is_an_identity_or_a_typed_error(body in body()) {
        let token = OAuth2Token::from_access_token("TOKEN");
        for client in everyone(&body) {
            let name = client.descriptor().name();
            match at_once(client.get_id_email(&token)) {
                Ok(who) => prop_assert!(!who.id.is_empty(), "{name}"),
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
