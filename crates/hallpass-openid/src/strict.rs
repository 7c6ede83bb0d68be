use std::{cell::Cell, fmt};

use hallpass_core::{Error, ErrorKind, Json, Result};
use serde::de::{
    self, Deserialize as _, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::Map;

/// JSON in which no object has a member twice, at any depth ([RFC 7519, section
/// 4](https://www.rfc-editor.org/rfc/rfc7519#section-4)): where two readers each take another one
/// of the two, what was checked is not what is used. At most [`DEEPEST`] levels deep.
///
/// # Errors
///
/// [`ErrorKind::Security`], reason `duplicate`.
/// [`ErrorKind::Malformed`], reason `json`: anything else. Neither
/// repeats what it read.
pub(crate) fn parse(bytes: &[u8]) -> Result<Json> {
    let no_json = || Error::malformed("that is no JSON").with_reason("json");
    // All at once: serde_json would look at each name and text of a slice by itself. Claims like
    // Google's: 20,400 instructions before, 17,800 after.
    let text = std::str::from_utf8(bytes).map_err(|_| no_json())?;
    let has_duplicate = Cell::new(false);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let json = Strict { has_duplicate: &has_duplicate, levels: DEEPEST }
        .deserialize(&mut deserializer)
        .and_then(|json| deserializer.end().map(|()| json));
    json.map_err(|_| {
        if has_duplicate.get() {
            return Error::security("duplicate", "a JSON object has a member twice");
        }
        no_json()
    })
}

/// The same of a document or an answer, which a server may begin with a byte order mark ([RFC 8259,
/// section 8.1](https://www.rfc-editor.org/rfc/rfc8259#section-8.1)); a JWT may not.
///
/// # Errors
///
/// As [`parse`].
pub(crate) fn document(bytes: &[u8]) -> Result<Json> {
    parse(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
}

/// The same refusal, of JSON in a JWT or key set.
pub(crate) fn in_jwt(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Malformed => error.with_reason("jwt"),
        _ => error,
    }
}

/// What serde_json's feature `arbitrary_precision`, which any crate of a program can turn on, hands
/// a number over as: the only key of a map. Whether it does, serde_json alone knows.
const NUMBER_AS_MAP: &str = "$serde_json::private::Number";

/// serde_json writes any depth and reads 127 levels: what it read as claims must be readable again
/// from inside a stored token, and that from inside something else.
const DEEPEST: u8 = 100;

#[derive(Clone, Copy)]
struct Strict<'a> {
    has_duplicate: &'a Cell<bool>,
    /// That may still begin.
    levels: u8,
}

impl Strict<'_> {
    fn inside<E: de::Error>(self) -> Result<Self, E> {
        let levels = self.levels.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))?;
        Ok(Self { levels, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let inside = self.inside()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inside)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let inside = self.inside()?;
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            // check: 70 => members.insert(name, map.next_value_seed(inside)?);
            if members.insert(name, map.next_value_seed(inside)?).is_some() {
                self.has_duplicate.set(true);
                return Err(de::Error::custom("twice"));
            }
        }
        if members.len() == 1 && members.contains_key(NUMBER_AS_MAP) {
            return Json::deserialize(Json::Object(members)).map_err(de::Error::custom);
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn a_document_may_begin_with_a_byte_order_mark_and_nothing_else_may() {
        let marked = b"\xef\xbb\xbf{\"a\":1}";
        assert_eq!(document(marked).unwrap()["a"], 1);
        assert_eq!(document(b"{\"a\":1}").unwrap()["a"], 1);
        assert_eq!(parse(marked).unwrap_err().kind(), ErrorKind::Malformed);
        let twice = [b"\xef\xbb\xbf", &marked[..]].concat();
        assert_eq!(document(&twice).unwrap_err().kind(), ErrorKind::Malformed);
        let error = document(b"\xef\xbb\xbf{\"a\":1,\"a\":1}").unwrap_err();
        assert_eq!(error.reason(), Some("duplicate"));
    }

    #[test]
    fn values_come_through_as_they_are() {
        for text in [
            "null",
            "true",
            "-3",
            "18446744073709551615",
            "1.5",
            "\"a\\n\"",
            "[1,[2,{}]]",
            r#"{"a":{"a":1},"b":[{"a":1},{"a":2}]}"#,
        ] {
            let want: Json = serde_json::from_str(text).unwrap();
            assert_eq!(parse(text.as_bytes()).unwrap(), want, "{text}");
        }
    }

    #[test]
    fn a_member_that_is_there_twice_is_refused_at_any_depth() {
        check(r#"{"alg":"none","alg":"RS256"}"#, "duplicate");
        check(r#"{"a":1,"b":2,"\u0061":1}"#, "duplicate");
        check(r#"{"a":[{"b":{"c":1,"d":2,"c":1}}]}"#, "duplicate");
        check(r#"{"":1,"":1}"#, "duplicate");
    }

    #[test]
    fn what_is_no_json_is_refused() {
        check("", "json");
        check("{", "json");
        check("{} {}", "json");
        check("{} x", "json");
        check("{'a':1}", "json");
        check("{\"a\":1,}", "json");
        check("NaN", "json");
        check("\u{feff}{}", "json");
        check(r#""\ud800""#, "json");
    }

    #[test]
    fn nesting_has_an_end() {
        let nested = |levels| "[".repeat(levels) + &"]".repeat(levels);
        assert!(parse(nested(100).as_bytes()).is_ok());
        check(&nested(101), "json");
        assert!(parse((r#"{"a":"#.repeat(100) + "1" + &"}".repeat(100)).as_bytes()).is_ok());
        check(&(r#"{"a":"#.repeat(101) + "1" + &"}".repeat(101)), "json");
        check(&nested(100_000), "json");
        check(&r#"{"a":"#.repeat(100_000), "json");
    }

    #[track_caller]
    fn check(text: &str, reason: &str) {
        let error = parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.reason(), Some(reason), "{text:.40}");
    }

    #[test]
    fn an_error_repeats_nothing_of_what_it_read() {
        for text in [r#"{"planted":1,"planted":"planted"}"#, r#"{"a":planted"#, "\"planted"] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("planted"), "{text}");
        }
    }

    #[test]
    fn invalid_utf8_is_refused() {
        assert_eq!(parse(b"\"\xff\"").unwrap_err().reason(), Some("json"));
    }

    #[test]
    fn one_member_is_not_taken_for_a_number() {
        assert!(parse(br#"{"$serde_json::private::Other":"1"}"#).unwrap().is_object());
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_what_serde_json_reads(bytes in any::<Vec<u8>>()) {
            if let Ok(json) = parse(&bytes) {
                assert_eq!(json, serde_json::from_slice::<Json>(&bytes).unwrap());
            }
        }

        #[test]
        fn nothing_that_looks_like_json_panics(text in r#"([\[\]{},:]|"[a-c]?"|-?[0-9]{1,3}|true){0,24}"#) {
            if let Ok(json) = parse(text.as_bytes()) {
                assert_eq!(json, serde_json::from_str::<Json>(&text).unwrap());
            }
        }
    }
}
