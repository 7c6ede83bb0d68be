//! How long nothing is fetched.

use std::time::{Duration, SystemTime};

/// Where there is no document yet, the longest wait between two fetches that fail.
pub(super) const LONGEST_OUTAGE_WAIT: Duration = Duration::from_secs(30);

/// A source that has given nothing yet. A second try may come at once, as after any fault; past
/// that each failure doubles the wait, so that a provider that is down is not asked by each login.
///
/// Whose call it was makes no difference: whoever may send us a logout token may begin a login too.
pub(super) struct Outage {
    failures: u32,
    not_before: SystemTime,
}

impl Outage {
    pub(super) fn new() -> Self {
        Self { failures: 0, not_before: SystemTime::UNIX_EPOCH }
    }

    /// From the end of the fetch: one that hangs would outlive its wait.
    pub(super) fn add(&mut self, end: SystemTime, longest: Duration) {
        self.failures = self.failures.saturating_add(1);
        let wait = match self.failures {
            0 | 1 => Duration::ZERO,
            // 1 s, 2 s, 4 s …
            more => Duration::from_secs(1 << (more - 2).min(5)).min(longest),
        };
        // check: 58 => self.not_before = end;
        self.not_before = end + wait;
    }

    pub(super) fn is_waiting(&self, now: SystemTime) -> bool {
        // A clock that was put back does not make the wait longer.
        now < self.not_before && self.not_before <= now + LONGEST_OUTAGE_WAIT
    }
}

/// What strangers make us begin: once in a cool-down, and once more where the first was dropped;
/// that one more begins the cool-down anew.
pub(super) struct Attempts {
    cool_until: SystemTime,
    interruption: Interruption,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self { cool_until: SystemTime::UNIX_EPOCH, interruption: Interruption::None }
    }

    /// Whether one may be sent; if so, the cool-down begins, before anything is sent.
    pub(super) fn begin(&mut self, now: SystemTime, cool_down: Duration) -> bool {
        // A clock that was put back does not make the wait longer.
        let is_cooling = now < self.cool_until && self.cool_until <= now + cool_down;
        if !is_cooling {
            (self.cool_until, self.interruption) = (now + cool_down, Interruption::None);
            return true;
        }
        let is_open = self.interruption == Interruption::Open;
        if is_open {
            (self.cool_until, self.interruption) = (now + cool_down, Interruption::Used);
        }
        is_open
    }

    /// What was begun last was dropped.
    pub(super) fn interrupt(&mut self) {
        if self.interruption == Interruption::None {
            self.interruption = Interruption::Open;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Interruption {
    None,
    Open,
    Used,
}
