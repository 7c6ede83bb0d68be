//! What it costs to choose the provider when the program runs: the authorization URL by
//! `OAuth2Client` and by `Arc<dyn BaseOAuth2>`. hallpass alone: no other has both.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use std::{hint::black_box, sync::Arc};

use criterion::{BenchmarkId, Criterion};
use hallpass_benches::{Report, Row, ThreadTime, bare_url, client, criterion, shape};
use hallpass_core::{AuthorizationRequest, BaseOAuth2};
use tokio::runtime;

fn dispatch(c: &mut Criterion<ThreadTime>) {
    let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
    let chosen = client("https://plain.test/oauth/token");
    let dynamic: Arc<dyn BaseOAuth2> = Arc::new(chosen.clone());
    let by_type = runtime.block_on(chosen.get_authorization_url(AuthorizationRequest::new()));
    let by_table = runtime.block_on(dynamic.get_authorization_url(AuthorizationRequest::new()));
    let [by_type, by_table] =
        [by_type, by_table].map(|login| shape(login.expect("a URL").url.as_str()));
    assert_eq!(by_type, by_table, "both do the same work");
    assert_eq!(by_type, shape(&bare_url()), "the limit does the same work");

    let mut group = c.benchmark_group("dispatch");
    group.bench_function(BenchmarkId::new("hallpass", "static"), |b| {
        b.to_async(&runtime).iter(|| chosen.get_authorization_url(AuthorizationRequest::new()));
    });
    group.bench_function(BenchmarkId::new("hallpass", "dyn"), |b| {
        b.to_async(&runtime).iter(|| dynamic.get_authorization_url(AuthorizationRequest::new()));
    });
    for parameter in ["static", "dyn"] {
        group.bench_function(BenchmarkId::new("limit", parameter), |b| {
            b.iter(|| black_box(bare_url()));
        });
    }
    group.finish();
}

const ROWS: [Row; 2] = [
    Row {
        work: "authorization URL, provider chosen at compile time",
        parameter: "static",
        targets: &[],
        lacks: &[],
    },
    Row {
        work: "authorization URL, provider chosen at run time",
        parameter: "dyn",
        targets: &[],
        lacks: &[],
    },
];

fn main() {
    let report = Report::begin("dispatch");
    let mut criterion = criterion();
    dispatch(&mut criterion);
    criterion.final_summary();
    report.finish(&ROWS);
}
