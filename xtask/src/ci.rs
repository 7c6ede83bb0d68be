//! `cargo xtask ci`: every gate in turn, with the seconds that each took.

mod steps;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::ci::steps::Machine;
pub(crate) use crate::ci::steps::{EVERYTHING, OF_SERVERS, install_servers};

/// A gate. The order is the order of running: cheapest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// The sources are formatted.
    Fmt,
    /// `cargo xtask tidy` finds nothing.
    Tidy,
    /// cargo-deny, which is installed if it is missing, takes every licence, source and version.
    Deny,
    /// No warning, from clippy or the compiler.
    Clippy,
    /// The documentation builds without a warning.
    Docs,
    /// Every test with every feature; needs nothing but Rust.
    Tests,
    /// Crates build without default features, hallpass-axum with each of its own, core with either
    /// TLS.
    Alone,
    /// Each example runs, and prints something.
    Examples,
    /// The tests against real servers, which a script of ours installs.
    Servers,
    /// What would be published can be packaged, and a program can use the packages.
    Package,
}

/// Runs the steps named in `only`, or every step.
pub(crate) fn run(root: &Path, only: &[Step]) -> Result<(), String> {
    let machine = Machine { root, target: target_folder(|name| env::var_os(name))? };
    let chosen = |step: &&Step| only.is_empty() || only.contains(*step);
    let mut times = Vec::new();
    for &step in Step::value_variants().iter().filter(chosen) {
        println!("==> {}", name(step));
        let start = Instant::now();
        let result = machine.run(step);
        times.push((step, start.elapsed()));
        println!("<== {} {:.1} s\n", name(step), start.elapsed().as_secs_f64());
        if let Err(message) = result {
            print!("{}", report(&times, 1));
            return Err(format!("step {}: {message}", name(step)));
        }
    }
    print!("{}", report(&times, 0));
    Ok(())
}

/// The table of steps and seconds, and the count. The failed steps are the last ones.
fn report(times: &[(Step, Duration)], failed: usize) -> String {
    let mut lines = format!("{:<10}{:>8}\n", "step", "seconds");
    for (step, time) in times {
        lines += &format!("{:<10}{:>8.1}\n", name(*step), time.as_secs_f64());
    }
    let total: Duration = times.iter().map(|(_, time)| time).sum();
    lines += &format!("{:<10}{:>8.1}\n", "total", total.as_secs_f64());
    lines += &format!("{} passed, {failed} failed\n", times.len() - failed);
    lines
}

/// The word for `step` on the command line.
fn name(step: Step) -> String {
    step.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// One target folder, outside the clone: the next run is warm, wherever its clone is.
pub(crate) fn target_folder(
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, String> {
    let folder = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let chosen = folder("CARGO_TARGET_DIR")
        .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("hallpass/target")))
        .or_else(|| Some(folder("HOME")?.join(".cache/hallpass/target")))
        .ok_or("set CARGO_TARGET_DIR, XDG_CACHE_HOME or HOME: there is no place to build in")?;
    std::path::absolute(chosen).map_err(|error| format!("no current folder: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_target(variables: &[(&str, &str)], want: Option<&str>) {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        };
        assert_eq!(target_folder(lookup).ok(), want.map(PathBuf::from));
    }

    #[test]
    fn the_target_folder_is_the_first_that_is_set() {
        let home = ("HOME", "/h");
        let cache = ("XDG_CACHE_HOME", "/c");
        check_target(&[home, cache, ("CARGO_TARGET_DIR", "/t")], Some("/t"));
        check_target(&[home, cache, ("CARGO_TARGET_DIR", "")], Some("/c/hallpass/target"));
        check_target(&[home], Some("/h/.cache/hallpass/target"));
        check_target(&[], None);
    }

    #[test]
    fn the_report_ends_with_the_count() {
        let times = [(Step::Fmt, Duration::from_millis(1500)), (Step::Tidy, Duration::ZERO)];
        let table = "step       seconds\nfmt            1.5\ntidy           0.0\n";
        assert_eq!(report(&times, 0), format!("{table}total          1.5\n2 passed, 0 failed\n"));
        assert_eq!(report(&times, 1), format!("{table}total          1.5\n1 passed, 1 failed\n"));
    }

    #[test]
    fn a_step_is_called_by_its_word() {
        assert_eq!(Step::from_str("servers", false), Ok(Step::Servers));
        assert!(Step::from_str("everything", false).is_err());
    }
}
