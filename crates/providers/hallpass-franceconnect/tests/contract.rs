//! The provider keeps its contract: every recorded exchange, every operation that it offers.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_franceconnect::{Algorithm, FIXTURES, FranceConnect, OAuth2Token, Secret};
use hallpass_testkit::Contract;

const PRODUCTION: &str = "oidc.franceconnect.gouv.fr";
const INTEGRATION: &str = "fcp-low.sbx.dev-franceconnect.fr";

fn contract<'a>(
    new: impl Fn() -> FranceConnect + 'a,
    issuer: &str,
    fixtures: &'a [(&'a str, &'a str)],
) -> Contract<'a, FranceConnect> {
    let stored = format!(
        r#"{{"access_token":"TOKEN","claims":{{"iss":"{issuer}","aud":"ID","sub":"{}v1"}}}}"#,
        "5a1e".repeat(16),
    );
    let token = OAuth2Token::from_storage(&Secret::new(stored)).unwrap();
    Contract::new(new, fixtures).token(token)
}

fn production<'a>(new: impl Fn() -> FranceConnect + 'a) -> Contract<'a, FranceConnect> {
    contract(new, &format!("https://{PRODUCTION}/api/v2"), FIXTURES)
}

#[test]
fn franceconnect_keeps_its_contract() {
    production(FranceConnect::new).run();
}

#[test]
fn the_integration_environment_keeps_the_same_contract() {
    let texts: Vec<_> = FIXTURES.iter().map(|(name, text)| (*name, swapped(text))).collect();
    let fixtures: Vec<_> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let issuer = format!("https://{INTEGRATION}/api/v2");
    contract(FranceConnect::integration, &issuer, &fixtures).run();
}

/// Each environment in the other's place: to either, the other is foreign.
fn swapped(text: &str) -> String {
    let parts = text.split(PRODUCTION).map(|part| part.replace(INTEGRATION, PRODUCTION));
    parts.collect::<Vec<_>>().join(INTEGRATION)
}

#[test]
fn a_registration_with_hs256_says_so() {
    let failures = production(|| FranceConnect::new().with_algorithms([Algorithm::Hs256])).check();
    let came = |name: &str| failures.iter().find(|failure| failure.starts_with(name));
    assert!(came("access_token.hs256.http").is_some_and(|it| it.contains("\n= Token")));
    assert!(came("profile.hs256.http").is_some_and(|it| it.contains("\n= Profile")));
    let es256 = came("access_token.accepted.http").unwrap();
    assert!(es256.contains(r#"= Security { reason: "alg" }"#), "{es256}");
}

#[test]
fn a_registration_with_plain_userinfo_says_so() {
    let failures = production(|| FranceConnect::new().with_unsigned_userinfo()).check();
    // What was asked for differs in every fixture of userinfo, what came out in this one alone.
    let mut came = failures.iter().filter(|failure| failure.contains("this came out"));
    let plain = came.next().unwrap();
    assert!(plain.starts_with("profile.unsigned.http") && plain.contains("\n= Profile"), "{plain}");
    assert_eq!(came.next(), None);
}
