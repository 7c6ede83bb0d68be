//! What a test can do to oidc-provider while it runs.

use std::time::{Duration, Instant};

use hallpass_tests::control::{Fault, OldKeys};
use hallpass_tests::http;
use hallpass_tests::server::RealServer;
use serde_json::{Value, json};

use crate::raw::{get, post};
use crate::shared::OP;

const METADATA: &str = "/.well-known/openid-configuration";
const CREDENTIALS: [(&str, &str); 1] = [("grant_type", "client_credentials")];

#[tokio::test]
async fn new_keys_replace_the_old_ones_or_join_them() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let first = key_ids(&server).await;
    let signing = server.rotate_keys(OldKeys::Gone).await.unwrap();
    let second = key_ids(&server).await;
    assert!(signing.iter().all(|id| second.contains(id) && !first.contains(id)), "{signing:?}");
    let stayed = first.iter().filter(|id| second.contains(id)).count();
    assert_eq!(stayed, first.len() - signing.len(), "those for encryption");

    let signing = server.rotate_keys(OldKeys::Published).await.unwrap();
    let third = key_ids(&server).await;
    assert!(second.iter().all(|id| third.contains(id)), "{third:?}");
    assert!(signing.iter().all(|id| third.contains(id)), "{third:?}");
    assert!(third.len() > second.len());
}

async fn key_ids(server: &RealServer) -> Vec<Value> {
    let keys = get(server, "/jwks").await;
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect()
}

#[tokio::test]
async fn a_token_expires_when_the_clock_is_moved() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    server.set(&json!({ "ttl": { "ClientCredentials": 30 } })).await.unwrap();
    let token = post(&server, "/token", "client-basic", &CREDENTIALS).await;
    assert_eq!(token["expires_in"], 30);
    for (seconds, active) in [(0, true), (60, false), (-60, true)] {
        server.shift_clock(seconds).await.unwrap();
        let form = [("token", token["access_token"].as_str().unwrap())];
        let found = post(&server, "/token/introspection", "client-basic", &form).await;
        assert_eq!(found["active"], active, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_fault_happens_as_often_as_it_was_said() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let url = format!("{}{METADATA}", server.issuer());
    let fault = Fault::status(METADATA, 429).times(2).header("retry-after", "7").body("later");
    server.fault(fault).await.unwrap();
    server.fault(Fault::reset(METADATA)).await.unwrap();
    for _ in 0..2 {
        let answer = http::get(&url).await.unwrap();
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers()["retry-after"], "7");
        assert_eq!(answer.body(), "later");
    }
    assert!(http::get(&url).await.is_err(), "cut");
    assert_eq!(http::get(&url).await.unwrap().status(), 200);

    let delay = Duration::from_millis(100);
    server.fault(Fault::late(METADATA, delay)).await.unwrap();
    let start = Instant::now();
    assert_eq!(http::get(&url).await.unwrap().status(), 200);
    // A timer of Node.js may be a little early.
    let waited = start.elapsed() + Duration::from_millis(5);
    assert!(waited >= delay, "{waited:?}");

    server.fault(Fault::status(METADATA, 503)).await.unwrap();
    server.clear_faults().await.unwrap();
    assert_eq!(http::get(&url).await.unwrap().status(), 200);

    assert_eq!(server.requests(METADATA).await.unwrap().len(), 6);
    server.clear_requests().await.unwrap();
    assert!(server.requests(METADATA).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_the_server_does_not_know_is_a_failure() {
    let refused = OP.set(&json!({ "rotate": "no" })).await.unwrap_err();
    assert!(refused.to_string().contains("cannot set rotate"), "{refused}");
    let refused = OP.control(http::Method::GET, "/nowhere", &Value::Null).await.unwrap_err();
    assert!(refused.to_string().contains("no GET /nowhere"), "{refused}");
}
