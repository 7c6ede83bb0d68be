//! Every check that SECURITY-CHECKS.md promises has a test.

use crate::tidy::Finding;
use crate::tidy::source::{Source, leading_word};
use crate::tidy::table::{Row, quoted, tables};
use crate::tree::Tree;

pub(crate) const LIST: &str = "SECURITY-CHECKS.md";

/// The columns of its tables, in any case.
const COLUMNS: [&str; 3] = ["number", "check", "test"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(LIST) else {
        return vec![Finding::new(LIST, 1, "is missing")];
    };
    let rows = rows(text);
    if rows.is_empty() {
        return vec![Finding::new(LIST, 1, "has no row of a table `| Number | Check | Test |`")];
    }
    let mut findings = Vec::new();
    for row in rows {
        let cell = row.cells.get(2).map_or("", String::as_str);
        if quoted(cell).next().is_none() {
            let message = "this check names no test as `path/to/file.rs::test_name`";
            findings.push(Finding::new(LIST, row.line, message));
        }
        let faults = quoted(cell).filter_map(|test| fault(tree, test));
        findings.extend(faults.map(|message| Finding::new(LIST, row.line, message)));
    }
    findings
}

/// The rows of the list's tables.
pub(crate) fn rows(text: &str) -> Vec<Row> {
    let is_ours = |header: &[String]| {
        let same = |(cell, column): (&String, &str)| cell.eq_ignore_ascii_case(column);
        header.len() == COLUMNS.len() && header.iter().zip(COLUMNS).all(same)
    };
    let tables = tables(text.lines()).into_iter().filter(|table| is_ours(&table.header));
    tables.flat_map(|table| table.rows).collect()
}

/// What is wrong with the entry `path::test`.
fn fault(tree: &Tree, entry: &str) -> Option<String> {
    let Some((path, test)) = entry.split_once("::") else {
        return Some(format!("`{entry}` is not of the form `path/to/file.rs::test_name`"));
    };
    let Some(text) = tree.text(path) else { return Some(format!("there is no {path}")) };
    let name = test.rsplit("::").next().unwrap_or(test);
    let source = Source::new(text);
    let is_found = source
        .words("fn")
        .any(|at| leading_word(source.code[at + "fn".len()..].trim_start()) == name);
    (!is_found).then(|| format!("{path} has no `fn {name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    #[track_caller]
    fn check_rows(rows: &str, want: &[&str]) {
        let text = format!("| Number | Check | Test |\n|---|---|---|\n{rows}");
        let test = "#[test]\nfn a_is_b() {}\n// fn c_is_d() {}";
        assert_found(&check(&Tree::of(&[(LIST, &text), ("tests/it.rs", test)])), want);
    }

    #[test]
    fn a_test_that_exists_is_enough() {
        check_rows("| 1 | A is B | `tests/it.rs::a_is_b` |", &[]);
        check_rows("| 1 | A is B | `tests/it.rs::deep::a_is_b` and more |", &[]);
    }

    #[test]
    fn a_test_that_does_not_exist_is_found() {
        let at = "SECURITY-CHECKS.md:3:";
        check_rows(
            "| 1 | C | `tests/it.rs::c_is_d` |",
            &[&format!("{at} tests/it.rs has no `fn c_is_d`")],
        );
        check_rows(
            "| 1 | C | `tests/no.rs::a_is_b` |",
            &[&format!("{at} there is no tests/no.rs")],
        );
        let form = "path/to/file.rs::test_name";
        check_rows("| 1 | C | later |", &[&format!("{at} this check names no test as `{form}`")]);
        check_rows("| 1 | C |", &[&format!("{at} this check names no test as `{form}`")]);
        check_rows("| 1 | C | `x` |", &[&format!("{at} `x` is not of the form `{form}`")]);
    }

    #[test]
    fn a_list_without_rows_is_found() {
        let want = "SECURITY-CHECKS.md:1: has no row of a table `| Number | Check | Test |`";
        check_rows("", &[want]);
        assert_found(&check(&Tree::of(&[])), &["SECURITY-CHECKS.md:1: is missing"]);
    }
}
