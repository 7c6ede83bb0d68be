//! No `unsafe` anywhere, and no package that the lints of the workspace do not reach.

use crate::tidy::Finding;
use crate::tidy::source::{Source, line_of};
use crate::tidy::toml::{Entry, entries, is_manifest};
use crate::tree::Tree;

const ROOT: &str = "Cargo.toml";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let manifests = tree.files().filter(|(path, _)| is_manifest(path));
    for (path, text) in manifests {
        let entries = entries(text);
        let missing = match path {
            ROOT => !forbids_unsafe(&entries, "workspace.lints.rust"),
            _ => !inherits(&entries) && !forbids_unsafe(&entries, "lints.rust"),
        };
        if missing {
            let message = match path {
                ROOT => "the lints of the workspace do not say `unsafe_code = \"forbid\"`",
                _ => "has neither `[lints] workspace = true` nor `unsafe_code = \"forbid\"`",
            };
            findings.push(Finding::new(path, 1, message));
        }
    }
    if tree.text(ROOT).is_none() {
        findings.push(Finding::new(ROOT, 1, "is missing"));
    }
    // What no package compiles here has no lint: templates, programs for other places.
    for (path, text) in tree.files().filter(|(path, _)| path.contains(".rs")) {
        let source = Source::new(text);
        let found = source.words("unsafe").map(|at| line_of(text, at));
        findings.extend(found.map(|line| Finding::new(path, line, "`unsafe` is forbidden")));
    }
    findings
}

fn inherits(entries: &[Entry<'_>]) -> bool {
    entries.iter().any(|it| (it.table, it.key, it.value) == ("lints", "workspace", "true"))
}

fn forbids_unsafe(entries: &[Entry<'_>], table: &str) -> bool {
    let want = (table, "unsafe_code", "\"forbid\"");
    entries.iter().any(|it| (it.table, it.key, it.value) == want)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    const WORKSPACE: (&str, &str) = (ROOT, "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n");

    #[track_caller]
    fn check_file(path: &str, text: &str, want: &[&str]) {
        assert_found(&check(&Tree::of(&[WORKSPACE, (path, text)])), want);
    }

    #[test]
    fn a_package_inherits_the_lints_or_forbids_unsafe_itself() {
        check_file("a/Cargo.toml", "[package]\n[lints]\nworkspace = true\n", &[]);
        check_file("a/Cargo.toml", "[package]\n[lints.rust]\nunsafe_code = \"forbid\"\n", &[]);
        let want = "a/Cargo.toml:1: has neither `[lints] workspace = true` nor \
                    `unsafe_code = \"forbid\"`";
        check_file("a/Cargo.toml", "[package]\nname = \"a\"\n", &[want]);
        check_file("a/Cargo.toml", "[lints.rust]\nunsafe_code = \"deny\"\n", &[want]);
        check_file("a/Cargo.toml", "[dependencies]\nworkspace = true\n", &[want]);
        check_file("a/Cargo.toml.in", "", &[&want.replace("toml:", "toml.in:")]);
    }

    #[test]
    fn unsafe_code_is_found_wherever_it_is() {
        let want = "a/b.rs:2: `unsafe` is forbidden";
        check_file("a/b.rs", "fn a() {\n    unsafe { b() }\n}", &[want]);
        check_file("a/b.rs.in", "\nunsafe fn a() {}", &[&want.replace("rs:", "rs.in:")]);
        check_file("a/b.rs", "// unsafe\nconst A: &str = \"unsafe\"; fn unsafe_code() {}", &[]);
    }

    #[test]
    fn a_workspace_that_allows_it_is_found() {
        let want = "Cargo.toml:1: the lints of the workspace do not say `unsafe_code = \"forbid\"`";
        assert_found(&check(&Tree::of(&[(ROOT, "[lints]\nworkspace = true\n")])), &[want]);
        assert_found(&check(&Tree::of(&[])), &["Cargo.toml:1: is missing"]);
    }
}
