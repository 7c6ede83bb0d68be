//! What a contract test says without a quirk's code, and what that means for the quirk's row.

use std::collections::BTreeSet;
use std::fmt;

use crate::mutation::Verdicts;

/// What the contract test of a provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trial {
    Green,
    /// These fixtures are not kept; none, where the test fails of something else.
    Fails(BTreeSet<String>),
    /// The compiler's complaint.
    DoesNotCompile(String),
    /// It ran too long, or broke off.
    DidNotFinish,
}

/// What became of a row, or of one marker of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// These of its row's fixtures are not kept, and so many of others, as it should be.
    Broken {
        by: Vec<String>,
        others: usize,
    },
    /// Another crate deals with it: the one that its row names.
    Elsewhere(String),
    StayedGreen,
    /// The contract is broken, but in none of the row's fixtures; in these, if in any.
    BrokenByOthers(Vec<String>),
    DoesNotCompile(String),
    DidNotFinish,
}

impl Trial {
    /// Reads what the test printed. The contract begins each complaint with a fixture's name.
    pub(super) fn of(verdicts: &Verdicts, fixtures: &BTreeSet<&str>) -> Self {
        if !verdicts.is_whole || verdicts.passed.is_empty() {
            return Self::DidNotFinish;
        }
        if verdicts.passed.values().all(|passed| *passed) {
            return Self::Green;
        }
        let named = verdicts.printed.lines().filter_map(|line| {
            let (name, _) = line.split_once(": ")?;
            fixtures.contains(name).then(|| name.to_owned())
        });
        Self::Fails(named.collect())
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Green => f.write_str("it does"),
            Self::Fails(fixtures) => f.write_str(&list(fixtures)),
            Self::DoesNotCompile(error) => f.write_str(error),
            Self::DidNotFinish => f.write_str("the test did not finish"),
        }
    }
}

impl Outcome {
    /// What `trial` means for the row of these fixtures.
    pub(super) fn of(trial: &Trial, own: &[String]) -> Self {
        match trial {
            Trial::Green => Self::StayedGreen,
            Trial::DoesNotCompile(error) => Self::DoesNotCompile(error.clone()),
            Trial::DidNotFinish => Self::DidNotFinish,
            Trial::Fails(fixtures) => {
                let (by, others): (Vec<_>, Vec<_>) =
                    fixtures.iter().cloned().partition(|fixture| own.contains(fixture));
                if by.is_empty() {
                    return Self::BrokenByOthers(others);
                }
                Self::Broken { by, others: others.len() }
            }
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { by, others: 0 } => write!(f, "broken by {}", list(by)),
            Self::Broken { by, others } => write!(f, "broken by {} and {others} more", list(by)),
            Self::Elsewhere(name) => write!(f, "{name}'s: nothing to take out"),
            Self::StayedGreen => f.write_str("STAYED GREEN"),
            Self::BrokenByOthers(others) => {
                write!(f, "BROKEN, BUT BY NO FIXTURE OF ITS ROW: {}", list(others))
            }
            Self::DoesNotCompile(error) => write!(f, "DOES NOT COMPILE: {error}"),
            Self::DidNotFinish => f.write_str("DID NOT FINISH"),
        }
    }
}

/// Fixtures' names without their ending.
fn list<'a>(fixtures: impl IntoIterator<Item = &'a String>) -> String {
    let short = |name: &'a String| name.strip_suffix(".http").unwrap_or(name);
    let names: Vec<_> = fixtures.into_iter().map(short).collect();
    if names.is_empty() { "no fixture is named".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// What a test that prints this, and passes or not, says of three fixtures.
    fn trial(printed: &str, passed: bool) -> Trial {
        let verdicts = Verdicts {
            passed: BTreeMap::from([("it".to_owned(), passed)]),
            is_whole: true,
            printed: printed.to_owned(),
        };
        Trial::of(&verdicts, &BTreeSet::from(["a.b.http", "a.bc.http", "a.c.http"]))
    }

    fn fails(names: &[&str]) -> Trial {
        Trial::Fails(names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_fixtures_that_complaints_begin_with_are_read() {
        let printed = "the contract is broken (3):\n\na.bc.http: x\n  a.c.http: quoted\n\n\
                       a.bc.http: y, as in a.b.http: z\n\ndescriptor: w\n";
        assert_eq!(trial(printed, false), fails(&["a.bc.http"]));
        assert_eq!(trial("thread 'it' panicked", false), fails(&[]));
        assert_eq!(trial(printed, true), Trial::Green);
    }

    #[test]
    fn a_test_that_breaks_off_or_does_not_run_proves_nothing() {
        let mut verdicts = Verdicts {
            passed: BTreeMap::from([("it".to_owned(), false)]),
            is_whole: false,
            printed: "a.b.http: x".to_owned(),
        };
        let fixtures = BTreeSet::from(["a.b.http"]);
        assert_eq!(Trial::of(&verdicts, &fixtures), Trial::DidNotFinish);
        verdicts = Verdicts { passed: BTreeMap::new(), is_whole: true, ..verdicts };
        assert_eq!(Trial::of(&verdicts, &fixtures), Trial::DidNotFinish);
    }

    #[test]
    fn a_row_is_proven_by_a_fixture_of_its_own_alone() {
        #[track_caller]
        fn check(trial: &Trial, want: &str) {
            let own = ["a.b.http".to_owned(), "a.c.http".to_owned()];
            assert_eq!(Outcome::of(trial, &own).to_string(), want);
        }
        check(&fails(&["a.b.http", "a.c.http"]), "broken by a.b, a.c");
        check(&fails(&["a.b.http", "a.bc.http"]), "broken by a.b and 1 more");
        check(&fails(&["a.bc.http"]), "BROKEN, BUT BY NO FIXTURE OF ITS ROW: a.bc");
        check(&fails(&[]), "BROKEN, BUT BY NO FIXTURE OF ITS ROW: no fixture is named");
        check(&Trial::Green, "STAYED GREEN");
        check(&Trial::DoesNotCompile("error: x".to_owned()), "DOES NOT COMPILE: error: x");
        check(&Trial::DidNotFinish, "DID NOT FINISH");
    }
}
