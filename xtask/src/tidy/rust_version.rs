//! The declared Rust version is the one that is needed, and the sources keep to it.

use std::collections::BTreeSet;

use crate::tidy::source::{closing, line_of};
use crate::tidy::{Finding, library};
use crate::tree::Tree;
use crate::workspace::{Package, Workspace};

const MANIFEST: &str = "Cargo.toml";

/// Edition 2024 asks for it.
const LOWEST: Version = (1, 85, 0);

type Version = (u32, u32, u32);

pub(super) fn check(tree: &Tree, workspace: &Workspace) -> Vec<Finding> {
    let mut findings = declared(tree.text(MANIFEST).unwrap_or_default(), workspace);
    for (path, source) in library::sources(tree, "crates") {
        for at in let_chains(&source.code) {
            let message = "a let chain needs a newer Rust than we promise";
            findings.push(Finding::new(path, line_of(&source.code, at), message));
        }
    }
    findings
}

/// Compares the version in the root manifest with what the dependencies ask for.
fn declared(manifest: &str, workspace: &Workspace) -> Vec<Finding> {
    let line = manifest.lines().enumerate().find_map(|(index, line)| {
        let value = line.trim().strip_prefix("rust-version")?.trim_start().strip_prefix('=')?;
        Some((index + 1, parse(value.split('#').next()?.trim().trim_matches('"'))?))
    });
    let Some((line, declared)) = line else {
        return vec![Finding::new(MANIFEST, 1, "declares no rust-version")];
    };
    let (needed, by) = needed(workspace);
    if declared == needed {
        return Vec::new();
    }
    let (major, minor, _) = needed;
    let verb = if declared < needed { "raise" } else { "lower" };
    let message = format!("{verb} rust-version to {major}.{minor}, which {by} asks for");
    vec![Finding::new(MANIFEST, line, message)]
}

/// The highest version that a normal dependency of a publishable crate asks for, and which.
fn needed(workspace: &Workspace) -> (Version, String) {
    let mut highest = (LOWEST, "edition 2024".to_owned());
    for package in graph(workspace) {
        let version = package.rust_version.as_deref().and_then(parse);
        // A package of ours repeats what is declared.
        if let Some(version) = version.filter(|_| !package.is_member) {
            if version > highest.0 {
                highest = (version, package.name.clone());
            }
        }
    }
    highest
}

/// The publishable crates and all that they depend on.
fn graph(workspace: &Workspace) -> Vec<&Package> {
    let mut open: Vec<&Package> = workspace.publishable().collect();
    let mut seen = BTreeSet::new();
    let mut packages = Vec::new();
    while let Some(package) = open.pop() {
        if seen.insert(&package.id) {
            packages.push(package);
            open.extend(package.dependencies.iter().filter_map(|id| workspace.package(id)));
        }
    }
    packages
}

/// Reads `1.85` or `1.85.0`.
fn parse(text: &str) -> Option<Version> {
    let mut numbers = text.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??, numbers.next().unwrap_or(Some(0))?))
}

/// Where `code` combines a `let` with another condition.
fn let_chains(code: &str) -> Vec<usize> {
    let squeezed = code.match_indices("&&");
    let after = squeezed.filter(|(at, _)| {
        let rest = code[at + 2..].trim_start();
        rest.strip_prefix("let").is_some_and(|rest| rest.starts_with(char::is_whitespace))
    });
    let mut offsets: Vec<usize> = after.map(|(at, _)| at).collect();
    for opening in ["if let ", "while let "] {
        let conditions = code.match_indices(opening).map(|(at, _)| at + opening.len());
        offsets.extend(conditions.filter_map(|at| Some(at + chained(&code[at..])?)));
    }
    offsets.sort_unstable();
    offsets.dedup();
    offsets
}

/// Where `PATTERN = VALUE && …`, the condition that `code` starts with, goes on.
fn chained(code: &str) -> Option<usize> {
    let mut at = 0;
    let mut is_value = false;
    while let Some(c) = code[at..].chars().next() {
        match c {
            '{' if is_value => return None,
            '(' | '[' | '{' => at += closing(&code[at..])?,
            '=' if !code[at..].starts_with("=>") && !code[..at].ends_with('.') => {
                is_value = true;
                // `= &&value` borrows twice.
                at += code[at + 1..].len() - code[at + 1..].trim_start_matches([' ', '&']).len();
            }
            '&' if is_value && code[at..].starts_with("&&") => return Some(at),
            _ => {}
        }
        at += code[at..].chars().next().map_or(1, char::len_utf8);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    #[track_caller]
    fn check_code(code: &str, want: bool) {
        assert_eq!(!let_chains(code).is_empty(), want, "{code}");
    }

    #[test]
    fn a_let_chain_is_found() {
        check_code("if let Some(a) = b && c { d }", true);
        check_code("if let A { b, .. } = c && d {}", true);
        check_code("if a && let Some(b) = c {}", true);
        check_code("if a\n    && let Some(b) = c {}", true);
        check_code("while let Some(a) = b.next() && a > 0 {}", true);
    }

    #[test]
    fn another_condition_is_no_chain() {
        check_code("if let Some(a) = b { c && d }", false);
        check_code("if let Some(a) = (b && c) {}", false);
        check_code("if let 1..=5 = a.filter(|b| b && c) {}", false);
        check_code("if let Some(a) = &&b {}", false);
        check_code("let a = b && c; if a && b {}", false);
        check_code("if a && letter {}", false);
    }

    fn workspace(normal: &str, test: &str) -> Workspace {
        let package = |name: &str, version: &str| Package {
            id: name.to_owned(),
            name: name.to_owned(),
            rust_version: Some(version.to_owned()),
            ..Package::default()
        };
        let ours = Package {
            is_member: true,
            is_publishable: true,
            dependencies: vec!["normal".to_owned()],
            ..package("ours", "1.99")
        };
        Workspace::of(vec![ours, package("normal", normal), package("test", test)])
    }

    #[track_caller]
    fn check_version(declared: &str, normal: &str, want: &[&str]) {
        let manifest = format!("[workspace.package]\nrust-version = \"{declared}\" # why\n");
        let tree = Tree::of(&[(MANIFEST, &manifest)]);
        assert_found(&check(&tree, &workspace(normal, "1.95")), want);
    }

    #[test]
    fn the_declared_version_is_the_needed_one() {
        check_version("1.85", "1.70", &[]);
        check_version("1.88", "1.88.0", &[]);
        let raise = "Cargo.toml:2: raise rust-version to 1.88, which normal asks for";
        check_version("1.85", "1.88", &[raise]);
        let lower = "Cargo.toml:2: lower rust-version to 1.85, which edition 2024 asks for";
        check_version("1.86", "1.70", &[lower]);
    }

    #[test]
    fn a_manifest_without_a_version_is_found() {
        let want = "Cargo.toml:1: declares no rust-version";
        assert_found(&check(&Tree::of(&[]), &workspace("1.70", "1.70")), &[want]);
    }

    #[test]
    fn a_chain_in_a_library_is_named_with_its_line() {
        let text = "fn a() {\n    if let Some(b) = c && d {}\n}";
        let manifest = "rust-version = \"1.85\"";
        let tree = Tree::of(&[(MANIFEST, manifest), ("crates/a/src/lib.rs", text)]);
        let want = "crates/a/src/lib.rs:2: a let chain needs a newer Rust than we promise";
        assert_found(&check(&tree, &workspace("1.70", "1.70")), &[want]);
    }
}
