//! Who signed in: userinfo and ID token together.

use hallpass_core::{Descriptor, EmailVerification, ErrorKind};
use hallpass_openid::OpenId;
use hallpass_testkit::SigningKey;
use serde_json::{Value, json};

use crate::support::{ACCESS_TOKEN, CLIENT, ISSUER, USERINFO, World, object, refused, response};

/// What the profile is made of, where userinfo and ID token say this.
async fn profile(userinfo: &Value, claims: &Value) -> hallpass_core::Profile {
    let world = World::new();
    let token = world.login(claims).await.unwrap();
    world.script.answer(USERINFO, userinfo);
    world.client.get_profile(&token).await.unwrap()
}

#[tokio::test]
async fn a_profile_is_userinfo_and_what_it_leaves_out_of_the_id_token() {
    let userinfo = json!({ "sub": "42", "name": "Ada", "picture": "https://op.test/ada.png" });
    let claims = json!({ "name": "Old name", "preferred_username": "ada", "locale": "en-GB" });
    let profile = profile(&userinfo, &claims).await;
    assert_eq!((profile.id(), profile.provider()), ("42", "op"));
    assert_eq!(profile.issuer(), Some(ISSUER));
    assert_eq!(profile.name(), Some("Ada"));
    assert_eq!(profile.username(), Some("ada"));
    assert_eq!(profile.locale(), Some("en-GB"));
    assert_eq!(profile.picture(), Some("https://op.test/ada.png"));
}

#[tokio::test]
async fn an_address_and_its_flag_are_of_one_source() {
    use EmailVerification::{Unknown, Unverified, Verified};
    let (a, b) = ("a@users.test", "b@users.test");
    for (userinfo, claims, address, want) in [
        (json!({ "email": a, "email_verified": true }), json!({}), Some(a), Verified),
        (json!({}), json!({ "email": b, "email_verified": true }), Some(b), Verified),
        (json!({ "email": a }), json!({ "email": b, "email_verified": true }), Some(a), Unknown),
        (json!({ "email": a }), json!({ "email": a, "email_verified": true }), Some(a), Unknown),
        (json!({ "email": a }), json!({ "email_verified": true }), Some(a), Unknown),
        (json!({ "email_verified": true }), json!({ "email": b }), Some(b), Unknown),
        (
            json!({ "email": a, "email_verified": false }),
            json!({ "email": a, "email_verified": true }),
            Some(a),
            Unverified,
        ),
        (json!({ "email": 7, "email_verified": true }), json!({ "email": b }), Some(b), Unknown),
        (json!({ "email_verified": true }), json!({}), None, Unknown),
    ] {
        let mut all = json!({ "sub": "42" });
        all.as_object_mut().unwrap().extend(object(&userinfo));
        let profile = profile(&all, &claims).await;
        let got = (profile.email(), profile.email_verification());
        assert_eq!(got, (address, want), "{userinfo} with {claims}");
    }
}

#[tokio::test]
async fn without_userinfo_the_id_token_is_the_profile() {
    let world = World::new();
    world.announce(&json!({ "userinfo_endpoint": null }));
    let token = world.login(&json!({ "name": "Ada" })).await.unwrap();
    world.script.sent();
    let profile = world.client.get_profile(&token).await.unwrap();
    assert_eq!((profile.id(), profile.name()), ("42", Some("Ada")));
    assert_eq!(world.script.places(), [""; 0]);
}

#[tokio::test]
async fn userinfo_that_fails_is_not_passed_over() {
    let world = World::new();
    let token = world.login(&json!({})).await.unwrap();
    for (status, kind) in [(500, ErrorKind::Transport), (401, ErrorKind::Denied)] {
        world.script.fail(USERINFO, status);
        assert_eq!(world.client.get_profile(&token).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn userinfo_is_about_the_user_of_the_id_token() {
    let world = World::new();
    let token = world.login(&json!({})).await.unwrap();
    world.script.answer(USERINFO, &json!({ "sub": "43" }));
    refused(world.client.get_profile(&token).await, ErrorKind::Security, Some("subject"));
    for userinfo in [json!({}), json!({ "sub": "" }), json!({ "sub": 42 })] {
        world.script.answer(USERINFO, &userinfo);
        refused(world.client.get_profile(&token).await, ErrorKind::Malformed, Some("empty_id"));
    }
    world.script.answer(USERINFO, &json!([]));
    refused(world.client.get_profile(&token).await, ErrorKind::Malformed, None);
    world.script.answer(USERINFO, &json!({ "sub": "42" }));
    world.script.sent();
    assert_eq!(world.client.get_profile(&token).await.unwrap().id(), "42");
    let sent = world.script.sent().remove(0);
    assert_eq!(sent.header("authorization"), Some(&*format!("Bearer {ACCESS_TOKEN}")));
    assert_eq!(sent.url.query(), None);
}

/// A provider whose userinfo is this JWT.
async fn signed(provider: OpenId, jwt: impl FnOnce(&World) -> String) -> hallpass_core::Result<()> {
    let world = World::of(provider);
    let token = world.login(&json!({})).await?;
    let jwt = jwt(&world);
    let media_type = "Application/JWT; charset=utf-8";
    world.script.answer_with(USERINFO, move |_| response(200, media_type, &jwt));
    world.client.get_profile(&token).await.map(|profile| assert_eq!(profile.id(), "42"))
}

#[tokio::test]
async fn signed_userinfo_is_verified() {
    let op = || OpenId::new("op", ISSUER);
    let claims = |changes: Value| {
        let mut claims = object(&json!({ "iss": ISSUER, "aud": CLIENT, "sub": "42" }));
        claims.extend(object(&changes));
        claims
    };
    let by_us = |changes: Value| move |world: &World| world.key.jwt(&claims(changes));
    signed(op(), by_us(json!({}))).await.unwrap();
    for (changes, reason) in [
        (json!({ "aud": "other" }), "aud"),
        (json!({ "aud": null }), "aud"),
        (json!({ "iss": "https://evil.test" }), "iss"),
        (json!({ "exp": 1 }), "exp"),
        (json!({ "sub": "43" }), "subject"),
    ] {
        refused(signed(op(), by_us(changes)).await, ErrorKind::Security, Some(reason));
    }
    let stranger = SigningKey::es256().with_key_id("first");
    let got = signed(op(), |_| stranger.jwt(&claims(json!({})))).await;
    refused(got, ErrorKind::Security, Some("signature"));
    let got = signed(op(), |_| SigningKey::none().jwt(&claims(json!({})))).await;
    refused(got, ErrorKind::Security, Some("alg"));
}

#[tokio::test]
async fn where_userinfo_is_to_be_signed_it_is() {
    let op = || OpenId::new("op", ISSUER).with_descriptor(Descriptor::with_signed_userinfo);
    let claims = object(&json!({ "iss": ISSUER, "aud": CLIENT, "sub": "42" }));
    signed(op(), |world| world.key.jwt(&claims)).await.unwrap();
    let world = World::of(op());
    let token = world.login(&json!({})).await.unwrap();
    world.script.answer(USERINFO, &json!({ "sub": "42" }));
    refused(world.client.get_profile(&token).await, ErrorKind::Security, Some("unsigned"));
    let sent = world.script.sent();
    assert_eq!(sent.last().unwrap().header("accept"), Some("application/jwt"));
}
