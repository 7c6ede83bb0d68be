//! What Kakao refuses by OpenID Connect, its stand-in on this machine refuses too; everybody else signs in.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{
    ClientAuth, Request, Response,
    http::{HeaderValue, header},
};
use hallpass_kakao::{
    ClientConfig, ErrorKind, Kakao, OAuth2Client, OAuth2Token, OPENID_FIXTURES,
    PendingAuthorization, Provider, Result,
};
use hallpass_testkit::{Fixture, LocalProvider, User};

const REDIRECT_URI: &str = "https://app.test/callback";

async fn local() -> LocalProvider {
    LocalProvider::emulating(Kakao::openid().descriptor(), OPENID_FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config(REDIRECT_URI).unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<Kakao> {
    OAuth2Client::new(Kakao::openid(), config).unwrap().with_http_client(local.http_client())
}

async fn token(
    local: &LocalProvider,
    client: &OAuth2Client<Kakao>,
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
async fn each_user_of_the_fixtures_signs_in_and_is_who_the_id_token_says() {
    let local = local().await;
    let client = client(&local, config(&local));
    let fixtures = OPENID_FIXTURES.iter().map(|(name, text)| Fixture::parse(name, text).unwrap());
    let users = fixtures.filter(|one| one.operation() == "id_email" && !one.outcome().is_refusal());
    let mut count = 0;
    for user in users {
        let token = token(&local, &client, User::named(user.case())).await.unwrap();
        let who = client.get_id_email(&token).await.unwrap();
        assert_eq!(token.claims().unwrap().subject(), who.id);
        let field = |name| user.outcome().fields().get(name).and_then(|value| value.as_str());
        assert_eq!((Some(&*who.id), who.email.as_deref()), (field("id"), field("email")));
        count += 1;
    }
    assert!(count > 0);
}

#[tokio::test]
async fn a_wrong_secret_and_another_way_of_authentication_are_refused() {
    let local = local().await;
    let wrong = config(&local).with_secret("wrong");
    let error = token(&local, &client(&local, wrong), User::first()).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
    assert_eq!(error.oauth().unwrap().code(), "invalid_client");
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(REDIRECT_URI).unwrap();
    for config in [public, config(&local).with_client_auth(ClientAuth::Basic)] {
        let error = token(&local, &client(&local, config), User::first()).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
    }
}

#[tokio::test]
async fn a_request_without_the_headers_of_the_fixtures_is_refused() {
    let local = local().await;
    let client = client(&local, config(&local));
    let token = token(&local, &client, User::first()).await.unwrap();
    client.get_profile(&token).await.unwrap();
    for operation in ["token", "api"] {
        let answer = again(&local, operation, |request| {
            request.headers.remove(header::USER_AGENT);
        });
        let answer = answer.await;
        assert_eq!(answer.status.as_u16(), 400, "{operation}");
        assert!(text(&answer).contains("user-agent"), "{}", text(&answer));
    }
    let answer = again(&local, "token", |request| {
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    });
    let answer = answer.await;
    assert_eq!(answer.status.as_u16(), 400);
    assert!(text(&answer).contains("content-type"), "{}", text(&answer));
}

#[tokio::test]
async fn a_spent_code_is_refused_in_the_providers_words() {
    let local = local().await;
    let client = client(&local, config(&local));
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let stored = login.pending.expose_for_session();
    let pending = || PendingAuthorization::from_session(&stored).unwrap();
    let token = client.get_access_token(landing.callback().unwrap(), pending()).await.unwrap();
    let error = client.get_access_token(landing.callback().unwrap(), pending()).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Denied, 400));
    assert_eq!(error.oauth().unwrap().code(), "invalid_grant");
    let error = client.get_profile(&token).await.unwrap_err();
    assert_eq!(error.reason(), Some("invalid_token"), "its tokens end with the second use");
}

#[tokio::test]
async fn unlinking_ends_every_token_of_the_user() {
    let local = local().await;
    let client = client(&local, config(&local));
    let alive = token(&local, &client, User::first()).await.unwrap();
    let alive = client.refresh_token(&alive).await.unwrap();
    let other = token(&local, &client, User::first()).await.unwrap();
    client.provider().unlink(client.api(&alive)).await.unwrap();
    for token in [&alive, &other] {
        let error = client.get_profile(token).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
        assert_eq!(client.refresh_token(token).await.unwrap_err().kind(), ErrorKind::Denied);
    }
}
