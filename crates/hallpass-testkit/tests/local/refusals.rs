use std::sync::Arc;

use hallpass_core::{ErrorKind, OAuth2Client, Revoke, http::StatusCode};
use hallpass_testkit::{Browser, LocalClient, LocalProvider, User};

use crate::support::{
    CALLBACK, TestClock, ask, client, code, get, param, post, post_body, proof, sign_in, wish, with,
};

/// The error code of a refused token request, and its status.
async fn refused(local: &LocalProvider, form: &[(&str, &str)]) -> (u16, String) {
    let (status, body, response) = post(local, "/token", form, &[]).await;
    assert!(body.get("access_token").is_none(), "a token for {form:?}");
    assert_eq!(response.headers["cache-control"], "no-store");
    (status.as_u16(), body["error"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_good_code_is_redeemed_once_and_with_everything_right() {
    let local = LocalProvider::builder()
        .with_client(LocalClient::new("other").with_secret("other-secret"))
        .start()
        .await
        .unwrap();
    let secret = local.client_secret();
    let own = (local.client_id(), secret.expose());
    let (status, body, _) = post(&local, "/token", &proof(own, &code(&local).await), &[]).await;
    assert_eq!(status, StatusCode::OK, "{body}");

    let invalid_client = (401, "invalid_client".to_owned());
    let invalid_grant = (400, "invalid_grant".to_owned());
    let invalid_request = (400, "invalid_request".to_owned());
    let unsupported = (400, "unsupported_grant_type".to_owned());
    for (name, value, want) in [
        ("client_secret", "wrong", &invalid_client),
        ("client_secret", "", &invalid_client),
        ("client_id", "nobody", &invalid_client),
        ("code_verifier", "wrong", &invalid_grant),
        ("code_verifier", "", &invalid_grant),
        ("redirect_uri", "https://app.test/callback/", &invalid_grant),
        ("redirect_uri", "", &invalid_grant),
        ("code", "wrong", &invalid_grant),
        ("code", "", &invalid_request),
        ("grant_type", "", &invalid_request),
        ("grant_type", "password", &unsupported),
    ] {
        let code = code(&local).await;
        let got = refused(&local, &with(proof(own, &code), name, value)).await;
        assert_eq!(got, *want, "{name}={value}");
    }
    let of_another = code(&local).await;
    let got = refused(&local, &proof(("other", "other-secret"), &of_another)).await;
    assert_eq!(got, invalid_grant, "another client's code");
    let twice = code(&local).await;
    let mut form = proof(own, &twice);
    form.push(("code", &twice));
    assert_eq!(refused(&local, &form).await, invalid_request, "a parameter twice");
}

#[tokio::test]
async fn a_code_that_met_a_wrong_verifier_is_spent() {
    let local = LocalProvider::start().await.unwrap();
    let secret = local.client_secret();
    let code = code(&local).await;
    let form = proof((local.client_id(), secret.expose()), &code);
    refused(&local, &with(form.clone(), "code_verifier", "wrong")).await;
    assert_eq!(refused(&local, &form).await.1, "invalid_grant");
}

#[tokio::test]
async fn a_code_used_twice_takes_its_tokens_along() {
    let local = LocalProvider::start().await.unwrap();
    let client = client(&local);
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let token = client.get_access_token(landing.callback().unwrap(), login.pending).await.unwrap();
    assert!(client.get_profile(&token).await.is_ok());

    let code = param(landing.url(), "code").unwrap();
    let secret = local.client_secret();
    let got = refused(&local, &proof((local.client_id(), secret.expose()), &code)).await;
    assert_eq!(got.1, "invalid_grant");
    assert_eq!(client.get_profile(&token).await.unwrap_err().reason(), Some("invalid_token"));
    assert_eq!(client.refresh_token(&token).await.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let clock = Arc::new(TestClock::new());
    let local = LocalProvider::builder().with_clock(clock.clone()).start().await.unwrap();
    let secret = local.client_secret();
    let own = (local.client_id(), secret.expose());
    let code_in_time = code(&local).await;
    clock.turn(59);
    let (status, ..) = post(&local, "/token", &proof(own, &code_in_time), &[]).await;
    assert_eq!(status, StatusCode::OK);
    let late = code(&local).await;
    clock.turn(60);
    assert_eq!(refused(&local, &proof(own, &late)).await.1, "invalid_grant");
}

#[tokio::test]
async fn a_client_authenticates_in_one_way_alone() {
    let local = LocalProvider::builder()
        .with_client(LocalClient::new("a").with_secret("b"))
        .start()
        .await
        .unwrap();
    let grant = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let both = [grant[0], grant[1], ("client_id", "a"), ("client_secret", "b")];
    let (status, body, _) =
        post(&local, "/token", &grant, &[("authorization", "Basic YTpi")]).await;
    assert_eq!((status.as_u16(), &body["error"]), (400, &"invalid_grant".into()), "authenticated");
    for (form, header) in [(&both[..], "Basic YTpi"), (&grant, "Basic YTpj"), (&grant, "Basic ?")] {
        let (status, body, response) =
            post(&local, "/token", form, &[("authorization", header)]).await;
        assert_eq!((status.as_u16(), &body["error"]), (401, &"invalid_client".into()), "{header}");
        assert!(response.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    }
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_the_grant() {
    let local = LocalProvider::start().await.unwrap();
    let client = client(&local);
    let first = sign_in(&local, &client).await;
    let second = client.refresh_token(&first).await.unwrap();
    let error = client.refresh_token(&first).await.unwrap_err();
    assert_eq!((error.kind(), error.oauth().unwrap().code()), (ErrorKind::Denied, "invalid_grant"));
    assert_eq!(client.get_profile(&second).await.unwrap_err().reason(), Some("invalid_token"));
    assert_eq!(client.refresh_token(&second).await.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_and_asks_for_no_more() {
    let local = LocalProvider::builder()
        .with_client(LocalClient::new("other").with_secret("other-secret"))
        .start()
        .await
        .unwrap();
    let token = sign_in(&local, &client(&local)).await;
    let secret = local.client_secret();
    let form = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", token.refresh_token().unwrap().expose()),
        ("client_id", local.client_id()),
        ("client_secret", secret.expose()),
        ("scope", "profile admin"),
    ];
    assert_eq!(refused(&local, &form).await.1, "invalid_scope");
    let theirs = with(with(form.clone(), "client_id", "other"), "client_secret", "other-secret");
    assert_eq!(refused(&local, &theirs).await.1, "invalid_grant");
    let (status, body, _) = post(&local, "/token", &with(form, "scope", "profile"), &[]).await;
    assert_eq!((status.as_u16(), &body["scope"]), (200, &"profile".into()));
}

#[tokio::test]
async fn a_revoked_refresh_token_is_dead_and_so_is_its_access_token() {
    let local = LocalProvider::start().await.unwrap();
    let client = client(&local);
    let token = sign_in(&local, &client).await;
    client.revoke_token(&token, Revoke::RefreshToken).await.unwrap();
    assert_eq!(client.refresh_token(&token).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(client.get_profile(&token).await.unwrap_err().kind(), ErrorKind::Denied);
    client.revoke_token(&token, Revoke::RefreshToken).await.unwrap(); // RFC 7009 section 2.2
}

#[tokio::test]
async fn revocation_wants_the_client_and_a_token_of_its_own() {
    let local = LocalProvider::builder()
        .with_client(LocalClient::new("other").with_secret("other-secret"))
        .start()
        .await
        .unwrap();
    let client = client(&local);
    let token = sign_in(&local, &client).await;
    let access = token.access_token().expose();
    let form = vec![("token", access), ("client_id", "other"), ("client_secret", "other-secret")];
    for (form, status, error) in [
        (form.clone(), 400, "unauthorized_client"),
        (with(form.clone(), "client_secret", "wrong"), 401, "invalid_client"),
        (with(form.clone(), "client_id", ""), 401, "invalid_client"),
        (with(form.clone(), "token", ""), 400, "invalid_request"),
    ] {
        let (got, body, _) = post(&local, "/revoke", &form, &[]).await;
        assert_eq!((got.as_u16(), &body["error"]), (status, &error.into()), "{error}");
    }
    assert!(client.get_profile(&token).await.is_ok(), "it lives");
}

#[tokio::test]
async fn userinfo_wants_a_token_that_lives() {
    let local = LocalProvider::start().await.unwrap();
    let url = format!("{}/userinfo", local.base_url());
    let token = sign_in(&local, &client(&local)).await;
    let bearer = format!("bearer {}", token.access_token().expose());
    let refresh = format!("Bearer {}", token.refresh_token().unwrap().expose());
    for (header, status, challenge) in [
        (None, 401, Some("Bearer realm=\"local\"")),
        (Some("Bearer dead"), 401, Some("Bearer realm=\"local\", error=\"invalid_token\"")),
        (Some(&refresh), 401, Some("Bearer realm=\"local\", error=\"invalid_token\"")),
        (Some("Basic dead"), 401, Some("Bearer realm=\"local\"")),
        (Some(&bearer), 200, None),
    ] {
        let headers: Vec<_> = header.into_iter().map(|value| ("authorization", value)).collect();
        let response = get(&url, &headers).await;
        let got = response.headers.get("www-authenticate").map(|value| value.to_str().unwrap());
        assert_eq!((response.status.as_u16(), got), (status, challenge), "{status}");
    }
}

#[tokio::test]
async fn what_proves_no_application_is_not_redirected() {
    let local = LocalProvider::builder()
        .with_client(LocalClient::new("strict").with_redirect_uri(CALLBACK))
        .start()
        .await
        .unwrap();
    let strict = wish("strict");
    for (spoilt, says) in [
        (with(strict.clone(), "client_id", "nobody"), "unknown"),
        (with(strict.clone(), "client_id", ""), "which application"),
        (with(strict.clone(), "redirect_uri", "https://evil.test/"), "redirect URI"),
        (with(wish(local.client_id()), "redirect_uri", ""), "go back to"),
        (with(wish(local.client_id()), "redirect_uri", "http://app.test/"), "redirect URI"),
        (with(wish(local.client_id()), "redirect_uri", "javascript:alert(1)"), "redirect URI"),
    ] {
        let error = ask(&local, &spoilt).await.unwrap_err();
        assert_eq!(error.status(), Some(StatusCode::BAD_REQUEST), "{says}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let unsaid = with(strict, "redirect_uri", "");
    let landing = ask(&local, &unsaid).await.unwrap();
    assert!(landing.url().starts_with(CALLBACK), "the one that is registered");
}

#[tokio::test]
async fn other_mistakes_go_back_to_the_application() {
    let local = LocalProvider::start().await.unwrap();
    let good = wish(local.client_id());
    let twice = [&good[..], &[("scope", "more")]].concat();
    for (spoilt, want) in [
        (with(good.clone(), "response_type", "token"), "unsupported_response_type"),
        (with(good.clone(), "response_type", ""), "invalid_request"),
        (with(good.clone(), "code_challenge", ""), "invalid_request"),
        (with(good.clone(), "code_challenge_method", "plain"), "invalid_request"),
        (with(good.clone(), "code_challenge_method", ""), "invalid_request"),
        ([&good[..], &[("response_mode", "fragment")]].concat(), "invalid_request"),
        (twice, "invalid_request"),
    ] {
        let landing = ask(&local, &spoilt).await.unwrap();
        assert!(landing.url().starts_with(CALLBACK));
        assert_eq!(param(landing.url(), "error").as_deref(), Some(want), "{}", landing.url());
        assert_eq!(param(landing.url(), "state").as_deref(), Some("a state"));
        assert_eq!(param(landing.url(), "iss").as_deref(), Some(local.base_url()));
        assert_eq!(param(landing.url(), "code"), None);
    }
}

#[tokio::test]
async fn the_user_can_say_no() {
    let local = LocalProvider::start().await.unwrap();
    let client = client(&local);
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::deny()).await.unwrap();
    let error =
        client.get_access_token(landing.callback().unwrap(), login.pending).await.unwrap_err();
    assert_eq!((error.kind(), error.oauth().unwrap().code()), (ErrorKind::Denied, "access_denied"));
    assert_eq!(local.count("token"), 0);
}

#[tokio::test]
async fn a_form_from_nowhere_does_nothing() {
    let clock = Arc::new(TestClock::new());
    let local = LocalProvider::builder().with_clock(clock.clone()).start().await.unwrap();
    let url = format!(
        "{}/authorize?{}",
        local.base_url(),
        crate::support::encoded(&wish(local.client_id()))
    );
    let open = || async {
        let page = Browser::new().open(&url).await.unwrap();
        let (_, rest) = page.text().split_once("name=\"page\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let word = open().await;
    let good = vec![("page", word.as_str()), ("user", "ada"), ("decision", "allow")];
    let (status, _, response) = post(&local, "/authorize", &good, &[]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(response.headers["location"].to_str().unwrap().contains("code="));
    let (status, ..) = post(&local, "/authorize", &good, &[]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "once");

    let json = format!(r#"{{"page":"{}","user":"ada","decision":"allow"}}"#, open().await);
    let (status, ..) = post_body(&url, "application/json", json.into_bytes(), &[]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "no form can send it");

    let (nobody, neither, late) = (open().await, open().await, open().await);
    clock.turn(600);
    let fresh = open().await;
    for form in [
        with(good.clone(), "page", "guessed"),
        with(good.clone(), "page", ""),
        with(with(good.clone(), "page", &nobody), "user", "eve"),
        with(with(good.clone(), "page", &neither), "decision", "perhaps"),
        with(good.clone(), "page", &late),
        with(with(good.clone(), "page", &fresh), "user", "eve"),
        with(with(good.clone(), "page", &fresh), "decision", ""),
    ] {
        let (status, _, response) = post(&local, "/authorize", &form, &[]).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{form:?}");
        assert!(!response.headers.contains_key("location"));
    }
}

#[tokio::test]
async fn an_endpoint_takes_its_own_methods_and_media_types() {
    let local = LocalProvider::start().await.unwrap();
    for (path, allow) in [("/token", "POST"), ("/revoke", "POST")] {
        let response = get(&format!("{}{path}", local.base_url()), &[]).await;
        assert_eq!(response.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(response.headers["allow"], allow);
    }
    let json = br#"{"grant_type":"refresh_token","token":"x"}"#.to_vec();
    for path in ["/token", "/revoke"] {
        let url = format!("{}{path}", local.base_url());
        let (status, body, _) = post_body(&url, "application/json", json.clone(), &[]).await;
        assert_eq!((status.as_u16(), &body["error"]), (400, &"invalid_request".into()), "{path}");
    }
    let nowhere = get(&format!("{}/other", local.base_url()), &[]).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let long = "x".repeat(2 << 20);
    let (status, ..) = post(&local, "/token", &[("code", &long)], &[]).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_client_with_the_wrong_secret_is_told_so() {
    let local = LocalProvider::start().await.unwrap();
    let config = local.client_config(CALLBACK).unwrap().with_secret("wrong");
    let client = OAuth2Client::new(local.provider(), config).unwrap();
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let error =
        client.get_access_token(landing.callback().unwrap(), login.pending).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.oauth().unwrap().code()),
        (ErrorKind::Config, "invalid_client")
    );
}
