//! 10,000 tasks and one token that has ended: from the moment the first asks until the last has the
//! new one. The provider answers from memory, once all have asked. The limit is tokio's `OnceCell`.
//!
//! In every round, of whoever is measured, one request is sent, and all have the same token. When
//! the provider says no or is down, all who asked hallpass have one error, of one request: that is
//! looked at, not timed.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use criterion::{Criterion, SamplingMode};
use hallpass_benches::{
    Lack, Race, Report, Row, Target, ThreadTime, run,
    sessions::{BareTokens, Endpoint, Turned, session},
};
use hallpass_core::{ErrorKind, http::StatusCode};
use tokio::{
    runtime::{self, Runtime},
    sync::Notify,
};

/// How many ask at once.
const TASKS: usize = 10_000;
/// What a provider answers that gives no token, and what each of the tasks is told to do.
const REFUSALS: [(StatusCode, &str, ErrorKind); 2] = [
    (StatusCode::BAD_REQUEST, "{\"error\":\"invalid_grant\"}", ErrorKind::Denied),
    (StatusCode::SERVICE_UNAVAILABLE, "", ErrorKind::Transport),
];

fn single_flight(c: &mut Criterion<ThreadTime>, report: &Report) {
    let runtime = runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    refusals(&runtime);
    let (endpoint, clock) = (Endpoint::new(), Arc::new(Turned::default()));
    let ours = runtime.block_on(session(&endpoint, clock.clone()));
    let bare = Arc::new(BareTokens::new(Arc::clone(&endpoint)));
    runtime.block_on(bare.token());

    let mut group = c.benchmark_group("single_flight");
    group.sampling_mode(SamplingMode::Flat).sample_size(50);
    let rounds = Rounds { runtime: &runtime, endpoint: &endpoint };
    let ours = |count| {
        let ask = || {
            let session = ours.clone();
            async move { session.token().await.expect("a token") }
        };
        rounds.run(count, || clock.past_the_end(), ask)
    };
    let limit = |count| {
        let ask = || {
            let bare = Arc::clone(&bare);
            async move { bare.token().await }
        };
        rounds.run(count, || bare.expire(), ask)
    };
    let mut race = Race::new(&mut group, report, "", &ours);
    race.run("limit", &limit);
    #[cfg(feature = "peers")]
    peers(&mut race, &rounds);
    group.finish();
}

/// One runtime and one endpoint for all who are measured.
struct Rounds<'a> {
    runtime: &'a Runtime,
    endpoint: &'a Arc<Endpoint>,
}

impl Rounds<'_> {
    /// How long so many rounds take, each with a token that ended.
    fn run<T, F>(&self, count: u64, expire: impl Fn(), ask: impl Fn() -> F) -> Duration
    where
        T: Send + Sync + 'static,
        F: Future<Output = Arc<T>> + Send + 'static,
    {
        let (mut total, mut before) = (Duration::ZERO, None::<Arc<T>>);
        for _ in 0..count {
            expire();
            let (took, tokens) = self.round(&ask);
            assert_eq!(self.endpoint.requests(), 1, "one request for all");
            let new = tokens.first().expect("a token");
            assert!(tokens.iter().all(|token| Arc::ptr_eq(token, new)), "one token for all");
            assert!(before.is_none_or(|old| !Arc::ptr_eq(&old, new)), "and a new one");
            (total, before) = (total + took, Some(Arc::clone(new)));
        }
        total
    }

    /// The tasks are made beforehand, and what they brought is taken from them afterwards.
    fn round<F>(&self, ask: impl Fn() -> F) -> (Duration, Vec<F::Output>)
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.endpoint.expect(TASKS);
        let left = Arc::new(Left { tasks: AtomicUsize::new(TASKS), none: Notify::new() });
        self.runtime.block_on(async {
            let tasks = (0..TASKS).map(|_| {
                let (endpoint, left, ask) = (Arc::clone(self.endpoint), Arc::clone(&left), ask());
                tokio::spawn(async move {
                    endpoint.ask();
                    let answer = ask.await;
                    left.one_less();
                    answer
                })
            });
            let tasks: Vec<_> = tasks.collect();
            // None of them runs before this one waits.
            let began = ThreadTime::now();
            left.none.notified().await;
            let took = ThreadTime::now().saturating_sub(began);
            let mut answers = Vec::with_capacity(TASKS);
            for task in tasks {
                answers.push(task.await.expect("an answer"));
            }
            (took, answers)
        })
    }
}

/// How many tasks have no answer yet.
struct Left {
    tasks: AtomicUsize,
    none: Notify,
}

impl Left {
    fn one_less(&self) {
        if self.tasks.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.none.notify_one();
        }
    }
}

/// One request for all, and the same error.
fn refusals(runtime: &Runtime) {
    for (status, body, kind) in REFUSALS {
        let (endpoint, clock) = (Endpoint::new(), Arc::new(Turned::default()));
        let session = runtime.block_on(session(&endpoint, clock.clone()));
        clock.past_the_end();
        endpoint.set_answer(status, body);
        let (_, answers) = Rounds { runtime, endpoint: &endpoint }.round(|| {
            let session = session.clone();
            async move { session.token().await.map_err(|error| error.kind()).err() }
        });
        assert_eq!(endpoint.requests(), 1, "one request for all after {status}");
        assert!(answers.iter().all(|answer| *answer == Some(kind)), "{kind:?} for all");
    }
}

#[cfg(feature = "peers")]
fn peers(race: &mut Race<'_, '_>, rounds: &Rounds<'_>) {
    use hallpass_benches::peers::huskarl_session::Cache;

    // What the last column says of it.
    for ((status, body, _), requests) in REFUSALS.into_iter().zip([1, TASKS]) {
        let endpoint = Endpoint::new();
        let cache = Arc::new(rounds.runtime.block_on(Cache::new(&endpoint)));
        cache.expire();
        endpoint.set_answer(status, body);
        let (_, answers) = Rounds { runtime: rounds.runtime, endpoint: &endpoint }.round(|| {
            let cache = Arc::clone(&cache);
            async move { cache.token().await.is_err() }
        });
        assert!(answers.iter().all(|is_error| *is_error), "huskarl after {status}");
        assert_eq!(endpoint.requests(), requests, "requests of huskarl after {status}");
    }

    let cache = Arc::new(rounds.runtime.block_on(Cache::new(rounds.endpoint)));
    race.run("huskarl", &|count| {
        let ask = || {
            let cache = Arc::clone(&cache);
            async move { cache.token().await.expect("a token") }
        };
        rounds.run(count, || cache.expire(), ask)
    });
}

const NONE: &str = "renews no token by itself";
const ROWS: [Row; 1] = [Row {
    work: "token renewed once for 10,000 tasks that wait",
    parameter: "",
    targets: &[Target { of: "limit", at_most: 1.5 }],
    lacks: &[
        Lack {
            who: "limit",
            what: "stores nothing, loses the request with the task that makes it",
        },
        Lack { who: "oauth2", what: NONE },
        Lack { who: "openidconnect", what: NONE },
        Lack {
            who: "huskarl",
            what: "lets one after the other ask again, 10,000 requests, while the provider is down",
        },
    ],
}];

fn main() {
    run("single_flight", &ROWS, single_flight);
}
