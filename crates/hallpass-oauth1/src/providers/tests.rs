use hallpass_core::ErrorKind;
use serde_json::json;

use super::*;

/// The shape that X documents, with a user who is nobody.
fn x_user(email: &Json) -> Json {
    json!({
        "id": 7_000_000_000_000_000_001_u64,
        "id_str": "7000000000000000001",
        "name": "A. Person",
        "screen_name": "a_person",
        "email": email,
        "profile_image_url_https": "https://pbs.test/a.png",
        "verified": false,
    })
}

#[test]
fn x_gives_an_address_that_it_verified_or_none() {
    let profile = x_profile(x_user(&json!("a@person.test"))).unwrap();
    assert_eq!(profile.id(), "7000000000000000001");
    assert_eq!(profile.verified_email(), Some("a@person.test"));
    assert_eq!((profile.name(), profile.username()), (Some("A. Person"), Some("a_person")));
    assert_eq!(profile.picture(), Some("https://pbs.test/a.png"));
    for none in [json!(null), json!("")] {
        let profile = x_profile(x_user(&none)).unwrap();
        assert_eq!(profile.email(), None);
        assert_eq!(profile.email_verification(), EmailVerification::Unknown);
    }
}

#[test]
fn x_without_an_id_is_malformed() {
    for me in [json!({ "id": 1 }), json!([]), json!({ "errors": [{ "code": 89 }] })] {
        assert_eq!(x_profile(me).unwrap_err().kind(), ErrorKind::Malformed);
    }
}

/// The shape that Tumblr documents, with the `uuid` that it says every blog has.
fn tumblr_user(blogs: &Json) -> Json {
    json!({
        "meta": { "status": 200, "msg": "OK" },
        "response": { "user": { "name": "aperson", "likes": 3, "following": 2, "blogs": blogs } },
    })
}

#[test]
fn a_user_of_tumblr_is_known_by_the_primary_blog() {
    let me = tumblr_user(&json!([
        { "name": "aside", "title": "Aside", "primary": false, "uuid": "t:aside" },
        { "name": "aperson", "title": "A. Person", "primary": true, "uuid": "t:primary" },
    ]));
    let profile = tumblr_profile(me).unwrap();
    assert_eq!(profile.id(), "t:primary");
    assert_eq!((profile.name(), profile.username()), (Some("A. Person"), Some("aperson")));
    assert_eq!(profile.email(), None);
}

#[test]
fn a_user_of_tumblr_without_a_lasting_id_is_malformed() {
    for blogs in [
        json!([]),
        json!(null),
        json!([{ "name": "aperson", "primary": true }]),
        json!([{ "name": "aperson", "primary": true, "uuid": "" }]),
        json!([{ "name": "aside", "primary": false, "uuid": "t:aside" }]),
    ] {
        assert_eq!(tumblr_profile(tumblr_user(&blogs)).unwrap_err().kind(), ErrorKind::Malformed);
    }
    assert!(tumblr_profile(json!({ "response": [] })).is_err());
}

#[test]
fn what_is_known_of_a_provider_makes_a_client() {
    use crate::{ClientCredentials, OAuth1Client, OAuth1Config};
    for provider in [OAuth1Provider::x(), OAuth1Provider::tumblr()] {
        let config = OAuth1Config::new(ClientCredentials::new("key", "secret"));
        let client = OAuth1Client::new(provider, config).unwrap();
        assert!(!client.descriptor().offers_refresh());
        assert!(client.descriptor().registration_url().is_some());
    }
}
