//! A wrapper keeps every method of the trait that it forwards, those with a body of their own too.

use crate::tidy::Finding;
use crate::tidy::source::{Source, closing, is_word, leading_word, line_of};
use crate::tree::Tree;

/// The traits that wrappers forward.
const TRAITS: [&str; 4] = ["BaseOAuth2", "ClientAssertion", "HttpClient", "Provider"];

/// What makes clippy find a method that is left out.
const LINT: &str = "deny(clippy::missing_trait_methods)";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut known = 0;
    for (path, text) in tree.files().filter(|(path, _)| path.ends_with(".rs")) {
        let source = Source::new(text);
        let code = source.code.as_str();
        for at in source.words("impl") {
            let Some(head) = code[at..].find('{').map(|end| &code[at..at + end]) else { continue };
            if !TRAITS.iter().any(|name| head.contains(&format!(" {name} for "))) {
                continue;
            }
            let body = &code[at + head.len()..];
            let body = &body[..closing(body).unwrap_or(body.len())];
            if !forwards(body) {
                continue;
            }
            known += 1;
            let attributes = &code[code[..at].rfind(['}', ';']).unwrap_or(0)..at];
            if !attributes.contains(LINT) {
                let message = format!("a wrapper without `#[{LINT}]`");
                findings.push(Finding::new(path, line_of(code, at), message));
            }
        }
    }
    if known == 0 {
        findings.push(Finding::new("crates", 1, "has no wrapper that could be checked"));
    }
    findings
}

/// Whether one of the methods in `body` calls the method of its own name of a field. A provider
/// that keeps its descriptor in a part of it, such as an `OpenId`, is no wrapper of that part.
fn forwards(body: &str) -> bool {
    body.match_indices("fn ").any(|(at, word)| {
        let name = leading_word(&body[at + word.len()..]);
        if name == "descriptor" {
            return false;
        }
        let call = format!(".{name}(");
        body.match_indices(&call).any(|(at, _)| {
            let field = body[..at].trim_end_matches(is_word);
            field.len() < at && field.ends_with("self.")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    const WRAPPER: &str = "struct W;\n#[async_trait]\nimpl HttpClient for W {\n\
                           async fn send(&self) { self.inner.send(a).await }\n}";

    #[test]
    fn a_wrapper_without_the_lint_is_found() {
        let kept = WRAPPER.replace("#[async", "#[deny(clippy::missing_trait_methods)]\n#[async");
        let generic = kept.replace("impl H", "impl<A: Provider> H");
        let tree = Tree::of(&[("crates/a.rs", WRAPPER), ("a.rs", &kept), ("b.rs", &generic)]);
        let want = ["crates/a.rs:3: a wrapper without `#[deny(clippy::missing_trait_methods)]`"];
        assert_found(&check(&tree), &want);
    }

    #[test]
    fn what_forwards_nothing_is_no_wrapper() {
        let sends = WRAPPER.replace("self.inner.send", "builder.send");
        let other = WRAPPER.replace("HttpClient", "Other");
        let own = WRAPPER.replace("self.inner.send", "self.send");
        let part = WRAPPER.replace("send", "descriptor");
        let tree = Tree::of(&[("a.rs", &sends), ("b.rs", &other), ("c.rs", &own), ("d.rs", &part)]);
        assert_found(&check(&tree), &["crates:1: has no wrapper that could be checked"]);
    }
}
