//! The forms in which a secret may stand in a text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// As what it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Plain,
    /// As `Debug` and JSON print it.
    Escaped,
    /// In a URL or a form.
    Percent,
    /// In HTTP Basic, or a token: whatever stands before it.
    Base64,
    /// As `Debug` prints bytes.
    Bytes,
    Hexadecimal,
}

/// Shorter patterns would be found by chance.
pub(super) const SHORTEST_BYTES: usize = 8;
/// Of a long value, each end: texts are cut off.
const END_BYTES: usize = 16;
/// From here on, the ends are looked for instead of the whole.
const LONG_BYTES: usize = 32;
/// Of a form that takes much room, the first bytes do.
const ENOUGH_BYTES: usize = 24;

/// What is looked for, without what is there twice.
pub(super) fn of(value: &str) -> Vec<(Form, Vec<u8>)> {
    let mut seen = BTreeSet::new();
    let mut forms = Vec::new();
    for piece in pieces(value) {
        for (form, pattern) in written(piece) {
            if pattern.len() >= SHORTEST_BYTES && seen.insert(pattern.clone()) {
                forms.push((form, pattern));
            }
        }
    }
    forms
}

/// The parts of a value that give it away, and nothing that others begin or end with.
fn pieces(value: &str) -> Vec<&[u8]> {
    let bytes = value.as_bytes();
    let trimmed = value.trim();
    if trimmed.contains('\n') {
        // PEM, or whatever has lines.
        let is_own = |line: &&str| line.len() >= LONG_BYTES && !line.starts_with("-----");
        let lines: Vec<_> = trimmed.lines().map(str::trim).filter(is_own).collect();
        if !lines.is_empty() {
            return lines.into_iter().map(|line| head(line.as_bytes(), LONG_BYTES)).collect();
        }
    }
    let is_jwt = value.starts_with("eyJ") && value.matches('.').count() >= 2;
    if is_jwt && bytes.len() > ENOUGH_BYTES {
        // Header and claims are like those of others.
        return vec![tail(bytes, ENOUGH_BYTES)];
    }
    if let Some(sealed) = value.strip_prefix("hps1.").and_then(|rest| rest.split_once('.')) {
        let sealed = sealed.1.as_bytes();
        return vec![head(sealed, ENOUGH_BYTES), tail(sealed, END_BYTES)];
    }
    let has_structure = ['{', '[', ' ', '&', ':'].iter().any(|sign| value.contains(*sign));
    if bytes.len() < LONG_BYTES || has_structure {
        return vec![bytes];
    }
    vec![head(bytes, END_BYTES), tail(bytes, END_BYTES)]
}

fn head(bytes: &[u8], length: usize) -> &[u8] {
    &bytes[..length.min(bytes.len())]
}

fn tail(bytes: &[u8], length: usize) -> &[u8] {
    &bytes[bytes.len().saturating_sub(length)..]
}

fn written(piece: &[u8]) -> Vec<(Form, Vec<u8>)> {
    let mut written = vec![(Form::Plain, piece.to_vec())];
    if let Ok(text) = std::str::from_utf8(piece) {
        let debug = format!("{text:?}");
        written.push((Form::Escaped, debug.as_bytes()[1..debug.len() - 1].to_vec()));
        let json = serde_json::Value::from(text).to_string();
        written.push((Form::Escaped, json.as_bytes()[1..json.len() - 1].to_vec()));
    }
    written.push((Form::Escaped, piece.escape_ascii().to_string().into_bytes()));
    for space in ["+", "%20"] {
        for kept in [&b"-_.~"[..], b"-_.*", b"-_.~!$&'()*+,;=:@/?"] {
            written.push((Form::Percent, percent(piece, space, kept)));
        }
    }
    let part = head(piece, ENOUGH_BYTES);
    for alphabet in [STANDARD, URL_SAFE] {
        written.extend((0..3).map(|before| (Form::Base64, base64(part, before, alphabet))));
    }
    let numbers: Vec<String> = part.iter().map(u8::to_string).collect();
    written.push((Form::Bytes, numbers.join(", ").into_bytes()));
    let hexadecimal = part.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    written.push((Form::Hexadecimal, hexadecimal.into_bytes()));
    written
}

fn percent(piece: &[u8], space: &str, kept: &[u8]) -> Vec<u8> {
    let mut encoded = String::new();
    for byte in piece {
        match byte {
            b' ' => encoded.push_str(space),
            _ if byte.is_ascii_alphanumeric() || kept.contains(byte) => {
                encoded.push(char::from(*byte));
            }
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded.into_bytes()
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The characters that say nothing but `part`, where so many bytes (of three) stand before it, and
/// whatever after it.
fn base64(part: &[u8], before: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let bits = |at: usize| -> Option<u8> {
        // Six bits from here on, all of them of `part`.
        let (first, shift) = (at / 8, at % 8);
        let high = u16::from(*part.get(first)?) << 8;
        let low = if shift > 2 { u16::from(*part.get(first + 1)?) } else { 0 };
        u8::try_from(((high | low) << shift) >> 10).ok()
    };
    // The first character that begins in `part`.
    let skipped = [0, 4, 2][before % 3];
    let characters = (skipped..).step_by(6).map_while(bits);
    characters.map(|bits| alphabet[usize::from(bits)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &str, form: Form, pattern: &str) -> bool {
        of(value).iter().any(|(of, it)| *of == form && it == pattern.as_bytes())
    }

    #[test]
    fn a_value_is_looked_for_in_every_form() {
        let value = "pass word\"1/";
        assert!(has(value, Form::Plain, value));
        assert!(has(value, Form::Escaped, "pass word\\\"1/"));
        assert!(has(value, Form::Percent, "pass+word%221%2F"));
        assert!(has(value, Form::Percent, "pass%20word%221%2F"));
        assert!(has(value, Form::Bytes, "112, 97, 115, 115, 32, 119, 111, 114, 100, 34, 49, 47"));
        assert!(has(value, Form::Hexadecimal, "7061737320776f726422312f"));
    }

    #[test]
    fn in_base64_it_is_found_whatever_stands_around_it() {
        // base64 of `pass word"1/`, of `a:` before it, of `ab:` before it.
        assert!(has("pass word\"1/", Form::Base64, "cGFzcyB3b3JkIjEv"));
        assert!(has("pass word\"1/", Form::Base64, "Bhc3Mgd29yZCIxL"));
        assert!(has("pass word\"1/", Form::Base64, "wYXNzIHdvcmQiMS"));
    }

    #[test]
    fn of_a_long_value_each_end_is_enough() {
        let value = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF";
        assert!(has(value, Form::Plain, "0123456789abcdef"));
        assert!(has(value, Form::Plain, "qrstuvwxyzABCDEF"));
        assert!(!has(value, Form::Plain, value));
    }

    #[test]
    fn what_others_begin_with_is_not_looked_for() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.0123456789abcdefghijklmnop";
        assert!(has(jwt, Form::Plain, "23456789abcdefghijklmnop"));
        assert!(!has(jwt, Form::Plain, &jwt[..16]));
        let pem = "-----BEGIN KEY-----\n0123456789abcdefghijklmnopqrstuvwxyz\n-----END KEY-----\n";
        assert!(has(pem, Form::Plain, "0123456789abcdefghijklmnopqrstuv"));
        assert_eq!(of(pem).iter().filter(|(form, _)| *form == Form::Plain).count(), 1);
        let json = r#"{"access_token":"0123456789","token_type":"bearer"}"#;
        assert!(has(json, Form::Plain, json));
    }
}
