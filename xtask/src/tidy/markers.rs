//! Each marker `// check: N` names a row of SECURITY-CHECKS.md, and guards what
//! `cargo xtask mutants` can take out.

use crate::mutants::rows;
use crate::mutation::markers;
use crate::tidy::Finding;
use crate::tidy::security::LIST;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let (markers, faults) = markers::<u32>(tree);
    let mut findings: Vec<_> = faults
        .into_iter()
        .map(|fault| Finding::new(fault.path, fault.line, fault.message))
        .collect();
    let rows = match rows(tree) {
        Ok(rows) => rows,
        Err(message) => {
            findings.push(Finding::new(LIST, 1, message));
            return findings;
        }
    };
    for marker in &markers {
        for number in marker.names.iter().filter(|number| !rows.contains_key(number)) {
            let message = format!("{LIST} has no row {number}");
            findings.push(Finding::new(&marker.path, marker.line, message));
        }
    }
    if markers.is_empty() && findings.is_empty() {
        findings.push(Finding::new("crates", 1, "has no marker `// check: N`"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    #[track_caller]
    fn check_source(source: &str, want: &[&str]) {
        let list = "| Number | Check | Test |\n|---|---|---|\n| 1 | A | `a.rs::b` |\n";
        assert_found(&check(&Tree::of(&[(LIST, list), ("crates/a/src/lib.rs", source)])), want);
    }

    #[test]
    fn a_marker_of_a_row_before_a_statement_is_enough() {
        check_source("// check: 1\na();", &[]);
    }

    #[test]
    fn a_marker_of_no_row_is_found() {
        let want = "crates/a/src/lib.rs:1: SECURITY-CHECKS.md has no row 2";
        check_source("// check: 1, 2\na();", &[want]);
    }

    #[test]
    fn a_marker_before_something_else_is_found() {
        let want = "crates/a/src/lib.rs:2: `fn` starts nothing that can be taken out";
        check_source("\n// check: 1\nfn a() {}", &[want]);
    }

    #[test]
    fn a_tree_without_markers_or_rows_is_found() {
        check_source("a();", &["crates:1: has no marker `// check: N`"]);
        let want = "SECURITY-CHECKS.md:1: there is no SECURITY-CHECKS.md";
        assert_found(&check(&Tree::of(&[])), &[want]);
    }
}
