//! What needs no user: where the browser is sent.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use hallpass_auth0::{
    Auth0, Auth0Domain, Auth0Params, Auth0Prompt, BaseOAuth2, ClientConfig, ErrorKind,
    LogoutRequest, OAuth2Client, OAuth2Token, Revoke, logout,
};
use hallpass_core::url::Url;

/// Nothing here waits: no request is sent.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("no request is sent"),
    }
}

fn client() -> OAuth2Client<Auth0> {
    let domain: Auth0Domain = "Login.Oak.test".parse().unwrap();
    let config = ClientConfig::new("ID").with_secret("SECRET");
    OAuth2Client::new(Auth0::new(&domain), config.with_redirect_uri("https://app.test/cb").unwrap())
        .unwrap()
}

#[test]
fn each_parameter_has_auth0s_name_and_nothing_is_sent_unasked() {
    let new = Auth0Params::new;
    check_params(&new(), &[]);
    check_params(&new().audience("https://api.oak.test"), &[("audience", "https://api.oak.test")]);
    check_params(&new().connection("github"), &[("connection", "github")]);
    check_params(
        &new().organization("org_oak").invitation("ticket"),
        &[("invitation", "ticket"), ("organization", "org_oak")],
    );
    check_params(&new().login_hint("robin@oak.test"), &[("login_hint", "robin@oak.test")]);
    check_params(&new().prompt(Auth0Prompt::Consent), &[("prompt", "consent")]);
    check_params(&new().prompt(Auth0Prompt::Login), &[("prompt", "login")]);
    check_params(&new().prompt(Auth0Prompt::None), &[("prompt", "none")]);
    check_params(&new().sign_up(), &[("screen_hint", "signup")]);
    check_params(&new().ui_locales("fr-CA fr"), &[("ui_locales", "fr-CA fr")]);
}

#[track_caller]
fn check_params(params: &Auth0Params, want: &[(&str, &str)]) {
    let login = at_once(client().authorize().params(params).start()).unwrap();
    let url = Url::parse(login.url.as_str()).unwrap();
    let own = url.query_pairs().filter(|(name, _)| !OF_CORE.contains(&&**name));
    let mut got: Vec<_> = own.collect();
    got.sort();
    let got: Vec<_> = got.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(got, want);
}

const OF_CORE: [&str; 8] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

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
