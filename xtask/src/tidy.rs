//! `cargo xtask tidy`: what a compiler does not check.
//!
//! A check is a function of the tree's texts, or of what cargo said, that returns findings. A
//! check whose subject is missing says so: silence means that it looked.

mod assumed;
mod arrows;
mod credentials;
mod dependencies;
mod duplicates;
mod features;
mod fixtures;
mod library;
mod links;
mod lints;
mod machine;
mod macros;
mod manifests;
mod markers;
mod names;
mod promises;
mod quirk_markers;
mod quirks;
mod redaction;
mod rust_version;
pub(crate) mod security;
pub(crate) mod source;
pub(crate) mod table;
mod toml;
mod wrappers;

use std::fmt;
use std::path::Path;

use crate::dependencies::Lists;
use crate::duplicates::Duplicates;
use crate::tree::Tree;
use crate::workspace::Workspace;

/// The crate that everything stands on.
const CORE: &str = "crates/hallpass-core";

/// Something to repair, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.into(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Prints every finding; fails if there is one.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let tree = Tree::read(root)?;
    let workspace = Workspace::read(root)?;
    let lists = crate::dependencies::read(root, &workspace)?;
    let duplicates = crate::duplicates::read(root, &workspace)?;
    let findings = findings(&tree, &workspace, &lists, &duplicates);
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(format!("tidy found {count} to repair")),
    }
}

/// What all checks find, in the order of paths.
fn findings(
    tree: &Tree,
    workspace: &Workspace,
    lists: &Lists,
    duplicates: &Duplicates,
) -> Vec<Finding> {
    let mut findings = [
        arrows::check(tree),
        assumed::check(tree),
        credentials::check(tree),
        dependencies::check(tree, lists),
        duplicates::check(tree, duplicates),
        features::check(workspace),
        fixtures::check(tree),
        links::check(tree),
        lints::check(tree),
        machine::check(tree),
        macros::check(tree),
        manifests::check(tree),
        markers::check(tree),
        names::check(tree),
        promises::check(tree),
        quirk_markers::check(tree),
        quirks::check(tree),
        redaction::check(tree),
        rust_version::check(tree, workspace),
        security::check(tree),
        wrappers::check(tree),
    ]
    .concat();
    findings.sort();
    findings
}

/// Fails unless the findings say these things, at these places.
#[cfg(test)]
#[track_caller]
fn assert_found(findings: &[Finding], want: &[&str]) {
    let found: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(found, want);
}
