use std::{sync::Arc, time::Duration};

use hallpass_core::{
    ClientAuth, ClientConfig, Descriptor, EmailVerification, ErrorKind, OAuth2Client, Revoke,
    http::StatusCode,
};
use hallpass_testkit::{Browser, LocalClient, LocalProvider, LocalUser, User};

use crate::support::{CALLBACK, TestClock, client, get, param, sign_in};

#[tokio::test]
async fn each_of_the_usual_users_signs_in() {
    check("ada", "1001", Some("ada@users.test"), EmailVerification::Verified).await;
    check("ben", "1002", Some("ben@users.test"), EmailVerification::Unverified).await;
    check("cleo", "1003", None, EmailVerification::Unknown).await;
}

async fn check(name: &str, id: &str, email: Option<&str>, verification: EmailVerification) {
    let local = LocalProvider::start().await.unwrap();
    let client = client(&local);
    let login = client.authorize().data("/return").start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::named(name)).await.unwrap();
    assert!(landing.url().starts_with(CALLBACK));
    assert_eq!(param(landing.url(), "iss").as_deref(), Some(local.base_url()));
    let signed_in = client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
    let who = &signed_in.profile;
    assert_eq!((who.username(), who.id()), (Some(name), id));
    assert_eq!((who.email(), who.email_verification()), (email, verification));
    assert_eq!((who.provider(), who.issuer()), ("local", Some(local.base_url())));
    assert_eq!(signed_in.data.as_deref(), Some("/return"));
    assert_eq!(signed_in.token.scope(), Some("profile email"));
}

#[tokio::test]
async fn a_token_is_refreshed_and_revoked() {
    let local = LocalProvider::start().await.unwrap();
    let client = client(&local);
    let first = sign_in(&local, &client).await;
    let second = client.refresh_token(&first).await.unwrap();
    assert_ne!(second.access_token().expose(), first.access_token().expose());
    assert_ne!(
        second.refresh_token().unwrap().expose(),
        first.refresh_token().unwrap().expose(),
        "rotated"
    );
    assert!(client.get_profile(&first).await.is_ok(), "a refresh ends no access token");

    client.revoke_token(&second, Revoke::AccessToken).await.unwrap();
    assert_eq!(client.get_profile(&second).await.unwrap_err().reason(), Some("invalid_token"));
    assert!(client.get_profile(&first).await.is_ok());
    client.revoke_token(&second, Revoke::Grant).await.unwrap();
    assert_eq!(client.get_profile(&first).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(client.refresh_token(&second).await.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn only_what_the_scopes_ask_for_is_told() {
    let local = LocalProvider::start().await.unwrap();
    let client = client(&local);
    let login = client.authorize().scopes(["profile"]).start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let signed_in = client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
    assert_eq!(signed_in.profile.username(), Some("ada"));
    assert_eq!(signed_in.profile.email(), None);
    assert_eq!(signed_in.token.scope(), Some("profile"));
}

#[tokio::test]
async fn a_callback_can_be_a_form() {
    let local = LocalProvider::builder().with_form_post().start().await.unwrap();
    let client = client(&local);
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    assert!(landing.is_form_post());
    assert_eq!(landing.url(), CALLBACK, "nothing in the query");
    assert_eq!(format!("{landing:?}"), "Landing(POST https://app.test/callback)");
    let token = client.get_access_token(landing.callback().unwrap(), login.pending).await;
    assert!(token.is_ok(), "{token:?}");

    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::deny()).await.unwrap();
    assert!(landing.is_form_post());
    let refused = client.get_access_token(landing.callback().unwrap(), login.pending).await;
    assert_eq!(refused.unwrap_err().oauth().unwrap().code(), "access_denied");
}

#[tokio::test]
async fn users_and_clients_can_be_ones_own() {
    let ben = LocalUser::new("7", "ben & co").with_email("b@b.test", EmailVerification::Unknown);
    let local = LocalProvider::builder()
        .with_user(LocalUser::new("6", "anna").with_name("Anna"))
        .with_user(ben)
        .with_client(LocalClient::new("cli").with_redirect_uri("http://127.0.0.1/cb"))
        .start()
        .await
        .unwrap();
    let config = ClientConfig::new("cli").with_redirect_uri("http://127.0.0.1:49152/cb").unwrap();
    let client = OAuth2Client::new(local.provider(), config).unwrap();
    let login = client.authorize().start().await.unwrap();
    let landing = Browser::new().sign_in(&login.url, User::named("ben & co")).await.unwrap();
    let signed_in = client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
    assert_eq!(signed_in.profile.id(), "7");
    assert_eq!(signed_in.profile.email_verification(), EmailVerification::Unknown);
    let refreshed = client.refresh_token(&signed_in.token).await;
    assert!(refreshed.is_ok(), "a public client refreshes without a secret: {refreshed:?}");
    client.revoke_token(&signed_in.token, Revoke::Grant).await.unwrap();
}

#[tokio::test]
async fn a_client_authenticates_in_the_way_that_was_chosen() {
    for auth in [ClientAuth::Basic, ClientAuth::BasicRaw, ClientAuth::Post, ClientAuth::None] {
        let local = LocalProvider::builder().with_client_auth(auth).start().await.unwrap();
        let client = client(&local);
        let token = sign_in(&local, &client).await;
        let token = client.refresh_token(&token).await.unwrap();
        client.revoke_token(&token, Revoke::Grant).await.unwrap();
        let by_header = local.requests().iter().any(|request| {
            request.operation() == "token" && request.header("authorization").is_some()
        });
        assert_eq!(by_header, matches!(auth, ClientAuth::Basic | ClientAuth::BasicRaw), "{auth:?}");
    }
}

#[tokio::test]
async fn basic_survives_signs_that_need_encoding() {
    let (id, secret) = ("an id: ä", "a+b%20c/d e");
    let local = LocalProvider::builder()
        .with_client_auth(ClientAuth::Basic)
        .with_client(LocalClient::new(id).with_secret(secret))
        .start()
        .await
        .unwrap();
    let config = ClientConfig::new(id).with_secret(secret).with_redirect_uri(CALLBACK).unwrap();
    let client = OAuth2Client::new(local.provider(), config).unwrap();
    sign_in(&local, &client).await;
}

#[tokio::test]
async fn pkce_can_be_plain() {
    let local = LocalProvider::builder().with_plain_pkce().start().await.unwrap();
    let client = client(&local);
    let login = client.authorize().start().await.unwrap();
    assert_eq!(param(login.url.as_str(), "code_challenge_method").as_deref(), Some("plain"));
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await.unwrap();
}

#[tokio::test]
async fn without_rotation_a_refresh_token_stays() {
    let local = LocalProvider::builder().without_rotation().start().await.unwrap();
    let client = client(&local);
    let first = sign_in(&local, &client).await;
    for _ in 0..2 {
        let again = client.refresh_token(&first).await.unwrap();
        let (old, new) = (first.refresh_token().unwrap(), again.refresh_token().unwrap());
        assert_eq!(old.expose(), new.expose());
    }
}

#[tokio::test]
async fn without_refresh_tokens_there_are_none() {
    let local = LocalProvider::builder().without_refresh_tokens().start().await.unwrap();
    let client = client(&local);
    let token = sign_in(&local, &client).await;
    assert!(token.refresh_token().is_none());
    assert_eq!(client.refresh_token(&token).await.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn tokens_end_by_the_clock() {
    let clock = Arc::new(TestClock::new());
    let local = LocalProvider::builder()
        .with_clock(clock.clone())
        .with_access_token_lifetime(Duration::from_secs(100))
        .with_refresh_token_lifetime(Duration::from_secs(1000))
        .start()
        .await
        .unwrap();
    let client = client(&local).with_clock(clock.clone());
    let token = sign_in(&local, &client).await;
    clock.turn(99);
    assert!(client.get_profile(&token).await.is_ok());
    clock.turn(1);
    assert_eq!(client.get_profile(&token).await.unwrap_err().reason(), Some("invalid_token"));
    let token = client.refresh_token(&token).await.unwrap();
    assert!(client.get_profile(&token).await.is_ok());
    clock.turn(1000);
    assert_eq!(client.refresh_token(&token).await.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn the_page_shows_who_asks_for_what_and_runs_no_script() {
    let name = "<script>alert(1)</script>";
    let local = LocalProvider::builder()
        .with_client(LocalClient::new("app").with_name(name))
        .start()
        .await
        .unwrap();
    let config = ClientConfig::new("app").with_redirect_uri(CALLBACK).unwrap();
    let client = OAuth2Client::new(local.provider(), config).unwrap();
    let login = client.authorize().scopes(["profile", "files:read"]).start().await.unwrap();
    let response = get(login.url.as_str(), &[]).await;
    let page = String::from_utf8(response.body).unwrap();
    for part in ["&lt;script&gt;alert(1)", "files:read", "Ada Okafor", "Ben Núñez", "not verified"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("<script"));
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.headers["cache-control"], "no-store");
    let policy = response.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
}

#[test]
fn the_descriptor_fits_what_the_server_does() {
    fn is_whole(descriptor: &Descriptor) -> bool {
        descriptor.offers_refresh() && descriptor.revocation().offers(Revoke::Grant)
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let local = LocalProvider::start().await.unwrap();
        let client = client(&local);
        assert!(is_whole(client.descriptor()));
        assert_eq!(client.descriptor().issuer(), Some(local.base_url()));
    });
}
