//! Every attempt, and what became of it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// All of it: to the provider and back.
    Login,
    /// The callback of a login once more, at the same time.
    SecondCallback,
    /// The callback of somebody else's login.
    ForeignCallback,
    Page,
    Api,
    Refresh,
    Logout,
    /// With the cookie of a session that is over.
    OldCookie,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::SecondCallback => "callback, once more",
            Self::ForeignCallback => "callback of another",
            Self::Page => "page",
            Self::Api => "call of the API",
            Self::Refresh => "forced refresh",
            Self::Logout => "logout",
            Self::OldCookie => "cookie of a session that is over",
        }
    }
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Succeeded,
    /// By hallpass or the provider, as it should be, with the reason.
    Refused(&'static str),
    /// By the browser, which did not wait for the answer.
    Left,
    /// Nobody says.
    Lost,
}

/// What is counted; the attempts that are under way are its clones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    begun: BTreeMap<Kind, u64>,
    ended: BTreeMap<(Kind, Outcome), u64>,
    slowest: Duration,
    longest_trouble: Duration,
    broken: u64,
}

/// More are counted, and of no use to anybody.
const MOST_TOLD: u64 = 20;

/// One that is under way. Dropping it is what loses it.
#[derive(Debug)]
#[must_use]
pub(crate) struct Attempt {
    ledger: Ledger,
    kind: Kind,
    pub(crate) begin: Instant,
    is_ended: bool,
}

impl Ledger {
    pub(crate) fn begin(&self, kind: Kind) -> Attempt {
        *self.counts().begun.entry(kind).or_default() += 1;
        Attempt { ledger: self.clone(), kind, begin: Instant::now(), is_ended: false }
    }

    /// A promise that was not kept. It is told at once, and nowhere else.
    pub(crate) fn broken(&self, what: &str) {
        let mut counts = self.counts();
        counts.broken += 1;
        if counts.broken <= MOST_TOLD {
            eprintln!("BROKEN {what}");
        }
    }

    /// Somebody gets through again, so long after the first refusal.
    pub(crate) fn recovered(&self, after: Duration) {
        let mut counts = self.counts();
        counts.longest_trouble = counts.longest_trouble.max(after);
    }

    /// All that is not as promised: what was lost, and how much was told before.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let counts = self.counts();
        let mut complaints = Vec::new();
        match counts.broken {
            0 => {}
            all @ 1..=MOST_TOLD => complaints.push(format!("promises: {all}, told above")),
            all => complaints.push(format!("promises: {all}, the first {MOST_TOLD} told above")),
        }
        for (&kind, &begun) in &counts.begun {
            let of_kind = counts.ended.iter().filter(|((of, _), _)| *of == kind);
            let ended = of_kind.filter(|((_, outcome), _)| *outcome != Outcome::Lost);
            let ended: u64 = ended.map(|(_, count)| count).sum();
            if ended != begun {
                let kind = kind.as_str();
                complaints.push(format!("{kind}: {begun} attempts, of which {ended} are known"));
            }
        }
        complaints
    }

    /// How many attempts of this kind succeeded.
    pub(crate) fn successes(&self, kind: Kind) -> u64 {
        self.counts().ended.get(&(kind, Outcome::Succeeded)).copied().unwrap_or_default()
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn end(mut self, outcome: Outcome) {
        self.is_ended = true;
        let mut counts = self.ledger.counts();
        *counts.ended.entry((self.kind, outcome)).or_default() += 1;
        counts.slowest = counts.slowest.max(self.begin.elapsed());
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.is_ended {
            *self.ledger.counts().ended.entry((self.kind, Outcome::Lost)).or_default() += 1;
        }
    }
}

/// A table: kinds, and below each what became of its attempts.
impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts();
        let mut totals = BTreeMap::<&str, u64>::new();
        for (&kind, &begun) in &counts.begun {
            writeln!(f, "{:<34}{begun:>9}", kind.as_str())?;
            for (&(of, outcome), &count) in counts.ended.iter().filter(|((of, _), _)| *of == kind) {
                let (sum, what) = match outcome {
                    Outcome::Succeeded => ("succeeded", "succeeded"),
                    Outcome::Refused(reason) => ("refused", reason),
                    Outcome::Left => ("left by the browser", "left by the browser"),
                    Outcome::Lost => ("lost", "LOST"),
                };
                debug_assert_eq!(of, kind);
                *totals.entry(sum).or_default() += count;
                writeln!(f, "  {what:<32}{count:>9}")?;
            }
        }
        let begun: u64 = counts.begun.values().sum();
        write!(f, "{begun} attempts:")?;
        for sum in ["succeeded", "refused", "left by the browser", "lost"] {
            write!(f, " {} {sum},", totals.get(sum).copied().unwrap_or_default())?;
        }
        let (slowest, trouble) = (counts.slowest.as_secs_f64(), counts.longest_trouble);
        write!(f, " slowest {slowest:.1} s, ")?;
        writeln!(f, "longest until through again {:.1} s", trouble.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_is_accounted_for() {
        let ledger = Ledger::default();
        ledger.begin(Kind::Page).end(Outcome::Succeeded);
        ledger.begin(Kind::Page).end(Outcome::Refused("Redis is away"));
        ledger.begin(Kind::Api).end(Outcome::Left);
        assert_eq!(ledger.complaints(), [""; 0]);
        assert_eq!((ledger.successes(Kind::Page), ledger.successes(Kind::Api)), (1, 0));
        let said = ledger.to_string();
        let sums = "3 attempts: 1 succeeded, 1 refused, 1 left by the browser, 0 lost,";
        assert!(said.contains("  Redis is away") && said.contains(sums), "{said}");
    }

    #[test]
    fn one_that_is_dropped_or_still_under_way_is_lost() {
        let ledger = Ledger::default();
        drop(ledger.begin(Kind::Login));
        let waiting = ledger.begin(Kind::Api);
        let lost = ["login: 1 attempts, of which 0 are known"];
        let open = ["call of the API: 1 attempts, of which 0 are known"];
        assert_eq!(ledger.complaints(), [lost, open].concat());
        waiting.end(Outcome::Succeeded);
        assert_eq!(ledger.complaints(), lost);
        assert!(ledger.to_string().contains(" 1 lost"));
    }

    #[test]
    fn broken_promises_are_a_complaint_that_counts_them_all() {
        let ledger = Ledger::default();
        ledger.broken("ada is taken for ben");
        assert_eq!(ledger.complaints(), ["promises: 1, told above"]);
        (0..MOST_TOLD).for_each(|_| ledger.broken("ben is taken for ada"));
        assert_eq!(ledger.complaints(), ["promises: 21, the first 20 told above"]);
    }
}
