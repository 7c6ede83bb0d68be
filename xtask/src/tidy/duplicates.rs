//! What is compiled in two versions is written down, with a reason for each.

use std::collections::BTreeSet;

use crate::duplicates::{Duplicates, LIST, REASONS, text};
use crate::tidy::Finding;
use crate::tree::Tree;

/// Where the reasons are.
const SOURCE: &str = "xtask/src/duplicates.rs";

pub(super) fn check(tree: &Tree, duplicates: &Duplicates) -> Vec<Finding> {
    let mut findings = Vec::new();
    let now = text(duplicates);
    match tree.text(LIST) {
        None => findings.push(Finding::new(LIST, 1, "is missing: run `cargo xtask deps`")),
        Some(old) if old != now => {
            let line = 1 + old.lines().zip(now.lines()).take_while(|(a, b)| a == b).count();
            let message = "is not what is compiled twice now: prefer one version; else run \
                           `cargo xtask deps`, and say in the change why";
            findings.push(Finding::new(LIST, line, message));
        }
        Some(_) => {}
    }
    findings.extend(unexplained(duplicates, &REASONS));
    findings
}

/// Who brings an older version without a reason, and which reason is nobody's.
fn unexplained(duplicates: &Duplicates, reasons: &[(&str, &str)]) -> Vec<Finding> {
    let older = || duplicates.values().flatten();
    let mut findings = BTreeSet::new();
    for it in older() {
        let without = it.by.iter().filter(|by| !reasons.iter().any(|(name, _)| by == name));
        findings.extend(without.map(|by| format!("no reason why {by} brings {}", it.name)));
    }
    let unused = reasons.iter().filter(|(name, _)| !older().any(|it| it.by.contains(*name)));
    findings.extend(unused.map(|(name, _)| format!("{name} brings no older version any more")));
    findings.into_iter().map(|message| Finding::new(SOURCE, 1, message)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duplicates::Older;
    use crate::tidy::assert_found;

    fn with(by: &[&str]) -> Duplicates {
        let by = by.iter().copied().map(str::to_owned).collect();
        let older = Older { name: "syn".to_owned(), series: "2".to_owned(), by };
        Duplicates::from([("hallpass with web".to_owned(), BTreeSet::from([older]))])
    }

    #[test]
    fn a_list_that_is_old_or_missing_is_found() {
        let duplicates = with(&["maud"]);
        let list = |tree: &Tree| -> Vec<Finding> {
            let findings = check(tree, &duplicates).into_iter();
            findings.filter(|finding| finding.path == LIST).collect()
        };
        let now = text(&duplicates);
        assert_found(&list(&Tree::of(&[(LIST, &now)])), &[]);
        let missing = "xtask/duplicates.txt:1: is missing: run `cargo xtask deps`";
        assert_found(&list(&Tree::of(&[])), &[missing]);
        let found = list(&Tree::of(&[(LIST, &now.replace(": syn 2", ": syn 1"))]));
        let line = now.lines().count();
        assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [line]);
    }

    #[test]
    fn whoever_brings_an_older_version_has_a_reason() {
        let reasons = [("maud", "its newest release is on syn 2")];
        assert_found(&unexplained(&with(&["maud"]), &reasons), &[]);
        let at = "xtask/src/duplicates.rs:1:";
        let none = format!("{at} no reason why tracing brings syn");
        assert_found(&unexplained(&with(&["maud", "tracing"]), &reasons), &[&none]);
        let unused = format!("{at} maud brings no older version any more");
        assert_found(&unexplained(&Duplicates::new(), &reasons), &[&unused]);
    }
}
