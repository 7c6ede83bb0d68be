//! What criterion measures here: the processor time of the thread that works, not the time that
//! passes. Two cores have other things to do, and the endpoint on loopback has a thread of its own.

use std::time::Duration;

use criterion::{
    Criterion, Throughput,
    measurement::{Measurement, ValueFormatter, WallTime},
};
use rustix::time::{ClockId, clock_gettime};

use crate::{Report, Row};

/// Processor time of the calling thread. What is measured must run on it: in a runtime of one
/// thread, and not on another one that it wakes.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThreadTime;

impl ThreadTime {
    /// What the calling thread has had so far.
    #[must_use]
    pub fn now() -> Duration {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        // Neither is negative: the clock begins with the thread.
        Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or_default())
    }
}

impl Measurement for ThreadTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        Self::now()
    }

    fn end(&self, start: Duration) -> Duration {
        Self::now().saturating_sub(start)
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &Nanoseconds
    }
}

/// Nanoseconds, in whatever unit reads well; criterion's own formatter is not public.
struct Nanoseconds;

impl ValueFormatter for Nanoseconds {
    fn scale_values(&self, typical: f64, values: &mut [f64]) -> &'static str {
        let (factor, unit) = match typical {
            typical if typical < 1e3 => (1.0, "ns"),
            typical if typical < 1e6 => (1e-3, "µs"),
            typical if typical < 1e9 => (1e-6, "ms"),
            _ => (1e-9, "s"),
        };
        values.iter_mut().for_each(|value| *value *= factor);
        unit
    }

    fn scale_throughputs(
        &self,
        _: f64,
        throughput: &Throughput,
        values: &mut [f64],
    ) -> &'static str {
        let (count, unit) = match throughput {
            Throughput::Elements(count) => (*count, "elements/s"),
            Throughput::Bytes(count) | Throughput::BytesDecimal(count) => (*count, "bytes/s"),
            _ => (1, "runs/s"),
        };
        values.iter_mut().for_each(|value| *value = count as f64 * 1e9 / *value);
        unit
    }

    fn scale_for_machines(&self, _: &mut [f64]) -> &'static str {
        "ns"
    }
}

/// A whole program: one group on [`ThreadTime`], with what the command line says, then its report.
pub fn run(group: &'static str, rows: &[Row], work: fn(&mut Criterion<ThreadTime>, &Report)) {
    let report = Report::begin(group);
    let mut criterion = Criterion::default()
        .with_measurement(ThreadTime)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    work(&mut criterion, &report);
    criterion.final_summary();
    report.finish(rows);
}

#[cfg(test)]
mod tests {
    use std::{hint::black_box, thread};

    use super::ThreadTime;

    #[test]
    fn work_of_another_thread_is_not_counted() {
        let work = || black_box((0..5_000_000_u64).fold(0_u64, |sum, n| black_box(sum ^ n)));
        let before = ThreadTime::now();
        work();
        let mine = ThreadTime::now().saturating_sub(before);
        let before = ThreadTime::now();
        thread::spawn(work).join().expect("the other thread");
        let waiting = ThreadTime::now().saturating_sub(before);
        assert!(waiting < mine, "{waiting:?} beside {mine:?}");
    }
}
