//! Whatever bytes the API answers with: an identity with an id, or a typed error.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use hallpass_core::{
    HttpClient, Request, Response,
    http::{HeaderMap, StatusCode},
};
use hallpass_discord::{ClientConfig, Discord, ErrorKind, OAuth2Client, OAuth2Token, Result};
use proptest::prelude::*;

#[derive(Debug)]
struct Answers(Vec<u8>);

#[async_trait]
impl HttpClient for Answers {
    async fn send(&self, _request: Request) -> Result<Response> {
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), self.0.clone()))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_answer_is_an_identity_or_a_typed_error(body in body()) {
        let discord = OAuth2Client::new(Discord::new(), ClientConfig::new("ID")).unwrap();
        let discord = discord.with_http_client(Arc::new(Answers(body)));
        let token = OAuth2Token::from_access_token("TOKEN");
        match at_once(discord.get_id_email(&token)) {
            Ok(who) => prop_assert!(!who.id.is_empty()),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Malformed),
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
    let member = ("(id|username|global_name|email|verified|avatar|locale)", value);
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
