//! What it costs to choose the provider when the program runs: the authorization URL by
//! `OAuth2Client` and by `Arc<dyn BaseOAuth2>`. hallpass alone: no other has both.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use std::sync::Arc;

use criterion::Criterion;
use hallpass_benches::{Lack, Race, Report, Row, ThreadTime, client, run, shape, waits};
use hallpass_core::{AuthorizationRequest, BaseOAuth2};
use tokio::runtime;

fn dispatch(c: &mut Criterion<ThreadTime>, report: &Report) {
    let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
    let chosen = client("https://plain.test/oauth/token");
    let dynamic: Arc<dyn BaseOAuth2> = Arc::new(chosen.clone());
    let by_type = runtime.block_on(chosen.get_authorization_url(AuthorizationRequest::new()));
    let by_table = runtime.block_on(dynamic.get_authorization_url(AuthorizationRequest::new()));
    let [by_type, by_table] =
        [by_type, by_table].map(|login| shape(login.expect("a URL").url.as_str()));
    assert_eq!(by_type, by_table, "both do the same work");

    let mut group = c.benchmark_group("dispatch");
    let url = AuthorizationRequest::new;
    let by_type = |count| waits(&runtime, count, || chosen.get_authorization_url(url()));
    let by_table = |count| waits(&runtime, count, || dynamic.get_authorization_url(url()));
    Race::new(&mut group, report, "", &by_table).run("limit", &by_type);
    group.finish();
}

const NONE: &str = "chooses no provider at run time";
const ROWS: [Row; 1] = [Row {
    work: "authorization URL, provider chosen at run time; the limit: at compile time",
    parameter: "",
    targets: &[],
    lacks: &[
        Lack { who: "oauth2", what: NONE },
        Lack { who: "openidconnect", what: NONE },
        Lack { who: "huskarl", what: NONE },
    ],
}];

fn main() {
    run("dispatch", &ROWS, dispatch);
}
