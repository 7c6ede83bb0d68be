//! A code exchanged for a token over plain HTTP on loopback, one after the other and 64 at once.
//! The limit is bare reqwest.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use std::{
    future::Future,
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, measurement::WallTime};
use hallpass_benches::{
    BareExchange, CODE, Plain, REDIRECT_URI, Ratios, Responder, VERIFIER, client, pairs,
    replies::GOOGLE,
};
use hallpass_core::{OAuth2Client, Secret};
use tokio::{
    runtime::{self, Runtime},
    task::JoinSet,
};

/// How many tasks exchange codes.
const AT_ONCE: [u64; 2] = [1, 64];

fn exchange(c: &mut Criterion) {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let responder = Responder::start(GOOGLE);
    let mut group = c.benchmark_group("exchange");
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4));
    group.sample_size(50).throughput(Throughput::Elements(1));

    let client = Arc::new(client(&responder.url()));
    let ours = move || {
        let client = Arc::clone(&client);
        async move { hallpass(&client).await }
    };
    let token = runtime.block_on(ours());
    let form = pairs(&responder.last_form());
    measure(&mut group, &runtime, "hallpass", ours);

    let bare = Arc::new(BareExchange::new(&responder.url()));
    let limit = move || {
        let bare = Arc::clone(&bare);
        async move { bare.run().await }
    };
    assert_eq!(token, runtime.block_on(limit()), "bare reqwest reads the same");
    assert_eq!(form, pairs(&responder.last_form()), "bare reqwest sends the same");
    measure(&mut group, &runtime, "limit", limit);

    #[cfg(feature = "peers")]
    {
        use hallpass_benches::peers;
        let client = Arc::new(peers::oauth2(&responder.url()));
        let http = peers::oauth2_http();
        let oauth2 = move || {
            let (client, http) = (Arc::clone(&client), http.clone());
            async move { peers::oauth2_exchange(&client, &http).await }
        };
        assert_eq!(token, runtime.block_on(oauth2()), "oauth2 reads the same");
        assert_eq!(form, pairs(&responder.last_form()), "oauth2 sends the same");
        measure(&mut group, &runtime, "oauth2", oauth2);
    }
    group.finish();
}

async fn hallpass(client: &OAuth2Client<Plain>) -> String {
    let (code, verifier) = (Secret::new(CODE), Secret::new(VERIFIER));
    let token = client.dangerously_exchange_code(code, REDIRECT_URI, Some(verifier)).await;
    token.expect("a token").access_token().expose().to_owned()
}

fn measure<E, F>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    contender: &str,
    exchange: E,
) where
    E: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = String> + Send,
{
    for at_once in AT_ONCE {
        group.bench_function(BenchmarkId::new(contender, at_once), |b| {
            b.iter_custom(|count| runtime.block_on(all(&exchange, at_once, count)));
        });
    }
}

/// How long it takes so many tasks to make `count` exchanges, each beginning the next one as soon
/// as it is done with one.
async fn all<E, F>(exchange: &E, at_once: u64, count: u64) -> Duration
where
    E: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = String> + Send,
{
    let left = Arc::new(AtomicU64::new(count));
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..at_once {
        let (exchange, left) = (exchange.clone(), Arc::clone(&left));
        tasks.spawn(async move {
            let take = |left: u64| left.checked_sub(1);
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
                black_box(exchange().await);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("a task");
    }
    began.elapsed()
}

fn main() {
    let ratios = Ratios::begin();
    let mut criterion = Criterion::default().configure_from_args();
    exchange(&mut criterion);
    criterion.final_summary();
    ratios.print("exchange", &["1", "64"]);
}
