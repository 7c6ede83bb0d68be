use hallpass_core::{Json, http::Method};
use hallpass_testkit::{Jwks, LocalClient, SigningAlgorithm};
use serde_json::json;

use crate::support::{
    CALLBACK, NOW, code, decoded, endpoint, has_mac, jwks, login, login_with, post, provider,
    redemption, send, signers, verified, wish, with,
};

#[tokio::test]
async fn an_id_token_is_signed_by_a_key_of_the_jwks_with_any_algorithm() {
    use SigningAlgorithm::{EdDsa, Es256, Es384, Es512, Ps256, Rs256};
    for algorithm in [Rs256, Ps256, Es256, Es384, Es512, EdDsa] {
        let local = provider(|builder| builder.with_signing_algorithm(algorithm)).await;
        let token = login(&local).await;
        let id_token = token["id_token"].as_str().unwrap();
        assert_eq!(decoded(id_token).0["alg"], algorithm.as_str());
        let claims = verified(&jwks(&local).await, id_token);
        let at_hash = algorithm.half_hash(token["access_token"].as_str().unwrap());
        assert_eq!(claims["at_hash"], at_hash);
    }
}

#[tokio::test]
async fn an_id_token_can_be_signed_with_the_clients_secret_or_not_at_all() {
    let public = || LocalClient::new("public").with_redirect_uri(CALLBACK);
    let local = provider(|builder| {
        builder.with_signing_algorithm(SigningAlgorithm::Hs256).with_client(public())
    })
    .await;
    let token = login(&local).await;
    let id_token = token["id_token"].as_str().unwrap();
    assert_eq!(decoded(id_token).0, json!({ "alg": "HS256" }));
    assert!(has_mac(local.client_secret().expose(), id_token));
    assert!(!has_mac("another secret", id_token));
    let code = code(&local, &wish("public")).await;
    let form = with(redemption(&code), "client_id", "public");
    let (status, reply) = post(&format!("{}/token", local.base_url()), &[], &form).await;
    assert_eq!(status, 200, "{reply}");
    assert!(reply.get("id_token").is_none(), "it has no secret");

    let none = provider(|builder| builder.with_signing_algorithm(SigningAlgorithm::None)).await;
    let token = login(&none).await;
    let id_token = token["id_token"].as_str().unwrap();
    assert_eq!(decoded(id_token).0, json!({ "alg": "none" }));
    assert!(id_token.ends_with('.'));
}

#[tokio::test]
async fn an_id_token_says_who_signed_in_and_no_more_than_was_asked() {
    let local = provider(|builder| builder).await;
    let token = login(&local).await;
    let mut claims = verified(&jwks(&local).await, token["id_token"].as_str().unwrap());
    let members = claims.as_object_mut().unwrap();
    assert!(members.remove("sid").is_some_and(|sid| sid.is_string()));
    assert!(members.remove("at_hash").is_some());
    let want = json!({
        "iss": local.issuer(),
        "sub": "1001",
        "aud": local.client_id(),
        "iat": NOW,
        "exp": NOW + 3600,
        "nonce": "a nonce",
        "preferred_username": "ada",
        "name": "Ada Okafor",
        "picture": "https://users.test/ada.png",
        "locale": "en-GB",
        "email": "ada@users.test",
        "email_verified": true,
    });
    assert_eq!(claims, want);
}

/// What the ID token for a request with one other parameter says under a name.
async fn said(param: (&str, &str), name: &str) -> Json {
    let local = provider(|builder| builder).await;
    let (param, value) = param;
    let token = login_with(&local, &with(wish(local.client_id()), param, value)).await;
    decoded(token["id_token"].as_str().unwrap()).1[name].clone()
}

#[tokio::test]
async fn what_is_asked_for_is_told() {
    for (param, name, want) in [
        (("max_age", "60"), "auth_time", json!(NOW)),
        (("acr_values", "gold silver"), "acr", json!("gold")),
        (("nonce", ""), "nonce", Json::Null),
        (("nonce", "other"), "nonce", json!("other")),
        (("scope", "openid"), "email", Json::Null),
        (("scope", "openid email"), "email", json!("ada@users.test")),
        (("scope", "openid email"), "name", Json::Null),
        (("claims", r#"{"id_token":{"auth_time":null}}"#), "auth_time", json!(NOW)),
        (("claims", r#"{"id_token":{"acr":{"values":["a","b"]}}}"#), "acr", json!("a")),
        (("claims", r#"{"id_token":{"acr":{"value":"c"}}}"#), "acr", json!("c")),
    ] {
        assert_eq!(said(param, name).await, want, "{param:?} {name}");
    }
    let local = provider(|builder| builder).await;
    let wish = with(wish(local.client_id()), "scope", "openid");
    let token = login_with(&local, &with(wish, "claims", r#"{"id_token":{"email":null}}"#)).await;
    let (_, claims) = decoded(token["id_token"].as_str().unwrap());
    assert_eq!((&claims["email"], claims.get("name")), (&json!("ada@users.test"), None));
}

#[tokio::test]
async fn a_provider_says_more_or_less_as_it_likes() {
    let local = provider(|builder| {
        let lifetime = std::time::Duration::from_secs(5);
        builder.with_azp().without_profile_in_id_token().with_id_token_lifetime(lifetime)
    })
    .await;
    let token = login(&local).await;
    let (_, claims) = decoded(token["id_token"].as_str().unwrap());
    assert_eq!(claims["azp"], local.client_id());
    assert_eq!(claims["exp"], NOW + 5);
    assert!(claims.get("email").is_none() && claims.get("name").is_none());
}

#[tokio::test]
async fn without_openid_in_the_scope_it_is_plain_oauth() {
    let local = provider(|builder| builder).await;
    let token = login_with(&local, &with(wish(local.client_id()), "scope", "profile")).await;
    assert!(token.get("id_token").is_none());
    let client = hallpass_core::OAuth2Client::new(
        local.provider(),
        local.client_config("https://app.test/callback").unwrap(),
    );
    let client = client.unwrap();
    let login = client.authorize().start().await.unwrap();
    let user = hallpass_testkit::User::named("ben");
    let landing = local.browser().sign_in(&login.url, user).await.unwrap();
    let signed_in = client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
    assert_eq!(signed_in.profile.username(), Some("ben"));
}

#[tokio::test]
async fn without_key_ids_the_header_has_none() {
    for shape in [Jwks::OneWithoutKeyId, Jwks::SeveralWithoutKeyId] {
        let local = provider(|builder| builder.with_jwks(shape)).await;
        let token = login(&local).await;
        let id_token = token["id_token"].as_str().unwrap();
        assert_eq!(decoded(id_token).0, json!({ "alg": "RS256" }));
        assert_eq!(signers(&jwks(&local).await, id_token), 1, "one of them signed it");
    }
}

#[tokio::test]
async fn a_bad_request_is_sent_back_with_the_standards_word() {
    let local = provider(|builder| builder).await;
    for (name, value, want) in [
        ("prompt", "none", "login_required"),
        ("prompt", "none login", "invalid_request"),
        ("max_age", "soon", "invalid_request"),
        ("claims", "[]", "invalid_request"),
        ("claims", "{", "invalid_request"),
        ("request", "a.b.c", "request_not_supported"),
        ("registration", "{}", "registration_not_supported"),
    ] {
        let wish = with(wish(local.client_id()), name, value);
        let landing = crate::support::ask(&local, &wish).await.unwrap();
        let params = crate::support::params(&landing);
        assert_eq!(params["error"], want, "{name}={value}");
        assert_eq!((&*params["state"], &*params["iss"]), ("a state", local.issuer()));
    }
}

#[tokio::test]
async fn a_request_may_come_as_a_form() {
    let local = provider(|builder| builder).await;
    let url = endpoint(&local, "authorization_endpoint").await;
    let page = send(Method::POST, &url, &[], &wish(local.client_id())).await;
    assert_eq!(page.status, 200);
    assert!(String::from_utf8_lossy(&page.body).contains("Sign in as"));
    let silent = with(wish(local.client_id()), "prompt", "none");
    let refused = send(Method::POST, &url, &[], &silent).await;
    assert!(refused.headers["location"].to_str().unwrap().contains("error=login_required"));
    let no_answer = send(Method::POST, &url, &[], &[("page", "made up")]).await;
    assert_eq!(no_answer.status, 400);
}

#[tokio::test]
async fn an_answer_without_a_page_can_be_a_form_too() {
    let local = provider(|builder| builder).await;
    let wish = with(wish(local.client_id()), "prompt", "none");
    let wish = with(with(wish, "max_age", "0"), "response_mode", "form_post");
    let landing = crate::support::ask(&local, &wish).await.unwrap();
    assert!(landing.is_form_post());
    assert!(landing.url().starts_with(CALLBACK));
    assert!(landing.callback().unwrap().is_refusal());
}
