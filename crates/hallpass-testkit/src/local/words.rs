//! The words that stand for credentials in a fixture.

/// Words that stand for access tokens.
pub(super) const ACCESS: [&str; 2] = ["TOKEN", "TOKEN2"];
/// Words that stand for refresh tokens.
pub(super) const REFRESH: [&str; 2] = ["REFRESH", "REFRESH2"];
/// Whole values that match anything.
const ANYTHING: [&str; 11] = [
    "*",
    "CHALLENGE",
    "CODE",
    "NONCE",
    "PROOF",
    "REFRESH",
    "REFRESH2",
    "SECRET",
    "STATE",
    "TOKEN",
    "TOKEN2",
];

/// Whether a value of a fixture stands for whatever was sent; `is_client` says whose id it may be.
pub(super) fn fits(pattern: &str, got: &str, is_client: impl Fn(&str) -> bool) -> bool {
    pattern == got || ANYTHING.contains(&pattern) || (pattern == "ID" && is_client(got))
}

/// Whether a word stands in a text, not as a part of another.
pub(super) fn has(text: &str, word: &str) -> bool {
    runs(text).any(|run| run == word)
}

/// A text with its words replaced. `TOKEN2` and `ID_TOKEN` hold no `TOKEN`.
pub(super) fn replace(text: &str, mut value_of: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for run in runs(text) {
        match value_of(run) {
            Some(value) => out.push_str(&value),
            None => out.push_str(run),
        }
    }
    out
}

/// A text cut where words begin and end.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let first = rest.chars().next()?;
        let end = rest.find(|c| is_word(c) != is_word(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_are_replaced() {
        let text =
            r#"{"access_token":"TOKEN","n":"TOKEN2","id":"ID_TOKEN","é":"xTOKEN","t":TOKEN}"#;
        let got = replace(text, |word| (word == "TOKEN").then(|| "a-b".to_owned()));
        let want = r#"{"access_token":"a-b","n":"TOKEN2","id":"ID_TOKEN","é":"xTOKEN","t":a-b}"#;
        assert_eq!(got, want);
        assert_eq!(replace("access_token=TOKEN&x=1", |_| None), "access_token=TOKEN&x=1");
        assert!(has(text, "TOKEN2") && !has(text, "REFRESH"));
    }

    #[test]
    fn a_word_stands_for_what_was_sent() {
        let is_client = |id: &str| id == "abc";
        assert!(fits("fields", "fields", is_client));
        assert!(fits("TOKEN", "anything", is_client));
        assert!(fits("ID", "abc", is_client));
        assert!(!fits("ID", "abd", is_client));
        assert!(!fits("fields", "other", is_client));
    }
}
