//! Modules of core use only those that `lib.rs` declares before them.

use std::collections::BTreeMap;

use crate::tidy::source::{Source, closing, ends_in_word, leading_word, line_of};
use crate::tidy::{CORE, Finding, library};
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let src = format!("{CORE}/src/");
    let sources = library::sources(tree, CORE);
    let root = sources.iter().find(|(path, _)| path.strip_prefix(&src) == Some("lib.rs"));
    let Some((_, root)) = root else {
        return vec![Finding::new(src + "lib.rs", 1, "is missing, so its modules have no order")];
    };
    let order = Order { modules: modules(root), exports: exports(root) };
    let mut findings = Vec::new();
    for (path, source) in &sources {
        let Some(module) = path.strip_prefix(&src).filter(|module| *module != "lib.rs") else {
            continue;
        };
        for (offset, message) in order.faults(module, source) {
            findings.push(Finding::new(*path, line_of(&source.code, offset), message));
        }
    }
    findings
}

/// What `lib.rs` says.
struct Order {
    /// The foundation first.
    modules: Vec<String>,
    /// For a name that `lib.rs` re-exports, the module or crate that it comes from.
    exports: BTreeMap<String, String>,
}

impl Order {
    /// The uses in the file at `path`, below `src/`, that point the wrong way.
    fn faults(&self, path: &str, source: &Source) -> Vec<(usize, String)> {
        let segments: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
        let own = segments[0];
        let depth = segments.iter().filter(|segment| **segment != "mod").count();
        let Some(rank) = self.rank(own) else {
            return vec![(0, format!("lib.rs does not declare the module `{own}`"))];
        };
        let mut faults = Vec::new();
        for (offset, name) in from_crate(source) {
            match self.module(name) {
                None => faults.push((
                    offset,
                    format!("`crate::{name}` is no module, and lib.rs re-exports no such name"),
                )),
                Some(module) => faults.extend(self.fault(rank, own, module).map(|it| (offset, it))),
            }
        }
        for (offset, name) in from_super(source, depth) {
            // Another name is one of an enclosing inline module.
            if let Some(module) = self.module(name) {
                faults.extend(self.fault(rank, own, module).map(|it| (offset, it)));
            }
        }
        faults
    }

    /// What is wrong if `own`, at `rank`, uses `module`.
    fn fault(&self, rank: usize, own: &str, module: &str) -> Option<String> {
        let points_up = self.rank(module)? > rank;
        points_up.then(|| format!("`{own}` uses `{module}`, which lib.rs declares after it"))
    }

    fn rank(&self, module: &str) -> Option<usize> {
        self.modules.iter().position(|it| it == module)
    }

    /// Where the name `crate::name` comes from.
    fn module<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        if self.rank(name).is_some() {
            return Some(name);
        }
        self.exports.get(name).map(String::as_str)
    }
}

/// The modules that `lib.rs` declares, in its order.
fn modules(lib: &Source) -> Vec<String> {
    let name = |at| leading_word(lib.code[at + "mod".len()..].trim_start()).to_owned();
    lib.words("mod").map(name).filter(|name| !name.is_empty()).collect()
}

/// The names that `lib.rs` imports or gives to a type, each with the first segment of its path.
fn exports(lib: &Source) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    let statement = |at| lib.code[at..].split(';').next().unwrap_or_default();
    for at in lib.words("use") {
        leaves(None, &statement(at)["use".len()..], &mut exports);
    }
    for at in lib.words("type") {
        if let Some((name, path)) = statement(at)["type".len()..].split_once('=') {
            let path = path.trim().trim_start_matches("crate::");
            exports.insert(name.trim().to_owned(), leading_word(path).to_owned());
        }
    }
    exports
}

/// Adds the names that `tree`, the rest of an import below `first`, brings.
fn leaves(first: Option<&str>, tree: &str, names: &mut BTreeMap<String, String>) {
    let tree = tree.trim();
    if let Some(entries) = group(tree) {
        for entry in entries {
            leaves(first, entry, names);
        }
        return;
    }
    let word = leading_word(tree);
    let rest = tree[word.len()..].trim_start();
    if let Some(rest) = rest.strip_prefix("::") {
        let is_here = first.is_none() && matches!(word, "crate" | "self");
        leaves(if is_here { None } else { first.or(Some(word)) }, rest, names);
    } else if let Some(first) = first {
        let name = rest.strip_prefix("as ").map_or(word, str::trim);
        names.insert(name.to_owned(), first.to_owned());
    }
}

/// The entries of `{a, b::{c, d}}`, if `tree` starts with such a group.
fn group(tree: &str) -> Option<Vec<&str>> {
    if !tree.starts_with('{') {
        return None;
    }
    let inside = &tree[1..closing(tree)?];
    let mut entries = Vec::new();
    let (mut start, mut depth) = (0, 0i32);
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                entries.push(inside[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    entries.push(inside[start..].trim());
    entries.retain(|entry| !entry.is_empty());
    Some(entries)
}

/// The names after each `crate::`, in imports and in expressions.
fn from_crate(source: &Source) -> Vec<(usize, &str)> {
    let mut names = Vec::new();
    for at in source.words("crate") {
        if let Some(path) = source.code[at + "crate".len()..].trim_start().strip_prefix("::") {
            names.extend(first_names(path).into_iter().map(|name| (at, name)));
        }
    }
    names
}

/// The names after each chain of `depth` times `super::`, which ends at the crate's root.
fn from_super(source: &Source, depth: usize) -> Vec<(usize, &str)> {
    let mut names = Vec::new();
    for at in source.words("super") {
        let before = &source.code[..at];
        if before.trim_end().ends_with("::") || ends_in_word(before) {
            continue;
        }
        let (mut rest, mut count) = (&source.code[at..], 0);
        while let Some(next) = rest.strip_prefix("super").and_then(|it| it.strip_prefix("::")) {
            (rest, count) = (next, count + 1);
        }
        if count == depth {
            names.extend(first_names(rest).into_iter().map(|name| (at, name)));
        }
    }
    names
}

/// The first segment of a path, or of each path of a group. A glob is the name `*`.
fn first_names(path: &str) -> Vec<&str> {
    let path = path.trim_start();
    let first = |entry| match leading_word(entry) {
        "" => "*",
        word => word,
    };
    let Some(entries) = group(path) else { return vec![first(path)] };
    entries.into_iter().map(first).filter(|name| *name != "self").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    const LIB: &str = "mod error;\npub mod config;\nmod flow;\n#[cfg(test)]\nmod tests;\n\
                       pub use crate::{error::{Error, Kind as K}, flow::Flow};\n\
                       pub use http::Uri;\npub type Json = serde_json::Value;\n\
                       type Late = crate::flow::Flow;";

    #[track_caller]
    fn check_config(text: &str, want: &[&str]) {
        let tree = Tree::of(&[
            ("crates/hallpass-core/src/lib.rs", LIB),
            ("crates/hallpass-core/src/config.rs", text),
        ]);
        assert_found(&check(&tree), want);
    }

    #[test]
    fn what_is_declared_before_may_be_used() {
        check_config("use crate::error::Error;\nuse crate::{K, Uri, Json, config::A};", &[]);
        check_config("fn a() -> crate::Error { super::error::b() }", &[]);
        check_config("// use crate::flow::Flow;\n#[cfg(test)] mod t { use crate::flow; }", &[]);
    }

    #[test]
    fn what_is_declared_after_may_not() {
        let want = "crates/hallpass-core/src/config.rs:2: `config` uses `flow`, \
                    which lib.rs declares after it";
        check_config("\nuse crate::flow::Flow;", &[want]);
        check_config("\nuse crate::{error::{Error, K}, flow};", &[want]);
        check_config("\nuse crate::Flow;", &[want]);
        check_config("\nuse crate::Late;", &[want]);
        check_config("\nfn a() { crate::flow::a() }", &[want]);
        check_config("\nuse super::flow::Flow;", &[want]);
    }

    #[test]
    fn a_submodule_counts_as_its_top_module() {
        let tree = Tree::of(&[
            ("crates/hallpass-core/src/lib.rs", LIB),
            ("crates/hallpass-core/src/error/deep.rs", "use super::Error;\nuse crate::config;"),
            ("crates/hallpass-core/src/flow/mod.rs", "use super::config;"),
            ("crates/hallpass-core/src/error/up.rs", "use super::super::flow::Flow;"),
        ]);
        let after = "which lib.rs declares after it";
        let (deep, up) =
            ("crates/hallpass-core/src/error/deep.rs", "crates/hallpass-core/src/error/up.rs");
        let want = [
            format!("{deep}:2: `error` uses `config`, {after}"),
            format!("{up}:1: `error` uses `flow`, {after}"),
        ];
        assert_found(&check(&tree), &want.each_ref().map(String::as_str));
    }

    #[test]
    fn a_name_from_nowhere_is_found() {
        let path = "crates/hallpass-core/src/config.rs:1";
        let tail = "is no module, and lib.rs re-exports no such name";
        check_config("use crate::*;", &[&format!("{path}: `crate::*` {tail}")]);
        check_config("use crate::Result;", &[&format!("{path}: `crate::Result` {tail}")]);
    }

    #[test]
    fn a_core_without_its_root_is_found() {
        let want = "crates/hallpass-core/src/lib.rs:1: is missing, so its modules have no order";
        assert_found(&check(&Tree::of(&[])), &[want]);
    }
}
