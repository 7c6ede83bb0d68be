//! `id_tokens`: a verifier of the provider's own, and careless ones.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{
    Backchannel, Error, ErrorKind, Expected, IdTokenVerifier, Json, JwtKind, OAuth2Token, Result,
    Secret, VerifiedClaims,
};
use serde_json::json;

use crate::support::{Careless, NOW, World, callback, hmac_bytes, param, refused};

const ISSUER: &str = "https://shop.test";

/// ID tokens signed with the client secret (RFC 7518 section 3.2): no keys to fetch.
#[derive(Debug)]
struct BySecret;

#[async_trait]
impl IdTokenVerifier for BySecret {
    async fn verify(
        &self,
        jwt: &Secret,
        expected: Expected<'_>,
        net: Backchannel<'_>,
    ) -> Result<VerifiedClaims> {
        let wrong = |what| Error::security("id_token", what);
        let (message, signature) =
            jwt.expose().rsplit_once('.').ok_or_else(|| wrong("it is no JWT"))?;
        let (head, body) = message.split_once('.').ok_or_else(|| wrong("it is no JWT"))?;
        let bytes = |text| URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong("it is no JWT"));
        let read = |text| -> Result<Json> {
            serde_json::from_slice(&bytes(text)?).map_err(|_| wrong("it is no JSON"))
        };
        if expected.kind != JwtKind::IdToken || read(head)?["alg"] != "HS256" {
            return Err(wrong("it is signed in another way"));
        }
        let signature: String = bytes(signature)?.iter().map(|b| format!("{b:02x}")).collect();
        net.keys().verify_hmac_sha256(&Secret::new(message), &signature)?;
        let Json::Object(claims) = read(body)? else { return Err(wrong("it has no claims")) };
        let claims = VerifiedClaims::dangerously_assume_verified(claims);
        let now = net.now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let is_ours = claims.issuer() == Some(ISSUER)
            && claims.get("aud").is_some_and(|aud| aud == expected.client_id)
            && claims.get("exp").and_then(Json::as_u64).is_some_and(|end| end > now);
        if is_ours { Ok(claims) } else { Err(wrong("it is another's, or old")) }
    }
}

/// Takes every token for true, and may answer with the claims of somebody else.
#[derive(Debug, Default)]
struct Credulous {
    instead: Option<Json>,
    nonces: Arc<Mutex<Vec<Option<String>>>>,
}

#[async_trait]
impl IdTokenVerifier for Credulous {
    async fn verify(
        &self,
        jwt: &Secret,
        expected: Expected<'_>,
        _: Backchannel<'_>,
    ) -> Result<VerifiedClaims> {
        let nonce = expected.nonce.map(|nonce| nonce.expose().to_owned());
        self.nonces.lock().unwrap().push(nonce);
        let body = jwt.expose().split('.').nth(1).unwrap();
        let own = || serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap();
        let claims = self.instead.clone().unwrap_or_else(own);
        let claims = claims.as_object().unwrap().clone();
        Ok(VerifiedClaims::dangerously_assume_verified(claims))
    }
}

fn openid(verifier: impl IdTokenVerifier + 'static) -> Careless {
    let base = Careless::but(|d| d.with_scopes(["openid"]).with_scope_separator(' '));
    Careless { verifier: Some(Box::new(verifier)), ..base }
}

fn jwt(claims: &Json) -> String {
    let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
    let message = format!("{}.{}", part(&json!({ "alg": "HS256" })), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(hmac_bytes(&message));
    format!("{message}.{signature}")
}

/// A login whose ID token says this besides what it must say.
async fn login(world: &World, changes: Json) -> Result<OAuth2Token> {
    let (url, pending) = world.begin().await;
    let mut claims = json!({ "iss": ISSUER, "aud": "client", "sub": "42", "exp": NOW + 60 });
    claims["nonce"] = json!(param(url.as_str(), "nonce"));
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let data = json!({ "access_token": "TOKEN", "refresh_token": "R", "id_token": jwt(&claims) });
    world.wire.answer(200, &json!({ "ok": true, "data": data }));
    world.client.get_access_token(callback(&url, &[]), pending).await
}

#[tokio::test]
async fn a_verifier_of_the_providers_own_is_enough() {
    let world = World::of(openid(BySecret));
    let token = login(&world, json!({})).await.unwrap();
    assert_eq!(token.claims().unwrap().subject(), "42");
    for wrong in [json!({ "iss": "https://evil.test" }), json!({ "aud": "x" }), json!({ "exp": 1 })]
    {
        refused(login(&world, wrong).await, ErrorKind::Security, Some("id_token"));
    }
}

#[tokio::test]
async fn the_nonce_is_compared_whatever_the_verifier_does() {
    for other in [json!("of-another-login"), json!(""), json!(null), json!(7)] {
        let world = World::of(openid(BySecret));
        let got = login(&world, json!({ "nonce": other })).await;
        refused(got, ErrorKind::Security, Some("nonce"));
    }
}

#[tokio::test]
async fn claims_of_somebody_elses_login_are_refused() {
    let instead = json!({ "sub": "1", "nonce": "of-another-login" });
    let world = World::of(openid(Credulous { instead: Some(instead), ..Credulous::default() }));
    refused(login(&world, json!({})).await, ErrorKind::Security, Some("nonce"));
}

#[tokio::test]
async fn claims_of_somebody_else_do_not_come_with_a_refresh() {
    let world = World::of(openid(Credulous::default()));
    let token = login(&world, json!({})).await.unwrap();
    for (subject, fits) in [("42", true), ("1", false)] {
        let id_token = jwt(&json!({ "sub": subject }));
        let reply = json!({ "data": { "access_token": "NEXT", "id_token": id_token } });
        world.wire.answer(200, &reply);
        let got = world.client.refresh_token(&token).await;
        if fits {
            got.unwrap();
        } else {
            refused(got, ErrorKind::Security, Some("subject"));
        }
    }
}

#[tokio::test]
async fn a_token_reply_hook_does_not_drop_the_id_token() {
    let dropping = Careless {
        reply: Some(Box::new(|reply| {
            let fields = reply.fields()?;
            let token = fields["data"]["access_token"].clone();
            fields.clear();
            fields.insert("access_token".into(), token);
            Ok(())
        })),
        ..openid(BySecret)
    };
    let got = login(&World::of(dropping), json!({})).await;
    refused(got, ErrorKind::Security, Some("id_token"));
}

#[tokio::test]
async fn a_token_reply_hook_does_not_put_another_id_token_in_its_place() {
    let id_token = jwt(&json!({ "iss": ISSUER, "aud": "client", "sub": "1", "exp": NOW + 60 }));
    let replacing = Careless {
        reply: Some(Box::new(move |reply| {
            let fields = reply.fields()?;
            let token = fields["data"]["access_token"].clone();
            fields.insert("access_token".into(), token);
            fields.insert("id_token".into(), json!(id_token));
            Ok(())
        })),
        ..openid(BySecret)
    };
    let got = login(&World::of(replacing), json!({})).await;
    refused(got, ErrorKind::Security, Some("nonce"));
}

#[tokio::test]
async fn a_verifier_that_is_gone_when_the_browser_is_back_ends_the_login() {
    let provider = openid(BySecret);
    let gone: Arc<AtomicBool> = Arc::clone(&provider.verifier_gone);
    let world = World::of(provider);
    let (url, pending) = world.begin().await;
    gone.store(true, Ordering::Relaxed);
    world.wire.answer(200, &json!({ "data": { "access_token": "TOKEN", "id_token": "x" } }));
    let got = world.client.get_access_token(callback(&url, &[]), pending).await;
    refused(got, ErrorKind::Security, Some("id_token"));
}

#[tokio::test]
async fn a_nonce_that_is_not_echoed_is_sent_and_not_looked_for() {
    let verifier = Credulous::default();
    let nonces = Arc::clone(&verifier.nonces);
    let base =
        Careless::but(|d| d.with_scopes(["openid"]).with_nonce_not_echoed("shop.test/docs#nonce"));
    let world = World::of(Careless { verifier: Some(Box::new(verifier)), ..base });
    let (url, _) = world.begin().await;
    assert!(param(url.as_str(), "nonce").is_some());
    assert!(param(url.as_str(), "code_challenge").is_some(), "PKCE is not lowered");
    let source = world.client.descriptor().code_binding_source();
    assert_eq!(source, Some("shop.test/docs#nonce"));
    login(&world, json!({ "nonce": null })).await.unwrap();
    assert_eq!(*nonces.lock().unwrap(), [None]);

    // Only that: the rest of the ID token, and the token itself, are asked for as ever.
    let base = Careless::but(|d| d.with_scopes(["openid"]).with_nonce_not_echoed("page"));
    let world = World::of(Careless { verifier: Some(Box::new(BySecret)), ..base });
    let got = login(&world, json!({ "nonce": null, "aud": "x" })).await;
    refused(got, ErrorKind::Security, Some("id_token"));
    let got = world.login(200, &json!({ "data": { "access_token": "TOKEN" } })).await;
    refused(got, ErrorKind::Security, Some("id_token"));
}
