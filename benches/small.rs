//! A client and a pending authorization stay small. The allocator that counts is this program's,
//! and none of a benchmark's but `memory`.

#[path = "footprint.rs"]
mod footprint;

use std::sync::Arc;

use hallpass_core::{AuthorizationRequest, HttpClient, ReqwestClient};
use tokio::runtime;

use self::footprint::{CLIENT_BYTES, PENDING_BYTES, kept};
use crate::client;

const TOKEN_ENDPOINT: &str = "https://plain.test/oauth/token";

#[test]
fn what_is_allocated_is_counted_until_it_is_freed() {
    assert_eq!(kept(|| drop(vec![0_u8; 1_000])).1, 0);
    assert_eq!(kept(|| vec![0_u8; 1_000]).1, 1_000 + size_of::<Vec<u8>>() as u64);
    let shared = Arc::new([0_u8; 1_000]);
    assert_eq!(kept(|| Arc::clone(&shared)).1, size_of::<usize>() as u64);
}

#[test]
fn an_idle_client_is_small() {
    let http: Arc<dyn HttpClient> = Arc::new(ReqwestClient::new());
    drop(client(TOKEN_ENDPOINT));
    let (_client, bytes) = kept(|| client(TOKEN_ENDPOINT).with_http_client(Arc::clone(&http)));
    assert!(bytes < CLIENT_BYTES, "{bytes} bytes");
}

#[test]
fn a_pending_authorization_is_small() {
    let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
    let client = client(TOKEN_ENDPOINT);
    let begin = || {
        let login = client.get_authorization_url(AuthorizationRequest::new());
        runtime.block_on(login).expect("a URL").pending
    };
    drop(begin());
    let (_pending, bytes) = kept(begin);
    assert!(bytes < PENDING_BYTES, "{bytes} bytes");
}
