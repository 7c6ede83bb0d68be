//! Userinfo: about the user of the ID token, and signed where it is to be.

use std::sync::Arc;

use hallpass_core::{
    ApiRequest, Descriptor, Endpoint, ErrorKind, Json, JwtKind, OAuth2Token, Operation, Profile,
    Purpose, Secret, VerifiedClaims, http::Method, url::Url,
};
use serde_json::json;

use crate::support::{Acme, Seen, Verifier, World, acme, id_token, refused};

const URL: &str = "https://id.acme.test/userinfo";
const JWT: &str = "application/jwt";

fn provider() -> Acme {
    acme().but(|d| d.with_endpoint(Endpoint::Userinfo, URL))
}

fn signed(verifier: &Arc<Verifier>) -> Acme {
    provider().but(Descriptor::with_signed_userinfo).with_verifier(verifier)
}

/// A token whose ID token was about user 42.
fn token() -> OAuth2Token {
    stored(&json!({ "access_token": "A", "claims": { "sub": "42", "iss": "https://acme.test" } }))
}

fn stored(token: &Json) -> OAuth2Token {
    OAuth2Token::from_storage(&Secret::new(token.to_string())).unwrap()
}

fn somebody(subject: &Json) -> Json {
    json!({ "sub": subject, "email": "somebody-elses@app.test" })
}

#[tokio::test]
async fn userinfo_is_asked_for_with_the_token_and_given_as_it_is() {
    let world = World::of(provider());
    let said = json!({ "sub": "42", "email": "me@app.test", "address": { "country": "NO" } });
    world.wire.answer(200, &said);
    let token = token();
    assert_eq!(world.client.api(&token).userinfo().await.unwrap(), said);
    let sent = world.wire.only();
    assert_eq!((sent.method.clone(), sent.url.as_str()), (Method::GET, URL));
    assert_eq!(sent.purpose, Purpose::Endpoint(Endpoint::Userinfo));
    assert_eq!(sent.header("authorization"), Some("Bearer A"));
    assert_eq!(sent.header("accept"), Some("application/json"));
    assert!(sent.body.is_empty());
}

#[tokio::test]
async fn userinfo_about_somebody_else_is_refused_and_not_shown() {
    for subject in ["43", "4", "421", "42 ", "４２"] {
        let json = World::of(provider());
        json.wire.answer(200, &somebody(&json!(subject)));
        let jwt = World::of(signed(&Arc::default()));
        jwt.wire.answer_text(200, JWT, &id_token(&somebody(&json!(subject))));
        for world in [json, jwt] {
            let got = world.client.api(&token()).userinfo().await;
            let error = refused(got, ErrorKind::Security, Some("subject"));
            let text = format!("{error} {error:?} {:?}", error.oauth());
            assert!(!text.contains("somebody-elses") && !text.contains("\"43\""), "{text}");
        }
    }
}

#[tokio::test]
async fn userinfo_without_a_subject_is_none() {
    for said in [
        json!({ "email": "me@app.test" }),
        somebody(&json!("")),
        somebody(&json!(null)),
        somebody(&json!(42)),
    ] {
        // With claims to compare it with or without, nobody is everybody.
        for token in [token(), OAuth2Token::from_access_token("A")] {
            let world = World::of(provider());
            world.wire.answer(200, &said);
            let got = world.client.api(&token).userinfo().await;
            refused(got, ErrorKind::Malformed, Some("empty_id"));
        }
    }
    // What is no object, and one that says two things: a reader behind us could take the other.
    for body in ["<html>", r#"["42"]"#, r#""42""#, r#"{"sub":"43","sub":"42"}"#] {
        let world = World::of(provider());
        world.wire.answer_text(200, "application/json", body);
        refused(world.client.api(&token()).userinfo().await, ErrorKind::Malformed, None);
    }
}

#[tokio::test]
async fn a_token_without_claims_has_nobody_to_compare_with() {
    let world = World::of(provider());
    world.wire.answer(200, &somebody(&json!("43")));
    let token = OAuth2Token::from_access_token("A");
    assert_eq!(world.client.api(&token).userinfo().await.unwrap()["sub"], "43");
    // Claims about nobody are not the same as none.
    let nobodys = stored(&json!({ "access_token": "A", "claims": { "iss": "i" } }));
    world.wire.answer(200, &somebody(&json!("43")));
    let got = world.client.api(&nobodys).userinfo().await;
    refused(got, ErrorKind::Security, Some("subject"));
}

#[tokio::test]
async fn signed_userinfo_goes_through_the_verifier() {
    // Where it must be signed, and where it is all the same.
    for must in [true, false] {
        let verifier = Arc::new(Verifier::default());
        let provider = if must { signed(&verifier) } else { provider().with_verifier(&verifier) };
        assert_eq!(provider.descriptor.is_userinfo_signed(), must);
        for media_type in [JWT, "Application/JWT; charset=utf-8"] {
            let world = World::of(provider.clone());
            let claims = json!({ "sub": "42", "email": "me@app.test" });
            world.wire.answer_text(200, media_type, &format!("{}\n", id_token(&claims)));
            assert_eq!(world.client.api(&token()).userinfo().await.unwrap(), claims);
            let want = if must { JWT } else { "application/json" };
            assert_eq!(world.wire.only().header("accept"), Some(want));
            let want = Seen {
                kind: JwtKind::Userinfo,
                client_id: "client".into(),
                nonce: None,
                max_age_seconds: None,
                access_token: None,
                original_subject: None,
            };
            assert_eq!(verifier.seen(), [want]);
        }
        let world = World::of(provider);
        world.wire.answer_text(200, JWT, "forged.by.somebody");
        let got = world.client.api(&token()).userinfo().await;
        let error = refused(got, ErrorKind::Security, Some("signature"));
        assert_eq!(error.operation(), Some(Operation::VerifyJwt));
    }
}

#[tokio::test]
async fn userinfo_that_is_to_be_signed_and_is_not_is_refused() {
    let claims = json!({ "sub": "42" });
    let jwt = id_token(&claims);
    for (media_type, body) in [
        ("application/json", claims.to_string()),
        ("", claims.to_string()),
        ("text/plain", jwt.clone()),
        ("application/jwt+json", jwt.clone()),
        ("application/json; a=application/jwt", jwt.clone()),
        ("", jwt),
    ] {
        let verifier = Arc::new(Verifier::default());
        let world = World::of(signed(&verifier));
        world.wire.answer_text(200, media_type, &body);
        let got = world.client.api(&token()).userinfo().await;
        refused(got, ErrorKind::Security, Some("unsigned"));
        assert_eq!(verifier.seen(), [], "{media_type}");
    }
}

#[tokio::test]
async fn signed_userinfo_that_nobody_can_verify_is_not_believed() {
    let world = World::of(provider());
    world.wire.answer_text(200, JWT, &id_token(&json!({ "sub": "42" })));
    let got = world.client.api(&token()).userinfo().await;
    refused(got, ErrorKind::Unsupported, None);
    let world = World::of(signed(&Arc::default()));
    world.wire.answer_with(|_| {
        let mut response = crate::support::response(200, JWT, "");
        response.body = vec![0xff, 0xfe];
        Ok(response)
    });
    refused(world.client.api(&token()).userinfo().await, ErrorKind::Malformed, None);
}

#[tokio::test]
async fn without_an_endpoint_nothing_is_asked() {
    let world = World::of(acme());
    refused(world.client.api(&token()).userinfo().await, ErrorKind::Unsupported, None);
    world.wire.assert_silent();
}

#[tokio::test]
async fn a_refusal_is_that_of_an_api() {
    use ErrorKind::{Denied, Transport};
    for (status, kind, reason) in [
        (401, Denied, Some("invalid_token")),
        (403, Denied, Some("forbidden")),
        (429, Transport, Some("rate_limited")),
        (503, Transport, None),
    ] {
        let world = World::of(provider());
        world.wire.answer(status, &json!({ "sub": "42" }));
        refused(world.client.api(&token()).userinfo().await, kind, reason);
        world.wire.only();
    }
}

#[tokio::test]
async fn a_profile_names_the_issuer_of_the_claims_where_endpoints_have_none() {
    let profile_of = |issuer: Option<&'static str>, token: OAuth2Token| async move {
        let provider = acme().on_profile(|_, raw| Profile::from_json(raw, "id"));
        let provider = provider.but(|d| match issuer {
            Some(issuer) => d.with_issuer(issuer),
            None => d,
        });
        let world = World::of(provider);
        world.wire.answer(200, &json!({ "id": "x", "iss": "https://forged.test" }));
        world.client.get_profile(&token).await.unwrap().issuer().map(str::to_owned)
    };
    assert_eq!(token().claims().and_then(VerifiedClaims::issuer), Some("https://acme.test"));
    let own = Some("https://issuer.acme.test");
    assert_eq!(profile_of(None, token()).await.as_deref(), Some("https://acme.test"));
    assert_eq!(profile_of(own, token()).await.as_deref(), own);
    let bare = || OAuth2Token::from_access_token("A");
    assert_eq!(profile_of(None, bare()).await, None);
    assert_eq!(profile_of(own, bare()).await.as_deref(), own);
}

#[tokio::test]
async fn the_page_to_sign_out_gets_no_credentials() {
    let page = "https://out.acme.test/logout";
    let world = World::of(acme().but(|d| d.with_end_session(page)));
    let endpoints = world.client.endpoints().await.unwrap();
    assert_eq!(endpoints.end_session().map(Url::as_str), Some(page));
    assert_eq!(world.client.descriptor().end_session(), Some(page));
    let token = token();
    let request = ApiRequest::new(Method::GET, page).token(&token);
    refused(world.client.send(request).await, ErrorKind::Security, Some("origin"));
    world.wire.assert_silent();

    assert_eq!(World::of(acme()).client.endpoints().await.unwrap().end_session(), None);
    for clear in ["http://acme.test/logout", "/logout", "javascript:alert(1)"] {
        let provider = acme().but(|d| d.with_end_session(clear));
        let got = hallpass_core::OAuth2Client::new(provider, crate::support::config());
        refused(got, ErrorKind::Config, None);
    }
}
