use hallpass_core::{ErrorKind, http::Method};
use hallpass_oauth1::{ClientCredentials, Placement, Signer};
use hallpass_testkit::{LocalClient, LocalOAuth1, User};

use crate::support::*;

#[tokio::test]
async fn an_unknown_application_is_refused() {
    let local = LocalOAuth1::start().await.unwrap();
    let answer = initiate(&local, &stranger(&local), CALLBACK).await;
    check_problem(&answer, 401, "consumer_key_unknown");
}

#[tokio::test]
async fn a_wrong_secret_is_refused_at_each_step() {
    let local = LocalOAuth1::start().await.unwrap();
    let wrong = Signer::new(ClientCredentials::new(local.consumer_key(), "guessed"));
    check_problem(&initiate(&local, &wrong, CALLBACK).await, 401, "signature_invalid");
    let (temporary, verifier) = allowed(&local).await;
    check_problem(&trade(&local, &wrong, &temporary, &verifier).await, 401, "signature_invalid");
    let token = token(&local).await;
    let call = signed(&wrong, request(&local, Method::GET, "/userinfo"), Some(&token));
    check_problem(&sent(call).await, 401, "signature_invalid");
}

#[tokio::test]
async fn a_wrong_verifier_ends_the_login() {
    let local = LocalOAuth1::start().await.unwrap();
    let (temporary, verifier) = allowed(&local).await;
    let answer = trade(&local, &signer(&local), &temporary, "guessed").await;
    check_problem(&answer, 401, "verifier_invalid");
    let answer = trade(&local, &signer(&local), &temporary, &verifier).await;
    check_problem(&answer, 401, "token_rejected");
}

#[tokio::test]
async fn a_verifier_is_needed_and_good_once() {
    let local = LocalOAuth1::start().await.unwrap();
    let (temporary, verifier) = allowed(&local).await;
    let bare = signed(&signer(&local), request(&local, Method::POST, "/token"), Some(&temporary));
    check_problem(&sent(bare).await, 400, "parameter_absent");
    let answer = trade(&local, &signer(&local), &temporary, &verifier).await;
    assert_eq!(field(&answer, "screen_name").as_deref(), Some("ada"));
    let answer = trade(&local, &signer(&local), &temporary, &verifier).await;
    check_problem(&answer, 401, "token_rejected");
}

#[tokio::test]
async fn what_another_application_was_given_is_of_no_use() {
    let other = LocalClient::new("other").with_secret("its own");
    let local = LocalOAuth1::builder().with_client(other).start().await.unwrap();
    let other = Signer::new(ClientCredentials::new("other", "its own"));
    let (temporary, verifier) = allowed(&local).await;
    check_problem(&trade(&local, &other, &temporary, &verifier).await, 401, "token_rejected");
    let token = credentials(&trade(&local, &signer(&local), &temporary, &verifier).await);
    let call = signed(&other, request(&local, Method::GET, "/userinfo"), Some(&token));
    check_problem(&sent(call).await, 401, "token_rejected");
}

#[tokio::test]
async fn the_callback_is_one_of_the_applications() {
    let own = LocalClient::new("own").with_secret("s").with_redirect_uri(CALLBACK);
    let local = LocalOAuth1::builder().with_client(own).start().await.unwrap();
    let signer = Signer::new(ClientCredentials::new("own", "s"));
    for (callback, want) in [
        (CALLBACK, None),
        ("oob", None),
        ("https://evil.test/callback", Some("parameter_rejected")),
        ("http://app.test/callback", Some("parameter_rejected")),
        ("", Some("parameter_absent")),
    ] {
        let answer = initiate(&local, &signer, callback).await;
        assert_eq!(field(&answer, "oauth_problem").as_deref(), want, "{callback}");
    }
}

#[tokio::test]
async fn parameters_stand_in_one_place_and_once() {
    let local = LocalOAuth1::start().await.unwrap();
    let good = || signed(&signer(&local), request(&local, Method::POST, "/api/x"), None);
    let mut both = good();
    both.url.set_query(Some("oauth_verifier=x"));
    check_problem(&sent(both).await, 400, "parameter_rejected");
    let in_query = signer(&local).with_placement(Placement::Query);
    let mut twice = signed(&in_query, request(&local, Method::GET, "/api/x"), None);
    let query = format!("{}&oauth_nonce=x", twice.url.query().unwrap());
    twice.url.set_query(Some(&query));
    check_problem(&sent(twice).await, 400, "parameter_rejected");
    check_problem(&sent(request(&local, Method::GET, "/api/x")).await, 400, "parameter_absent");
    for header in ["Bearer x", "OAuth oauth_nonce=x", "OAuth x"] {
        let mut request = request(&local, Method::GET, "/api/x");
        request.headers.insert("authorization", header.parse().unwrap());
        check_problem(&sent(request).await, 400, "parameter_rejected");
    }
    let mut version = request(&local, Method::GET, "/api/x");
    version.headers.insert("authorization", "OAuth oauth_version=\"2.0\"".parse().unwrap());
    check_problem(&sent(version).await, 400, "version_rejected");
    let mut method = request(&local, Method::GET, "/api/x");
    let header = format!(
        "OAuth oauth_consumer_key=\"{}\", oauth_signature_method=\"RSA-SHA1\"",
        local.consumer_key()
    );
    method.headers.insert("authorization", header.parse().unwrap());
    check_problem(&sent(method).await, 400, "signature_method_rejected");
}

#[tokio::test]
async fn tokens_that_were_taken_back_are_refused() {
    let local = LocalOAuth1::start().await.unwrap();
    let token = token(&local).await;
    let call = || signed(&signer(&local), request(&local, Method::GET, "/userinfo"), Some(&token));
    assert_eq!(sent(call()).await.status, 200);
    local.revoke_tokens();
    check_problem(&sent(call()).await, 401, "token_rejected");
    let own = signed(&signer(&local), request(&local, Method::GET, "/userinfo"), None);
    check_problem(&sent(own).await, 400, "parameter_absent");
}

#[tokio::test]
async fn a_page_is_about_credentials_that_are_waiting() {
    let local = LocalOAuth1::start().await.unwrap();
    let open = async |token: &str| {
        let url = format!("{}/authorize?oauth_token={token}", local.base_url());
        local.browser().sign_in(url, User::first()).await
    };
    for token in ["", "guessed"] {
        let error = open(token).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 400));
    }
    let (temporary, _) = allowed(&local).await;
    assert!(open(temporary.token().expose()).await.is_err(), "it was answered before");
}

#[tokio::test]
async fn the_endpoints_of_the_login_take_posts() {
    let local = LocalOAuth1::start().await.unwrap();
    for path in ["/initiate", "/token"] {
        assert_eq!(sent(request(&local, Method::GET, path)).await.status, 405, "{path}");
    }
    assert_eq!(sent(request(&local, Method::PUT, "/authorize")).await.status, 405);
    assert_eq!(sent(request(&local, Method::GET, "/elsewhere")).await.status, 404);
}

#[tokio::test]
async fn two_applications_of_one_key_are_a_mistake() {
    let one = || LocalClient::new("one");
    let builder = LocalOAuth1::builder().with_client(one()).with_client(one());
    assert_eq!(builder.start().await.unwrap_err().kind(), ErrorKind::Config);
}
