//! What the command line says.

use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) lasting: Duration,
    pub(crate) seed: u64,
    pub(crate) users: usize,
}

/// For a round that shows that all of it works.
pub(crate) const SHORT: Duration = Duration::from_secs(20);

/// A week, in minutes.
const LONGEST: u64 = 7 * 24 * 60;

const USAGE: &str =
    "soak [--minutes N] [--seed N] [--users N]; at most 10080 minutes; 0 is one short round";

impl Options {
    pub(crate) fn read(arguments: &[String], seed: u64) -> Result<Self, String> {
        let mut options = Self { lasting: SHORT, seed, users: 12 };
        let mut rest = arguments.iter();
        while let Some(name) = rest.next() {
            let value = rest.next().and_then(|value| value.parse::<u64>().ok());
            match (name.as_str(), value) {
                ("--minutes", Some(0)) => options.lasting = SHORT,
                ("--minutes", Some(minutes @ 1..=LONGEST)) => {
                    options.lasting = Duration::from_secs(minutes * 60);
                }
                ("--seed", Some(seed)) => options.seed = seed,
                ("--users", Some(users @ 2..=100)) => options.users = users as usize,
                _ => return Err(USAGE.to_owned()),
            }
        }
        Ok(options)
    }

    pub(crate) fn is_short(&self) -> bool {
        self.lasting <= SHORT
    }

    /// For one answer of the provider. A short round runs with whatever else a machine does, and is
    /// not about how fast that is; a long one meets the limit often.
    pub(crate) fn provider_limit(&self) -> Duration {
        Duration::from_secs(if self.is_short() { 10 } else { 3 })
    }

    /// How many times as long as in a long round a trouble may be felt, for the same reason.
    pub(crate) fn leniency(&self) -> u32 {
        if self.is_short() { 3 } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, want: Option<(u64, u64, usize)>) {
        let arguments: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let read = Options::read(&arguments, 5);
        let read = read.map(|it| (it.lasting.as_secs(), it.seed, it.users)).ok();
        assert_eq!(read, want);
    }

    #[test]
    fn the_options_are_read_and_others_refused() {
        check("", Some((20, 5, 12)));
        check("--minutes 0 --seed 7", Some((20, 7, 12)));
        check("--minutes 30 --users 4", Some((1800, 5, 4)));
        check("--minutes 10080", Some((604_800, 5, 12)));
        check("--minutes 10081", None);
        check("--minutes 18446744073709551615", None);
        check("--minutes", None);
        check("--users 1", None);
        check("--fast 1", None);
    }
}
