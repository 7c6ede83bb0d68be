//! What serde reads.

use hallpass_core::Secret;
use serde::{Deserialize, Deserializer, de::value};

use super::*;
use crate::registry::settings::Params;

pub(super) type Shown<'a> = &'a [(String, Secret)];

const FULL: &str = r#"{
    "provider": "corp", "client_id": "id", "client_secret": "Qsecretq", "client_auth": "basic_raw",
    "scopes": ["b", "a"], "redirect_uri": "https://app.test/cb", "host": "h", "issuer": "i",
    "metadata_url": "m", "api_base_url": "u", "user_agent": "app/1",
    "authorization_params": { "z": "1", "a": "Qsecretq" }, "token_params": { "b": "Qsecretq" },
    "team_id": "t", "key_id": "k", "private_key": "Qsecretq"
}"#;

#[test]
fn a_configuration_says_all_that_the_methods_say_and_debug_no_secret_of_it() {
    let read: ClientSettings = serde_json::from_str(FULL).unwrap();
    let built = ClientSettings::new("id")
        .with_provider("corp")
        .with_secret("Qsecretq")
        .with_client_auth(hallpass_core::CustomClientAuth::BasicRaw)
        .with_scopes(["b", "a"])
        .with_redirect_uri("https://app.test/cb")
        .with_host("h")
        .with_issuer("i")
        .with_metadata_url("m")
        .with_api_base_url("u")
        .with_user_agent("app/1")
        .with_authorization_param("z", "1")
        .with_authorization_param("a", "Qsecretq")
        .with_token_param("b", "Qsecretq")
        .with_team_id("t")
        .with_private_key("k", "Qsecretq");
    assert_eq!(format!("{read:?}"), format!("{built:?}"));
    assert!(!format!("{read:?} {read:#?}").contains("Qsecretq"));
    let secret = |secret: &Option<Secret>| secret.as_ref().unwrap().expose().to_owned();
    assert_eq!(secret(&read.client_secret), "Qsecretq");
    assert_eq!(secret(&read.private_key), "Qsecretq");
    assert_eq!(read.authorization_params.0[0].1.expose(), "1", "in the order of the file");
    let least = r#"{ "client_id": "id", "client_secret": null }"#;
    let least: ClientSettings = serde_json::from_str(least).unwrap();
    assert_eq!(format!("{least:?}"), format!("{:?}", ClientSettings::new("id")));
}

#[test]
fn what_is_misspelt_missing_or_twice_is_refused_by_its_name_and_without_a_secret() {
    check(r#"{ "client_id": "id", "client_secrt": "Qsecretq" }"#, "`client_secrt`");
    check(r#"{ "client_secret": "Qsecretq" }"#, "`client_id`");
    check(r#"{ "client_id": "a", "client_id": "b" }"#, "`client_id`");
    check(r#"{ "client_id": "a", "scopes": "b" }"#, "sequence");
    check(r#"{ "client_id": "a", "token_params": { "b": "Qsecretq", "b": "c" } }"#, "b is there");
    check(r#"{ "client_id": "a", "token_params": ["Qsecretq"] }"#, "map");
    check(r#"{ "client_id": "a", "client_auth": "none at all" }"#, "none at all");
}

#[test]
fn a_value_of_another_sort_is_refused_and_not_repeated() {
    for value in ["1234567", "-1234567", "1234567.5", "true", r#"["Qsecretq"]"#, r#"{"a":1234567}"#]
    {
        let said = check(&format!(r#"{{ "client_id": "a", "client_secret": {value} }}"#), "text");
        assert!(!said.contains("1234567") && !said.contains("true"), "{said}");
        let said =
            check(&format!(r#"{{ "client_id": "a", "token_params": {{"b":{value}}} }}"#), "text");
        assert!(!said.contains("1234567") && !said.contains("true"), "{said}");
    }
    let numbers = ["1234567", "-1234567", "1234567.5", "12345678901234567890"];
    for value in [r#""a=Qsecretq""#, "true", r#"["Qsecretq"]"#, "null"].into_iter().chain(numbers) {
        for map in ["token_params", "authorization_params"] {
            let said = check(&format!(r#"{{ "client_id": "a", "{map}": {value} }}"#), "a map of");
            assert!(!said.contains("1234567") && !said.contains("true"), "{said}");
        }
        let said = check(value, "the settings of a client are a map");
        assert!(!said.contains("1234567") && !said.contains("true"), "{said}");
    }
}

/// Not every format has the sorts of JSON.
#[test]
fn a_value_of_a_sort_that_json_lacks_is_not_repeated_either() {
    fn check<'de, D: Deserializer<'de, Error = value::Error>>(of: impl Fn() -> D) {
        let params = Params::deserialize(of()).unwrap_err().to_string();
        let client = ClientSettings::deserialize(of()).unwrap_err().to_string();
        for said in [params, client] {
            assert!(said.contains("a map"), "{said}");
            let planted = ["Qsecretq", "123456", "115, 101"];
            assert!(!planted.iter().any(|planted| said.contains(planted)), "{said}");
        }
    }

    check(|| value::StringDeserializer::new("Qsecretq".to_owned()));
    check(|| value::BorrowedStrDeserializer::new("Qsecretq"));
    check(|| value::BytesDeserializer::new(b"Qsecretq"));
    check(|| value::BorrowedBytesDeserializer::new(b"Qsecretq"));
    check(|| value::I128Deserializer::new(1_234_567));
    check(|| value::U128Deserializer::new(1_234_567));
    check(|| value::F32Deserializer::new(1_234_567.0));
    check(|| value::I64Deserializer::new(1_234_567));
    check(value::UnitDeserializer::new);
}

#[track_caller]
fn check(text: &str, want: &str) -> String {
    let said = serde_json::from_str::<ClientSettings>(text).unwrap_err().to_string();
    assert!(said.contains(want) && !said.contains("Qsecretq"), "{said}");
    said
}
