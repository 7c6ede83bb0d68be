//! A token that is good for an hour, asked for again and again: what each request to an API pays.
//! The limit is one load, one look at the clock, one copy of an `Arc`.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use std::sync::Arc;

use criterion::Criterion;
use hallpass_benches::{
    ACCESS_TOKEN, Lack, Race, Report, Row, Target, ThreadTime, run,
    sessions::{BareTokens, Endpoint, session},
    waits,
};
use hallpass_core::SystemClock;
use tokio::runtime;

fn hot_token(c: &mut Criterion<ThreadTime>, report: &Report) {
    let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
    let endpoint = Endpoint::new();
    let session = runtime.block_on(session(&endpoint, Arc::new(SystemClock)));
    let bare = BareTokens::new(Arc::clone(&endpoint));
    let ours = runtime.block_on(session.token()).expect("a token");
    assert_eq!(ours.access_token().expose(), ACCESS_TOKEN);
    assert_eq!(runtime.block_on(bare.token()).access_token, ACCESS_TOKEN);
    let sent = endpoint.requests();

    let mut group = c.benchmark_group("hot_token");
    let ours = |count| waits(&runtime, count, || session.token());
    let mut race = Race::new(&mut group, report, "", &ours);
    race.run("limit", &|count| waits(&runtime, count, || bare.token()));
    #[cfg(feature = "peers")]
    peers(&mut race, &runtime, &endpoint);
    group.finish();
    assert_eq!(endpoint.requests(), sent, "a good token is not renewed");
}

#[cfg(feature = "peers")]
fn peers(race: &mut Race<'_, '_>, runtime: &runtime::Runtime, endpoint: &Arc<Endpoint>) {
    let cache = runtime.block_on(hallpass_benches::peers::huskarl_session::Cache::new(endpoint));
    let token = runtime.block_on(cache.token()).expect("a token");
    assert_eq!(token.access_token().token().expose_secret(), ACCESS_TOKEN);
    race.run("huskarl", &|count| waits(runtime, count, || cache.token()));
}

const NONE: &str = "keeps no token";
const ROWS: [Row; 1] = [Row {
    work: "token in use asked for, good for an hour",
    parameter: "",
    targets: &[Target { of: "limit", at_most: 2.0 }, Target { of: "huskarl", at_most: 0.5 }],
    lacks: &[
        Lack { who: "oauth2", what: NONE },
        Lack { who: "openidconnect", what: NONE },
        Lack { who: "huskarl", what: "looks as well whether a login brought another token" },
    ],
}];

fn main() {
    run("hot_token", &ROWS, hot_token);
}
