//! Each provider's `src/fixtures.rs` is the generated one.

use crate::fixtures::{PROVIDERS, generate, names, path};
use crate::tidy::Finding;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let providers = tree.folders(PROVIDERS);
    if providers.is_empty() {
        return vec![Finding::new(PROVIDERS, 1, "has no provider whose fixtures could be listed")];
    }
    let is_stale =
        |provider: &&str| tree.text(&path(provider)) != Some(&generate(&names(tree, provider)));
    let finding = |provider| {
        Finding::new(path(provider), 1, "is not what `cargo xtask fixtures` writes: run it")
    };
    providers.into_iter().filter(is_stale).map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    const FIXTURE: &str = "crates/providers/hallpass-a/fixtures/token.accepted.http";
    const LIST: &str = "crates/providers/hallpass-a/src/fixtures.rs";
    const STALE: &str = "crates/providers/hallpass-a/src/fixtures.rs:1: \
                         is not what `cargo xtask fixtures` writes: run it";

    #[test]
    fn a_list_without_a_fixture_is_found() {
        let names = |names: &[&'static str]| generate(&names.iter().copied().collect());
        let whole = names(&["token.accepted.http"]);
        assert_found(&check(&Tree::of(&[(FIXTURE, ""), (LIST, &whole)])), &[]);
        assert_found(&check(&Tree::of(&[(FIXTURE, ""), (LIST, &names(&[]))])), &[STALE]);
        assert_found(&check(&Tree::of(&[(FIXTURE, "")])), &[STALE]);
    }

    #[test]
    fn a_tree_without_providers_is_found() {
        let want = "crates/providers:1: has no provider whose fixtures could be listed";
        assert_found(&check(&Tree::of(&[])), &[want]);
    }
}
