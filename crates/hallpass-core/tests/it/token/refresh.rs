//! A new token for an old one.

use super::*;

/// A token as a login gave it, with claims about user 42.
fn old() -> OAuth2Token {
    OAuth2Token::from_storage(&Secret::new(
        json!({
            "access_token": "OLD",
            "refresh_token": "R",
            "id_token": "fake.old.signature",
            "scope": "a b",
            "claims": { "sub": "42", "iss": "https://acme.test" },
            "expires_at": 1,
            "extra": { "team": 7 },
        })
        .to_string(),
    ))
    .unwrap()
}

#[tokio::test]
async fn a_refresh_is_exactly_this_request() {
    let world = World::of(acme());
    world.wire.answer(200, &json!({ "access_token": "NEW", "expires_in": 60 }));
    world.client.refresh_token(&old()).await.unwrap();
    let sent = world.wire.only();
    assert_eq!(sent.purpose, Purpose::Token);
    assert_eq!(sent.url.as_str(), "https://acme.test/token");
    sent.assert_form(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", "R"),
        ("client_id", "client"),
        ("client_secret", SECRET),
    ]);
}

#[tokio::test]
async fn what_the_reply_leaves_out_stays_as_it_was() {
    for provider in [acme(), acme().with_verifier(&Arc::default())] {
        let world = World::of(provider);
        world.wire.answer(200, &json!({ "access_token": "NEW", "expires_in": 60 }));
        let new = world.client.refresh_token(&old()).await.unwrap();
        assert_eq!(new.access_token().expose(), "NEW");
        assert_eq!(new.refresh_token().unwrap().expose(), "R");
        assert_eq!(new.scope(), Some("a b"));
        assert_eq!(new.id_token().unwrap().expose(), "fake.old.signature");
        assert_eq!(new.claims().map(VerifiedClaims::subject), Some("42"));
        assert_eq!(new.claims().and_then(VerifiedClaims::issuer), Some("https://acme.test"));
        assert_eq!(new.expires_at(), Some(now() + Duration::from_secs(60)));
        assert_eq!(new.extra("team"), None, "what the old reply said is old");
    }
}

#[tokio::test]
async fn what_the_reply_says_replaces_what_was() {
    let world = World::of(acme());
    let reply = json!({ "access_token": "NEW", "refresh_token": "R2", "scope": "a" });
    world.wire.answer(200, &reply);
    let new = world.client.refresh_token(&old()).await.unwrap();
    assert_eq!(new.refresh_token().unwrap().expose(), "R2");
    assert_eq!(new.scope(), Some("a"));
    assert_eq!(new.expires_at(), None, "the old end is not the new one");
}

#[tokio::test]
async fn an_empty_refresh_token_in_the_reply_is_none() {
    for empty in [json!(""), json!(null), json!(7)] {
        let world = World::of(acme());
        world.wire.answer(200, &json!({ "access_token": "NEW", "refresh_token": empty }));
        let new = world.client.refresh_token(&old()).await.unwrap();
        assert_eq!(new.refresh_token().unwrap().expose(), "R");
    }
}

#[tokio::test]
async fn new_claims_must_be_about_the_same_user() {
    let verifier = Arc::new(Verifier::default());
    let world = World::of(acme().with_verifier(&verifier));
    let same = id_token(&json!({ "sub": "42", "fresh": true }));
    world.wire.answer(200, &json!({ "access_token": "NEW", "id_token": same }));
    let new = world.client.refresh_token(&old()).await.unwrap();
    assert_eq!(new.claims().unwrap().get("fresh"), Some(&json!(true)));
    assert_eq!(new.id_token().unwrap().expose(), same);
    let want = Seen {
        kind: JwtKind::IdToken,
        client_id: "client".into(),
        nonce: None,
        max_age_seconds: None,
        access_token: Some("NEW".into()),
        original_subject: Some("42".into()),
    };
    assert_eq!(verifier.seen(), [want]);

    let other = id_token(&json!({ "sub": "43" }));
    world.wire.answer(200, &json!({ "access_token": "NEW", "id_token": other }));
    refused(world.client.refresh_token(&old()).await, ErrorKind::Security, Some("subject"));
}

#[tokio::test]
async fn without_a_refresh_token_nothing_is_sent() {
    let world = World::of(acme());
    let bare = OAuth2Token::from_access_token("A");
    let error = refused(
        world.client.refresh_token(&bare).await,
        ErrorKind::Denied,
        Some("no_refresh_token"),
    );
    assert_eq!(error.operation(), Some(Operation::Refresh));
    let got = world.client.request_token(Grant::refresh(&bare).param("scope", "a")).await;
    refused(got, ErrorKind::Denied, Some("no_refresh_token"));
    world.wire.assert_silent();
}

#[tokio::test]
async fn a_provider_without_refresh_tokens_is_not_asked() {
    let world = World::of(acme().but(Descriptor::without_refresh));
    assert!(!world.client.descriptor().offers_refresh());
    refused(world.client.refresh_token(&old()).await, ErrorKind::Unsupported, None);
    let got = world.client.request_token(Grant::refresh(&old())).await;
    refused(got, ErrorKind::Unsupported, None);
    world.wire.assert_silent();
}

#[tokio::test]
async fn some_providers_want_the_redirect_uri_again() {
    for (provider, want) in [
        (acme(), None),
        (acme().but(Descriptor::with_redirect_uri_on_refresh), Some("https://app.test/callback")),
    ] {
        let world = World::of(provider);
        world.wire.answer(200, &json!({ "access_token": "NEW" }));
        world.client.refresh_token(&old()).await.unwrap();
        assert_eq!(world.wire.only().param("redirect_uri").as_deref(), want);
    }
}

#[tokio::test]
async fn a_bare_refresh_token_is_enough_and_expired_from_the_start() {
    let world = World::of(acme());
    let bare = OAuth2Token::from_refresh_token("R");
    assert!(bare.is_expired_at(now(), Duration::ZERO));
    assert_eq!(bare.expires_at(), Some(UNIX_EPOCH));
    world.wire.answer(200, &json!({ "access_token": "NEW" }));
    let new = world.client.refresh_token(&bare).await.unwrap();
    assert_eq!(new.refresh_token().unwrap().expose(), "R");
    assert!(new.claims().is_none());
}

#[tokio::test]
async fn a_refused_refresh_ends_the_login_and_a_failed_one_may_be_tried_again() {
    for (status, body, kind) in [
        (400, json!({ "error": "invalid_grant" }), ErrorKind::Denied),
        (200, json!({ "error": "invalid_grant" }), ErrorKind::Denied),
        (400, json!({ "error": "invalid_client" }), ErrorKind::Config),
        (503, json!({}), ErrorKind::Transport),
    ] {
        let world = World::of(acme());
        world.wire.answer(status, &body);
        refused(world.client.refresh_token(&old()).await, kind, None);
        world.wire.only();
    }
}
