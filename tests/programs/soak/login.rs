//! A login: to the provider and back, as browsers do it, and as they should not.

use std::{sync::Arc, time::Duration};

use hallpass_testkit::User;
use tokio::time::timeout;

use crate::{
    judge::{Reason, login_refused},
    ledger::{Attempt, Kind, Outcome},
    person::{Person, Standing},
    visitor::{Reply, Visitor, location},
};

/// How somebody goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Plain,
    /// Says no to the provider.
    Refused,
    /// Delivers the callback twice at once.
    Twice,
    /// Goes away while the callback is under way.
    Left,
}

/// What a callback came back with.
#[derive(Debug, Clone, Copy)]
enum Back {
    SignedIn,
    Refused(Reason),
}

impl Person {
    pub(crate) async fn login(&mut self, way: Way) {
        let attempt = self.begin(Kind::Login);
        let user = match way {
            Way::Refused => User::deny(),
            _ => User::named(self.name.clone()),
        };
        let visitor = Arc::clone(&self.visitor);
        let callback = match self.callback(&visitor, user).await {
            Ok(callback) => callback,
            Err(reason) => return self.refuse(attempt, reason),
        };
        match way {
            Way::Plain | Way::Refused => {
                let reply = visitor.get(&callback).await;
                match self.back(reply) {
                    Back::Refused(Reason::SaidNo) if way == Way::Refused => {
                        attempt.end(Outcome::Refused("the user said no"));
                    }
                    Back::SignedIn if way == Way::Refused => {
                        self.complain("said no, and is signed in");
                        self.came_back(attempt, Back::SignedIn);
                    }
                    back => self.came_back(attempt, back),
                }
            }
            Way::Twice => self.twice(attempt, &callback).await,
            Way::Left => {
                let soon = self.chance.millis(0, 25);
                match timeout(soon, visitor.get(&callback)).await {
                    Ok(reply) => {
                        let back = self.back(reply);
                        self.came_back(attempt, back);
                    }
                    Err(_) => {
                        self.stands(Standing::Unknown);
                        attempt.end(Outcome::Left);
                    }
                }
            }
        }
    }

    /// Both at once: one signs in, and the other one is told that this was finished already.
    async fn twice(&mut self, attempt: Attempt, callback: &str) {
        let second = self.begin(Kind::SecondCallback);
        let visitor = Arc::clone(&self.visitor);
        let (one, two) = tokio::join!(visitor.get(callback), visitor.get(callback));
        match (self.back(one), self.back(two)) {
            (Back::SignedIn, Back::SignedIn) => {
                self.complain("one callback has signed in twice");
                second.end(Outcome::Succeeded);
                self.came_back(attempt, Back::SignedIn);
            }
            (Back::SignedIn, Back::Refused(reason)) | (Back::Refused(reason), Back::SignedIn) => {
                if reason != Reason::NotBegunHere && !self.is_excused(reason, attempt.begin) {
                    self.complain(&format!("a second callback: {}", reason.as_str()));
                }
                second.end(Outcome::Refused(reason.as_str()));
                self.came_back(attempt, Back::SignedIn);
            }
            (Back::Refused(one), Back::Refused(two)) => {
                // Why the login itself failed is said by the one that used the attempt up.
                let is_second = |reason| reason == Reason::NotBegunHere;
                let (first, other) = if is_second(one) { (two, one) } else { (one, two) };
                second.end(Outcome::Refused(other.as_str()));
                self.came_back(attempt, Back::Refused(first));
            }
        }
    }

    /// Somebody else's login, as a link that they sent: this browser has not begun it.
    pub(crate) async fn foreign(&mut self) {
        let attempt = self.begin(Kind::ForeignCallback);
        let sender = Visitor::default();
        let user = User::named(self.other.clone());
        let callback = match self.callback(&sender, user).await {
            Ok(callback) => callback,
            Err(reason) => return self.refuse_once(attempt, reason),
        };
        let before = self.visitor.session();
        let reply = self.visitor.get(&callback).await;
        if self.visitor.session() != before {
            self.complain("somebody else's callback has changed the session");
        }
        match self.answered(reply).map(|answer| answer.status().as_u16()) {
            Ok(400) => attempt.end(Outcome::Refused(Reason::NotBegunHere.as_str())),
            Ok(status) => match login_refused(status) {
                Some(reason) => self.refuse_once(attempt, reason),
                None => {
                    self.complain(&format!("somebody else's callback is answered {status}"));
                    attempt.end(Outcome::Succeeded);
                }
            },
            Err(reason) => self.refuse_once(attempt, reason),
        }
    }

    /// As [`refuse`](Self::refuse), for what nobody needs to get through with.
    pub(crate) fn refuse_once(&mut self, attempt: Attempt, reason: Reason) {
        if !self.is_excused(reason, attempt.begin) {
            let (kind, reason) = (attempt.kind().as_str(), reason.as_str());
            self.complain(&format!("{kind}: {reason}, for no reason"));
        }
        attempt.end(Outcome::Refused(reason.as_str()));
    }

    /// Begins a login, signs in at the provider, and says where the browser is sent back to: at one
    /// of the two instances.
    async fn callback(&mut self, visitor: &Visitor, user: User) -> Result<String, Reason> {
        let (begin, end) = (self.place(), self.place());
        let answer = self.answered(visitor.get(&format!("{begin}/login/local")).await)?;
        let status = answer.status().as_u16();
        if status != 303 {
            return Err(login_refused(status).unwrap_or_else(|| {
                self.complain(&format!("a login begins with {status}"));
                Reason::Ours
            }));
        }
        let signing_in = self.browser.sign_in(location(&answer), user);
        // The provider may go away without a word.
        let landing = timeout(Duration::from_secs(20), signing_in).await;
        let landing = landing.map_err(|_| Reason::ProviderPage)?;
        let landing = landing.map_err(|_| Reason::ProviderPage)?;
        Ok(landing.url().replacen(&self.world.base(), &end, 1))
    }

    fn back(&self, reply: Reply) -> Back {
        let answer = match self.answered(reply) {
            Ok(answer) => answer,
            Err(reason) => return Back::Refused(reason),
        };
        match answer.status().as_u16() {
            303 => Back::SignedIn,
            status => Back::Refused(login_refused(status).unwrap_or_else(|| {
                self.complain(&format!("a callback is answered {status}"));
                Reason::Ours
            })),
        }
    }

    fn came_back(&mut self, attempt: Attempt, back: Back) {
        match back {
            Back::SignedIn => {
                self.stands(Standing::In);
                self.needs_login = false;
                self.granted = attempt.begin;
                self.succeed(attempt);
            }
            Back::Refused(reason) => {
                // Whether the session was written before that, nobody knows.
                if matches!(reason, Reason::Ours | Reason::Unanswered) {
                    self.stands(Standing::Unknown);
                }
                self.refuse(attempt, reason);
            }
        }
    }
}
