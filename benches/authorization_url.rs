//! The URL of the authorization page, `state`, verifier and pending authorization included.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use hallpass_benches::{bare_url, client};
use hallpass_core::AuthorizationRequest;
use tokio::runtime;

fn authorization_url(c: &mut Criterion) {
    let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
    let client = client();
    let ours = runtime.block_on(client.get_authorization_url(AuthorizationRequest::new()));
    let (ours, bare) = (ours.expect("a URL").url.into_string(), bare_url());
    assert_eq!(shape(&ours), shape(&bare), "both do the same work");

    let mut group = c.benchmark_group("authorization_url");
    group.bench_function("hallpass", |b| {
        b.to_async(&runtime).iter(|| client.get_authorization_url(AuthorizationRequest::new()));
    });
    group.bench_function("limit", |b| b.iter(|| black_box(bare_url())));
    group.finish();
}

/// Names and lengths of the parameters: what differs from login to login is random.
fn shape(url: &str) -> Vec<(&str, usize)> {
    let pairs = url.split(['?', '&']).skip(1).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name, value.len())).collect()
}

criterion_group!(benches, authorization_url);
criterion_main!(benches);
