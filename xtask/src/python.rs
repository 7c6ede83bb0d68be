//! Packages of Python, in an environment of their own in the target folder.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::thread;
use std::time::Duration;

use crate::process::{output, run};

/// Which Python it is, for whom an environment is made: of another one it is a dangling link, or
/// looks for its packages elsewhere.
const WHICH: &str = "import sys; print(sys.base_prefix, *sys.version_info[:2])";

/// Between tries to install: a registry may be out of order for a moment.
const PAUSES: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(30)];

/// A virtual environment in `folder`, with what the file `requirements` of the project names.
///
/// Its name is `name`, and a number for what it holds: other requirements or another Python,
/// another environment. Returns its place, for [`program`].
pub(crate) fn environment(
    root: &Path,
    requirements: &str,
    folder: &Path,
    name: &str,
) -> Result<PathBuf, String> {
    let wanted = root.join(requirements);
    let text = fs::read_to_string(&wanted)
        .map_err(|error| format!("cannot read {requirements}: {error}"))?;
    let base = if cfg!(windows) { "python" } else { "python3" };
    let which = output(Command::new(base).args(["-c", WHICH]))?;
    let place = folder.join(format!("{name}-{:016x}", number(&text, &which)));
    if is_whole(&place) {
        return Ok(place);
    }
    println!("installing {requirements} in {}", place.display());
    // Beside its place: another run may do the same at the same time.
    let partial = folder.join(format!("{name}.{}.partial", process::id()));
    let installed = install(base, &wanted, &partial).and_then(|()| put(&partial, &place));
    if installed.is_err() {
        // No other run would, of which each has another name for it.
        let _ = fs::remove_dir_all(&partial);
    }
    installed.map(|()| place)
}

/// Makes the environment `place` of what the file `wanted` names.
fn install(base: &str, wanted: &Path, place: &Path) -> Result<(), String> {
    run(Command::new(base).args(["-m", "venv", "--clear"]).arg(place))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    let python = program(place, "python");
    patiently(&PAUSES, || run(Command::new(&python).args(install).arg(wanted)))
}

/// Where the environment at `place` has a program.
pub(crate) fn program(place: &Path, name: &str) -> PathBuf {
    let folder = if cfg!(windows) { "Scripts" } else { "bin" };
    place.join(folder).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn number(requirements: &str, which: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (requirements, which).hash(&mut hasher);
    hasher.finish()
}

/// Whether there is an environment whose interpreter is not gone.
fn is_whole(place: &Path) -> bool {
    program(place, "python").exists()
}

/// What `attempt` says at last, after as many more tries as there are pauses.
fn patiently(
    pauses: &[Duration],
    mut attempt: impl FnMut() -> Result<(), String>,
) -> Result<(), String> {
    for &pause in pauses {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(error) => println!("{error}; once more in {} s", pause.as_secs()),
        }
        thread::sleep(pause);
    }
    attempt()
}

/// Moves what is whole into its place, or does without it if another run was faster.
fn put(partial: &Path, place: &Path) -> Result<(), String> {
    let moved = fs::rename(partial, place).or_else(|_| {
        if is_whole(place) {
            return fs::remove_dir_all(partial);
        }
        fs::remove_dir_all(place)?;
        fs::rename(partial, place)
    });
    moved.map_err(|error| format!("cannot write {}: {error}", place.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_requirements_and_another_python_have_another_environment() {
        let ours = number("a==1\n", "/usr 3 11");
        assert_eq!(number("a==1\n", "/usr 3 11"), ours);
        assert_ne!(number("a==2\n", "/usr 3 11"), ours);
        assert_ne!(number("a==1\n", "/usr 3 12"), ours);
    }

    /// An environment whose one file says who made it.
    fn made(place: &Path, by: &str) {
        let python = program(place, "python");
        fs::create_dir_all(python.parent().unwrap()).unwrap();
        fs::write(python, by).unwrap();
    }

    #[track_caller]
    fn check_put(prepare: impl FnOnce(&Path), want: &str) {
        let folder = tempfile::tempdir().unwrap();
        let [partial, place] = ["partial", "place"].map(|name| folder.path().join(name));
        prepare(&place);
        made(&partial, "ours");
        put(&partial, &place).unwrap();
        assert_eq!(fs::read_to_string(program(&place, "python")).unwrap(), want);
        assert!(!partial.exists());
    }

    #[test]
    fn an_environment_takes_its_place_unless_another_was_first() {
        check_put(|_| {}, "ours");
        check_put(|place| made(place, "theirs"), "theirs");
        // Without an interpreter, which is gone.
        check_put(|place| fs::create_dir_all(place.join("lib")).unwrap(), "ours");
    }

    #[track_caller]
    fn check_tries(failures: usize, want: Result<(), String>) {
        let mut tries = 0;
        let tried = patiently(&[Duration::ZERO; 2], || {
            tries += 1;
            if tries > failures { Ok(()) } else { Err(format!("failure {tries}")) }
        });
        assert_eq!((tried, tries), (want, (failures + 1).min(3)));
    }

    #[test]
    fn what_fails_is_tried_three_times() {
        check_tries(0, Ok(()));
        check_tries(2, Ok(()));
        check_tries(3, Err("failure 3".to_owned()));
    }

    #[test]
    fn without_requirements_there_is_no_environment() {
        let root = tempfile::tempdir().unwrap();
        let error = environment(root.path(), "no/list.txt", root.path(), "v").unwrap_err();
        assert!(error.starts_with("cannot read no/list.txt"), "{error}");
    }
}
