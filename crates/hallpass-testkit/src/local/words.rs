//! The words that stand for credentials in a fixture.

/// Words that stand for access tokens.
pub(super) const ACCESS: [&str; 2] = ["TOKEN", "TOKEN2"];
/// Words that stand for refresh tokens.
pub(super) const REFRESH: [&str; 2] = ["REFRESH", "REFRESH2"];
/// Words that stand for the proof of an access token.
pub(super) const PROOF: [&str; 2] = ["PROOF", "PROOF2"];
/// Whole values that match anything.
const ANYTHING: [&str; 10] = [
    "*",
    "CHALLENGE",
    "CODE",
    "NONCE",
    "REFRESH",
    "REFRESH2",
    "SECRET",
    "STATE",
    "TOKEN",
    "TOKEN2",
];

/// Whether a value of a fixture stands for what was sent; `is` says it of the words that do not
/// stand for anything: `ID` and `PROOF`.
pub(super) fn fits(pattern: &str, got: &str, is: impl Fn(&str, &str) -> bool) -> bool {
    let is_asked = pattern == "ID" || PROOF.contains(&pattern);
    pattern == got || ANYTHING.contains(&pattern) || (is_asked && is(pattern, got))
}

/// Whether it looks like a word of a fixture, known here or not.
pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
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
        let is = |word: &str, got: &str| (word, got) == ("ID", "abc") || got == "proven";
        assert!(fits("fields", "fields", is));
        assert!(fits("TOKEN", "anything", is));
        assert!(fits("ID", "abc", is));
        assert!(!fits("ID", "abd", is));
        assert!(fits("PROOF", "proven", is) && fits("PROOF2", "proven", is));
        assert!(!fits("PROOF", "abc", is));
        assert!(!fits("fields", "proven", is));
        assert!(is_word("SESSION") && is_word("TOKEN2"));
        assert!(!is_word("") && !is_word("1") && !is_word("Token") && !is_word("urn:A"));
    }
}
