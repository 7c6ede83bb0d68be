//! What GitLab refuses, its stand-in on this machine refuses too; and what needs no user.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_gitlab::{ErrorKind, FIXTURES, GitLab, GitLabParams, Revoke};
use hallpass_testkit::{StandIn, User, own_params};

async fn gitlab() -> StandIn<GitLab> {
    StandIn::start(GitLab::new, FIXTURES).await
}

#[tokio::test]
async fn a_refresh_ends_both_old_tokens() {
    let gitlab = gitlab().await;
    let client = gitlab.honest();
    let old = gitlab.token(&client, User::first()).await.unwrap();
    assert_eq!(client.get_profile(&old).await.unwrap().verified_email(), Some("robin@oak.test"));
    let new = client.refresh_token(&old).await.unwrap();
    assert!(client.get_profile(&new).await.is_ok());
    assert_eq!(client.refresh_token(&old).await.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn a_revoked_token_is_dead() {
    let gitlab = gitlab().await;
    let client = gitlab.honest();
    let token = gitlab.token(&client, User::first()).await.unwrap();
    client.revoke_token(&token, Revoke::AccessToken).await.unwrap();
    let error = client.get_profile(&token).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
}

#[tokio::test]
async fn scopes_joined_by_commas_and_plain_pkce_are_refused() {
    let gitlab = gitlab().await;
    gitlab.check_page("profile+email", "profile%2Cemail", Some("invalid_scope")).await;
    gitlab.check_page("method=S256", "method=plain", Some("invalid_request")).await;
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let gitlab = gitlab().await;
    gitlab.check_client(gitlab.config().with_secret("wrong"), 401, Some("invalid_client")).await;
}

#[test]
fn a_group_has_gitlabs_name_and_nothing_is_sent_unasked() {
    assert_eq!(own_params(GitLab::new(), &GitLabParams::new()), "");
    let group = GitLabParams::new().root_namespace_id("42");
    assert_eq!(own_params(GitLab::new(), &group), "root_namespace_id=42");
}
