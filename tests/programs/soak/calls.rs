//! What somebody does who is signed in: pages, calls of the provider's API, and the way out.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::timeout};

use crate::{
    judge::{Called, Reason, called, csrf},
    ledger::{Attempt, Kind, Outcome},
    person::{Person, Standing},
    visitor::{Reply, Visitor, location},
};

impl Person {
    /// The page that says who is there.
    pub(crate) async fn page(&mut self) {
        let attempt = self.begin(Kind::Page);
        let url = format!("{}/", self.place());
        let reply = self.visitor.get(&url).await;
        self.seen(attempt, reply);
    }

    fn seen(&mut self, attempt: Attempt, reply: Reply) {
        let answer = match self.answered(reply) {
            Ok(answer) => answer,
            Err(reason) => return self.refuse(attempt, reason),
        };
        match (answer.status().as_u16(), answer.body().as_str()) {
            (200, "nobody") => {
                self.is_nobody();
                self.succeed(attempt);
            }
            (200, id) => {
                if id != self.id {
                    self.complain(&format!("is taken for {id}"));
                } else if self.standing == Standing::Out {
                    self.complain("is signed in without a login");
                }
                self.stands(Standing::In);
                self.succeed(attempt);
            }
            (500, _) => self.refuse(attempt, Reason::Sessions),
            (status, _) => {
                self.complain(&format!("a page is answered {status}"));
                self.refuse(attempt, Reason::Sessions);
            }
        }
    }

    /// So many calls at once, at both instances: with a token that is perhaps over.
    pub(crate) async fn calls(&mut self, kind: Kind, many: usize) {
        let path = if kind == Kind::Refresh { "refresh" } else { "api" };
        let mut under_way = JoinSet::new();
        for _ in 0..many {
            let (url, visitor) = (format!("{}/{path}", self.place()), Arc::clone(&self.visitor));
            let attempt = self.begin(kind);
            under_way.spawn(async move { (attempt, visitor.get(&url).await) });
        }
        while let Some(Ok((attempt, reply))) = under_way.join_next().await {
            self.called(attempt, reply);
        }
    }

    fn called(&mut self, attempt: Attempt, reply: Reply) {
        let answer = match self.answered(reply) {
            Ok(answer) => answer,
            Err(reason) => return self.refuse(attempt, reason),
        };
        match called(&answer) {
            Called::By(id, user) => {
                if id != self.id || user != self.name {
                    self.complain(&format!("is {id} with the token of {user}"));
                }
                self.granted = self.granted.max(attempt.begin);
                self.succeed(attempt);
            }
            Called::Nobody => {
                self.is_nobody();
                attempt.end(Outcome::Refused("nobody is signed in"));
            }
            Called::Refused(reason) => self.refuse(attempt, reason),
            Called::Odd(answer) => {
                self.complain(&format!("a call is answered {answer}"));
                self.refuse(attempt, Reason::ProviderDown);
            }
        }
    }

    /// Asks for something, and does not wait for it.
    pub(crate) async fn left(&mut self) {
        let kind = self.chance.pick(Kind::Page, &[Kind::Api, Kind::Refresh]);
        let path = match kind {
            Kind::Api => "api",
            Kind::Refresh => "refresh",
            _ => "",
        };
        let url = format!("{}/{path}", self.place());
        let attempt = self.begin(kind);
        let soon = self.chance.millis(0, 15);
        let visitor = Arc::clone(&self.visitor);
        match timeout(soon, visitor.get(&url)).await {
            Err(_) => attempt.end(Outcome::Left),
            Ok(reply) if kind == Kind::Page => self.seen(attempt, reply),
            Ok(reply) => self.called(attempt, reply),
        }
    }

    pub(crate) async fn logout(&mut self, is_left: bool) {
        let attempt = self.begin(Kind::Logout);
        let before = self.visitor.session();
        let url = format!("{}/logout", self.place());
        let asked = self.visitor.get(&url).await;
        let page = match self.answered(asked) {
            Ok(page) => page,
            Err(reason) => return self.refuse(attempt, reason),
        };
        let Some(word) = csrf(page.body()) else {
            return match page.status().as_u16() {
                303 => {
                    self.is_nobody();
                    attempt.end(Outcome::Refused("nobody is signed in"));
                }
                500 => self.refuse(attempt, Reason::Sessions),
                status => {
                    self.complain(&format!("a logout begins with {status}"));
                    self.refuse(attempt, Reason::Sessions);
                }
            };
        };
        let url = format!("{}/logout", self.place());
        let patience =
            if is_left { self.chance.millis(0, 15) } else { Duration::from_secs(1_000_000) };
        let visitor = Arc::clone(&self.visitor);
        match timeout(patience, visitor.post(&url, format!("csrf={word}"))).await {
            Ok(reply) => self.left_for_good(attempt, reply, before).await,
            Err(_) => {
                self.has_made_mischief();
                self.stands(Standing::Unknown);
                attempt.end(Outcome::Left);
            }
        }
    }

    async fn left_for_good(&mut self, attempt: Attempt, reply: Reply, before: Option<String>) {
        let answer = match self.answered(reply) {
            Ok(answer) => answer,
            Err(reason) => {
                self.has_made_mischief();
                self.stands(Standing::Unknown);
                return self.refuse(attempt, reason);
            }
        };
        match answer.status().as_u16() {
            303 if location(&answer).ends_with("/logout/done") => {
                if self.visitor.session().is_some() {
                    self.complain("signed out, and keeps a cookie");
                }
                self.stands(Standing::Out);
                self.succeed(attempt);
                self.old_cookie(before).await;
            }
            500 => {
                self.has_made_mischief();
                self.stands(Standing::Unknown);
                self.refuse(attempt, Reason::Sessions);
            }
            status => {
                self.complain(&format!("a logout is answered {status}"));
                self.stands(Standing::Unknown);
                self.refuse(attempt, Reason::Sessions);
            }
        }
    }

    /// Who has kept the cookie of a session that is over is nobody.
    async fn old_cookie(&mut self, session: Option<String>) {
        let Some(session) = session else { return };
        let attempt = self.begin(Kind::OldCookie);
        let url = format!("{}/", self.place());
        let reply = Visitor::with_session(session).get(&url).await;
        match self.answered(reply) {
            Ok(answer) if answer.status() == 200 => {
                if answer.body() != "nobody" {
                    self.complain("signed out, and the old cookie is still good");
                }
                attempt.end(Outcome::Refused("nobody is signed in"));
            }
            Ok(_) => self.refuse_once(attempt, Reason::Sessions),
            Err(reason) => self.refuse_once(attempt, reason),
        }
    }

    /// When a logout was left, what it does may come later.
    fn has_made_mischief(&mut self) {
        self.mischief = Some(Instant::now());
    }
}
