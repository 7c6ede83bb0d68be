//! How long ago, and how, the user signed in.

use std::time::Duration;

use hallpass_core::Result;
use hallpass_openid::{ClaimsRequest, OpenIdOAuth2, OpenIdParams};
use hallpass_tests::{server::RealServer, user::User};
use serde_json::Value;

use super::{BASIC, check_refused, client, query, visit_as};
use crate::op::callback;
use crate::shared::{CANAILLE, OP};

const SILVER: &str = "urn:example:silver";

#[tokio::test]
async fn a_login_of_less_than_max_age_says_when_it_was() {
    // A whole number at oidc-provider, one with a fraction at canaille.
    for server in [&*OP, &*CANAILLE] {
        let client = client(server, BASIC);
        let login = client.authorize().max_age(Duration::from_secs(300)).start().await.unwrap();
        assert_eq!(query(login.url.as_str())["max_age"], "300");
        let landing = visit_as(&User::new(), server, login.url.as_str()).await;
        let token = client.get_access_token(callback(&landing), login.pending).await.unwrap();
        let auth_time = token.claims().unwrap().get("auth_time").unwrap();
        assert_eq!(auth_time.is_f64(), server.name() == "canaille", "{auth_time}");
    }
}

#[tokio::test]
async fn a_login_that_is_too_long_ago_is_refused() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let client = client(&server, BASIC);
    let folder = tempfile::tempdir().unwrap();
    let alice = User::new().jar(folder.path().join("jar").to_str().unwrap());
    server.shift_clock(-600).await.unwrap();
    assert_eq!(sign_in_within(&server, &client, &alice, None).await.unwrap(), None);
    server.shift_clock(0).await.unwrap();
    // Somebody took max_age out of the URL, so that the server does not ask again. It says when it
    // was where it is asked to, else not.
    let claims = ClaimsRequest::new().essential_id_token("auth_time");
    for params in [OpenIdParams::new(), OpenIdParams::new().with_claims(claims)] {
        let login = client.authorize().params(&params).max_age(Duration::from_secs(60));
        let login = login.start().await.unwrap();
        let url = login.url.as_str().replace("&max_age=60", "");
        let landing = visit_as(&alice, &server, &url).await;
        let error = client.get_access_token(callback(&landing), login.pending).await.unwrap_err();
        check_refused(&error, "auth_time");
    }
    // With it, the user signs in once more.
    let age = sign_in_within(&server, &client, &alice, Some(Duration::from_secs(60))).await;
    assert!(age.unwrap().is_some());
}

/// The `auth_time` of the login.
async fn sign_in_within(
    server: &RealServer,
    client: &OpenIdOAuth2,
    user: &User,
    max_age: Option<Duration>,
) -> Result<Option<f64>> {
    let login = client.authorize().scopes(["openid"]);
    let login = match max_age {
        Some(max_age) => login.max_age(max_age),
        None => login,
    };
    let login = login.start().await?;
    let landing = visit_as(user, server, login.url.as_str()).await;
    let token = client.get_access_token(callback(&landing), login.pending).await?;
    Ok(token.claims().unwrap().get("auth_time").and_then(Value::as_f64))
}

#[tokio::test]
async fn a_login_of_another_class_than_was_asked_for_is_refused() {
    // Whoever is called silver signs in at oidc-provider as that class.
    for (server, user, want) in
        [(&*OP, "silver", true), (&*OP, "alice", false), (&*CANAILLE, "alice", false)]
    {
        let client = client(server, BASIC);
        let login = client.authorize().acr_values([SILVER, "urn:example:gold"]);
        let login = login.start().await.unwrap();
        let user = server.user(user).unwrap();
        let landing = visit_as(&user, server, login.url.as_str()).await;
        match client.get_access_token(callback(&landing), login.pending).await {
            Ok(token) => {
                assert!(want, "{}", server.name());
                assert_eq!(token.claims().unwrap().get("acr").unwrap(), SILVER);
            }
            Err(error) => {
                assert!(!want, "{}: {error}", server.name());
                check_refused(&error, "acr");
            }
        }
    }
}
