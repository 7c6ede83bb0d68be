//! No secret, token or claim is in what a public type prints.

use std::{fmt::Debug, sync::Arc};

use hallpass_core::{ErrorKind, Secret};
use hallpass_openid::{
    Algorithm, BackchannelLogout, ClaimsRequest, DpopSigner, FrontchannelLogout, IssuerRule,
    JwtSigner, LogoutRequest, MemoryReplayStore, OpenId, OpenIdParams, ThirdPartyLogin, introspect,
    logout,
};
use hallpass_testkit::SigningKey;
use serde_json::json;

use crate::support::{ACCESS_TOKEN, INTROSPECTION, ISSUER, SECRET, World, param};

#[track_caller]
fn check(value: &dyn Debug, planted: &[&str]) {
    for shown in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!shown.is_empty());
        for secret in planted {
            assert!(!secret.is_empty() && !shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[tokio::test]
async fn no_public_type_prints_a_secret() {
    let world = World::new();
    let claims = json!({ "email": "planted@users.test", "sid": "planted-sid" });
    let token = world.login(&claims).await.unwrap();
    let id_token = token.id_token().unwrap().expose();
    let signature = id_token.rsplit('.').next().unwrap();
    let planted = [SECRET, ACCESS_TOKEN, id_token, signature, "planted"];
    check(&world.client, &planted);
    check(world.client.provider(), &planted);
    check(&token, &planted);
    let given = json!({
        "issuer": ISSUER, "authorization_endpoint": "https://op.test/?planted=1",
        "token_endpoint": "https://op.test/?planted=2",
    });
    check(&OpenId::<()>::from_metadata("op", given).unwrap(), &planted);
    let leaving = logout(
        &world.client,
        Some(&token),
        LogoutRequest::new().with_redirect_uri("https://app.test/goodbye"),
    );
    let leaving = leaving.await.unwrap();
    let state = param(leaving.url.as_str(), "state").unwrap();
    check(&leaving, &[id_token, signature, &state]);
    check(&leaving.pending, &[&state]);
    check(&leaving.pending.expose_for_session(), &[&state]);
}

#[tokio::test]
async fn what_a_provider_said_of_somebody_is_not_printed() {
    let world = World::new();
    world.script.answer(INTROSPECTION, &json!({ "active": true, "sub": "planted" }));
    let token = Secret::new("planted-token");
    check(&introspect(&world.client, &token).await.unwrap(), &["planted"]);
    let mut claims = world.claims(&json!({
        "jti": "planted-jti", "sub": "planted-sub", "sid": "planted-sid",
    }));
    let event = "http://schemas.openid.net/event/backchannel-logout";
    claims.insert("events".to_owned(), json!({ event: {} }));
    let body = format!("logout_token={}", world.key.jwt(&claims));
    let logout = BackchannelLogout::new(Arc::new(MemoryReplayStore::new()));
    let logged_out = logout.receive(&world.client, body.as_bytes()).await.unwrap();
    check(&logged_out, &["planted"]);
    check(&logout, &["planted"]);
    let query = format!("iss={ISSUER}&sid=planted-sid");
    let frame = FrontchannelLogout::from_query(&world.client, &query).await.unwrap();
    check(&frame, &["planted"]);
    let query = format!("iss={ISSUER}&login_hint=planted&target_link_uri=https://planted.test");
    check(&ThirdPartyLogin::from_query(&query).unwrap(), &["planted"]);
}

#[test]
fn a_key_is_not_printed() {
    let key = SigningKey::es256().private_key_pem().unwrap();
    let body: String = key.expose().lines().filter(|line| !line.starts_with('-')).collect();
    let signer = JwtSigner::es256(key.expose()).unwrap().with_key_id("mine");
    check(&signer, &[key.expose(), &body, &body[..16]]);
    check(&JwtSigner::hs256(SECRET).unwrap(), &[SECRET]);
    let signer = JwtSigner::es256(key.expose()).unwrap().with_claim("sub_id", "planted").unwrap();
    check(&signer, &["planted"]);
    check(&DpopSigner::es256(key.expose()).unwrap(), &[key.expose(), &body, &body[..16]]);
}

#[test]
fn what_is_no_secret_can_be_read() {
    for (shown, want) in [
        (format!("{:?}", IssuerRule::Exact("https://op.test".into())), "https://op.test"),
        (format!("{:?}", Algorithm::Es256), "Es256"),
        (format!("{:?}", ClaimsRequest::new().userinfo("nickname")), "nickname"),
        (format!("{:?}", OpenIdParams::new()), "OpenIdParams"),
        (format!("{:?}", OpenId::<()>::new("op", ISSUER)), "\"op\""),
    ] {
        assert!(shown.contains(want), "{shown}");
    }
}

#[tokio::test]
async fn a_refusal_repeats_nothing_of_the_token() {
    let world = World::new();
    for changes in [
        json!({ "iss": "https://planted.test" }),
        json!({ "aud": "planted" }),
        json!({ "sub": "planted\u{e9}" }),
        json!({ "exp": "planted" }),
        json!({ "azp": "planted" }),
        json!({ "at_hash": "planted" }),
    ] {
        let error = world.login(&changes).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Security);
        check(&error, &["planted", ACCESS_TOKEN]);
        assert!(!error.to_string().contains("planted"));
    }
}
