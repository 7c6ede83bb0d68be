//! What Shopify refuses, its stand-in on this machine refuses too; everybody else signs in.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{
    ClientAuth, Request, Response,
    http::{HeaderValue, header},
    url::Url,
};
use hallpass_shopify::{
    AccessMode, Callback, ClientConfig, ErrorKind, FIXTURES, OAuth2Client, OAuth2Token,
    PendingAuthorization, Provider, Result, ShopDomain, Shopify,
};
use hallpass_testkit::{Fixture, LocalProvider, User};

const REDIRECT_URI: &str = "https://app.test/callback";

fn shopify() -> Shopify {
    Shopify::new(&"oak-trees.myshopify.com".parse::<ShopDomain>().unwrap())
}

async fn local() -> LocalProvider {
    LocalProvider::emulating(shopify().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    let config = local.client_config(REDIRECT_URI).unwrap();
    config.with_scopes(["write_orders", "read_customers"])
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<Shopify> {
    OAuth2Client::new(shopify(), config).unwrap().with_http_client(local.http_client())
}

async fn token(
    local: &LocalProvider,
    client: &OAuth2Client<Shopify>,
    user: User,
) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, user).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

/// What was sent last for `operation`, spoiled and sent again.
async fn again(local: &LocalProvider, operation: &str, spoil: fn(&mut Request)) -> Response {
    let sent = local.requests().into_iter().rfind(|sent| sent.operation() == operation).unwrap();
    let mut request = sent.to_request();
    spoil(&mut request);
    local.http_client().send(request).await.unwrap()
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

#[tokio::test]
async fn each_user_of_the_fixtures_signs_in_by_a_signed_callback() {
    let local = local().await;
    let client = client(&local, config(&local));
    let fixtures = FIXTURES.iter().map(|(name, text)| Fixture::parse(name, text).unwrap());
    let users = fixtures.filter(|one| one.operation() == "id_email" && !one.outcome().is_refusal());
    let mut count = 0;
    for user in users {
        let token = token(&local, &client, User::named(user.case())).await.unwrap();
        let who = client.get_id_email(&token).await.unwrap();
        let field = |name| user.outcome().fields().get(name).and_then(|value| value.as_str());
        assert_eq!((Some(&*who.id), who.email.as_deref()), (field("id"), field("email")));
        count += 1;
    }
    assert!(count > 0);
}

#[tokio::test]
async fn a_refusal_is_signed_too() {
    let local = local().await;
    let error = token(&local, &client(&local, config(&local)), User::deny()).await.unwrap_err();
    assert_eq!((error.kind(), error.oauth().unwrap().code()), (ErrorKind::Denied, "access_denied"));
}

#[tokio::test]
async fn a_callback_that_somebody_changed_or_signed_with_another_secret_is_refused() {
    let local = local().await;
    let honest = client(&local, config(&local));
    let stranger = client(&local, config(&local).with_secret("another"));
    for (client, from, to, want) in [
        (&honest, "oak-trees", "oak-trees", None),
        (&honest, "oak-trees", "elm-trees", Some("hmac")),
        (&honest, "timestamp=1", "timestamp=2", Some("hmac")),
        (&honest, "hmac=", "signature=", Some("hmac")),
        (&stranger, "oak-trees", "oak-trees", Some("hmac")),
    ] {
        let login = client.authorize().start().await.unwrap();
        let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
        assert!(landing.url().contains(from), "{from}");
        let callback = Callback::from_url(&landing.url().replacen(from, to, 1)).unwrap();
        let got = client.get_access_token(callback, login.pending).await;
        assert_eq!(got.err().and_then(|error| error.reason().map(str::to_owned)).as_deref(), want);
    }
}

#[tokio::test]
async fn scopes_joined_by_spaces_are_refused_and_pkce_is_ignored() {
    let local = local().await;
    let honest = client(&local, config(&local));
    for (from, to, want) in [
        ("", "", None),
        ("code_challenge_method=S256", "code_challenge_method=plain", None),
        ("write_orders%2Cread", "write_orders+read", Some("invalid_scope")),
    ] {
        let login = honest.authorize().start().await.unwrap();
        assert!(login.url.as_str().contains(from), "{from}");
        let url = login.url.as_str().replacen(from, to, 1);
        let landing = local.browser().sign_in(url, User::first()).await.unwrap();
        let url = Url::parse(landing.url()).unwrap();
        let error = url.query_pairs().find(|(name, _)| name == "error").map(|(_, value)| value);
        assert_eq!(error.as_deref(), want, "{from}");
    }
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let local = local().await;
    token(&local, &client(&local, config(&local)), User::first()).await.unwrap();
    let answer = again(&local, "token", |request| {
        request.body.extend_from_slice(b"-wrong"); // the secret comes last
    });
    let answer = answer.await;
    assert_eq!(answer.status.as_u16(), 400, "{}", text(&answer));
    assert!(text(&answer).contains("invalid_client"), "{}", text(&answer));
    let basic = config(&local).with_client_auth(ClientAuth::Basic);
    let error = token(&local, &client(&local, basic), User::first()).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
}

#[tokio::test]
async fn a_spent_code_is_refused_in_shopifys_words() {
    let local = local().await;
    let client = client(&local, config(&local));
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let stored = login.pending.expose_for_session();
    let pending = || PendingAuthorization::from_session(&stored).unwrap();
    assert!(client.get_access_token(landing.callback().unwrap(), pending()).await.is_ok());
    let error = client.get_access_token(landing.callback().unwrap(), pending()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.oauth().unwrap().code()),
        (ErrorKind::Denied, "invalid_request")
    );
}

#[tokio::test]
async fn the_api_takes_the_token_in_shopifys_own_header_alone() {
    let local = local().await;
    let client = client(&local, config(&local));
    let alive = token(&local, &client, User::first()).await.unwrap();
    client.get_profile(&alive).await.unwrap();
    let right = again(&local, "api", |_| {}).await;
    assert_eq!(right.status.as_u16(), 200);
    let bearer = again(&local, "api", |request| {
        let token = request.headers.remove("x-shopify-access-token").unwrap();
        let bearer = format!("Bearer {}", token.to_str().unwrap());
        request.headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&bearer).unwrap());
    });
    assert_eq!(bearer.await.status.as_u16(), 401);
    let form = again(&local, "api", |request| {
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    });
    let form = form.await;
    assert_eq!(form.status.as_u16(), 400, "{}", text(&form));
    assert!(text(&form).contains("content-type"), "{}", text(&form));
}

#[tokio::test]
async fn a_session_token_is_exchanged_and_another_text_is_refused() {
    let local = local().await;
    let client = client(&local, config(&local));
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
    let local = local().await;
    let client = client(&local, config(&local));
    let old = token(&local, &client, User::first()).await.unwrap();
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
    let local = local().await;
    let client = client(&local, config(&local));
    let old = token(&local, &client, User::first()).await.unwrap();
    for _ in 0..2 {
        let new = client.refresh_token(&old).await.unwrap();
        assert!(client.get_profile(&new).await.is_ok());
    }
    let error = client.refresh_token(&OAuth2Token::from_refresh_token("dead")).await.unwrap_err();
    assert_eq!((error.kind(), error.oauth().unwrap().code()), (ErrorKind::Denied, "invalid_grant"));
}
