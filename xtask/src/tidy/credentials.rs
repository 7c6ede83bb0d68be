//! Nothing in a fixture looks like a credential or like somebody's address.

use std::collections::BTreeMap;

use crate::fixtures::PROVIDERS;
use crate::tidy::Finding;
use crate::tree::Tree;

/// How issuers mark what they issue, and how many characters have to follow.
const MARKS: [(&str, usize); 21] = [
    ("AIza", 20),
    ("AKIA", 12),
    ("EAA", 17),
    ("GOCSPX-", 1),
    ("gho_", 1),
    ("ghp_", 1),
    ("ghr_", 1),
    ("ghs_", 1),
    ("ghu_", 1),
    ("github_pat_", 1),
    ("glpat-", 1),
    ("hf_oauth_", 1),
    ("shpat_", 1),
    ("shpca_", 1),
    ("shpss_", 1),
    ("sk_live_", 1),
    ("xapp-", 1),
    ("xoxb-", 1),
    ("xoxe.", 1),
    ("xoxp-", 1),
    ("ya29.", 1),
];

/// A run of this length is long enough to be a key.
const KEY_BYTES: usize = 32;

/// Random keys have more bits per character than this; words that were put together, fewer.
const KEY_ENTROPY_BITS: f64 = 4.0;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let is_fixture = |(path, _): &(&str, &str)| path.contains("/fixtures/");
    let fixtures: Vec<_> = tree.under(PROVIDERS).filter(is_fixture).collect();
    if fixtures.is_empty() {
        return vec![Finding::new(PROVIDERS, 1, "has no fixture to search for credentials")];
    }
    let mut findings = Vec::new();
    for (path, text) in fixtures {
        for (index, line) in text.lines().enumerate() {
            let messages = secrets(line).into_iter().chain(addresses(line));
            findings.extend(messages.map(|message| Finding::new(path, index + 1, message)));
        }
    }
    findings
}

/// What is wrong with credentials in `line`, without repeating them.
fn secrets(line: &str) -> Vec<String> {
    let mut messages = Vec::new();
    for (mark, length) in MARKS {
        let mut rests = line.match_indices(mark).map(|(at, _)| &line[at + mark.len()..]);
        if rests.any(|rest| key_run(rest).len() >= length) {
            messages.push(format!("`{mark}…` looks like a credential: write TOKEN or SECRET"));
        }
    }
    if line.match_indices("eyJ").any(|(at, _)| is_jwt(&line[at..])) {
        messages.push("this looks like a signed token: write ID_TOKEN{…}".to_owned());
    }
    if line.contains("-----BEGIN ") && line.contains("PRIVATE KEY-----") {
        messages.push("this looks like a private key".to_owned());
    }
    if line.split(|c| !is_key(c)).any(is_random) {
        messages.push("a long random string looks like a credential: write a word".to_owned());
    }
    messages
}

/// What is wrong with the addresses in `line`.
fn addresses(line: &str) -> Vec<String> {
    let line = line.replace("%40", "@");
    let is_address = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let foreign = |at: usize| {
        let local = line[..at].ends_with(is_address);
        let end = line[at + 1..].find(|c| !is_address(c)).unwrap_or(line.len() - at - 1);
        let domain = line[at + 1..at + 1 + end].trim_end_matches('.');
        (local && domain.contains('.') && !domain.ends_with(".test")).then(|| {
            format!("an address at `{domain}` may be somebody's: use a domain that ends in .test")
        })
    };
    line.match_indices('@').filter_map(|(at, _)| foreign(at)).collect()
}

fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// The start of `text` that can belong to a key.
fn key_run(text: &str) -> &str {
    &text[..text.find(|c| !is_key(c)).unwrap_or(text.len())]
}

/// Whether `text`, which starts as an encoded `{"` does, goes on as a signed token.
fn is_jwt(text: &str) -> bool {
    text[key_run(text).len()..].starts_with(".eyJ")
}

/// Whether a run of key characters is long, mixed and without a pattern.
fn is_random(run: &str) -> bool {
    let has = |test: fn(&u8) -> bool| run.as_bytes().iter().any(test);
    run.len() >= KEY_BYTES
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && entropy_bits(run) >= KEY_ENTROPY_BITS
}

/// Shannon's entropy of the characters of `run`, in bits per character.
fn entropy_bits(run: &str) -> f64 {
    let mut counts = BTreeMap::new();
    for byte in run.bytes() {
        *counts.entry(byte).or_insert(0u32) += 1;
    }
    let total = f64::from(counts.values().sum::<u32>());
    counts.values().map(|&count| f64::from(count) / total).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    #[track_caller]
    fn check_line(line: &str, want: usize) {
        let found: Vec<String> = secrets(line).into_iter().chain(addresses(line)).collect();
        assert_eq!(found.len(), want, "{line}: {found:?}");
    }

    #[test]
    fn a_marked_credential_is_found() {
        for mark in ["gho_", "ghu_", "ghr_", "ghp_", "ya29.", "xoxb-"] {
            check_line(&format!("< {{\"access_token\":\"{mark}a1\"}}"), 1);
        }
        check_line(&format!("token=EAA{}", "b".repeat(17)), 1);
        check_line(&format!("token=EAA{}", "b".repeat(16)), 0);
        check_line(&format!("key=AKIA{}", "B".repeat(16)), 1);
        check_line("scope=gho_ or EAA", 0);
    }

    #[test]
    fn a_signed_token_and_a_private_key_are_found() {
        check_line(concat!("eyJhbGciOiJub25lIn0", ".", "eyJzdWIiOiI0MiJ9."), 1);
        check_line(concat!("-----BEGIN EC ", "PRIVATE KEY-----"), 1);
        check_line("-----BEGIN PUBLIC KEY-----", 0);
    }

    #[test]
    fn a_random_string_is_found_and_a_word_is_not() {
        check_line("code_verifier=q7Xw3-RkT0vLz9_bNf2HsYc8JdMa5EgUpQ1i", 1);
        check_line("code=00000000000000000000000000000000000aA", 0);
        check_line("redirect_uri=https%3A%2F%2Fapp.test%2Fcb&client_id=ID&client_secret=SECRET", 0);
        check_line("urn:ietf:params:oauth:grant-type:device_code", 0);
    }

    #[test]
    fn an_address_ends_in_test() {
        check_line("\"email\":\"ada@example.test\"", 0);
        check_line("\"email\":\"ada@example.com\"", 1);
        check_line("login_hint=ada%40mail.example.com", 1);
        check_line("login_hint=ada%40app.test&x=y", 0);
        check_line("https://media.test/@ada and @grace", 0);
    }

    #[test]
    fn only_fixtures_are_searched_and_their_lines_named() {
        let fixture = "crates/providers/hallpass-a/fixtures/token.accepted.http";
        let tree = Tree::of(&[(fixture, "# a\n< ghp_x"), ("README.md", "ghp_x")]);
        let message = "`ghp_…` looks like a credential: write TOKEN or SECRET";
        assert_found(&check(&tree), &[&format!("{fixture}:2: {message}")]);
        let want = "crates/providers:1: has no fixture to search for credentials";
        assert_found(&check(&Tree::of(&[])), &[want]);
    }
}
