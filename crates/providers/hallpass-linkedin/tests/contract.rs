//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use std::time::{SystemTime, UNIX_EPOCH};

use hallpass_linkedin::{FIXTURES, LinkedIn, OAuth2Token, Secret};
use hallpass_testkit::Contract;

#[test]
fn linkedin_keeps_its_contract() {
    let stored = r#"{"access_token":"TOKEN","refresh_token":"REFRESH",
        "claims":{"iss":"https://www.linkedin.com/oauth","aud":"ID","sub":"Qx7oak_42z"}}"#;
    Contract::new(LinkedIn::new, FIXTURES)
        .token(OAuth2Token::from_storage(&Secret::new(stored)).expect("a stored token"))
        .operation("introspect", async |client, token| {
            let found = client.provider().introspect(client.api(token)).await?;
            let seconds = |at: SystemTime| at.duration_since(UNIX_EPOCH).map(|at| at.as_secs());
            Ok(serde_json::json!({
                "active": found.is_active(),
                "status": found.status(),
                "is_ours": found.is_for(client.client_id()),
                "scopes": found.scopes().collect::<Vec<_>>(),
                "expires_at": found.expires_at().and_then(|at| seconds(at).ok()),
                "auth_type": found.auth_type(),
            }))
        })
        .run();
}
