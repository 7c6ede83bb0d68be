//! One of the people: what they do next, what they know, and what they complain of.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use hallpass_testkit::Browser;
use tokio::{sync::watch, time::sleep};

use crate::{
    chance::Chance,
    judge::Reason,
    ledger::{Attempt, Kind, Outcome},
    login::Way,
    visitor::{PATIENCE, Reply, Visitor},
    world::{World, user},
};

/// From a first refusal until the same is done, at most: a lease of a process that was killed ends
/// after 90 s, and another of one that comes after it.
const RECOVERY: Duration = Duration::from_secs(240);
/// What somebody broke themselves may still be under way.
const MISCHIEF: Duration = Duration::from_secs(15);

/// Whether somebody is signed in, as far as they were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    In,
    Out,
    /// The answer did not come, or says that nobody knows.
    Unknown,
}

pub(crate) struct Person {
    pub(crate) world: Arc<World>,
    pub(crate) id: String,
    pub(crate) name: String,
    /// Somebody else.
    pub(crate) other: String,
    pub(crate) visitor: Arc<Visitor>,
    pub(crate) browser: Arc<Browser>,
    pub(crate) chance: Chance,
    pub(crate) standing: Standing,
    /// When the grant was last known to be good.
    pub(crate) granted: Instant,
    pub(crate) needs_login: bool,
    /// When a logout was left before its end.
    pub(crate) mischief: Option<Instant>,
    /// What was refused since, and not done yet.
    owed: BTreeMap<Kind, Instant>,
}

impl Person {
    pub(crate) fn new(
        world: &Arc<World>,
        browser: &Arc<Browser>,
        seed: u64,
        (number, of): (usize, usize),
    ) -> Self {
        let (id, name) = user(number);
        Self {
            world: Arc::clone(world),
            id,
            name,
            other: user((number + 1) % of).1,
            visitor: Arc::default(),
            browser: Arc::clone(browser),
            chance: Chance::of(seed, 1 + number as u64),
            standing: Standing::Out,
            granted: Instant::now(),
            needs_login: false,
            mischief: None,
            owed: BTreeMap::new(),
        }
    }

    /// Until told to come to an end; then everything once, in peace.
    pub(crate) async fn live(mut self, is_over: watch::Receiver<bool>) {
        while !*is_over.borrow() {
            let pause = self.chance.millis(50, 450);
            sleep(pause).await;
            self.act().await;
        }
        self.settle().await;
    }

    async fn act(&mut self) {
        if self.standing == Standing::Unknown {
            return self.page().await;
        }
        if self.standing == Standing::Out || self.needs_login {
            let way = match self.chance.below(12) {
                0 => Way::Refused,
                1 => Way::Twice,
                2 => Way::Left,
                3 => return self.foreign().await,
                _ => Way::Plain,
            };
            return self.login(way).await;
        }
        if let Some(&kind) = self.owed.keys().next() {
            return self.again(kind).await;
        }
        match self.chance.below(40) {
            0..=11 => self.page().await,
            12..=23 => self.calls(Kind::Api, 1).await,
            24..=28 => self.calls(Kind::Api, 6).await,
            29..=31 => self.calls(Kind::Refresh, 1).await,
            32 => self.calls(Kind::Refresh, 4).await,
            33..=34 => self.left().await,
            35 => self.foreign().await,
            36 => self.login(Way::Plain).await,
            37 => self.login(Way::Twice).await,
            38 => self.logout(false).await,
            _ => {
                let is_left = self.chance.one_in(3);
                self.logout(is_left).await;
            }
        }
    }

    async fn again(&mut self, kind: Kind) {
        match kind {
            Kind::Login => self.login(Way::Plain).await,
            Kind::Api | Kind::Refresh => self.calls(kind, 1).await,
            Kind::Logout => self.logout(false).await,
            _ => self.page().await,
        }
    }

    /// Whatever came before: each must succeed now.
    async fn settle(&mut self) {
        let began = Instant::now();
        let mut left = vec![Kind::Logout, Kind::Refresh, Kind::Api, Kind::Page];
        while let Some(&kind) = left.last() {
            if began.elapsed() > RECOVERY {
                return self.complain(&format!("does not get through at the end: {kind:?}"));
            }
            let before = self.world.ledger.successes(kind);
            if self.standing == Standing::Unknown {
                self.page().await;
            } else if self.standing == Standing::Out
                || self.needs_login
                || self.owed.contains_key(&Kind::Login)
            {
                self.login(Way::Plain).await;
            } else {
                self.again(kind).await;
                if !self.owed.contains_key(&kind) && self.world.ledger.successes(kind) > before {
                    left.pop();
                }
            }
            sleep(Duration::from_millis(50)).await;
        }
        let owed: Vec<_> = self.owed.keys().map(|kind| kind.as_str()).collect();
        if !owed.is_empty() {
            self.complain(&format!("never got through again: {}", owed.join(", ")));
        }
    }
}

/// What they keep account of.
impl Person {
    pub(crate) fn begin(&self, kind: Kind) -> Attempt {
        self.world.ledger.begin(kind)
    }

    pub(crate) fn complain(&self, what: &str) {
        self.world.ledger.broken(&format!("{}: {what}", self.name));
    }

    /// One of the two instances.
    pub(crate) fn place(&mut self) -> String {
        let [steady, other] = self.world.instances();
        if self.chance.one_in(2) { steady } else { other }
    }

    pub(crate) fn succeed(&mut self, attempt: Attempt) {
        if let Some(since) = self.owed.remove(&attempt.kind()) {
            self.world.ledger.recovered(since.elapsed());
        }
        attempt.end(Outcome::Succeeded);
    }

    /// Refused, and that is a fault unless something was wrong.
    pub(crate) fn refuse(&mut self, attempt: Attempt, reason: Reason) {
        if reason.ends_the_grant() {
            self.needs_login = true;
        }
        if !self.is_excused(reason, attempt.begin) {
            let (kind, reason) = (attempt.kind().as_str(), reason.as_str());
            self.complain(&format!("{kind} is refused for no reason: {reason}"));
        }
        let since = *self.owed.entry(attempt.kind()).or_insert(attempt.begin);
        if since.elapsed() > RECOVERY {
            let kind = attempt.kind().as_str();
            self.complain(&format!("is still kept from it after {RECOVERY:?}: {kind}"));
        }
        attempt.end(Outcome::Refused(reason.as_str()));
    }

    /// Whether something was wrong that explains it.
    pub(crate) fn is_excused(&self, reason: Reason, begin: Instant) -> bool {
        let from = if reason.ends_the_grant() { self.granted } else { begin };
        let felt = reason.felt() * self.world.leniency;
        self.world.weather.was_bad(reason.causes(), (from, Instant::now()), felt)
            || (reason.ends_the_grant() && self.is_mischievous())
    }

    fn is_mischievous(&self) -> bool {
        self.mischief.is_some_and(|at| at.elapsed() < MISCHIEF * self.world.leniency)
    }

    /// The answer, or why there is none.
    pub(crate) fn answered(
        &self,
        reply: Reply,
    ) -> Result<hallpass_tests::http::Response<String>, Reason> {
        match reply {
            Reply::Answer(answer) => Ok(answer),
            Reply::Nobody => Err(Reason::Unanswered),
            Reply::TooLate => {
                self.complain(&format!("has waited for {PATIENCE:?}"));
                Err(Reason::Unanswered)
            }
        }
    }

    /// The application says that nobody is signed in.
    pub(crate) fn is_nobody(&mut self) {
        if self.standing == Standing::In && !self.is_mischievous() {
            self.complain("was signed in, and is not any more");
        }
        self.stands(Standing::Out);
    }

    pub(crate) fn stands(&mut self, standing: Standing) {
        self.standing = standing;
        if standing == Standing::Out {
            self.owed.remove(&Kind::Logout);
        }
    }
}
