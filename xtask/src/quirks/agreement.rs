//! The rows of a provider's table and the markers in its sources agree.

use std::collections::BTreeMap;

use crate::fixtures::PROVIDERS;
use crate::mutation::{Fault, Marker};
use crate::quirks::{Quirk, Row, table};
use crate::tree::Tree;

/// Where rows and markers of the provider in this folder do not agree. A table that is not there
/// is not told.
pub(crate) fn faults(tree: &Tree, provider: &str, markers: &[Marker<Quirk>]) -> Vec<Fault> {
    let table = table(tree, provider);
    let rows = table.rows.unwrap_or_default();
    let mut marked: BTreeMap<&Quirk, &Marker<Quirk>> = BTreeMap::new();
    let mut faults = Vec::new();
    for marker in markers.iter().filter(|marker| is_in(marker, provider)) {
        for name in &marker.names {
            marked.entry(name).or_insert(marker);
            if !rows.iter().any(|row| row.is_named(name.as_str())) {
                let message = format!("{} has no row `{}`", table.path, name.as_str());
                faults.push(Fault { path: marker.path.clone(), line: marker.line, message });
            }
        }
    }
    for (at, row) in rows.iter().enumerate() {
        if let Some(message) = fault(row, &rows[..at], &marked) {
            faults.push(Fault { path: table.path.clone(), line: row.line, message });
        }
    }
    faults
}

/// What is wrong with a row, by those above it and the markers.
fn fault(row: &Row, above: &[Row], marked: &BTreeMap<&Quirk, &Marker<Quirk>>) -> Option<String> {
    let Some(name) = &row.name else {
        return Some(
            "a quirk starts with its name: `` `lower-case-words`: what is odd ``".to_owned(),
        );
    };
    let text = name.as_str();
    if above.iter().any(|other| other.is_named(text)) {
        return Some(format!("another row is `{text}`, too"));
    }
    match (marked.get(name), &row.elsewhere) {
        (None, None) => Some(format!(
            "no source has a marker `// quirk: {text}`; where core deals with it, \
             the row's text ends in `(core)`"
        )),
        (Some(marker), Some(elsewhere)) => {
            let Marker { path, line, .. } = marker;
            Some(format!("the row says `({elsewhere})`, but {path}:{line} marks code of its own"))
        }
        _ => None,
    }
}

/// Whether the marker is in the sources of the provider in this folder.
pub(super) fn is_in(marker: &Marker<Quirk>, provider: &str) -> bool {
    marker.path.starts_with(&format!("{PROVIDERS}/{provider}/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::markers;

    #[track_caller]
    fn check(rows: &str, source: &str, want: &[&str]) {
        let table = format!("| Quirk | Fixture |\n|---|---|\n{rows}");
        let source = format!("#![doc = include_str!(\"../README.md\")]\n{source}");
        let tree = Tree::of(&[
            ("crates/providers/hallpass-a/README.md", &table),
            ("crates/providers/hallpass-a/src/lib.rs", &source),
            ("crates/providers/hallpass-ab/src/lib.rs", "// quirk: other\na();"),
        ]);
        let (markers, unreadable) = markers(&tree);
        assert_eq!(unreadable, []);
        let faults = faults(&tree, "hallpass-a", &markers);
        let got: Vec<_> = faults
            .iter()
            .map(|fault| {
                let path = fault.path.trim_start_matches("crates/providers/hallpass-a/");
                format!("{path}:{}: {}", fault.line, fault.message)
            })
            .collect();
        assert_eq!(got, want);
    }

    #[test]
    fn a_row_has_a_marker_or_is_of_a_shared_crate() {
        check("| `a`: A | – |\n| `b`: B (core) | – |", "// quirk: a\na();", &[]);
        let none = "no source has a marker `// quirk: a`; where core deals with it, \
                    the row's text ends in `(core)`";
        check("| `a`: A | – |", "", &[&format!("README.md:3: {none}")]);
        check("| `a`: A (recalled) | – |", "// a\n", &[&format!("README.md:3: {none}")]);
    }

    #[test]
    fn a_row_of_a_shared_crate_has_no_marker() {
        let own = "crates/providers/hallpass-a/src/lib.rs:2 marks code of its own";
        let want = format!("README.md:3: the row says `(core)`, but {own}");
        check("| `a`: A (core) | – |", "// quirk: a\na();", &[&want]);
    }

    #[test]
    fn a_marker_has_a_row_of_its_own_provider() {
        let want = "src/lib.rs:3: crates/providers/hallpass-a/README.md has no row `b`";
        check("| `a`: A | – |", "// quirk: a\n// quirk: b\na();", &[want]);
        check("| `a`: A | – |", "// quirk: a, b\na();", &[&want.replace("rs:3", "rs:2")]);
    }

    #[test]
    fn a_row_has_a_name_that_no_other_has() {
        let twice = "README.md:4: another row is `a`, too";
        check("| `a`: A | – |\n| `a`: B | – |", "// quirk: a\na();", &[twice]);
        let none =
            "README.md:3: a quirk starts with its name: `` `lower-case-words`: what is odd ``";
        check("| A: odd | – |", "", &[none]);
    }
}
