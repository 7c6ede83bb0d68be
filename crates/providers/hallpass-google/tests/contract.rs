//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use hallpass_google::{FIXTURES, Google, OAuth2Token, Provider, Secret};
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
        .run();
}
