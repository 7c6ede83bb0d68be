//! Tokens bound to a key, at a server that wants its own nonce in each proof (RFC 9449).

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{ClientAuth, ErrorKind, OAuth2Token, Revoke};
use hallpass_openid::{DpopSigner, OpenIdOAuth2, introspect};
use hallpass_session::{ApiClient, MemoryStore, TokenManager};
use hallpass_tests::{server::RealServer, user::User};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{begin, check_oauth, client, form, query, sign_in, visit_as};
use crate::op::callback;
use crate::raw::jwt;

const PUBLIC: &str = "client-dpop";
const CONFIDENTIAL: &str = "client-dpop-confidential";

fn server() -> RealServer {
    RealServer::start("oidc-provider", &["--dpop-nonce"]).unwrap()
}

fn signing(server: &RealServer, id: &str, key: &Arc<DpopSigner>) -> OpenIdOAuth2 {
    client(server, id).with_request_signer(Arc::clone(key) as _)
}

fn key() -> Arc<DpopSigner> {
    Arc::new(DpopSigner::generate().unwrap())
}

/// Status and claims of the proof of each request, oldest first; all proofs are of this key.
async fn proofs(server: &RealServer, path: &str, key: &DpopSigner) -> Vec<(u64, Value)> {
    let requests = server.requests(path).await.unwrap();
    let proof = |request: &Value| {
        let [header, claims] = jwt(request["headers"]["dpop"].as_str().unwrap());
        assert_eq!(hallpass_openid::thumbprint(&header["jwk"]).unwrap(), key.thumbprint());
        assert_eq!(
            (&header["typ"], claims["htm"].as_str()),
            (&json!("dpop+jwt"), request["method"].as_str())
        );
        assert_eq!(claims["htu"], format!("{}{path}", server.issuer()));
        (request["status"].as_u64().unwrap(), claims)
    };
    requests.iter().map(proof).collect()
}

/// The statuses, and whether each proof had a nonce.
fn told(proofs: &[(u64, Value)]) -> Vec<(u64, bool)> {
    proofs.iter().map(|(status, claims)| (*status, claims["nonce"].is_string())).collect()
}

fn hash(token: &OAuth2Token) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.access_token().expose()))
}

#[tokio::test]
async fn a_login_with_dpop_is_bound_to_the_key_and_retried_once_for_the_nonce() {
    let (server, key) = (server(), key());
    let client = signing(&server, PUBLIC, &key);
    let login = begin(&client).await;
    assert_eq!(query(login.url.as_str())["dpop_jkt"], key.thumbprint());
    let landing = visit_as(&User::new(), &server, login.url.as_str()).await;
    let signed_in = client.sign_in(callback(&landing), login.pending).await.unwrap();
    assert_eq!(signed_in.profile.email(), Some("alice@example.test"));
    let token = signed_in.token;
    assert_eq!(token.token_type(), "DPoP");

    let asked = proofs(&server, "/token", &key).await;
    assert_eq!(told(&asked), [(400, false), (200, true)]);
    assert_ne!(asked[0].1["jti"], asked[1].1["jti"]);
    assert!(asked.iter().all(|(_, claims)| claims["ath"].is_null()));
    let sent = server.requests("/token").await.unwrap();
    assert_eq!(sent[0]["body"], sent[1]["body"]);

    // The nonce of the token endpoint serves here too: it is the same origin.
    let asked = proofs(&server, "/me", &key).await;
    assert_eq!(told(&asked), [(200, true)]);
    assert_eq!(asked[0].1["ath"], hash(&token));
    let sent = server.requests("/me").await.unwrap();
    let scheme = format!("DPoP {}", token.access_token().expose());
    assert_eq!(sent[0]["headers"]["authorization"], scheme);
}

#[tokio::test]
async fn a_dpop_refresh_token_is_of_its_key_alone() {
    let (server, first) = (server(), key());
    let client = signing(&server, PUBLIC, &first);
    let token = sign_in(&server, &client).await.token;
    server.clear_requests().await.unwrap();

    let other = signing(&server, PUBLIC, &key());
    let error = other.refresh_token(&token).await.unwrap_err();
    check_oauth(&error, ErrorKind::Denied, "invalid_grant");
    let error = other.get_profile(&token).await.unwrap_err();
    assert_eq!(error.reason(), Some("invalid_token"), "{error}");
    let thief = super::client(&server, PUBLIC);
    let error = thief.get_profile(&token).await.unwrap_err();
    assert_eq!(error.reason(), Some("invalid_token"), "{error}");
    server.clear_requests().await.unwrap();

    // As after a restart: of the key there is the PEM.
    let again = Arc::new(DpopSigner::es256(first.to_pem()).unwrap());
    let client = signing(&server, PUBLIC, &again);
    let renewed = client.refresh_token(&token).await.unwrap();
    assert_eq!(renewed.token_type(), "DPoP");
    let asked = proofs(&server, "/token", &first).await;
    assert_eq!(told(&asked), [(400, false), (200, true)]);
    client.get_profile(&renewed).await.unwrap();
}

#[tokio::test]
async fn a_code_with_dpop_jkt_is_of_its_key_alone() {
    let server = server();
    let login = begin(&signing(&server, PUBLIC, &key())).await;
    let landing = visit_as(&User::new(), &server, login.url.as_str()).await;
    let thief = signing(&server, PUBLIC, &key());
    let error = thief.get_access_token(callback(&landing), login.pending).await.unwrap_err();
    check_oauth(&error, ErrorKind::Denied, "invalid_grant");
}

#[tokio::test]
async fn a_pushed_request_is_signed_with_dpop_and_names_the_key() {
    let (server, key) = (server(), key());
    let client = signing(&server, CONFIDENTIAL, &key);
    let login = client.authorize().scopes(["openid", "email"]).pushed().start().await.unwrap();
    assert_eq!(query(login.url.as_str())["dpop_jkt"], Value::Null);
    let asked = proofs(&server, "/request", &key).await;
    assert_eq!(told(&asked), [(400, false), (201, true)]);
    for pushed in server.requests("/request").await.unwrap() {
        assert_eq!(form(&pushed)["dpop_jkt"], key.thumbprint());
    }
    let landing = visit_as(&User::new(), &server, login.url.as_str()).await;
    let token = client.get_access_token(callback(&landing), login.pending).await.unwrap();
    let asked = proofs(&server, "/token", &key).await;
    assert_eq!(told(&asked), [(200, true)], "the nonce of the pushed request");

    let found = introspect(&client, token.access_token()).await.unwrap();
    assert!(found.is_active());
    client.revoke_token(&token, Revoke::AccessToken).await.unwrap();
    assert!(!introspect(&client, token.access_token()).await.unwrap().is_active());
}

#[tokio::test]
async fn a_dpop_nonce_that_grew_old_is_replaced_at_token_endpoint_and_api() {
    let (server, key) = (server(), key());
    let client = signing(&server, CONFIDENTIAL, &key);
    let token = sign_in(&server, &client).await.token;
    let mut kept = proofs(&server, "/me", &key).await.pop().unwrap().1["nonce"].clone();
    for (path, refused, seconds) in [("/me", 401, 1_200), ("/token", 400, 2_400)] {
        server.clear_requests().await.unwrap();
        server.shift_clock(seconds).await.unwrap();
        match path {
            "/me" => drop(client.get_profile(&token).await.unwrap()),
            // Its ID token is of the server's time, which is not ours.
            _ => drop(client.refresh_token(&token).await.unwrap_err()),
        }
        let asked = proofs(&server, path, &key).await;
        assert_eq!(told(&asked), [(refused, true), (200, true)], "{path}");
        assert_eq!(asked[0].1["nonce"], kept, "{path}");
        assert_ne!(asked[1].1["nonce"], kept, "{path}");
        kept = asked[1].1["nonce"].clone();
    }
}

#[tokio::test]
async fn an_api_client_with_dpop_renews_what_the_api_refuses() {
    let (server, key) = (server(), key());
    server.set(&json!({ "ttl": { "AccessToken": 50 } })).await.unwrap();
    let client = signing(&server, PUBLIC, &key);
    let token = sign_in(&server, &client).await.token;
    let manager = TokenManager::new(Arc::new(client), Arc::new(MemoryStore::new()));
    let session = manager.sign_in("alice", token.clone()).await.unwrap();
    let api = ApiClient::new(session, server.issuer()).unwrap();
    assert_eq!(api.get("me").read().await.unwrap()["sub"], "alice");

    // To the server the token is over, to us it is not.
    server.clear_requests().await.unwrap();
    server.shift_clock(55).await.unwrap();
    assert_eq!(api.get("me").read().await.unwrap()["sub"], "alice");
    let asked = proofs(&server, "/me", &key).await;
    let statuses: Vec<_> = asked.iter().map(|(status, _)| *status).collect();
    assert_eq!((statuses.first(), statuses.last()), (Some(&401), Some(&200)), "{statuses:?}");
    assert_eq!(asked[0].1["ath"], hash(&token));
    assert_ne!(asked.last().unwrap().1["ath"], hash(&token));
    let asked = proofs(&server, "/token", &key).await;
    assert_eq!(asked.last().unwrap().0, 200);
}

#[tokio::test]
async fn keys_of_each_sort_are_taken_for_dpop() {
    let server = server();
    for (id, key) in [
        ("client-private-key-jwt-es384", DpopSigner::es384 as fn(_) -> _),
        ("client-private-key-jwt-ps256", DpopSigner::ps256),
        ("client-private-key-jwt-eddsa", DpopSigner::ed25519),
    ] {
        let pem = server.client(id).unwrap().private_pem().unwrap();
        let key = Arc::new(key(pem).unwrap());
        let config = super::config(&server, CONFIDENTIAL).with_client_auth(ClientAuth::Basic);
        let client = hallpass_core::OAuth2Client::new(super::op(&server), config).unwrap();
        let client = client.with_request_signer(key);
        let grant = hallpass_core::Grant::new("client_credentials");
        let token = client.request_token(grant).await;
        let token = token.unwrap_or_else(|error| panic!("{id}: {error}\n{}", server.stderr()));
        assert_eq!(token.token_type(), "DPoP", "{id}");
    }
}
