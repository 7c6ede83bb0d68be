//! Each row of a provider's table of quirks has a marker `// quirk: name` before code that
//! `cargo xtask quirks` can take out, or says which shared crate deals with it.

use crate::fixtures::PROVIDERS;
use crate::mutation::markers;
use crate::quirks::{Quirk, faults};
use crate::tidy::Finding;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let (markers, unreadable) = markers::<Quirk>(tree);
    let providers = tree.folders(PROVIDERS);
    let faults = providers.into_iter().flat_map(|provider| faults(tree, provider, &markers));
    let mut findings: Vec<_> = unreadable
        .into_iter()
        .chain(faults)
        .map(|fault| Finding::new(fault.path, fault.line, fault.message))
        .collect();
    let is_others = |path: &str| !path.starts_with(&format!("{PROVIDERS}/"));
    for marker in markers.iter().filter(|marker| is_others(&marker.path)) {
        let message = "quirks belong to providers: a row of theirs can end in `(core)`";
        findings.push(Finding::new(&marker.path, marker.line, message));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    const LIB: &str = "crates/providers/hallpass-a/src/lib.rs";

    #[track_caller]
    fn check_source(path: &str, source: &str, want: &[&str]) {
        let table = "//! | Quirk | Fixture |\n//! |---|---|\n//! | `odd`: A | `a.odd.http` |\n\
                     // quirk: odd\na();\n";
        let of_lib = if path == LIB { format!("{table}{source}") } else { table.to_owned() };
        let tree = Tree::of(&[(path, source), (LIB, &of_lib)]);
        assert_found(&check(&tree), want);
    }

    #[test]
    fn a_row_with_its_marker_is_enough() {
        check_source(LIB, "// quirk: odd\nb();", &[]);
        check_source("crates/a/src/lib.rs", "// a quirk: odd\nb();", &[]);
    }

    #[test]
    fn a_marker_of_no_row_and_one_that_cannot_be_followed_are_found() {
        let at = |what: &str| format!("{LIB}:6: {what}");
        check_source(LIB, "// quirk: even\nb();", &[&at(&format!("{LIB} has no row `even`"))]);
        check_source(
            LIB,
            "// quirk: odd\nfn b() {}",
            &[&at("`fn` starts nothing that can be taken out")],
        );
        let form = "a marker is `// quirk: name` or `// quirk: name => text`";
        check_source(LIB, "//quirk: odd\nb();", &[&at(form)]);
        check_source(LIB, "// quirk: Odd\nb();", &[&at(form)]);
    }

    #[test]
    fn a_marker_outside_of_a_provider_is_found() {
        let want = "crates/a/src/lib.rs:1: quirks belong to providers: \
                    a row of theirs can end in `(core)`";
        check_source("crates/a/src/lib.rs", "// quirk: odd\nb();", &[want]);
    }
}
