//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use hallpass_line::{FIXTURES, Line, OAuth2Token, Provider, Secret};
use hallpass_testkit::Contract;
use serde_json::json;

#[test]
fn line_keeps_its_contract() {
    let stored = r#"{"access_token":"TOKEN","refresh_token":"REFRESH",
        "claims":{"iss":"https://access.line.me","aud":"ID",
            "sub":"U0404170042a0404170042b0404170042","email":"robin@oak.test"}}"#;
    Contract::new(Line::new, FIXTURES)
        .token(OAuth2Token::from_storage(&Secret::new(stored)).expect("a stored token"))
        .operation("no_claims", async |client, token| {
            // A token from elsewhere, which no ID token came with.
            let bare = OAuth2Token::from_access_token(token.access_token().expose());
            let profile = client.provider().profile(client.api(&bare)).await?;
            Ok(json!([profile.id(), profile.email()]))
        })
        .operation("userinfo", async |client, token| client.api(token).userinfo().await)
        .operation("verify", async |client, token| {
            let found = client.provider().verify(client.api(token)).await?;
            Ok(json!({
                "is_ours": found.is_for(client.client_id()),
                "client_id": found.client_id(),
                "scopes": found.scopes().collect::<Vec<_>>(),
                "expires_in": found.expires_in().as_secs(),
            }))
        })
        .operation("deauthorize", async |client, channel| {
            let user = OAuth2Token::from_access_token("TOKEN2");
            client.provider().deauthorize(client.api(channel), &user).await?;
            Ok(json!(null))
        })
        .run();
}
