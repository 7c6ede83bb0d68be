use hallpass_core::{Json, Response, http::Method};
use hallpass_testkit::{LocalProvider, SigningAlgorithm};
use serde_json::json;

use crate::support::{
    decoded, endpoint, has_mac, jwks, login, login_with, provider, send, verified, wish, with,
};

async fn userinfo(local: &LocalProvider, token: &Json) -> Response {
    let url = endpoint(local, "userinfo_endpoint").await;
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let response = send(Method::GET, &url, &[("authorization", &bearer)], &[]).await;
    assert_eq!(response.status, 200);
    response
}

#[tokio::test]
async fn userinfo_tells_what_the_scopes_and_the_claims_ask_for() {
    let local = provider(|builder| builder).await;
    let token = login_with(&local, &with(wish(local.client_id()), "scope", "openid email")).await;
    let response = userinfo(&local, &token).await;
    assert_eq!(response.headers["content-type"], "application/json");
    let want = json!({ "sub": "1001", "email": "ada@users.test", "email_verified": true });
    assert_eq!(response.json().unwrap(), want);
    assert_eq!(local.count("userinfo"), 1);

    let asks = r#"{"userinfo":{"name":{"essential":true},"shoe_size":null}}"#;
    let named = with(with(wish(local.client_id()), "scope", "openid"), "claims", asks);
    let response = userinfo(&local, &login_with(&local, &named).await).await;
    assert_eq!(response.json().unwrap(), json!({ "sub": "1001", "name": "Ada Okafor" }));
}

#[tokio::test]
async fn userinfo_needs_a_token_in_the_header() {
    let local = provider(|builder| builder).await;
    let token = login(&local).await;
    let url = endpoint(&local, "userinfo_endpoint").await;
    let in_query = format!("{url}?access_token={}", token["access_token"].as_str().unwrap());
    for (url, headers) in
        [(&url, vec![]), (&in_query, vec![]), (&url, vec![("authorization", "Bearer made-up")])]
    {
        let response = send(Method::GET, url, &headers, &[]).await;
        assert_eq!(response.status, 401, "{url}");
        assert!(response.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    }
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(send(Method::GET, &in_query, &headers, &[]).await.status, 400, "twice");
    let form = [("access_token", token["access_token"].as_str().unwrap())];
    assert_eq!(send(Method::POST, &url, &headers, &form).await.status, 400, "twice");
    assert_eq!(send(Method::POST, &url, &headers, &[]).await.status, 200);
    assert_eq!(send(Method::DELETE, &url, &[], &[]).await.status, 405);
}

#[tokio::test]
async fn userinfo_can_be_signed() {
    for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es384] {
        let local =
            provider(|builder| builder.with_signed_userinfo().with_signing_algorithm(algorithm))
                .await;
        let response = userinfo(&local, &login(&local).await).await;
        assert_eq!(response.headers["content-type"], "application/jwt");
        let jwt = String::from_utf8(response.body.to_vec()).unwrap();
        let claims = verified(&jwks(&local).await, &jwt);
        assert_eq!(claims["iss"], local.issuer());
        assert_eq!(claims["aud"], local.client_id());
        assert_eq!(claims["email"], "ada@users.test");
    }
    let by_secret = provider(|builder| {
        builder.with_signed_userinfo().with_signing_algorithm(SigningAlgorithm::Hs256)
    })
    .await;
    let response = userinfo(&by_secret, &login(&by_secret).await).await;
    let jwt = String::from_utf8(response.body.to_vec()).unwrap();
    assert!(has_mac(by_secret.client_secret().expose(), &jwt));
    assert_eq!(decoded(&jwt).1["sub"], "1001");
}
