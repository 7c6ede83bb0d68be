//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use std::collections::BTreeMap;

use hallpass_core::url::form_urlencoded;
use hallpass_google::{Callback, FIXTURES, Google, GoogleParams, OAuth2Token, Provider, Secret};
use hallpass_testkit::Contract;

#[test]
fn google_keeps_its_contract() {
    let stored = r#"{"access_token":"TOKEN","refresh_token":"REFRESH",
        "claims":{"iss":"https://accounts.google.com","aud":"ID","azp":"ID",
            "sub":"104170000000000000042"}}"#;
    Contract::new(Google::new, FIXTURES)
        .token(OAuth2Token::from_storage(&Secret::new(stored)).expect("a stored token"))
        .operation("hosted_domain", async |client, token| {
            let google = client.provider().clone().with_hosted_domain("Oak.test");
            let profile = google.profile(client.api(token)).await?;
            Ok(serde_json::json!({ "id": profile.id(), "hd": profile.raw()["hd"] }))
        })
        .operation("is_authoritative", async |client, token| {
            let profile = client.get_profile(token).await?;
            Ok(Google::is_authoritative(&profile).into())
        })
        .operation("offline", async |client, _| {
            let params = GoogleParams::new().offline();
            let login = client.authorize().params(&params).start().await?;
            let (_, query) = login.url.as_str().split_once('?').unwrap_or_default();
            let asked: BTreeMap<_, _> = form_urlencoded::parse(query.as_bytes()).collect();
            let callback = format!("code=CODE&state={}", asked["state"]);
            let callback = Callback::from_query(&callback)?;
            let token = client.get_access_token(callback, login.pending).await?;
            Ok(serde_json::json!({
                "access_type": asked.get("access_type"),
                "prompt": asked.get("prompt"),
                "refresh_token": token.refresh_token().map(Secret::expose),
            }))
        })
        .operation("service_account", async |client, _| {
            let token = client.request_token(Google::service_account("ASSERTION")).await?;
            Ok(serde_json::json!({
                "access_token": token.access_token().expose(),
                "scope": token.scope(),
                "expires_in": token.expires_at().zip(token.issued_at())
                    .and_then(|(end, start)| end.duration_since(start).ok())
                    .map(|life| life.as_secs()),
                "refresh_token": token.refresh_token().map(Secret::expose),
            }))
        })
        .run();
}
