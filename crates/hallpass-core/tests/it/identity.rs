//! Who signed in.

use std::sync::Arc;

use hallpass_core::{
    EmailVerification, ErrorKind, OAuth2Token, Operation, Profile, VerifiedClaims,
};
use serde_json::json;

use crate::support::{Acme, Verifier, World, acme, callback, config, id_token, param, refused};

fn token() -> OAuth2Token {
    OAuth2Token::from_access_token("A")
}

#[tokio::test]
async fn a_profile_says_whose_it_is() {
    let world = World::with(
        acme().but(|d| d.with_issuer("https://acme.test")),
        config().with_name("acme-eu"),
    );
    world.wire.answer(200, &json!({ "id": 42, "provider": "forged", "issuer": "forged" }));
    let profile = world.client.get_profile(&token()).await.unwrap();
    assert_eq!(profile.id(), "42");
    assert_eq!(profile.provider(), "acme-eu");
    assert_eq!(profile.issuer(), Some("https://acme.test"));
    assert_eq!(profile.raw()["provider"], "forged");
    let sent = world.wire.only();
    assert_eq!(sent.header("authorization"), Some("Bearer A"));

    let world = World::of(acme());
    world.wire.answer(200, &json!({ "id": "x" }));
    assert_eq!(world.client.get_profile(&token()).await.unwrap().issuer(), None);
}

#[tokio::test]
async fn a_profile_names_the_issuer_that_discovery_found() {
    let world = World::of(Acme::discovered("https://acme.test/metadata"));
    let document = json!({
        "issuer": "https://issuer.acme.test",
        "authorization_endpoint": "https://acme.test/a",
        "token_endpoint": "https://acme.test/token",
    });
    world.wire.answer(200, &document);
    world.wire.answer(200, &json!({ "id": "x" }));
    world.wire.answer(200, &document);
    let profile = world.client.get_profile(&token()).await.unwrap();
    assert_eq!(profile.issuer(), Some("https://issuer.acme.test"));
}

#[tokio::test]
async fn an_id_that_cannot_be_an_accounts_key_is_refused() {
    for (id, fits) in [
        (String::new(), false),
        ("x".repeat(1025), false),
        ("x".repeat(1024), true),
        ("0".to_owned(), true),
    ] {
        let world = World::of(acme().on_profile(move |_, raw| Ok(Profile::new(id.as_str(), raw))));
        world.wire.answer(200, &json!({}));
        world.wire.answer(200, &json!({}));
        let profile = world.client.get_profile(&token()).await.map(drop);
        let who = world.client.get_id_email(&token()).await.map(drop);
        for (got, operation) in [(profile, Operation::Profile), (who, Operation::IdEmail)] {
            if fits {
                got.unwrap();
            } else {
                let error = refused(got, ErrorKind::Malformed, Some("empty_id"));
                assert_eq!(error.operation(), Some(operation));
            }
        }
    }
    for body in [json!({}), json!({ "id": null }), json!({ "id": 1.5 }), json!([])] {
        let world = World::of(acme());
        world.wire.answer(200, &body);
        refused(world.client.get_profile(&token()).await, ErrorKind::Malformed, None);
    }
}

#[tokio::test]
async fn only_the_providers_own_flag_proves_an_address() {
    use EmailVerification::{Unknown, Unverified, Verified};
    for (flag, want) in [
        (json!(true), Verified),
        (json!("true"), Verified),
        (json!(false), Unverified),
        (json!("false"), Unverified),
        (json!(1), Unverified),
        (json!(null), Unknown),
    ] {
        let world = World::of(acme());
        let body = json!({ "id": 1, "email": "ann@acme.test", "email_verified": flag });
        world.wire.answer(200, &body);
        world.wire.answer(200, &body);
        let profile = world.client.get_profile(&token()).await.unwrap();
        let who = world.client.get_id_email(&token()).await.unwrap();
        assert_eq!((profile.email_verification(), who.email_verification), (want, want));
        assert_eq!(profile.email(), Some("ann@acme.test"));
        assert_eq!(who.email.as_deref(), Some("ann@acme.test"));
        let proven = (want == Verified).then_some("ann@acme.test");
        assert_eq!((profile.verified_email(), who.verified_email()), (proven, proven), "{flag}");
    }
    let world = World::of(acme());
    world.wire.answer(200, &json!({ "id": 1, "email_verified": true }));
    let who = world.client.get_id_email(&token()).await.unwrap();
    assert_eq!((who.email, who.email_verification), (None, Unknown));
}

#[tokio::test]
async fn an_account_is_keyed_by_id_and_not_by_address() {
    let world = World::of(acme());
    let email = "shared@acme.test";
    world.wire.answer(200, &json!({ "id": 1, "email": email, "email_verified": true }));
    world.wire.answer(200, &json!({ "id": 2, "email": email, "email_verified": true }));
    let ann = world.client.get_id_email(&token()).await.unwrap();
    let bob = world.client.get_id_email(&token()).await.unwrap();
    assert_eq!(ann.email, bob.email);
    assert_ne!(ann.id, bob.id);
    assert_ne!(ann, bob);
}

#[tokio::test]
async fn a_provider_reads_the_verified_claims_of_the_token() {
    let provider =
        acme().with_verifier(&Arc::new(Verifier::default())).but(|d| d.with_scopes(["openid"]));
    let provider = provider.on_profile(|api, raw| {
        let subject = api.token().claims().map(VerifiedClaims::subject).unwrap_or_default();
        Ok(Profile::new(subject, raw))
    });
    let world = World::of(provider);
    let login = world.client.authorize().start().await.unwrap();
    let state = param(login.url.as_str(), "state").unwrap();
    let nonce = param(login.url.as_str(), "nonce").unwrap();
    let jwt = id_token(&json!({ "sub": "s-42", "nonce": nonce }));
    world.wire.answer(200, &json!({ "access_token": "T", "id_token": jwt }));
    world.wire.answer(200, &json!({}));
    let done = world.client.sign_in(callback(&state), login.pending).await.unwrap();
    assert_eq!(done.profile.id(), "s-42");
    assert_eq!(done.profile.provider(), "acme");
    assert_eq!(done.data, None);
    // A token from elsewhere has no claims, and so no identity.
    world.wire.answer(200, &json!({}));
    refused(world.client.get_profile(&token()).await, ErrorKind::Malformed, Some("empty_id"));
}

#[tokio::test]
async fn an_error_names_the_call_that_failed_and_not_the_one_around_it() {
    let world = World::of(acme());
    world.wire.answer(401, &json!({}));
    let got = world.client.get_profile(&token()).await;
    let error = refused(got, ErrorKind::Denied, Some("invalid_token"));
    assert_eq!(error.operation(), Some(Operation::Send));
    let (state, pending) = world.begin().await;
    world.wire.answer(200, &json!({ "access_token": "T" }));
    world.wire.answer(503, &json!({}));
    let got = world.client.sign_in(callback(&state), pending).await;
    assert_eq!(refused(got, ErrorKind::Transport, None).operation(), Some(Operation::Send));
}
