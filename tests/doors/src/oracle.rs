//! What is true of everything that comes through a door.

use std::error::Error as _;

use hallpass::{Error, OAuth2Token, Secret, core::Json};

/// A token that was accepted: it can be sent, it survives a store, and `Debug` shows nothing of it.
pub(crate) fn check_token(token: &OAuth2Token) {
    let access = token.access_token().expose();
    assert!(!access.is_empty(), "a token without an access token");
    assert!(access.bytes().all(|b| (0x20..=0x7e).contains(&b)), "{access:?} fits in no header");
    check_stored_token(token);
}

/// Written and read, it says the same; with other secrets in it, `Debug` says the same.
pub(crate) fn check_stored_token(token: &OAuth2Token) {
    let stored = token.expose_for_storage();
    let again = OAuth2Token::from_storage(&stored).expect("what was written can be read");
    let json = |token: &OAuth2Token| -> Json {
        serde_json::from_str(token.expose_for_storage().expose()).unwrap()
    };
    assert_eq!(without_floats(json(&again)), without_floats(json(token)));

    let mut other = json(token);
    for name in ["access_token", "refresh_token", "id_token"] {
        if other.get(name).is_some() {
            other[name] = "x".into();
        }
    }
    if let Some(Json::Object(claims)) = other.get_mut("claims") {
        claims.values_mut().for_each(|claim| *claim = Json::Null);
    }
    let other = OAuth2Token::from_storage(&Secret::new(other.to_string())).unwrap();
    assert_eq!(format!("{token:?}"), format!("{other:?}"), "`Debug` shows a secret");
}

/// serde_json reads a float to the last bit but one: it may differ, and is no secret and no name.
pub(crate) fn without_floats(json: Json) -> Json {
    match json {
        Json::Number(number) if number.is_f64() => Json::Null,
        Json::Array(list) => list.into_iter().map(without_floats).collect(),
        Json::Object(members) => {
            members.into_iter().map(|(name, json)| (name, without_floats(json))).collect()
        }
        json => json,
    }
}

/// An error repeats nothing of what was sent, in none of its forms.
pub(crate) fn check_error(error: &Error, sent: &[&str]) {
    let mut text = format!("{error}\n{error:?}\n{:?}", error.oauth());
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!("\n{cause}\n{cause:?}"));
        source = cause.source();
    }
    for secret in sent {
        assert!(!text.contains(secret), "an error repeats a secret: {text}");
    }
}

/// All text in JSON, at whatever depth.
pub(crate) fn texts<'a>(json: &'a Json, found: &mut Vec<&'a str>) {
    match json {
        Json::String(text) => found.push(text),
        Json::Array(list) => list.iter().for_each(|json| texts(json, found)),
        Json::Object(members) => members.values().for_each(|json| texts(json, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
