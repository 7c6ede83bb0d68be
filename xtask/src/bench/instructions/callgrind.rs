//! callgrind, called twice: what a call costs is the difference, so that starting up is not in it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::output;

/// How often a path is called, in the one run and in the other. Far apart enough that a word more
/// or less in the one is nothing in a call.
const CALLS: [u64; 2] = [200, 1_200];

/// Fails unless valgrind is there.
pub(super) fn look() -> Result<(), String> {
    output(Command::new("valgrind").arg("--version")).map(drop).map_err(|error| {
        format!("this machine lacks valgrind (`apt-get install valgrind`): {error}")
    })
}

/// Instructions per call, rounded. callgrind's files stay in `folder`, for `callgrind_annotate`.
pub(super) fn per_call(hot: &Path, name: &str, folder: &Path) -> Result<u64, String> {
    let mut totals = [0; CALLS.len()];
    for (total, calls) in totals.iter_mut().zip(CALLS) {
        let file = folder.join(format!("{name}.{calls}.out"));
        let mut command = Command::new("valgrind");
        // The variables lie on the stack, and move all that is above them.
        if let Some(path) = std::env::var_os("PATH") {
            command.env_clear().env("PATH", path);
        }
        command.args(["--quiet", "--tool=callgrind"]);
        command.arg(format!("--callgrind-out-file={}", file.display()));
        output(command.arg(hot).arg(name).arg(calls.to_string()))?;
        let text =
            fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        *total = summary(&text).ok_or_else(|| format!("{}: no summary", file.display()))?;
    }
    difference(CALLS, totals).ok_or_else(|| format!("{name}: more calls were fewer instructions"))
}

/// All instructions of a run, from callgrind's file.
fn summary(text: &str) -> Option<u64> {
    if !text.lines().any(|line| line == "events: Ir") {
        return None;
    }
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix("summary:"))?.trim().parse().ok()
}

fn difference(calls: [u64; 2], totals: [u64; 2]) -> Option<u64> {
    let more = calls[1] - calls[0];
    Some((totals[1].checked_sub(totals[0])? + more / 2) / more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_one_line_of_the_file() {
        let head = "version: 1\ncmd: hot a 1\npositions: line\nevents: Ir\nsummary: 1234567\n";
        let text = format!("{head}\nfn=(1) x\n3 9\n\ntotals: 7654321\n");
        assert_eq!(summary(&text), Some(1_234_567));
    }

    #[test]
    fn a_file_that_counts_other_things_or_was_cut_off_has_none() {
        assert_eq!(summary("events: Ir Dr\nsummary: 10 2\n"), None);
        assert_eq!(summary("events: Ir\n"), None);
        assert_eq!(summary("events: Ir\nsummary: \n"), None);
    }

    #[test]
    fn a_call_costs_the_rounded_difference() {
        assert_eq!(difference([200, 1_200], [9_000_000, 12_000_499]), Some(3_000));
        assert_eq!(difference([200, 1_200], [9_000_000, 12_000_500]), Some(3_001));
        assert_eq!(difference([200, 1_200], [9_000_000, 8_000_000]), None);
    }
}
