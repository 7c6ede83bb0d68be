//! The sources of a crate without its tests.

use std::ops::Range;

use crate::tidy::source::{Source, closing, leading_word};
use crate::tree::Tree;

/// The Rust files below `folder` that belong to a library's `src`, each without its tests.
pub(super) fn sources<'a>(tree: &'a Tree, folder: &str) -> Vec<(&'a str, Source)> {
    without_tests(tree.under(folder).filter(|(path, _)| is_library(path)))
}

/// Each of these Rust files without its tests, and none that is a test module altogether.
pub(super) fn without_tests<'a>(
    files: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<(&'a str, Source)> {
    let mut sources = Vec::new();
    let mut test_modules = Vec::new();
    for (path, text) in files {
        let source = Source::new(text);
        let tests = tests(&source.code);
        for range in &tests {
            test_modules.extend(module_of(&source.code[range.clone()]).map(|m| child(path, m)));
        }
        sources.push((path, source.without(&tests)));
    }
    let is_test = |path: &str| {
        test_modules.iter().any(|module| {
            let rest = path.strip_prefix(module.as_str());
            rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        })
    };
    sources.retain(|(path, _)| !is_test(path));
    sources
}

/// Whether `path` is a source of a library, not of a program or an integration test.
fn is_library(path: &str) -> bool {
    path.ends_with(".rs")
        && path.contains("/src/")
        && !path.contains("/src/bin/")
        && !path.ends_with("/src/main.rs")
}

/// Where the module `name`, declared in the file at `path`, has its files, without `.rs`.
fn child(path: &str, name: &str) -> String {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    match file {
        "lib.rs" | "mod.rs" => format!("{folder}/{name}"),
        _ => format!("{}/{name}", path.trim_end_matches(".rs")),
    }
}

/// The name in an item `#[…] mod name;`.
fn module_of(item: &str) -> Option<&str> {
    let declaration = item.rsplit(']').next()?.trim().strip_suffix(';')?;
    Some(declaration.rsplit_once("mod ")?.1.trim())
}

/// The items of `code` that only a test build has, with their attributes.
fn tests(code: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (at, _) in code.match_indices('#') {
        if ranges.last().is_some_and(|last| at < last.end) {
            continue;
        }
        if let Some(length) = inner_attribute(&code[at..]) {
            if is_test(&code[at + 2..at + length]) {
                ranges.push(at..code.len());
            }
        } else if let Some(length) = attribute(&code[at..]) {
            if is_test(&code[at + 1..at + length]) {
                ranges.push(at..at + length + item(&code[at + length..]));
            }
        }
    }
    ranges
}

/// The length of the attribute `#[…]` that `code` starts with.
fn attribute(code: &str) -> Option<usize> {
    let brackets = code.strip_prefix('#').filter(|rest| rest.starts_with('['))?;
    Some(closing(brackets)? + 2)
}

/// The length of the attribute `#![…]` that `code` starts with.
fn inner_attribute(code: &str) -> Option<usize> {
    let brackets = code.strip_prefix("#!").filter(|rest| rest.starts_with('['))?;
    Some(closing(brackets)? + 3)
}

/// Whether `attribute`, in its brackets, holds only in a test build.
fn is_test(attribute: &str) -> bool {
    let condition: String = attribute.split_whitespace().collect();
    let Some(condition) = condition.strip_prefix("[cfg(").and_then(|it| it.strip_suffix(")]"))
    else {
        return false;
    };
    let all = condition.strip_prefix("all(").and_then(|it| it.strip_suffix(')'));
    condition == "test" || all.is_some_and(|all| all.split(',').any(|part| part == "test"))
}

/// The length of the item, field or statement that `code` starts with, and of the attributes
/// before it.
fn item(code: &str) -> usize {
    let start = code.len() - code.trim_start().len();
    if let Some(length) = attribute(&code[start..]) {
        return start + length + item(&code[start + length..]);
    }
    // A field or a variant ends at its comma; an item can have one between its generics.
    let is_item = ITEMS.contains(&leading_word(&code[start..]));
    let mut at = start;
    while let Some(c) = code[at..].chars().next() {
        let opens = matches!(c, '(' | '[' | '{');
        let length = if opens { closing(&code[at..]).unwrap_or(0) + 1 } else { c.len_utf8() };
        match c {
            ')' | ']' | '}' => return at,
            ';' | '{' => return at + length,
            ',' if !is_item => return at + length,
            _ => at += length,
        }
    }
    at
}

/// How an item can start.
const ITEMS: [&str; 17] = [
    "async",
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "let",
    "macro_rules",
    "mod",
    "pub",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "unsafe",
    "use",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let tree = Tree::of(&[("crates/a/src/lib.rs", text)]);
        let sources = sources(&tree, "crates");
        let words: Vec<&str> = sources[0].1.code.split_whitespace().collect();
        assert_eq!(words.join(" "), want);
    }

    #[test]
    fn a_test_module_is_left_out() {
        check("fn a() {} #[cfg(test)] mod tests { fn b() { x } } fn c() {}", "fn a() {} fn c() {}");
        check("#[cfg(test)] #[allow(x)] mod tests { b } c", "c");
        check("#[cfg(all(unix, test))] fn b<A, B>(x: [u8; 3]) -> A { b } c", "c");
        check("#![cfg(test)] a", "");
    }

    #[test]
    fn a_test_field_or_import_is_left_out() {
        check("struct A { #[cfg(test)] b: Vec<u8>, c: u8 }", "struct A { c: u8 }");
        check("#[cfg(test)] use b::{c, d}; e", "; e");
        check("#[cfg(test)] use b; e", "e");
    }

    #[test]
    fn other_conditions_stay() {
        let text = "#[cfg(not(test))] fn a() {} #[cfg(any(unix, test))] fn b() {}";
        check(text, text);
        check("#[cfg(unix)] fn a() {}", "#[cfg(unix)] fn a() {}");
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_left_out() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", "mod b; #[cfg(test)] mod tests;"),
            ("crates/a/src/b.rs", "#[cfg(test)]\nmod checks;"),
            ("crates/a/src/b/checks.rs", ""),
            ("crates/a/src/tests/deep.rs", ""),
            ("crates/a/src/tests.rs", ""),
            ("crates/a/src/tests_of_life.rs", ""),
            ("crates/a/src/main.rs", ""),
            ("crates/a/tests/it.rs", ""),
        ]);
        let paths: Vec<&str> = sources(&tree, "crates").iter().map(|(path, _)| *path).collect();
        let want = ["crates/a/src/b.rs", "crates/a/src/lib.rs", "crates/a/src/tests_of_life.rs"];
        assert_eq!(paths, want);
    }
}
