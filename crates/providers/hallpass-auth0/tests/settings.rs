//! What needs no user: where the browser is sent.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use hallpass_auth0::{
    Auth0, Auth0Params, Auth0Prompt, BaseOAuth2, ClientConfig, ErrorKind, LogoutRequest,
    OAuth2Client, OAuth2Token, Revoke, logout,
};
use hallpass_testkit::own_params;

/// Nothing here waits: no request is sent.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("no request is sent"),
    }
}

fn auth0() -> Auth0 {
    Auth0::new(&"Login.Oak.test".parse().unwrap())
}

fn client() -> OAuth2Client<Auth0> {
    let config = ClientConfig::new("ID").with_secret("SECRET");
    OAuth2Client::new(auth0(), config.with_redirect_uri("https://app.test/cb").unwrap()).unwrap()
}

#[test]
fn each_parameter_has_auth0s_name_and_nothing_is_sent_unasked() {
    let new = Auth0Params::new;
    check(&new(), "");
    check(&new().audience("https://api.oak.test"), "audience=https%3A%2F%2Fapi.oak.test");
    check(&new().connection("github"), "connection=github");
    let invited = new().organization("org_oak").invitation("ticket");
    check(&invited, "invitation=ticket&organization=org_oak");
    check(&new().login_hint("robin@oak.test"), "login_hint=robin%40oak.test");
    check(&new().prompt(Auth0Prompt::Consent), "prompt=consent");
    check(&new().prompt(Auth0Prompt::Login), "prompt=login");
    check(&new().prompt(Auth0Prompt::None), "prompt=none");
    check(&new().sign_up(), "screen_hint=signup");
    check(&new().ui_locales("fr-CA fr"), "ui_locales=fr-CA+fr");
}

#[track_caller]
fn check(params: &Auth0Params, want: &str) {
    assert_eq!(own_params(auth0(), params), want);
}

#[test]
fn signing_out_is_auth0s_page() {
    let request = LogoutRequest::new().with_redirect_uri("https://app.test/goodbye");
    let leaving = at_once(logout(&client() as &dyn BaseOAuth2, None, request)).unwrap();
    let url = leaving.url.as_str();
    let want = "https://login.oak.test/oidc/logout?client_id=ID&\
                post_logout_redirect_uri=https%3A%2F%2Fapp.test%2Fgoodbye&state=";
    assert!(url.starts_with(want), "{url}");
    let state = url.rsplit('=').next().unwrap();
    assert!(leaving.pending.verify(&format!("state={state}")).is_ok());
}

#[test]
fn without_a_refresh_token_nothing_is_revoked() {
    let token = OAuth2Token::from_access_token("TOKEN");
    for (what, kind) in [
        (Revoke::AccessToken, ErrorKind::Unsupported),
        (Revoke::Grant, ErrorKind::Unsupported),
        (Revoke::RefreshToken, ErrorKind::Denied),
    ] {
        let error = at_once(client().revoke_token(&token, what)).unwrap_err();
        assert_eq!(error.kind(), kind, "{what:?}");
    }
}
