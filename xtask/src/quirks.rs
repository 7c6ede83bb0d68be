//! `cargo xtask quirks`: takes a quirk's code out, and a fixture of its row must fail.
//!
//! The table in a provider's README says which fixtures prove a quirk. A marker in its sources
//! says which code deals with it; here that is taken out of a copy of the workspace, one marker at
//! a time, and the provider's contract test runs.

mod agreement;
mod outcome;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;
use std::time::Instant;

use clap::Args;

use crate::fixtures::{self, PROVIDERS};
use crate::mutation::{self, Built, Court, Kind, Marker, Name, Program, markers};
use crate::quirks::outcome::{Outcome, Trial};
use crate::tree::Tree;

pub(crate) use crate::quirks::agreement::faults;
pub(crate) use crate::quirks::table::{Row, Table, table};

/// How the folders of providers begin.
const PREFIX: &str = "hallpass-";

/// Which rows a run looks at.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// These providers, without `hallpass-`, instead of all.
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "NAME")]
    provider: Vec<String>,
    /// The quirks of these names alone.
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "QUIRK")]
    quirk: Vec<String>,
}

/// A quirk's name: lower-case words with hyphens between them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quirk(String);

impl Quirk {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Quirk {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(fits);
        text.split('-').all(is_word).then(|| Self(text.to_owned())).ok_or(())
    }
}

impl Name for Quirk {
    const WORD: &'static str = "quirk";
    const FORMS: &'static str = "`// quirk: name` or `// quirk: name => text`";
}

/// A row that is looked at, and the markers of its code.
struct Case<'a> {
    row: Row,
    markers: Vec<&'a Marker<Quirk>>,
}

/// Looks at the chosen rows; fails unless each marker of each is proven.
pub(crate) fn run(root: &Path, options: &Options) -> Result<(), String> {
    let tree = Tree::read(root)?;
    let providers = chosen(&tree, &options.provider)?;
    let (markers, unreadable) = markers::<Quirk>(&tree);
    let faults = providers.iter().flat_map(|provider| faults(&tree, provider, &markers));
    if let Some(fault) = unreadable.into_iter().chain(faults).next() {
        return Err(format!("{}:{}: {}", fault.path, fault.line, fault.message));
    }
    let mut cases = Vec::new();
    for provider in providers {
        cases.push((provider, of_provider(&tree, provider, &markers, &options.quirk)?));
    }
    if cases.iter().all(|(_, cases)| cases.is_empty()) {
        return Err("there is no row to look at".to_owned());
    }
    let court = Court::new(&tree, root, &mutation::folder()?)?;
    let mut run = Run { court, tree: &tree, report: Report::default() };
    for (provider, cases) in cases.iter().filter(|(_, cases)| !cases.is_empty()) {
        run.provider(provider, cases)?;
    }
    run.report.end()
}

/// The folders of the providers that the command line asks for.
fn chosen<'a>(tree: &'a Tree, names: &[String]) -> Result<Vec<&'a str>, String> {
    let all = tree.folders(PROVIDERS);
    let is_there = |name: &&String| all.contains(format!("{PREFIX}{name}").as_str());
    if let Some(name) = names.iter().find(|name| !is_there(name)) {
        return Err(format!("there is no {PROVIDERS}/{PREFIX}{name}"));
    }
    let is_chosen =
        |folder: &&str| names.is_empty() || names.iter().any(|name| short(folder) == name);
    Ok(all.into_iter().filter(is_chosen).collect())
}

/// The provider's name by its folder's.
fn short(folder: &str) -> &str {
    folder.strip_prefix(PREFIX).unwrap_or(folder)
}

/// The rows of one provider, those of `names` alone if there are any.
fn of_provider<'a>(
    tree: &Tree,
    provider: &str,
    markers: &'a [Marker<Quirk>],
    names: &[String],
) -> Result<Vec<Case<'a>>, String> {
    let rows = table(tree, provider).rows.ok_or_else(|| format!("{provider} has no table"))?;
    let is_chosen = |row: &Row| names.is_empty() || names.iter().any(|name| row.is_named(name));
    let case = |row: Row| {
        let is_its = |marker: &&Marker<Quirk>| {
            agreement::is_in(marker, provider)
                && marker.names.iter().any(|name| row.is_named(name.as_str()))
        };
        Case { markers: markers.iter().filter(is_its).collect(), row }
    };
    Ok(rows.into_iter().filter(is_chosen).map(case).collect())
}

/// One run of the task.
struct Run<'a> {
    court: Court,
    tree: &'a Tree,
    report: Report,
}

impl Run<'_> {
    fn provider(&mut self, provider: &str, cases: &[Case<'_>]) -> Result<(), String> {
        let program = Program {
            package: provider.to_owned(),
            folder: format!("{PROVIDERS}/{provider}"),
            target: "contract".to_owned(),
            kind: Kind::Test,
        };
        let fixtures = fixtures::names(self.tree, provider);
        println!("with the quirks: {}", program.arguments().join(" "));
        match self.trial(&program, &fixtures)? {
            Trial::Green => {}
            trial => {
                return Err(format!("{provider} does not keep its contract as it is: {trial}"));
            }
        }
        self.report.last = Some(Instant::now());
        // Markers that share their code share the trial, too.
        let mut trials: BTreeMap<_, Trial> = BTreeMap::new();
        for Case { row, markers } in cases {
            let name = row.name.as_ref().map_or("", Quirk::as_str);
            if let Some(elsewhere) = &row.elsewhere {
                let outcome = Outcome::Elsewhere(elsewhere.clone());
                self.report.add(provider, name, "–", &outcome);
            }
            for marker in markers {
                let part = (&marker.path, marker.range.start, &marker.replacement);
                let trial = match trials.get(&part) {
                    Some(trial) => trial.clone(),
                    None => self.court.without(marker, || self.trial(&program, &fixtures))?,
                };
                let path = marker.path.strip_prefix(&program.folder).unwrap_or(&marker.path);
                let place = format!("{}:{}", path.trim_start_matches('/'), marker.line);
                self.report.add(provider, name, &place, &Outcome::of(&trial, &row.fixtures));
                trials.insert(part, trial);
            }
        }
        Ok(())
    }

    /// What the contract test says of the copy as it is now.
    fn trial(&self, program: &Program, fixtures: &BTreeSet<&str>) -> Result<Trial, String> {
        Ok(match self.court.build(program)? {
            Built::Broken(error) => Trial::DoesNotCompile(error),
            Built::Program(executable) => {
                let verdicts = self.court.run(program, &executable, &BTreeSet::new())?;
                Trial::of(&verdicts, fixtures)
            }
        })
    }
}

/// The table, printed line by line, and its sum.
#[derive(Debug, Default)]
struct Report {
    broken: usize,
    elsewhere: usize,
    others: usize,
    last: Option<Instant>,
}

impl Report {
    fn add(&mut self, provider: &str, name: &str, place: &str, outcome: &Outcome) {
        let now = Instant::now();
        let seconds = self.last.replace(now).map_or(0.0, |last| (now - last).as_secs_f64());
        let provider = short(provider);
        println!("{provider:<10} {name:<20} {place:<24} {outcome} ({seconds:.0} s)");
        match outcome {
            Outcome::Broken { .. } => self.broken += 1,
            Outcome::Elsewhere(_) => self.elsewhere += 1,
            _ => self.others += 1,
        }
    }

    fn end(&self) -> Result<(), String> {
        let Self { broken, elsewhere, others, .. } = self;
        println!("{broken} broken, {others} not proven, {elsewhere} without code of their own");
        match others {
            0 => Ok(()),
            count => Err(format!("{count} of the markers are not proven")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "#![doc = include_str!(\"../README.md\")]\n";
    const SOURCE: &str = "#![doc = include_str!(\"../README.md\")]\n\
                          // quirk: odd\n// quirk: even\na();\n// quirk: odd\nb();\n";

    fn tree() -> Tree {
        let table = "| Quirk | Fixture |\n|---|---|\n| `odd`: A | `a.odd.http` |\n\
                     | `even`: B | `a.even.http` |\n| `far`: C (core) | `a.far.http` |\n";
        Tree::of(&[
            ("crates/providers/hallpass-a/README.md", table),
            ("crates/providers/hallpass-a/src/lib.rs", SOURCE),
            ("crates/providers/hallpass-b/README.md", table),
            ("crates/providers/hallpass-b/src/lib.rs", README),
        ])
    }

    #[track_caller]
    fn check(provider: &str, names: &[&str], want: &[(&str, &[usize])]) {
        let tree = tree();
        let (markers, faults) = markers::<Quirk>(&tree);
        assert_eq!(faults, []);
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let cases = of_provider(&tree, provider, &markers, &names).unwrap();
        let lines = |case: &Case<'_>| case.markers.iter().map(|marker| marker.line).collect();
        let name = |case: &Case<'_>| case.row.name.as_ref().unwrap().as_str().to_owned();
        let got: Vec<(String, Vec<usize>)> =
            cases.iter().map(|case| (name(case), lines(case))).collect();
        let want: Vec<_> = want.iter().map(|(n, lines)| (n.to_string(), lines.to_vec())).collect();
        assert_eq!(got, want);
    }

    #[test]
    fn each_row_has_the_markers_of_its_name_in_its_provider() {
        check("hallpass-a", &[], &[("odd", &[2, 5]), ("even", &[3]), ("far", &[])]);
        check("hallpass-a", &["even"], &[("even", &[3])]);
        check("hallpass-b", &["odd"], &[("odd", &[])]);
    }

    #[test]
    fn markers_one_after_another_mark_the_same_code() {
        let tree = tree();
        let (markers, _) = markers::<Quirk>(&tree);
        assert_eq!(markers[0].range, markers[1].range);
        assert_ne!(markers[0].range, markers[2].range);
    }

    #[test]
    fn the_command_line_chooses_the_providers() {
        let tree = tree();
        assert_eq!(chosen(&tree, &[]), Ok(vec!["hallpass-a", "hallpass-b"]));
        assert_eq!(chosen(&tree, &["b".to_owned()]), Ok(vec!["hallpass-b"]));
        let error = chosen(&tree, &["b".to_owned(), "c".to_owned()]).unwrap_err();
        assert_eq!(error, "there is no crates/providers/hallpass-c");
    }

    #[test]
    fn a_name_is_words_with_hyphens() {
        for good in ["iss", "error-in-200", "2fa"] {
            assert_eq!(good.parse(), Ok(Quirk(good.to_owned())));
        }
        for bad in ["", "-", "a-", "a--b", "Iss", "a b", "a_b", "é"] {
            assert_eq!(bad.parse::<Quirk>(), Err(()), "{bad}");
        }
    }

    #[test]
    fn one_quirk_that_is_not_proven_fails_the_run() {
        let mut report = Report::default();
        report.add("hallpass-a", "odd", "src/lib.rs:2", &Outcome::Elsewhere("core".to_owned()));
        let broken = Outcome::Broken { by: vec!["a.odd.http".to_owned()], others: 0 };
        report.add("hallpass-a", "odd", "src/lib.rs:2", &broken);
        assert_eq!(report.end(), Ok(()));
        report.add("hallpass-a", "odd", "src/lib.rs:2", &Outcome::StayedGreen);
        assert_eq!(report.end(), Err("1 of the markers are not proven".to_owned()));
    }
}
