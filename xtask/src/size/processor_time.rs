//! The processor time of a child process and of all its children, from the kernel.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::process::run;

/// How Linux counts it, on all its machines that Rust builds on: hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// Runs `command`, and says what it and its children took; `None` where it cannot be measured.
///
/// No other child of this process may end meanwhile.
pub(super) fn measure(command: &mut Command) -> Result<Option<Duration>, String> {
    let before = waited_for();
    run(command)?;
    let took = |before, after: u32| TICK * after.saturating_sub(before);
    Ok(before.zip(waited_for()).map(|(before, after)| took(before, after)))
}

/// What this process's children took that have ended, with theirs; Linux alone says.
fn waited_for() -> Option<u32> {
    parse(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// `cutime` and `cstime`, fields 16 and 17 of `/proc/PID/stat` (proc_pid_stat(5)), together.
///
/// Field 2 is the program's name in brackets, and may hold spaces and brackets of its own.
fn parse(stat: &str) -> Option<u32> {
    let (_, from_third) = stat.rsplit_once(')')?;
    let mut fields = from_third.split_whitespace().skip(13);
    let (user, system) = fields.next().zip(fields.next())?;
    user.parse::<u32>().ok()?.checked_add(system.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "S 1 7 7 0 -1 4194304 90 800 0 2 11 22 333 44 20 0 1 0 5000 9 9";

    #[track_caller]
    fn check(stat: &str, want: Option<u32>) {
        assert_eq!(parse(stat), want, "{stat}");
    }

    #[test]
    fn the_times_of_the_children_are_added() {
        check(&format!("42 (xtask) {REST}"), Some(333 + 44));
    }

    #[test]
    fn a_name_may_hold_spaces_and_brackets() {
        check(&format!("42 (a) b (c) 1 2 3) {REST}"), Some(333 + 44));
        check(&format!("42 ()) {REST}"), Some(333 + 44));
    }

    #[test]
    fn what_has_too_few_fields_is_not_read() {
        check("", None);
        check("42 (xtask) S 1 7 7", None);
        check("42 (xtask) S 1 7 7 0 -1 4194304 90 800 0 2 11 22 333", None);
        check("42 (xtask) S 1 7 7 0 -1 4194304 90 800 0 2 11 22 333 many", None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_child_that_works_is_counted() {
        let took = measure(
            Command::new("sh").args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]),
        );
        assert!(took.unwrap().unwrap() > Duration::ZERO);
    }

    #[test]
    fn a_child_that_fails_is_no_measurement() {
        assert!(measure(&mut Command::new("no-such-program")).is_err());
    }
}
