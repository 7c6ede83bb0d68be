//! Text as it stands in a signature: bytes in, ASCII out, nothing that could fail.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// All but the unreserved characters ([RFC 5849, section
/// 3.6](https://www.rfc-editor.org/rfc/rfc5849#section-3.6)).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes all but the unreserved characters, in upper-case hexadecimal.
pub(crate) fn encoded(text: &[u8]) -> String {
    percent_encode(text, RESERVED).to_string()
}

/// A pair, both halves encoded: what is sorted and signed.
pub(crate) type Pair = (String, String);

/// The pairs of a query or form, decoded and encoded again: `+` is a space in both, and what a
/// server decodes to bytes that are no text stays those bytes.
pub(crate) fn pairs(form: &[u8]) -> Vec<Pair> {
    let pairs = form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let mut half = || normal(halves.next().unwrap_or_default());
            (half(), half())
        })
        .collect()
}

fn normal(half: &[u8]) -> String {
    let spaced: Vec<u8> =
        half.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    encoded(&percent_decode(&spaced).collect::<Vec<u8>>())
}

/// `name=value&…` of pairs that are encoded.
pub(crate) fn joined(pairs: &[Pair]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        let separator = if text.is_empty() { "" } else { "&" };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{name}={value}");
    }
    text
}

/// A value as it was before it was encoded, for comparing names.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    percent_decode(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        let all: String = (0x20..0x7f_u8).map(char::from).collect();
        let kept = encoded(all.as_bytes());
        assert!(kept.contains("-.") && kept.contains('_') && kept.contains('~'));
        assert_eq!(encoded(b"AZaz09-._~"), "AZaz09-._~");
        assert_eq!(encoded(b" !*'()/:+%&=\""), "%20%21%2A%27%28%29%2F%3A%2B%25%26%3D%22");
        assert_eq!(encoded("é☃".as_bytes()), "%C3%A9%E2%98%83");
    }

    #[test]
    fn pairs_are_read_as_a_form() {
        check("a=1+2&b=%2b&c&&d=x=y&e=", &["a=1%202", "b=%2B", "c=", "d=x%3Dy", "e="]);
        check("c2&a3=2+q", &["c2=", "a3=2%20q"]);
        check("", &[]);
        check("a=%FF&b=%zz", &["a=%FF", "b=%25zz"]);
        check("a%20b=1&=2", &["a%20b=1", "=2"]);
    }

    #[track_caller]
    fn check(form: &str, want: &[&str]) {
        let got: Vec<_> = pairs(form.as_bytes()).iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(got, want, "{form}");
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let text = encoded(&bytes);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(decoded(&text), bytes);
        }

        #[test]
        fn a_form_is_read_as_it_was_written(name in ".{0,12}", value in ".{0,12}") {
            let pair = (encoded(name.as_bytes()), encoded(value.as_bytes()));
            let form = joined(std::slice::from_ref(&pair));
            prop_assert_eq!(pairs(form.as_bytes()), vec![pair]);
        }
    }
}
