//! The table of quirks in the docs of a provider's crate.

use crate::fixtures::PROVIDERS;
use crate::quirks::Quirk;
use crate::tidy::table::{quoted, tables};
use crate::tree::Tree;

/// How a crate's docs can be its README.
const INCLUDED: &str = "#![doc = include_str!(\"../README.md\")]";

/// The crates that providers share: a row whose text ends in the name of one, in brackets, has
/// no code of its own in the provider.
const SHARED: [&str; 2] = ["core", "openid"];

/// Where the docs of a provider are, and the rows in them.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) path: String,
    /// `None` if there is no table.
    pub(crate) rows: Option<Vec<Row>>,
}

/// A row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) line: usize,
    /// The name at its start; `None` if there is none that could be one.
    pub(crate) name: Option<Quirk>,
    /// The shared crate that deals with it.
    pub(crate) elsewhere: Option<String>,
    pub(crate) fixtures: Vec<String>,
}

impl Row {
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|own| own.as_str() == name)
    }
}

/// The table `| Quirk | Fixture |` of the provider in this folder.
pub(crate) fn table(tree: &Tree, provider: &str) -> Table {
    let (path, docs) = docs(tree, provider);
    let is_quirks = |header: &[String]| header == ["Quirk", "Fixture"];
    let table = tables(docs.into_iter()).into_iter().find(|table| is_quirks(&table.header));
    let row = |line: usize, cells: &[String]| {
        let cell = |at: usize| cells.get(at).map_or("", String::as_str);
        let (name, elsewhere) = quirk(cell(0));
        let fixtures = quoted(cell(1)).map(str::to_owned).collect();
        Row { line, name, elsewhere, fixtures }
    };
    let rows = |rows: &[crate::tidy::table::Row]| {
        rows.iter().map(|own| row(own.line, &own.cells)).collect()
    };
    Table { path, rows: table.map(|table| rows(&table.rows)) }
}

/// The name that a quirk's text starts with, and the shared crate that it ends with.
fn quirk(text: &str) -> (Option<Quirk>, Option<String>) {
    let name = text.strip_prefix('`').and_then(|rest| rest.split_once("`: "));
    let elsewhere = SHARED.into_iter().find(|shared| text.ends_with(&format!(" ({shared})")));
    (name.and_then(|(name, _)| name.parse().ok()), elsewhere.map(str::to_owned))
}

/// The docs of a provider's crate, and where they are: its README, or at the top of `lib.rs`.
/// The lines keep their numbers.
fn docs<'a>(tree: &'a Tree, provider: &str) -> (String, Vec<&'a str>) {
    let lib = format!("{PROVIDERS}/{provider}/src/lib.rs");
    let readme = format!("{PROVIDERS}/{provider}/README.md");
    let text = tree.text(&lib).unwrap_or_default();
    match tree.text(&readme) {
        Some(docs) if text.contains(INCLUDED) => (readme, docs.lines().collect()),
        _ => {
            let docs = text.lines().map(|line| line.trim().strip_prefix("//!").unwrap_or_default());
            (lib, docs.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: Option<&str>, elsewhere: Option<&str>) {
        let (got, shared) = quirk(text);
        let got = got.as_ref().map(Quirk::as_str);
        assert_eq!((got, shared.as_deref()), (name, elsewhere), "{text}");
    }

    #[test]
    fn a_row_starts_with_its_name() {
        check("`a-b`: it is odd", Some("a-b"), None);
        for other in ["it is odd", "`A`: it is odd", "`a b`: odd", "a: odd", "`a` odd", ""] {
            check(other, None, None);
        }
    }

    #[test]
    fn a_row_ends_with_the_shared_crate_that_deals_with_it() {
        check("`a`: it is odd (core)", Some("a"), Some("core"));
        check("`a`: it is odd (openid)", Some("a"), Some("openid"));
        for other in
            ["odd (recalled, not re-read)", "odd (Core)", "core", "(core) is odd", "(core)."]
        {
            check(&format!("`a`: {other}"), Some("a"), None);
        }
    }

    #[test]
    fn rows_are_read_with_their_fixtures() {
        let lib = "//! | Quirk | Fixture |\n//! |---|---|\n\
                   //! | `a`: odd (core) | `b.c.http`, `d.e.http` |\n";
        let got =
            table(&Tree::of(&[("crates/providers/hallpass-a/src/lib.rs", lib)]), "hallpass-a");
        assert_eq!(got.path, "crates/providers/hallpass-a/src/lib.rs");
        let want = Row {
            line: 3,
            name: "a".parse().ok(),
            elsewhere: Some("core".to_owned()),
            fixtures: vec!["b.c.http".to_owned(), "d.e.http".to_owned()],
        };
        assert_eq!(got.rows, Some(vec![want]));
    }
}
