//! What needs no user: where the browser is sent, by the metadata of the fixtures.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use hallpass_core::url::Url;
use hallpass_okta::{
    BaseOAuth2, ClientConfig, ErrorKind, FIXTURES, LogoutRequest, OAuth2Client, Okta, OktaDomain,
    OktaParams, OktaPrompt, OktaServer, logout,
};
use hallpass_testkit::{Fixture, Replay};

/// Nothing here waits: the replay answers at once.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the replay answers at once"),
    }
}

fn discovery() -> &'static str {
    FIXTURES.iter().find(|(name, _)| *name == "discovery.accepted.http").unwrap().1
}

fn client(okta: Okta, discovery: &str) -> OAuth2Client<Okta> {
    let config = ClientConfig::new("ID").with_secret("SECRET");
    let config = config.with_redirect_uri("https://app.test/cb").unwrap();
    let fixture = Fixture::parse("discovery.accepted.http", discovery).unwrap();
    let http = Arc::new(Replay::new(&fixture));
    OAuth2Client::new(okta, config).unwrap().with_http_client(http)
}

fn domain() -> OktaDomain {
    "Login.Oak.test".parse().unwrap()
}

#[test]
fn each_parameter_has_oktas_name_and_nothing_is_sent_unasked() {
    let new = OktaParams::new;
    check_params(&new(), &[]);
    check_params(&new().idp("0oa42"), &[("idp", "0oa42")]);
    check_params(&new().login_hint("robin@oak.test"), &[("login_hint", "robin@oak.test")]);
    check_params(&new().prompt(OktaPrompt::Consent), &[("prompt", "consent")]);
    check_params(&new().prompt(OktaPrompt::Login), &[("prompt", "login")]);
    check_params(&new().prompt(OktaPrompt::None), &[("prompt", "none")]);
}

#[track_caller]
fn check_params(params: &OktaParams, want: &[(&str, &str)]) {
    let okta = client(Okta::new(&domain()), discovery());
    let login = at_once(okta.authorize().params(params).start()).unwrap();
    let url = Url::parse(login.url.as_str()).unwrap();
    let own = ["idp", "login_hint", "prompt"];
    let got: Vec<_> = url.query_pairs().filter(|(name, _)| own.contains(&&**name)).collect();
    let got: Vec<_> = got.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(got, want);
}

#[test]
fn a_custom_server_is_found_by_its_own_issuer() {
    let server: OktaServer = "default".parse().unwrap();
    let of_server =
        |text: &str| text.replace("login.oak.test/oauth2", "login.oak.test/oauth2/default");
    let place = of_server(discovery())
        .replace("login.oak.test/.well-known", "login.oak.test/oauth2/default/.well-known");
    let issuer = r#""issuer":"https://login.oak.test"#;
    let document = place.replacen(issuer, &format!("{issuer}/oauth2/default"), 1);
    let okta = client(Okta::custom(&domain(), &server), &document);
    let endpoints = at_once(okta.endpoints()).unwrap();
    assert_eq!(endpoints.issuer(), Some("https://login.oak.test/oauth2/default"));
    assert_eq!(endpoints.token().as_str(), "https://login.oak.test/oauth2/default/v1/token");

    // The organisation's own issuer at that place is somebody else's.
    let okta = client(Okta::custom(&domain(), &server), &place);
    let error = at_once(okta.endpoints()).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("issuer")));
}

#[test]
fn signing_out_is_oktas_page() {
    let okta = client(Okta::new(&domain()), discovery());
    let request = LogoutRequest::new().with_redirect_uri("https://app.test/goodbye");
    let leaving = at_once(logout(&okta as &dyn BaseOAuth2, None, request)).unwrap();
    let url = leaving.url.as_str();
    let want = "https://login.oak.test/oauth2/v1/logout?client_id=ID&\
                post_logout_redirect_uri=https%3A%2F%2Fapp.test%2Fgoodbye&state=";
    assert!(url.starts_with(want), "{url}");
    let state = url.rsplit('=').next().unwrap();
    assert!(leaving.pending.verify(&format!("state={state}")).is_ok());
}
