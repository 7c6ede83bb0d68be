//! `profile` and `id_email`: whose they are is core's to say.

use hallpass_core::{ErrorKind, Json, OAuth2Token, Profile};
use serde_json::json;

use crate::support::{Careless, World, config, refused};

fn saying(profile: Profile) -> World {
    World::of(Careless { profile: Some(profile), ..Careless::default() })
}

#[tokio::test]
async fn an_id_that_cannot_be_a_key_is_refused() {
    let token = OAuth2Token::from_access_token("TOKEN");
    for id in [String::new(), "x".repeat(1025)] {
        let world = saying(Profile::new(id, Json::Null));
        let got = world.client.get_profile(&token).await;
        refused(got, ErrorKind::Malformed, Some("empty_id"));
        let got = world.client.get_id_email(&token).await;
        refused(got, ErrorKind::Malformed, Some("empty_id"));
    }
}

#[tokio::test]
async fn a_profile_of_another_provider_is_stamped_over() {
    let token = OAuth2Token::from_access_token("TOKEN");
    let bank = Careless {
        profile: Some(Profile::new("42", json!({ "provider": "bank" }))),
        ..Careless::but(|descriptor| descriptor.with_issuer("https://bank.test"))
    };
    let bank = World::with(bank, config().with_name("bank"));
    let stolen = bank.client.get_profile(&token).await.unwrap();
    assert_eq!((stolen.provider(), stolen.issuer()), ("bank", Some("https://bank.test")));

    let profile = saying(stolen).client.get_profile(&token).await.unwrap();
    assert_eq!((profile.provider(), profile.issuer()), ("hooked", Some("https://shop.test")));
}
