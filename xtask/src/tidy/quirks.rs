//! Each quirk of a provider has its fixtures, and each fixture its source.

use std::collections::BTreeSet;

use crate::fixtures::{self, PROVIDERS};
use crate::quirks::{Row, Table, table};
use crate::tidy::Finding;
use crate::tree::Tree;

/// Fixtures of what a provider refuses to others: each is a quirk, whatever its case.
const REFUSES: &str = "refuses.";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let providers = tree.folders(PROVIDERS);
    if providers.is_empty() {
        return vec![Finding::new(PROVIDERS, 1, "has no provider whose quirks could be checked")];
    }
    providers.into_iter().flat_map(|provider| provider_findings(tree, provider)).collect()
}

fn provider_findings(tree: &Tree, provider: &str) -> Vec<Finding> {
    let names = fixtures::names(tree, provider);
    let Table { path, rows } = table(tree, provider);
    let mut findings = match rows {
        Some(rows) => table_findings(&path, &rows, &names),
        None => {
            let message = "the crate's docs have no table `| Quirk | Fixture |`";
            vec![Finding::new(path, 1, message)]
        }
    };
    if names.is_empty() {
        let folder = format!("{PROVIDERS}/{provider}/fixtures");
        findings.push(Finding::new(folder, 1, "has no fixture"));
    }
    for name in names {
        let path = format!("{PROVIDERS}/{provider}/fixtures/{name}");
        let first = tree.text(&path).and_then(|text| text.lines().next()).unwrap_or_default();
        if !has_source(first) {
            let message = "the first line is not `# SOURCE, read YYYY-MM-DD` \
                           or `# SOURCE, recalled, not re-read`";
            findings.push(Finding::new(path, 1, message));
        }
    }
    findings
}

/// Compares the rows of the table in the docs at `path` with the fixtures.
fn table_findings(path: &str, rows: &[Row], fixtures: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut named = BTreeSet::new();
    for row in rows {
        if row.fixtures.is_empty() {
            findings.push(Finding::new(path, row.line, "this quirk names no fixture in backticks"));
        }
        let own = || row.fixtures.iter().map(String::as_str);
        for name in own().filter(|name| !fixtures.contains(name)) {
            let message = format!("there is no fixtures/{name}");
            findings.push(Finding::new(path, row.line, message));
        }
        named.extend(own());
    }
    for name in fixtures {
        match case(name) {
            None => {
                let message = format!("fixtures/{name} is not named OPERATION.CASE.http");
                findings.push(Finding::new(path, 1, message));
            }
            Some("accepted" | "refused") if !name.starts_with(REFUSES) => {}
            Some(_) if named.contains(name) => {}
            Some(_) => {
                let message = format!("no row of the table of quirks names fixtures/{name}");
                findings.push(Finding::new(path, 1, message));
            }
        }
    }
    findings
}

/// The case in `operation.case.http`.
fn case(name: &str) -> Option<&str> {
    let (operation, case) = name.strip_suffix(".http")?.split_once('.')?;
    (!operation.is_empty() && !case.is_empty()).then_some(case)
}

/// Whether a fixture's first line tells where it is from and when that was read.
fn has_source(line: &str) -> bool {
    let Some(line) = line.strip_prefix("# ") else { return false };
    let source = match line.strip_suffix(", recalled, not re-read") {
        Some(source) => source,
        None => match line.rsplit_once(", read ") {
            Some((source, date)) if is_date(date) => source,
            _ => return false,
        },
    };
    !source.trim().is_empty()
}

/// Whether `text` is a day, as `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, length: usize| {
        let is_number = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { part.parse::<u32>().ok() } else { None }
    };
    let [year, month, day] = parts[..] else { return false };
    number(year, 4).is_some()
        && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
        && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    const README: &str = "crates/providers/hallpass-a/README.md";
    const LIB: &str = "crates/providers/hallpass-a/src/lib.rs";
    const INCLUDED: &str = "#![doc = include_str!(\"../README.md\")]";
    const TABLE: &str = "| Quirk | Fixture |\n|---|---|\n";
    const FIXTURES: [&str; 3] = ["token.accepted.http", "token.odd.http", "token.refused.http"];

    fn of_table(rows: &str, fixtures: &[&str]) -> Vec<Finding> {
        let text = format!("{TABLE}{rows}");
        let tree = Tree::of(&[(LIB, INCLUDED), (README, &text)]);
        let rows = table(&tree, "hallpass-a").rows.unwrap();
        table_findings("README.md", &rows, &fixtures.iter().copied().collect())
    }

    #[test]
    fn a_complete_table_is_accepted() {
        assert_found(&of_table("| Odd | `token.odd.http`, `token.refused.http` |", &FIXTURES), &[]);
    }

    #[test]
    fn a_row_and_a_fixture_without_the_other_are_found() {
        let odd = "README.md:1: no row of the table of quirks names fixtures/token.odd.http";
        assert_found(&of_table("", &FIXTURES), &[odd]);
        let rows = "| Odd | `token.odd.http` |\n| Gone | `token.gone.http` |\n| None | – |";
        let want = [
            "README.md:4: there is no fixtures/token.gone.http",
            "README.md:5: this quirk names no fixture in backticks",
        ];
        assert_found(&of_table(rows, &FIXTURES), &want);
        let form = "README.md:1: fixtures/token.http is not named OPERATION.CASE.http";
        assert_found(&of_table("", &["token.http"]), &[form]);
    }

    #[test]
    fn what_a_provider_refuses_to_others_is_a_quirk() {
        for name in ["refuses.no_accept.http", "refuses.refused.http"] {
            let want = format!("README.md:1: no row of the table of quirks names fixtures/{name}");
            assert_found(&of_table("", &[name]), &[&want]);
            assert_found(&of_table(&format!("| Odd | `{name}` |"), &[name]), &[]);
        }
    }

    #[test]
    fn the_docs_are_in_the_readme_or_in_the_library() {
        let fixture =
            ("crates/providers/hallpass-a/fixtures/token.odd.http", "# a, read 2026-01-15");
        let row = format!("{TABLE}| Odd | `token.odd.http` |");
        let own: String = row.lines().map(|line| format!("//! {line}\n")).collect();
        assert_found(&check(&Tree::of(&[fixture, (LIB, &own)])), &[]);
        assert_found(&check(&Tree::of(&[fixture, (LIB, INCLUDED), (README, &row)])), &[]);

        let none = "the crate's docs have no table `| Quirk | Fixture |`";
        assert_found(
            &check(&Tree::of(&[fixture, (LIB, INCLUDED)])),
            &[&format!("{LIB}:1: {none}")],
        );
        let unlinked = Tree::of(&[fixture, (LIB, "//! A."), (README, &row)]);
        assert_found(&check(&unlinked), &[&format!("{LIB}:1: {none}")]);
    }

    #[test]
    fn a_tree_without_providers_or_fixtures_is_found() {
        let tree = Tree::of(&[(LIB, INCLUDED), (README, TABLE)]);
        assert_found(&check(&tree), &["crates/providers/hallpass-a/fixtures:1: has no fixture"]);
        let want = "crates/providers:1: has no provider whose quirks could be checked";
        assert_found(&check(&Tree::of(&[])), &[want]);
    }

    #[test]
    fn a_fixture_without_a_source_is_found() {
        let path = "crates/providers/hallpass-a/fixtures/token.refused.http";
        let text = "> GET https://a.test\n# b, read 2026-01-15\n";
        let tree = Tree::of(&[(LIB, INCLUDED), (README, TABLE), (path, text)]);
        assert_eq!(check(&tree).len(), 1);
        assert!(check(&tree)[0].to_string().starts_with(&format!("{path}:1: the first line is")));
    }

    #[test]
    fn a_source_has_a_day_or_says_that_it_was_recalled() {
        for line in ["# docs.a.test \"B\", read 2026-01-15", "# docs, recalled, not re-read"] {
            assert!(has_source(line), "{line}");
        }
        let days = ["# a, read 2026-13-15", "# a, read 15 January", "# a, read 2026-01-5"];
        let others = ["", "# a", "# , read 2026-01-15", "a, read 2026-01-15"];
        for line in days.into_iter().chain(others) {
            assert!(!has_source(line), "{line}");
        }
    }
}
