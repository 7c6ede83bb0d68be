//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use hallpass_github::{EnterpriseHost, FIXTURES, GitHub, GitHubEmail};
use hallpass_testkit::Contract;

#[test]
fn github_keeps_its_contract() {
    contract(GitHub::new, FIXTURES);
}

/// The same exchanges at other hosts: ghe.com has its API on one of its own.
#[test]
fn a_companys_own_ghe_com_keeps_it_too() {
    let moved = |text: &str| {
        let text = text.replace("https://api.github.com/", "https://api.octocorp.ghe.com/");
        text.replace("https://github.com/", "https://octocorp.ghe.com/")
    };
    let fixtures: Vec<_> = FIXTURES.iter().map(|(name, text)| (*name, moved(text))).collect();
    let fixtures: Vec<_> = fixtures.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let host: EnterpriseHost = "octocorp.ghe.com".parse().expect("a host");
    // What the fixtures' callbacks call the issuer.
    let new = || GitHub::enterprise(&host).with_issuer("https://github.com/login/oauth");
    contract(new, &fixtures);
}

#[track_caller]
fn contract(new: impl Fn() -> GitHub, fixtures: &[(&str, &str)]) {
    Contract::new(new, fixtures)
        .operation("user", async |client, token| {
            let user = client.provider().user(client.api(token)).await?;
            Ok(serde_json::json!({ "id": user["id"], "login": user["login"] }))
        })
        .operation("emails", async |client, token| {
            let emails = client.provider().emails(client.api(token)).await?;
            let row = |email: &GitHubEmail| {
                serde_json::json!([email.email(), email.is_primary(), email.is_verified()])
            };
            Ok(emails.iter().map(row).collect())
        })
        .operation("check_token", async |client, token| {
            let found = client.provider().check_token(client.api(token)).await?;
            Ok(serde_json::json!({
                "app": { "client_id": found["app"]["client_id"] },
                "scopes": found["scopes"],
                "user": { "id": found["user"]["id"] },
            }))
        })
        .run();
}
