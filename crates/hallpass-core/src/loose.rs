use std::{borrow::Cow, fmt};

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use serde_json::Number;

use crate::Json;

/// A JSON value of whatever type the provider chose, its text borrowed from the body.
///
/// Providers send `expires_in` as a number, a string or a float, `scope` as text or a list, and
/// `error` as text, a number or an object. One type reads them all, so that no reply is refused for
/// its shape; a [`Json`] in its place costs twice the time.
#[derive(Debug, Default)]
pub(crate) enum Loose<'a> {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    Json(Json),
}

impl<'a> Loose<'a> {
    /// The text, if it is one.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number of seconds, however it is spelled. Negative ones and fractions are cut.
    pub(crate) fn seconds(&self) -> Option<u64> {
        match self {
            Self::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(seconds), _, _) => Some(seconds),
                (_, Some(_), _) => Some(0),
                (_, _, Some(seconds)) => whole(seconds),
                _ => None,
            },
            Self::Text(text) => {
                let text = text.trim();
                text.parse().ok().or_else(|| whole(text.parse().ok()?))
            }
            Self::Null | Self::Bool(_) | Self::Json(_) => None,
        }
    }

    pub(crate) fn into_json(self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(flag) => flag.into(),
            Self::Number(number) => number.into(),
            Self::Text(text) => text.into_owned().into(),
            Self::Json(json) => json,
        }
    }
}

/// Levels in a member of a reply. serde_json writes any depth and reads 127: what it read from a
/// reply must be readable again from inside a stored token, and that from inside something else.
const DEEPEST: u8 = 100;

fn kept<'a, E: de::Error>(json: Json) -> Result<Loose<'a>, E> {
    let is_within = is_within(&json, DEEPEST);
    is_within.then_some(Loose::Json(json)).ok_or_else(|| E::custom("nested too deep"))
}

fn is_within(json: &Json, levels: u8) -> bool {
    let holds = |inner| is_within(inner, levels - 1);
    match json {
        Json::Array(items) => levels > 0 && items.iter().all(holds),
        Json::Object(members) => levels > 0 && members.values().all(holds),
        _ => true,
    }
}

/// Seconds as a float: `as` saturates and takes NaN for 0, so NaN is sorted out first.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f64) -> Option<u64> {
    number.is_finite().then_some(number as u64)
}

impl<'de> Deserialize<'de> for Loose<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Loose::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Loose::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Loose::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(value).map_or(Loose::Null, Loose::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Owned(value)))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Loose::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        kept(Json::deserialize(de::value::SeqAccessDeserializer::new(seq))?)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        match Json::deserialize(de::value::MapAccessDeserializer::new(map))? {
            // serde_json's feature `arbitrary_precision`, which any crate of a program can turn on,
            // hands a number over as a map.
            Json::Number(number) => Ok(Loose::Number(number)),
            json => kept(json),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Loose;

    #[test]
    fn seconds_are_read_however_they_are_spelled() {
        check("3600", Some(3600));
        check("\"3600\"", Some(3600));
        check("\" 3600 \"", Some(3600));
        check("3600.9", Some(3600));
        check("\"3600.9\"", Some(3600));
        check("-5", Some(0));
        check("-5.5", Some(0));
        check("1e300", Some(u64::MAX));
        check("99999999999999999999999", Some(u64::MAX));
        check("\"abc\"", None);
        check("\"NaN\"", None);
        check("null", None);
        check("true", None);
        check("[1]", None);
        check("{}", None);
    }

    #[test]
    fn a_number_of_any_precision_is_seconds() {
        for (json, want) in [("3600", Some(3600)), ("-5", Some(0)), ("1.5", Some(1))] {
            assert_eq!(Loose::Number(json.parse().unwrap()).seconds(), want);
        }
    }

    #[track_caller]
    fn check(json: &str, want: Option<u64>) {
        let got: Loose<'_> = serde_json::from_str(json).unwrap();
        assert_eq!(got.seconds(), want, "{json}");
    }

    #[test]
    fn a_value_keeps_its_type_on_the_way_to_json() {
        for json in ["null", "true", "-3", "18446744073709551615", "1.5", "\"a\\n\"", "[1]", "{}"] {
            let got: Loose<'_> = serde_json::from_str(json).unwrap();
            assert_eq!(got.into_json().to_string(), json);
        }
    }
}
