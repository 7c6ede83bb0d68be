//! What is not searched for, since it would be found in any text.

use crate::secrets::known::Secret;

/// A shorter value stands in texts by chance.
const SHORTEST_BYTES: usize = 8;

/// Shorter ones of lower-case letters are words that stand in messages and names of tests: `no
/// token`, `exchange`.
const SHORTEST_WORDS_BYTES: usize = 11;

/// Words of the standards and of a provider's answers: a callback's `error`, a parameter's name.
/// Parts of them too: an input of the fuzzers may be one, cut off somewhere.
const WORDS: &[&str] = &[
    "The user said no.",
    "access_denied",
    "access_token",
    "authorization_code",
    "client_credentials",
    "invalid_grant",
    "invalid_scope",
    "refresh_token",
];

/// Why it is left out; nothing of a control.
pub(super) fn reason(secret: &Secret) -> Option<&'static str> {
    let value = secret.value.as_str();
    if secret.is_control() {
        None
    } else if value.len() < SHORTEST_BYTES {
        Some("shorter than 8 bytes")
    } else if value.trim().is_empty() {
        Some("nothing but blanks")
    } else if value.len() < SHORTEST_WORDS_BYTES && value.bytes().all(is_of_words) {
        Some("words of fewer than 11 letters")
    } else if WORDS.iter().any(|word| word.contains(value)) {
        Some("a word of the standards, or of what a provider says to everybody")
    } else if is_address(value) {
        Some("an address without user, query or fragment: `iss`, `resource`")
    } else {
        None
    }
}

fn is_of_words(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte == b' '
}

fn is_address(value: &str) -> bool {
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.contains(['@', '?', '#', ' ', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, is_searched: bool) {
        let secret =
            |at: &str| Secret { value: value.to_owned(), at: at.to_owned(), thread: String::new() };
        assert_eq!(reason(&secret("src/a.rs:1:2")).is_none(), is_searched);
        assert_eq!(reason(&secret("it/secrets/watched.rs:1:2")), None);
    }

    #[test]
    fn what_would_be_found_anywhere_is_left_out() {
        check("1234567", false);
        check("12345678", true);
        check("            ", false);
        check("thumbprint", false);
        check("no token", false);
        check("thumbprin1", true);
        check("plantedword", true);
        check("access_denied", false);
        check("access_denied!", true);
        check("nvalid_grant", false);
        check("nvalid_granted", true);
    }

    #[test]
    fn an_address_is_no_secret_unless_it_carries_one() {
        check("https://acme.test/tenant", false);
        check("http://127.0.0.1:1234", false);
        check("https://acme.test/?code=12345678", true);
        check("https://user:password@acme.test", true);
        check("https://acme.test/#code", true);
        check("postgres://acme.test/db", true);
    }
}
