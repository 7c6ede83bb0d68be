//! What a user of each crate compiles is written down, so that a change of it is seen.

use std::collections::BTreeSet;

use crate::dependencies::{FOLDER, Lists, path, text};
use crate::tidy::Finding;
use crate::tree::Tree;

/// The crate that stands for every user of one provider, and how many crates it may bring.
const LIMIT: (&str, usize) = ("hallpass-github", 108);

pub(super) fn check(tree: &Tree, lists: &Lists) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, dependencies) in lists {
        let path = path(name);
        match tree.text(&path) {
            None => findings.push(Finding::new(path, 1, "is missing: run `cargo xtask deps`")),
            Some(old) if old != text(dependencies) => {
                let line = 1 + old.lines().zip(dependencies).take_while(|(a, b)| a == b).count();
                let message = "is not what the crate brings now: run `cargo xtask deps`, \
                               and say in the change why";
                findings.push(Finding::new(path, line, message));
            }
            Some(_) => {}
        }
    }
    for file in tree.names(FOLDER) {
        if file.strip_suffix(".txt").is_none_or(|name| !lists.contains_key(name)) {
            let path = format!("{FOLDER}/{file}");
            findings.push(Finding::new(path, 1, "belongs to no publishable crate"));
        }
    }
    let (name, limit) = LIMIT;
    let message = match lists.get(name).map(BTreeSet::len) {
        None => format!("there is no publishable crate {name}"),
        Some(count) if count > limit => format!("{name} brings {count} crates, over {limit}"),
        Some(_) => return findings,
    };
    findings.push(Finding::new(path(name), 1, message));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    const LIST: &str = "xtask/dependencies/hallpass-github.txt";

    fn lists(names: impl IntoIterator<Item = String>) -> Lists {
        Lists::from([("hallpass-github".to_owned(), names.into_iter().collect())])
    }

    fn few() -> Lists {
        lists(["serde".to_owned(), "url".to_owned()])
    }

    #[test]
    fn the_committed_list_is_the_present_one() {
        assert_found(&check(&Tree::of(&[(LIST, "serde\nurl\n")]), &few()), &[]);
    }

    #[test]
    fn an_old_a_missing_and_a_left_over_list_are_found() {
        let old = "xtask/dependencies/hallpass-github.txt:2: is not what the crate brings now: \
                   run `cargo xtask deps`, and say in the change why";
        assert_found(&check(&Tree::of(&[(LIST, "serde\nsyn\n")]), &few()), &[old]);
        assert_found(&check(&Tree::of(&[(LIST, "serde\n")]), &few()), &[old]);
        let missing = format!("{LIST}:1: is missing: run `cargo xtask deps`");
        assert_found(&check(&Tree::of(&[]), &few()), &[&missing]);
        let tree = Tree::of(&[(LIST, "serde\nurl\n"), ("xtask/dependencies/gone.txt", "")]);
        let gone = "xtask/dependencies/gone.txt:1: belongs to no publishable crate";
        assert_found(&check(&tree, &few()), &[gone]);
    }

    #[test]
    fn too_many_dependencies_are_found() {
        let many = lists((0..109).map(|number| format!("crate-{number:03}")));
        let tree = Tree::of(&[(LIST, &text(&many["hallpass-github"]))]);
        let want = format!("{LIST}:1: hallpass-github brings 109 crates, over 108");
        assert_found(&check(&tree, &many), &[&want]);
        let want = format!("{LIST}:1: there is no publishable crate hallpass-github");
        assert_found(&check(&Tree::of(&[]), &Lists::new()), &[&want]);
    }
}
