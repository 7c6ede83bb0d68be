//! What was wrong, and when: a refusal is in order where something was, and nowhere else.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// The provider was away, or answered wrongly.
    Provider,
    /// A grant may have been lost at the provider, or on the way from it.
    Grant,
    /// Redis was away.
    Redis,
    /// An instance of the router was.
    Router,
}

/// All that was wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Weather(Mutex<Vec<Spell>>);

#[derive(Debug)]
struct Spell {
    cause: Cause,
    begin: Instant,
    end: Option<Instant>,
}

impl Weather {
    /// From now on these are wrong; gives back what [`ends`](Self::ends) takes.
    pub(crate) fn begins(&self, causes: &[Cause], now: Instant) -> Vec<usize> {
        let mut spells = self.spells();
        let begun = causes.iter().map(|&cause| {
            spells.push(Spell { cause, begin: now, end: None });
            spells.len() - 1
        });
        begun.collect()
    }

    pub(crate) fn ends(&self, begun: &[usize], now: Instant) {
        let mut spells = self.spells();
        for &at in begun {
            if let Some(spell) = spells.get_mut(at) {
                spell.end = Some(now);
            }
        }
    }

    /// Whether one of these was wrong between `from` and `to`, or so shortly before that it may
    /// still be felt.
    pub(crate) fn was_bad(
        &self,
        causes: &[Cause],
        (from, to): (Instant, Instant),
        felt: Duration,
    ) -> bool {
        self.spells().iter().any(|spell| {
            let is_felt = spell.end.is_none_or(|end| end + felt >= from);
            causes.contains(&spell.cause) && spell.begin <= to && is_felt
        })
    }

    fn spells(&self) -> MutexGuard<'_, Vec<Spell>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_counts_while_it_lasts_and_as_long_as_it_is_felt() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let weather = Weather::default();
        let begun = weather.begins(&[Cause::Redis], at(10));
        let was_bad = |causes: &[Cause], from, to| {
            weather.was_bad(causes, (at(from), at(to)), Duration::from_secs(3))
        };
        assert!(!was_bad(&[Cause::Redis], 1, 9), "not yet");
        assert!(was_bad(&[Cause::Redis], 1, 10));
        assert!(was_bad(&[Cause::Redis], 90, 99), "it is not over");
        assert!(!was_bad(&[Cause::Provider, Cause::Router], 1, 99));
        weather.ends(&begun, at(20));
        assert!(was_bad(&[Cause::Provider, Cause::Redis], 23, 99));
        assert!(!was_bad(&[Cause::Redis], 24, 99), "it is over");
    }
}
