//! The provider keeps its contract: every recorded exchange, every operation that it offers.
#![allow(clippy::expect_used, reason = "what fails in a helper fails the test")]

use hallpass_okta::{FIXTURES, OAuth2Token, Okta, OktaDomain, OktaServer, Secret};
use hallpass_testkit::Contract;

/// The issuer of the fixtures, and that of a custom server beside it.
const ISSUER: &str = "https://login.oak.test";
const CUSTOM: &str = "https://login.oak.test/oauth2/default";

#[test]
fn okta_keeps_its_contract() {
    Contract::new(|| Okta::new(&domain()), FIXTURES).token(token(ISSUER)).run();
}

#[test]
fn a_custom_server_keeps_it_with_an_issuer_of_its_own() {
    let server: OktaServer = "default".parse().expect("a server");
    let texts: Vec<_> = FIXTURES.iter().map(|(name, text)| (*name, at_custom(text))).collect();
    let fixtures: Vec<_> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Contract::new(|| Okta::custom(&domain(), &server), &fixtures).token(token(CUSTOM)).run();
}

fn domain() -> OktaDomain {
    "login.oak.test".parse().expect("a domain")
}

fn token(issuer: &str) -> OAuth2Token {
    let stored = format!(
        r#"{{"access_token":"TOKEN","refresh_token":"REFRESH",
            "claims":{{"iss":"{issuer}","aud":"ID","sub":"00u1oak2elm3ash4beec"}}}}"#
    );
    OAuth2Token::from_storage(&Secret::new(stored)).expect("a stored token")
}

/// A fixture as the custom server has it, to which the organisation's own is the other one.
fn at_custom(text: &str) -> String {
    text.replace(&format!("\"{CUSTOM}\""), "OTHER")
        .replace(&format!("\"{ISSUER}\""), &format!("\"{CUSTOM}\""))
        .replace("OTHER", &format!("\"{ISSUER}\""))
        .replace(&format!("{ISSUER}/oauth2/v1/"), &format!("{CUSTOM}/v1/"))
        .replace(&format!("{ISSUER}/.well-known/openid"), &format!("{CUSTOM}/.well-known/openid"))
        .replace(
            &format!("{ISSUER}/.well-known/oauth-authorization-server"),
            &format!("{ISSUER}/.well-known/oauth-authorization-server/oauth2/default"),
        )
}
