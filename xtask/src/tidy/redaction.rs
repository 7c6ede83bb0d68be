//! Every public type of core is in the list that the test for leaking secrets goes through.

use std::collections::BTreeSet;

use crate::tidy::source::{Source, ends_in_word, leading_word};
use crate::tidy::{CORE, Finding, library};
use crate::tree::Tree;

const LIST: &str = "tests/redaction-types.txt";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(LIST) else { return vec![Finding::new(LIST, 1, "is missing")] };
    let sources = library::sources(tree, CORE);
    let types: BTreeSet<&str> = sources.iter().flat_map(|(_, source)| types(source)).collect();
    let listed: BTreeSet<&str> = text.lines().collect();
    let mut findings = Vec::new();
    if types.is_empty() {
        findings.push(Finding::new(CORE, 1, "has no public type to compare with a list"));
    }
    for (index, name) in text.lines().enumerate() {
        if !types.contains(name) {
            let message = format!("core has no public type `{name}`");
            findings.push(Finding::new(LIST, index + 1, message));
        }
    }
    for name in types.difference(&listed) {
        let message = format!("core's public type `{name}` is not in the list");
        findings.push(Finding::new(LIST, 1, message));
    }
    if !text.lines().is_sorted_by(|a, b| a < b) {
        findings.push(Finding::new(LIST, 1, "is not sorted, or has a name twice"));
    }
    findings
}

/// The names in `pub struct …` and `pub enum …`.
fn types(source: &Source) -> Vec<&str> {
    let mut names = Vec::new();
    for keyword in ["struct", "enum"] {
        for at in source.words(keyword) {
            let before = source.code[..at].trim_end().strip_suffix("pub");
            if before.is_some_and(|before| !ends_in_word(before)) {
                names.push(leading_word(source.code[at + keyword.len()..].trim_start()));
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    const CODE: &str = "pub struct B<T>(T);\npub(crate) struct C;\nstruct D;\npub enum A { B }\n\
                        // pub struct E;\n#[cfg(test)] mod tests { pub struct F; }";

    #[track_caller]
    fn check_list(list: &str, want: &[&str]) {
        let tree = Tree::of(&[(LIST, list), ("crates/hallpass-core/src/lib.rs", CODE)]);
        assert_found(&check(&tree), want);
    }

    #[test]
    fn the_list_has_each_public_type() {
        check_list("A\nB\n", &[]);
    }

    #[test]
    fn another_list_is_found() {
        let at = "tests/redaction-types.txt";
        check_list("A\n", &[&format!("{at}:1: core's public type `B` is not in the list")]);
        check_list("A\nB\nC\n", &[&format!("{at}:3: core has no public type `C`")]);
        check_list("B\nA\n", &[&format!("{at}:1: is not sorted, or has a name twice")]);
        assert_found(&check(&Tree::of(&[])), &["tests/redaction-types.txt:1: is missing"]);
    }

    #[test]
    fn a_core_without_types_is_found() {
        let want = "crates/hallpass-core:1: has no public type to compare with a list";
        assert_found(&check(&Tree::of(&[(LIST, "")])), &[want]);
    }
}
