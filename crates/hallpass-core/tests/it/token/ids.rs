//! The ID token: verified with what the login knows, or dropped unread.

use std::time::SystemTime;

use super::*;

fn openid(verifier: &Arc<Verifier>) -> Acme {
    acme().but(|d| d.with_scopes(["openid", "profile"])).with_verifier(verifier)
}

/// A login whose token reply has these claims, with the nonce of the login unless they have one.
async fn login(world: &World, mut claims: Json) -> hallpass_core::Result<OAuth2Token> {
    let max_age = Duration::from_secs(300);
    let login = world.client.authorize().max_age(max_age).start().await.unwrap();
    let state = param(login.url.as_str(), "state").unwrap();
    if claims.get("nonce").is_none() {
        claims["nonce"] = json!(param(login.url.as_str(), "nonce"));
    }
    if claims.get("auth_time").is_none() {
        claims["auth_time"] = json!(seconds(now()));
    }
    world.wire.answer(200, &json!({ "access_token": "T", "id_token": id_token(&claims) }));
    world.client.get_access_token(callback(&state), login.pending).await
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test]
async fn a_user_who_signed_in_too_long_ago_signs_in_again() {
    let world = World::of(openid(&Arc::default()));
    let at = |ago: u64| json!({ "sub": "42", "auth_time": seconds(now()) - ago });
    assert!(login(&world, at(300 + 60)).await.is_ok(), "with a minute for the clocks");
    refused(login(&world, at(300 + 61)).await, ErrorKind::Security, Some("auth_time"));
    let to_come = |after: u64| json!({ "sub": "42", "auth_time": seconds(now()) + after });
    assert!(login(&world, to_come(60)).await.is_ok(), "with a minute for the clocks");
    refused(login(&world, to_come(61)).await, ErrorKind::Security, Some("auth_time"));
    for missing in [json!(null), json!("now"), json!(-1), json!(1e300)] {
        let got = login(&world, json!({ "sub": "42", "auth_time": missing })).await;
        refused(got, ErrorKind::Security, Some("auth_time"));
    }
}

#[tokio::test]
async fn the_verifier_is_told_nonce_age_client_and_access_token() {
    let verifier = Arc::new(Verifier::default());
    let world = World::of(openid(&verifier));
    let token = login(&world, json!({ "sub": "42" })).await.unwrap();
    let claims = token.claims().unwrap();
    assert_eq!(claims.subject(), "42");
    assert!(token.id_token().is_some());
    let want = Seen {
        kind: JwtKind::IdToken,
        client_id: "client".into(),
        nonce: claims.get("nonce").and_then(Json::as_str).map(str::to_owned),
        max_age_seconds: Some(300),
        access_token: Some("T".into()),
        original_subject: None,
    };
    assert!(want.nonce.is_some());
    assert_eq!(verifier.seen(), [want]);
}

#[tokio::test]
async fn an_id_token_of_another_login_is_refused() {
    let world = World::of(openid(&Arc::default()));
    let got = login(&world, json!({ "sub": "42", "nonce": "of-another-login" })).await;
    refused(got, ErrorKind::Security, Some("nonce"));
    let got = login(&world, json!({ "sub": "42", "nonce": null })).await;
    refused(got, ErrorKind::Security, Some("nonce"));
}

#[tokio::test]
async fn a_provider_that_never_repeats_the_nonce_is_not_asked_to() {
    let verifier = Arc::new(Verifier::default());
    let world = World::of(openid(&verifier).but(|d| d.with_nonce_not_echoed("page")));
    login(&world, json!({ "sub": "42", "nonce": null })).await.unwrap();
    assert_eq!(verifier.seen()[0].nonce, None);
}

#[tokio::test]
async fn an_id_token_that_does_not_verify_is_no_login() {
    let world = World::of(openid(&Arc::default()));
    let reply = json!({ "access_token": "T", "id_token": "forged.by.somebody" });
    let got = world.login_answered(200, &reply).await;
    refused(got, ErrorKind::Security, Some("signature"));
    // Where `openid` was not asked for, an ID token that comes all the same is held to be true.
    let world = World::of(acme().with_verifier(&Arc::default()));
    let got = world.login_answered(200, &reply).await;
    refused(got, ErrorKind::Security, Some("signature"));
}

#[tokio::test]
async fn an_id_token_that_was_asked_for_must_come() {
    for missing in [json!({}), json!({ "id_token": null }), json!({ "id_token": "" })] {
        let world = World::of(openid(&Arc::default()));
        let mut reply = json!({ "access_token": "T" });
        reply.as_object_mut().unwrap().extend(missing.as_object().unwrap().clone());
        let got = world.login_answered(200, &reply).await;
        refused(got, ErrorKind::Security, Some("id_token"));
    }
    let world = World::of(acme().with_verifier(&Arc::default()));
    let token = world.login_answered(200, &json!({ "access_token": "T" })).await.unwrap();
    assert!(token.claims().is_none(), "nobody asked for openid");
}

#[tokio::test]
async fn without_a_verifier_an_id_token_is_dropped_unread() {
    for scope in ["profile", "openid"] {
        let world = World::of(acme());
        let login = world.client.authorize().scopes([scope]).start().await.unwrap();
        let state = param(login.url.as_str(), "state").unwrap();
        let reply = json!({ "access_token": "T", "id_token": id_token(&json!({ "sub": "42" })) });
        world.wire.answer(200, &reply);
        let token = world.client.get_access_token(callback(&state), login.pending).await.unwrap();
        assert!(token.claims().is_none());
        assert!(token.id_token().is_none());
        assert_eq!(token.extra("id_token"), None);
        assert!(!token.expose_for_storage().expose().contains("fake."));
    }
}

#[tokio::test]
async fn claims_come_from_the_verifier_alone() {
    let world = World::of(acme());
    let reply = json!({ "access_token": "T", "claims": { "sub": "forged" } });
    let token = world.login_answered(200, &reply).await.unwrap();
    assert!(token.claims().is_none());
    let stored = OAuth2Token::from_storage(&token.expose_for_storage()).unwrap();
    assert!(stored.claims().is_none(), "a member of the reply stays a member of the reply");
    assert_eq!(stored.extra("claims").unwrap()["sub"], "forged");
}

#[tokio::test]
async fn any_other_jwt_is_verified_by_its_own_kind() {
    let verifier = Arc::new(Verifier::default());
    let world = World::with(acme().with_verifier(&verifier), config().with_name("acme-eu"));
    let jwt = Secret::new(id_token(&json!({ "sub": "42" })));
    for kind in [JwtKind::Userinfo, JwtKind::LogoutToken, JwtKind::AuthorizationResponse] {
        let claims = world.client.verify_jwt(&jwt, kind).await.unwrap();
        assert_eq!(claims.subject(), "42");
        let seen = verifier.seen();
        assert_eq!((seen.len(), seen[0].kind, seen[0].client_id.as_str()), (1, kind, "client"));
        assert_eq!((&seen[0].nonce, &seen[0].access_token), (&None, &None));
    }
    let got = world.client.verify_jwt(&Secret::new("x"), JwtKind::IdToken).await;
    let error = refused(got, ErrorKind::Security, Some("signature"));
    assert_eq!(
        (error.provider(), error.operation()),
        (Some("acme-eu"), Some(Operation::VerifyJwt))
    );
    let world = World::of(acme());
    refused(world.client.verify_jwt(&jwt, JwtKind::IdToken).await, ErrorKind::Unsupported, None);
}
