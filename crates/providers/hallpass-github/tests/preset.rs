//! What GitHub refuses, its stand-in on this machine refuses too: a login that works in tests works
//! there.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{
    ClientAuth, Descriptor, Purpose, Request,
    http::{HeaderValue, header},
    url::Url,
};
use hallpass_github::{Error, ErrorKind, FIXTURES, GitHub, Provider};
use hallpass_testkit::{LocalProvider, StandIn, User};

type Spoil = fn(&mut Request);

async fn github() -> StandIn<GitHub> {
    StandIn::start(GitHub::new, FIXTURES).await
}

fn status(error: &Error) -> u16 {
    error.status().unwrap().as_u16()
}

#[tokio::test]
async fn the_api_refuses_a_request_without_a_user_agent() {
    let github = github().await;
    let honest = github.honest();
    let token = github.token(&honest, User::first()).await.unwrap();
    assert!(honest.get_profile(&token).await.is_ok());
    let nobody = github.spoiling(|request| {
        request.headers.remove(header::USER_AGENT);
    });
    let error = nobody.get_profile(&token).await.unwrap_err();
    assert_eq!((error.kind(), status(&error)), (ErrorKind::Denied, 403), "{error}");
    let error = nobody.provider().emails(nobody.api(&token)).await.unwrap_err();
    assert_eq!(status(&error), 403, "any path of the API");
}

#[tokio::test]
async fn the_api_refuses_another_media_type_and_another_version() {
    let github = github().await;
    let token = github.token(&github.honest(), User::first()).await.unwrap();
    let spoils: [(&str, Spoil); 3] = [
        ("accept", |request| {
            request.headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
        }),
        ("x-github-api-version", |request| {
            request.headers.insert("x-github-api-version", HeaderValue::from_static("1999-01-01"));
        }),
        ("x-github-api-version", |request| {
            request.headers.remove("x-github-api-version");
        }),
    ];
    for (name, spoil) in spoils {
        let client = github.spoiling(spoil);
        let error = client.get_profile(&token).await.unwrap_err();
        assert_eq!((error.kind(), status(&error)), (ErrorKind::Config, 400), "{name}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[tokio::test]
async fn the_token_endpoint_answers_a_form_to_who_does_not_ask_for_json() {
    let github = github().await;
    let mut request = token_request(github.local()).await;
    request.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let response = github.local().http_client().send(request).await.unwrap();
    assert!(response.json().is_ok());

    let request = token_request(github.local()).await;
    let response = github.local().http_client().send(request).await.unwrap();
    assert_eq!(response.status.as_u16(), 200);
    assert!(response.body.starts_with(b"access_token="), "a form");

    let client = github.spoiling(|request| {
        if request.purpose() == Purpose::Token {
            request.headers.remove(header::ACCEPT);
        }
    });
    let token = github.token(&client, User::first()).await.unwrap();
    assert_eq!(token.scope(), Some("read:user,user:email"), "hallpass reads it all the same");
    assert!(client.get_profile(&token).await.is_ok());
}

/// What trades a fresh code, without `accept`.
async fn token_request(local: &LocalProvider) -> Request {
    let redirect_uri = "https://app.test/callback";
    let login_url = authorization_url(local, &[]);
    let landing = local.browser().sign_in(login_url, User::first()).await.unwrap();
    let code = param(landing.url(), "code").unwrap();
    let url = Url::parse(GitHub::new().descriptor().authorize_and_token().unwrap().1).unwrap();
    let mut request = Request::new(hallpass_core::http::Method::POST, url, Purpose::Token);
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers.insert(header::CONTENT_TYPE, form);
    request.headers.insert(header::USER_AGENT, HeaderValue::from_static("a test"));
    let mut body = Url::parse("https://form.test").unwrap();
    body.query_pairs_mut()
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", &code)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("client_id", local.client_id())
        .append_pair("client_secret", local.client_secret().expose());
    request.body = body.query().unwrap().into();
    request
}

/// What a browser is sent to, without PKCE, and with these parameters more.
fn authorization_url(local: &LocalProvider, more: &[(&str, &str)]) -> Url {
    let github = GitHub::new();
    let descriptor: &Descriptor = github.descriptor();
    let mut url = Url::parse(descriptor.authorize_and_token().unwrap().0).unwrap();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", local.client_id())
        .append_pair("redirect_uri", "https://app.test/callback")
        .extend_pairs(more);
    url
}

fn param(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn the_token_endpoint_refuses_another_way_of_authentication() {
    let github = github().await;
    let basic = github.config().with_client_auth(ClientAuth::Basic);
    github.check_client(basic, 401, Some("invalid_client")).await;
}

#[tokio::test]
async fn the_token_endpoint_refuses_a_wrong_secret_in_its_own_words() {
    let github = github().await;
    let wrong = github.config().with_secret("wrong");
    github.check_client(wrong, 200, Some("incorrect_client_credentials")).await;
}

#[tokio::test]
async fn the_authorization_page_refuses_plain_pkce_and_scopes_joined_by_commas() {
    let github = github().await;
    let challenge = "x".repeat(43);
    let plain = [("code_challenge", challenge.as_str()), ("code_challenge_method", "plain")];
    let s256 = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    for (more, want) in [
        (&s256[..], None),
        (&plain[..], Some("invalid_request")),
        (&plain[..1], Some("invalid_request")),
        (&[("scope", "read:user user:email")][..], None),
        (&[("scope", "read:user,user:email")][..], Some("invalid_scope")),
    ] {
        let url = authorization_url(github.local(), more);
        let landing = github.local().browser().sign_in(url, User::first()).await.unwrap();
        assert_eq!(param(landing.url(), "error").as_deref(), want, "{more:?}");
        assert_eq!(param(landing.url(), "code").is_some(), want.is_none());
    }
}
