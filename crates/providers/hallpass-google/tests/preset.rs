//! What Google refuses, its stand-in on this machine refuses too.

use hallpass_core::ClientAuth;
use hallpass_google::{FIXTURES, Google};
use hallpass_testkit::StandIn;

async fn google() -> StandIn<Google> {
    StandIn::start(Google::new, FIXTURES).await
}

#[tokio::test]
async fn scopes_joined_by_commas_and_plain_pkce_are_refused() {
    let google = google().await;
    google.check_page("email+profile", "email%2Cprofile", Some("invalid_scope")).await;
    google.check_page("method=S256", "method=plain", Some("invalid_request")).await;
}

#[tokio::test]
async fn another_way_of_authentication_is_refused() {
    let google = google().await;
    let basic = google.config().with_client_auth(ClientAuth::Basic);
    for config in [google.public_config(), basic] {
        google.check_client(config, 401, Some("invalid_client")).await;
    }
}
