//! Over real sockets, against a server that verifies what it is sent.

use hallpass_core::{ApiRequest, AuthorizationRequest, http::Method};
use hallpass_oauth1::{OAuth1Client, Placement, SignatureMethod};
use hallpass_testkit::{LocalOAuth1, User};

#[tokio::test]
async fn a_server_by_the_letter_takes_a_whole_login_and_calls() {
    use SignatureMethod::{HmacSha1, HmacSha256, HmacSha512, Plaintext};
    let local = LocalOAuth1::start().await.unwrap();
    for method in [HmacSha1, HmacSha256, HmacSha512, Plaintext] {
        for placement in [Placement::Header, Placement::Query, Placement::Form] {
            if (method, placement) == (Plaintext, Placement::Query) {
                continue; // It would put both secrets into a URL.
            }
            let what = format!("{method} {placement:?}");
            let config = local.client_config("https://app.test/callback?x=1").unwrap();
            let config = config.with_signature_method(method).with_placement(placement);
            let client = OAuth1Client::new(local.provider(), config).unwrap();
            let request = AuthorizationRequest::new().data("/back");
            let login = client.get_authorization_url(request).await.unwrap();
            let landing = local.browser().sign_in(&login.url, User::named("ben")).await.unwrap();
            let back = landing.callback().unwrap();
            let signed_in = client.sign_in(back, login.pending).await.unwrap();
            assert_eq!(signed_in.profile.username(), Some("ben"), "{what}");
            assert_eq!(signed_in.data.as_deref(), Some("/back"), "{what}");

            let notes = format!("{}/api/notes?a=%20", local.base_url());
            let call = client.api(&signed_in.token).post(&notes).form([("text", "é & +")]);
            let said = call.read().await.unwrap();
            assert_eq!((&said["user"], &said["form"][0][1]), (&"ben".into(), &"é & +".into()));
            let call = ApiRequest::new(Method::GET, &notes).of_client();
            let said = client.send(call).await.unwrap().json().unwrap();
            assert_eq!(said["consumer_key"], local.consumer_key(), "{what}");
            assert!(said["user"].is_null(), "{what}");
        }
    }
    assert_eq!(local.count("temporary_credentials"), 11);
}
