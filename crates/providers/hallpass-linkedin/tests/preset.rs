//! What LinkedIn refuses, its stand-in on this machine refuses too; everybody else signs in.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{
    ClientAuth, OAuthError, Request, Response,
    http::{HeaderValue, header},
    url::Url,
};
use hallpass_linkedin::{
    ClientConfig, ErrorKind, FIXTURES, LinkedIn, OAuth2Client, OAuth2Token, PendingAuthorization,
    Provider, Result,
};
use hallpass_testkit::{Fixture, LocalProvider, User};

const REDIRECT_URI: &str = "https://app.test/callback";

async fn local() -> LocalProvider {
    LocalProvider::emulating(LinkedIn::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config(REDIRECT_URI).unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<LinkedIn> {
    OAuth2Client::new(LinkedIn::new(), config).unwrap().with_http_client(local.http_client())
}

async fn token(
    local: &LocalProvider,
    client: &OAuth2Client<LinkedIn>,
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
    let fixtures = FIXTURES.iter().map(|(name, text)| Fixture::parse(name, text).unwrap());
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
async fn scopes_joined_by_commas_and_any_challenge_are_refused() {
    let local = local().await;
    let honest = client(&local, config(&local));
    for (from, to, want) in [
        ("", "", None),
        ("openid+profile", "openid%2Cprofile", Some("error=invalid_scope")),
        ("&state=", "&code_challenge=c&state=", Some("error=invalid_request")),
    ] {
        let login = honest.authorize().start().await.unwrap();
        assert!(login.url.as_str().contains(from), "{from}");
        let url = login.url.as_str().replacen(from, to, 1);
        let landing = local.browser().sign_in(url, User::first()).await.unwrap();
        let query = landing.url().split('?').next_back().unwrap().to_owned();
        assert_eq!(query.starts_with("code="), want.is_none(), "{query}");
        assert!(want.is_none_or(|want| query.starts_with(want)), "{query}");
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
    assert_eq!(error.oauth().unwrap().code(), "invalid_request");
    let error = client.get_profile(&token).await.unwrap_err();
    assert_eq!(error.reason(), Some("invalid_token"), "its tokens end with the second use");
}

#[tokio::test]
async fn a_verifier_besides_the_secret_is_refused() {
    let local = local().await;
    let client = client(&local, config(&local));
    for (verifier, is_good) in [(Some("x".repeat(43).into()), false), (None, true)] {
        let login = client.authorize().start().await.unwrap();
        let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
        let url = Url::parse(landing.url()).unwrap();
        let code = url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let got = client.dangerously_exchange_code(code.into(), REDIRECT_URI, verifier).await;
        let said = got.as_ref().err().and_then(|error| error.oauth()).map(OAuthError::code);
        assert_eq!(said, (!is_good).then_some("invalid_request"));
    }
}

#[tokio::test]
async fn a_token_is_looked_at_for_its_client_alone() {
    let local = local().await;
    let honest = client(&local, config(&local));
    let alive = token(&local, &honest, User::first()).await.unwrap();
    let found = honest.provider().introspect(honest.api(&alive)).await.unwrap();
    assert!(found.is_active() && found.is_for(honest.client_id()));
    let stranger = client(&local, config(&local).with_secret("wrong"));
    let error = stranger.provider().introspect(stranger.api(&alive)).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
}
