//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use std::collections::BTreeMap;

use hallpass_core::{CodeBinding, url::form_urlencoded};
use hallpass_testkit::Contract;
use hallpass_twitch::{
    Callback, FIXTURES, OAuth2Token, Provider, Secret, Twitch, TwitchClaim, TwitchParams,
};
use serde_json::json;

#[test]
fn twitch_keeps_its_contract() {
    let stored = r#"{"access_token":"TOKEN","refresh_token":"REFRESH",
        "claims":{"iss":"https://id.twitch.tv/oauth2","aud":"ID","sub":"404170042"}}"#;
    Contract::new(Twitch::new, FIXTURES)
        .token(OAuth2Token::from_storage(&Secret::new(stored)).expect("a stored token"))
        .operation("userinfo", async |client, token| {
            let info = client.api(token).userinfo().await?;
            Ok(json!([info["sub"], info["email"], info["email_verified"]]))
        })
        .operation("claims", async |client, _| {
            let params = TwitchParams::new().claim(TwitchClaim::Email);
            let login = client.authorize().params(&params).start().await?;
            let (_, query) = login.url.as_str().split_once('?').unwrap_or_default();
            let asked: BTreeMap<_, _> = form_urlencoded::parse(query.as_bytes()).collect();
            let callback = format!("code=CODE&state={}", asked["state"]);
            let callback = Callback::from_query(&callback)?;
            let token = client.get_access_token(callback, login.pending).await?;
            let email = token.claims().and_then(|claims| claims.get("email"));
            Ok(json!({ "claims": asked.get("claims"), "email": email }))
        })
        .operation("validate", async |client, token| {
            let found = client.provider().validate(client.api(token)).await?;
            Ok(json!({
                "is_ours": found.is_for(client.client_id()),
                "client_id": found.client_id(),
                "user_id": found.user_id(),
                "login": found.login(),
                "scopes": found.scopes().collect::<Vec<_>>(),
                "expires_in": found.expires_in().map(|left| left.as_secs()),
            }))
        })
        .run();
}

#[test]
fn the_nonce_ties_a_code_to_its_login_since_pkce_does_not() {
    let twitch = Twitch::new();
    assert_eq!(twitch.descriptor().code_binding(), CodeBinding::Nonce);
    assert!(twitch.descriptor().code_binding_source().is_some());
}
