//! No provider's name in core, in code or in what it says.

use std::collections::BTreeSet;

use crate::fixtures::PROVIDERS;
use crate::tidy::source::is_word;
use crate::tidy::{CORE, Finding, library};
use crate::tree::Tree;

/// Providers that have or will have a crate, whether or not its folder exists yet.
const KNOWN: [&str; 20] = [
    "apple",
    "auth0",
    "discord",
    "entra",
    "facebook",
    "franceconnect",
    "github",
    "gitlab",
    "google",
    "hugging face",
    "kakao",
    "linkedin",
    "microsoft",
    "naver",
    "okta",
    "reddit",
    "shopify",
    "slack",
    "spotify",
    "twitch",
];

/// Providers with a name that code needs for other things.
const ORDINARY: [&str; 2] = ["line", "x"];

/// From this length on, a name inside of another word is no accident (`googleapis`). A
/// shorter one has to be a word: `entra` is in `central`.
const DISTINCT_BYTES: usize = 6;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let names = names(tree);
    let sources = library::sources(tree, CORE);
    if sources.is_empty() {
        return vec![Finding::new(CORE, 1, "has no sources to search for providers' names")];
    }
    let mut findings = Vec::new();
    for (path, source) in sources {
        for (index, line) in source.uncommented.lines().enumerate() {
            for name in names.iter().filter(|name| mentions(line, name)) {
                let message = format!("core knows no provider, but this names `{name}`");
                findings.push(Finding::new(path, index + 1, message));
            }
        }
    }
    findings
}

/// The names to search for.
fn names(tree: &Tree) -> BTreeSet<&str> {
    let folders = tree.folders(PROVIDERS);
    let folders = folders.iter().map(|folder| folder.strip_prefix("hallpass-").unwrap_or(folder));
    folders.chain(KNOWN).filter(|name| !ORDINARY.contains(name)).collect()
}

/// Whether `line` contains `name`, however it is spelled: `GitHub`, `git_hub`, `GIT-HUB`.
fn mentions(line: &str, name: &str) -> bool {
    if name.contains(' ') && line.to_lowercase().contains(name) {
        return true;
    }
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    line.split(|c| !is_word(c) && c != '-').any(|token| {
        let words = words(token);
        let is_run = |start| {
            let mut run = String::new();
            words[start..].iter().any(|word| {
                run += word;
                run == name
            })
        };
        (0..words.len()).any(is_run)
            || (name.len() >= DISTINCT_BYTES && words.concat().contains(&name))
    })
}

/// The words of `someName`, `some_name` or `some-name`, in lower case.
fn words(token: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_after_lower = false;
    for c in token.chars() {
        let starts_word = c.is_uppercase() && is_after_lower;
        if matches!(c, '_' | '-') || starts_word {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase()));
        }
        is_after_lower = !c.is_uppercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    #[track_caller]
    fn check_line(line: &str, want: bool) {
        let is_found = KNOWN.iter().any(|name| mentions(line, name));
        assert_eq!(is_found, want, "{line}");
    }

    #[test]
    fn a_name_is_found_in_every_spelling() {
        for line in ["GitHub::new()", "is_git_hub", "GITHUB_URL", "\"https://api.github.com\""] {
            check_line(line, true);
        }
        for line in ["googleapis", "EntraId", "\"the Hugging Face hub\"", "HuggingFace", "auth0"] {
            check_line(line, true);
        }
    }

    #[test]
    fn a_part_of_another_word_is_no_name() {
        for line in ["central", "concentrate", "oauth", "pineapple", "let line = x;", "credit"] {
            check_line(line, false);
        }
    }

    #[test]
    fn comments_and_tests_may_name_providers() {
        let text = "// as GitHub does\nlet a = \"github\";\n#[cfg(test)]\nmod tests { Google }";
        let tree = Tree::of(&[
            ("crates/hallpass-core/src/lib.rs", text),
            ("crates/providers/hallpass-mastodon/src/lib.rs", "Mastodon"),
            ("crates/hallpass-core/src/b.rs", "fn mastodon() {}"),
        ]);
        let says = "core knows no provider, but this names";
        let want = [
            format!("crates/hallpass-core/src/b.rs:1: {says} `mastodon`"),
            format!("crates/hallpass-core/src/lib.rs:2: {says} `github`"),
        ];
        assert_found(&check(&tree), &want.each_ref().map(String::as_str));
    }

    #[test]
    fn a_core_without_sources_is_found() {
        let want = "crates/hallpass-core:1: has no sources to search for providers' names";
        assert_found(&check(&Tree::of(&[])), &[want]);
    }
}
