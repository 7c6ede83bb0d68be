//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use hallpass_google::{FIXTURES, Google, Provider};
use hallpass_testkit::Contract;

#[test]
fn google_keeps_its_contract() {
    Contract::new(Google::new, FIXTURES)
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
