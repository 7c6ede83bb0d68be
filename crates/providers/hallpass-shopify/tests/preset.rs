//! What Shopify refuses, its stand-in on this machine refuses too; everybody else signs in.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{
    ClientAuth,
    http::{HeaderValue, header},
};
use hallpass_shopify::{AccessMode, Callback, ErrorKind, FIXTURES, OAuth2Token, Shopify};
use hallpass_testkit::{StandIn, User};

async fn shopify() -> StandIn<Shopify> {
    let new = || Shopify::new(&"oak-trees.myshopify.com".parse().unwrap());
    StandIn::start(new, FIXTURES).await.with_scopes(["write_orders", "read_customers"])
}

#[tokio::test]
async fn each_user_of_the_fixtures_signs_in_by_a_signed_callback() {
    shopify().await.check_users().await;
}

#[tokio::test]
async fn a_refusal_is_signed_too() {
    let shopify = shopify().await;
    let error = shopify.token(&shopify.honest(), User::deny()).await.unwrap_err();
    assert_eq!((error.kind(), error.oauth().unwrap().code()), (ErrorKind::Denied, "access_denied"));
}

#[tokio::test]
async fn a_callback_that_somebody_changed_or_signed_with_another_secret_is_refused() {
    let shopify = shopify().await;
    let honest = shopify.honest();
    let stranger = shopify.client(shopify.config().with_secret("another"));
    for (client, from, to, want) in [
        (&honest, "oak-trees", "oak-trees", None),
        (&honest, "oak-trees", "elm-trees", Some("hmac")),
        (&honest, "timestamp=1", "timestamp=2", Some("hmac")),
        (&honest, "hmac=", "signature=", Some("hmac")),
        (&stranger, "oak-trees", "oak-trees", Some("hmac")),
    ] {
        let login = client.authorize().start().await.unwrap();
        let landing = shopify.local().browser().sign_in(&login.url, User::first()).await.unwrap();
        assert!(landing.url().contains(from), "{from}");
        let callback = Callback::from_url(&landing.url().replacen(from, to, 1)).unwrap();
        let got = client.get_access_token(callback, login.pending).await;
        assert_eq!(got.err().and_then(|error| error.reason().map(str::to_owned)).as_deref(), want);
    }
}

#[tokio::test]
async fn scopes_joined_by_spaces_are_refused_and_pkce_is_ignored() {
    let shopify = shopify().await;
    shopify.check_page("method=S256", "method=plain", None).await;
    let spaces = "write_orders+read";
    shopify.check_page("write_orders%2Cread", spaces, Some("invalid_scope")).await;
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let shopify = shopify().await;
    shopify.token(&shopify.honest(), User::first()).await.unwrap();
    // By hand: the client's own check of a callback needs the right one.
    let answer = shopify.again("token", |request| {
        request.body.extend_from_slice(b"-wrong"); // the secret comes last
    });
    let answer = answer.await;
    assert_eq!(answer.status.as_u16(), 400);
    assert!(String::from_utf8_lossy(&answer.body).contains("invalid_client"));
    let basic = shopify.config().with_client_auth(ClientAuth::Basic);
    shopify.check_client(basic, 401, Some("invalid_client")).await;
}

#[tokio::test]
async fn a_spent_code_is_refused_in_shopifys_words() {
    shopify().await.check_spent_code(400, "invalid_request").await;
}

#[tokio::test]
async fn the_api_takes_the_token_in_shopifys_own_header_alone() {
    let shopify = shopify().await;
    let client = shopify.honest();
    let alive = shopify.token(&client, User::first()).await.unwrap();
    client.get_profile(&alive).await.unwrap();
    let right = shopify.again("api", |_| {}).await;
    assert_eq!(right.status.as_u16(), 200);
    let bearer = shopify.again("api", |request| {
        let token = request.headers.remove("x-shopify-access-token").unwrap();
        let bearer = format!("Bearer {}", token.to_str().unwrap());
        request.headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&bearer).unwrap());
    });
    assert_eq!(bearer.await.status.as_u16(), 401);
    let form = shopify.again("api", |request| {
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    });
    let form = form.await;
    assert_eq!(form.status.as_u16(), 400);
    assert!(String::from_utf8_lossy(&form.body).contains("content-type"));
}

#[tokio::test]
async fn a_session_token_is_exchanged_and_another_text_is_refused() {
    let shopify = shopify().await;
    let client = shopify.honest();
    for (mode, is_online) in [(AccessMode::Offline, false), (AccessMode::Online, true)] {
        let grant = client.provider().session_token("SESSION", mode);
        let token = client.request_token(grant).await.unwrap();
        assert_eq!(token.extra("associated_user").is_some(), is_online, "{mode:?}");
        assert_eq!(token.refresh_token().is_some(), !is_online, "{mode:?}");
        assert!(client.get_profile(&token).await.is_ok());
        let grant = client.provider().session_token("another shop's", mode);
        let error = client.request_token(grant).await.unwrap_err();
        let said = (error.kind(), error.oauth().unwrap().code());
        assert_eq!(said, (ErrorKind::Denied, "invalid_subject_token"));
    }
}

#[tokio::test]
async fn a_token_migrates_while_it_lives_and_leaving_ends_all() {
    let shopify = shopify().await;
    let client = shopify.honest();
    let old = shopify.token(&client, User::first()).await.unwrap();
    let new = client.request_token(Shopify::migrate(&old)).await.unwrap();
    let refreshed = client.refresh_token(&new).await.unwrap();
    assert!(client.get_profile(&refreshed).await.is_ok());
    client.provider().uninstall(client.api(&refreshed)).await.unwrap();
    for token in [&old, &new, &refreshed] {
        let error = client.get_profile(token).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    }
    let error = client.refresh_token(&refreshed).await.unwrap_err();
    assert_eq!(error.oauth().unwrap().code(), "invalid_grant");
    let error = client.request_token(Shopify::migrate(&old)).await.unwrap_err();
    assert_eq!(error.oauth().unwrap().code(), "invalid_request");
    let error = client.provider().uninstall(client.api(&refreshed)).await.unwrap_err();
    assert_eq!(error.reason(), Some("invalid_token"));
}

#[tokio::test]
async fn a_refresh_can_be_tried_again_and_a_refresh_token_of_nobodys_is_refused() {
    let shopify = shopify().await;
    let client = shopify.honest();
    let old = shopify.token(&client, User::first()).await.unwrap();
    for _ in 0..2 {
        let new = client.refresh_token(&old).await.unwrap();
        assert!(client.get_profile(&new).await.is_ok());
    }
    let error = client.refresh_token(&OAuth2Token::from_refresh_token("dead")).await.unwrap_err();
    assert_eq!((error.kind(), error.oauth().unwrap().code()), (ErrorKind::Denied, "invalid_grant"));
}
