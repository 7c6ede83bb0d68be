//! Contenders at the same work, turn by turn.

use std::{future::Future, hint::black_box, time::Duration};

use criterion::{BenchmarkGroup, BenchmarkId};
use tokio::runtime::Runtime;

use crate::{Report, ThreadTime};

/// How long so many calls take.
pub type Batch<'a> = &'a dyn Fn(u64) -> Duration;

/// A sample takes 20 ms.
const SHORTEST: Duration = Duration::from_millis(5);

/// One row: hallpass, and whoever is measured beside it.
///
/// Within one run the machine drifts by more than contenders differ, so that hallpass is measured
/// again beside each of them, now before it and now after; the row's ratio is the median of those.
pub struct Race<'a, 'c> {
    group: &'a mut BenchmarkGroup<'c, ThreadTime>,
    report: &'a Report,
    parameter: &'a str,
    ours: Batch<'a>,
}

impl<'a, 'c> Race<'a, 'c> {
    /// Measures hallpass at the row of this parameter; `""` for a group of one row.
    pub fn new(
        group: &'a mut BenchmarkGroup<'c, ThreadTime>,
        report: &'a Report,
        parameter: &'a str,
        ours: Batch<'a>,
    ) -> Self {
        group.bench_function(id("hallpass", parameter), |b| b.iter_custom(ours));
        Self { group, report, parameter, ours }
    }

    /// Measures another contender, and hallpass beside it.
    pub fn run(&mut self, who: &str, theirs: Batch<'_>) {
        let mut is_first = false;
        self.group.bench_function(id(who, self.parameter), |b| {
            b.iter_custom(|count| {
                is_first = !is_first;
                let before = is_first.then(|| (self.ours)(count));
                let theirs = theirs(count);
                let ours = before.unwrap_or_else(|| (self.ours)(count));
                // Not the few calls that criterion warms up with.
                if theirs >= SHORTEST {
                    self.report.pair(who, self.parameter, ours, theirs);
                }
                theirs
            });
        });
    }
}

impl std::fmt::Debug for Race<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Race").field("parameter", &self.parameter).finish_non_exhaustive()
    }
}

fn id(who: &str, parameter: &str) -> BenchmarkId {
    match parameter {
        "" => BenchmarkId::from_parameter(who),
        parameter => BenchmarkId::new(who, parameter),
    }
}

/// How long `count` calls take, with what becomes of their results.
pub fn calls<T>(count: u64, mut call: impl FnMut() -> T) -> Duration {
    let began = ThreadTime::now();
    for _ in 0..count {
        black_box(call());
    }
    ThreadTime::now().saturating_sub(began)
}

/// The same for calls that wait, one after the other.
pub fn waits<F: Future>(runtime: &Runtime, count: u64, mut call: impl FnMut() -> F) -> Duration {
    let began = ThreadTime::now();
    runtime.block_on(async {
        for _ in 0..count {
            black_box(call().await);
        }
    });
    ThreadTime::now().saturating_sub(began)
}
