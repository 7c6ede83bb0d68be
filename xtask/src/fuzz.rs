//! `cargo xtask fuzz`: libFuzzer on the doors of `hallpass-doors`, with the stable compiler.

mod figures;

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;

use crate::ci::target_folder;
use crate::fuzz::figures::Figures;
use crate::process::{cargo, output, run as run_command};

/// What is fuzzed, and how long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Doors, one after another; all of them where none is named.
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// How long each runs. 0 runs the corpus and the seeds alone.
    #[arg(long, default_value_t = 15, value_name = "N",
          value_parser = clap::value_parser!(u64).range(0..=10_080))]
    minutes: u64,
    /// Goes on from here instead of from a number by chance.
    #[arg(long, value_name = "N")]
    seed: Option<u32>,
    /// Writes what is worth keeping to `fuzz/corpus`, as small as can be.
    #[arg(long)]
    keep: bool,
}

/// What `-Zsanitizer` and cargo-fuzz would ask of a nightly compiler, by the flags of LLVM that
/// they stand for: counters of edges, a table of where these are, and what is compared with what.
const INSTRUMENTED: &[&str] = &[
    "--cfg",
    "fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "-Ccodegen-units=1",
];

/// Longer inputs hold nothing that shorter ones do not.
const LONGEST_BYTES: &str = "-max_len=8192";
/// Longer ones are not kept: most of what they reach, shorter ones do too.
const LONGEST_KEPT_BYTES: &str = "-max_len=2048";
/// Of one door, the shortest: a repository is no place for more.
const MOST_KEPT: usize = 1000;

/// Builds, fuzzes, prints the figures; fails at the first input that a door does not take.
pub(crate) fn run(root: &Path, options: &Options) -> Result<(), String> {
    let machine = Machine::new(root)?;
    let doors = output(&mut machine.corpus(&["doors"]))?;
    let doors: Vec<&str> = doors.lines().collect();
    if let Some(unknown) = options.targets.iter().find(|name| !doors.contains(&name.as_str())) {
        return Err(format!("there is no target {unknown}, but {}", doors.join(", ")));
    }
    let is_chosen = |name: &&&str| {
        options.targets.is_empty() || options.targets.iter().any(|chosen| chosen == *name)
    };
    machine.build()?;
    let mut rows = Vec::new();
    for name in doors.iter().filter(is_chosen) {
        println!("==> {name}");
        let figures = machine.fuzz(name, options)?;
        println!("{}\n{}", figures::HEAD, figures.row(name));
        rows.push(figures.row(name));
    }
    println!("\n{}\n{}", figures::HEAD, rows.join("\n"));
    Ok(())
}

/// Where everything is.
struct Machine<'a> {
    root: &'a Path,
    /// The platform of this machine: naming it keeps build scripts and macros as they are.
    host: String,
    /// Where everything else is built.
    plain: PathBuf,
    /// Apart from other builds, of which none has these flags.
    target: PathBuf,
}

impl<'a> Machine<'a> {
    fn new(root: &'a Path) -> Result<Self, String> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let version = output(Command::new(rustc).arg("-vV"))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.ok_or("`rustc -vV` names no host")?.to_owned();
        let plain = target_folder(|name| env::var_os(name))?;
        let target = plain.join("fuzz");
        Ok(Self { root, host, plain, target })
    }

    /// The program that knows the corpus, compiled as everything else is.
    fn corpus(&self, arguments: &[&str]) -> Command {
        let run = ["run", "--quiet", "--locked", "-p", "hallpass-doors", "--bin", "corpus", "--"];
        let mut command = cargo(self.root, &run);
        command.args(arguments).env("CARGO_TARGET_DIR", &self.plain);
        command
    }

    fn build(&self) -> Result<(), String> {
        // That its lock file follows the main one, the suite `corpus` sees.
        let mut build = cargo(&self.root.join("fuzz"), &["build", "--release", "--locked"]);
        build.args(["--target", &self.host]).env("CARGO_TARGET_DIR", &self.target);
        run_command(build.env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTED.join("\x1f")))
    }

    fn fuzz(&self, name: &str, options: &Options) -> Result<Figures, String> {
        let folder = self.target.join("runs").join(name);
        let inputs = folder.join("inputs");
        create(&inputs)?;
        remove_unpacked(&inputs)?;
        let text = self.root.join("fuzz/corpus").join(format!("{name}.txt"));
        if text.exists() {
            run_command(&mut self.corpus(&["unpack", &word(&text)?, &word(&inputs)?]))?;
        }
        run_command(&mut self.corpus(&["seeds", name, &word(&inputs)?]))?;

        let log = folder.join("log");
        let mut fuzzer = self.fuzzer(name);
        fuzzer.arg(LONGEST_BYTES).args(["-print_final_stats=1", "-timeout=10"]);
        fuzzer.arg(format!("-dict={}", word(&self.root.join("fuzz/words.dict"))?));
        fuzzer.arg(format!("-artifact_prefix={}/", word(&folder)?));
        fuzzer.args(options.seed.map(|seed| format!("-seed={seed}")));
        fuzzer.arg(match options.minutes {
            0 => "-runs=0".to_owned(),
            minutes => format!("-max_total_time={}", minutes * 60),
        });
        let result = logged(fuzzer.arg(&inputs), &log);
        let printed = read(&log)?;
        if let Err(message) = result {
            let last: Vec<_> = printed.lines().rev().take(40).collect();
            let last: Vec<_> = last.into_iter().rev().collect();
            return Err(format!("{}\n{message}", last.join("\n")));
        }
        if options.keep {
            self.keep(name, &folder, &text)?;
        }
        Figures::read(&printed).ok_or_else(|| format!("no figures in {}", log.display()))
    }

    /// Merges into an empty folder: what adds no edge is left out. How often an edge is taken helps
    /// to find more, and would be ten times as much to keep.
    fn keep(&self, name: &str, folder: &Path, text: &Path) -> Result<(), String> {
        let kept = folder.join("kept");
        if kept.exists() {
            fs::remove_dir_all(&kept).map_err(|error| format!("cannot empty kept: {error}"))?;
        }
        create(&kept)?;
        let mut merge = self.fuzzer(name);
        merge.args(["-set_cover_merge=1", "-use_counters=0", LONGEST_KEPT_BYTES]);
        merge.args([&kept, &folder.join("inputs")]);
        logged(&mut merge, &folder.join("merge.log"))?;
        thin_out(&kept)?;
        run_command(&mut self.corpus(&["pack", &word(&kept)?, &word(text)?]))
    }

    fn fuzzer(&self, name: &str) -> Command {
        Command::new(self.target.join(&self.host).join("release").join(name))
    }
}

/// Takes away what an earlier run unpacked here: corpus and seeds may have changed. What was found
/// since stays.
fn remove_unpacked(folder: &Path) -> Result<(), String> {
    let cannot = |error| format!("cannot empty {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("corpus-") || name.starts_with("seed-") {
            fs::remove_file(entry.path()).map_err(cannot)?;
        }
    }
    Ok(())
}

/// Takes the largest files away until there are few enough.
fn thin_out(folder: &Path) -> Result<(), String> {
    let cannot = |error| format!("cannot thin out {}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        files.push((fs::metadata(&path).map_err(cannot)?.len(), path));
    }
    files.sort();
    for (_, path) in files.iter().skip(MOST_KEPT) {
        fs::remove_file(path).map_err(cannot)?;
    }
    Ok(())
}

/// Runs `command`, and writes to `log` what it prints.
fn logged(command: &mut Command, log: &Path) -> Result<(), String> {
    let file = || File::create(log).map_err(|error| format!("no {}: {error}", log.display()));
    run_command(command.stderr(Stdio::from(file()?)))
}

fn create(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("no {}: {error}", folder.display()))
}

/// What a fuzzer prints is not always text.
fn read(file: &Path) -> Result<String, String> {
    let bytes = fs::read(file).map_err(|error| format!("no {}: {error}", file.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A path as an argument of libFuzzer's.
fn word(path: &Path) -> Result<String, String> {
    let word = path.to_str().ok_or_else(|| format!("{} is no text", path.display()))?;
    Ok(word.to_owned())
}
