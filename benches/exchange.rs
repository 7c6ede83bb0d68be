//! A code exchanged for a token on loopback, in the clear and over TLS 1.3, one after the other and
//! 64 at once. The limit is bare reqwest, over TLS on the same backend.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use std::{
    future::Future,
    hint::black_box,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use criterion::{Criterion, SamplingMode, Throughput};
use hallpass_benches::{
    BareExchange, CODE, Lack, Plain, REDIRECT_URI, Race, Report, Responder, Row, Target,
    ThreadTime, VERIFIER, bare_http, client, pairs, replies::GOOGLE, run, trusting,
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
        let contenders = Contenders::new(&runtime, &responder);
        for at_once in AT_ONCE {
            let before = responder.connections();
            let batch = |exchange: &Exchange| {
                let exchange = Arc::clone(exchange);
                let runtime = &runtime;
                move |count| runtime.block_on(all(&exchange, at_once, count))
            };
            let parameter = format!("{over}-{at_once}");
            let ours = batch(&contenders.hallpass);
            let mut race = Race::new(&mut group, report, &parameter, &ours);
            for (who, exchange) in &contenders.others {
                race.run(who, &batch(exchange));
            }
            // Each contender was seen to open 64 connections and keep them. A pool may open some
            // more while another becomes free; one that kept none would open thousands.
            let opened = responder.connections() - before;
            let most = 4 * at_once * (1 + contenders.others.len() as u64);
            assert!(opened <= most, "{opened} connections for {at_once} at once");
        }
    }
    group.finish();
}

/// One exchange, which returns the access token.
type Exchange = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = String> + Send>> + Send + Sync>;

/// All of them at one endpoint, each seen to send and read the same.
struct Contenders {
    hallpass: Exchange,
    others: Vec<(&'static str, Exchange)>,
}

impl Contenders {
    fn new(runtime: &Runtime, responder: &Responder) -> Self {
        let certificate = responder.certificate();
        let client = client(&responder.url());
        let client = Arc::new(match certificate {
            Some(certificate) => trusting(client, certificate),
            None => client,
        });
        let hallpass = boxed(move || {
            let client = Arc::clone(&client);
            async move { hallpass(&client).await }
        });
        let bare = Arc::new(BareExchange::new(bare_http(certificate), &responder.url()));
        let limit = boxed(move || {
            let bare = Arc::clone(&bare);
            async move { bare.run().await }
        });
        let others = vec![("limit", limit)];
        #[cfg(feature = "peers")]
        let others = [others, peers(runtime, responder).into()].concat();

        let done =
            |exchange: &Exchange| (runtime.block_on(exchange()), pairs(&responder.last_form()));
        let first = done(&hallpass);
        for (who, exchange) in &others {
            assert_eq!(first, done(exchange), "{who} sends and reads the same");
        }
        Self { hallpass, others }
    }
}

/// In a box each, hallpass's too: so many contenders are then of one type.
fn boxed<F>(exchange: impl Fn() -> F + Send + Sync + 'static) -> Exchange
where
    F: Future<Output = String> + Send + 'static,
{
    Arc::new(move || Box::pin(exchange()))
}

async fn hallpass(client: &OAuth2Client<Plain>) -> String {
    let (code, verifier) = (Secret::new(CODE), Secret::new(VERIFIER));
    let token = client.dangerously_exchange_code(code, REDIRECT_URI, Some(verifier)).await;
    token.expect("a token").access_token().expose().to_owned()
}

#[cfg(feature = "peers")]
fn peers(runtime: &Runtime, responder: &Responder) -> [(&'static str, Exchange); 3] {
    use hallpass_benches::peers::{huskarl, oauth2, openidconnect_http as openidconnect};
    let (certificate, url) = (responder.certificate(), responder.url());

    let (client, http) = (Arc::new(oauth2::client(&url)), oauth2::http(certificate));
    let oauth2 = boxed(move || {
        let (client, http) = (Arc::clone(&client), http.clone());
        async move { oauth2::exchange(&client, &http).await }
    });

    let client = Arc::new(openidconnect::client(&url, &responder.at("/userinfo")));
    let http = oauth2::http(certificate);
    let openidconnect = boxed(move || {
        let (client, http) = (Arc::clone(&client), http.clone());
        async move { openidconnect::exchange(&client, &http).await }
    });

    let http = runtime.block_on(huskarl::http(certificate));
    let grant = Arc::new(runtime.block_on(huskarl::grant(&http, &url, false)));
    let huskarl = boxed(move || {
        let grant = Arc::clone(&grant);
        async move { huskarl::exchange(&grant).await }
    });
    [("oauth2", oauth2), ("openidconnect", openidconnect), ("huskarl", huskarl)]
}

/// How long it takes so many tasks to make `count` exchanges, each beginning the next one as soon
/// as it is done with one.
async fn all(exchange: &Exchange, at_once: u64, count: u64) -> Duration {
    let left = Arc::new(AtomicU64::new(count));
    let began = ThreadTime::now();
    let mut tasks = JoinSet::new();
    for _ in 0..at_once {
        let (exchange, left) = (Arc::clone(exchange), Arc::clone(&left));
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
/// Of processor time: at least 0.96 times as many for the same.
const MANY: &[Target] = &[Target { of: "limit", at_most: 1.04 }];
const LACKS: &[Lack] = &[
    Lack { who: "limit", what: "looks at nothing but status and members, wipes nothing" },
    Lack { who: "openidconnect", what: "takes the ID token apart as well" },
];
const ROWS: [Row; 4] = [
    Row { work: "code exchanged, one at a time", parameter: "plain-1", targets: ONE, lacks: LACKS },
    Row { work: "code exchanged, 64 at once", parameter: "plain-64", targets: MANY, lacks: LACKS },
    Row {
        work: "code exchanged over TLS, one at a time",
        parameter: "tls-1",
        targets: ONE,
        lacks: LACKS,
    },
    Row {
        work: "code exchanged over TLS, 64 at once",
        parameter: "tls-64",
        targets: MANY,
        lacks: LACKS,
    },
];

fn main() {
    run("exchange", &ROWS, exchange);
}
