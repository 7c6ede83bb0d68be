//! What was searched, and what was found.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::secrets::allowed;
use crate::secrets::control;
use crate::secrets::forms::{self, Form};
use crate::secrets::known::{Known, Secret};
use crate::secrets::search::Finder;

/// The figures, and the finds.
#[derive(Debug)]
pub(super) struct Report {
    found: Vec<Found>,
    tests: u64,
    processes: usize,
    log_bytes: u64,
    printed_bytes: u64,
    searched: usize,
    /// How many for each reason, and the values themselves, to be looked at by hand.
    left_out: BTreeMap<&'static str, Vec<Secret>>,
}

/// A secret in a file.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) secret: Secret,
    pub(super) form: Form,
    /// Its name.
    pub(super) file: String,
    line: usize,
    /// What stands before it.
    before: String,
    times: usize,
    /// Why it is no leak.
    allowed: Option<&'static str>,
}

impl Report {
    /// Searches every file of the folders but the secrets' own.
    pub(super) fn of(known: &Known, folders: &[PathBuf]) -> Result<Self, String> {
        let mut patterns = Vec::new();
        let mut meaning = Vec::new();
        for secret in &known.searched {
            for (form, pattern) in forms::of(&secret.value) {
                patterns.push(pattern);
                meaning.push((secret, form));
            }
        }
        let finder = Finder::new(patterns);
        let mut left_out: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (secret, reason) in &known.left_out {
            left_out.entry(*reason).or_default().push(secret.clone());
        }
        let mut report = Self {
            found: Vec::new(),
            tests: 0,
            processes: known.processes,
            log_bytes: 0,
            printed_bytes: 0,
            searched: known.searched.len(),
            left_out,
        };
        for path in
            folders.iter().map(|folder| files(folder)).collect::<Result<Vec<_>, _>>()?.concat()
        {
            let text = fs::read(&path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            report.count(&path, &text);
            report.search(&path, &text, &finder, &meaning);
        }
        Ok(report)
    }

    fn count(&mut self, path: &Path, text: &[u8]) {
        let length = text.len() as u64;
        if path.extension().is_some_and(|kind| kind == "log") {
            self.log_bytes += length;
        } else {
            self.printed_bytes += length;
            self.tests += passed(&String::from_utf8_lossy(text));
        }
    }

    fn search(&mut self, path: &Path, text: &[u8], finder: &Finder, meaning: &[(&Secret, Form)]) {
        // For each pattern in lines that may have it, and in others: the first place, and how many.
        let mut places: BTreeMap<_, (usize, usize)> = BTreeMap::new();
        // Of the last place: a line may hold thousands.
        let (mut from, mut start) = (0, 0);
        finder.find(text, |at, index| {
            if let Some(end) = text[from..at].iter().rposition(|byte| *byte == b'\n') {
                start = from + end + 1;
            }
            from = at;
            let allowed = allowed::reason(&text[start..]);
            places.entry((index, allowed)).or_insert((at, 0)).1 += 1;
        });
        for ((index, allowed), (at, times)) in places {
            let (secret, form) = meaning[index];
            let line = text[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            let start = text[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let before = &text[start.max(at.saturating_sub(MOST_BEFORE))..at];
            let before = String::from_utf8_lossy(before).into_owned();
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let secret = secret.clone();
            self.found.push(Found { secret, form, file, line, before, times, allowed });
        }
    }

    /// Those that were planted.
    pub(super) fn controls(&self) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(|found| found.secret.is_control())
    }

    fn leaks(&self) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(|found| !found.secret.is_control() && found.allowed.is_none())
    }

    /// How many for each reason.
    fn allowed(&self) -> BTreeMap<&'static str, usize> {
        let mut allowed = BTreeMap::new();
        for reason in self.found.iter().filter_map(|found| found.allowed) {
            *allowed.entry(reason).or_default() += 1;
        }
        allowed
    }

    /// Everything that was found and left out, in files beside the logs.
    pub(super) fn write(&self, folder: &Path) -> Result<(), String> {
        let leaks = self.leaks().map(|found| format!("{found}\n"));
        let mut left_out = String::new();
        for (reason, secrets) in &self.left_out {
            for Secret { value, at, thread } in secrets {
                left_out += &format!("{reason}\t{value:?}\t{at}\t{thread}\n");
            }
        }
        for (name, text) in [("found.txt", leaks.collect()), ("left-out.txt", left_out)] {
            let path = folder.join(name);
            fs::write(&path, text)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        Ok(())
    }

    /// Fails where a secret was found, or a planted one was not.
    pub(super) fn verdict(&self) -> Result<(), String> {
        control::all_found(self)?;
        match self.leaks().count() {
            0 => Ok(()),
            count => Err(format!("{count} secrets in logs or in what tests print: see found.txt")),
        }
    }
}

/// Of a line.
const MOST_BEFORE: usize = 120;
/// Of a secret, to know it again.
const MOST_OF_VALUE: usize = 60;
/// On the screen; all are in the file.
const MOST_SHOWN: usize = 20;

/// How many tests passed, by the lines of the test programs; one that prints may stand before it.
fn passed(printed: &str) -> u64 {
    let results = printed.split("test result: ").skip(1);
    let count = |result: &str| {
        let (before, _) = result.split_once(" passed")?;
        before.rsplit(' ').next()?.parse::<u64>().ok()
    };
    results.filter_map(count).sum()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let cannot = |error| format!("cannot read {}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.extension().is_some_and(|kind| kind != "secrets") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for found in self.leaks().take(MOST_SHOWN) {
            writeln!(f, "{found}")?;
        }
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        writeln!(
            f,
            "{} tests passed, in {} processes that had a secret",
            self.tests, self.processes
        )?;
        writeln!(
            f,
            "{:.1} MB of logs, {:.1} MB printed",
            megabytes(self.log_bytes),
            megabytes(self.printed_bytes)
        )?;
        writeln!(f, "{} secrets searched for", self.searched)?;
        for (reason, secrets) in &self.left_out {
            writeln!(f, "{} left out: {reason}", secrets.len())?;
        }
        for (reason, count) in self.allowed() {
            writeln!(f, "{count} found and allowed: {reason}")?;
        }
        write!(f, "{} found", self.leaks().count())
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret, form, file, line, before, times, .. } = self;
        let Secret { value, at, thread } = secret;
        let value: String = value.chars().take(MOST_OF_VALUE).collect();
        writeln!(f, "{file}:{line}: {before}<< {form:?}, {times} times")?;
        write!(f, "    {value:?}, a secret in {at}, {thread}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(at: &str, text: &str) -> Report {
        let folder = tempfile::tempdir().unwrap();
        let secret = Secret {
            value: "planted secret".to_owned(),
            at: at.to_owned(),
            thread: "a::test".to_owned(),
        };
        let known = Known { searched: vec![secret], ..Known::default() };
        fs::write(folder.path().join("1.log"), text).unwrap();
        fs::write(folder.path().join("1.secrets"), "planted secret").unwrap();
        Report::of(&known, &[folder.path().to_owned()]).unwrap()
    }

    #[test]
    fn a_secret_in_a_log_is_a_leak_with_its_place() {
        let report = report("a.rs:1:2", "one\ntwo x=planted secret planted%20secret\n");
        let told: Vec<String> = report.leaks().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("1.log:2: two x=<< Plain, 1 times\n"), "{told:?}");
        assert!(told[0].ends_with("\"planted secret\", a secret in a.rs:1:2, a::test"), "{told:?}");
        assert!(told[1].contains("<< Percent, 1 times"), "{told:?}");
    }

    #[test]
    fn without_its_controls_a_run_says_nothing() {
        let error = report("a.rs:1:2", "nothing").verdict().unwrap_err();
        assert!(error.starts_with("the control `an event of tracing` was not found"), "{error}");
        let planted = report("core/tests/it/secrets/watched.rs:1:2", "planted secret");
        assert_eq!((planted.leaks().count(), planted.controls().count()), (0, 1));
    }

    #[test]
    fn what_may_stand_in_a_line_is_no_leak() {
        let line = "log DEBUG keyring_core: entry planted secret planted secret\n";
        let both = report("a.rs:1:2", &format!("{line}another planted secret\n{line}"));
        assert_eq!(
            both.leaks().map(|found| (found.line, found.times)).collect::<Vec<_>>(),
            [(2, 1)]
        );
        assert_eq!(both.allowed().into_values().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn the_tests_that_passed_are_counted() {
        let printed = "test result: ok. 3 passed; 0 failed\nx test result: FAILED. 4 passed; 1";
        assert_eq!(passed(printed), 7);
    }
}
