//! What goes wrong, in which order: the seed says it, and nothing that happens meanwhile.

use std::time::Duration;

use hallpass_testkit::Fault;

use crate::chance::Chance;

/// Something that goes wrong after a while of peace.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) calm: Duration,
    pub(crate) trouble: Trouble,
    /// How long it stays so.
    pub(crate) lasting: Duration,
    /// It comes even if the time is over by then.
    pub(crate) is_due: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// The provider answers, and wrongly.
    Ailing(Vec<Ailment>),
    /// The provider goes, and remembers nobody when it is back.
    Provider,
    /// Killed, and started with its file.
    Redis,
    /// One instance of two: killed, and started.
    Router,
    /// All three at once.
    Everything,
}

/// One endpoint of the provider, a few times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ailment {
    on: &'static str,
    how: How,
    /// What was asked for happens; the answer alone is wrong.
    is_carried_out: bool,
    times: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Status(u16),
    Busy,
    /// In time, and later than others.
    Slow,
    /// The client has given up by then.
    TooSlow,
    CutBeforeHeaders,
    CutInBody,
    Garbage,
    Flood,
}

impl Ailment {
    fn by(chance: &mut Chance) -> Self {
        let on = chance.pick("/token", &["/token", "/userinfo", "/api/me", "/api/me", "/revoke"]);
        let how = chance.pick(
            How::Status(500),
            &[
                How::Status(502),
                How::Status(503),
                How::Status(401),
                How::Busy,
                How::Slow,
                How::TooSlow,
                How::CutBeforeHeaders,
                How::CutInBody,
                How::Garbage,
                How::Flood,
            ],
        );
        // At the token endpoint this says that the client is not known, which is no passing fault.
        let how = if (on, how) == ("/token", How::Status(401)) { How::Status(503) } else { how };
        let times = 1 + u32::try_from(chance.below(6)).unwrap_or_default();
        Self { on, how, is_carried_out: chance.one_in(3), times }
    }

    /// For a client that waits so long for an answer.
    pub(crate) fn fault(self, limit: Duration) -> Fault {
        let fault = Fault::on(self.on).times(self.times);
        let fault = if self.is_carried_out { fault.carried_out() } else { fault };
        match self.how {
            How::Status(status) => fault.status(status),
            How::Busy => fault.status(429).retry_after(Duration::from_secs(1)),
            How::Slow => fault.delay(Duration::from_millis(700)),
            How::TooSlow => fault.delay(limit + Duration::from_secs(1)),
            How::CutBeforeHeaders => fault.cut_before_headers(),
            How::CutInBody => fault.cut_in_body(),
            How::Garbage => fault.body("text/html", "<h1>It works!</h1>"),
            How::Flood => fault.oversized(3 << 20),
        }
    }

    /// Whether somebody's grant may be lost by it: the code or the refresh token is spent, and
    /// nobody has what it was spent for; or the API says that a good token is none.
    pub(crate) fn costs_a_grant(self) -> bool {
        let is_lost = self.is_carried_out || matches!(self.how, How::CutInBody);
        (self.on == "/token" && is_lost && self.how != How::Slow) || self.how == How::Status(401)
    }
}

/// Without an end.
#[derive(Debug)]
pub(crate) struct Plan {
    chance: Chance,
    /// In milliseconds.
    calm: (u64, u64),
    lasting: (u64, u64),
    /// What has not been there yet: each kind comes once before chance decides.
    first: Vec<Trouble>,
}

impl Plan {
    /// A short one has troubles close together, so that each kind is in it.
    pub(crate) fn new(seed: u64, is_short: bool) -> Self {
        let mut chance = Chance::of(seed, 0);
        let ailing = Trouble::Ailing((0..4).map(|_| Ailment::by(&mut chance)).collect());
        let first = vec![Trouble::Everything, Trouble::Redis, ailing, Trouble::Router];
        let (calm, lasting) =
            if is_short { ((300, 1_500), (0, 900)) } else { ((4_000, 16_000), (0, 3_000)) };
        Self { chance, calm, lasting, first }
    }

    fn trouble(&mut self) -> Trouble {
        if let Some(first) = self.first.pop() {
            return first;
        }
        match self.chance.below(20) {
            0..=3 => Trouble::Router,
            4..=6 => Trouble::Redis,
            7..=8 => Trouble::Provider,
            9 => Trouble::Everything,
            _ => {
                let many = 1 + self.chance.below(4);
                Trouble::Ailing((0..many).map(|_| Ailment::by(&mut self.chance)).collect())
            }
        }
    }
}

impl Iterator for Plan {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let calm = self.chance.millis(self.calm.0, self.calm.1);
        let is_due = !self.first.is_empty();
        let trouble = self.trouble();
        let lasting = self.chance.millis(self.lasting.0, self.lasting.1);
        Some(Step { calm, trouble, lasting, is_due })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(seed: u64) -> String {
        Plan::new(seed, false).take(50).map(|step| format!("{step:?}\n")).collect()
    }

    #[test]
    fn a_seed_repeats_the_plan() {
        assert_eq!(planned(3), planned(3));
        assert_ne!(planned(3), planned(4));
    }

    #[test]
    fn each_kind_is_due_once_and_no_more() {
        let due: Vec<_> = Plan::new(1, true).take(50).map(|step| step.is_due).collect();
        assert!(due[..4].iter().all(|&it| it) && !due[4..].contains(&true), "{due:?}");
    }

    #[test]
    fn every_kind_of_trouble_comes_early_and_again() {
        let kinds = |steps: &mut dyn Iterator<Item = Step>| {
            let mut seen = [false; 4];
            for step in steps {
                match step.trouble {
                    Trouble::Router => seen[0] = true,
                    Trouble::Ailing(_) => seen[1] = true,
                    Trouble::Redis => seen[2] = true,
                    Trouble::Everything => seen[3] = true,
                    Trouble::Provider => {}
                }
            }
            seen
        };
        assert_eq!(kinds(&mut Plan::new(1, true).take(4)), [true; 4]);
        assert_eq!(kinds(&mut Plan::new(1, true).skip(4).take(100)), [true; 4]);
    }
}
