//! Which fixtures a provider must have, from what its descriptor offers.

use std::collections::BTreeSet;

use hallpass_core::{Descriptor, Revocation, Revoke};

use super::verb::{Call, Verb};
use crate::{
    Fixture,
    fixture::{REFUSES, names_of_wrong, params_of_wrong},
};

/// Operations by name, and how much each needs fixtures.
#[derive(Debug)]
pub(super) struct Needs<'a>(Vec<(&'a str, Need)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    NotOffered,
    Optional,
    Required,
}

impl<'a> Needs<'a> {
    pub(super) fn new(descriptor: &Descriptor, own: impl Iterator<Item = &'a str>) -> Self {
        let built_in = Verb::ALL.into_iter().map(|(name, verb)| (name, need(verb, descriptor)));
        Self(built_in.chain(own.map(|name| (name, Need::Required))).collect())
    }

    /// What must be answered `Unsupported`.
    pub(super) fn not_offered(&self) -> impl Iterator<Item = (&'a str, Call)> {
        self.0.iter().filter_map(|(name, need)| match (need, Verb::named(name)) {
            (Need::NotOffered, Some(Verb::Call(call))) => Some((*name, call)),
            _ => None,
        })
    }

    /// Fixtures that are missing, and those that are of no use.
    pub(super) fn failures(&self, fixtures: &[Fixture]) -> Vec<String> {
        let mut failures = Vec::new();
        let mut seen = BTreeSet::new();
        for (name, _) in &self.0 {
            if !seen.insert(*name) {
                failures.push(format!("{name}: two operations have this name"));
            }
        }
        for fixture in fixtures {
            let (name, operation) = (fixture.name(), fixture.operation());
            if !seen.insert(name) {
                failures.push(format!("{name}: two fixtures have this name"));
            }
            if operation == REFUSES {
                failures.extend(refuses_failure(fixture));
                continue;
            }
            match self.0.iter().find(|(known, _)| *known == operation) {
                None => failures.push(format!("{name}: there is no operation {operation}")),
                Some((_, Need::NotOffered)) => {
                    failures.push(format!("{name}: the descriptor does not offer {operation}"));
                }
                Some(_) => {}
            }
        }
        let required = self.0.iter().filter(|(_, need)| *need == Need::Required);
        for (operation, _) in required {
            for (case, is_refusal) in [("accepted", false), ("refused", true)] {
                failures.extend(case_failure(fixtures, operation, case, is_refusal));
            }
        }
        failures
    }
}

/// What nobody would ever be answered with.
fn refuses_failure(fixture: &Fixture) -> Option<String> {
    let what = match fixture.exchanges() {
        [one] if names_of_wrong(one.request()).next().is_some() => return None,
        [one] if !params_of_wrong(one.request()).is_empty() => return None,
        [_] => "no header or parameter of its request is WRONG",
        _ => "it has more than one exchange",
    };
    Some(format!("{}: {what}", fixture.name()))
}

fn case_failure(
    fixtures: &[Fixture],
    operation: &str,
    case: &str,
    is_refusal: bool,
) -> Option<String> {
    let is_it = |fixture: &&Fixture| fixture.operation() == operation && fixture.case() == case;
    let Some(fixture) = fixtures.iter().find(is_it) else {
        return Some(format!("{operation}.{case}.http: there is no such fixture"));
    };
    let outcome = fixture.outcome();
    if outcome.is_refusal() == is_refusal {
        return None;
    }
    let what = if is_refusal { "no refusal" } else { "a refusal" };
    Some(format!("{operation}.{case}.http: its outcome is {what}: = {outcome}"))
}

fn need(verb: Verb, descriptor: &Descriptor) -> Need {
    let has_refresh = descriptor.offers_refresh();
    let required_if = |offered| if offered { Need::Required } else { Need::NotOffered };
    let what = match verb {
        Verb::AccessToken | Verb::Authorize => return Need::Required,
        Verb::Discovery if descriptor.authorize_and_token().is_none() => return Need::Required,
        // Nothing is asked, so that such a fixture says itself what is wrong with it.
        Verb::Discovery => return Need::Optional,
        Verb::Call(Call::IdEmail | Call::Profile) => return Need::Required,
        Verb::Call(Call::Refresh) => return required_if(has_refresh),
        Verb::Call(Call::Revoke(what)) => what,
    };
    match (descriptor.revocation(), what) {
        // RFC 7009 knows no grant; ending the refresh token is how it ends one.
        (Revocation::Rfc7009(_), Revoke::Grant) => Need::Optional,
        (_, what) => required_if(descriptor.offers_revocation(what)),
    }
}

#[cfg(test)]
mod tests {
    use hallpass_core::ClientAuth;

    use super::*;

    #[test]
    fn a_descriptor_says_which_fixtures_there_must_be() {
        let revokes = ["revoke_access_token", "revoke_refresh_token", "revoke_grant"];
        check(&plain(), &["refresh"], &revokes);
        let custom = Revocation::Custom(&[Revoke::Grant]);
        check(
            &plain().without_refresh().with_revocation(custom),
            &["revoke_grant"],
            &["refresh", "revoke_access_token", "revoke_refresh_token"],
        );
        let by_rfc = plain().with_revocation(Revocation::Rfc7009(ClientAuth::Post));
        check(&by_rfc, &["refresh", "revoke_access_token", "revoke_refresh_token"], &[]);
        check(
            &by_rfc.without_refresh(),
            &["revoke_access_token"],
            &["refresh", "revoke_refresh_token"],
        );
    }

    #[track_caller]
    fn check(descriptor: &Descriptor, required: &[&str], not_offered: &[&str]) {
        let needs = Needs::new(descriptor, ["emails"].into_iter());
        let with = |wanted| {
            let names = needs.0.iter().filter(move |(_, need)| *need == wanted);
            names.map(|(name, _)| *name).collect::<BTreeSet<_>>()
        };
        let always = ["authorize", "access_token", "profile", "id_email", "emails"];
        let required = required.iter().copied().chain(always).collect();
        assert_eq!(with(Need::Required), required);
        assert_eq!(with(Need::NotOffered), not_offered.iter().copied().collect());
        let called: Vec<_> = needs.not_offered().map(|(name, _)| name).collect();
        assert_eq!(called.len(), not_offered.len(), "each is called: {called:?}");
    }

    fn plain() -> Descriptor {
        Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t")
    }
}
