//! What GitLab refuses, its stand-in on this machine refuses too; and what needs no user.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::url::Url;
use hallpass_gitlab::{
    ClientConfig, ErrorKind, FIXTURES, GitLab, GitLabParams, OAuth2Client, OAuth2Token, Provider,
    Result, Revoke,
};
use hallpass_testkit::{LocalProvider, User};

async fn local() -> LocalProvider {
    LocalProvider::emulating(GitLab::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config("https://app.test/callback").unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<GitLab> {
    OAuth2Client::new(GitLab::new(), config).unwrap().with_http_client(local.http_client())
}

async fn token(local: &LocalProvider, client: &OAuth2Client<GitLab>) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

#[tokio::test]
async fn a_refresh_ends_both_old_tokens() {
    let local = local().await;
    let client = client(&local, config(&local));
    let old = token(&local, &client).await.unwrap();
    assert_eq!(client.get_profile(&old).await.unwrap().verified_email(), Some("robin@oak.test"));
    let new = client.refresh_token(&old).await.unwrap();
    assert!(client.get_profile(&new).await.is_ok());
    assert_eq!(client.refresh_token(&old).await.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn a_revoked_token_is_dead() {
    let local = local().await;
    let client = client(&local, config(&local));
    let token = token(&local, &client).await.unwrap();
    client.revoke_token(&token, Revoke::AccessToken).await.unwrap();
    let error = client.get_profile(&token).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
}

#[tokio::test]
async fn scopes_joined_by_commas_and_plain_pkce_are_refused() {
    let local = local().await;
    let honest = client(&local, config(&local));
    for (from, to, want) in [
        ("", "", None),
        ("profile+email", "profile%2Cemail", Some("error=invalid_scope")),
        (
            "code_challenge_method=S256",
            "code_challenge_method=plain",
            Some("error=invalid_request"),
        ),
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
async fn a_wrong_secret_is_refused() {
    let local = local().await;
    assert!(token(&local, &client(&local, config(&local))).await.is_ok());
    let error = token(&local, &client(&local, config(&local).with_secret("wrong"))).await;
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
}

#[tokio::test]
async fn a_group_has_gitlabs_name_and_nothing_is_sent_unasked() {
    check_params(&GitLabParams::new(), None).await;
    check_params(&GitLabParams::new().root_namespace_id("42"), Some("42")).await;
}

async fn check_params(params: &GitLabParams, want: Option<&str>) {
    let config = ClientConfig::new("ID").with_redirect_uri("https://app.test/cb").unwrap();
    let client = OAuth2Client::new(GitLab::new(), config).unwrap();
    let login = client.authorize().params(params).start().await.unwrap();
    let url = Url::parse(login.url.as_str()).unwrap();
    let got = url.query_pairs().find(|(name, _)| name == "root_namespace_id");
    assert_eq!(got.as_ref().map(|(_, value)| &**value), want);
    assert_eq!(url.query_pairs().count(), 8 + usize::from(want.is_some()), "{url}");
}
