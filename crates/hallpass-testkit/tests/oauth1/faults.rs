use std::time::Duration;

use hallpass_core::{AuthorizationRequest, ErrorKind, http::StatusCode};
use hallpass_oauth1::TokenCredentials;
use hallpass_testkit::{Fault, LocalOAuth1, OAuth1Tamper, User};

use crate::support::*;

#[tokio::test]
async fn each_operation_fails_when_told() {
    let local = LocalOAuth1::start().await.unwrap();
    let client = client(&local);
    let busy = Fault::on("temporary_credentials").status(503).retry_after(Duration::from_secs(9));
    local.fault(busy);
    let error = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(9)));
    local.fault(Fault::on("/initiate").body("text/html", "<html>"));
    let error = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");

    let token = token(&local).await.into_token();
    local.fault(Fault::on("api").status(401).times(2));
    for _ in 0..2 {
        let error = client.get_profile(&token).await.unwrap_err();
        assert_eq!(error.reason(), Some("invalid_token"), "{error}");
    }
    assert_eq!(local.faults_left(), 0);
    assert_eq!(client.get_profile(&token).await.unwrap().id(), "1001");
    local.fault(Fault::on("api").cut_in_body());
    let error = client.get_profile(&token).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    local.fault(Fault::on("api").status(500));
    local.clear_faults();
    assert_eq!(local.faults_left(), 0);
}

#[tokio::test]
async fn the_log_has_each_request_and_its_status() {
    let local = LocalOAuth1::start().await.unwrap();
    let _ = token(&local).await;
    let requests = local.requests();
    let seen: Vec<_> = requests.iter().map(|it| (it.operation(), it.status().unwrap())).collect();
    let (ok, other) = (StatusCode::OK, StatusCode::SEE_OTHER);
    let want =
        [("temporary_credentials", ok), ("authorize", ok), ("authorize", other), ("token", ok)];
    assert_eq!(seen, want);
    local.clear_requests();
    assert!(local.requests().is_empty());
}

#[tokio::test]
async fn a_callback_that_is_not_confirmed_ends_the_login() {
    let local = LocalOAuth1::start().await.unwrap();
    let client = client(&local);
    local.tamper(OAuth1Tamper::temporary_credentials(|params| {
        params.retain(|(name, _)| name != "oauth_callback_confirmed");
    }));
    let error = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Security, "{error}");
    local.clear_tampering();
    assert!(client.get_authorization_url(AuthorizationRequest::new()).await.is_ok());
}

#[tokio::test]
async fn a_callback_with_the_token_of_another_login_is_refused() {
    let local = LocalOAuth1::start().await.unwrap();
    let client = client(&local);
    local.tamper(OAuth1Tamper::callback(|params| params[0].1 = "another".into()));
    let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let callback = landing.callback().unwrap();
    let error = client.get_access_token(callback, login.pending).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("state")), "{error}");
    assert_eq!(local.count("token"), 0);
}

#[tokio::test]
async fn what_the_token_request_says_can_be_changed() {
    let local = LocalOAuth1::start().await.unwrap();
    local.tamper(OAuth1Tamper::token_credentials(|params| params[0].1 = "stale".into()));
    let token = token(&local).await;
    assert_eq!(token.token().expose(), "stale");
    let token = TokenCredentials::into_token(token);
    let error = client(&local).get_profile(&token).await.unwrap_err();
    assert_eq!(error.reason(), Some("invalid_token"), "{error}");
}
