use hallpass_core::Json;
use hallpass_testkit::{LocalClient, LocalProvider, LocalProviderBuilder};
use serde_json::json;

use crate::support::{
    NOW, TestClock, basic, decoded, endpoint, jwks, login, login_with, own, post, provider,
    refresh, verified, wish, with,
};

#[tokio::test]
async fn a_refresh_gives_a_new_id_token_of_the_same_sign_in() {
    let clock = TestClock::new();
    let local = provider(|builder| builder.with_clock(clock.clone())).await;
    let first = login_with(&local, &with(wish(local.client_id()), "max_age", "60")).await;
    clock.turn(100);
    let second = refresh(&local, &first).await;
    let keys = jwks(&local).await;
    let [old, new] =
        [&first, &second].map(|token| verified(&keys, token["id_token"].as_str().unwrap()));
    for same in ["iss", "sub", "aud", "auth_time", "sid"] {
        assert!(old.get(same).is_some() && old[same] == new[same], "{same}");
    }
    assert_eq!((&new["iat"], &new["auth_time"]), (&json!(NOW + 100), &json!(NOW)));
    assert!(old.get("nonce").is_some() && new.get("nonce").is_none());
    assert_ne!(old["at_hash"], new["at_hash"]);

    let narrow = [
        ("grant_type", "refresh_token"),
        ("refresh_token", second["refresh_token"].as_str().unwrap()),
        ("scope", "profile"),
    ];
    let url = endpoint(&local, "token_endpoint").await;
    let (status, third) = post(&url, &[("authorization", &own(&local))], &narrow).await;
    assert_eq!((status, third.get("id_token")), (200, None), "openid is not in this scope");
}

#[tokio::test]
async fn a_provider_may_give_no_id_token_on_refresh() {
    let local = provider(LocalProviderBuilder::without_id_token_on_refresh).await;
    let token = login(&local).await;
    assert!(token.get("id_token").is_some());
    assert!(refresh(&local, &token).await.get("id_token").is_none());
}

async fn introspect(local: &LocalProvider, client: &str, token: &str) -> (u16, Json) {
    let url = endpoint(local, "introspection_endpoint").await;
    post(&url, &[("authorization", client)], &[("token", token)]).await
}

#[tokio::test]
async fn a_token_is_introspected_by_its_own_client() {
    let clock = TestClock::new();
    let other = || LocalClient::new("other").with_secret("another");
    let local = provider(|builder| builder.with_clock(clock.clone()).with_client(other())).await;
    let token = login(&local).await;
    let access = token["access_token"].as_str().unwrap();
    let want = json!({
        "active": true,
        "iss": local.issuer(),
        "sub": "1001",
        "aud": local.client_id(),
        "client_id": local.client_id(),
        "username": "ada",
        "scope": "openid profile email",
        "token_type": "Bearer",
        "exp": NOW + 3600,
    });
    assert_eq!(introspect(&local, &own(&local), access).await, (200, want));
    let (_, of_refresh) =
        introspect(&local, &own(&local), token["refresh_token"].as_str().unwrap()).await;
    assert_eq!(of_refresh["active"], true);
    assert_eq!(of_refresh["scope"], "openid profile email");
    assert!(of_refresh.get("token_type").is_none() && of_refresh.get("exp").is_none());

    let inactive = (200, json!({ "active": false }));
    assert_eq!(introspect(&local, &basic("other", "another"), access).await, inactive);
    assert_eq!(introspect(&local, &own(&local), "made up").await, inactive);
    clock.turn(3600);
    assert_eq!(introspect(&local, &own(&local), access).await, inactive, "too old");
}

#[tokio::test]
async fn nobody_else_is_told_what_a_token_is() {
    let local = provider(|builder| builder.with_client(LocalClient::new("public"))).await;
    let token = login(&local).await;
    let access = token["access_token"].as_str().unwrap();
    assert_eq!(introspect(&local, &basic("public", ""), access).await.0, 401);
    let url = endpoint(&local, "introspection_endpoint").await;
    for form in [vec![("token", access)], vec![("token", access), ("client_id", "public")]] {
        let (status, reply) = post(&url, &[], &form).await;
        assert_eq!((status, &reply["error"]), (401, &json!("invalid_client")));
    }
    let (status, reply) =
        post(&url, &[("authorization", &own(&local))], &[("token_type_hint", "x")]).await;
    assert_eq!((status, &reply["error"]), (400, &json!("invalid_request")));
}

#[tokio::test]
async fn a_revoked_token_is_no_longer_active() {
    let local = provider(|builder| builder).await;
    let token = login(&local).await;
    let access = token["access_token"].as_str().unwrap();
    let url = endpoint(&local, "revocation_endpoint").await;
    let form = [("token", access)];
    assert_eq!(post(&url, &[("authorization", "Basic ?")], &form).await.0, 401);
    assert_eq!(introspect(&local, &own(&local), access).await.1["active"], true);
    assert_eq!(post(&url, &[("authorization", &own(&local))], &form).await.0, 200);
    assert_eq!(introspect(&local, &own(&local), access).await.1["active"], false);
    assert_eq!(decoded(token["id_token"].as_str().unwrap()).1["sub"], "1001");
}
