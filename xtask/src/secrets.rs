//! `cargo xtask secrets`: every test with everything traced, searched for every secret that it had.

mod allowed;
mod compiler;
mod control;
mod forms;
mod known;
mod ordinary;
mod report;
mod search;

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;

pub(crate) use self::compiler::as_compiler;
use self::known::Known;
use self::report::Report;
use crate::ci::{EVERYTHING, OF_SERVERS, install_servers, target_folder};
use crate::process::{cargo, run as run_command};

/// What is run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Leaves out the suites that need real servers, or a browser.
    #[arg(long)]
    alone: bool,
    /// Runs nothing: searches what the last run left once more.
    #[arg(long)]
    again: bool,
}

/// The folder that `secret/watch.rs` of core writes to.
const FOLDER: &str = "HALLPASS_WATCH_DIR";

/// Runs the tests, searches, and fails where a secret was found, or a control was not.
pub(crate) fn run(root: &Path, options: &Options) -> Result<(), String> {
    let target = target_folder(|name| env::var_os(name))?;
    let machine = Machine { root, folder: target.join("secrets"), target };
    let failed = if options.again { Ok(()) } else { machine.tests(options.alone) };
    println!("==> search");
    let start = Instant::now();
    let known = Known::read(&machine.logs())?;
    let report = Report::of(&known, &[machine.logs(), machine.printed()])?;
    report.write(&machine.folder)?;
    println!(
        "{report}\nsearched in {:.0} s; all of it is in {}",
        start.elapsed().as_secs_f64(),
        machine.folder.display()
    );
    failed?;
    report.verdict()
}

/// Where everything is.
struct Machine<'a> {
    root: &'a Path,
    target: PathBuf,
    /// Its own part of the target folder.
    folder: PathBuf,
}

impl Machine<'_> {
    fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    fn printed(&self) -> PathBuf {
        self.folder.join("printed")
    }

    /// Everything that there is. First the control alone: without it, the rest says nothing.
    fn tests(&self, alone: bool) -> Result<(), String> {
        let compiler = compiler::install(&self.folder)?;
        self.empty()?;
        println!("==> build");
        run_command(&mut self.cargo(&compiler, "test", "--no-run"))?;
        println!("==> control");
        self.printing(&mut self.cargo(&compiler, "test", control::ALONE), "control")?;
        let known = Known::read(&self.logs())?;
        control::all_found(&Report::of(&known, &[self.logs(), self.printed()])?)?;
        self.empty()?;

        println!("==> tests");
        let all = "--no-fail-fast -- --nocapture";
        let result = self.printing(&mut self.cargo(&compiler, "test", all), "tests");
        if alone {
            return result;
        }
        println!("==> servers");
        install_servers(self.root)?;
        let suites = format!("{OF_SERVERS} {all}");
        let servers = self.printing(&mut self.cargo(&compiler, "test", &suites), "servers");
        result.and(servers)
    }

    /// Runs it, and keeps what it prints: tests print what they please, a panic its message.
    fn printing(&self, command: &mut Command, name: &str) -> Result<(), String> {
        let file = |kind: &str| {
            let path = self.printed().join(format!("{name}.{kind}"));
            File::create(&path).map_err(|error| format!("no {}: {error}", path.display()))
        };
        run_command(command.stdout(Stdio::from(file("stdout")?)).stderr(file("stderr")?))
    }

    /// Only crates of the workspace are compiled otherwise, and named otherwise by cargo: both
    /// kinds are in the one target folder, and the others' crates are there once.
    fn cargo(&self, compiler: &Path, verb: &str, rest: &str) -> Command {
        let words = format!("{verb} {EVERYTHING} {rest}");
        let words: Vec<&str> = words.split_whitespace().collect();
        let mut command = cargo(self.root, &words);
        command.env("RUSTC_WORKSPACE_WRAPPER", compiler).env(FOLDER, self.logs());
        command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_INCREMENTAL", "0");
        command
    }

    fn empty(&self) -> Result<(), String> {
        for folder in [self.logs(), self.printed()] {
            if folder.exists() {
                fs::remove_dir_all(&folder)
                    .map_err(|error| format!("cannot empty {}: {error}", folder.display()))?;
            }
            fs::create_dir_all(&folder)
                .map_err(|error| format!("no {}: {error}", folder.display()))?;
        }
        Ok(())
    }
}
