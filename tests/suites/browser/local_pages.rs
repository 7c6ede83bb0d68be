//! The pages of the local provider are good to use for everybody.

use hallpass_core::{AuthorizationRequest, OAuth2Client};
use hallpass_oauth1::OAuth1Client;
use hallpass_testkit::{LocalClient, LocalOAuth1, LocalProvider};
use hallpass_tests::browser::{ContextOptions, Page};
use hallpass_tests::http;
use http::Request;
use serde_json::Value;

use crate::shared::{keep, person};

/// Opens a page in unlike browsers and looks for faults.
async fn check(name: &str, url: &str, status: u16) {
    for options in ContextOptions::pairwise() {
        let tab = person(&options).await.page().await.unwrap();
        assert_eq!(tab.goto(url).await.unwrap(), status, "{name}");
        has_no_faults(name, &tab, &options).await;
    }
}

async fn has_no_faults(name: &str, tab: &Page, options: &ContextOptions) {
    // Before Tab moves the focus: the picture is what a person sees first.
    keep(tab, name, options).await;
    assert_eq!(tab.faults().await.unwrap(), [""; 0], "{name}, {options}");
}

/// Where a client of the provider sends the browser.
async fn authorization_url(local: &LocalProvider) -> String {
    let config = local.client_config("http://127.0.0.1:1/callback").unwrap();
    let client = OAuth2Client::new(local.provider(), config).unwrap();
    client.authorize().start().await.unwrap().url.into_string()
}

#[tokio::test]
async fn the_authorization_page_has_no_faults() {
    let local = LocalProvider::start().await.unwrap();
    check("local-authorize", &authorization_url(&local).await, 200).await;
}

#[tokio::test]
async fn the_page_for_a_form_post_has_no_faults() {
    let local = LocalProvider::builder().with_form_post().start().await.unwrap();
    for options in ContextOptions::pairwise() {
        let tab = person(&options).await.page().await.unwrap();
        tab.goto(&authorization_url(&local).await).await.unwrap();
        assert_eq!(tab.follow("button", "Allow").await.unwrap(), 200);
        assert!(tab.text().await.unwrap().contains("Your answer goes there with the button."));
        has_no_faults("local-form-post", &tab, &options).await;
    }
}

/// Where a client of OAuth 1 sends the browser, if it has no callback.
async fn url_without_callback(local: &LocalOAuth1) -> String {
    let config = local.client_config("http://127.0.0.1:1/callback").unwrap().with_out_of_band();
    let client = OAuth1Client::new(local.provider(), config).unwrap();
    let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    login.url.into_string()
}

#[tokio::test]
async fn the_pages_of_oauth_1_have_no_faults() {
    let local = LocalOAuth1::start().await.unwrap();
    check("local-oauth1", &url_without_callback(&local).await, 200).await;
    for options in ContextOptions::pairwise() {
        let tab = person(&options).await.page().await.unwrap();
        tab.goto(&url_without_callback(&local).await).await.unwrap();
        assert_eq!(tab.follow("button", "Allow").await.unwrap(), 200);
        assert!(tab.text().await.unwrap().contains("It asks for this code:"));
        has_no_faults("local-oauth1-code", &tab, &options).await;
    }
}

#[tokio::test]
async fn the_pages_for_a_device_have_no_faults() {
    let tv = LocalClient::new("tv").with_name("Television in the living room");
    let local = LocalProvider::builder().with_client(tv).start().await.unwrap();
    let url = format!("{}/device", local.base_url());
    check("local-device", &url, 200).await;
    let code = device_code(&local).await;
    check("local-device-question", code["verification_uri_complete"].as_str().unwrap(), 200).await;
    for options in [ContextOptions::phone(), ContextOptions::desktop().dark()] {
        let code = device_code(&local).await;
        let tab = person(&options).await.page().await.unwrap();
        tab.goto(&url).await.unwrap();
        tab.fill("[name=user_code]", code["user_code"].as_str().unwrap()).await.unwrap();
        tab.follow_key("Enter").await.unwrap();
        assert!(tab.text().await.unwrap().contains("Television in the living room"));
        assert_eq!(tab.follow("button", "Deny").await.unwrap(), 200);
        has_no_faults("local-device-decided", &tab, &options).await;
    }
}

async fn device_code(local: &LocalProvider) -> Value {
    let request = Request::post(format!("{}/device_authorization", local.base_url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("client_id=tv&scope=profile".to_owned());
    serde_json::from_str(http::send(request.unwrap()).await.unwrap().body()).unwrap()
}

#[tokio::test]
async fn an_error_page_has_no_faults() {
    let local = LocalProvider::start().await.unwrap();
    check("local-error", &format!("{}/authorize?client_id=nobody", local.base_url()), 400).await;
}

#[tokio::test]
async fn the_controls_come_in_the_order_of_the_page() {
    let local = LocalProvider::start().await.unwrap();
    let tab = person(&ContextOptions::desktop()).await.page().await.unwrap();
    tab.goto(&authorization_url(&local).await).await.unwrap();
    let walk = tab.focus_walk().await.unwrap();
    let stops: Vec<_> = walk.stops.iter().map(ToString::to_string).collect();
    let ada = "radio \"Ada Okafor ada@users.test, verified\"";
    assert_eq!(stops, [ada, "button \"Allow\"", "button \"Deny\""]);
}
