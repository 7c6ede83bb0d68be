//! The provider keeps its contract: every recorded exchange, every operation that it offers.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_gitlab::{FIXTURES, GitLab, GitLabHost, OAuth2Token, Secret};
use hallpass_testkit::Contract;
use serde_json::json;

#[test]
fn gitlab_keeps_its_contract() {
    keeps_it(GitLab::new, "https://gitlab.com", FIXTURES);
}

#[test]
fn a_server_of_ones_own_keeps_the_same_contract() {
    let host: GitLabHost = "Git.oak.test:8443/gitlab".parse().unwrap();
    let base = "https://git.oak.test:8443/gitlab";
    let texts: Vec<_> = FIXTURES.iter().map(|(name, text)| (*name, moved(text, base))).collect();
    let fixtures: Vec<_> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    keeps_it(|| GitLab::self_managed(&host), base, &fixtures);
}

fn moved(text: &str, base: &str) -> String {
    text.replace("https://gitlab.com", base)
}

#[track_caller]
fn keeps_it(new: impl Fn() -> GitLab, issuer: &str, fixtures: &[(&str, &str)]) {
    let claims = json!({ "iss": issuer, "aud": "ID", "sub": "4042" });
    let stored = json!({ "access_token": "TOKEN", "refresh_token": "REFRESH", "claims": claims });
    Contract::new(new, fixtures)
        .token(OAuth2Token::from_storage(&Secret::new(stored.to_string())).unwrap())
        .operation("user", async |gitlab, token| gitlab.provider().user(gitlab.api(token)).await)
        .operation("check_token", async |gitlab, token| {
            let info = gitlab.provider().check_token(gitlab.api(token)).await?;
            let scopes: Vec<_> = info.scopes().collect();
            let expires_in = info.expires_in().map(|it| it.as_secs());
            Ok(json!({ "user_id": info.user_id(), "scopes": scopes, "expires_in": expires_in }))
        })
        .operation("groups", async |gitlab, token| {
            let profile = gitlab.get_profile(token).await?;
            Ok(GitLab::groups(&profile).collect())
        })
        .run();
}
