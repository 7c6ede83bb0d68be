//! What is done to a good answer, and answers that never were good.

use hallpass_core::{
    Json, Response,
    http::{HeaderMap, header},
};

/// A body that is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    Empty,
    Html,
    /// The good one, as HTML.
    WrongType,
    InvalidUtf8,
    ByteOrderMark,
    /// 50 MiB of spaces in 320 KiB.
    GzipBomb,
    /// Longer than any limit, by its own word.
    TooLong,
    /// The good one, and lists in lists, 10,000 deep.
    Nested,
    /// Each member of the good one twice, or all of its form.
    Duplicates,
    Null,
    /// The good one in a list.
    InAnArray,
    /// The good one, and a number that is none.
    NaN,
    /// The good one with each number past what 64 bits hold.
    PastU64,
}

/// The next after the largest of 64 bits.
const PAST_U64: &str = "18446744073709551616";

const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let known = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    known.is_some_and(|known| known.starts_with(FORM))
}

/// A status line, headers and a body.
pub(crate) fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{headers}connection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

impl Body {
    /// In place of a good answer.
    pub(crate) fn instead_of(self, good: &Response) -> Vec<u8> {
        // 204 has no body.
        let status = if good.status == 204 { 200 } else { good.status.as_u16() };
        self.with(status, &good.headers, &good.body)
    }

    /// In place of a refusal in JSON.
    pub(crate) fn refusing(self, status: u16, refusal: &str) -> Vec<u8> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        self.with(status, &headers, refusal.as_bytes())
    }

    fn with(self, status: u16, headers: &HeaderMap, good: &[u8]) -> Vec<u8> {
        let is_form = is_form(headers);
        let known = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = match self {
            Self::Html | Self::WrongType => "text/html",
            _ => known.unwrap_or("application/json"),
        };
        let encoding = if self == Self::GzipBomb { "content-encoding: gzip\r\n" } else { "" };
        let headers = format!("content-type: {content_type}\r\n{encoding}");
        if self == Self::TooLong {
            let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: 1048577\r\n\r\n");
            return [head.as_bytes(), &[b' '; 1_048_577]].concat();
        }
        let text = match self.form(good) {
            Some(form) if is_form => form,
            _ => self.text(good),
        };
        answer(status, &headers, &text)
    }

    /// What another text is in a form than in JSON. What is no JSON there is a value like any.
    fn form(self, good: &[u8]) -> Option<Vec<u8>> {
        let with = |pair: &[u8]| Some([good, b"&", pair].concat());
        match self {
            Self::InvalidUtf8 => with(b"n=\xff"),
            Self::Nested => with(&[&b"deep="[..], &[b'['; 10_000], &[b']'; 10_000]].concat()),
            Self::Duplicates => with(good),
            Self::NaN => with(b"n=NaN"),
            Self::PastU64 => with(format!("past={PAST_U64}").as_bytes()),
            _ => None,
        }
    }

    fn text(self, good: &[u8]) -> Vec<u8> {
        match self {
            Self::Empty | Self::TooLong => Vec::new(),
            Self::Html => b"<!doctype html><title>Maintenance</title><p>Back soon.".to_vec(),
            Self::WrongType => good.to_vec(),
            Self::InvalidUtf8 => with_member(good, b"\"n\":\"\xff\""),
            Self::ByteOrderMark => [b"\xef\xbb\xbf", good].concat(),
            Self::GzipBomb => gzip_of_spaces(50 << 20),
            Self::Nested => {
                let deep = [&b"\"deep\":"[..], &[b'['; 10_000], &[b']'; 10_000]].concat();
                with_member(good, &deep)
            }
            Self::Duplicates => twice(good),
            Self::Null => b"null".to_vec(),
            Self::InAnArray => [b"[", good, b"]"].concat(),
            Self::NaN => with_member(good, b"\"n\":NaN"),
            Self::PastU64 => past_u64(good),
        }
    }
}

/// As the first member of the object, or of the first object in a list. An answer without any is
/// taken for an empty one.
fn with_member(good: &[u8], member: &[u8]) -> Vec<u8> {
    let Some(start) = good.iter().position(|byte| *byte == b'{') else {
        return [b"{", member, b"}"].concat();
    };
    let (before, after) = good.split_at(start + 1);
    let is_empty = after.trim_ascii_start().starts_with(b"}");
    let comma: &[u8] = if is_empty { b"" } else { b"," };
    [before, member, comma, after].concat()
}

fn twice(good: &[u8]) -> Vec<u8> {
    let good = good.trim_ascii();
    match good.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")) {
        Some(inner) if !inner.trim_ascii().is_empty() => [b"{", inner, b",", inner, b"}"].concat(),
        _ => with_member(good, b"\"n\":1,\"n\":2"),
    }
}

fn past_u64(good: &[u8]) -> Vec<u8> {
    const PLACE: &str = "a number that no u64 holds";
    fn place(json: &mut Json) {
        match json {
            Json::Number(_) => *json = Json::from(PLACE),
            Json::Array(list) => list.iter_mut().for_each(place),
            Json::Object(members) => members.values_mut().for_each(place),
            _ => {}
        }
    }
    let mut json = serde_json::from_slice(good).unwrap_or_else(|_| serde_json::json!({}));
    place(&mut json);
    let text = json.to_string().replace(&format!("\"{PLACE}\""), PAST_U64);
    with_member(text.as_bytes(), format!("\"past\":{PAST_U64}").as_bytes())
}

/// One block with the fixed codes of [RFC 1951, section
/// 3.2.6](https://www.rfc-editor.org/rfc/rfc1951#section-3.2.6): a space, and matches of 258 bytes
/// one byte back.
fn gzip_of_spaces(count: usize) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut held, mut length) = (0_u32, 0_u32);
    let mut put = |code: u32, bits: u32| {
        // Codes go in from their highest bit on, into bytes from their lowest.
        for bit in (0..bits).rev() {
            held |= (code >> bit & 1) << length;
            length += 1;
            if length == 8 {
                bytes.push(held as u8);
                (held, length) = (0, 0);
            }
        }
    };
    put(0b1_10, 3);
    put(0b0011_0000 + u32::from(b' '), 8);
    for _ in 0..count / 258 {
        put(0b1100_0000 + 285 - 280, 8);
        put(0, 5);
    }
    put(0, 7);
    put(0, 7);
    // The checksum is wrong: whoever reads so far has unpacked all of it.
    bytes.extend([0; 8]);
    bytes
}

#[test]
fn the_bomb_is_small_enough_to_be_read_whole() {
    let bomb = gzip_of_spaces(50 << 20);
    assert!((300 << 10..512 << 10).contains(&bomb.len()), "{}", bomb.len());
}
