//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use hallpass_github::{FIXTURES, GitHub, GitHubEmail};
use hallpass_testkit::Contract;

#[test]
fn github_keeps_its_contract() {
    Contract::new(GitHub::new, FIXTURES)
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
