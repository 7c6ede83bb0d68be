//! `cargo xtask bench --python`: hallpass beside what Python's users would pick, over loopback.

use std::fs;
use std::path::Path;

use crate::process::{cargo, output, run as run_command};
use crate::python::{environment, program as program_of};

/// What the contenders need, with every version.
const REQUIREMENTS: &str = "benches/python/requirements.txt";

/// Prints the table, and writes the same to `hallpass/bench-python.md` in the target folder.
pub(super) fn run(root: &Path, target: &Path) -> Result<(), String> {
    let folder = target.join("hallpass");
    let python = program_of(&environment(root, REQUIREMENTS, &folder, "venv")?, "python");
    // Built with the release profile of the benchmarks; what it prints is the table alone.
    let package = ["--locked", "--profile=bench", "--package=hallpass-benches"];
    let program = ["--features=python", "--bin=beside_python"];
    let build = [&["build"], &package[..], &program].concat();
    run_command(cargo(root, &build).env("CARGO_TARGET_DIR", target))?;
    let start = [&["run", "--quiet"], &package[..], &program, &["--"]].concat();
    println!("measuring, for a minute or two");
    let mut measure = cargo(root, &start);
    let table = output(measure.arg(&python).env("CARGO_TARGET_DIR", target))?;
    print!("\n{table}");
    let path = folder.join("bench-python.md");
    fs::write(&path, &table).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
