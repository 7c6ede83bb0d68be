//! Each boundary of SECURITY.md names the checks that hold it, and each check a boundary.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::tidy::Finding;
use crate::tidy::security::{self, LIST};
use crate::tidy::table::tables;
use crate::tree::Tree;

const PROMISES: &str = "SECURITY.md";

/// The last column of its table.
const COLUMN: &str = "Checks";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(PROMISES) else {
        return vec![Finding::new(PROMISES, 1, "is missing")];
    };
    let checks: BTreeSet<u32> = security::rows(tree.text(LIST).unwrap_or_default())
        .iter()
        .filter_map(|row| row.cells.first()?.parse().ok())
        .collect();
    let mut named = BTreeSet::new();
    let mut findings = Vec::new();
    let tables = tables(text.lines()).into_iter();
    for row in
        tables.filter(|it| it.header.last().is_some_and(|it| it == COLUMN)).flat_map(|it| it.rows)
    {
        match row.cells.last().and_then(|cell| ranges(cell)) {
            None => findings.push(Finding::new(
                PROMISES,
                row.line,
                format!("ends in no numbers of {LIST}, such as `1–6, 9`"),
            )),
            Some(ranges) => {
                let ends = ranges.iter().flat_map(|range| [*range.start(), *range.end()]);
                for end in ends.collect::<BTreeSet<u32>>() {
                    if !checks.contains(&end) {
                        let message = format!("{LIST} has no row {end}");
                        findings.push(Finding::new(PROMISES, row.line, message));
                    }
                }
                named.extend(ranges.into_iter().flatten());
            }
        }
    }
    for number in checks.difference(&named) {
        let message = format!("no boundary of {PROMISES} names row {number}");
        findings.push(Finding::new(LIST, 1, message));
    }
    findings
}

/// Reads `1–6, 9`.
fn ranges(cell: &str) -> Option<Vec<RangeInclusive<u32>>> {
    let range = |part: &str| {
        let (from, to) = part.split_once('–').unwrap_or((part, part));
        Some(from.trim().parse().ok()?..=to.trim().parse().ok()?)
    };
    cell.split(',').map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    const CHECKS: &str = "| Number | Check | Test |\n|---|---|---|\n| 1 | A | `a` |\n\
                          | 3 | B | `b` |\n| 4 | C | `c` |\n";

    #[track_caller]
    fn check_cell(cell: &str, want: &[&str]) {
        let text = format!("| Boundary | Checks |\n|---|---|\n| A | {cell} |\n");
        assert_found(&check(&Tree::of(&[(PROMISES, &text), (LIST, CHECKS)])), want);
    }

    #[test]
    fn every_check_is_named_by_a_boundary() {
        check_cell("1, 3, 4", &[]);
        check_cell("1–4", &[]);
        let want = "SECURITY-CHECKS.md:1: no boundary of SECURITY.md names row 3";
        check_cell("1, 4", &[want]);
    }

    #[test]
    fn a_boundary_names_checks_that_there_are() {
        let none = "SECURITY.md:3: SECURITY-CHECKS.md has no row 2";
        check_cell("1–4, 2", &[none]);
        check_cell("1, 2–4", &[none]);
        let rest = [1, 3, 4].map(|number| {
            format!("SECURITY-CHECKS.md:1: no boundary of SECURITY.md names row {number}")
        });
        let empty = "SECURITY.md:3: ends in no numbers of SECURITY-CHECKS.md, such as `1–6, 9`";
        check_cell("later", &[empty, &rest[0], &rest[1], &rest[2]]);
        check_cell("", &[empty, &rest[0], &rest[1], &rest[2]]);
    }

    #[test]
    fn promises_that_are_gone_are_found() {
        assert_found(&check(&Tree::of(&[(LIST, CHECKS)])), &["SECURITY.md:1: is missing"]);
    }
}
