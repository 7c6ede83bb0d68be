//! `cargo xtask bench --python`: hallpass beside what Python's users would pick, over loopback.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{cargo, output, run as run_command};

/// What the contenders need, with every version.
const REQUIREMENTS: &str = "benches/python/requirements.txt";

/// A copy of them in the environment that was made for them.
const INSTALLED: &str = "requirements.txt";

/// Prints the table, and writes the same to `hallpass/bench-python.md` in the target folder.
pub(super) fn run(root: &Path, target: &Path) -> Result<(), String> {
    let folder = target.join("hallpass");
    let python = environment(root, &folder.join("venv"))?;
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

/// The interpreter of the virtual environment at `place`, which is made anew if it was made for
/// other requirements.
fn environment(root: &Path, place: &Path) -> Result<PathBuf, String> {
    let wanted = root.join(REQUIREMENTS);
    let text = fs::read_to_string(&wanted)
        .map_err(|error| format!("cannot read {REQUIREMENTS}: {error}"))?;
    let python = interpreter(place);
    if is_made_for(place, &text) {
        return Ok(python);
    }
    println!("installing {REQUIREMENTS} in {}", place.display());
    let base = if cfg!(windows) { "python" } else { "python3" };
    run_command(Command::new(base).args(["-m", "venv", "--clear"]).arg(place))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run_command(Command::new(&python).args(install).arg(&wanted))?;
    // Last, so that an environment that was left half made is made anew.
    let installed = place.join(INSTALLED);
    fs::write(&installed, text)
        .map_err(|error| format!("cannot write {}: {error}", installed.display()))?;
    Ok(python)
}

/// Whether the environment at `place` has these requirements.
fn is_made_for(place: &Path, requirements: &str) -> bool {
    let installed = fs::read_to_string(place.join(INSTALLED));
    interpreter(place).exists() && installed.is_ok_and(|installed| installed == requirements)
}

/// Where a virtual environment has its interpreter.
fn interpreter(place: &Path) -> PathBuf {
    place.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(interpreter_exists: bool, installed: Option<&str>, want: bool) {
        let folder = tempfile::tempdir().unwrap();
        let python = interpreter(folder.path());
        fs::create_dir_all(python.parent().unwrap()).unwrap();
        if interpreter_exists {
            fs::write(python, "").unwrap();
        }
        if let Some(installed) = installed {
            fs::write(folder.path().join(INSTALLED), installed).unwrap();
        }
        assert_eq!(is_made_for(folder.path(), "a==1\n"), want);
    }

    #[test]
    fn an_environment_of_other_requirements_is_not_used() {
        check(true, Some("a==1\n"), true);
        check(true, Some("a==2\n"), false);
        check(true, None, false);
        check(false, Some("a==1\n"), false);
    }

    #[test]
    fn without_requirements_there_is_no_environment() {
        let root = tempfile::tempdir().unwrap();
        let error = environment(root.path(), &root.path().join("venv")).unwrap_err();
        assert!(error.starts_with("cannot read benches/python/requirements.txt"), "{error}");
    }
}
