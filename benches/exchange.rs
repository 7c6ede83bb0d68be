//! A code exchanged for a token on loopback, in the clear and over TLS 1.3, one after the other and
//! 64 at once. The limit is bare reqwest, over TLS on the same backend.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use std::{
    future::Future,
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};
use hallpass_benches::{
    BareExchange, CODE, Lack, Plain, REDIRECT_URI, Report, Responder, Row, Target, ThreadTime,
    VERIFIER, bare_http, client, criterion, pairs, replies::GOOGLE, trusting,
};
use hallpass_core::{OAuth2Client, Secret};
use tokio::{
    runtime::{self, Runtime},
    task::JoinSet,
};

/// How many tasks exchange codes.
const AT_ONCE: [u64; 2] = [1, 64];

fn exchange(c: &mut Criterion<ThreadTime>, report: &Report) {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut group = c.benchmark_group("exchange");
    // Each sample as long as the others, so that 64 tasks are at work in all of them.
    group.sampling_mode(SamplingMode::Flat).sample_size(50).throughput(Throughput::Elements(1));
    for (over, responder) in
        [("plain", Responder::start(GOOGLE)), ("tls", Responder::start_tls(GOOGLE))]
    {
        let mut race = Race {
            group: &mut group,
            report,
            runtime: &runtime,
            responder: &responder,
            over,
            done: None,
            ours: None,
        };
        ours(&mut race);
        #[cfg(feature = "peers")]
        peers(&mut race);
    }
    group.finish();
}

fn ours<'a>(race: &mut Race<'a, '_>) {
    let certificate = race.responder.certificate();
    let client = client(&race.responder.url());
    let client = Arc::new(match certificate {
        Some(certificate) => trusting(client, certificate),
        None => client,
    });
    let exchange = move || {
        let client = Arc::clone(&client);
        async move { hallpass(&client).await }
    };
    race.run("hallpass", exchange.clone());
    let runtime: &'a Runtime = race.runtime;
    race.ours =
        Some(Box::new(move |at_once, count| runtime.block_on(all(&exchange, at_once, count))));

    let bare = Arc::new(BareExchange::new(bare_http(certificate), &race.responder.url()));
    race.run("limit", move || {
        let bare = Arc::clone(&bare);
        async move { bare.run().await }
    });
}

async fn hallpass(client: &OAuth2Client<Plain>) -> String {
    let (code, verifier) = (Secret::new(CODE), Secret::new(VERIFIER));
    let token = client.dangerously_exchange_code(code, REDIRECT_URI, Some(verifier)).await;
    token.expect("a token").access_token().expose().to_owned()
}

#[cfg(feature = "peers")]
fn peers(race: &mut Race<'_, '_>) {
    use hallpass_benches::peers::{huskarl, oauth2, openidconnect_http as openidconnect};
    let (certificate, url) = (race.responder.certificate(), race.responder.url());

    let client = Arc::new(oauth2::client(&url));
    let http = oauth2::http(certificate);
    race.run("oauth2", move || {
        let (client, http) = (Arc::clone(&client), http.clone());
        async move { oauth2::exchange(&client, &http).await }
    });

    let client = Arc::new(openidconnect::client(&url, &race.responder.at("/userinfo")));
    let http = oauth2::http(certificate);
    race.run("openidconnect", move || {
        let (client, http) = (Arc::clone(&client), http.clone());
        async move { openidconnect::exchange(&client, &http).await }
    });

    let http = race.runtime.block_on(huskarl::http(certificate));
    let grant = Arc::new(race.runtime.block_on(huskarl::grant(&http, &url, false)));
    race.run("huskarl", move || {
        let grant = Arc::clone(&grant);
        async move { huskarl::exchange(&grant).await }
    });
}

/// All contenders at one endpoint.
struct Race<'a, 'c> {
    group: &'a mut BenchmarkGroup<'c, ThreadTime>,
    report: &'a Report,
    runtime: &'a Runtime,
    responder: &'a Responder,
    over: &'static str,
    /// The first contender's token and form.
    done: Option<(String, Vec<(String, String)>)>,
    /// How long hallpass takes, for so many tasks and exchanges.
    ours: Option<Box<dyn Fn(u64, u64) -> Duration + 'a>>,
}

impl Race<'_, '_> {
    /// Measures one contender, once its token and its form are those of the first, and hallpass
    /// beside it, now before it and now after.
    fn run<E, F>(&mut self, contender: &str, exchange: E)
    where
        E: Fn() -> F + Clone + Send + 'static,
        F: Future<Output = String> + Send,
    {
        let token = self.runtime.block_on(exchange());
        let done = (token, pairs(&self.responder.last_form()));
        let first = self.done.get_or_insert_with(|| done.clone());
        assert_eq!(*first, done, "{contender} sends and reads the same");
        for at_once in AT_ONCE {
            let before = self.responder.connections();
            let parameter = format!("{}-{at_once}", self.over);
            let theirs = |count| self.runtime.block_on(all(&exchange, at_once, count));
            let mut is_first = false;
            self.group.bench_function(BenchmarkId::new(contender, &parameter), |b| {
                b.iter_custom(|count| {
                    let Some(ours) = &self.ours else { return theirs(count) };
                    is_first = !is_first;
                    let before = is_first.then(|| ours(at_once, count));
                    let theirs = theirs(count);
                    let ours = before.unwrap_or_else(|| ours(at_once, count));
                    self.report.pair(contender, &parameter, ours, theirs);
                    theirs
                });
            });
            // Each contender was seen to open 64 connections and keep them. A pool may open some
            // more while another becomes free; one that kept none would open thousands.
            let opened = self.responder.connections() - before;
            assert!(opened <= 4 * at_once, "{contender} opened {opened} for {at_once} at once");
        }
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
    let began = ThreadTime::now();
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
    ThreadTime::now().saturating_sub(began)
}

const ONE: &[Target] = &[Target { of: "limit", at_most: 1.03 }];
/// At least 0.96 times as many a second.
const MANY: &[Target] = &[Target { of: "limit", at_most: 1.04 }];
const LACKS: &[Lack] = &[Lack {
    who: "openidconnect",
    what: "takes the ID token apart as well, though nobody verifies it here",
}];
const ROWS: [Row; 4] = [
    Row { work: "code exchanged, one at a time", parameter: "plain-1", targets: ONE, lacks: LACKS },
    Row { work: "code exchanged, 64 at once", parameter: "plain-64", targets: MANY, lacks: &[] },
    Row {
        work: "code exchanged over TLS, one at a time",
        parameter: "tls-1",
        targets: ONE,
        lacks: &[],
    },
    Row {
        work: "code exchanged over TLS, 64 at once",
        parameter: "tls-64",
        targets: MANY,
        lacks: &[],
    },
];

fn main() {
    let report = Report::begin("exchange");
    let mut criterion = criterion();
    exchange(&mut criterion, &report);
    criterion.final_summary();
    report.finish(&ROWS);
}
