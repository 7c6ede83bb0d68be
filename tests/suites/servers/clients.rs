//! That the clients of oidc-provider are what their names say.

use hallpass_tests::http;
use hallpass_tests::user::{Outcome, User};

use crate::raw::{jwt, post, request, sign_in, url, userinfo, visit};
use crate::shared::{CANAILLE, OP};

#[tokio::test]
async fn id_tokens_and_userinfo_are_signed_as_each_client_is_registered() {
    for alg in ["RS256", "PS256", "ES256", "ES512", "EdDSA", "HS256"] {
        let id = format!("client-id-token-{}", alg.to_lowercase());
        let client = OP.client(&id).unwrap();
        assert_eq!(client.id_token_signed_response_alg().unwrap(), alg);
        assert_eq!(client.userinfo_signed_response_alg(), Some(alg));

        let token = sign_in(&OP, &id, &User::new()).await;
        let [header, claims] = jwt(token["id_token"].as_str().unwrap());
        assert_eq!((header["alg"].as_str(), claims["sub"].as_str()), (Some(alg), Some("alice")));
        let answer = userinfo(&OP, &token).await;
        let content_type = answer.headers()["content-type"].to_str().unwrap();
        assert!(content_type.starts_with("application/jwt"), "{content_type}");
        let [header, claims] = jwt(answer.body());
        assert_eq!((header["alg"].as_str(), claims["sub"].as_str()), (Some(alg), Some("alice")));
        assert_eq!(claims["email"], "alice@example.test");
    }
}

#[tokio::test]
async fn a_client_that_must_push_its_requests_must() {
    let id = "client-par-required";
    let landing = visit(&OP, id, &User::new()).await;
    assert_eq!(landing.params["error"], "invalid_request", "{:?}", landing.params);

    let pushed = post(&OP, "/request", id, &request(&OP, id)).await;
    let query = [("client_id", id), ("request_uri", pushed["request_uri"].as_str().unwrap())];
    let url = url(&OP, "/auth", &query);
    let redirect_uri = OP.client(id).unwrap().redirect_uri().unwrap();
    let landing = User::new().sign_in(&url, redirect_uri).await.unwrap();
    assert_eq!(landing.outcome, Outcome::Redirect);
    assert!(landing.params.contains_key("code"), "{:?}", landing.params);
}

#[tokio::test]
async fn a_client_that_signs_has_its_key_as_pem() {
    for server in [&*OP, &*CANAILLE] {
        let name = server.name();
        for alg in ["RS256", "ES256", "EdDSA"] {
            let id = format!("client-private-key-jwt-{}", alg.to_lowercase());
            let client = server.client(&id).unwrap();
            assert_eq!(client.token_endpoint_auth_method().unwrap(), "private_key_jwt");
            assert_eq!(client.token_endpoint_auth_signing_alg().unwrap(), alg);
            let pem = client.private_pem().unwrap();
            assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----"), "{name} {alg}: PKCS #8");
            let published = &client.metadata()["jwks"]["keys"][0];
            assert_eq!(published["kid"], client.key_id().unwrap());
            assert!(published["d"].is_null(), "{name} {alg}: the public half");
            assert!(client.secret().is_err(), "{name} {alg}: it needs none");
        }
    }
}

#[tokio::test]
async fn each_server_has_the_members_of_metadata_that_the_tests_stand_on() {
    for server in [&*OP, &*CANAILLE] {
        let name = server.name();
        let url = server.ready()["discovery"].as_str().unwrap();
        let metadata = http::get(url).await.unwrap();
        let metadata: serde_json::Value = serde_json::from_str(metadata.body()).unwrap();
        assert_eq!(metadata["issuer"], server.issuer(), "{name}");
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true, "{name}");
        for endpoint in ["jwks_uri", "userinfo_endpoint", "end_session_endpoint"] {
            let url = metadata[endpoint].as_str().unwrap_or_default();
            assert!(url.starts_with(server.issuer()), "{name} {endpoint}: {url}");
        }
    }
}
