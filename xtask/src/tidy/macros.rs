//! A library neither prints nor leaves work for later.

use crate::tidy::source::line_of;
use crate::tidy::{Finding, library};
use crate::tree::Tree;

/// The macros that no library calls outside its tests.
const FORBIDDEN: [&str; 7] =
    ["dbg", "eprint", "eprintln", "print", "println", "todo", "unimplemented"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let sources = library::sources(tree, "crates");
    if sources.is_empty() {
        return vec![Finding::new("crates", 1, "has no library whose macros could be checked")];
    }
    let mut findings = Vec::new();
    for (path, source) in sources {
        for name in FORBIDDEN {
            let is_call = |at: &usize| source.code[at + name.len()..].starts_with('!');
            for at in source.words(name).filter(is_call) {
                let line = line_of(&source.code, at);
                findings.push(Finding::new(path, line, format!("a library has no `{name}!`")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    #[test]
    fn a_forbidden_macro_is_found_in_code_only() {
        let text = "//! println!(\"docs\")\nfn a() { todo!() }\nlet b = \"dbg!\"; eprintln!(b);\n\
                    writeln!(c); my_print!(); let todo = !d;\n\
                    #[cfg(test)] mod tests { dbg!(e) }";
        let tree = Tree::of(&[("crates/a/src/lib.rs", text), ("xtask/src/lib.rs", "print!()")]);
        let want = [
            "crates/a/src/lib.rs:3: a library has no `eprintln!`",
            "crates/a/src/lib.rs:2: a library has no `todo!`",
        ];
        assert_found(&check(&tree), &want);
    }

    #[test]
    fn a_tree_without_libraries_is_found() {
        let want = "crates:1: has no library whose macros could be checked";
        assert_found(&check(&Tree::of(&[])), &[want]);
    }
}
