//! What a program compiles in two versions, by feature, as a committed list with reasons.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::fixtures::PROVIDERS;
use crate::process::{cargo, output};
use crate::workspace::{Package, Workspace};

/// Where the list is.
pub(crate) const LIST: &str = "xtask/duplicates.txt";

/// Why a line of the workspace table brings the older version of something.
///
/// Who brings one and is not here is found by `cargo xtask tidy`, and so is who brings none.
pub(crate) const REASONS: [(&str, &str); 8] = [
    ("maud", "its newest release has its macros on syn 2"),
    ("rsa", "0.10, on the crates that we are on, is a release candidate, and asks for Rust 1.87"),
    ("rustls", "its feature for ring, whose newest release is on getrandom 0.2"),
    ("rustls-platform-verifier", "the same"),
    ("sqlx", "0.9, on the crates that we are on, asks for Rust 1.94"),
    (
        "tower-sessions",
        "its stores in SQL are made for 0.14; 0.15 has rand 0.9 and the same base64",
    ),
    ("tower-sessions-sqlx-store", "its newest release is on thiserror 1"),
    ("tracing", "its attributes, which tower-sessions and sqlx switch on, are on syn 2"),
];

/// Whom it is about. The other crates are part of what the facade compiles; testkit is for tests.
const SUBJECTS: [&str; 2] = ["hallpass", "hallpass-testkit"];

/// The platforms of the list, taken together, so that every machine writes the same.
const PLATFORMS: [&str; 3] =
    ["x86_64-unknown-linux-gnu", "x86_64-pc-windows-msvc", "aarch64-apple-darwin"];

const ABOUT: &str = "\
# What a program compiles in an older version beside the newest one, and in brackets which lines of
# the workspace table lead there. `hallpass:` is with its default features, `hallpass with x:` what
# the feature x adds to that, `with all features` what none of them adds alone. What has no line is
# compiled in one version. On Linux, Windows and macOS taken together; without what is for tests.
# `cargo xtask deps` writes this file, `cargo xtask tidy` compares it.
#
";

/// By crate and feature.
pub(crate) type Duplicates = BTreeMap<String, BTreeSet<Older>>;

/// A version that is compiled although there is a newer one beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Older {
    pub(crate) name: String,
    /// What a requirement of this version would say: `0.22`, or `2`.
    pub(crate) series: String,
    /// The dependencies of ours that lead to it.
    pub(crate) by: BTreeSet<String>,
}

/// Writes the list.
pub(crate) fn rewrite(root: &Path) -> Result<(), String> {
    let duplicates = read(root, &Workspace::read(root)?)?;
    fs::write(root.join(LIST), text(&duplicates))
        .map_err(|error| format!("cannot write {LIST}: {error}"))?;
    let count: usize = duplicates.values().map(BTreeSet::len).sum();
    println!("wrote {LIST}: {count} lines");
    Ok(())
}

/// Asks cargo what each subject compiles twice.
pub(crate) fn read(root: &Path, workspace: &Workspace) -> Result<Duplicates, String> {
    let mut duplicates = Duplicates::new();
    for name in SUBJECTS {
        let package = workspace.publishable().find(|package| package.name == name);
        let package = package.ok_or_else(|| format!("there is no publishable crate {name}"))?;
        let mut seen = older(&tree(root, name, &[])?);
        duplicates.insert(name.to_owned(), seen.clone());
        let mut all = seen.clone();
        for feature in features(workspace, package) {
            let found = older(&tree(root, name, &["--features", feature])?);
            all.extend(found.iter().cloned());
            let more = found.difference(&seen).cloned().collect();
            duplicates.insert(format!("{name} with {feature}"), more);
        }
        seen = all;
        let together = older(&tree(root, name, &["--all-features"])?);
        // By name and version: together, more of ours may lead to the same.
        let is_new = |it: &&Older| {
            !seen.iter().any(|known| (&known.name, &known.series) == (&it.name, &it.series))
        };
        let more = together.iter().filter(is_new).cloned().collect();
        duplicates.insert(format!("{name} with all features"), more);
    }
    Ok(duplicates)
}

/// The text of the list.
pub(crate) fn text(duplicates: &Duplicates) -> String {
    let mut text = ABOUT.to_owned();
    for (name, reason) in REASONS {
        text += &format!("# {name}: {reason}\n");
    }
    text += "\n";
    for (whose, older) in duplicates {
        for Older { name, series, by } in older {
            let by: Vec<&str> = by.iter().map(String::as_str).collect();
            text += &format!("{whose}: {name} {series} ({})\n", by.join(", "));
        }
    }
    text
}

/// The features that a program may choose; the providers, which are alike, as one.
fn features<'a>(
    workspace: &'a Workspace,
    package: &'a Package,
) -> impl Iterator<Item = &'a str> + 'a {
    let is_provider = |feature: &str| {
        let name = format!("hallpass-{feature}");
        workspace.members().any(|it| it.name == name && it.folder.starts_with(PROVIDERS))
    };
    package.features.iter().map(String::as_str).filter(move |feature| {
        *feature != "default" && !feature.starts_with("__") && !is_provider(feature)
    })
}

/// What cargo prints of the crates that `name` compiles.
fn tree(root: &Path, name: &str, features: &[&str]) -> Result<String, String> {
    let query = ["tree", "--locked", "--edges", "normal,build", "--prefix", "depth"];
    let mut tree = cargo(root, &query);
    tree.args(["--format", "{p}", "--package", name]).args(features);
    for platform in PLATFORMS {
        tree.args(["--target", platform]);
    }
    output(&mut tree)
}

/// Reads lines of `DEPTHname vVERSION …`, a tree in which each crate has its children once.
fn older(printed: &str) -> BTreeSet<Older> {
    let mut parents: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
    let mut path: Vec<Node> = Vec::new();
    for (depth, node) in printed.lines().filter_map(parse) {
        path.truncate(depth);
        let above = parents.entry(node.clone()).or_default();
        above.extend(path.last().cloned());
        path.push(node);
    }
    let newest: BTreeMap<&str, &Version> =
        parents.keys().map(|(name, version)| (name.as_str(), version)).collect();
    let is_older = |(name, version): &&Node| newest.get(name.as_str()) != Some(&version);
    let found = parents.keys().filter(is_older).map(|node| Older {
        name: node.0.clone(),
        series: series(&node.1),
        by: ours(&parents, node),
    });
    found.collect()
}

/// A crate's name and version.
type Node = (String, Version);

/// Major, minor, patch, and the version as it is written.
type Version = (u64, u64, u64, String);

/// Reads one line.
fn parse(line: &str) -> Option<(usize, Node)> {
    let name = line.find(|c: char| !c.is_ascii_digit())?;
    let (depth, rest) = line.split_at(name);
    let mut words = rest.split_whitespace();
    let (name, written) = (words.next()?, words.next()?.strip_prefix('v')?);
    let mut numbers = written.split(['.', '-', '+']).map(|number| number.parse().ok());
    let (major, minor, patch) = (numbers.next()??, numbers.next()??, numbers.next()??);
    Some((depth.parse().ok()?, (name.to_owned(), (major, minor, patch, written.to_owned()))))
}

/// The leading numbers that a compatible version shares.
fn series((major, minor, patch, _): &Version) -> String {
    match (major, minor) {
        (0, 0) => format!("0.0.{patch}"),
        (0, _) => format!("0.{minor}"),
        _ => major.to_string(),
    }
}

/// The nearest crates above `node`, itself included, that a crate of ours asks for.
fn ours(parents: &BTreeMap<Node, BTreeSet<Node>>, node: &Node) -> BTreeSet<String> {
    let is_ours = |(name, _): &Node| name == "hallpass" || name.starts_with("hallpass-");
    let (mut open, mut seen, mut by) = (vec![node], BTreeSet::new(), BTreeSet::new());
    while let Some(node) = open.pop() {
        let above = parents.get(node).into_iter().flatten();
        if above.clone().any(is_ours) {
            by.insert(node.0.clone());
        } else if seen.insert(node) {
            open.extend(above);
        }
    }
    by
}

#[cfg(test)]
mod tests {
    use super::*;

    /// hallpass asks for rand 0.10, and for a store that brings rand 0.8 by way of another.
    const PRINTED: &str = "0hallpass v0.1.0 (/x/hallpass)\n1rand v0.10.3\n2core v1.2.0\n\
                           1store v2.0.0 (proc-macro)\n2inner v0.1.0\n3rand v0.8.8\n\
                           3core v1.2.0\n2core v0.0.7\n1store v2.0.0 (*)\n";

    fn one(name: &str, series: &str, by: &[&str]) -> Older {
        let by = by.iter().copied().map(str::to_owned).collect();
        Older { name: name.to_owned(), series: series.to_owned(), by }
    }

    #[test]
    fn what_is_older_is_found_with_the_dependency_that_leads_to_it() {
        let want = [one("core", "0.0.7", &["store"]), one("rand", "0.8", &["store"])];
        assert_eq!(older(PRINTED), BTreeSet::from(want));
    }

    #[test]
    fn a_version_that_we_ask_for_ourselves_is_found_too() {
        let printed = "0hallpass v0.1.0\n1syn v2.0.1\n1other v1.0.0\n2syn v10.0.0\n";
        assert_eq!(older(printed), BTreeSet::from([one("syn", "2", &["syn"])]));
    }

    #[test]
    fn one_version_is_no_duplicate_however_often_it_is_there() {
        assert_eq!(older("0hallpass v0.1.0\n1a v1.0.0\n2b v1.0.0\n1b v1.0.0\n"), BTreeSet::new());
    }

    #[test]
    fn the_list_says_why_before_it_says_what() {
        let duplicates = Duplicates::from([
            ("hallpass".to_owned(), BTreeSet::new()),
            ("hallpass with web".to_owned(), BTreeSet::from([one("syn", "2", &["a", "maud"])])),
        ]);
        let text = text(&duplicates);
        assert!(text.contains("\n# maud: its newest release "), "{text}");
        assert!(text.ends_with("\n\nhallpass with web: syn 2 (a, maud)\n"), "{text}");
    }
}
