//! Claims are taken for verified in one place: where the ID token was verified.

use crate::tidy::source::{ends_in_word, line_of};
use crate::tidy::{CORE, Finding, library};
use crate::tree::Tree;

/// The way around verification, which core has to offer to the crate that verifies.
const NAME: &str = "dangerously_assume_verified";

/// The one crate that may call it, once.
const CALLER: &str = "crates/hallpass-openid/src/";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let is_code = |(path, _): &(&str, &str)| path.ends_with(".rs") && !is_test(path);
    let mut findings = Vec::new();
    let mut calls = 0;
    let mut is_defined = false;
    for (path, source) in library::without_tests(tree.files().filter(is_code)) {
        for at in source.words(NAME) {
            let before = source.code[..at].trim_end();
            if before.strip_suffix("fn").is_some_and(|before| !ends_in_word(before)) {
                is_defined |= path.starts_with(CORE);
                continue;
            }
            let line = line_of(&source.code, at);
            if !path.starts_with(CALLER) {
                let message = format!("only {CALLER} may call `{NAME}`");
                findings.push(Finding::new(path, line, message));
            } else if calls > 0 {
                findings.push(Finding::new(path, line, format!("a second call of `{NAME}`")));
            }
            calls += 1;
        }
    }
    if !is_defined {
        findings.push(Finding::new(CORE, 1, format!("defines no `{NAME}`: what takes its place?")));
    }
    findings
}

/// Whether the file at `path` is part of a test or a measurement.
fn is_test(path: &str) -> bool {
    path.split('/').any(|folder| matches!(folder, "tests" | "benches"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    const DEFINITION: (&str, &str) =
        ("crates/hallpass-core/src/a.rs", "pub fn dangerously_assume_verified(a: A) {}");
    const CALL: &str = "fn b() { Claims::dangerously_assume_verified(a) }";

    #[test]
    fn one_call_where_tokens_are_verified_is_allowed() {
        let tree = Tree::of(&[
            DEFINITION,
            ("crates/hallpass-openid/src/lib.rs", CALL),
            ("crates/hallpass-web/tests/it.rs", CALL),
            ("tests/src/lib.rs", CALL),
        ]);
        assert_found(&check(&tree), &[]);
    }

    #[test]
    fn another_call_is_found() {
        let tree = Tree::of(&[
            DEFINITION,
            ("crates/hallpass-openid/src/a.rs", CALL),
            ("crates/hallpass-openid/src/b.rs", CALL),
            ("examples/login/src/main.rs", "map(Claims::dangerously_assume_verified)"),
        ]);
        let want = [
            "crates/hallpass-openid/src/b.rs:1: a second call of `dangerously_assume_verified`",
            "examples/login/src/main.rs:1: only crates/hallpass-openid/src/ may call \
             `dangerously_assume_verified`",
        ];
        assert_found(&check(&tree), &want);
    }

    #[test]
    fn a_core_without_the_function_is_found() {
        let want = "crates/hallpass-core:1: defines no `dangerously_assume_verified`: \
                    what takes its place?";
        assert_found(&check(&Tree::of(&[])), &[want]);
    }
}
