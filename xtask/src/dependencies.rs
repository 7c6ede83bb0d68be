//! `cargo xtask deps`: what a user of each crate compiles, as a committed list.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::process::{cargo, output};
use crate::workspace::Workspace;

/// Where the lists are.
pub(crate) const FOLDER: &str = "xtask/dependencies";

/// The platform of the lists, so that every machine writes the same.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// For each publishable crate: the crates that it brings, by name.
pub(crate) type Lists = BTreeMap<String, BTreeSet<String>>;

/// Writes the lists, and removes those of crates that are gone.
pub(crate) fn rewrite(root: &Path) -> Result<(), String> {
    let lists = read(root, &Workspace::read(root)?)?;
    let folder = root.join(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("cannot empty {FOLDER}: {error}"))?;
    }
    fs::create_dir_all(&folder).map_err(|error| format!("cannot create {FOLDER}: {error}"))?;
    for (name, dependencies) in &lists {
        let path = path(name);
        fs::write(root.join(&path), text(dependencies))
            .map_err(|error| format!("cannot write {path}: {error}"))?;
        println!("wrote {path}: {} crates", dependencies.len());
    }
    Ok(())
}

/// Asks cargo what each publishable crate brings with its default features.
pub(crate) fn read(root: &Path, workspace: &Workspace) -> Result<Lists, String> {
    let list = |name: &str| {
        let query = ["tree", "--locked", "--edges", "normal", "--prefix", "none"];
        let mut tree = cargo(root, &query);
        tree.args(["--format", "{p}", "--target", PLATFORM, "--package", name]);
        Ok((name.to_owned(), parse(name, &output(&mut tree)?)))
    };
    workspace.publishable().map(|package| list(&package.name)).collect()
}

/// Where the list of `name` is.
pub(crate) fn path(name: &str) -> String {
    format!("{FOLDER}/{name}.txt")
}

/// The text of a list.
pub(crate) fn text(dependencies: &BTreeSet<String>) -> String {
    dependencies.iter().map(|name| format!("{name}\n")).collect()
}

/// Reads lines of `name vVERSION …`; the crate itself is no dependency of its own.
fn parse(own: &str, printed: &str) -> BTreeSet<String> {
    let names = printed.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != own).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_sorted_and_names_each_dependency_once() {
        let printed = "own v0.1.0 (/x/own)\nurl v2.5.0\nserde v1.0.0\nsyn v2.0.0 (proc-macro)\n\
                       \nserde v1.0.0 (*)\nown v0.1.0 (/x/own) (*)\n";
        assert_eq!(text(&parse("own", printed)), "serde\nsyn\nurl\n");
    }
}
