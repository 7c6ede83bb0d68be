//! Builds test programs in the copy, whole or without a marked part, and runs tests in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::mutation::copy::Copy;
use crate::mutation::marker::Marker;
use crate::mutation::program::{Kind, Program};
use crate::process::{asks_directly, cargo};
use crate::tree::Tree;

/// A test that takes longer waits for something that what was taken out would have ended.
const LONGEST: Duration = Duration::from_secs(180);

/// Where trials take place: a copy of the workspace, which one run at a time has.
#[derive(Debug)]
pub(crate) struct Court {
    copy: Copy,
    target: PathBuf,
    /// A folder for what tests print.
    output: PathBuf,
}

/// How a program built.
pub(crate) enum Built {
    Program(PathBuf),
    /// The first line of the compiler's complaint.
    Broken(String),
}

/// What the tests of one program said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdicts {
    /// Whether each test that ran to its end passed.
    pub(crate) passed: BTreeMap<String, bool>,
    /// The program ended by itself, and with what the tests say.
    pub(crate) is_whole: bool,
    /// Everything that they printed.
    pub(crate) printed: String,
}

impl Court {
    /// Copies `tree` at `root` into `folder`, where its target folder is, too.
    pub(crate) fn new(tree: &Tree, root: &Path, folder: &Path) -> Result<Self, String> {
        let copy = Copy::new(tree, root, folder)?;
        Ok(Self { copy, target: folder.join("target"), output: folder.to_owned() })
    }

    /// What `judge` says while what `marker` marks is out of the copy.
    pub(crate) fn without<N, T>(
        &self,
        marker: &Marker<N>,
        judge: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, String> {
        let file = self.copy.root.join(&marker.path);
        let broken = |error| format!("{}: {error}", file.display());
        let text = fs::read_to_string(&file).map_err(broken)?;
        fs::write(&file, marker.mutate(&text)).map_err(broken)?;
        let judged = judge();
        fs::write(&file, &text).map_err(broken)?;
        judged
    }

    /// Builds the program.
    pub(crate) fn build(&self, program: &Program) -> Result<Built, String> {
        let mut command =
            cargo(&self.copy.root, &["test", "--locked", "--all-features", "--no-run"]);
        command.args(program.arguments()).arg("--message-format=json-render-diagnostics");
        // The same crates over and over, with one statement less: here increments pay.
        command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_INCREMENTAL", "1");
        let output = command
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cargo did not start: {error}"))?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Ok(Built::Broken(first_error(&complaint).to_owned()));
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        executable(&messages, program)
            .map(Built::Program)
            .ok_or_else(|| format!("cargo named no program for {}", program.arguments().join(" ")))
    }

    /// Runs these tests of the built program, and no others; all of them where none is named.
    pub(crate) fn run(
        &self,
        program: &Program,
        executable: &Path,
        tests: &BTreeSet<&str>,
    ) -> Result<Verdicts, String> {
        let broken = |error| format!("{}: {error}", executable.display());
        let printed = self.output.join("stdout.txt");
        let folder = self.copy.root.join(&program.folder);
        let mut child = asks_directly(&mut Command::new(executable))
            .args((!tests.is_empty()).then_some("--exact"))
            .args(tests)
            .current_dir(&folder)
            .env("CARGO_MANIFEST_DIR", &folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .stdin(Stdio::null())
            .stdout(File::create(&printed).map_err(broken)?)
            .stderr(File::create(self.output.join("stderr.txt")).map_err(broken)?)
            .spawn()
            .map_err(broken)?;
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(broken)? {
                break Some(status);
            }
            if start.elapsed() > LONGEST {
                child.kill().map_err(broken)?;
                child.wait().map_err(broken)?;
                break None;
            }
            thread::sleep(Duration::from_millis(20));
        };
        let printed = fs::read(&printed).map_err(broken)?;
        let printed = String::from_utf8_lossy(&printed).into_owned();
        let passed = verdicts(&printed);
        let has_failed = passed.values().any(|passed| !passed);
        let is_whole = status.is_some_and(|status| status.success() != has_failed);
        Ok(Verdicts { passed, is_whole, printed })
    }
}

/// The test program that cargo says it built.
fn executable(messages: &str, program: &Program) -> Option<PathBuf> {
    let kind = match program.kind {
        Kind::Lib => "lib",
        Kind::Bin => "bin",
        Kind::Test => "test",
    };
    messages.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let target = &message["target"];
        let is_it = message["profile"]["test"] == true
            && target["name"] == program.target.as_str()
            && target["kind"][0] == kind;
        message["executable"].as_str().filter(|_| is_it).map(PathBuf::from)
    })
}

/// Whether each test passed, by the lines that its program printed.
fn verdicts(printed: &str) -> BTreeMap<String, bool> {
    let verdict = |line: &str| {
        let (name, verdict) = line.strip_prefix("test ")?.split_once(" ... ")?;
        let name = name.strip_suffix(" - should panic").unwrap_or(name);
        match verdict {
            "ok" => Some((name.to_owned(), true)),
            "FAILED" => Some((name.to_owned(), false)),
            _ => None,
        }
    };
    printed.lines().filter_map(verdict).collect()
}

/// The line of the compiler's output that says what is wrong.
fn first_error(complaint: &str) -> &str {
    let error = complaint.lines().find(|line| line.starts_with("error"));
    error.or(complaint.lines().last()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::markers;

    #[test]
    fn what_is_marked_is_out_while_it_is_judged_and_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let (path, text) = ("crates/a/src/lib.rs", "// check: 1\na();\nb();\n");
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        let file = to.join("workspace").join(path);
        fs::create_dir_all(from.join("crates/a/src")).unwrap();
        fs::write(from.join(path), text).unwrap();
        let tree = Tree::of(&[(path, text)]);
        let court = Court::new(&tree, &from, &to).unwrap();
        let (markers, _) = markers::<u32>(&tree);
        let judged =
            court.without(&markers[0], || fs::read_to_string(&file).map_err(|_| "".into()));
        assert_eq!(judged.as_deref(), Ok("// check: 1\n\nb();\n"));
        let refused: Result<(), _> = court.without(&markers[0], || Err("refused".to_owned()));
        assert_eq!(refused, Err("refused".to_owned()));
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }

    #[test]
    fn the_verdict_of_each_test_is_read() {
        let printed = "\nrunning 4 tests\ntest a::b ... ok\ntest a::c ... FAILED\n\
                       test d - should panic ... ok\ntest e ... ignored\n\nfailures:\n    a::c\n\n\
                       test result: FAILED. 2 passed; 1 failed; 1 ignored\n";
        let want = [("a::b", true), ("a::c", false), ("d", true)];
        let want = want.map(|(name, passed)| (name.to_owned(), passed));
        assert_eq!(verdicts(printed), BTreeMap::from(want));
    }

    #[test]
    fn the_program_is_the_one_that_cargo_names() {
        let line = |name: &str, kind: &str, test: bool, path: &str| {
            format!(
                r#"{{"target":{{"name":"{name}","kind":["{kind}"]}},"profile":{{"test":{test}}},"executable":{path}}}"#
            )
        };
        let messages = [
            line("it", "lib", false, "null"),
            line("it", "test", true, "\"/one\""),
            line("one", "lib", true, "\"/two\""),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ]
        .join("\n");
        let mut program = Program {
            package: "one".to_owned(),
            folder: "crates/one".to_owned(),
            target: "it".to_owned(),
            kind: Kind::Test,
        };
        assert_eq!(executable(&messages, &program), Some(PathBuf::from("/one")));
        program.kind = Kind::Lib;
        assert_eq!(executable(&messages, &program), None);
        program.target = "one".to_owned();
        assert_eq!(executable(&messages, &program), Some(PathBuf::from("/two")));
    }

    #[test]
    fn the_compilers_first_error_is_told() {
        let complaint = "warning: unused\nerror[E0425]: no value\n --> a.rs\nerror: aborting\n";
        assert_eq!(first_error(complaint), "error[E0425]: no value");
        assert_eq!(first_error("killed"), "killed");
        assert_eq!(first_error(""), "");
    }
}
