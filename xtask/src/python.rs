//! Packages of Python, in an environment of their own in the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::run;

/// A copy of the requirements in the environment that was made for them.
const INSTALLED: &str = "requirements.txt";

/// The virtual environment at `place`, with what the file `requirements` of the project names.
///
/// It is made anew if it was made for other ones. Returns its interpreter.
pub(crate) fn environment(
    root: &Path,
    requirements: &str,
    place: &Path,
) -> Result<PathBuf, String> {
    let wanted = root.join(requirements);
    let text = fs::read_to_string(&wanted)
        .map_err(|error| format!("cannot read {requirements}: {error}"))?;
    let python = program(place, "python");
    if is_made_for(place, &text) {
        return Ok(python);
    }
    println!("installing {requirements} in {}", place.display());
    let base = if cfg!(windows) { "python" } else { "python3" };
    run(Command::new(base).args(["-m", "venv", "--clear"]).arg(place))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(&python).args(install).arg(&wanted))?;
    // Last, so that an environment that was left half made is made anew.
    let installed = place.join(INSTALLED);
    fs::write(&installed, text)
        .map_err(|error| format!("cannot write {}: {error}", installed.display()))?;
    Ok(python)
}

/// Where the environment at `place` has a program.
pub(crate) fn program(place: &Path, name: &str) -> PathBuf {
    let folder = if cfg!(windows) { "Scripts" } else { "bin" };
    place.join(folder).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Whether the environment at `place` has these requirements.
fn is_made_for(place: &Path, requirements: &str) -> bool {
    let installed = fs::read_to_string(place.join(INSTALLED));
    program(place, "python").exists() && installed.is_ok_and(|installed| installed == requirements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(interpreter_exists: bool, installed: Option<&str>, want: bool) {
        let folder = tempfile::tempdir().unwrap();
        let python = program(folder.path(), "python");
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
        let error = environment(root.path(), "no/list.txt", &root.path().join("v")).unwrap_err();
        assert!(error.starts_with("cannot read no/list.txt"), "{error}");
    }
}
