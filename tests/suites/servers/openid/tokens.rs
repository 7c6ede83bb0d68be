//! What a server says of a token, and tokens for one API.

use hallpass_core::{
    ApiRequest, ClientConfig, Endpoint, ErrorKind, JwtKind, OAuth2Client, OAuth2Token, Revoke,
    Secret,
    http::{HeaderValue, header},
};
use hallpass_openid::introspect;
use hallpass_tests::user::User;
use serde_json::json;

use super::{
    BASIC, check_oauth, check_refused, client, form, op, query, sent_with, sign_in, visit_as,
};
use crate::op::callback;
use crate::raw::jwt;
use crate::shared::{CANAILLE, OP};

#[tokio::test]
async fn what_a_server_says_of_a_token_is_what_the_login_said() {
    for server in [&*OP, &*CANAILLE] {
        let client = client(server, BASIC);
        let token = sign_in(server, &client).await.token;
        let found = introspect(&client, token.access_token()).await.unwrap();
        assert!(found.is_active(), "{}", server.name());
        assert_eq!(found.client_id(), Some(BASIC), "{}", server.name());
        assert_eq!(found.subject(), Some("alice"), "{}", server.name());
        assert!(found.scopes().any(|scope| scope == "openid"), "{}", server.name());
        // What it says of the end is what the answer of the token endpoint said, or nearly so.
        let ends = found.expires_at().unwrap();
        let said = token.expires_at().unwrap();
        let apart = ends.duration_since(said).or_else(|_| said.duration_since(ends)).unwrap();
        assert!(apart.as_secs() <= 30, "{}: {apart:?}", server.name());
    }
}

#[tokio::test]
async fn a_token_is_of_no_use_after_it_was_revoked() {
    for server in [&*OP, &*CANAILLE] {
        let client = client(server, BASIC);
        for what in [Revoke::AccessToken, Revoke::RefreshToken] {
            let token = sign_in(server, &client).await.token;
            let (access, refresh) = (token.access_token(), token.refresh_token().unwrap());
            assert!(introspect(&client, refresh).await.unwrap().is_active(), "{}", server.name());
            client.revoke_token(&token, what).await.unwrap();
            // With the one goes the other, at both.
            for revoked in [access, refresh] {
                let found = introspect(&client, revoked).await.unwrap();
                assert!(!found.is_active() && found.subject().is_none(), "{}", server.name());
            }
            let error = client.get_profile(&token).await.unwrap_err();
            assert_eq!(error.reason(), Some("invalid_token"), "{}: {error}", server.name());
            let error = client.refresh_token(&token).await.unwrap_err();
            check_oauth(&error, ErrorKind::Denied, "invalid_grant");
        }
    }
}

#[tokio::test]
async fn what_is_no_token_is_not_active() {
    for server in [&*OP, &*CANAILLE] {
        let found = introspect(&client(server, BASIC), &Secret::new("no token")).await.unwrap();
        assert!(!found.is_active(), "{}", server.name());
    }
}

#[tokio::test]
async fn a_signed_introspection_is_verified() {
    let token = sign_in(&OP, &client(&OP, BASIC)).await.token;
    // It has no redirect URI: it is an API that is shown a token.
    let registered = OP.client("resource-server").unwrap();
    let config = ClientConfig::new("resource-server");
    let config = config.with_secret(registered.secret().unwrap());
    let api = OAuth2Client::new(op(&OP), config).unwrap();
    let asked =
        ApiRequest::form(Endpoint::Introspection, [("token", token.access_token().clone())]);
    let accept = HeaderValue::from_static("application/token-introspection+jwt");
    let answer = api.send(asked.header(header::ACCEPT, accept)).await.unwrap();
    let signed = Secret::new(String::from_utf8(answer.body).unwrap());
    let claims = api.verify_jwt(&signed, JwtKind::Introspection).await.unwrap();
    assert_eq!(claims.get("token_introspection").unwrap()["sub"], "alice");
    // One sort of JWT does not pass for another.
    for kind in [JwtKind::IdToken, JwtKind::LogoutToken, JwtKind::Userinfo] {
        check_refused(&api.verify_jwt(&signed, kind).await.unwrap_err(), "typ");
    }
    let id_token = token.id_token().unwrap();
    let error = api.verify_jwt(id_token, JwtKind::Introspection).await.unwrap_err();
    check_refused(&error, "typ");
}

#[tokio::test]
async fn a_token_is_for_the_resource_that_was_named() {
    let client = client(&OP, BASIC);
    let resource = "https://api.example.test/v1";
    let login = client.authorize().scopes(["openid", "api:read"]).resource(resource);
    let login = login.start().await.unwrap();
    assert_eq!(query(login.url.as_str())["resource"], resource);
    let landing = visit_as(&User::new(), &OP, login.url.as_str()).await;
    let token: OAuth2Token =
        client.get_access_token(callback(&landing), login.pending).await.unwrap();
    let sent = sent_with(&OP, "/token", &landing.params["code"]).await;
    assert_eq!(form(&sent[0])["resource"], resource);
    let [header, claims] = jwt(token.access_token().expose());
    assert_eq!((&claims["aud"], &claims["scope"]), (&json!(resource), &json!("api:read")));
    // Signed by the server, for somebody: and no ID token.
    assert_eq!(header["typ"], "at+jwt");
    let error = client.verify_jwt(token.access_token(), JwtKind::IdToken).await.unwrap_err();
    check_refused(&error, "typ");
    assert_eq!(token.claims().unwrap().subject(), "alice");
}
