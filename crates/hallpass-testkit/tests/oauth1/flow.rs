use hallpass_core::{AuthorizationRequest, Callback, EmailVerification, ErrorKind};
use hallpass_testkit::{LocalOAuth1, LocalUser, User};

use crate::support::*;

#[tokio::test]
async fn a_user_signs_in() {
    let local = LocalOAuth1::start().await.unwrap();
    let client = client(&local);
    let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::named("ben")).await.unwrap();
    assert!(landing.url().starts_with("https://app.test/callback?oauth_token="));
    let signed_in = client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
    assert_eq!((signed_in.profile.id(), signed_in.profile.username()), ("1002", Some("ben")));
    assert_eq!(signed_in.profile.email(), Some("ben@users.test"));
    assert_eq!(signed_in.profile.email_verification(), EmailVerification::Unverified);
    assert_eq!(signed_in.token.extra("screen_name").unwrap(), "ben");
    for (operation, count) in
        [("temporary_credentials", 1), ("authorize", 2), ("token", 1), ("api", 1)]
    {
        assert_eq!(local.count(operation), count, "{operation}");
    }
}

#[tokio::test]
async fn a_user_says_no() {
    let local = LocalOAuth1::start().await.unwrap();
    let client = client(&local);
    let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::deny()).await.unwrap();
    let callback = landing.callback().unwrap();
    assert!(callback.is_refusal() && callback.belongs_to(&login.pending));
    let error = client.get_access_token(callback, login.pending).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert_eq!(local.count("token"), 0);
    let again = local.browser().sign_in(&login.url, User::first()).await;
    assert!(again.is_err(), "what was denied is over");
}

#[tokio::test]
async fn a_user_types_a_code() {
    let local = LocalOAuth1::start().await.unwrap();
    let client = client(&local);
    let begin = || client.get_authorization_url(AuthorizationRequest::new().redirect_uri("oob"));
    let login = begin().await.unwrap();
    let code = local.browser().read_code(&login.url, User::first()).await.unwrap();
    let callback = Callback::out_of_band(&login.pending, code).unwrap();
    let token = client.get_access_token(callback, login.pending).await.unwrap();
    assert_eq!(client.get_profile(&token).await.unwrap().id(), "1001");

    let login = begin().await.unwrap();
    let error = local.browser().read_code(&login.url, User::deny()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
}

#[tokio::test]
async fn users_of_ones_own_are_on_the_page() {
    let user = LocalUser::new("7", "zoe");
    let local = LocalOAuth1::builder().with_user(user).start().await.unwrap();
    let client = client(&local);
    let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    assert!(local.browser().sign_in(&login.url, User::named("ada")).await.is_err());
    let landing = local.browser().sign_in(&login.url, User::named("zoe")).await.unwrap();
    let signed_in = client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
    assert_eq!((signed_in.profile.id(), signed_in.profile.email()), ("7", None));
}
