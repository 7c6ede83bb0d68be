//! `cargo xtask mutants`: takes the check out, and the test must fail.
//!
//! SECURITY-CHECKS.md says which tests fail when a check is taken out. A marker in the sources
//! says what the check is; here it is taken out of a copy of the workspace, one marker at a time.

mod place;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use clap::Args;

use crate::mutants::place::{Place, place};
use crate::mutation::{self, Built, Court, Marker, Name, Program, Verdicts, markers};
use crate::tree::Tree;
use crate::workspace::Workspace;

pub(crate) use crate::mutants::rows::rows;

/// A check's number in SECURITY-CHECKS.md.
impl Name for u32 {
    const WORD: &'static str = "check";
    const FORMS: &'static str = "`// check: 4`, `// check: 4, 7` or `// check: 4 => text`";
}

/// Which rows a run looks at.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// So many rows, others each day.
    #[arg(long, default_value_t = 10, value_name = "N")]
    rows: usize,
    /// These rows.
    #[arg(long, num_args = 1.., value_delimiter = ',', conflicts_with = "all", value_name = "ROW")]
    row: Vec<u32>,
    /// Every row that has a marker.
    #[arg(long)]
    all: bool,
    /// Takes the rows of this turn instead of today's.
    #[arg(long, value_name = "TURN")]
    seed: Option<u64>,
}

/// What became of a row, or of one marker of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    /// This test failed, as it should.
    Killed(String),
    Survived,
    /// The compiler's complaint about the copy without the check.
    DoesNotCompile(String),
    /// A test ran too long, or its program broke off.
    DidNotFinish,
    /// This test is in no program, or does not run in its own.
    TestNotFound(String),
    /// This test fails while the check is there.
    FailsUnchanged(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed(test) => write!(f, "killed by {test}"),
            Self::Survived => f.write_str("SURVIVED"),
            Self::DoesNotCompile(error) => write!(f, "DOES NOT COMPILE: {error}"),
            Self::DidNotFinish => f.write_str("DID NOT FINISH"),
            Self::TestNotFound(test) => write!(f, "TEST NOT FOUND: {test}"),
            Self::FailsUnchanged(test) => write!(f, "FAILS WITH THE CHECK: {test}"),
        }
    }
}

/// The tests of a row, by the program that runs them.
type Programs = BTreeMap<Program, BTreeSet<String>>;

/// Looks at the chosen rows; fails unless each of their markers is proven.
pub(crate) fn run(root: &Path, options: &Options) -> Result<(), String> {
    let tree = Tree::read(root)?;
    let rows = rows(&tree)?;
    let (markers, faults) = markers::<u32>(&tree);
    if let Some(fault) = faults.first() {
        return Err(format!("{}:{}: {}", fault.path, fault.line, fault.message));
    }
    let marked: BTreeSet<u32> =
        markers.iter().flat_map(|marker| marker.names.iter().copied()).collect();
    if let Some(number) = marked.iter().find(|number| !rows.contains_key(number)) {
        return Err(format!("a marker names row {number}, which is not there"));
    }
    let marked: Vec<u32> = marked.into_iter().collect();
    println!("{} of {} rows have a marker", marked.len(), rows.len());
    let picked = chosen(options, &marked)?;

    let workspace = Workspace::read(root)?;
    let court = Court::new(&tree, root, &mutation::folder()?)?;
    let mut run = Run { court, markers: &markers, report: Report::default() };
    let mut proven = Vec::new();
    for number in picked {
        match programs(&tree, &workspace, rows.get(&number).map_or(&[], Vec::as_slice)) {
            Ok(programs) => proven.push((number, programs)),
            Err(fault) => run.report.add(number, "", &Outcome::TestNotFound(fault)),
        }
    }
    run.unchanged(&mut proven)?;
    for (number, programs) in &proven {
        run.row(*number, programs)?;
    }
    run.report.end()
}

/// The rows that the command line asks for.
fn chosen(options: &Options, marked: &[u32]) -> Result<Vec<u32>, String> {
    if let Some(number) = options.row.iter().find(|number| !marked.contains(number)) {
        return Err(format!("row {number} has no marker `// check: {number}`"));
    }
    let picked = if options.all {
        marked.to_vec()
    } else if options.row.is_empty() {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let turn = options.seed.unwrap_or(since.as_secs() / 86_400);
        rows::pick(marked, options.rows, turn)
    } else {
        options.row.iter().copied().collect::<BTreeSet<_>>().into_iter().collect()
    };
    match picked.is_empty() {
        true => Err("there is no row to look at".to_owned()),
        false => Ok(picked),
    }
}

/// Where the tests of a row are; or which one is nowhere.
fn programs(tree: &Tree, workspace: &Workspace, tests: &[String]) -> Result<Programs, String> {
    let mut programs = Programs::new();
    for entry in tests {
        let Place { program, test } = place(tree, workspace, entry)?;
        programs.entry(program).or_default().insert(test);
    }
    if programs.is_empty() {
        return Err("the row names none".to_owned());
    }
    Ok(programs)
}

/// One run of the task.
struct Run<'a> {
    court: Court,
    markers: &'a [Marker<u32>],
    report: Report,
}

impl Run<'_> {
    /// Runs all tests while the checks are there. A row stays if each of its tests passes.
    fn unchanged(&mut self, rows: &mut Vec<(u32, Programs)>) -> Result<(), String> {
        let mut all: BTreeMap<&Program, BTreeSet<&str>> = BTreeMap::new();
        for (program, tests) in rows.iter().flat_map(|(_, programs)| programs) {
            all.entry(program).or_default().extend(tests.iter().map(String::as_str));
        }
        let mut passed: BTreeMap<Program, Verdicts> = BTreeMap::new();
        for (program, tests) in &all {
            let name = program.arguments().join(" ");
            println!("with the checks: {name}, {} tests", tests.len());
            let executable = match self.court.build(program)? {
                Built::Program(executable) => executable,
                Built::Broken(error) => return Err(format!("{name} does not compile: {error}")),
            };
            passed.insert((*program).clone(), self.court.run(program, &executable, tests)?);
        }
        rows.retain(|(number, programs)| {
            let fault = programs.iter().find_map(|(program, tests)| fault(tests, &passed[program]));
            fault.iter().for_each(|outcome| self.report.add(*number, "", outcome));
            fault.is_none()
        });
        self.report.last = Some(Instant::now());
        Ok(())
    }

    /// Takes each guard of a row out in turn.
    fn row(&mut self, number: u32, programs: &Programs) -> Result<(), String> {
        for marker in self.markers.iter().filter(|marker| marker.names.contains(&number)) {
            let outcome = self.court.without(marker, || self.outcome(&marker.path, programs))?;
            self.report.add(number, &format!("{}:{}", marker.path, marker.line), &outcome);
        }
        Ok(())
    }

    /// What the tests say of the copy as it is now. The changed package's own come first.
    fn outcome(&self, path: &str, programs: &Programs) -> Result<Outcome, String> {
        let mut programs: Vec<_> = programs.iter().collect();
        programs.sort_by_key(|(program, _)| !path.starts_with(&format!("{}/", program.folder)));
        let mut outcome = Outcome::Survived;
        for (program, tests) in programs {
            let executable = match self.court.build(program)? {
                Built::Program(executable) => executable,
                Built::Broken(error) => return Ok(Outcome::DoesNotCompile(error)),
            };
            let tests = tests.iter().map(String::as_str).collect();
            let verdicts = self.court.run(program, &executable, &tests)?;
            if let Some((test, _)) = verdicts.passed.iter().find(|(_, passed)| !**passed) {
                return Ok(Outcome::Killed(test.clone()));
            }
            if !verdicts.is_whole {
                outcome = Outcome::DidNotFinish;
            }
        }
        Ok(outcome)
    }
}

/// What is wrong with a row's tests while the checks are there.
fn fault(tests: &BTreeSet<String>, verdicts: &Verdicts) -> Option<Outcome> {
    tests.iter().find_map(|test| match verdicts.passed.get(test) {
        Some(true) => None,
        Some(false) => Some(Outcome::FailsUnchanged(test.clone())),
        None if verdicts.is_whole => Some(Outcome::TestNotFound(test.clone())),
        None => Some(Outcome::DidNotFinish),
    })
}

/// The table, printed line by line, and its sum.
#[derive(Debug, Default)]
struct Report {
    killed: usize,
    others: usize,
    last: Option<Instant>,
}

impl Report {
    fn add(&mut self, number: u32, place: &str, outcome: &Outcome) {
        let now = Instant::now();
        let seconds = self.last.replace(now).map_or(0.0, |last| (now - last).as_secs_f64());
        println!("{number:>4}  {place:<52} {outcome} ({seconds:.0} s)");
        match outcome {
            Outcome::Killed(_) => self.killed += 1,
            _ => self.others += 1,
        }
    }

    fn end(&self) -> Result<(), String> {
        println!("{} killed, {} not proven", self.killed, self.others);
        match self.others {
            0 => Ok(()),
            count => Err(format!("{count} of the checks are not proven")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(rows: usize, row: &[u32], all: bool) -> Options {
        Options { rows, row: row.to_vec(), all, seed: Some(1) }
    }

    #[test]
    fn the_command_line_chooses_the_rows() {
        let marked = [1, 2, 4, 7, 9];
        assert_eq!(chosen(&options(2, &[], false), &marked), Ok(vec![4, 7]));
        assert_eq!(chosen(&options(2, &[9, 1, 9], false), &marked), Ok(vec![1, 9]));
        assert_eq!(chosen(&options(2, &[], true), &marked), Ok(marked.to_vec()));
        let error = chosen(&options(2, &[1, 3], false), &marked).unwrap_err();
        assert_eq!(error, "row 3 has no marker `// check: 3`");
        assert!(chosen(&options(0, &[], false), &marked).is_err());
        assert!(chosen(&options(2, &[], true), &[]).is_err());
    }

    #[test]
    fn a_test_must_run_and_pass_while_the_check_is_there() {
        let passed = [("a".to_owned(), true), ("b".to_owned(), false)];
        let passed = BTreeMap::from(passed);
        let mut verdicts = Verdicts { passed, is_whole: true, printed: String::new() };
        let fault = |test: &str, verdicts: &_| fault(&BTreeSet::from([test.to_owned()]), verdicts);
        assert_eq!(fault("a", &verdicts), None);
        assert_eq!(fault("b", &verdicts), Some(Outcome::FailsUnchanged("b".to_owned())));
        assert_eq!(fault("c", &verdicts), Some(Outcome::TestNotFound("c".to_owned())));
        verdicts.is_whole = false;
        assert_eq!(fault("c", &verdicts), Some(Outcome::DidNotFinish));
    }

    #[test]
    fn one_check_that_is_not_proven_fails_the_run() {
        let mut report = Report::default();
        report.add(1, "a.rs:1", &Outcome::Killed("b".to_owned()));
        assert_eq!(report.end(), Ok(()));
        report.add(2, "a.rs:2", &Outcome::Survived);
        assert_eq!(report.end(), Err("1 of the checks are not proven".to_owned()));
    }
}
