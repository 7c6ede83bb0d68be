//! What keeps tokens and calls APIs takes this client as it takes the others.

use std::{sync::Arc, time::Duration};

use hallpass_core::{BaseOAuth2, ErrorKind, OAuth2Token, ThreadRandom, http::header};
use hallpass_oauth1::TokenCredentials;
use hallpass_session::{
    ApiClient, AtRest, Constructors, MemoryStore, Placement, Registry, SealingKeys, Session,
    TokenKey, TokenManager,
};

use crate::support::*;

/// Of a user who signed in.
async fn session(world: &World) -> Session {
    let client: Arc<dyn BaseOAuth2> = Arc::new(world.client.clone());
    let tokens = TokenManager::new(client, Arc::new(MemoryStore::new()));
    let login = world.begun().await;
    world.wire.answer(200, GRANTED);
    let back = callback("oauth_token=TEMP&oauth_verifier=VER");
    let token = world.client.get_access_token(back, login.pending).await.unwrap();
    world.wire.sent();
    tokens.with_clock(world.time.clone()).sign_in("ada", token).await.unwrap()
}

#[tokio::test]
async fn a_session_signs_its_calls_and_asks_for_no_renewal_however_old_the_token() {
    let world = World::new();
    let session = session(&world).await;
    *world.time.0.lock().unwrap() += Duration::from_secs(40 * 365 * 86_400).as_secs();
    let api = ApiClient::new(session.clone(), "https://api.acme.test/v1").unwrap();
    world.wire.answer(200, r#"{"n":1}"#);
    assert_eq!(api.get("notes").read().await.unwrap()["n"], 1);
    let sent = world.wire.only();
    assert_eq!(sent.url.as_str(), "https://api.acme.test/v1/notes");
    assert_eq!(sent.oauth()["oauth_token"], "TOKEN");
    assert!(TokenCredentials::of(&session.token().await.unwrap()).is_ok());
    assert!(world.wire.sent().is_empty());
    let error = api.get("https://other.test/").send().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("origin")));
    assert!(world.wire.sent().is_empty());
}

#[tokio::test]
async fn a_token_that_the_api_refuses_is_not_renewed_but_signed_in_for_again() {
    let world = World::new();
    let session = session(&world).await;
    let api = ApiClient::new(session, "https://api.acme.test").unwrap();
    world.wire.answer(401, "");
    let error = api.get("notes").send().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert_eq!(world.wire.sent().len(), 1);
}

#[tokio::test]
async fn a_busy_api_is_asked_again_with_another_signature() {
    let mut world = World::new();
    world.client = world.client.with_random(Arc::new(ThreadRandom));
    let session = session(&world).await;
    let api = ApiClient::new(session, "https://api.acme.test").unwrap();
    world.wire.answer_with(503, &[(header::RETRY_AFTER, "0")], "").answer(200, "{}");
    api.get("notes").send().await.unwrap();
    let sent = world.wire.sent();
    assert_eq!(sent.len(), 2);
    assert_ne!(sent[0].oauth()["oauth_nonce"], sent[1].oauth()["oauth_nonce"]);
    assert_ne!(sent[0].oauth()["oauth_signature"], sent[1].oauth()["oauth_signature"]);
}

#[tokio::test]
async fn a_token_goes_nowhere_by_itself() {
    let world = World::new();
    let session = session(&world).await;
    for placement in [Placement::Query("t".into()), Placement::Form("t".into())] {
        let api = ApiClient::new(session.clone(), "https://api.acme.test").unwrap();
        let call = api.with_placement(placement);
        let error = call.post("notes").form([("a", "1")]).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
    assert!(world.wire.sent().is_empty());
}

#[tokio::test]
async fn a_token_that_was_sealed_goes_on_signing() {
    let world = World::new();
    let session = session(&world).await;
    let stored = session.token().await.unwrap().expose_for_storage();
    let (at_rest, key) = (AtRest::sealed(SealingKeys::generate()), TokenKey::new("ada", "acme"));
    let sealed = at_rest.seal(&key, &stored).unwrap();
    for secret in ["TOKENSECRET", "TOKEN", "ada"] {
        assert!(stored.expose().contains(secret) && !sealed.expose().contains(secret), "{secret}");
    }
    let token = OAuth2Token::from_storage(&at_rest.open(&key, sealed.expose()).unwrap()).unwrap();
    let kept = TokenCredentials::of(&token).unwrap();
    assert!(kept.token().matches("TOKEN") && kept.secret().matches("TOKENSECRET"));
    world.wire.answer(200, r#"{"id":"1"}"#).answer(200, r#"{"id":"1"}"#);
    world.client.get_profile(&session.token().await.unwrap()).await.unwrap();
    world.client.get_profile(&token).await.unwrap();
    let sent = world.wire.sent();
    assert_eq!(sent[0].oauth(), sent[1].oauth(), "the same signature");
    assert!(at_rest.open(&TokenKey::new("bob", "acme"), sealed.expose()).is_err());
}

#[tokio::test]
async fn a_registry_has_it_by_its_name() {
    let world = World::new();
    let mut registry = Registry::new(Constructors::new());
    registry.register_client(Arc::new(world.client.clone())).unwrap();
    assert_eq!(registry.get("acme").unwrap().client_id(), "consumer");
}
