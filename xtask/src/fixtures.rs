//! `cargo xtask fixtures`: the list of a provider's recorded exchanges, as Rust.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::tree::Tree;

/// Where the providers' crates are.
pub(crate) const PROVIDERS: &str = "crates/providers";

/// Longer names make a row wider than rustfmt's 100 columns.
const ROW_NAME_LIMIT_BYTES: usize = 30;

/// Writes the `src/fixtures.rs` of each provider.
pub(crate) fn rewrite(root: &Path) -> Result<(), String> {
    let tree = Tree::read(root)?;
    for provider in tree.folders(PROVIDERS) {
        let path = path(provider);
        let text = generate(&names(&tree, provider));
        if tree.text(&path) != Some(&text) {
            fs::write(root.join(&path), text)
                .map_err(|error| format!("cannot write {path}: {error}"))?;
            println!("wrote {path}");
        }
    }
    Ok(())
}

/// Where the generated file of `provider` is.
pub(crate) fn path(provider: &str) -> String {
    format!("{PROVIDERS}/{provider}/src/fixtures.rs")
}

/// The files in the `fixtures/` of `provider`.
pub(crate) fn names<'a>(tree: &'a Tree, provider: &str) -> BTreeSet<&'a str> {
    tree.names(&format!("{PROVIDERS}/{provider}/fixtures"))
}

/// The generated file for these fixtures, as rustfmt writes it.
pub(crate) fn generate(names: &BTreeSet<&str>) -> String {
    let rows: String = names.iter().map(|name| row(name)).collect();
    format!(
        "//! The exchanges that this crate keeps its contract with. \
         Written by `cargo xtask fixtures`.\n\n\
         /// Recorded exchanges by file name, which `hallpass_testkit` replays.\n\
         pub const FIXTURES: &[(&str, &str)] = &[\n{rows}];\n"
    )
}

fn row(name: &str) -> String {
    if name.len() <= ROW_NAME_LIMIT_BYTES {
        return format!("    (\"{name}\", include_str!(\"../fixtures/{name}\")),\n");
    }
    let lines = format!("\"{name}\",\n        include_str!(\"../fixtures/{name}\")");
    format!("    (\n        {lines},\n    ),\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_broken_where_rustfmt_breaks_it() {
        let (short, long) = ("a".repeat(30), "a".repeat(31));
        assert_eq!(row(&short).trim_end().len(), 99);
        assert_eq!(row(&short).lines().count(), 1);
        assert_eq!(row(&long).lines().count(), 4);
    }

    #[test]
    fn the_exchanges_are_listed_by_name() {
        let text = generate(&BTreeSet::from(["a.refused.http", "a.accepted.http"]));
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("    (")).collect();
        let row = |case| format!("    (\"a.{case}\", include_str!(\"../fixtures/a.{case}\")),");
        assert_eq!(rows, [row("accepted.http"), row("refused.http")]);
        assert!(text.starts_with("//! ") && text.ends_with("),\n];\n"), "{text}");
    }
}
