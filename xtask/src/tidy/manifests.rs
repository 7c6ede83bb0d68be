//! Every dependency is in one table, and says there why it is.

use crate::tidy::Finding;
use crate::tidy::toml::{Entry, entries, is_manifest};
use crate::tree::Tree;

/// Where the table is.
const ROOT: &str = "Cargo.toml";
const TABLE: &str = "workspace.dependencies";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut count = 0;
    for (path, text) in tree.files().filter(|(path, _)| is_manifest(path)) {
        let entries = entries(text);
        // A workspace of its own cannot inherit from ours; its manifest is its table.
        let is_alone = path != ROOT && text.lines().any(|line| line.trim() == "[workspace]");
        for entry in entries.iter().filter(|entry| entry.table.ends_with("dependencies")) {
            let says_why = path == ROOT && entry.table == TABLE || is_alone;
            let message = if is_ours(entry) {
                continue;
            } else if says_why {
                count += 1;
                if has_reason(entry) {
                    continue;
                }
                format!("`{}` does not say why it is here: `# …` behind it", entry.key)
            } else if inherits(entry) {
                continue;
            } else {
                format!("`{}` has a version of its own: put it into the table of {ROOT}", entry.key)
            };
            findings.push(Finding::new(path, entry.line, message));
        }
    }
    if count == 0 {
        findings.push(Finding::new(ROOT, 1, format!("[{TABLE}] has no dependency")));
    }
    findings
}

/// Whether it is a crate of this repository.
fn is_ours(entry: &Entry<'_>) -> bool {
    !entry.value.contains("workspace = true") && entry.value.contains("path = \"")
}

fn inherits(entry: &Entry<'_>) -> bool {
    let short = entry.key.ends_with(".workspace") && entry.value.starts_with("true");
    short || entry.value.contains("workspace = true")
}

fn has_reason(entry: &Entry<'_>) -> bool {
    entry.value.split_once('#').is_some_and(|(_, reason)| !reason.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    const GOOD: &str = "[workspace.dependencies]\nours = { path = \"ours\" }\nurl = \"2\" # why\n";

    #[track_caller]
    fn check_table(table: &str, want: &[&str]) {
        assert_found(&check(&Tree::of(&[(ROOT, table)])), want);
    }

    #[track_caller]
    fn check_member(text: &str, want: &[&str]) {
        assert_found(&check(&Tree::of(&[(ROOT, GOOD), ("a/Cargo.toml", text)])), want);
    }

    #[test]
    fn each_line_of_the_table_says_why() {
        check_table(GOOD, &[]);
        let want = "Cargo.toml:4: `http` does not say why it is here: `# …` behind it";
        check_table(&format!("{GOOD}http = \"1\"\n"), &[want]);
        check_table(&format!("{GOOD}http = {{ version = \"1\" }} #\n"), &[want]);
        check_table("", &["Cargo.toml:1: [workspace.dependencies] has no dependency"]);
    }

    #[test]
    fn a_version_outside_of_the_table_is_found() {
        check_member("[dependencies]\nurl.workspace = true\nours = { path = \"..\" }\n", &[]);
        check_member("[target.'cfg(unix)'.dependencies]\nurl = { workspace = true }\n", &[]);
        let want = "a/Cargo.toml:2: `url` has a version of its own: put it into the table of \
                    Cargo.toml";
        check_member("[dev-dependencies]\nurl = \"2\" # why\n", &[want]);
        check_member("[target.'cfg(unix)'.dependencies]\nurl = { version = \"2\" }\n", &[want]);
    }

    #[test]
    fn a_workspace_of_its_own_has_its_own_versions_and_reasons() {
        check_member("[workspace]\n[dependencies]\nurl = \"2\" # why\n", &[]);
        let want = "a/Cargo.toml:3: `url` does not say why it is here: `# …` behind it";
        check_member("[workspace]\n[dependencies]\nurl = \"2\"\n", &[want]);
    }
}
