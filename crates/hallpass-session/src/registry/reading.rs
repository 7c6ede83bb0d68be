//! How serde reads what may be a secret. Its own readers, and many a format's, repeat a value that
//! is not what they were told to expect: so they are told to expect anything, and nothing is
//! repeated.

use std::{fmt, marker::PhantomData};

use hallpass_core::{CustomClientAuth, Secret};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::settings::{ClientSettings, Params};

/// What is made of a text or of a map.
trait Quiet<'de>: Sized {
    /// What stands in the error, whatever else was found.
    const WANTED: &'static str;

    fn of_text<E: Error>(_: &str) -> Result<Self, E> {
        refused::<Self, E>()
    }

    fn of_map<A: MapAccess<'de>>(_: A) -> Result<Self, A::Error> {
        refused::<Self, A::Error>()
    }
}

fn refused<'de, T: Quiet<'de>, E: Error>() -> Result<T, E> {
    Err(E::custom(T::WANTED))
}

fn quietly<'de, T: Quiet<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(QuietVisitor(PhantomData))
}

struct QuietVisitor<T>(PhantomData<T>);

/// What is missing here, such as a list, serde refuses by its sort alone.
impl<'de, T: Quiet<'de>> Visitor<'de> for QuietVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WANTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::of_text(text)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::of_map(map)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<T, E> {
        refused()
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<T, E> {
        refused()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<T, E> {
        refused()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<T, E> {
        refused()
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<T, E> {
        refused()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<T, E> {
        refused()
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<T, E> {
        refused()
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<Text>::deserialize(deserializer)?.map(|text| text.0))
}

/// A secret's text.
struct Text(Secret);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        quietly(deserializer)
    }
}

impl Quiet<'_> for Text {
    const WANTED: &'static str = "a value that is kept secret is text: put it in quotes";

    fn of_text<E: Error>(text: &str) -> Result<Self, E> {
        Ok(Self(Secret::new(text)))
    }
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        quietly(deserializer)
    }
}

impl<'de> Quiet<'de> for Params {
    const WANTED: &'static str = "parameters are a map of names to text";

    fn of_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut params: Vec<(String, Secret)> = Vec::new();
        while let Some((name, Text(value))) = map.next_entry::<String, Text>()? {
            // A map would keep the last one in silence.
            if params.iter().any(|(said, _)| *said == name) {
                return Err(A::Error::custom(format!("the parameter {name} is there twice")));
            }
            params.push((name, value));
        }
        Ok(Self(params))
    }
}

impl<'de> Deserialize<'de> for ClientSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        quietly(deserializer)
    }
}

impl<'de> Quiet<'de> for ClientSettings {
    const WANTED: &'static str = "the settings of a client are a map";

    fn of_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        Fields::deserialize(MapAccessDeserializer::new(map))
    }
}

/// The keys. Of a type of its own, so that nobody gets at this reader past the one above.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, remote = "ClientSettings")]
struct Fields {
    client_id: String,
    #[serde(default)]
    provider: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    client_secret: Option<Secret>,
    #[serde(default)]
    client_auth: Option<CustomClientAuth>,
    #[serde(default)]
    scopes: Option<Vec<String>>,
    #[serde(default)]
    redirect_uri: Option<String>,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    issuer: Option<String>,
    #[serde(default)]
    metadata_url: Option<String>,
    #[serde(default)]
    api_base_url: Option<String>,
    #[serde(default)]
    user_agent: Option<String>,
    #[serde(default)]
    authorization_params: Params,
    #[serde(default)]
    token_params: Params,
    #[serde(default)]
    team_id: Option<String>,
    #[serde(default)]
    key_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    private_key: Option<Secret>,
}
