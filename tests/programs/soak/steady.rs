//! Memory and descriptors of a process that must not grow.

use std::fs;

/// Of the growth from one quarter to another: a part of what there was, and a little that is noise.
const MOST_MEMORY: (f64, f64) = (0.05, 1.0);
/// Connections come and go.
const MOST_DESCRIPTORS: f64 = 8.0;
/// Fewer say nothing.
const FEWEST: usize = 16;

/// What a process has at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    /// Resident, in MiB.
    pub(crate) memory: f64,
    pub(crate) descriptors: f64,
}

impl Sample {
    /// From Linux's `/proc`; none where there is no such thing, or no such process.
    pub(crate) fn of(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: f64 = resident.trim().strip_suffix("kB")?.trim().parse().ok()?;
        let descriptors = fs::read_dir(format!("/proc/{process}/fd")).ok()?.count();
        Some(Self { memory: kib / 1024.0, descriptors: descriptors as f64 })
    }
}

/// The means of the four quarters of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quarters(pub(crate) [Sample; 4]);

impl Quarters {
    pub(crate) fn of(samples: &[Sample]) -> Option<Self> {
        if samples.len() < FEWEST {
            return None;
        }
        let length = samples.len() / 4;
        // What does not divide by four is warm-up too.
        let late = &samples[samples.len() - 4 * length..];
        Some(Self([0, 1, 2, 3].map(|quarter| mean(&late[quarter * length..][..length]))))
    }

    /// What grew: the last quarter beside the second. The first is the warm-up.
    pub(crate) fn growth(&self) -> Vec<String> {
        let [_, second, _, last] = self.0;
        let mut growth = Vec::new();
        let most = second.memory * (1.0 + MOST_MEMORY.0) + MOST_MEMORY.1;
        if last.memory > most {
            growth.push(format!(
                "memory grew from {:.1} to {:.1} MiB, past {most:.1}",
                second.memory, last.memory
            ));
        }
        let most = second.descriptors + MOST_DESCRIPTORS;
        if last.descriptors > most {
            growth.push(format!(
                "descriptors grew from {:.1} to {:.1}, past {most:.1}",
                second.descriptors, last.descriptors
            ));
        }
        growth
    }
}

fn mean(samples: &[Sample]) -> Sample {
    let count = samples.len().max(1) as f64;
    let of = |value: fn(&Sample) -> f64| samples.iter().map(value).sum::<f64>() / count;
    Sample { memory: of(|it| it.memory), descriptors: of(|it| it.descriptors) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sample: impl Fn(usize) -> (f64, f64), want: &[&str]) {
        let samples: Vec<_> = (0..402)
            .map(sample)
            .map(|(memory, descriptors)| Sample { memory, descriptors })
            .collect();
        assert_eq!(Quarters::of(&samples).unwrap().growth(), want);
    }

    #[test]
    fn what_stays_within_bounds_is_flat_whatever_the_warm_up() {
        check(|_| (20.0, 30.0), &[]);
        check(|at| (if at < 100 { 1.0 } else { 20.0 }, at.min(100) as f64), &[]);
        check(|at| (if at < 302 { 20.0 } else { 22.0 }, if at < 302 { 30.0 } else { 38.0 }), &[]);
        check(|at| (400.0 - at as f64 / 2.0, 400.0 - at as f64), &[]);
    }

    #[test]
    fn what_grows_is_told() {
        let memory = "memory grew from 20.0 to 22.1 MiB, past 22.0";
        let descriptors = "descriptors grew from 30.0 to 39.0, past 38.0";
        check(|at| (if at < 302 { 20.0 } else { 22.1 }, 30.0), &[memory]);
        check(|at| (20.0, if at < 302 { 30.0 } else { 39.0 }), &[descriptors]);
        let steadily = "descriptors grew from 15.2 to 35.1, past 23.1";
        check(|at| (20.0, at as f64 / 10.0), &[steadily]);
    }

    #[test]
    fn too_few_say_nothing() {
        let sample = Sample { memory: 1.0, descriptors: 1.0 };
        assert_eq!(Quarters::of(&[sample; FEWEST - 1]), None);
        assert!(Quarters::of(&[sample; FEWEST]).is_some());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory_and_descriptors() {
        let sample = Sample::of(std::process::id()).unwrap();
        assert!(sample.memory > 0.5 && sample.descriptors >= 3.0, "{sample:?}");
        assert_eq!(Sample::of(u32::MAX), None);
    }
}
